"""Anything that holds a table becomes a pandas DataFrame whose columns have distinct string names.

Frames (pandas, polars, Arrow), NumPy arrays, small SciPy sparse matrices, and files: delimited text, Parquet, Feather,
JSON lines, Excel, told apart by their ending. Nothing is guessed about the values: a DataFrame is not changed, and
texts such as ``NA`` stay as they are (see :mod:`automl.data.columns`).
"""

from __future__ import annotations

import difflib
import io
import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from importlib.util import find_spec
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import scipy.sparse

from automl.data.delimited import read_delimited
from automl.data.dialects import Header, has_header, refuse_twice
from automl.data.packing import COMPRESSED, Source, opened, packing_of
from automl.errors import DataError, MissingDependency

_TEXT = (".csv", ".tsv", ".txt", ".tab", ".data", ".dat", "")
_TABBED = (".tsv", ".tab")
_PARQUET = (".parquet", ".pq")
_ARROW = (".feather", ".arrow", ".ipc")
_JSON = (".jsonl", ".ndjson", ".json")
_EXCEL = (".xlsx", ".xlsm")
_OF_TEXT = frozenset({"separator", "encoding", "decimal", "header"})
_OF_EXCEL = frozenset({"header", "sheet"})
_MAX_DENSE_CELLS = 50_000_000
_WEB = ("http", "https")


def read(
    source: Any,
    *,
    separator: str | None = None,
    encoding: str | None = None,
    decimal: str | None = None,
    header: Header = "auto",
    sheet: str | int = 0,
    n_rows: int | None = None,
) -> pd.DataFrame:
    """Return the table as a DataFrame with string column names.

    Parameters
    ----------
    source
        A DataFrame (returned as a shallow copy), anything with ``to_pandas`` (polars, Arrow), a NumPy array of shape
        ``(n_rows,)`` or ``(n_rows, n_columns)`` or a SciPy sparse matrix (columns ``"0"``, ``"1"``, …), or the path or
        URL of a file: ``.csv``, ``.tsv``, ``.txt``, ``.data`` (also ``.gz``, ``.bz2``, ``.xz``, ``.zst``, ``.zip``),
        ``.parquet``, ``.feather``, ``.arrow``, ``.jsonl``, ``.json``, ``.xlsx``.
    separator, encoding, decimal
        Of a text file; found from it when not given.
    header
        Whether the first line holds the names: ``True``, ``False`` (columns are ``"0"``, ``"1"``, …) or ``"auto"``.
    sheet
        Of an Excel file, by name or number from 0.
    n_rows
        Rows to read, from the top; ``None`` for all.

    Raises
    ------
    DataError
        If there is no such file, it holds no table, column names stand more than once, or an option says nothing
        about a source of this kind.
    MissingDependency
        If the library for this kind of file is absent.

    Examples
    --------
    >>> read(np.array([[1, 2], [3, 4]])).columns.tolist()
    ['0', '1']
    """
    if header not in ("auto", True, False):
        raise DataError(f"header={header!r} is unknown; use True, False or 'auto'.")
    options = {"separator": separator, "encoding": encoding, "decimal": decimal, "header": header}
    if not isinstance(source, str | PathLike):
        _refuse_unused({**options, "sheet": sheet}, frozenset(), f"a {type(source).__name__}")
        frame = _from_memory(source)
        return frame if n_rows is None else frame.head(n_rows)
    place, where = _locate(source)
    suffix, packing = _kind(place, where)
    if suffix in _TEXT or separator is not None:
        if suffix in _TABBED and separator is None:
            options["separator"] = "\t"
        _refuse_unused({"sheet": sheet}, _OF_TEXT, _quoted(where))
        frame = next(read_delimited(place, packing, _quoted(where), n_rows=n_rows, **options))  # type: ignore[arg-type]
    elif suffix in _JSON:
        _refuse_unused({**options, "sheet": sheet}, frozenset(), _quoted(where))
        frame = _read_json(place, packing, _quoted(where))
    elif suffix in _EXCEL and not packing:
        _refuse_unused(options, _OF_EXCEL, _quoted(where))
        frame = _read_excel(place, _quoted(where), sheet, header)
    elif suffix in (*_PARQUET, *_ARROW) and not packing:
        _refuse_unused({**options, "sheet": sheet}, frozenset(), _quoted(where))
        frame = _read_arrow(place, suffix, _quoted(where))
    else:
        known = f"Known: {', '.join((*_TEXT[:-1], *_PARQUET, *_ARROW, *_JSON, *_EXCEL))}."
        ending = suffix + packing
        raise DataError(
            f"{_quoted(where)} has the unknown ending {ending!r}; name the separator if it is text. {known}"
        )
    return _named(frame if n_rows is None else frame.head(n_rows), _quoted(where))


