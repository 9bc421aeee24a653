"""Tables in memory: frames of any library, arrays and small sparse matrices."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import scipy.sparse

from automl.data.sources.dialects import refuse_twice
from automl.errors import DataError

_MAX_DENSE_CELLS = 50_000_000


def from_memory(source: Any) -> pd.DataFrame:
    """Return what an object holds as a frame with string names; a DataFrame is copied shallowly.

    Raises
    ------
    DataError
        If it holds no table, or one without rows or columns.
    """
    if isinstance(source, pd.DataFrame):
        return named(source.copy(deep=False), "the table")
    if isinstance(source, pd.Series):
        return named(source.to_frame(), "the table")
    if isinstance(source, np.ndarray):
        return named(_from_array(source), "the array")
    if scipy.sparse.issparse(source):
        return named(_from_array(_dense(source)), "the matrix")
    if hasattr(source, "to_pandas"):  # polars, Arrow
        return named(pd.DataFrame(source.to_pandas()), "the table")
    if hasattr(source, "__arrow_c_stream__"):  # anything else that hands Arrow data over
        return named(pa.table(source).to_pandas(), "the table")
    lazy = " Call its collect() first." if hasattr(source, "collect") else ""
    raise DataError(
        f"A table can't be read from {type(source).__name__}; give a DataFrame, an array, a sparse matrix or a path."
        f"{lazy}"
    )


def _dense(matrix: Any) -> np.ndarray[Any, Any]:
    cells = matrix.shape[0] * matrix.shape[1]
    if cells > _MAX_DENSE_CELLS:
        raise DataError(
            f"The sparse matrix has {cells:,} cells; only up to {_MAX_DENSE_CELLS:,} can be made dense. "
            "Reduce its columns first, for example with sklearn.decomposition.TruncatedSVD."
        )
    dense: np.ndarray[Any, Any] = matrix.toarray()
    return dense


def _from_array(array: np.ndarray[Any, Any]) -> pd.DataFrame:
    if array.dtype.names:
        return pd.DataFrame(array)
    if array.ndim not in (1, 2):
        raise DataError(f"The array has {array.ndim} dimensions; give one of shape (n_rows, n_columns).")
    return pd.DataFrame(array.reshape(len(array), -1)).infer_objects()


def named(frame: pd.DataFrame, where: str) -> pd.DataFrame:
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
