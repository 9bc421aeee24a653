"""``read``: one way in for every table, joined with others where that is asked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from os import PathLike
from typing import Any

import pandas as pd

from automl.data.joining import Joins, join_again, join_tables, load_joined
from automl.data.sources.collecting import NOTHING_SAID, collect, in_chunks
from automl.data.sources.dialects import Header
from automl.data.sources.formats import Options
from automl.errors import warn
from automl.values.join import JoinedTable
from automl.values.size import parse_bytes


@dataclass(frozen=True, slots=True)
class Table:
    """A training table as it was read: its rows, what was joined, and what is to be said, one sentence each."""

    frame: pd.DataFrame
    joins: tuple[JoinedTable, ...] = ()
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
    join: Joins | None = None,
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
    join
        Other tables whose columns are added: a key's column or columns, or a :class:`automl.Join`, by the path or
        address of each. A table with one row for a key is looked up (``customers.city``), one with several is
        aggregated (``orders (rows)``, ``orders.paid (mean)``); rows are never multiplied. ``run.plan.joins`` does what
        was done for the training table.
    memory
        Bytes, or a text such as ``"2GB"``, that the table may take; a quarter of what is free when not given. Of a
        larger file or query a uniform sample of the rows is read, always the same one, with a warning.
    n_rows
        Rows to read, from the top; ``None`` for all.

    Raises
    ------
    DataError
        If there is no such file, it holds no table, column names stand more than once, the files of a folder have
        differing columns, a database can't be reached, a key stated to be unique is not, or an option says nothing
        about a source of this kind.
    PlanError
        If a column to join by doesn't exist, or ``memory`` is no amount.
    MissingDependency
        If the library for this kind of file, address or database is absent.

    Examples
    --------
    >>> import numpy as np
    >>> read(np.array([[1, 2], [3, 4]])).columns.tolist()
    ['0', '1']
    """
    options = Options(separator, encoding, decimal, header, sheet, query)
    table = read_joined(
        source, options, join, limit=None if memory is None else parse_bytes(memory, "memory"), n_rows=n_rows
    )
    for note in table.notes:
        warn(note)
    return table.frame


def read_joined(
    source: Any,
    options: Options = NOTHING_SAID,
    join: Joins | None = None,
    *,
    limit: int | None = None,
    n_rows: int | None = None,
) -> Table:
    """Return what :func:`read` returns, with what was joined and what is to be said; nothing is warned of."""
    collected = collect(source, options, limit=limit, n_rows=n_rows)
    if not join:
        return Table(collected.frame, (), collected.notes)
    frame, joins, notes = join_tables(collected.frame, join)
    return Table(frame, joins, (*collected.notes, *notes))


def read_new(source: Any, joins: Sequence[JoinedTable]) -> pd.DataFrame:
    """Return new rows with the columns that joins gave the training table, unless they have them already.

    Raises
    ------
    DataError
        As :func:`read` does, and if a joined table is not where it was.
    """
    frame = read(source)
    return join_again(frame, joins)


def read_in_chunks(
    source: str | PathLike[str],
    *,
    rows: int = 50_000,
    as_text: Sequence[str] = (),
    joins: Sequence[JoinedTable] = (),
    **options: Any,
) -> Iterator[pd.DataFrame]:
    """Yield the table in pieces of at most ``rows`` rows; text, Parquet, ARFF and queries are never held whole.

    Parameters
    ----------
    as_text
        Columns to keep as a text or Parquet file writes them: ``007`` stays ``007``, a whole number with gaps stays
        whole.
    joins
        What was joined to the training table; each table is read once.
    **options
        Those of :func:`read` that say how a source is read: ``separator``, ``encoding``, ``decimal``, ``header``,
        ``sheet``, ``query``.

    Raises
    ------
    DataError
        As :func:`read` does.
    """
    others = [load_joined(each) for each in joins]
    for piece in in_chunks(source, rows=rows, as_text=as_text, **options):
        yield join_again(piece, others)
