"""What every engine must do, as checks that its author can run.

Each check makes an engine, does one thing, and closes it; it raises ``AssertionError`` where the engine breaks its
word. An engine that can't end a running task (the in-process one) is checked with ``can_kill=False``.

::

    from automl.testing.engines import check_engine

    def test_my_engine():
        check_engine(lambda: MyEngine(n_workers=2))
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import Any

import numpy as np

from automl.evaluation.limits import Cancelled, TaskTimedOut, WorkerDied, WorkerOutOfMemory
from automl.search.engines.protocol import Engine

MakeEngine = Callable[[], Engine]
Check = Callable[[MakeEngine], None]

_PATIENCE = 60.0  # seconds after which a check gives up waiting for something that should take far less


def check_engine(make: MakeEngine, *, can_kill: bool = True) -> None:
    """Run every check on the engines that ``make`` returns.

    Parameters
    ----------
    make
        Returns a new engine; with two workers or more, if it can kill.
    can_kill
        Whether it promises to end a running task and to survive a dying worker.

    Raises
    ------
    AssertionError
        At the first promise that is not kept.
    """
    for check in ENGINE_CHECKS + (KILLING_CHECKS if can_kill else ()):
        check(make)


def _holding_the_lock(seconds: int) -> None:
    """Sleep in native code with the interpreter lock held, as a stuck library does: no thread of ours can run."""
    if os.name == "nt":
        ctypes.PyDLL("kernel32").Sleep(seconds * 1000)
    else:
        ctypes.PyDLL(None).sleep(seconds)


def _segfault() -> None:
    if os.name == "posix":
        signal.signal(signal.SIGSEGV, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGSEGV)
    ctypes.string_at(0)


def _raise(error: Exception) -> None:
    raise error


def _exhaust_memory() -> None:
    raise MemoryError("no room for 3 GB")


def _sum_and_flags(array: Any) -> tuple[float, bool]:
    return float(array.sum()), bool(array.flags.writeable)


def _get_nested(named: dict[str, Any]) -> float:
    return float(named["table"].get().sum())


class _Stubborn(Exception):
    """An exception that can't be pickled back together: it wants two arguments and tells of one."""

    def __init__(self, first: str, second: str) -> None:
        super().__init__(first)


def _raise_stubborn() -> None:
    raise _Stubborn("of two", "minds")


def _ends_with(future: Future[Any], kind: type[BaseException]) -> BaseException:
    error = future.exception(_PATIENCE)
    assert isinstance(error, kind), f"ended with {error!r} instead of {kind.__name__}"
    return error


def check_result(make: MakeEngine) -> None:
    """Check that a task's result is its future's."""
    engine = make()
    try:
        assert engine.n_workers >= 1
        assert engine.submit(sorted, [3, 1, 2]).result(_PATIENCE) == [1, 2, 3]
        futures = [engine.submit(abs, -number, timeout=_PATIENCE) for number in range(20)]
        assert [future.result(_PATIENCE) for future in futures] == list(range(20))
    finally:
        engine.close()


def check_exception(make: MakeEngine) -> None:
    """Check that a task's exception is its future's, with its type, text and attributes."""
    engine = make()
    try:
        error = _ends_with(engine.submit(_raise, KeyError("no such column")), KeyError)
        assert error.args == ("no such column",)
        assert engine.submit(abs, -1).result(_PATIENCE) == 1
    finally:
        engine.close()


def check_unpicklable_exception(make: MakeEngine) -> None:
    """Check that an exception that can't travel still arrives as some exception with its text."""
    engine = make()
    try:
        error = _ends_with(engine.submit(_raise_stubborn), Exception)
        assert "of two" in str(error)
    finally:
        engine.close()


def check_closure(make: MakeEngine) -> None:
    """Check that lambdas and functions made on the spot can be tasks."""
    engine = make()
    try:
        offset = 10
        assert engine.submit(lambda x: x + offset, 1).result(_PATIENCE) == 11
    finally:
        engine.close()


def check_memory_error(make: MakeEngine) -> None:
    """Check that a MemoryError is WorkerOutOfMemory, and the engine goes on."""
    engine = make()
    try:
        error = _ends_with(engine.submit(_exhaust_memory), WorkerOutOfMemory)
        assert "no room for 3 GB" in str(error)
        assert engine.submit(abs, -1).result(_PATIENCE) == 1
    finally:
        engine.close()


def check_exit(make: MakeEngine) -> None:
    """Check that a task that calls ``sys.exit`` ends with WorkerDied and its exit code, not with the program."""
    engine = make()
    try:
        error = _ends_with(engine.submit(sys.exit, 7), WorkerDied)
        assert isinstance(error, WorkerDied)
        assert error.exit_code == 7
        assert "exit code 7" in str(error)
    finally:
        engine.close()


def check_put(make: MakeEngine) -> None:
    """Check that what is put arrives as its value, whole, once, with read-only arrays; also nested, by ``get``."""
    engine = make()
    try:
        array = np.arange(12.0).reshape(3, 4)
        ref = engine.put(array)
        assert engine.submit(_sum_and_flags, ref).result(_PATIENCE) == (66.0, False)
        assert engine.submit(_get_nested, {"table": ref}).result(_PATIENCE) == 66.0
        table = engine.put({"X": array, "names": ["a", "b"], "empty": np.empty((0, 3))})
        value: dict[str, Any] = engine.submit(dict, table).result(_PATIENCE)
        np.testing.assert_array_equal(value["X"], array)
        assert value["names"] == ["a", "b"]
        assert value["empty"].shape == (0, 3)
        array[0, 0] = 100.0  # the caller's array stays the caller's
        assert engine.submit(_sum_and_flags, ref).result(_PATIENCE)[0] == 66.0
        np.testing.assert_array_equal(np.asarray(ref.get()).sum(), 66.0)
    finally:
        engine.close()


