"""A table that is written a piece at a time and appears under its name only when it is whole."""

from __future__ import annotations

import os
import uuid
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TextIO

import pandas as pd

from automl.errors import PlanError, suggest, telling

if TYPE_CHECKING:
    import pyarrow.parquet as pq

SUFFIXES = (".csv", ".tsv", ".parquet")


class RowFile:
    """A CSV, TSV or Parquet file, by its name, that takes frames of the same columns one after the other.

    Left without an error, the file takes its name and replaces one that was there; otherwise nothing is left behind.

    Raises
    ------
    PlanError
        If the name ends otherwise.
    StorageError
        If it can't be written.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "rows.csv"
    ...     with RowFile(path) as file:
    ...         file.write(pd.DataFrame({"a": [1]}))
    ...         file.write(pd.DataFrame({"a": [2]}))
    ...     path.read_text().split()
    ['a', '1', '2']
    """

    def __init__(self, path: Path) -> None:
        self._suffix = path.suffix.lower()
        if self._suffix not in SUFFIXES:
            raise PlanError(f"Can't tell how to write {path.name!r}. {suggest(self._suffix, SUFFIXES)}")
        self._path = path
        self._unfinished = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.part")
        self._text: CsvRows | None = None
        self._parquet: pq.ParquetWriter | None = None

    def __enter__(self) -> Self:
        """Check that something can be written here before the first rows are worked out."""
        with telling(self._path, "written"):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            if self._suffix == ".parquet":
                self._unfinished.touch()
            else:
                file = self._unfinished.open("w", encoding="utf-8", newline="")
                self._text = CsvRows(file, "\t" if self._suffix == ".tsv" else ",")
        return self

    def write(self, rows: pd.DataFrame) -> None:
        """Append rows; the first ones decide the types of a Parquet file's columns."""
        with telling(self._path, "written"):
            if self._text is not None:
                self._text.write(rows)
            else:
                self._write_parquet(rows)

    def _write_parquet(self, rows: pd.DataFrame) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        schema = None if self._parquet is None else self._parquet.schema
        table = pa.Table.from_pandas(rows, schema=schema, preserve_index=False)
        if self._parquet is None:
            self._parquet = pq.ParquetWriter(self._unfinished, table.schema)
        self._parquet.write_table(table)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give the file its name, or take it away."""
        with telling(self._path, "written"):
            try:
                for open_file in (self._text, self._parquet):
                    if open_file is not None:
                        open_file.close()
                if kind is None:
                    os.replace(self._unfinished, self._path)  # noqa: PTH105  # named so that a test can make it fail
            finally:
                self._unfinished.unlink(missing_ok=True)


class CsvRows:
    """Rows as comma-separated text on an open stream, the header once."""

    def __init__(self, stream: TextIO, separator: str = ",") -> None:
        self._stream = stream
        self._separator = separator
        self._header: Any = True

    def write(self, rows: pd.DataFrame) -> None:
        """Append rows."""
        rows.to_csv(self._stream, sep=self._separator, index=False, header=self._header, lineterminator="\n")
        self._header = False

    def close(self) -> None:
        """Close the stream."""
        self._stream.close()
