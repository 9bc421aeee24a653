"""Scores of predicted quantities: errors, deviances and shares explained.

``prediction`` has one column. Where a prediction lies outside of what a score is defined for (a negative count under
a Poisson deviance), it counts as the nearest value inside, which costs a lot but not the whole fold. A *target*
outside has no score (NaN); :func:`automl.evaluation.metrics.check_target` says so before the search.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import xlogy
from sklearn.metrics import d2_pinball_score, median_absolute_error

from automl.evaluation.weighting import weighted_mean

FloatArray = npt.NDArray[np.floating[Any]]
Deviance = Callable[[FloatArray, FloatArray], FloatArray]
_SMALL = float(np.finfo(float).eps)


def _column(prediction: FloatArray) -> FloatArray:
    return prediction[:, 0].astype(float)


def mse(y: FloatArray, prediction: FloatArray, weight: FloatArray | None = None) -> float:
    """Return the mean squared error."""
    with np.errstate(over="ignore"):
        return weighted_mean((y - _column(prediction)) ** 2, weight)


def rmse(y: FloatArray, prediction: FloatArray, weight: FloatArray | None = None) -> float:
    """Return the root of the mean squared error, in the target's unit."""
    return float(np.sqrt(mse(y, prediction, weight)))


def mae(y: FloatArray, prediction: FloatArray, weight: FloatArray | None = None) -> float:
    """Return the mean absolute error, in the target's unit."""
    return weighted_mean(np.abs(y - _column(prediction)), weight)


def medae(y: FloatArray, prediction: FloatArray, weight: FloatArray | None = None) -> float:
    """Return the (weighted) median absolute error, in the target's unit."""
    if not len(y) or (weight is not None and not weight.sum() > 0):
        return float("nan")
    return float(median_absolute_error(y, _column(prediction), sample_weight=weight))


def r2(y: FloatArray, prediction: FloatArray, weight: FloatArray | None = None) -> float:
    """Return the share of the variance explained; for a constant target 1 if all is right, else 0."""
    if len(y) < 2:
        return float("nan")
    # A mean of equal numbers may differ from them by rounding.
    constant = 0.0 if (y == y[0]).all() else weighted_mean((y - weighted_mean(y, weight)) ** 2, weight)
    return _explained(mse(y, prediction, weight), constant)


def mape(y: FloatArray, prediction: FloatArray, weight: FloatArray | None = None) -> float:
    """Return the mean absolute error relative to the target, as a fraction; a target of 0 makes it huge."""
    return weighted_mean(np.abs(y - _column(prediction)) / np.maximum(np.abs(y), _SMALL), weight)


def smape(y: FloatArray, prediction: FloatArray, weight: FloatArray | None = None) -> float:
    """Return the mean absolute error relative to the mean of target and prediction, a fraction from 0 to 2."""
    p = _column(prediction)
    size = (np.abs(y) + np.abs(p)) / 2
    return weighted_mean(np.divide(np.abs(y - p), size, out=np.zeros(len(p)), where=size > 0), weight)


def rmsle(y: FloatArray, prediction: FloatArray, weight: FloatArray | None = None) -> float:
    """Return the root mean squared error of ``log(1 + value)``; for targets above -1."""
    if (y <= -1).any():
        return float("nan")
    p = np.maximum(_column(prediction), -1 + _SMALL)
    return float(np.sqrt(weighted_mean((np.log1p(y) - np.log1p(p)) ** 2, weight)))


def pinball(y: FloatArray, prediction: FloatArray, weight: FloatArray | None = None, *, alpha: float = 0.5) -> float:
    """Return the loss whose best prediction is the ``alpha`` quantile."""
    error = y - _column(prediction)
    return weighted_mean(np.maximum(alpha * error, (alpha - 1) * error), weight)


def d2_pinball(y: FloatArray, prediction: FloatArray, weight: FloatArray | None = None, *, alpha: float = 0.5) -> float:
    """Return the share of the pinball loss explained beyond the constant ``alpha`` quantile."""
    if len(y) < 2 or (weight is not None and not weight.sum() > 0):
        return float("nan")
    return float(d2_pinball_score(y, _column(prediction), sample_weight=weight, alpha=alpha))


def poisson(y: FloatArray, p: FloatArray) -> FloatArray:
    """Return each row's Poisson deviance; targets from 0, predictions above 0."""
    return np.asarray(2 * (xlogy(y, y / p) - y + p))


def gamma(y: FloatArray, p: FloatArray) -> FloatArray:
    """Return each row's gamma deviance; targets and predictions above 0."""
    return np.asarray(2 * (np.log(p / y) + y / p - 1))


def deviance(y: FloatArray, prediction: FloatArray, weight: FloatArray | None = None, *, of: Deviance) -> float:
    """Return the mean deviance ``of`` a distribution."""
    if (y <= 0).any() if of is gamma else (y < 0).any():
        return float("nan")
    return weighted_mean(of(y, np.maximum(_column(prediction), _SMALL)), weight)


def d2_deviance(y: FloatArray, prediction: FloatArray, weight: FloatArray | None = None, *, of: Deviance) -> float:
    """Return the share of the deviance explained beyond the constant mean."""
    if len(y) < 2:
        return float("nan")
    constant = np.full((len(y), 1), y[0] if (y == y[0]).all() else weighted_mean(y, weight))
    return _explained(deviance(y, prediction, weight, of=of), deviance(y, constant, weight, of=of))


def _explained(loss: float, of_constant: float) -> float:
    if np.isnan(loss) or np.isnan(of_constant):
        return float("nan")
    if of_constant <= 0:
        return 1.0 if loss <= 0 else 0.0
    return float(1 - loss / of_constant)