def check_close(make: MakeEngine) -> None:
    """Check that a closed engine takes no task, and closing it again is no error."""
    engine = make()
    engine.close()
    engine.close()
    try:
        engine.submit(abs, -1)
    except RuntimeError as error:
        assert "closed" in str(error)  # noqa: PT017  # the text is the promise
    else:
        raise AssertionError("a closed engine took a task")


def check_late_kill(make: MakeEngine) -> None:
    """Check that killing a task that is done changes nothing."""
    engine = make()
    try:
        future = engine.submit(abs, -1)
        assert future.result(_PATIENCE) == 1
        engine.kill(future)
        assert future.result() == 1
        assert engine.submit(abs, -2).result(_PATIENCE) == 2
    finally:
        engine.close()


def check_timeout(make: MakeEngine) -> None:
    """Check that a task stuck in native code with the interpreter lock held ends at its timeout; others live on."""
    engine = make()
    try:
        engine.submit(abs, -1).result(_PATIENCE)
        sibling = engine.submit(_sleep_and_return, 1.5, "unharmed")
        started = time.monotonic()
        error = _ends_with(engine.submit(_holding_the_lock, 60, timeout=0.5), TaskTimedOut)
        seconds = time.monotonic() - started
        assert isinstance(error, TaskTimedOut)
        assert error.seconds == 0.5
        assert 0.4 < seconds < 1.4, f"killed after {seconds:.2f} s instead of 0.5 s"
        assert sibling.result(_PATIENCE) == "unharmed"
        assert engine.submit(abs, -1).result(_PATIENCE) == 1
    finally:
        engine.close()


def _sleep_and_return(seconds: float, value: Any) -> Any:
    time.sleep(seconds)
    return value


def check_crash(make: MakeEngine) -> None:
    """Check that a worker that ends in the middle of a task costs that task alone; a segmentation fault too."""
    engine = make()
    try:
        sibling = engine.submit(_sleep_and_return, 1.0, "unharmed")
        error = _ends_with(engine.submit(os._exit, 3), WorkerDied)
        assert isinstance(error, WorkerDied)
        assert error.exit_code == 3
        assert "exit code 3" in str(error)
        error = _ends_with(engine.submit(_segfault), WorkerDied)
        assert os.name == "nt" or "SIGSEGV" in str(error)
        assert sibling.result(_PATIENCE) == "unharmed"
    finally:
        engine.close()


def check_many_crashes(make: MakeEngine) -> None:
    """Check that however many workers die, every future ends, and tasks in between succeed."""
    engine = make()
    try:
        pairs = [(engine.submit(os._exit, 1), engine.submit(abs, -1)) for _ in range(10)]
        done, running = wait([future for pair in pairs for future in pair], timeout=_PATIENCE)
        assert not running, f"{len(running)} of {len(done) + len(running)} futures never ended"
        assert all(isinstance(crashed.exception(), WorkerDied) for crashed, _ in pairs)
        assert all(fine.result() == 1 for _, fine in pairs)
    finally:
        engine.close()


def check_idle_death(make: MakeEngine) -> None:
    """Check that a worker that dies while it has nothing to do is replaced without anybody noticing."""
    engine = make()
    try:
        for _ in range(engine.n_workers):
            engine.submit(_end_soon).result(_PATIENCE)
        time.sleep(0.5)
        futures = [engine.submit(abs, -1) for _ in range(2 * engine.n_workers)]
        assert [future.result(_PATIENCE) for future in futures] == [1] * len(futures)
    finally:
        engine.close()


def _end_soon() -> None:
    import threading

    threading.Timer(0.2, os._exit, (9,)).start()


def check_kill(make: MakeEngine) -> None:
    """Check that killing ends a running and a queued task at once; the others go on."""
    engine = make()
    try:
        stuck = [engine.submit(_holding_the_lock, 60) for _ in range(engine.n_workers)]
        queued = [engine.submit(abs, -number) for number in range(3)]
        engine.kill(queued[1])
        _ends_with(queued[1], Cancelled)
        deadline = time.monotonic() + _PATIENCE
        while not all(future.running() for future in stuck) and time.monotonic() < deadline:
            time.sleep(0.01)
        started = time.monotonic()
        engine.kill(stuck[0])
        _ends_with(stuck[0], Cancelled)
        seconds = time.monotonic() - started
        assert seconds < 1.0, f"a running task ended {seconds:.2f} s after it was killed"
        assert queued[0].result(_PATIENCE) == 0
        assert queued[2].result(_PATIENCE) == 2
    finally:
        engine.close()


def check_close_kills(make: MakeEngine) -> None:
    """Check that closing ends running and queued tasks at once, with Cancelled."""
    engine = make()
    engine.submit(abs, -1).result(_PATIENCE)
    futures = [engine.submit(_holding_the_lock, 60) for _ in range(engine.n_workers + 2)]
    time.sleep(0.2)
    started = time.monotonic()
    engine.close()
    seconds = time.monotonic() - started
    assert seconds < 2.0, f"closing took {seconds:.2f} s"
    for future in futures:
        _ends_with(future, Cancelled)


ENGINE_CHECKS: tuple[Check, ...] = (
    check_result,
    check_exception,
    check_unpicklable_exception,
    check_closure,
    check_memory_error,
    check_exit,
    check_put,
    check_close,
    check_late_kill,
)
"""Promises of every engine."""

KILLING_CHECKS: tuple[Check, ...] = (
    check_timeout,
    check_crash,
    check_many_crashes,
    check_idle_death,
    check_kill,
    check_close_kills,
)
"""Promises of an engine that can end a running task."""
