"""A system that takes more and more memory."""

import time

from adapting import Adapter, run


class Hungry(Adapter):
    def fit(self, X, y, job):
        held = []
        while True:
            held.append(b"x" * 50_000_000)
            time.sleep(0.02 if len(held) < 30 else 1)


run(Hungry)