def read_in_chunks(
    source: str | PathLike[str], *, rows: int = 50_000, as_text: Sequence[str] = (), **options: Any
) -> Iterator[pd.DataFrame]:
    """Yield the table in pieces of at most ``rows`` rows; a text or Parquet file is never held whole.

    Parameters
    ----------
    as_text
        Columns to keep as the file writes them: ``007`` stays ``007``, a whole number with gaps stays whole.
    **options
        Those of :func:`read`, but for ``n_rows``.

    Raises
    ------
    DataError
        As :func:`read` does.
    """
    place, where = _locate(source)
    suffix, packing = _kind(place, where)
    if suffix in _TEXT or options.get("separator") is not None:
        if suffix in _TABBED and options.get("separator") is None:
            options["separator"] = "\t"
        _refuse_unused(options, _OF_TEXT, _quoted(where))
        options.pop("sheet", None)
        pieces = read_delimited(place, packing, _quoted(where), chunk_rows=rows, as_text=as_text, **options)
    elif suffix in _PARQUET and not packing:
        _refuse_unused(options, frozenset(), _quoted(where))
        pieces = _parquet_pieces(place, _quoted(where), rows, as_text)
    else:
        frame = read(source, **options)
        pieces = (frame.iloc[start : start + rows] for start in range(0, len(frame), rows))
    for piece in pieces:
        yield _named(piece, _quoted(where))


def _refuse_unused(options: Mapping[str, Any], used: frozenset[str], where: str) -> None:
    """Refuse options that were given and say nothing about this kind of source."""
    given = [name for name, value in options.items() if value is not None and (name, value) not in _LEFT_OUT]
    unused = [name for name in given if name not in used]
    if unused:
        raise DataError(f"{' and '.join(unused)} can't be chosen for {where}, which has no such thing. Leave it out.")


_LEFT_OUT = (("header", "auto"), ("sheet", 0))


def _parquet_pieces(source: Source, where: str, rows: int, as_text: Sequence[str]) -> Iterator[pd.DataFrame]:
    try:
        with pq.ParquetFile(io.BytesIO(source) if isinstance(source, bytes) else source) as file:
            for batch in file.iter_batches(batch_size=rows):
                piece = pa.Table.from_batches([batch]).to_pandas()
                kept = {
                    name: batch.column(name).to_pandas(types_mapper=pd.ArrowDtype) for name in as_text if name in piece
                }
                yield piece.assign(**{name: values.set_axis(piece.index) for name, values in kept.items()})
    except (pa.ArrowException, OSError) as error:
        raise DataError(f"{where} can't be read as Parquet ({error}); check that it is complete.") from error


def _quoted(where: str) -> str:
    return repr(where)


def _from_memory(source: Any) -> pd.DataFrame:
    if isinstance(source, pd.DataFrame):
        return _named(source.copy(deep=False), "the table")
    if isinstance(source, pd.Series):
        return _named(source.to_frame(), "the table")
    if isinstance(source, np.ndarray):
        return _named(_from_array(source), "the array")
    if scipy.sparse.issparse(source):
        cells = source.shape[0] * source.shape[1]
        if cells > _MAX_DENSE_CELLS:
            raise DataError(
                f"The sparse matrix has {cells:,} cells; only up to {_MAX_DENSE_CELLS:,} can be made dense. "
                "Reduce its columns first, for example with sklearn.decomposition.TruncatedSVD."
            )
        return _named(_from_array(source.toarray()), "the matrix")
    if hasattr(source, "to_pandas"):
        return _named(source.to_pandas(), "the table")
    raise DataError(
        f"A table can't be read from {type(source).__name__}; give a DataFrame, an array, a sparse matrix or a path."
    )


def _from_array(array: np.ndarray[Any, Any]) -> pd.DataFrame:
    if array.dtype.names:
        return pd.DataFrame(array)
    if array.ndim not in (1, 2):
        raise DataError(f"The array has {array.ndim} dimensions; give one of shape (n_rows, n_columns).")
    return pd.DataFrame(array.reshape(len(array), -1)).infer_objects()


def _named(frame: pd.DataFrame, where: str) -> pd.DataFrame:
    """Give the columns string names, and refuse an empty table and names that stand twice."""
    if not len(frame.columns):
        raise DataError(f"{_sentence_start(where)} has no columns; give at least one.")
    if not len(frame):
        raise DataError(f"{_sentence_start(where)} has no rows; give at least one.")
    labels: list[Any] = frame.columns.tolist()
    names = ["_".join(map(str, label)) if isinstance(label, tuple) else str(label) for label in labels]
    refuse_twice(names, where)
    frame.columns = pd.Index(names)
    return frame


