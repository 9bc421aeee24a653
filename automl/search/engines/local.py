"""The engine of one machine: warm worker processes, each of which can be killed at any moment.

``start`` lets the imports begin while the coordinator reads its table; the workers come to life at ``open`` or at the
first ``submit``. Each worker has a thread here that owns it: it brings the worker to life, hands it a task, waits for
the answer until the task's deadline, kills it when that passes, and brings up the next one. Nothing is shared between
workers but the queue, so there is no lock that a killed worker could have held, and a worker that dies, idle or busy,
is one thread's affair.

Why not a pool that exists: see the decision record about engines.
"""

from __future__ import annotations

import atexit
import os
import pickle
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, TypeVar

import cloudpickle
import psutil

from automl.errors import PlanError
from automl.evaluation.limits import Cancelled, Caught, TaskTimedOut, WorkerDied, WorkerOutOfMemory, attempt, describe
from automl.machine import available_cores
from automl.search.engines.forking import Nursery
from automl.search.engines.processes import Launcher, LaunchFailed, ProcessSettings, WorkerProcess
from automl.search.engines.protocol import Ref
from automl.search.engines.shelf import Shelf
from automl.search.engines.spawning import Spawner

T = TypeVar("T")

PRELOAD = (
    "numpy",
    "scipy.sparse.linalg",
    "scipy.stats",
    "sklearn.pipeline",
    "sklearn.preprocessing",
    "sklearn.linear_model",
    "sklearn.ensemble",
    "sklearn.neighbors",
    "sklearn.metrics",
    "lightgbm",
    "xgboost",
    "catboost",
    "skops.io",
)
"""Modules that workers have imported before their first task; absent ones are skipped."""

_WATCH_EVERY = 0.1  # seconds between looks at the workers' memory
_HANG_UP_WAIT = 1.0  # seconds that a process may take to end once it has hung up
_EXIT_WAIT = 3.0  # seconds to wait for a killed process to be gone


@dataclass(slots=True, eq=False)
class _Task:
    future: Future[Any]
    payload: bytes
    timeout: float | None
    worker: WorkerProcess | None = None
    verdict: Exception | None = None  # why it is killed, once that is decided


