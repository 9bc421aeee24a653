"""How far probabilities are from what happens: bins, and the mean gap over them.

The expected calibration error (Naeini et al. 2015) is the mean, weighted by rows, of the gap between the mean
probability of a bin and the share of its rows that have the label. There are ten bins of equally many rows, cut as
:func:`sklearn.calibration.calibration_curve` with ``strategy="quantile"`` cuts them. Of two labels, the second's
probability is judged; of more, the probability of the most probable one ("confidence"). A perfect model has a positive
error on few rows, for shares in bins scatter.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from automl.evaluation.decisions import decide
from automl.values.algorithm import FloatArray, IntArray

BINS = 10


def said_and_came(
    y: npt.NDArray[Any], prediction: FloatArray, label: int | None = None
) -> tuple[FloatArray, npt.NDArray[np.bool_]]:
    """Return each row's judged probability and whether it came true; ``label`` names one label to judge.

    Examples
    --------
    >>> said_and_came(np.array([0]), np.array([[0.1, 0.7, 0.2]]))
    (array([0.7]), array([False]))
    """
    if label is None and prediction.shape[1] > 2:
        decided = decide(prediction)
        return prediction.max(axis=1).astype(float), np.asarray(decided == y)
    k = 1 if label is None else label
    return prediction[:, k].astype(float), np.asarray(y == k)


def bin_of(said: FloatArray, bins: int = BINS) -> IntArray:
    """Return the bin of each probability, 0 to ``bins - 1``; some may stay empty where values repeat."""
    edges = np.percentile(said, np.linspace(0, 100, bins + 1))
    return np.searchsorted(edges[1:-1], said)


def calibration_error(y: npt.NDArray[Any], prediction: FloatArray, weight: FloatArray | None = None) -> float:
    """Return the expected calibration error, from 0 to 1.

    Examples
    --------
    >>> p = np.array([[0.4, 0.6], [0.4, 0.6]])
    >>> round(calibration_error(np.array([1, 0]), p), 6)
    0.1
    """
    said, came = said_and_came(y, prediction)
    gap = came - said if weight is None else weight * (came - said)
    total = len(y) if weight is None else weight.sum()
    return float(np.abs(np.bincount(bin_of(said), gap, BINS)).sum() / total) if total > 0 else float("nan")


def error_by_chance(y: npt.NDArray[Any], prediction: FloatArray, weight: FloatArray | None = None) -> float:
    """Return the calibration error that probabilities which are right exceed on one table in forty of such rows.

    The gap of a bin is taken as normal, with the variance that its probabilities give.

    Examples
    --------
    >>> p = np.full((400, 2), 0.5)
    >>> round(error_by_chance(np.zeros(400, dtype=int), p), 3)
    0.049
    """
    said, _ = said_and_came(y, prediction)
    share = np.full(len(said), 1 / len(said)) if weight is None else weight / weight.sum()
    variance = np.bincount(bin_of(said), share**2 * said * (1 - said), BINS)
    mean = np.sqrt(2 / np.pi) * np.sqrt(variance).sum()
    return float(mean + 1.96 * np.sqrt((1 - 2 / np.pi) * variance.sum()))
