"""Every source as one table, or as a stream of pieces for rows that are only passed through."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from functools import partial
from itertools import chain
from os import PathLike
from typing import Any, NamedTuple

import pandas as pd

from automl.data.sources.database import is_database, query_pieces
from automl.data.sources.formats import Options, is_chunked, pieces, size_in_memory
from automl.data.sources.gathering import CHUNK_ROWS, Gathered, Stream, gather, memory_for_table
from automl.data.sources.objects import from_memory, named
from automl.data.sources.places import located
from automl.errors import DataError
from automl.values.address import shown
from automl.values.size import format_bytes

NOTHING_SAID = Options()


class Collected(NamedTuple):
    """A table that was read, what is to be said about that, and whether rows were left out for want of memory."""

    frame: pd.DataFrame
    notes: tuple[str, ...] = ()
    is_sample: bool = False


def collect(
    source: Any, options: Options = NOTHING_SAID, *, limit: int | None = None, n_rows: int | None = None
) -> Collected:
    """Return the table of a source, as :func:`automl.read` does, and what is to be said of it; nothing is warned of.

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
    return Collected(frame, (_sampled(gathered, limit or 0, where),), is_sample=True)


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


def in_chunks(
    source: str | PathLike[str], *, rows: int = CHUNK_ROWS, as_text: Sequence[str] = (), **options: Any
) -> Iterator[pd.DataFrame]:
    """Yield the table in pieces of at most ``rows`` rows; text, Parquet, ARFF and queries are never held whole.

    Parameters
    ----------
    as_text
        Columns to keep as a text or Parquet file writes them: ``007`` stays ``007``, a whole number with gaps stays
        whole.
    **options
        Those of :func:`automl.read` that say how a source is read: ``separator``, ``encoding``, ``decimal``,
        ``header``, ``sheet``, ``query``.

    Raises
    ------
    DataError
        As :func:`automl.read` does.
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
