"""From a path, a pattern, a folder or an address to the files that hold the table.

A folder, or a pattern such as ``sales/2024-*.csv``, is one table in several files, in the order of their names. Folders
named ``year=2024`` inside it give the column ``year``. Names that begin with a dot or an underscore are passed over.
"""

from __future__ import annotations

import difflib
import re
import tempfile
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import takewhile
from os import PathLike
from pathlib import Path

from automl.data.sources.packing import COMPRESSED, packing_of
from automl.data.sources.remote import download
from automl.errors import DataError
from automl.values.address import shown

TEXT = (".csv", ".tsv", ".txt", ".tab", ".data", ".dat", "")
PARQUET = (".parquet", ".pq")
ARROW = (".feather", ".arrow", ".ipc")
JSON = (".jsonl", ".ndjson", ".json")
EXCEL = (".xlsx", ".xlsm")
ARFF = (".arff",)
KINDS: Mapping[str, tuple[str, ...]] = {
    "text": TEXT,
    "Parquet": PARQUET,
    "Arrow": ARROW,
    "JSON": JSON,
    "Excel": EXCEL,
    "ARFF": ARFF,
}
_PATTERN = re.compile(r"[*?\[]")
_PART = re.compile(r"([^=]+)=(.*)")


@dataclass(frozen=True, slots=True)
class TableFile:
    """A file that holds a table, or a part of one.

    Attributes
    ----------
    where
        Its name as messages show it, in quotation marks.
    suffix, packing
        The ending that tells its kind, and the one that tells its compression or ``""``.
    parts
        Columns that the folders around it tell.
    """

    path: Path
    where: str
    suffix: str
    packing: str
    parts: Mapping[str, str] = field(default_factory=dict)

    @property
    def kind(self) -> str | None:
        """What kind of file this is, ``None`` for an unknown ending."""
        return next((kind for kind, endings in KINDS.items() if self.suffix in endings), None)


@contextmanager
def located(source: str | PathLike[str]) -> Iterator[tuple[list[TableFile], str]]:
    """Yield the files of a source, and its name for messages; downloads are removed afterwards.

    Raises
    ------
    DataError
        If there is no such file, or a folder holds none or several kinds.
    MissingDependency
        If a library for this kind of address is absent.
    """
    address = str(source)
    url = urllib.parse.urlsplit(address)
    if url.scheme == "file":
        address = urllib.request.url2pathname(url.path)
    elif "://" in address:
        with tempfile.TemporaryDirectory(prefix="automl-") as folder:
            copies = download(address, Path(folder))
            yield _checked([_file(path, name) for path, name in copies], shown(address)), repr(shown(address))
        return
    path = Path(address).expanduser()
    yield _checked(_local(path), str(path)), repr(str(path))


def _local(path: Path) -> list[TableFile]:
    if path.is_dir():
        found = sorted(each for each in path.rglob("*") if _is_table(each, path))
        if not found:
            raise DataError(f"The folder {str(path)!r} holds no table; give the path of a file.")
        return [_file(each, str(each), _parts(each, path)) for each in found]
    if path.exists():
        return [_file(path, str(path))]
    if _PATTERN.search(str(path)):
        found = sorted(each for each in _matching(path) if each.is_file())
        if not found:
            raise DataError(f"No file matches {str(path)!r}; check the pattern.")
        return [_file(each, str(each), _parts(each, Path())) for each in found]
    raise DataError(f"There is no file {str(path)!r}. {_closest(path)}")


def _matching(path: Path) -> Iterator[Path]:
    """Yield what a pattern matches; ``**`` stands for any folders."""
    plain = len(list(takewhile(lambda part: not _PATTERN.search(part), path.parts)))
    return Path(*path.parts[:plain]).glob(str(Path(*path.parts[plain:])))


def _is_table(path: Path, folder: Path) -> bool:
    names = path.relative_to(folder).parts
    if any(name.startswith((".", "_")) for name in names) or not path.is_file():
        return False
    suffix, _ = _endings(path.name)
    return suffix != "" and any(suffix in endings for endings in KINDS.values())


def _parts(path: Path, folder: Path) -> dict[str, str]:
    names = (path.relative_to(folder) if path.is_relative_to(folder) else path).parts[:-1]
    return {found[1]: urllib.parse.unquote(found[2]) for name in names if (found := _PART.fullmatch(name))}


def _file(path: Path, name: str, parts: Mapping[str, str] | None = None) -> TableFile:
    if path.is_file() and path.stat().st_size == 0:
        raise DataError(f"{name!r} is empty; give a table with a line of names and at least one row.")
    suffix, packing = _endings(Path(name).name)
    if not packing and suffix in (*TEXT, *JSON, *ARFF):  # compressed without saying so in its name
        packing = packing_of(path, repr(name))
    return TableFile(path, repr(name), suffix, packing, parts or {})


def _endings(name: str) -> tuple[str, str]:
    endings = [each.lower() for each in Path(name).suffixes]
    packing = endings.pop() if endings and endings[-1] in COMPRESSED else ""
    return (endings[-1] if endings else ""), packing


def _checked(files: list[TableFile], where: str) -> list[TableFile]:
    """Refuse files of several kinds: they are hardly one table."""
    kinds = list(dict.fromkeys(each.kind or "unknown" for each in files))
    if len(kinds) > 1:
        folder = where if not _PATTERN.search(where) else where.rpartition("/")[0]
        pattern = f"{folder.rstrip('/')}/*{files[0].suffix}{files[0].packing}"
        raise DataError(
            f"{where!r} holds {' and '.join(kinds)} files; name those that make one table, such as {pattern!r}."
        )
    return files


def _closest(path: Path) -> str:
    folder = path.parent
    if not folder.is_dir():
        return f"There is no folder {str(folder)!r} either; check the path."
    close = difflib.get_close_matches(path.name, [each.name for each in folder.iterdir() if each.is_file()], n=1)
    return f"Did you mean {str(folder / close[0])!r}?" if close else "Check the path."
