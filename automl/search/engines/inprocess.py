"""The engine without processes: a task runs in the calling process, at the moment it is submitted.

For debugging (a breakpoint in a model's ``fit`` works), for tests that must be deterministic and fast, and for tables
so small that a process costs more than the work. Exceptions become outcomes as with any engine; what it can't do is
end a task: a timeout is not enforced, ``kill`` comes too late by nature, and a crash in native code is the caller's.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, TypeVar

from automl.evaluation.limits import Caught, WorkerDied, WorkerOutOfMemory, attempt, describe
from automl.search.engines.protocol import Ref
from automl.search.engines.shelf import frozen_copy
from automl.search.engines.worker import resolved

T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class HeldRef(Ref):
    """A value held in this process."""

    value: Any

    def get(self) -> Any:
        """Return the value."""
        return self.value


class InProcessEngine:
    """Runs every task at ``submit``, in the calling process.

    Examples
    --------
    >>> engine = InProcessEngine()
    >>> table = engine.put([3, 1, 2])
    >>> engine.submit(sorted, table).result()
    [1, 2, 3]
    >>> engine.close()
    """

    def __init__(self) -> None:
        self.n_workers = 1
        self._is_closed = False

    def put(self, value: Any) -> Ref:
        """Hold a copy of ``value`` with read-only arrays, so that a task can't change what the next one sees."""
        return HeldRef(frozen_copy(value))

    def submit(self, function: Callable[..., T], *args: Any, timeout: float | None = None) -> Future[T]:
        """Run ``function(*args)`` now and return a future that is done; ``timeout`` is not enforced."""
        del timeout
        if self._is_closed:
            raise RuntimeError("The engine is closed; make a new one.")
        future: Future[T] = Future()
        future.set_running_or_notify_cancel()
        try:
            outcome = attempt(function, *resolved(args))
        except SystemExit as error:
            code = error.code if isinstance(error.code, int) else int(error.code is not None)
            outcome = Caught(WorkerDied(code))
        if not isinstance(outcome, Caught):
            future.set_result(outcome)
        elif isinstance(outcome.error, MemoryError):
            future.set_exception(WorkerOutOfMemory(describe(outcome.error)))
        else:
            future.set_exception(outcome.error)
        return future

    def kill(self, future: Future[Any]) -> None:
        """Do nothing: every future is done when ``submit`` returns."""

    def close(self) -> None:
        """Take no more tasks."""
        self._is_closed = True
