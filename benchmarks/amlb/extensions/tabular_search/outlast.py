"""Stays until the process that started it has ended, and holds its output open until then.

AMLB reads what a program prints until the pipe is closed, and takes a program that has not quite ended by then for one
that hangs. A child that shares the pipe closes it later.
"""

import os
import sys
import time

LONGEST = 60.0

parent, until = int(sys.argv[1]), time.monotonic() + LONGEST
while os.getppid() == parent and time.monotonic() < until:
    time.sleep(0.05)
time.sleep(0.2)
