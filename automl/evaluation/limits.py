"""Where things that go wrong become values, and the limits that make them go wrong early.

A candidate may raise, hang, eat memory or predict nonsense; none of that may end a search. :func:`guarded` calls
something of a candidate's and gives back a :class:`~automl.values.evaluation.Failure` where it raised;
:func:`failure_of` does the same for what an engine reports about a task whose process is gone. The one broad
``except`` of the whole code base is in :func:`attempt`, on which both workers and engines stand.

The outcomes that only an engine can tell are drawn here as well, because a task's side and the coordinator's side
both name them::

    TaskTimedOut (TimeoutError)          ran past its timeout and was killed
    WorkerDied (RuntimeError)            its process ended: a segmentation fault, os._exit, a signal from outside
    WorkerOutOfMemory (MemoryError)      raised MemoryError, or was killed above its memory limit
    Cancelled (CancelledError)           killed on request
"""

from __future__ import annotations

import re
import signal
import sys
from collections.abc import Callable
from concurrent.futures import CancelledError
from dataclasses import dataclass
from typing import ParamSpec, TypeVar

from automl.errors import StorageError
from automl.values.budget import format_duration
from automl.values.evaluation import Failure

P = ParamSpec("P")
T = TypeVar("T")

LONGEST_MESSAGE = 300  # characters of a failure's message, which stands in a table's cell
# What native libraries say when malloc fails: they raise errors of their own, not MemoryError.
_NO_MEMORY = re.compile(r"bad[ _]alloc|out of memory|cannot allocate|unable to allocate", re.IGNORECASE)


class BadPrediction(ValueError):
    """A model predicted something that is no prediction: a wrong shape, NaN or infinity."""


class TaskTimedOut(TimeoutError):
    """A task ran past its timeout and its process was killed.

    Examples
    --------
    >>> str(TaskTimedOut(90.0))
    'ran past its limit of 1m30s and was killed'
    """

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds

    def __str__(self) -> str:
        """Tell the limit."""
        return f"ran past its limit of {format_duration(self.seconds)} and was killed"


class WorkerDied(RuntimeError):
    """The process of a task ended before the task did.

    Examples
    --------
    >>> str(WorkerDied(3)), str(WorkerDied(-11))
    ('its process ended with exit code 3', 'its process was killed by SIGSEGV (exit code -11)')
    """

    def __init__(self, exit_code: int | None, reason: str = "") -> None:
        super().__init__(exit_code, reason)
        self.exit_code = exit_code
        self.reason = reason

    def __str__(self) -> str:
        """Tell how it ended, in words where the exit code has any."""
        if self.reason:
            return self.reason
        if self.exit_code is None:
            return "its process vanished; its exit code is not known"
        if self.exit_code >= 0:
            return f"its process ended with exit code {self.exit_code}"
        hint = "; a machine short of memory does that" if -self.exit_code == 9 else ""
        return f"its process was killed by {_signal_name(-self.exit_code)} (exit code {self.exit_code}){hint}"


class WorkerOutOfMemory(MemoryError):
    """A task asked for more memory than its worker may have.

    Examples
    --------
    >>> str(WorkerOutOfMemory("MemoryError: no room for 3 GB", 2**30))
    'MemoryError: no room for 3 GB (its worker may use 1.0 GiB)'
    """

    def __init__(self, what: str, limit: int | None = None) -> None:
        super().__init__(what, limit)
        self.what = what
        self.limit = limit

    def __str__(self) -> str:
        """Tell what happened and the limit, where there was one."""
        return self.what if self.limit is None else f"{self.what} (its worker may use {self.limit / 2**30:.1f} GiB)"


class Cancelled(CancelledError):
    """A task was killed on request, or its engine was closed."""

    def __str__(self) -> str:
        """Tell that nothing was wrong with the task."""
        return "stopped on request before it ended"


def _signal_name(number: int) -> str:
    known = {each.value: each.name for each in signal.Signals}
    return known.get(number, f"signal {number}")


@dataclass(frozen=True, slots=True)
class Caught:
    """An exception as a value."""

    error: Exception


def attempt(function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T | Caught:
    """Call ``function`` and return its result, or its exception as a value.

    ``KeyboardInterrupt`` and ``SystemExit`` pass: they are not about the work.

    Examples
    --------
    >>> attempt(int, "7"), attempt(int, "seven")
    (7, Caught(error=ValueError("invalid literal for int() with base 10: 'seven'")))
    """
    try:
        return function(*args, **kwargs)
    except Exception as error:  # noqa: BLE001  # the only place: whatever foreign code raises becomes a value here
        return Caught(error)


def guarded(function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T | Failure:
    """Call ``function`` and return its result, or why there is none.

    Raises
    ------
    StorageError
        If that is what it raised: a full disk is no failure of a candidate's.

    Examples
    --------
    >>> guarded(int, "7")
    7
    >>> print(guarded(int, "seven"))
    crashed: ValueError: invalid literal for int() with base 10: 'seven'
    """
    outcome = attempt(function, *args, **kwargs)
    if not isinstance(outcome, Caught):
        return outcome
    if isinstance(outcome.error, StorageError):
        raise outcome.error
    return failure_of(outcome.error)


def failure_of(error: BaseException) -> Failure:
    """Return the failure that an exception stands for.

    Examples
    --------
    >>> print(failure_of(TaskTimedOut(2.5)))
    timed_out: ran past its limit of 2.5s and was killed
    >>> print(failure_of(MemoryError("no room for 3 GB")))
    out_of_memory: MemoryError: no room for 3 GB
    """
    if isinstance(error, TaskTimedOut):
        return Failure("timed_out", str(error))
    if isinstance(error, CancelledError):
        return Failure("cancelled", str(error) or str(Cancelled()))
    if isinstance(error, BadPrediction):
        return Failure("bad_prediction", _shortened(str(error)))
    if isinstance(error, WorkerDied | WorkerOutOfMemory):
        return Failure("crashed" if isinstance(error, WorkerDied) else "out_of_memory", _shortened(str(error)))
    message = describe(error)
    if isinstance(error, MemoryError) or _NO_MEMORY.search(message):
        return Failure("out_of_memory", message)
    return Failure("crashed", message)


def describe(error: BaseException) -> str:
    r"""Return ``Type: text`` of an exception on one line of at most 300 characters.

    Examples
    --------
    >>> describe(ValueError("a line\nanother"))
    'ValueError: a line'
    """
    text = str(error).strip().encode("utf-8", "backslashreplace").decode()  # half a character can't be stored
    first_line = text.splitlines()[0] if text else ""
    return _shortened(f"{type(error).__name__}: {first_line}" if first_line else type(error).__name__)


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST_MESSAGE else text[: LONGEST_MESSAGE - 1] + "…"


def cap_memory(n_bytes: int | None) -> None:
    """Make this process raise ``MemoryError`` rather than hold more than ``n_bytes`` of data of its own.

    Linux only; elsewhere, and with ``None``, nothing happens. What counts is private writable memory (``RLIMIT_DATA``):
    reserved address space, which native libraries take by the gigabyte without using it, and memory-mapped tables
    don't count.
    """
    if n_bytes is None or not sys.platform.startswith("linux"):
        return
    import resource

    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    soft = n_bytes if hard == resource.RLIM_INFINITY else min(n_bytes, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))
