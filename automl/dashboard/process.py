"""A dashboard that is served while a program goes on: by a process of its own, or a thread where there is no other way.

The program opens the socket, so that the address is known at once, and hands it to a child process, which opens the
store for itself. The child takes part in nothing else: it is no part of the terminal's group, it ends when its parent
does, however that ends, and what it would print is kept for the moment when it fails. The store's address, which may
hold a password, is told through a pipe, where no list of processes shows it.

A study in memory can't be reached from another process; a thread of the program serves it.
"""

from __future__ import annotations

import atexit
import contextlib
import html
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections import deque
from pathlib import Path
from typing import Any, NoReturn, Protocol, Self

import optuna
from optuna.storages import BaseStorage

from automl.dashboard.browser import open_browser
from automl.dashboard.foreground import interrupt, quieten
from automl.dashboard.server import LOOPBACK, Server, address, listen, make_app
from automl.errors import AutoMLError, StorageError
from automl.evaluation.limits import Caught, attempt, describe
from automl.search.engines.processes import command_of, environment_of
from automl.search.engines.worker import die_with_parent
from automl.storage.existing import address_of, disconnect, open_existing

_READY, _PROBLEM = "@ready", "@problem "  # what the child's lines for its parent begin with
_END_SECONDS = 3.0  # that a child may take to end


class _Serving(Protocol):
    """What answers requests."""

    problem: str

    def wait(self) -> None:
        """Wait until it answers, or it is known that it never will."""

    @property
    def is_alive(self) -> bool:
        """Whether it is not known to have ended."""

    def close(self) -> None:
        """End it."""


class Dashboard:
    """A dashboard that is being served; :meth:`automl.Run.dashboard` returns one.

    It is a context manager, and it ends with the program at the latest.

    Attributes
    ----------
    url
        What to type into a browser on this machine.

    Examples
    --------
    >>> with demo_run.dashboard(browser=False) as dashboard:
    ...     dashboard.url.rpartition(":")[0], dashboard.is_alive
    ('http://127.0.0.1', True)
    >>> dashboard.is_alive
    False
    """

    def __init__(self, url: str, serving: _Serving) -> None:
        self.url = url
        self._serving = serving
        self._is_closed = False
        self._owner = os.getpid()
        atexit.register(self.close)

    @property
    def is_alive(self) -> bool:
        """Whether it is served."""
        return not self._is_closed and self._serving.is_alive

    @property
    def problem(self) -> str:
        """Why it could not be served; empty if it could."""
        return self._serving.problem

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return int(self.url.partition("://")[2].partition("/")[0].rpartition(":")[2])

    def wait(self) -> Self:
        """Wait until it answers, and return it.

        Raises
        ------
        StorageError
            If it can't be served.
        """
        self._serving.wait()
        if self.problem:
            self.close()
            raise StorageError(f"The dashboard can't be shown: {self.problem}")
        return self

    def open(self) -> bool:
        """Open it in the browser of this machine and tell whether there is one."""
        return open_browser(self.url)

    def close(self) -> None:
        """End it; nothing of it is left. Closing it twice is fine."""
        if self._is_closed or os.getpid() != self._owner:  # a fork of the program has no server
            return
        self._is_closed = True
        self._serving.close()
        atexit.unregister(self.close)

    def __enter__(self) -> Self:
        """Return itself; leaving the block closes it."""
        return self

    def __exit__(self, *raised: object) -> None:
        """Close it."""
        self.close()

    def __repr__(self) -> str:
        """Tell the address."""
        return f"Dashboard at {self.url}" if self.is_alive else f"Dashboard, closed (was at {self.url})"

    def _repr_html_(self) -> str:
        """Show a link in a notebook."""
        url = html.escape(self.url)
        return f'Dashboard: <a href="{url}" target="_blank">{url}</a>' if self.is_alive else html.escape(repr(self))


def show(study: optuna.Study, artifacts: Path, *, port: int | None = None, niceness: int = 0) -> Dashboard:
    """Begin to serve a study to this machine and return at once.

    Parameters
    ----------
    study
        The study, whose page comes first.
    artifacts
        Folder of its files, which needn't exist.
    port
        The port; by default 8080 if it is free, otherwise any.
    niceness
        By how much the serving process steps back behind others.

    Raises
    ------
    PlanError
        If the port can't be had.
    StorageError
        If the study is where only this thread reaches it.
    """
    where = address_of(study._storage)
    listening = listen(LOOPBACK, port)
    url = address(LOOPBACK, listening, study._study_id)
    if where is None or os.name != "posix":
        return Dashboard(url, _ServingThread(listening, study._storage, artifacts))
    told = {"store": where, "artifacts": str(artifacts), "niceness": niceness}
    return Dashboard(url, _ServingProcess(listening, told))


