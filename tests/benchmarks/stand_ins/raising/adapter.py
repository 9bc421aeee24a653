"""A system that fails while it fits."""

from adapting import Adapter, run


class Raising(Adapter):
    def fit(self, X, y, job):
        raise ValueError("first line\nthe solver gave up")


run(Raising)
