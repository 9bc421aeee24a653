"""What a worker process is to the coordinator, and what all ways to start one have in common.

On Linux a nursery forks warm workers (``forking``). Elsewhere forking is not safe or not there, and an interpreter is
started per worker, which imports the libraries itself (``spawning``). Neither uses multiprocessing's start methods:
those import the caller's ``__main__`` again, set process-wide state, and leave a resource tracker behind.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from dataclasses import dataclass
from multiprocessing import spawn
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Protocol

from automl.search.engines.worker import READY

_CAPS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "LOKY_MAX_CPU_COUNT",
)
NO_WORKER = "no worker process could be started"


class LaunchFailed(RuntimeError):
    """A worker could not be brought to life."""


@dataclass(frozen=True, slots=True)
class ProcessSettings:
    """What all workers of an engine have in common."""

    scratch: Path
    preload: tuple[str, ...]
    threads: int
    log: Path | None


class WorkerProcess(Protocol):
    """A live worker: the coordinator's end of its connection, and its fate."""

    pid: int
    connection: Connection

    @property
    def is_alive(self) -> bool:
        """Whether it is not known to have ended."""

    def kill(self) -> None:
        """End it and all it started, at once."""

    def exit_code(self, timeout: float) -> int | None:
        """Wait for its end and return its exit code; ``None`` if that isn't known."""


class Launcher(Protocol):
    """Brings workers to life."""

    @property
    def is_usable(self) -> bool:
        """Whether it can launch another worker."""

    def launch(self, memory_limit: int | None) -> WorkerProcess:
        """Return a worker that waits for its first task; raise :class:`LaunchFailed` if there is none to be had.

        ``memory_limit`` is in bytes; ``None``: no limit.
        """

    def close(self) -> None:
        """End all workers and what brought them to life."""


def environment_of(threads: int) -> dict[str, str]:
    """Return the environment of workers: native libraries read their number of threads when they are loaded."""
    return {**os.environ, **dict.fromkeys(_CAPS, str(threads))}


def search_path() -> list[str]:
    """Return ``sys.path`` as it is now, meaning the same from any folder."""
    return [str(Path(each).absolute()) if not each or each.startswith(".") else each for each in sys.path]


def working_directory() -> str:
    """Return the folder that workers begin in: the caller's."""
    try:
        return str(Path.cwd())
    except OSError:  # it was deleted under the caller
        return "/"


def command_of(module: str, settings: str) -> list[str]:
    """Return the command of an interpreter that runs ``main(settings)`` of a module of ours, and nothing else."""
    code = f"import sys; sys.path[:] = {search_path()!r}; from {module} import main; main(sys.argv[1])"
    executable = spawn.get_executable()
    return [os.fsdecode(executable) if executable else sys.executable, "-P", "-c", code, settings]


def open_log(stack: contextlib.ExitStack, log: Path | None) -> Any:
    """Return where workers' output goes, open for as long as ``stack`` is."""
    return subprocess.DEVNULL if log is None else stack.enter_context(log.open("ab"))


def is_ready(worker: WorkerProcess) -> bool:
    """Wait for the first word of a new worker."""
    try:
        return worker.connection.recv_bytes() == READY
    except (EOFError, OSError):
        return False
