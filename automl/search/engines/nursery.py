"""The process that workers are born from, on Linux.

It imports the libraries once, in the background, and then forks a worker whenever it is asked to: a warm worker takes
milliseconds, and all of them share the libraries' memory. It never runs a task, so the state that a fork would break
(OpenMP's threads after a first fit) doesn't exist in it; and it never sees the caller's script, which therefore can't
be run a second time.

It is asked through a socket, one message a datagram: ``{"launch": key, ...}`` with the worker's connection as a file
descriptor, ``{"kill": pid}``. It answers ``{"ready": true}``, ``{"launched": key, "pid": pid}``,
``{"failed": key, "reason": text}`` and ``{"died": pid, "code": code}``. Being the parent of the workers, it is the one
process that can kill them without ever hitting a stranger that got the same number. When the coordinator closes the
socket or dies, it kills and buries all workers, deletes the scratch folder, and ends.
"""

from __future__ import annotations

import contextlib
import faulthandler
import gc
import importlib
import json
import os
import selectors
import shutil
import signal
import socket
import sys
import time
import warnings
from dataclasses import asdict, dataclass
from multiprocessing.connection import Connection
from types import FrameType
from typing import Any, NoReturn

from automl.evaluation.limits import Caught, attempt, describe
from automl.search.engines.worker import die_with_parent, force_threads, serve, settle

LARGEST_MESSAGE = 1 << 18  # bytes, more than a socket takes at once


@dataclass(frozen=True, slots=True)
class NurserySettings:
    """What the coordinator tells its nursery, as JSON on the command line."""

    control: int  # file descriptor of the socket
    parent: int  # the coordinator's process id
    preload: tuple[str, ...]
    scratch: str

    def to_json(self) -> str:
        """Return it as text."""
        return json.dumps(asdict(self))


def main(settings: str) -> None:
    """Run the nursery until the coordinator is gone."""
    told = NurserySettings(**json.loads(settings))
    signal.signal(signal.SIGTERM, lambda number, frame: _leave(told))  # interrupts nothing but imports
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    die_with_parent(told.parent, signal.SIGTERM)  # not SIGKILL: there is something to clear up
    faulthandler.enable()  # a crash in native code leaves its Python lines in the log
    preload(told.preload)
    has_hung_up = _Nursery(told).run()
    _leave(told, has_hung_up)


def _leave(told: NurserySettings, has_hung_up: bool = False) -> NoReturn:
    """End; and unless the coordinator may go on with another nursery, delete its scratch folder."""
    patience = 20  # the coordinator's threads end one by one, and the signal comes with the first
    while not has_hung_up and os.getppid() == told.parent and patience:
        time.sleep(0.025)
        patience -= 1
    if has_hung_up or patience:
        shutil.rmtree(told.scratch, ignore_errors=True)
    sys.stderr.flush()
    os._exit(0)


def preload(modules: tuple[str, ...]) -> None:
    """Import what workers will need; what is absent or broken is for the task that needs it to report."""
    for name in modules:
        outcome = attempt(importlib.import_module, name)
        if isinstance(outcome, Caught) and not isinstance(outcome.error, ModuleNotFoundError):
            sys.stderr.write(f"{name} can't be imported: {describe(outcome.error)}\n")
    force_threads()
    gc.collect()
    gc.freeze()  # the collector of a worker leaves these pages alone, so they stay shared


class _Nursery:
    def __init__(self, settings: NurserySettings) -> None:
        self._control = socket.socket(fileno=settings.control)
        self._control.set_inheritable(False)
        self._children: set[int] = set()
        self._is_over = self._has_hung_up = False

    def run(self) -> bool:
        """Serve until the coordinator hangs up (then return true) or SIGTERM comes; kill and bury all workers."""
        self._wake, told = os.pipe()
        os.set_blocking(self._wake, False)
        os.set_blocking(told, False)
        self._told = told
        signal.signal(signal.SIGCHLD, lambda number, frame: None)  # only so that the pipe is written to
        signal.signal(signal.SIGTERM, self._stop)
        signal.set_wakeup_fd(told, warn_on_full_buffer=False)
        with selectors.DefaultSelector() as selector:
            selector.register(self._control, selectors.EVENT_READ)
            selector.register(self._wake, selectors.EVENT_READ)
            self._selector = selector
            self._say(ready=True)
            while not self._is_over:
                readable = {key.fd for key, _ in selector.select()}
                if self._wake in readable:
                    with contextlib.suppress(BlockingIOError):
                        os.read(self._wake, 4096)
                    self._bury()
                if self._control.fileno() in readable:
                    self._listen()
        self._bury_all()
        return self._has_hung_up

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self._is_over = True

    def _listen(self) -> None:
        message, descriptors, _, _ = socket.recv_fds(self._control, LARGEST_MESSAGE, 1)
        if message:
            self._obey(json.loads(message), descriptors)
        else:
            self._is_over = self._has_hung_up = True

    def _obey(self, request: dict[str, Any], descriptors: list[int]) -> None:
        if "kill" in request:
            self._kill(request["kill"])
            return
        pid = attempt(self._fork, request, descriptors[0])
        os.close(descriptors[0])
        if isinstance(pid, Caught):
            self._say(failed=request["launch"], reason=describe(pid.error))
        else:
            self._children.add(pid)
            self._say(launched=request["launch"], pid=pid)

    def _fork(self, request: dict[str, Any], descriptor: int) -> int:
        parent = os.getpid()
        with warnings.catch_warnings():
            # Libraries start idle service threads at import (an allocator's, say), which have handlers for a fork.
            warnings.simplefilter("ignore", DeprecationWarning)
            pid = os.fork()
        if pid:
            with contextlib.suppress(OSError):  # both sides do it; who comes second may find it done
                os.setpgid(pid, pid)
            return pid
        code = 1
        try:
            with contextlib.suppress(OSError):
                os.setpgid(0, 0)
            self._become_worker(request, descriptor, parent)
            code = 0
        except SystemExit as error:
            code = error.code if isinstance(error.code, int) else int(error.code is not None)
        finally:
            # An exception can't travel on: this process is a copy of the nursery's middle.
            if (caught := sys.exc_info()[1]) is not None:
                sys.excepthook(type(caught), caught, caught.__traceback__)
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)

    def _become_worker(self, request: dict[str, Any], descriptor: int, parent: int) -> None:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        settle(request["memory_limit"], parent)
        self._selector.close()
        self._control.close()
        os.close(self._wake)
        os.close(self._told)
        sys.path[:] = request["path"]
        with contextlib.suppress(OSError):  # the caller's folder may be gone by now
            os.chdir(request["directory"])
        with Connection(descriptor) as connection:
            serve(connection)

    def _kill(self, pid: int) -> None:
        if pid in self._children:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)

    def _bury(self) -> None:
        """Reap the children that ended, and tell."""
        while self._children:
            try:
                # WNOWAIT: look before reaping, so that the number still belongs to the child while its group is killed.
                seen = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            except ChildProcessError:
                return
            if seen is None:
                return
            self._kill(seen.si_pid)  # what it had started
            _, status = os.waitpid(seen.si_pid, 0)
            if seen.si_pid in self._children:
                self._children.discard(seen.si_pid)
                with contextlib.suppress(OSError):  # the coordinator may be gone
                    self._say(died=seen.si_pid, code=os.waitstatus_to_exitcode(status))

    def _bury_all(self) -> None:
        for pid in self._children:
            self._kill(pid)
        for pid in self._children:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, 0)
        self._children.clear()

    def _say(self, **message: object) -> None:
        self._control.send(json.dumps(message).encode())
