"""Tables in text files.

Only an empty field is a missing value here: whether ``NA``, ``?`` or ``-`` mean that as well depends on the column, and
is found by :mod:`automl.data.columns`. What the caller doesn't say about the file is found by
:mod:`automl.data.sources.dialects`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from automl.data.sources.dialects import Dialect, Header, detect_dialect, undecodable
from automl.data.sources.packing import opened
from automl.errors import DataError


def read_delimited(
    source: Path,
    suffix: str,
    where: str,
    *,
    separator: str | None = None,
    encoding: str | None = None,
    decimal: str | None = None,
    header: Header = "auto",
    n_rows: int | None = None,
    chunk_rows: int | None = None,
    as_text: Sequence[str] = (),
) -> Iterator[pd.DataFrame]:
    """Yield the table, whole or in chunks of ``chunk_rows`` rows; the columns ``as_text`` as they are written.

    Raises
    ------
    DataError
        If the file is empty, can't be decoded, its lines have different numbers of fields or names stand twice.
    """
    dialect = detect_dialect(source, suffix, where, separator, encoding, decimal, header)
    try:
        with opened(source, suffix, where) as stream:
            read: Any = pd.read_csv(
                stream,
                sep=dialect.separator,
                encoding=dialect.encoding,
                decimal=dialect.decimal,
                thousands=dialect.thousands,
                header=0 if dialect.has_header else None,
                names=list(dialect.names),
                index_col=False,
                skipinitialspace=dialect.has_blank_after_separator,
                keep_default_na=False,
                na_values=[""],
                low_memory=False,
                dtype=dict.fromkeys(as_text, "str"),
                nrows=n_rows,
                chunksize=chunk_rows,
            )
            yield from [read] if chunk_rows is None else read
    except pd.errors.ParserError as error:
        raise DataError(_ragged(where, dialect, str(error))) from error
    except UnicodeDecodeError as error:
        raise DataError(undecodable(where, dialect.encoding, error)) from error


def _ragged(where: str, dialect: Dialect, message: str) -> str:
    found = re.search(r"Expected (\d+) fields in line (\d+), saw (\d+)", message)
    if found is None:
        return f"{where} can't be read as a table ({' '.join(message.split())}); check it for an open quotation mark."
    wanted, line, saw = found.groups()
    return (
        f"{where} has {saw} fields in line {line} where {wanted} were expected (separator {dialect.separator!r}); "
        "mend the line, or name the separator."
    )
