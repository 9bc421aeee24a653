"""Parquet and Arrow (Feather) files, whole or one group of rows after the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from automl.errors import DataError

_GROWTH = 3  # bytes in memory for a byte of Parquet without its compression
_CELL = 9  # bytes of a cell in memory, at least


def parquet_pieces(path: Path, where: str, rows: int | None, as_text: Sequence[str] = ()) -> Iterator[pd.DataFrame]:
    """Yield a Parquet file whole (``rows=None``) or in pieces; the columns ``as_text`` as the file holds them.

    Raises
    ------
    DataError
        If it is damaged or no Parquet file.
    """
    with _telling(where, "Parquet"):
        if rows is None:
            yield pd.read_parquet(path)
            return
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=rows):
                piece = pa.Table.from_batches([batch]).to_pandas()
                kept = {
                    name: batch.column(name).to_pandas(types_mapper=pd.ArrowDtype) for name in as_text if name in piece
                }
                yield piece.assign(**{name: values.set_axis(piece.index) for name, values in kept.items()})


def arrow_pieces(path: Path, where: str, rows: int | None) -> Iterator[pd.DataFrame]:
    """Yield an Arrow (Feather) file whole (``rows=None``) or batch by batch, as it was written.

    Raises
    ------
    DataError
        If it is damaged or no Arrow file.
    """
    with _telling(where, "Arrow"):
        if rows is None:
            yield pd.read_feather(path)
            return
        with pa.memory_map(str(path)) as mapped, pa.ipc.open_file(mapped) as file:
            for number in range(file.num_record_batches):
                yield pa.Table.from_batches([file.get_batch(number)]).to_pandas()


def parquet_size(path: Path, where: str) -> int:
    """Return about how many bytes a Parquet file takes in memory, by what it says of itself."""
    with _telling(where, "Parquet"), pq.ParquetFile(path) as file:
        told = file.metadata
        packed: int = sum(told.row_group(number).total_byte_size for number in range(told.num_row_groups))
        return max(_GROWTH * packed, _CELL * int(told.num_rows) * int(told.num_columns))


@contextmanager
def _telling(where: str, kind: str) -> Iterator[None]:
    try:
        yield
    except (pa.ArrowException, OSError) as error:
        raise DataError(f"{where} can't be read as {kind} ({error}); check that it is complete.") from error
