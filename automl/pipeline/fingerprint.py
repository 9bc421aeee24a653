"""Short hashes that tell whether a table is the one that a run was made from."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from automl.data.dataset import Dataset
from automl.pipeline.table import TableEncoder


def data_fingerprint(dataset: Dataset, table: TableEncoder, Z: npt.NDArray[Any]) -> str:
    """Return the hash of the columns that models see, and of the weights, as the fitted encoder reads them.

    It is the same on every machine: topics of texts are not, so that the texts themselves are hashed.
    """
    started = 0
    told: list[npt.NDArray[Any]] = [] if dataset.weight is None else [dataset.weight]
    for column, end in zip(dataset.schema.used, table.ends_, strict=True):
        if column.role == "text":
            told.append(pd.util.hash_pandas_object(dataset.X[column.name].astype(str), index=False).to_numpy())
        else:
            told.append(Z[:, started:end])
        started = end
    return digest(*told)


def digest(*arrays: npt.NDArray[Any]) -> str:
    """Return the hash of arrays: of their shapes, types and contents."""
    found = hashlib.blake2b(digest_size=8)
    for array in arrays:
        found.update(str((array.shape, array.dtype)).encode())
        found.update(np.ascontiguousarray(array).data)
    return found.hexdigest()
