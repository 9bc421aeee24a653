"""Some of the training rows, kept with the run, so that it can be explained and sliced without the table.

At most :data:`MOST` rows, drawn by the run's seed, as Parquet. They stay in the run's folder; a saved model file holds
none. What a column can't say in Parquet (a mixture of kinds) is kept as text, which predicts the same.
"""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pyarrow as pa

from automl.errors import StorageError, telling
from automl.storage.folder import RunFolder
from automl.values.algorithm import IntArray

MOST = 20_000
_POSITION = "automl:row"  # the column that tells which row of the training table it is


def keep_rows(folder: RunFolder, X: pd.DataFrame, seed: int) -> None:
    """Keep a sample of the rows ``X``, in their order."""
    positions = np.arange(len(X))
    if len(X) > MOST:
        positions = np.sort(np.random.default_rng(seed).choice(len(X), MOST, replace=False))
    sample = X.iloc[positions].reset_index(drop=True).rename(columns=str)
    sample = sample.assign(**{name: _storable(sample[name]) for name in sample.columns if sample[name].dtype == object})
    data = io.BytesIO()
    sample.assign(**{_POSITION: positions}).to_parquet(data, index=False)
    folder.write_bytes(folder.rows, data.getbuffer())


def kept_rows(folder: RunFolder) -> tuple[IntArray, pd.DataFrame]:
    """Return which training rows were kept, ascending, and the rows themselves with a plain index.

    Raises
    ------
    StorageError
        If an earlier version made the run, which kept none.
    """
    if not folder.rows.exists():
        raise StorageError(
            f"The run in {folder.path} keeps no training rows; an earlier version made it. Give a table."
        )
    with telling(folder.rows, "read"):
        frame = pd.read_parquet(io.BytesIO(folder.read_bytes(folder.rows)))
    return frame.pop(_POSITION).to_numpy(), frame


def _storable(column: pd.Series) -> pd.Series:
    try:
        pa.Array.from_pandas(column)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError):
        return column.astype(str).where(column.notna(), None)
    return column
