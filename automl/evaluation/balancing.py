"""Rare labels in the training rows of a fold: weighed up, or joined by synthetic rows.

Both happen after the preparation and on training rows alone: the rows that a fold validates are never added to and
are scored as they are. Where a model watches a loss on them to stop early, they carry the weights that make that loss
the one it trains, else it would stop as soon as it begins to heed the rare labels.

Synthetic rows are made by SMOTE (Chawla et al. 2002, "SMOTE: synthetic minority over-sampling technique") as
imbalanced-learn has it: a point between a rare row and one of its neighbours of the same label. Columns of codes and
columns of two values take the neighbours' most frequent value instead (SMOTE-NC).
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from automl.errors import MissingDependency
from automl.values.algorithm import Balance, FloatArray, Rows

NEIGHBOURS = 5
_UNKNOWN = -1.0


def balanced(
    train: Rows, valid: Rows | None, how: Balance, codes: Sequence[int], seed: int
) -> tuple[Rows, Rows | None]:
    """Return training rows in which every label counts the same, and the validation rows to watch meanwhile.

    Parameters
    ----------
    train, valid
        Prepared rows with labels 0..K-1; of ``valid`` nothing but the weights is ever changed.
    how
        As in :class:`automl.values.algorithm.Needs`.
    codes
        Columns that hold category codes.
    seed
        Of the synthetic rows.

    Raises
    ------
    MissingDependency
        If synthetic rows are asked for and imbalanced-learn is not installed.

    Examples
    --------
    >>> rows = Rows(np.arange(4.0)[:, None], np.array([0, 0, 0, 1]))
    >>> balanced(rows, None, "weights", (), 0)[0].weight.round(2).tolist()
    [0.67, 0.67, 0.67, 2.0]
    """
    if how == "none":
        return train, valid
    factors = _factors(train)
    watched = None if valid is None else replace(valid, weight=_weighed(valid, factors))
    if how == "weights":
        return replace(train, weight=_weighed(train, factors)), watched
    return _oversampled(train, codes, seed), watched


def _factors(rows: Rows) -> FloatArray:
    """Return for each label what makes its rows count as much as any other label's; 1 for one without rows."""
    mass = np.bincount(rows.y, weights=rows.weight)
    present = mass > 0
    factors: FloatArray = np.ones(len(mass))
    factors[present] = mass.sum() / (present.sum() * mass[present])
    return factors


def _weighed(rows: Rows, factors: FloatArray) -> FloatArray:
    known = np.append(factors, 1.0)  # a label that training lacks keeps its weight
    own: FloatArray = known[np.minimum(rows.y, len(factors))]
    return own if rows.weight is None else own * rows.weight


def _oversampled(rows: Rows, codes: Sequence[int], seed: int) -> Rows:
    """Return the rows, followed by synthetic ones of every label that has fewer than the most frequent.

    No label is brought beyond twice the rows of an even share, so that many labels don't multiply a table.
    """
    counts = np.bincount(rows.y)
    most = min(counts.max(), 2 * len(rows.y) // np.count_nonzero(counts))
    wanted = {int(label): int(most) for label in np.flatnonzero((counts > 1) & (counts < most))}
    if not wanted:
        return rows
    neighbours = min(NEIGHBOURS, min(int(counts[label]) for label in wanted) - 1)
    X = np.asarray(rows.X)
    filled = np.nan_to_num(X, nan=_UNKNOWN) if len(codes) else X  # a code may be unknown, a number is not
    discrete = np.isin(np.arange(X.shape[1]), codes) | _has_two_values(filled)
    spread = np.where(discrete, 1.0, filled.std(axis=0, dtype=np.float64))  # near is near in any unit
    spread[spread == 0] = 1.0
    with warnings.catch_warnings():
        # imbalanced-learn 0.14 measures codes by functions that SciPy 1.18 has begun to retire.
        warnings.filterwarnings("ignore", r"`\w+` is deprecated in favor of `scipy\.spatial", DeprecationWarning)
        grown, y = _sampler(discrete, wanted, neighbours, seed).fit_resample(filled / spread, rows.y)
    made = (np.asarray(grown)[len(X) :] * spread).astype(X.dtype)
    for column in codes:
        made[made[:, column] == _UNKNOWN, column] = np.nan
    weight = None
    if rows.weight is not None:
        means = np.bincount(rows.y, weights=rows.weight) / np.maximum(counts, 1)
        weight = np.concatenate([rows.weight, means[y[len(rows.y) :]]])
    return Rows(np.concatenate([X, made]), y, weight)


def _has_two_values(X: FloatArray) -> npt.NDArray[np.bool_]:
    low, high = X.min(axis=0), X.max(axis=0)
    return np.asarray(((low == X) | (high == X)).all(axis=0))


def _sampler(discrete: npt.NDArray[np.bool_], wanted: dict[int, int], neighbours: int, seed: int) -> Any:
    try:
        from imblearn.over_sampling import SMOTE, SMOTEN, SMOTENC
    except ImportError as error:
        raise MissingDependency(
            "balance='oversample' needs imbalanced-learn; install the extra 'imbalance'."
        ) from error
    options: dict[str, Any] = {"sampling_strategy": wanted, "k_neighbors": neighbours, "random_state": seed}
    if discrete.all():
        return SMOTEN(**options)
    if discrete.any():
        return SMOTENC(np.flatnonzero(discrete).tolist(), **options)
    return SMOTE(**options)
