"""``read``: one way in for every table, and ``read_in_chunks`` for rows that are only passed through."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from functools import partial
from itertools import chain
from os import PathLike
from typing import Any, NamedTuple

import pandas as pd

from automl.data.reading.database import is_database, query_pieces
from automl.data.reading.dialects import Header
from automl.data.reading.formats import Options, is_chunked, pieces, size_in_memory
from automl.data.reading.gathering import CHUNK_ROWS, Gathered, Stream, gather, memory_for_table
from automl.data.reading.objects import from_memory, named
from automl.data.reading.places import located
from automl.errors import DataError, warn
from automl.values.address import shown
from automl.values.size import format_bytes, parse_bytes

NOTHING_SAID = Options()


class Collected(NamedTuple):
    """A table that was read, and what is to be said about its reading, one sentence each."""

    frame: pd.DataFrame
    notes: tuple[str, ...] = ()


def read(
    source: Any,
    *,
    separator: str | None = None,
    encoding: str | None = None,
    decimal: str | None = None,
    header: Header = "auto",
    sheet: str | int = 0,
    query: str | None = None,
    memory: float | str | None = None,
    n_rows: int | None = None,
) -> pd.DataFrame:
    """Return the table as a DataFrame with string column names.

    Parameters
    ----------
    source
        A DataFrame (returned as a shallow copy), anything with ``to_pandas`` or an Arrow stream (polars, Arrow), a
        NumPy array of shape ``(n_rows,)`` or ``(n_rows, n_columns)`` or a SciPy sparse matrix (columns ``"0"``,
        ``"1"``, …); or the path or URL of a file: ``.csv``, ``.tsv``, ``.txt``, ``.data``, ``.jsonl``, ``.json``,
        ``.arff`` (these also ``.gz``, ``.bz2``, ``.xz``, ``.zst``, ``.zip``), ``.parquet``, ``.feather``, ``.arrow``,
        ``.xlsx``; or a folder or pattern (``"sales/*.csv"``) of such files with the same columns; or, with ``query``,
        a database.
    separator, encoding, decimal
        Of a text file; found from it when not given.
    header
        Whether the first line holds the names: ``True``, ``False`` (columns are ``"0"``, ``"1"``, …) or ``"auto"``.
    sheet
        Of an Excel file, by name or number from 0.
    query
        A SELECT statement, or the name of a table, where ``source`` is the SQLAlchemy URL of a database or the path of
        a SQLite file.
    memory
        Bytes, or a text such as ``"2GB"``, that the table may take; a quarter of what is free when not given. Of a
        larger file or query a uniform sample of the rows is read, always the same one, with a warning.
    n_rows
        Rows to read, from the top; ``None`` for all.

    Raises
    ------
    DataError
        If there is no such file, it holds no table, column names stand more than once, the files of a folder have
        differing columns, a database can't be reached, or an option says nothing about a source of this kind.
    MissingDependency
        If the library for this kind of file, address or database is absent.

    Examples
    --------
    >>> import numpy as np
    >>> read(np.array([[1, 2], [3, 4]])).columns.tolist()
    ['0', '1']
    """
    options = Options(separator, encoding, decimal, header, sheet, query)
    limit = None if memory is None else parse_bytes(memory, "memory")
    collected = collect(source, options, limit=limit, n_rows=n_rows)
    for note in collected.notes:
        warn(note)
    return collected.frame


def collect(
    source: Any, options: Options = NOTHING_SAID, *, limit: int | None = None, n_rows: int | None = None
) -> Collected:
    """Return the table of a source, as :func:`read` does, and what is to be said about it; nothing is warned of.

    Parameters
    ----------
    limit
        Bytes that it may take; a share of what is free when not given.
    """
    if not isinstance(source, str | PathLike):
        options.refuse_unused((), f"a {type(source).__name__}")
        frame = from_memory(source)
        return Collected(frame if n_rows is None else frame.head(n_rows))
    limit = memory_for_table() if limit is None else limit
    if _asks_database(source, options):
        stream = Stream(f"the query of {shown(source)!r}", lambda _: _query(source, options, n_rows))
        return _told([stream], limit, stream.where, n_rows)
    with located(source) as (files, where):
        fits = sum(size_in_memory(file, options) for file in files) <= limit
        rows = n_rows if n_rows is not None else None if fits else CHUNK_ROWS
        streams = [
            Stream(file.where, partial(pieces, file, options, rows), spells=file.kind == "text") for file in files
        ]
        return _told(streams, None if fits else limit, where, n_rows)


def _told(streams: Sequence[Stream], limit: int | None, where: str, n_rows: int | None) -> Collected:
    if n_rows is not None:
        return Collected(named(_head(streams, n_rows), where))
    gathered = gather(streams, limit, where)
    frame = named(gathered.frame, where)
    if gathered.n_rows == len(frame):
        return Collected(frame)
    return Collected(frame, (_sampled(gathered, limit or 0, where),))


def _sampled(gathered: Gathered, limit: int, where: str) -> str:
    return (
        f"{where[0].upper()}{where[1:]} has {gathered.n_rows:,} rows, more than {format_bytes(limit)} of memory for "
        f"a table hold: {len(gathered.frame):,} of them are used, drawn with equal chances. automl.read(…, memory=…) "
        "can hold more."
    )


def _head(streams: Sequence[Stream], n_rows: int) -> pd.DataFrame:
    """Return the first rows; what comes behind them is not read."""
    taken: list[pd.DataFrame] = []
    left = n_rows
    for stream in streams:
        found = stream.pieces(())
        while left > 0 and (piece := next(found, None)) is not None:
            taken.append(piece.head(left))
            left -= len(taken[-1])
        found.close()
    return taken[0] if len(taken) == 1 else pd.concat(taken, ignore_index=True)


def read_in_chunks(
    source: str | PathLike[str], *, rows: int = CHUNK_ROWS, as_text: Sequence[str] = (), **options: Any
) -> Iterator[pd.DataFrame]:
    """Yield the table in pieces of at most ``rows`` rows; text, Parquet, ARFF and queries are never held whole.

    Parameters
    ----------
    as_text
        Columns to keep as a text or Parquet file writes them: ``007`` stays ``007``, a whole number with gaps stays
        whole.
    **options
        Those of :func:`read` that say how a source is read: ``separator``, ``encoding``, ``decimal``, ``header``,
        ``sheet``, ``query``.

    Raises
    ------
    DataError
        As :func:`read` does.
    """
    said = Options(**options)
    if _asks_database(source, said):
        for piece in query_pieces(str(source), said.query or "", rows):
            yield named(piece, f"the query of {shown(source)!r}")
        return
    with located(source) as (files, where):
        if all(is_chunked(file, said) for file in files):
            found: Iterator[pd.DataFrame] = chain.from_iterable(pieces(file, said, rows, as_text) for file in files)
        else:
            whole = collect(source, said).frame
            found = (whole.iloc[start : start + rows] for start in range(0, len(whole), rows))
        for piece in found:
            yield named(piece, where)


def _asks_database(source: str | PathLike[str], options: Options) -> bool:
    """Tell whether a source is a database, and refuse one that is asked nothing."""
    if not is_database(source):
        if options.query is not None:
            raise DataError(
                f"query can't be chosen for {shown(source)!r}, which is no database. Leave it out, or give a URL such "
                "as 'sqlite:///shop.db'."
            )
        return False
    if options.query is None:
        raise DataError(
            f"{shown(source)!r} is a database; say which rows with query=, a SELECT statement or the name of a table."
        )
    Options(query=None, **{name: getattr(options, name) for name in _OF_FILES}).refuse_unused((), "a database")
    return True


_OF_FILES = ("separator", "encoding", "decimal", "header", "sheet")


def _query(source: Any, options: Options, n_rows: int | None) -> Generator[pd.DataFrame]:
    return query_pieces(str(source), options.query or "", min(n_rows or CHUNK_ROWS, CHUNK_ROWS))
