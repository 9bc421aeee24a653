"""What is measured of a group of rows: each a mean over some of its rows.

Of labels: how many have the positive one, how many are selected (given it), how many of those that have it are found
(true positive rate) and of those that don't are selected wrongly (false positive rate), how many of the selected have
it (precision), and how far probabilities are from what came. Of quantities: the mean error and the mean size of errors.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from automl.values.algorithm import FloatArray

MEANINGS: Mapping[str, str] = MappingProxyType(
    {
        "base_rate": "share that has the label",
        "selection_rate": "selection rate",
        "true_positive_rate": "share found of those with the label",
        "false_positive_rate": "share selected of those without the label",
        "precision": "share with the label among those selected",
        "accuracy": "accuracy",
        "mean_score": "mean probability",
        "calibration_gap": "mean probability beyond what came",
        "confidence": "mean probability of the given label",
        "mean_target": "mean of the target",
        "mean_prediction": "mean prediction",
        "mean_error": "mean error (prediction less truth)",
        "mean_absolute_error": "mean size of errors",
    }
)
"""What a measure says, in a clause."""

COMPARED = (
    *("selection_rate", "true_positive_rate", "false_positive_rate", "precision", "accuracy", "calibration_gap"),
    *("mean_prediction", "mean_error", "mean_absolute_error"),
)
"""The measures whose differences between groups are judged; the others are about the rows, not the predictions."""
SHARES = frozenset(
    {"selection_rate", "true_positive_rate", "false_positive_rate", "precision", "accuracy", "base_rate"}
)


@dataclass(frozen=True, slots=True)
class Measures:
    """Measures of rows, each the ratio of two sums.

    Attributes
    ----------
    names
        Of the measures.
    above, below
        What each row adds to numerator and denominator, ``(n_rows, n_measures)``.
    """

    names: tuple[str, ...]
    above: FloatArray
    below: FloatArray

    def values(self, rows: npt.NDArray[Any]) -> FloatArray:
        """Return the measures of some rows, ``(n_measures,)``; NaN where no row counts."""
        return ratio(self.above[rows].sum(axis=0), self.below[rows].sum(axis=0))


def ratio(above: FloatArray, below: FloatArray) -> FloatArray:
    """Return ``above / below``, NaN where nothing is below."""
    return np.asarray(np.divide(above, below, out=np.full(np.shape(above), np.nan), where=below > 0))


def measures_of_selection(
    has: npt.NDArray[np.bool_], selected: npt.NDArray[np.bool_], score: FloatArray, weight: FloatArray
) -> Measures:
    """Return the measures of one label against the rest."""
    h, s, one = has.astype(float), selected.astype(float), np.ones(len(has))
    parts = {
        "base_rate": (h, one),
        "selection_rate": (s, one),
        "true_positive_rate": (s * h, h),
        "false_positive_rate": (s * (1 - h), 1 - h),
        "precision": (s * h, s),
        "accuracy": ((h == s).astype(float), one),
        "mean_score": (score, one),
        "calibration_gap": (score - h, one),
    }
    return _measures(parts, weight)


def measures_of_labels(is_right: npt.NDArray[np.bool_], confidence: FloatArray, weight: FloatArray) -> Measures:
    """Return the measures of several labels, of which none is the positive one."""
    right, one = is_right.astype(float), np.ones(len(is_right))
    parts = {"accuracy": (right, one), "confidence": (confidence, one), "calibration_gap": (confidence - right, one)}
    return _measures(parts, weight)


def measures_of_values(y: FloatArray, prediction: FloatArray, weight: FloatArray) -> Measures:
    """Return the measures of predicted quantities."""
    one, error = np.ones(len(y)), prediction - y
    parts = {
        "mean_target": (y, one),
        "mean_prediction": (prediction, one),
        "mean_error": (error, one),
        "mean_absolute_error": (np.abs(error), one),
    }
    return _measures(parts, weight)


def _measures(parts: Mapping[str, tuple[FloatArray, FloatArray]], weight: FloatArray) -> Measures:
    above = np.column_stack([each[0] for each in parts.values()]) * weight[:, None]
    below = np.column_stack([each[1] for each in parts.values()]) * weight[:, None]
    return Measures(tuple(parts), above, below)
