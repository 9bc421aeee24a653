"""A system that never ends, and has started a process that would outlive it."""

import os
import subprocess
import sys
import time

from adapting import Adapter, run


class Sleeping(Adapter):
    def fit(self, X, y, job):
        time.sleep(1000)


stray = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1000)"], start_new_session=True)
os.write(1, f"{stray.pid}\n".encode())
run(Sleeping)
