"""Whatever a caller holds rows in, made a DataFrame with the columns that a fitted pipeline knows.

Rows at prediction time come as a DataFrame with columns in another order, as a record from a web request, as a NumPy
array without names. This file says what is accepted, which columns are meant, and what is wrong if one is absent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from automl.errors import DataError, warn

SHOWN = 10  # names in a message


def as_frame(X: Any, names: Sequence[str]) -> pd.DataFrame:
    """Return rows as a DataFrame, without copying one that is a DataFrame already.

    Parameters
    ----------
    X
        A DataFrame; anything that can be made one by ``to_pandas()``; a record or a list of records (``dict``); a
        dict of columns; or an array ``(n_rows, len(names))`` with the columns in training order.
    names
        Names of the training columns, in order.

    Raises
    ------
    DataError
        If it is none of these, or an array of another width.

    Examples
    --------
    >>> as_frame({"age": 30, "sex": "f"}, ["age", "sex"]).shape
    (1, 2)
    """
    if isinstance(X, pd.DataFrame):
        return X
    if isinstance(X, pd.Series):  # one row, as ``frame.iloc[0]`` gives it
        return pd.DataFrame([X.to_dict()], index=[X.name])
    if isinstance(X, Mapping):
        are_columns = any(isinstance(each, list | tuple | np.ndarray | pd.Series) for each in X.values())
        return pd.DataFrame(dict(X) if are_columns else [dict(X)])
    if hasattr(X, "to_pandas"):
        return as_frame(X.to_pandas(), names)
    if isinstance(X, list | tuple) and X and all(isinstance(each, Mapping) for each in X):
        return pd.DataFrame([dict(each) for each in X])
    array = X if isinstance(X, np.ndarray) else _array(X)
    if array.ndim != 2:
        raise DataError(
            f"Rows came as a {type(X).__name__} of shape {array.shape}. Reshape your data: give a DataFrame, or a 2-D "
            "array with one row for each prediction."
        )
    if array.shape[1] != len(names):
        raise DataError(
            f"X has {array.shape[1]} features, but TableEncoder is expecting {len(names)} features as input: "
            f"{_listed(names)}. Give these columns in this order, or a DataFrame that names them."
        )
    return pd.DataFrame(array, columns=list(names), copy=False)


def _array(X: Any) -> np.ndarray[Any, Any]:
    if not isinstance(X, list | tuple) and not hasattr(X, "__array__"):
        raise DataError(f"Rows came as a {type(X).__name__}; give a DataFrame, a record (dict) or a 2-D array.")
    return np.asarray(X)


def places(frame: pd.DataFrame, needed: Sequence[str], known: frozenset[str]) -> list[int]:
    """Return where the needed columns stand in ``frame``; warn once of columns that nothing is known about.

    Raises
    ------
    DataError
        If needed columns are absent or stand twice.
    """
    names = frame.columns.tolist()
    place = {str(name): i for i, name in enumerate(names)}
    try:
        found = [place[name] for name in needed]
    except KeyError:
        absent = [name for name in needed if name not in place]
        raise DataError(
            f"The rows lack {len(absent)} of the columns that the model was trained on: {_listed(absent)}. "
            "Add them (empty where nothing is known)."
        ) from None
    if len(place) < len(names):
        texts = [str(name) for name in names]
        twice = [name for name in needed if texts.count(name) > 1]
        if twice:
            raise DataError(f"Column names stand more than once: {_listed(twice)}. Rename or drop the copies.")
    if len(names) > len(needed):
        extra = [name for name in place if name not in known]
        if extra:
            warn(f"Columns that the model was not trained on are ignored: {_listed(extra)}.")
    return found


def _listed(names: Sequence[str]) -> str:
    rest = len(names) - SHOWN
    return ", ".join(map(repr, names[:SHOWN])) + (f" and {rest} more" if rest > 0 else "")