class LocalEngine:
    """Warm, killable worker processes on this machine.

    Parameters
    ----------
    n_workers
        Tasks side by side; ``None``: as many as there are cores for us. May be changed later by :meth:`open`.
    threads_per_worker
        Threads that native libraries may use in a worker, unless a task says otherwise.
    preload
        Modules that workers have imported before their first task; absent ones are skipped.
    memory_limit
        Bytes that all workers together may hold, in equal shares; ``None``: no limit. The libraries take 0.15 GB of
        each. A task gets ``MemoryError`` when it asks for more than its worker's share (Linux), and is killed if it
        gets beyond all the same.
    scratch
        Folder in which to make the folder for what is put; ``None``: the system's place for temporary files.
    log
        File that takes what workers print; ``None``: nobody reads it.
    method
        ``"fork"`` from a process that has everything imported (Linux only), ``"spawn"`` an interpreter per worker;
        ``None``: what the system is able to do.

    Raises
    ------
    StorageError
        If there is no place for scratch files.

    Examples
    --------
    >>> with LocalEngine(1, preload=()) as engine:
    ...     table = engine.put([3, 1, 2])
    ...     engine.submit(sorted, table, timeout=60).result()
    [1, 2, 3]
    """

    def __init__(
        self,
        n_workers: int | None = None,
        *,
        threads_per_worker: int = 1,
        preload: Sequence[str] = PRELOAD,
        memory_limit: int | None = None,
        scratch: Path | None = None,
        log: Path | None = None,
        method: Literal["fork", "spawn"] | None = None,
    ) -> None:
        self.n_workers = _checked_count(n_workers if n_workers is not None else available_cores())
        self._method = method or ("fork" if sys.platform == "linux" else "spawn")
        self._shelf = Shelf(scratch)
        self._settings = ProcessSettings(self._shelf.folder, tuple(preload), threads_per_worker, log)
        self._memory_limit = memory_limit
        self._changed = threading.Condition()  # guards all that follows
        self._queue: deque[_Task] = deque()
        self._tasks: dict[Future[Any], _Task] = {}  # queued and running
        self._threads: dict[int, threading.Thread] = {}
        self._warm: set[int] = set()
        self._waiting_for_warmth: list[Future[None]] = []
        self._launcher: Launcher | None = None
        self._is_closed = False
        self._owner = os.getpid()
        atexit.register(self.close)

    def __enter__(self) -> LocalEngine:
        """Return itself; leaving the block closes it."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        self.close()

    @property
    def _share(self) -> int | None:
        """Bytes that one worker may hold."""
        return None if self._memory_limit is None else self._memory_limit // self.n_workers

    def start(self) -> None:
        """Let the libraries be imported in the background; returns at once. Better early than never."""
        with self._changed:
            self._check_open()
            if self._launcher is None or not self._launcher.is_usable:
                self._launcher = Nursery(self._settings) if self._method == "fork" else Spawner(self._settings)

    def open(self, n_workers: int | None = None) -> None:
        """Bring the workers to life, ``n_workers`` of them where that is given; returns at once.

        Fewer workers than before: those beyond the count end after their task.
        """
        self.start()
        with self._changed:
            self._check_open()
            if n_workers is not None:
                self.n_workers = _checked_count(n_workers)
            self._warm = {index for index in self._warm if index < self.n_workers}
            for index in range(self.n_workers):
                if index not in self._threads:
                    name = f"automl-worker-{index}"
                    thread = threading.Thread(target=self._look_after, args=(index,), name=name, daemon=True)
                    self._threads[index] = thread
                    thread.start()
            if self._memory_limit is not None and -1 not in self._threads:
                self._threads[-1] = threading.Thread(target=self._watch, name="automl-memory", daemon=True)
                self._threads[-1].start()
            self._changed.notify_all()

    def warm(self) -> Future[None]:
        """Open it and return a future that is done when every worker waits for its first task.

        It is done as well when a worker can't be started; then tasks tell why.
        """
        future: Future[None] = Future()
        self.open()
        with self._changed:
            self._waiting_for_warmth.append(future)
            self._tell_warmth()
        return future

    def put(self, value: Any) -> Ref:
        """Keep ``value`` once for all workers, which map its arrays into memory, read-only.

        Raises
        ------
        StorageError
            If the disk is full.
        """
        self._check_open()
        return self._shelf.put(value)

    def submit(self, function: Callable[..., T], *args: Any, timeout: float | None = None) -> Future[T]:
        """Run ``function(*args)`` in a worker; see :meth:`automl.search.engines.protocol.Engine.submit`.

        What can't be pickled ends the future, not the caller.
        """
        future: Future[T] = Future()
        payload = attempt(cloudpickle.dumps, (function, args), protocol=5)
        if isinstance(payload, Caught):
            future.set_exception(payload.error)
            return future
        self.open()
        with self._changed:
            self._check_open()
            task = _Task(future, payload, timeout)
            self._tasks[future] = task
            self._queue.append(task)
            self._changed.notify_all()
        return future

    def kill(self, future: Future[Any]) -> None:
        """End a task at once, queued or running; its future ends with ``Cancelled``."""
        with self._changed:
            task = self._tasks.get(future)
            if task is None:
                return
            is_queued = task in self._queue
            if is_queued:
                self._queue.remove(task)
                del self._tasks[future]
            else:
                self._condemn(task, Cancelled())
        if is_queued and future.set_running_or_notify_cancel():
            future.set_exception(Cancelled())

    def close(self) -> None:
        """Kill all tasks, end all processes and delete what was put."""
        if os.getpid() != self._owner:  # a fork of the coordinator: the workers are not its own
            return
        with self._changed:
            if self._is_closed:
                return
            self._is_closed = True
            queued = list(self._queue)
            self._queue.clear()
            for task in self._tasks.values():
                self._condemn(task, Cancelled())
            for task in queued:
                del self._tasks[task.future]
            launcher, threads = self._launcher, list(self._threads.values())
            self._changed.notify_all()
        for task in queued:
            if task.future.set_running_or_notify_cancel():
                task.future.set_exception(Cancelled())
        if launcher is not None:
            launcher.close()
        for thread in threads:
            if thread is not threading.current_thread():  # a callback of a future may close the engine
                thread.join(_EXIT_WAIT)
        self._shelf.remove()
        atexit.unregister(self.close)

    def _check_open(self) -> None:
        if self._is_closed:
            raise RuntimeError("The engine is closed; make a new one.")

    def _condemn(self, task: _Task, verdict: Exception) -> None:
        """Decide that a task is killed, for the first reason that comes up, and kill its worker."""
        task.verdict = task.verdict or verdict
        if task.worker is not None:
            task.worker.kill()

    def _look_after(self, index: int) -> None:
        """Own one worker: bring it to life, give it tasks, replace it."""
        worker: WorkerProcess | None = None
        try:
            while True:
                failure: LaunchFailed | None = None
                if worker is None or not worker.is_alive:
                    worker, failure = self._launched(index)
                task = self._next_task(index)
                if task is None:
                    return
                if worker is None or not worker.is_alive:  # it died while it had nothing to do
                    worker, failure = self._launched(index)
                if worker is None:
                    self._finish(task, Caught(WorkerDied(None, str(failure))))
                elif not self._run(task, worker):
                    worker = None
        finally:
            if worker is not None:
                worker.kill()
                worker.connection.close()

    def _launched(self, index: int) -> tuple[WorkerProcess | None, LaunchFailed | None]:
        try:
            with self._changed:
                if self._is_closed:
                    raise LaunchFailed("the engine is closed")
                self.start()
                launcher = self._launcher
            assert launcher is not None
            return launcher.launch(self._share), None
        except LaunchFailed as failure:
            return None, failure
        finally:
            with self._changed:
                self._warm.add(index)
                self._tell_warmth()

    def _tell_warmth(self) -> None:
        if len(self._warm) >= self.n_workers or self._is_closed:
            for future in self._waiting_for_warmth:
                future.set_result(None)
            self._waiting_for_warmth.clear()

    def _next_task(self, index: int) -> _Task | None:
        """Wait for a task; ``None`` when this worker is not wanted any more."""
        with self._changed:
            while True:
                if self._is_closed or index >= self.n_workers:
                    del self._threads[index]
                    return None
                while self._queue:
                    task = self._queue.popleft()
                    if task.future.set_running_or_notify_cancel():
                        return task
                    del self._tasks[task.future]  # its future was cancelled by someone
                self._changed.wait()

    def _run(self, task: _Task, worker: WorkerProcess) -> bool:
        """Have ``worker`` do ``task``; return whether the worker can go on."""
        with self._changed:
            task.worker = worker
            is_condemned = task.verdict is not None
        reply = None if is_condemned else self._reply(task, worker)
        with self._changed:
            task.worker = None  # from here on nobody kills the worker for this task
            verdict = task.verdict
        outcome = None if verdict is not None or reply is None else _outcome(reply)
        if isinstance(outcome, Caught) and isinstance(outcome.error, MemoryError):
            # The worker goes too: its memory is in pieces, and a fresh one costs milliseconds.
            verdict = WorkerOutOfMemory(describe(outcome.error), self._share)
        is_worker_spent = verdict is not None or reply is None
        if is_worker_spent:
            if verdict is None:  # it hung up; let it end by itself, for its own exit code
                worker.exit_code(_HANG_UP_WAIT)
            worker.kill()
            exit_code = worker.exit_code(_EXIT_WAIT)
            worker.connection.close()
            outcome = Caught(verdict or WorkerDied(exit_code))
        self._finish(task, outcome)
        return not is_worker_spent

    def _reply(self, task: _Task, worker: WorkerProcess) -> bytes | None:
        """Return the answer of the worker, or ``None`` when there is none and won't be."""
        try:
            worker.connection.send_bytes(task.payload)
            if not worker.connection.poll(task.timeout):
                with self._changed:
                    self._condemn(task, TaskTimedOut(task.timeout or 0.0))
                return None
            return worker.connection.recv_bytes()
        except (EOFError, OSError):  # it died
            return None

    def _finish(self, task: _Task, outcome: Any) -> None:
        with self._changed:
            self._tasks.pop(task.future, None)
        if isinstance(outcome, Caught):
            task.future.set_exception(outcome.error)
        else:
            task.future.set_result(outcome)

    def _watch(self) -> None:
        """Kill tasks whose worker holds more memory than it may."""
        while True:
            limit = self._share
            assert limit is not None
            with self._changed:
                if self._is_closed:
                    return
                for task in self._tasks.values():
                    held = 0 if task.worker is None else _own_memory(task.worker.pid)
                    if held > limit:
                        what = f"its process held {held / 2**30:.1f} GiB and was killed"
                        self._condemn(task, WorkerOutOfMemory(what, limit))
            time.sleep(_WATCH_EVERY)


def _outcome(reply: bytes) -> Any:
    """Return the value that a worker answered with, or the exception as :class:`Caught`."""
    unpickled = attempt(pickle.loads, reply)
    if isinstance(unpickled, Caught):
        return unpickled
    is_fine, value = unpickled
    return value if is_fine else Caught(value)


def _own_memory(pid: int) -> int:
    """Return the resident bytes of a process that it doesn't share with a file: mapped tables don't count."""
    try:
        info = psutil.Process(pid).memory_info()
    except psutil.Error:  # it has just ended
        return 0
    return int(info.rss - getattr(info, "shared", 0))


def _checked_count(n_workers: int) -> int:
    if isinstance(n_workers, bool) or not isinstance(n_workers, int) or n_workers < 1:
        raise PlanError(f"n_workers={n_workers!r}; an engine has a whole number of workers, at least 1.")
    return n_workers
