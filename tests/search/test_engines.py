"""The local engine: processes that start warm, die on request, and leave nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cloudpickle
import numpy as np
import psutil
import pytest

from automl.errors import PlanError, StorageError
from automl.evaluation.limits import Cancelled, TaskTimedOut, WorkerDied, WorkerOutOfMemory
from automl.search.engines import InProcessEngine, LocalEngine

# Workers can't import a test module; they get its functions by value.
cloudpickle.register_pickle_by_value(sys.modules[__name__])

ROOT = Path(__file__).parents[2]
SOON = 30.0
linux_only = pytest.mark.skipif(sys.platform != "linux", reason="looks at Linux's process table")


@pytest.fixture(scope="module")
def engine() -> Iterator[LocalEngine]:
    """Return an engine of two workers that tests share where they leave it usable."""
    with LocalEngine(2, preload=("numpy",)) as made:
        yield made


def _descendants() -> set[int]:
    return {child.pid for child in psutil.Process().children(recursive=True)}


def _wait_until(condition: Callable[[], bool], seconds: float = 5.0) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
    return condition()


def _is_gone(pid: int) -> bool:
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def _pid_after(seconds: float) -> int:
    time.sleep(seconds)
    return os.getpid()


# --- processes: none before, none after


@pytest.mark.parametrize("method", [pytest.param("fork", marks=linux_only), "spawn"])
@pytest.mark.parametrize("is_busy", [False, True])
def test_close_leaves_no_process_and_no_file(method: Any, is_busy: bool, tmp_path: Path) -> None:
    """After close neither a process nor a thread nor a scratch file of the engine is left, busy or not."""
    before, threads = _descendants(), threading.active_count()
    engine = LocalEngine(2, preload=(), method=method, scratch=tmp_path)
    engine.put(np.zeros(1000))
    engine.submit(abs, -1).result(SOON)
    if is_busy:
        engine.submit(time.sleep, 60)
        engine.submit(time.sleep, 60)
        time.sleep(0.1)
    assert _descendants() > before
    started = time.monotonic()
    engine.close()
    assert time.monotonic() - started < 1.5
    assert _descendants() == before
    assert threading.active_count() == threads
    assert not list(tmp_path.iterdir())


def test_close_during_the_imports() -> None:
    """An engine that is closed while its libraries are still being imported ends at once, as do its tasks."""
    before = _descendants()
    engine = LocalEngine(1, preload=("sklearn.ensemble", "lightgbm"))
    future = engine.submit(abs, -1)
    time.sleep(0.2)
    started = time.monotonic()
    engine.close()
    assert time.monotonic() - started < 1.5
    assert isinstance(future.exception(SOON), Cancelled)
    assert _descendants() == before


PARENT = """
import ctypes, sys, time
from pathlib import Path
import psutil
from automl.search.engines import LocalEngine
engine = LocalEngine(2, preload=(), scratch=Path(sys.argv[1]))
engine.warm().result()
futures = [engine.submit(lambda: ctypes.PyDLL(None).sleep(60)) for _ in range(2)]
engine.put(list(range(1000)))
while not all(future.running() for future in futures):
    time.sleep(0.01)
time.sleep(0.1)
print(*[child.pid for child in psutil.Process().children(recursive=True)], flush=True)
time.sleep(60)
"""


@linux_only
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_killed_coordinator_leaves_nothing(number: signal.Signals, tmp_path: Path) -> None:
    """When the coordinator is killed, workers stuck in native code and scratch files are gone within 3 s."""
    parent = _python("-c", PARENT, str(tmp_path), stdout=subprocess.PIPE)
    assert parent.stdout is not None
    descendants = [int(word) for word in parent.stdout.readline().split()]
    assert len(descendants) == 3  # two workers and the process that they are born from
    parent.send_signal(number)
    parent.communicate()
    assert _wait_until(lambda: all(_is_gone(pid) for pid in descendants), 3.0)
    assert _wait_until(lambda: not list(tmp_path.iterdir()), 3.0)


def test_an_engine_that_nobody_closes(tmp_path: Path) -> None:
    """A script that forgets to close ends as usual and leaves nothing."""
    script = """
    import sys, time
    from pathlib import Path
    from automl.search.engines import LocalEngine
    engine = LocalEngine(2, preload=(), scratch=Path(sys.argv[1]))
    engine.submit(abs, -1).result()
    engine.submit(time.sleep, 60)
    """
    started = time.monotonic()
    ended = _python("-c", textwrap.dedent(script), str(tmp_path))
    assert ended.wait(SOON) == 0
    assert time.monotonic() - started < 10
    assert not list(tmp_path.iterdir())


def test_multiprocessing_is_left_alone() -> None:
    """The caller's multiprocessing keeps its start method and gets no resource tracker from us."""
    script = """
    import multiprocessing, multiprocessing.resource_tracker as tracker
    from automl.search.engines import LocalEngine
    with LocalEngine(1, preload=()) as engine:
        assert engine.submit(abs, -1).result() == 1
    assert multiprocessing.get_start_method(allow_none=True) is None
    assert tracker._resource_tracker._pid is None
    """
    assert _python("-c", textwrap.dedent(script)).wait(SOON) == 0


