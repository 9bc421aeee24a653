"""Whole files or none, and disk errors as one sentence.

Every durable file of a run passes through here. A file is written beside its place under another name and then
renamed, so that a reader, or a program that is killed meanwhile, finds the old file or the new one and never half of
one. What the operating system has against a write (a full disk, a read-only folder, a path that leads through a file)
becomes a :class:`~automl.errors.StorageError` that names the path and what to do.
"""

from __future__ import annotations

import os
import uuid
from pathlib import Path

from automl.errors import telling


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
