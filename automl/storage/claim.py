"""One writer per study of a shared store: a claim that its holder renews while it lives.

A run folder is guarded by a lock of the operating system (:mod:`automl.storage.lock`), a database that several
computers reach is not. There the study says who writes it, as one of its system attributes: host, process, and a
number that grows every few seconds. Whoever wants to write asks: a process of this host is looked up, and of another
host's it is watched whether the number still grows. No clocks are compared, for no two agree. So the place of a
program that was killed is taken at once on its own host, and after a quarter of a minute from another one.
"""

from __future__ import annotations

import json
import os
import socket
import threading
import time
from dataclasses import dataclass
from typing import Any

import psutil
from optuna.exceptions import OptunaError
from optuna.storages import BaseStorage
from sqlalchemy.exc import SQLAlchemyError

from automl.errors import StorageError
from automl.storage.existing import hang_up

BEAT = 5.0  # seconds between two renewals
PATIENCE = 15.0  # seconds without one, after which a writer of another host is taken to be dead
_KEY = "automl:writer"  # the system attribute


@dataclass(frozen=True, slots=True)
class _Writer:
    """Who writes."""

    host: str
    pid: int
    created: float

    @classmethod
    def here(cls) -> _Writer:
        return cls(socket.gethostname(), os.getpid(), psutil.Process().create_time())

    @classmethod
    def of(cls, said: Any) -> _Writer | None:
        if not said or not isinstance(said, str):
            return None
        host, pid, created, *_ = json.loads(said)
        return cls(host, pid, created)

    def said(self, beats: int) -> str:
        return json.dumps([self.host, self.pid, self.created, beats])


class Claim:
    """The right to write a study, from :meth:`take` to :meth:`give_up` or the process's end.

    Parameters
    ----------
    storage, study_id
        Where the study is.
    label
        What a message calls it.

    Examples
    --------
    >>> import optuna
    >>> study = optuna.create_study()
    >>> claim = Claim(study._storage, study._study_id, "The study 'doc'")
    >>> claim.take()
    >>> claim.give_up()
    """

    def __init__(self, storage: BaseStorage, study_id: int, label: str) -> None:
        self._storage = storage
        self._study_id = study_id
        self._label = label
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def take(self) -> None:
        """Write down that this program writes the study, and go on saying so.

        Raises
        ------
        StorageError
            If another live program writes it.
        """
        said = self._said()
        writer = _Writer.of(said)
        if writer is not None and self._is_alive(writer, said):
            where = "" if writer.host == socket.gethostname() else f" on {writer.host}"
            raise StorageError(
                f"{self._label} is being written by process {writer.pid}{where}. "
                "Wait until it ends, or give another study_name."
            )
        self._write(_Writer.here().said(0))
        self._ended.clear()
        self._thread = threading.Thread(target=self._go_on_saying, name="automl-claim", daemon=True)
        self._thread.start()

    def give_up(self) -> None:
        """Leave the study to others; does nothing if it isn't held."""
        if self.end():
            self._write("")

    def end(self) -> bool:
        """Renew the claim no more, and tell whether it was held."""
        if self._thread is None:
            return False
        self._ended.set()
        self._thread.join()
        self._thread = None
        return True

    def _is_alive(self, writer: _Writer, said: str) -> bool:
        if writer.host != socket.gethostname():
            return self._beats(said)
        if writer.pid == os.getpid():
            return False
        try:
            return bool(abs(psutil.Process(writer.pid).create_time() - writer.created) < 1.0)
        except psutil.Error:
            return False

    def _beats(self, said: str) -> bool:
        """Watch for a while whether the claim is renewed."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            time.sleep(BEAT / 5)
            now = self._said()
            if now != said:
                return bool(now)  # it may also have been given up
        return False

    def _go_on_saying(self) -> None:
        beats, me = 0, _Writer.here()
        while not self._ended.wait(BEAT):
            beats += 1
            try:
                self._write(me.said(beats))
            except (OptunaError, SQLAlchemyError, OSError, KeyError):
                continue  # whoever writes a trial next is told; a store that comes back is claimed again
        hang_up(self._storage)

    def _said(self) -> str:
        return str(self._storage.get_study_system_attrs(self._study_id).get(_KEY) or "")

    def _write(self, said: str) -> None:
        self._storage.set_study_system_attr(self._study_id, _KEY, said)