def _sentence_start(where: str) -> str:
    return where[0].upper() + where[1:]


def _locate(source: str | PathLike[str]) -> tuple[Source, str]:
    """Return the path or, from the web, the bytes; and its name."""
    address = str(source)
    url = urllib.parse.urlparse(address)
    if url.scheme in _WEB:
        return _download(address), address.split("?")[0]
    if url.scheme == "file":
        address = urllib.request.url2pathname(url.path)
    elif "://" in address:
        raise DataError(f"Addresses that begin with {url.scheme}:// can't be read; download {address!r} first.")
    path = Path(address).expanduser()
    if path.is_dir():
        raise DataError(f"{str(path)!r} is a folder; give the path of a file in it.")
    if not path.exists():
        raise DataError(f"There is no file {str(path)!r}. {_closest(path)}")
    if path.stat().st_size == 0 and path.is_file():
        raise DataError(f"{str(path)!r} is empty; give a table with a line of names and at least one row.")
    return path, str(path)


def _closest(path: Path) -> str:
    folder = path.parent
    if not folder.is_dir():
        return f"There is no folder {str(folder)!r} either; check the path."
    close = difflib.get_close_matches(path.name, [each.name for each in folder.iterdir() if each.is_file()], n=1)
    return f"Did you mean {str(folder / close[0])!r}?" if close else "Check the path."


def _download(address: str) -> bytes:
    try:
        with urllib.request.urlopen(address, timeout=60) as answer:  # only http and https get here
            content: bytes = answer.read()
    except (urllib.error.URLError, OSError) as error:
        raise DataError(f"{address!r} can't be downloaded ({error}); check the address.") from error
    return content


def _kind(source: Source, where: str) -> tuple[str, str]:
    """Return the ending that tells the kind of file, and the one that tells its compression or ``""``.

    A text that is compressed without saying so in its name is known by its first bytes.
    """
    endings = [each.lower() for each in Path(where).suffixes]
    packing = endings.pop() if endings and endings[-1] in COMPRESSED else ""
    suffix = endings[-1] if endings else ""
    if not packing and suffix in (*_TEXT, *_JSON):
        packing = packing_of(source, _quoted(where))
    return suffix, packing


def _read_json(source: Source, packing: str, where: str) -> pd.DataFrame:
    with opened(source, packing, where) as stream:
        content = stream.read()
    try:
        text = content.decode("utf-8-sig")
        if text.lstrip().startswith("["):
            records = json.loads(text)
        else:
            records = [json.loads(line) for line in text.splitlines() if line.strip()]
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise DataError(f"{where} is neither JSON lines nor a JSON array of records ({error}).") from error
    if not all(isinstance(record, dict) for record in records):
        raise DataError(f"{where} is no list of records; give one JSON object for each row.")
    return pd.DataFrame.from_records(records)


def _read_arrow(source: Source, suffix: str, where: str) -> pd.DataFrame:
    place: Any = io.BytesIO(source) if isinstance(source, bytes) else source
    try:
        return pd.read_parquet(place) if suffix in _PARQUET else pd.read_feather(place)
    except (pa.ArrowException, OSError) as error:
        kind = "Parquet" if suffix in _PARQUET else "Arrow"
        raise DataError(f"{where} can't be read as {kind} ({error}); check that it is complete.") from error


def _read_excel(source: Source, where: str, sheet: str | int, header: Header) -> pd.DataFrame:
    if find_spec("openpyxl") is None:
        raise MissingDependency(f"Reading {where} needs openpyxl; install the extra 'excel'.")
    with pd.ExcelFile(io.BytesIO(source) if isinstance(source, bytes) else source, engine="openpyxl") as book:
        sheets = [str(name) for name in book.sheet_names]
        if sheet not in sheets and sheet not in range(len(sheets)):
            raise DataError(f"{where} has no sheet {sheet!r}. Its sheets: {', '.join(sheets)}.")
        cells = pd.read_excel(book, sheet_name=sheet, header=None, keep_default_na=False, na_values=[""])
    cells = cells.dropna(how="all").dropna(how="all", axis=1)
    if cells.empty:
        raise DataError(f"{where} is empty in sheet {sheet!r}; give a table with a line of names and at least one row.")
    texts = [["" if pd.isna(cell) else str(cell) for cell in row] for row in cells.head(200).to_numpy(dtype=object)]
    if not (has_header(texts) if header == "auto" else header):
        return cells.set_axis(range(cells.shape[1]), axis=1).reset_index(drop=True).infer_objects()
    names = [name or f"Unnamed: {position}" for position, name in enumerate(texts[0])]
    return cells.iloc[1:].set_axis(names, axis=1).reset_index(drop=True).infer_objects()
