"""The coordinator's side of the nursery: where forked workers are asked for (:mod:`automl.search.engines.nursery`)."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import socket
import subprocess
import threading
from concurrent.futures import Future
from dataclasses import dataclass, field
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import Any

from automl.search.engines.nursery import LARGEST_MESSAGE, NurserySettings
from automl.search.engines.processes import (
    NO_WORKER,
    LaunchFailed,
    ProcessSettings,
    WorkerProcess,
    command_of,
    environment_of,
    is_ready,
    open_log,
    search_path,
    working_directory,
)


@dataclass(slots=True)
class _ForkedWorker:
    """A worker whose parent is the nursery."""

    pid: int
    connection: Connection
    nursery: Nursery
    ended: Future[int | None] = field(default_factory=Future)

    @property
    def is_alive(self) -> bool:
        return not self.ended.done()

    def kill(self) -> None:
        self.nursery.kill(self.pid)

    def exit_code(self, timeout: float) -> int | None:
        with contextlib.suppress(TimeoutError):
            return self.ended.result(timeout)
        return None


class Nursery:
    """The coordinator's side of the nursery (:mod:`automl.search.engines.nursery`); it starts at once.

    A thread of its own starts the process and listens to it. The thread lives as long as the process: Linux tells a
    child of its parent's death when the *thread* that started it ends.
    """

    def __init__(self, settings: ProcessSettings) -> None:
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._lock = threading.Lock()
        self._keys = itertools.count()
        self._launches: dict[int, tuple[Future[_ForkedWorker], Connection]] = {}
        self._workers: dict[int, _ForkedWorker] = {}
        self._is_ready = False
        self._why_gone = ""  # empty while it lives
        self._started: Future[subprocess.Popen[bytes]] = Future()
        self._thread = threading.Thread(target=self._keep, args=(settings, theirs), name="automl-nursery", daemon=True)
        self._thread.start()

    @property
    def is_usable(self) -> bool:
        """Whether its process lives."""
        return not self._why_gone

    def launch(self, memory_limit: int | None) -> WorkerProcess:
        """Ask for a worker and wait for it: milliseconds, but for the first one, which waits for the imports."""
        ours, theirs = Pipe()
        pending: Future[_ForkedWorker] = Future()
        with self._lock, theirs:
            if self._why_gone:
                raise LaunchFailed(f"{NO_WORKER}: {self._why_gone}")
            key = next(self._keys)
            self._launches[key] = (pending, ours)
            request = {
                "launch": key,
                "path": search_path(),
                "directory": working_directory(),
                "memory_limit": memory_limit,
            }
            try:
                socket.send_fds(self._control, [json.dumps(request).encode()], [theirs.fileno()])
            except ConnectionError:  # it has just ended; its keeper is about to say why, to all who wait
                pass
            except OSError as error:
                del self._launches[key]
                raise LaunchFailed(f"{NO_WORKER}: {error}") from error
        worker = pending.result()
        if not is_ready(worker):
            raise LaunchFailed(f"{NO_WORKER}: a new one ended with exit code {worker.exit_code(2.0)}")
        return worker

    def kill(self, pid: int) -> None:
        """Kill a worker and its group."""
        with self._lock, contextlib.suppress(OSError):
            self._control.send(json.dumps({"kill": pid}).encode())

    def close(self) -> None:
        """End the nursery, which ends its workers."""
        if self._started.exception() is not None:
            return
        process = self._started.result()
        with contextlib.suppress(OSError):
            self._control.shutdown(socket.SHUT_WR)
        if not self._is_ready:
            process.terminate()  # it is still importing and doesn't listen
        try:
            process.wait(3.0)
        except subprocess.TimeoutExpired:
            process.kill()  # the workers' parent gone, the kernel kills them
            process.wait()
        self._thread.join()

    def _keep(self, settings: ProcessSettings, theirs: socket.socket) -> None:
        told = NurserySettings(
            control=theirs.fileno(),
            parent=os.getpid(),
            preload=settings.preload,
            scratch=str(settings.scratch),
        )
        try:
            with contextlib.ExitStack() as stack:
                stack.callback(theirs.close)
                log = open_log(stack, settings.log)
                process = subprocess.Popen(
                    command_of("automl.search.engines.nursery", told.to_json()),
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    env=environment_of(settings.threads),
                    pass_fds=(theirs.fileno(),),
                    start_new_session=True,  # Ctrl-C at the terminal is the coordinator's alone
                )
        except OSError as error:
            self._started.set_exception(error)
            self._lay_down(str(error))
            return
        self._started.set_result(process)
        while True:
            try:
                message = self._control.recv(LARGEST_MESSAGE)
            except OSError:
                break
            if not message:
                break
            self._hear(json.loads(message))
        process.wait()
        self._lay_down(f"the process that they are born from ended with exit code {process.returncode}")

    def _hear(self, message: dict[str, Any]) -> None:
        with self._lock:
            if "ready" in message:
                self._is_ready = True
            elif "launched" in message:
                pending, connection = self._launches.pop(message["launched"])
                worker = _ForkedWorker(message["pid"], connection, self)
                self._workers[worker.pid] = worker
                pending.set_result(worker)
            elif "failed" in message:
                pending, connection = self._launches.pop(message["failed"])
                connection.close()
                pending.set_exception(LaunchFailed(f"{NO_WORKER}: {message['reason']}"))
            elif "died" in message:
                self._workers.pop(message["died"]).ended.set_result(message["code"])

    def _lay_down(self, reason: str) -> None:
        """Tell everyone who waits that there is nothing to wait for."""
        with self._lock:
            self._why_gone = reason
            for pending, connection in self._launches.values():
                connection.close()
                pending.set_exception(LaunchFailed(f"{NO_WORKER}: {reason}"))
            for worker in self._workers.values():
                worker.ended.set_result(None)
            self._launches.clear()
            self._workers.clear()
            self._control.close()
