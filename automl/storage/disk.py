"""Whole files or none, and disk errors as one sentence.

Every durable file of a run passes through here. A file is written beside its place under another name and then
renamed, so that a reader, or a program that is killed meanwhile, finds the old file or the new one and never half of
one. What the operating system has against a write (a full disk, a read-only folder, a path that leads through a file)
becomes a :class:`~automl.errors.StorageError` that names the path and what to do.
"""

from __future__ import annotations

import errno
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from automl.errors import StorageError

_FULL = {errno.ENOSPC, errno.EDQUOT}
_FORBIDDEN = {errno.EROFS, errno.EACCES, errno.EPERM}
_NOT_A_FOLDER = {errno.ENOTDIR, errno.EEXIST}


def storage_error(error: OSError, path: Path, verb: str) -> StorageError:
    """Return the error that tells a person what ``error`` means for ``path``; it keeps the ``errno``.

    Examples
    --------
    >>> print(storage_error(OSError(errno.ENOSPC, "No space left"), Path("runs/a"), "written"))
    runs/a can't be written: the disk is full. Free some space, or give a folder on another disk.
    """
    if error.errno in _FULL:
        cause = "the disk is full. Free some space, or give a folder on another disk."
    elif error.errno in _FORBIDDEN:
        cause = "the folder is read-only or belongs to someone else. Give a folder that you may write to."
        if verb == "read":
            cause = "you lack the permission. Ask its owner for it."
    elif error.errno in _NOT_A_FOLDER:
        cause = "a part of the path is a file, not a folder. Give another path."
    elif error.errno == errno.ENOENT:
        cause = "it does not exist. Check the path."
    else:
        cause = f"{error.strerror or error}. Give another path, or try again."
    told = StorageError(f"{path} can't be {verb}: {cause}")
    told.errno = error.errno
    return told


@contextmanager
def telling(path: Path, verb: str) -> Iterator[None]:
    """Turn any ``OSError`` inside into the :class:`StorageError` of :func:`storage_error`.

    Raises
    ------
    StorageError
        Instead of an ``OSError``.
    """
    try:
        yield
    except StorageError:
        raise
    except OSError as error:
        raise storage_error(error, path, verb) from error


def write_bytes(path: Path, data: bytes | memoryview) -> None:
    """Write a file whole or not at all, making the folders above it.

    Raises
    ------
    StorageError
        If the disk is full, read-only or the path can't be one of a file; the old file is still there then.
    """
    unfinished = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.part")
    with telling(path, "written"):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with unfinished.open("wb") as file:
                file.write(data)
            os.replace(unfinished, path)  # noqa: PTH105  # named so that a test can make it fail
        finally:
            unfinished.unlink(missing_ok=True)


def read_bytes(path: Path) -> bytes:
    """Return a file's content.

    Raises
    ------
    StorageError
        If it isn't there or can't be read.
    """
    with telling(path, "read"):
        return path.read_bytes()
