"""A model behind a plain matrix that itself wants category columns as integers.

Prepared rows are one float matrix. CatBoost takes categories only as integers or text, so its tables are made here:
one integer column for each category column, with -1 where the level is missing or unseen, floats for the rest.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import BaseEstimator


class IntegerCategories(BaseEstimator):
    """Give ``model`` a table whose category columns are integers.

    Parameters
    ----------
    model
        Any model that takes a table with integer category columns.
    categorical
        Indices of the matrix columns that hold category codes.

    Examples
    --------
    >>> IntegerCategories(model=None, categorical=(0,)).table(np.array([[2.0, 0.5], [np.nan, 1.5]]))
       0    1
    0  2  0.5
    1 -1  1.5
    """

    def __init__(self, model: Any, categorical: tuple[int, ...] = ()) -> None:
        self.model = model
        self.categorical = categorical

    @property
    def classes_(self) -> npt.NDArray[Any]:
        """Labels in the order of the columns of ``predict_proba``."""
        classes: npt.NDArray[Any] = self.model.classes_
        return classes

    def table(self, X: npt.NDArray[Any]) -> Any:
        """Return what the model takes: ``X`` itself without category columns, else a table of typed columns."""
        if not self.categorical:
            return X
        coded = set(self.categorical)
        columns = {
            i: np.nan_to_num(X[:, i], nan=-1.0).astype(np.int32) if i in coded else X[:, i] for i in range(X.shape[1])
        }
        return pd.DataFrame(columns, copy=False)

    def fit(self, X: npt.NDArray[Any], y: npt.NDArray[Any], **options: Any) -> IntegerCategories:
        """Fit the model on the table made of ``X``."""
        self.model.fit(self.table(X), y, **options)
        return self

    def predict(self, X: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return labels or values, ``(n_rows,)``."""
        return np.asarray(self.model.predict(self.table(X))).reshape(len(X))

    def predict_proba(self, X: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return class probabilities, ``(n_rows, n_classes)``."""
        return np.asarray(self.model.predict_proba(self.table(X)))
