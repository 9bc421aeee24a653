"""What a worker does: take a task, answer, wait for the next one.

A worker is a process of its own group, so that a kill takes with it whatever its task started. It ignores Ctrl-C (the
coordinator decides what an interruption means), dies with its parent, and answers every exception of a task with that
exception. Anything that ends the process instead is the coordinator's to notice.
"""

from __future__ import annotations

import ctypes
import os
import pickle
import signal
import sys
import threading
import time
import traceback
from multiprocessing.connection import Connection
from typing import Any

import cloudpickle

from automl.evaluation.limits import Caught, attempt, cap_memory, describe
from automl.search.engines.protocol import Ref

READY = b"ready"
_PR_SET_PDEATHSIG = 1


def serve(connection: Connection) -> None:
    """Answer tasks until the other side hangs up."""
    connection.send_bytes(READY)
    while True:
        try:
            payload = connection.recv_bytes()
        except (EOFError, OSError):
            return
        reply = _answer(payload)
        sys.stdout.flush()  # a killed worker would take its buffered lines with it
        sys.stderr.flush()
        try:
            connection.send_bytes(reply)
        except OSError:
            return


def settle(memory_limit: int | None, parent: int) -> None:
    """Make this process a good worker: signals, memory limit, joblib without processes, death with its ``parent``."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    die_with_parent(parent, signal.SIGTERM if os.name == "nt" else signal.SIGKILL)
    cap_memory(memory_limit)


def force_threads() -> None:
    """Let joblib use threads where it would start processes, which would outlive a killed worker."""
    import joblib

    joblib.parallel_config(backend="threading")  # holds until it is left, which never happens


def die_with_parent(parent: int, how: signal.Signals) -> None:
    """Have this process receive ``how`` when its parent ends, however that ends.

    Linux tells a child; elsewhere a thread looks once a second, which a task that holds the interpreter lock delays.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, int(how), 0, 0, 0)
        if os.getppid() != parent:  # it ended before the call
            os._exit(1)
    elif os.name == "posix":
        threading.Thread(target=_watch_parent, args=(parent,), daemon=True).start()


def _watch_parent(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1.0)
    os._exit(1)


def _answer(payload: bytes) -> bytes:
    """Return the pickled outcome of a pickled task: ``(True, value)`` or ``(False, exception)``."""
    pickled = attempt(_pickled_outcome, payload)
    return _pickled_error(pickled.error) if isinstance(pickled, Caught) else pickled


def _pickled_outcome(payload: bytes) -> bytes:
    function, args = pickle.loads(payload)
    value = function(*resolved(args))
    return bytes(cloudpickle.dumps((True, value), protocol=5))


def _pickled_error(error: Exception) -> bytes:
    """Pickle an exception with its traceback as a note; one that can't travel is replaced by its description."""
    error.add_note("In the worker:\n" + "".join(traceback.format_exception(error)).rstrip())
    pickled = attempt(cloudpickle.dumps, (False, error), protocol=5)
    if not isinstance(pickled, Caught) and not isinstance(attempt(pickle.loads, pickled), Caught):
        return bytes(pickled)
    stand_in = RuntimeError(describe(error))
    for note in getattr(error, "__notes__", ()):
        stand_in.add_note(str(note))
    return bytes(cloudpickle.dumps((False, stand_in), protocol=5))


def resolved(args: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the arguments of a task with values in the place of their references."""
    return tuple(arg.get() if isinstance(arg, Ref) else arg for arg in args)
