"""Scores of class probabilities: areas under curves, log loss, Brier score.

The areas need one sort per class and no curve. For several classes they are means over those that occur in the rows
at hand, so that a validation fold without a rare label has a score; where no class can be told from another (one
class only, or for average precision no positive row) they are NaN: undefined.
"""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt

from automl.evaluation.weighting import weighted_mean

FloatArray = npt.NDArray[np.floating[Any]]
BoolArray = npt.NDArray[np.bool_]


def _by_threshold(
    is_positive: BoolArray, score: FloatArray, weight: FloatArray | None
) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """Return weights of positive and of negative rows at or below each distinct score, in ascending order."""
    order = np.argsort(score)
    ordered = score[order]
    ends = np.append(np.flatnonzero(ordered[1:] != ordered[:-1]), len(ordered) - 1)
    if weight is None:
        positive = np.cumsum(is_positive[order])[ends].astype(float)
        return positive, ends + 1 - positive
    positive = np.where(is_positive, weight, 0.0)
    return np.cumsum(positive[order])[ends], np.cumsum((weight - positive)[order])[ends]


def _area_under_roc(is_positive: BoolArray, score: FloatArray, weight: FloatArray | None) -> float:
    """Return the chance that a positive row scores above a negative one, ties counting half."""
    if not len(score):
        return float("nan")
    positive, negative = _by_threshold(is_positive, score, weight)
    pairs = positive[-1] * negative[-1]
    if not pairs > 0:
        return float("nan")
    below = np.append(0.0, negative[:-1])
    return float(np.diff(positive, prepend=0.0) @ ((below + negative) / 2) / pairs)


def _average_precision(is_positive: BoolArray, score: FloatArray, weight: FloatArray | None) -> float:
    if not len(score):
        return float("nan")
    positive, negative = _by_threshold(is_positive, score, weight)
    if not positive[-1] > 0:
        return float("nan")
    # At or above a threshold: everything but what lies below it.
    right = positive[-1] - np.append(0.0, positive[:-1])
    wrong = negative[-1] - np.append(0.0, negative[:-1])
    share = np.divide(right, right + wrong, out=np.zeros_like(right), where=right > 0)
    return float(np.diff(positive, prepend=0.0) @ share / positive[-1])


def _mean_of_defined(scores: list[float]) -> float:
    defined = [score for score in scores if not np.isnan(score)]
    return float(np.mean(defined)) if defined else float("nan")


def roc_auc(y: npt.NDArray[Any], prediction: FloatArray, weight: FloatArray | None = None) -> float:
    """Return the area under the ROC curve; for several classes the mean of each against the rest that occurs."""
    if prediction.shape[1] == 2:
        return _area_under_roc(y == 1, prediction[:, 1], weight)
    return _mean_of_defined([_area_under_roc(y == k, prediction[:, k], weight) for k in range(prediction.shape[1])])


def roc_auc_ovo(y: npt.NDArray[Any], prediction: FloatArray, weight: FloatArray | None = None) -> float:
    """Return the mean area over all pairs of classes that occur (Hand and Till 2001)."""
    areas = []
    for one, other in combinations(np.unique(y).astype(np.intp), 2):
        rows = np.flatnonzero((y == one) | (y == other))
        is_one, kept = y[rows] == one, None if weight is None else weight[rows]
        both = [
            _area_under_roc(is_one, prediction[rows, one], kept),
            _area_under_roc(~is_one, prediction[rows, other], kept),
        ]
        areas.append((both[0] + both[1]) / 2)
    return _mean_of_defined(areas)


def average_precision(y: npt.NDArray[Any], prediction: FloatArray, weight: FloatArray | None = None) -> float:
    """Return precision averaged over the steps of recall; for several classes the mean over those that occur."""
    if prediction.shape[1] == 2:
        return _average_precision(y == 1, prediction[:, 1], weight)
    classes = range(prediction.shape[1])
    return _mean_of_defined([_average_precision(y == k, prediction[:, k], weight) for k in classes])


def log_loss(y: npt.NDArray[Any], prediction: FloatArray, weight: FloatArray | None = None) -> float:
    """Return the mean negative logarithm of the probability given to the right label.

    Probabilities are kept 2.2e-16 away from 0 and 1, whatever their type, so that one row costs at most 36.
    """
    given = prediction[np.arange(len(y)), np.asarray(y, dtype=np.intp)].astype(float)
    margin = np.finfo(float).eps
    return weighted_mean(-np.log(np.clip(given, margin, 1 - margin)), weight)


def brier(y: npt.NDArray[Any], prediction: FloatArray, weight: FloatArray | None = None) -> float:
    """Return the mean squared error of the probabilities: of the positive label, or summed over several classes."""
    p = prediction.astype(float)
    if p.shape[1] == 2:
        return weighted_mean((p[:, 1] - (y == 1)) ** 2, weight)
    given = p[np.arange(len(y)), np.asarray(y, dtype=np.intp)]
    return weighted_mean((p**2).sum(axis=1) - given**2 + (1 - given) ** 2, weight)