class _ServingThread:
    """Serves from a thread of this program."""

    def __init__(self, listening: socket.socket, storage: BaseStorage, artifacts: Path) -> None:
        self.problem = ""
        self._server: Server | None = None
        self._is_ready = threading.Event()
        self._is_closed = False
        self._lock = threading.Lock()
        self._thread = threading.Thread(
            target=self._serve, args=(listening, storage, artifacts), name="automl-dashboard", daemon=True
        )
        self._thread.start()

    @property
    def is_alive(self) -> bool:
        return self._thread.is_alive()

    def wait(self) -> None:
        self._is_ready.wait()

    def close(self) -> None:
        with self._lock:
            self._is_closed = True
            server = self._server
        if server is not None:
            server.shutdown()
        self._thread.join()

    def _serve(self, listening: socket.socket, storage: BaseStorage, artifacts: Path) -> None:
        app = attempt(make_app, storage, artifacts)  # it imports much, and the program doesn't wait for it
        with listening, self._lock:
            if isinstance(app, Caught):
                self.problem = describe(app.error)
            if self._is_closed or isinstance(app, Caught):
                self._is_ready.set()
                return
            server = self._server = Server(listening.dup(), app)
        self._is_ready.set()
        with server:
            server.serve()


class _ServingProcess:
    """Serves from a child process.

    A thread of its own starts the process and listens to it. The thread lives as long as the process: Linux tells a
    child of its parent's death when the *thread* that started it ends.
    """

    def __init__(self, listening: socket.socket, told: dict[str, Any]) -> None:
        self.problem = ""
        self._is_started = threading.Event()
        self._is_ready = threading.Event()
        self._is_closed = False
        self._process: subprocess.Popen[str] | None = None
        self._thread = threading.Thread(target=self._keep, args=(listening, told), name="automl-dashboard", daemon=True)
        self._thread.start()

    @property
    def is_alive(self) -> bool:
        return self._thread.is_alive()

    def wait(self) -> None:
        self._is_ready.wait()

    def close(self) -> None:
        self._is_started.wait()
        self._is_closed = True
        if self._process is not None:
            self._process.terminate()
            self._thread.join(_END_SECONDS)
            if self._thread.is_alive():
                self._process.kill()
        self._thread.join()

    def _keep(self, listening: socket.socket, told: dict[str, Any]) -> None:
        try:
            with listening:
                process = self._process = subprocess.Popen(
                    command_of("automl.dashboard.process", json.dumps([listening.fileno(), os.getpid()])),
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    env=environment_of(1),
                    pass_fds=(listening.fileno(),),
                    start_new_session=True,  # Ctrl-C at the terminal is the program's alone
                    text=True,
                    encoding="utf-8",
                    errors="replace",
                )
        except OSError as error:
            self.problem = str(error)
            self._is_started.set()
            self._is_ready.set()
            return
        self._is_started.set()
        last_words = self._listen(process, json.dumps(told))
        if not self._is_ready.is_set() and not self._is_closed:
            ended = f"its process ended with exit code {process.returncode}"
            self.problem = self.problem or ": ".join([ended, *list(last_words)[-1:]])
        self._is_ready.set()

    def _listen(self, process: subprocess.Popen[str], told: str) -> deque[str]:
        """Tell the child what to serve, hear it until it ends, and return its last lines that were for nobody."""
        last_words: deque[str] = deque(maxlen=20)
        with process:
            assert process.stdin is not None
            assert process.stdout is not None
            try:
                process.stdin.write(told + "\n")
                process.stdin.flush()
            except BrokenPipeError:  # it has ended already, and its lines say why
                with contextlib.suppress(BrokenPipeError):  # what could not be told is told once more
                    process.stdin.close()
                process.stdin = None
            for line in process.stdout:
                if line.startswith(_READY):
                    self._is_ready.set()
                elif line.startswith(_PROBLEM):
                    self.problem = line.removeprefix(_PROBLEM).strip()
                elif line.strip():
                    last_words.append(line.strip())
        return last_words


def main(settings: str) -> None:
    """Serve as a child process until the parent is gone or says so; ``settings`` names the socket and the parent."""
    handle, parent = json.loads(settings)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    die_with_parent(parent, signal.SIGTERM)
    told = json.loads(sys.stdin.readline())
    os.nice(told["niceness"])
    threading.Thread(target=_end_with_parent, daemon=True).start()
    quieten()
    try:
        _serve_store(handle, told)
    except AutoMLError as error:
        _say(_PROBLEM + " ".join(str(error).split()))
    _leave()


def _serve_store(handle: int, told: dict[str, Any]) -> None:
    storage = open_existing(told["store"])
    with Server(socket.socket(fileno=handle), make_app(storage, Path(told["artifacts"]))) as server:
        try:
            signal.signal(signal.SIGTERM, interrupt)
            _say(_READY)
            server.serve()
        except KeyboardInterrupt:
            disconnect(storage)


def _end_with_parent() -> None:
    """Wait for the end of the parent's pipe, where the system doesn't tell of its death."""
    sys.stdin.read()
    os.kill(os.getpid(), signal.SIGTERM)


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _leave() -> NoReturn:
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)  # threads that still answer have nothing to lose, and the parent waits
