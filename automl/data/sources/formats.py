"""How each kind of file is read: in pieces or whole, and with which of the caller's options."""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterator, Mapping
from dataclasses import asdict, dataclass

import pandas as pd

from automl.data.sources.arff import arff_pieces
from automl.data.sources.columnar import arrow_pieces, parquet_pieces, parquet_size
from automl.data.sources.delimited import read_delimited
from automl.data.sources.dialects import Header
from automl.data.sources.excel import read_excel
from automl.data.sources.places import ARFF, ARROW, EXCEL, JSON, PARQUET, TEXT, TableFile
from automl.data.sources.records import json_pieces
from automl.errors import DataError

_TABBED = (".tsv", ".tab")
_USED: Mapping[str, frozenset[str]] = {
    "text": frozenset({"separator", "encoding", "decimal", "header"}),
    "Excel": frozenset({"header", "sheet"}),
}
_PACKED = ("text", "JSON", "ARFF")
_CHUNKED = ("text", "Parquet", "ARFF")
_GROWTH = 3  # bytes in memory for a byte of text
_UNPACKED = 12  # and for one of compressed text
_ARROW_GROWTH = 4


@dataclass(frozen=True, slots=True)
class Options:
    """What the caller says about a file; the defaults say nothing.

    Raises
    ------
    DataError
        If ``header`` is none of its values.
    """

    separator: str | None = None
    encoding: str | None = None
    decimal: str | None = None
    header: Header = "auto"
    sheet: str | int = 0
    query: str | None = None

    def __post_init__(self) -> None:
        """Check what can be checked without the file."""
        if self.header not in ("auto", True, False):
            raise DataError(f"header={self.header!r} is unknown; use True, False or 'auto'.")

    def refuse_unused(self, used: Collection[str], where: str) -> None:
        """Refuse options that were given and say nothing about this kind of source."""
        plain = asdict(Options())
        unused = [name for name, value in asdict(self).items() if value is not None and value != plain[name]]
        unused = [name for name in unused if name not in used]
        if unused:
            raise DataError(
                f"{' and '.join(unused)} can't be chosen for {where}, which has no such thing. Leave it out."
            )


def kind_of(file: TableFile, options: Options) -> str:
    """Return the kind of a file after checking that it can be read with these options.

    Raises
    ------
    DataError
        If its ending is unknown, or an option says nothing about it.
    """
    kind = "text" if options.separator is not None else file.kind
    if kind is None or (file.packing and kind not in _PACKED):
        known = f"Known: {', '.join((*TEXT[:-1], *PARQUET, *ARROW, *JSON, *EXCEL, *ARFF))}."
        ending = file.suffix + file.packing
        raise DataError(f"{file.where} has the unknown ending {ending!r}; name the separator if it is text. {known}")
    options.refuse_unused(_USED.get(kind, frozenset()), file.where)
    return kind


def is_chunked(file: TableFile, options: Options) -> bool:
    """Tell whether the file's pieces have all of its columns, so that it need not be read whole."""
    return kind_of(file, options) in _CHUNKED


def size_in_memory(file: TableFile, options: Options) -> int:
    """Return about how many bytes the file's table takes in memory; rather more than less."""
    kind = kind_of(file, options)
    if kind == "Parquet":
        return parquet_size(file.path, file.where)
    growth = _ARROW_GROWTH if kind == "Arrow" else _UNPACKED if file.packing else _GROWTH
    return growth * file.path.stat().st_size


def pieces(
    file: TableFile, options: Options, rows: int | None, as_text: Collection[str] = ()
) -> Generator[pd.DataFrame]:
    """Yield the file's table whole (``rows=None``) or in pieces of about ``rows`` rows.

    Parameters
    ----------
    as_text
        Columns to keep as the file writes them, where that can differ.

    Raises
    ------
    DataError
        If the file can't be read.
    MissingDependency
        If the library for this kind of file is absent.
    """
    for piece in _pieces(file, kind_of(file, options), options, rows, list(as_text)):
        yield piece.assign(**file.parts) if file.parts else piece


def _pieces(
    file: TableFile, kind: str, options: Options, rows: int | None, as_text: list[str]
) -> Iterator[pd.DataFrame]:
    if kind == "text":
        tabbed = file.suffix in _TABBED and options.separator is None
        return read_delimited(
            file.path,
            file.packing,
            file.where,
            separator="\t" if tabbed else options.separator,
            encoding=options.encoding,
            decimal=options.decimal,
            header=options.header,
            chunk_rows=rows,
            as_text=as_text,
        )
    if kind == "Parquet":
        return parquet_pieces(file.path, file.where, rows, as_text)
    if kind == "Arrow":
        return arrow_pieces(file.path, file.where, rows)
    if kind == "JSON":
        return json_pieces(file.path, file.packing, file.where, rows)
    if kind == "ARFF":
        return arff_pieces(file.path, file.packing, file.where, rows)
    return iter([read_excel(file.path, file.where, options.sheet, options.header)])
