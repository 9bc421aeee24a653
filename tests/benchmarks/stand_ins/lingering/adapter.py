"""A system that predicts and then can't be saved."""

from adapting import Adapter, run


class Lingering(Adapter):
    def fit(self, X, y, job):
        self.value = float(y.mean())
        self.asked = 0

    def predict(self, X):
        self.asked += 1
        if self.asked > 1:
            raise RuntimeError("answers once only")
        return [self.value] * len(X)


run(Lingering)
