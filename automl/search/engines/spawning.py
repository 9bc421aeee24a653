"""Workers that are interpreters of their own, for systems where forking is not safe or not there."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import Any

from automl.search.engines.processes import (
    NO_WORKER,
    LaunchFailed,
    ProcessSettings,
    WorkerProcess,
    command_of,
    environment_of,
    is_ready,
    open_log,
)


class _SpawnedWorker:
    """A worker that is a fresh interpreter, and our own child."""

    def __init__(self, process: subprocess.Popen[bytes], connection: Connection) -> None:
        self._process = process
        self._is_killed = False
        self.pid = process.pid
        self.connection = connection

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

    def kill(self) -> None:
        if os.name != "posix":
            self._process.kill()
        elif not self._is_killed:  # once: while a group has members nobody else gets its number, but afterwards
            self._is_killed = True
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)

    def exit_code(self, timeout: float) -> int | None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self._process.wait(timeout)
        return None


class Spawner:
    """Starts one interpreter per worker; for systems without a safe fork."""

    def __init__(self, settings: ProcessSettings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._workers: list[_SpawnedWorker] = []
        self._is_closed = False

    @property
    def is_usable(self) -> bool:
        """Whether it was not closed."""
        return not self._is_closed

    def launch(self, memory_limit: int | None) -> WorkerProcess:
        """Start an interpreter and wait until it has imported what it will need: seconds."""
        ours, theirs = Pipe()
        with contextlib.ExitStack() as stack, self._lock:
            stack.callback(theirs.close)
            if self._is_closed:
                raise LaunchFailed(f"{NO_WORKER}: the engine is closed")
            try:
                worker = _SpawnedWorker(self._started(theirs, open_log(stack, self._settings.log), memory_limit), ours)
            except OSError as error:
                raise LaunchFailed(f"{NO_WORKER}: {error}") from error
            self._workers = [each for each in self._workers if each.is_alive] + [worker]
        if not is_ready(worker):
            raise LaunchFailed(f"{NO_WORKER}: a new one ended with exit code {worker.exit_code(2.0)}")
        return worker

    def _started(self, theirs: Connection, log: Any, memory_limit: int | None) -> subprocess.Popen[bytes]:
        settings = self._settings
        handle = theirs.fileno()
        told = {
            "handle": handle,
            "parent": os.getpid(),
            "preload": settings.preload,
            "memory_limit": memory_limit,
        }
        command = command_of("automl.search.engines.spawned", json.dumps(told))
        environment = environment_of(settings.threads)
        if sys.platform == "win32":
            os.set_handle_inheritable(handle, True)
            return subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment,
                startupinfo=subprocess.STARTUPINFO(lpAttributeList={"handle_list": [handle]}),
                creationflags=subprocess.CREATE_NEW_PROCESS_GROUP,
            )
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=environment,
            pass_fds=(handle,),
            start_new_session=True,
        )

    def close(self) -> None:
        """End all workers."""
        with self._lock:
            self._is_closed = True
            for worker in self._workers:
                worker.kill()
            for worker in self._workers:
                worker.exit_code(3.0)
