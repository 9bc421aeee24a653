"""A folder in which large values are kept once for many processes.

A value is pickled with its arrays left out; the arrays stand side by side in a second file that every process maps
into memory, so that a table of a gigabyte costs each worker a page table and no copy. Loading takes well under a
millisecond, and is done once per process. The arrays are read-only for everybody, the coordinator included.

The folder is scratch: it lives as long as its engine, and nothing in it outlives the run.
"""

from __future__ import annotations

import itertools
import mmap
import pickle
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cloudpickle

from automl.errors import StorageError
from automl.search.engines.protocol import Ref

_ALIGNMENT = 64  # bytes; native kernels want vectors to begin on a cache line

_loaded: dict[Path, Any] = {}  # of this process


@dataclass(frozen=True, slots=True)
class StoredRef(Ref):
    """A value on a shelf."""

    folder: Path
    offsets: tuple[tuple[int, int], ...]  # begin and length of each array in the file of arrays

    def get(self) -> Any:
        """Return the value, loaded once per process."""
        if self.folder not in _loaded:
            buffers = _mapped(self.folder / "arrays", self.offsets) if self.offsets else []
            _loaded[self.folder] = pickle.loads((self.folder / "value").read_bytes(), buffers=buffers)
        return _loaded[self.folder]


class Shelf:
    """Keeps values in a folder of its own.

    Parameters
    ----------
    parent
        Where to make the folder; ``None``: the system's place for temporary files.

    Raises
    ------
    StorageError
        If the folder can't be made, or can't take a value.
    """

    def __init__(self, parent: Path | None = None) -> None:
        try:
            self.folder = Path(tempfile.mkdtemp(prefix="automl-", dir=parent))
        except OSError as error:
            raise StorageError(
                f"No scratch folder can be made in {parent or tempfile.gettempdir()}: {error}. "
                "Point TMPDIR at a folder that can be written to."
            ) from error
        self._count = itertools.count()

    def put(self, value: Any) -> StoredRef:
        """Keep ``value`` and return its name."""
        buffers: list[pickle.PickleBuffer] = []
        pickled = cloudpickle.dumps(value, protocol=5, buffer_callback=buffers.append)
        folder = self.folder / str(next(self._count))
        try:
            folder.mkdir()
            (folder / "value").write_bytes(pickled)
            offsets = _written(folder / "arrays", buffers)
        except OSError as error:
            n_bytes = len(pickled) + sum(buffer.raw().nbytes for buffer in buffers)
            raise StorageError(
                f"The scratch folder {self.folder} can't take {n_bytes / 1e6:.0f} MB: {error}. "
                "Free some space, or point TMPDIR at a folder with more."
            ) from error
        return StoredRef(folder, offsets)

    def remove(self) -> None:
        """Delete the folder; values that are loaded somewhere stay usable there."""
        for folder in [each for each in _loaded if each.parent == self.folder]:
            del _loaded[folder]
        shutil.rmtree(self.folder, ignore_errors=True)


def frozen_copy(value: Any) -> Any:
    """Return a copy of ``value`` whose arrays are read-only, as a worker would get it."""
    buffers: list[pickle.PickleBuffer] = []
    pickled = cloudpickle.dumps(value, protocol=5, buffer_callback=buffers.append)
    return pickle.loads(pickled, buffers=[bytes(buffer.raw()) for buffer in buffers])


def _written(path: Path, buffers: list[pickle.PickleBuffer]) -> tuple[tuple[int, int], ...]:
    """Write buffers one after the other, each aligned; return where they are."""
    if not buffers:
        return ()
    offsets = []
    with path.open("wb") as file:
        for buffer in buffers:
            file.write(b"\0" * (-file.tell() % _ALIGNMENT))
            raw = buffer.raw()
            offsets.append((file.tell(), raw.nbytes))
            file.write(raw)
    return tuple(offsets)


def _mapped(path: Path, offsets: tuple[tuple[int, int], ...]) -> list[memoryview]:
    if path.stat().st_size == 0:  # nothing but empty arrays, and an empty file can't be mapped
        return [memoryview(b"") for _ in offsets]
    with path.open("rb") as file:
        view = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    return [view[begin : begin + length] for begin, length in offsets]
