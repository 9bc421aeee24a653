"""A system that ends without a word to the harness."""

import os

from adapting import Adapter, run


class Silent(Adapter):
    def fit(self, X, y, job):
        os.write(1, b"a native library says goodbye\n")
        os._exit(3)


run(Silent)
