"""A system that predicts too few rows."""

from adapting import Adapter, run


class Short(Adapter):
    def fit(self, X, y, job):
        self.value = 0.0

    def predict(self, X):
        return [self.value] * (len(X) - 1)


run(Short)
