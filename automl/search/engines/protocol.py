"""What an engine promises, whatever it runs on.

An engine is less than a cluster and more than an executor. Values that many tasks need are put once and then only
named; a task may be given a timeout, after which it is killed whatever it is doing, native code included; a task that
kills its process hurts nobody else. ``automl.testing.ENGINE_CHECKS`` tells whether an engine keeps these promises.

The outcomes of a future are closed: a result, the exception that the task raised, or one of ``TaskTimedOut``,
``WorkerDied``, ``WorkerOutOfMemory`` and ``Cancelled`` (:mod:`automl.evaluation.limits`).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Protocol, TypeVar

T = TypeVar("T")


class Ref(ABC):
    """The name of a value that an engine holds; small, and the same in every process."""

    __slots__ = ()

    @abstractmethod
    def get(self) -> Any:
        """Return the value; arrays in it are shared between processes and read-only."""


class Engine(Protocol):
    """Where tasks run.

    Attributes
    ----------
    n_workers
        How many tasks run side by side; more may be submitted and wait.
    """

    n_workers: int

    def put(self, value: Any) -> Ref:
        """Hold ``value`` for tasks, which get it in place of the reference that this returns."""

    def submit(self, function: Callable[..., T], *args: Any, timeout: float | None = None) -> Future[T]:
        """Run ``function(*args)`` in a worker and return its future.

        Parameters
        ----------
        function, *args
            Anything importable, and what is defined in the caller's ``__main__``. A :class:`Ref` that is itself an
            argument arrives as its value.
        timeout
            Wall seconds from the moment a worker begins, after which the task is killed.
        """

    def kill(self, future: Future[Any]) -> None:
        """End a task at once, queued or running: its future ends with ``Cancelled``. One that is done stays done."""

    def close(self) -> None:
        """Kill what runs, free what was put, and leave no process behind. Twice is no error."""
