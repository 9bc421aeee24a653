"""One coordinator per run folder.

Two programs that write the same study and the same model files would spoil both. The one that comes first holds an
operating-system lock on the file ``.lock`` in the folder; the kernel lets go of it when that program ends, however it
ends, so a killed run never needs cleaning up. What the file says (process, host, since when) is for the message only.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import time
from pathlib import Path
from typing import IO

from automl.errors import StorageError, telling, warn

if sys.platform == "win32":
    import msvcrt

    _FAR = 1 << 30  # a byte that nobody reads: on Windows a locked byte can't be read by others

    def _try_lock(file: IO[str]) -> None:
        file.seek(_FAR)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        file.seek(0)
else:
    import fcntl

    def _try_lock(file: IO[str]) -> None:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)


class FolderLock:
    """The exclusive right to write to a folder, from :meth:`acquire` to :meth:`release` or the process's end.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     lock = FolderLock(Path(folder))
    ...     lock.acquire()
    ...     lock.is_held
    ...     lock.release()
    True
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder / ".lock"
        self._file: IO[str] | None = None

    @property
    def is_held(self) -> bool:
        """Whether this object holds the lock."""
        return self._file is not None

    def acquire(self) -> None:
        """Take the lock, or say who has it.

        Raises
        ------
        StorageError
            If another live program, or another object in this one, holds it, or the folder can't be written.
        """
        if self._file is not None:
            return
        with telling(self._folder, "written"):
            file = self._path.open("a+", encoding="utf-8")
        try:
            _try_lock(file)
        except (BlockingIOError, PermissionError):
            holder = self._holder()
            file.close()
            raise StorageError(
                f"The run folder {self._folder} is in use by {holder}. Wait until it ends, or give another folder."
            ) from None
        except OSError as error:  # a network disk without locks
            warn(
                f"The disk of {self._folder} has no file locks ({error.strerror}); take care that no second run "
                "writes to this folder."
            )
        with telling(self._folder, "written"):
            file.truncate(0)
            said = {"pid": os.getpid(), "host": socket.gethostname(), "since": time.strftime("%Y-%m-%d %H:%M:%S")}
            file.write(json.dumps(said))
            file.flush()
        self._file = file

    def release(self) -> None:
        """Let go of the lock; does nothing if it isn't held."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _holder(self) -> str:
        try:
            said = json.loads(self._path.read_text(encoding="utf-8"))
            return f"process {said['pid']} on {said['host']} since {said['since']}"
        except (OSError, ValueError, KeyError, TypeError):
            return "another program"  # it is just about to write its name
