"""Files as bytes, whatever they are compressed with."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import pyarrow as pa

from automl.errors import DataError

COMPRESSED = (".gz", ".bz2", ".xz", ".zst", ".zip")
_FIRST_BYTES = (
    (re.compile(rb"\x1f\x8b\x08"), ".gz"),
    (re.compile(rb"BZh[1-9]1AY"), ".bz2"),
    (re.compile(rb"\xfd7zXZ\x00"), ".xz"),
    (re.compile(rb"\x28\xb5\x2f\xfd"), ".zst"),
    (re.compile(rb"PK\x03\x04"), ".zip"),
)


def packing_of(source: Path, where: str) -> str:
    """Return the ending that a file's first bytes ask for, ``""`` for one that isn't compressed."""
    with opened(source, "", where) as stream:
        head = stream.read(8)
    return next((suffix for first, suffix in _FIRST_BYTES if first.match(head)), "")


@contextmanager
def opened(source: Path, suffix: str, where: str) -> Iterator[IO[bytes]]:
    """Open a file, undoing the compression that ``suffix`` tells.

    Raises
    ------
    DataError
        If the content isn't compressed that way, or a zip archive holds more than one file.
    """
    try:
        with _decompressed(source, suffix, where) as stream:
            yield stream
    except PermissionError as error:
        raise DataError(f"{where} can't be opened: you have no permission to read it.") from error
    except (zlib.error, lzma.LZMAError, zipfile.BadZipFile, EOFError, OSError) as error:
        if suffix not in COMPRESSED:
            raise
        raise DataError(f"{where} can't be unpacked as {suffix} ({error}); check that it is complete.") from error


def _decompressed(source: Path, suffix: str, where: str) -> Any:
    if suffix == ".gz":
        return gzip.open(source)
    if suffix == ".bz2":
        return bz2.open(source)
    if suffix == ".xz":
        return lzma.open(source)
    if suffix == ".zst":
        return io.BufferedReader(pa.CompressedInputStream(str(source), "zstd"))
    if suffix == ".zip":
        archive = zipfile.ZipFile(source)
        members = [each for each in archive.namelist() if not each.endswith("/") and not each.startswith("__MACOSX")]
        if len(members) != 1:
            raise DataError(f"{where} holds {len(members)} files ({', '.join(members[:5])}); unpack it and give one.")
        return archive.open(members[0])
    return source.open("rb")