# --- the caller's script is not run again

SCRIPT = """
import os, sys
with open({counter!r}, "a") as counter:
    counter.write(f"{{os.getpid()}}\\n")

class Shifted:
    offset = 10
    def fit(self, x):
        return x + self.offset + missing_from_workers

missing_from_workers = 100

def fit(shifted, x):
    return shifted.fit(x)

from automl.search.engines import LocalEngine
engine = LocalEngine(2, preload=("numpy",), method={method!r})
print(engine.submit(fit, Shifted(), 1).result(60), engine.submit(lambda: Shifted().fit(2)).result(60))
engine.close()
"""


@pytest.mark.parametrize("method", [pytest.param("fork", marks=linux_only), "spawn"])
@pytest.mark.parametrize("way", ["script", "stdin", "command", "module"])
def test_the_script_runs_once(way: str, method: str, tmp_path: Path) -> None:
    """A script without a guard, standard input, -c and -m work, run once, with classes of their own."""
    text = SCRIPT.format(counter=str(tmp_path / "counter"), method=method)
    (tmp_path / "user_script.py").write_text(text)
    arguments = {"script": ["user_script.py"], "stdin": ["-"], "command": ["-c", text], "module": ["-m", "user_script"]}
    ended = subprocess.run(
        [sys.executable, *arguments[way]],
        input=text if way == "stdin" else None,
        cwd=tmp_path,
        env=_environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.stderr == ""
    assert ended.stdout.split() == ["111", "112"]
    assert len((tmp_path / "counter").read_text().splitlines()) == 1


@linux_only
def test_ctrl_c_reaches_the_coordinator_alone() -> None:
    """SIGINT to the whole process group interrupts the coordinator; running tasks go on until it decides."""
    script = """
    import signal, time
    from automl.search.engines import LocalEngine
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job is started deaf to it
    engine = LocalEngine(2, preload=())
    engine.warm().result()
    futures = [engine.submit(lambda: time.sleep(1.0) or "unharmed") for _ in range(2)]
    try:
        print("running", flush=True)
        time.sleep(30)
    except KeyboardInterrupt:
        print(*[future.result() for future in futures])
    engine.close()
    """
    parent = _python("-c", textwrap.dedent(script), stdout=subprocess.PIPE, start_new_session=True)
    assert parent.stdout is not None
    assert parent.stdout.readline().strip() == "running"
    time.sleep(0.2)
    os.killpg(parent.pid, signal.SIGINT)
    assert parent.communicate(timeout=SOON)[0].split() == ["unharmed", "unharmed"]
    assert parent.returncode == 0


# --- limits


def _fit_svc() -> None:
    from sklearn.svm import SVC

    rng = np.random.default_rng(0)
    SVC(C=1e6).fit(rng.normal(size=(60_000, 10)), rng.integers(0, 2, 60_000))


def test_a_native_fit_is_killed_at_its_deadline() -> None:
    """A fit in native code that would take minutes ends at its timeout."""
    with LocalEngine(1, preload=("sklearn.svm",)) as engine:
        engine.warm().result(SOON)
        started = time.monotonic()
        assert isinstance(engine.submit(_fit_svc, timeout=1.0).exception(SOON), TaskTimedOut)
        assert time.monotonic() - started < 1.5


def _hog(n_bytes: int) -> int:
    return int(np.ones(n_bytes // 8).sum())


def _hog_without_limit(n_bytes: int) -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_DATA, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    kept = []
    while True:
        kept.append(np.ones(n_bytes // 50 // 8))
        time.sleep(0.01)


@linux_only
def test_memory_limits() -> None:
    """A task that asks for too much gets MemoryError; one that has it all the same is killed; small ones live."""
    with LocalEngine(2, preload=("numpy",), memory_limit=1400 * 2**20) as engine:
        sibling = engine.submit(_pid_after, 0.5)
        error = engine.submit(_hog, 2**30).exception(SOON)
        assert isinstance(error, WorkerOutOfMemory)
        assert "allocate" in str(error)
        assert "0.7 GiB" in str(error)
        error = engine.submit(_hog_without_limit, 2**30).exception(SOON)
        assert isinstance(error, WorkerOutOfMemory)
        assert "was killed" in str(error)
        assert sibling.result(SOON)
        assert engine.submit(_hog, 2**26).result(SOON) == 2**23


@linux_only
def test_the_memory_is_shared_by_those_who_work() -> None:
    """Who opens fewer workers than there are cores gives each a larger share of the memory."""
    with LocalEngine(4, preload=("numpy",), memory_limit=1400 * 2**20) as engine:
        engine.start()
        engine.open(1)
        assert engine.submit(_hog, 2**29).result(SOON) == 2**26


@linux_only
def test_shared_tables_are_not_counted(tmp_path: Path) -> None:
    """A memory-mapped table larger than the memory limit of a worker is no reason to end it."""
    with LocalEngine(1, preload=("numpy",), memory_limit=300 * 2**20, scratch=tmp_path) as engine:
        table = engine.put(np.ones(42_000_000))  # 336 MB
        assert engine.submit(np.sum, table).result(SOON) == 42_000_000
        assert engine.submit(_pid_after, 0.3).result(SOON)


@pytest.mark.parametrize("method", [pytest.param("fork", marks=linux_only), "spawn"])
def test_a_killed_task_takes_its_children_along(method: Any, tmp_path: Path) -> None:
    """Processes that a task started end with it when it is killed, and when it dies by itself."""
    started = tmp_path / "pid"

    def start_and_wait(code: int | None) -> None:
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
        started.write_text(str(child.pid))
        if code is not None:
            os._exit(code)
        child.wait()

    with LocalEngine(1, preload=(), method=method) as engine:
        future = engine.submit(start_and_wait, None)
        assert _wait_until(lambda: started.exists() and bool(started.read_text()))
        engine.kill(future)
        assert isinstance(future.exception(SOON), Cancelled)
        assert _wait_until(lambda: _is_gone(int(started.read_text())), 2.0)
        assert isinstance(engine.submit(start_and_wait, 5).exception(SOON), WorkerDied)
        assert _wait_until(lambda: _is_gone(int(started.read_text())), 2.0)


@linux_only
def test_losing_the_nursery() -> None:
    """When the process that workers are born from is killed, running tasks end and later ones get new workers."""
    before = set(psutil.Process().children())
    with LocalEngine(2, preload=()) as engine:
        table = engine.put(np.arange(3))
        engine.warm().result(SOON)
        future = engine.submit(time.sleep, 60)
        assert _wait_until(future.running)
        (nursery,) = set(psutil.Process().children()) - before
        nursery.kill()
        assert isinstance(future.exception(SOON), WorkerDied)
        assert [engine.submit(np.sum, table).result(SOON) for _ in range(3)] == [3, 3, 3]


# --- workers


def _environment_of_worker() -> tuple[str | None, int, bool]:
    return os.environ.get("OMP_NUM_THREADS"), os.getpid(), signal.getsignal(signal.SIGINT) is signal.SIG_IGN


def test_workers_are_prepared() -> None:
    """A worker has its threads capped, ignores Ctrl-C, and is not this process."""
    with LocalEngine(1, preload=(), threads_per_worker=3) as engine:
        threads, pid, ignores = engine.submit(_environment_of_worker).result(SOON)
        assert (threads, ignores) == ("3", True)
        assert pid != os.getpid()
    assert os.environ.get("OMP_NUM_THREADS") != "3"


def _pids_of_joblib() -> set[int]:
    from joblib import Parallel, delayed

    return set(Parallel(n_jobs=2)(delayed(os.getpid)() for _ in range(4))) | {os.getpid()}


def test_joblib_makes_no_processes(engine: LocalEngine) -> None:
    """A model that asks joblib for several jobs gets threads: processes would outlive a killed worker."""
    assert len(engine.submit(_pids_of_joblib).result(SOON)) == 1


def _fit_with_threads(library: str) -> int:
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(500, 5)), rng.integers(0, 2, 500)
    if library == "lightgbm":
        from lightgbm import LGBMClassifier

        LGBMClassifier(n_estimators=5, num_threads=2, verbose=-1).fit(X, y)
    elif library == "xgboost":
        from xgboost import XGBClassifier

        XGBClassifier(n_estimators=5, n_jobs=2).fit(X, y)
    else:
        from sklearn.ensemble import HistGradientBoostingClassifier
        from threadpoolctl import threadpool_limits

        with threadpool_limits(2):
            HistGradientBoostingClassifier(max_iter=5).fit(X, y)
    return os.getpid()


def test_threaded_fits_in_preloaded_workers() -> None:
    """Boosters fit on several threads in workers that were forked with the library already imported."""
    with LocalEngine(1, preload=("sklearn.ensemble", "lightgbm", "xgboost")) as engine:
        for library in ("lightgbm", "xgboost", "sklearn"):
            assert engine.submit(_fit_with_threads, library, timeout=SOON).result(2 * SOON)


def test_absent_and_broken_modules_are_skipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Preloading goes on after a module that is absent or can't be imported; the log names the broken one."""
    (tmp_path / "broken_on_import.py").write_text("raise RuntimeError('no such instruction')")
    monkeypatch.syspath_prepend(str(tmp_path))
    log = tmp_path / "log"
    with LocalEngine(1, preload=("no_such_module_anywhere", "broken_on_import", "wave"), log=log) as engine:
        assert engine.submit(lambda: "wave" in sys.modules).result(SOON)
    assert "broken_on_import can't be imported: RuntimeError: no such instruction" in log.read_text()
    assert "no_such_module" not in log.read_text()


def test_what_workers_print_goes_to_the_log(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Output of workers stays off the screen and stands in the log; so does where a crash happened."""
    log = tmp_path / "log"
    with LocalEngine(1, preload=(), log=log) as engine:
        engine.submit(print, "chatter of a library").result(SOON)
        engine.submit(os.system, "echo chatter of native code").result(SOON)
        engine.submit(os.kill, 0, signal.SIGSEGV).exception(SOON)
    text = log.read_text()
    assert "chatter of a library" in text
    assert "chatter of native code" in text
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("method", [pytest.param("fork", marks=linux_only), "spawn"])
def test_workers_that_cannot_be_started(method: Any, tmp_path: Path) -> None:
    """When workers can't be started, tasks end with a sentence that says why, and the engine can be closed."""
    with LocalEngine(1, preload=(), log=tmp_path / "absent" / "log", method=method) as engine:
        for _ in range(10):
            error = engine.submit(abs, -1).exception(SOON)
            assert isinstance(error, WorkerDied)
            assert "no worker process could be started: " in str(error)
            assert "absent/log" in str(error)


def test_warmth() -> None:
    """After ``warm`` every worker waits for its task: the first ones don't pay for a start."""
    with LocalEngine(2, preload=("numpy",)) as engine:
        engine.start()
        engine.warm().result(SOON)
        started = time.monotonic()
        first, second = engine.submit(_pid_after, 0.1), engine.submit(_pid_after, 0.1)
        assert first.result(SOON) != second.result(SOON)
        assert time.monotonic() - started < 0.3
        engine.warm().result(0.1)


def test_the_number_of_workers_can_change() -> None:
    """More workers come at once; fewer are left when the surplus ones are done."""
    with LocalEngine(1, preload=()) as engine:
        before = _descendants()
        engine.open(3)
        engine.warm().result(SOON)
        assert engine.n_workers == 3
        futures = [engine.submit(_pid_after, 0.2) for _ in range(3)]
        assert len({future.result(SOON) for future in futures}) == 3
        engine.open(1)
        assert _wait_until(lambda: len(_descendants() - before) <= 2)
        futures = [engine.submit(_pid_after, 0.02) for _ in range(4)]
        assert len({future.result(SOON) for future in futures}) == 1
        engine.open(2)
        futures = [engine.submit(_pid_after, 0.2) for _ in range(2)]
        assert len({future.result(SOON) for future in futures}) == 2


@pytest.mark.parametrize("n_workers", [0, -1, 1.5, True])
def test_impossible_numbers_of_workers(n_workers: Any) -> None:
    """A number of workers is a whole number above zero."""
    with pytest.raises(PlanError, match=r"n_workers=.*at least 1"):
        LocalEngine(n_workers)


def test_a_worker_works_where_the_caller_is(engine: LocalEngine) -> None:
    """Relative paths mean the same in a worker."""
    assert engine.submit(os.getcwd).result(SOON) == str(Path.cwd())


# --- hand-over


def _sum_of_ends(array: Any) -> float:
    return float(array[0] + array[-1])


def test_large_values_travel_once(engine: LocalEngine) -> None:
    """A task that names a 50 MB array costs milliseconds, and no copy."""
    table = engine.put(np.arange(6_250_000.0))
    seconds = []
    for _ in range(8):
        started = time.monotonic()
        assert engine.submit(_sum_of_ends, table).result(SOON) == 6_249_999.0
        seconds.append(time.monotonic() - started)
    assert sorted(seconds)[4] < 0.02


def test_what_cannot_be_pickled_ends_the_future(engine: LocalEngine) -> None:
    """A task that can't travel is a failed task, not a failed search."""
    error = engine.submit(lambda lock: lock, threading.Lock()).exception(SOON)
    assert isinstance(error, TypeError)
    assert "pickle" in str(error)
    error = engine.submit(threading.Lock).exception(SOON)  # a result
    assert isinstance(error, TypeError)
    assert "pickle" in str(error)


def test_exceptions_tell_where(engine: LocalEngine) -> None:
    """An exception from a worker carries the lines of the worker as a note."""
    error = engine.submit(_sum_of_ends, []).exception(SOON)
    assert isinstance(error, IndexError)
    assert "_sum_of_ends" in error.__notes__[0]


def test_a_cancelled_future_is_not_run(engine: LocalEngine, tmp_path: Path) -> None:
    """``Future.cancel`` works on tasks that wait, as with any executor."""
    blockers = [engine.submit(_pid_after, 0.3) for _ in range(2)]
    waiting = engine.submit((tmp_path / "ran").touch)
    assert waiting.cancel()
    assert all(blocker.result(SOON) for blocker in blockers)
    assert engine.submit(abs, -1).result(SOON) == 1
    assert not (tmp_path / "ran").exists()


def test_no_place_for_scratch_files(tmp_path: Path) -> None:
    """A scratch folder that can't be made is one clear sentence."""
    with pytest.raises(StorageError, match=r"No scratch folder can be made in .*absent.*TMPDIR"):
        LocalEngine(1, scratch=tmp_path / "absent")


def test_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A value that doesn't fit on the disk is one clear sentence."""

    def refuse(path: Path, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    with LocalEngine(1, preload=(), scratch=tmp_path) as engine:
        monkeypatch.setattr(Path, "write_bytes", refuse)
        with pytest.raises(StorageError, match=r"can't take 8 MB: .*No space left.*Free some space"):
            engine.put(np.zeros(1_000_000))


def test_in_process_tasks_cannot_change_what_was_put() -> None:
    """A task that writes into shared rows fails in-process as it would in a worker."""
    engine = InProcessEngine()
    table = engine.put(np.zeros(3))
    error = engine.submit(np.ndarray.fill, table, 1.0).exception()
    assert isinstance(error, ValueError)
    assert "read-only" in str(error)
    assert engine.submit(np.sum, table, timeout=0.001).result() == 0.0


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT)}


def _python(*arguments: str, **options: Any) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, *arguments], env=_environment(), text=True, **options)
