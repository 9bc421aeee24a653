"""Areas under the ROC and the precision-recall curve of every label, from one sort of its probabilities."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from automl.assess.judged import Judged
from automl.assess.sums import area_under_roc, average_precision
from automl.values.algorithm import FloatArray


def class_areas(judged: Judged) -> npt.NDArray[np.float64]:
    """Return both areas of each label against the rest, ``(n_classes, 2)``; NaN where nothing can be told apart.

    Their mean over the labels that occur (of two labels, the second's) is what the metrics ``roc_auc`` and
    ``average_precision`` are.
    """
    weight = np.ones(len(judged)) if judged.weight is None else judged.weight
    counts = np.bincount(judged.y, weight, judged.task.n_classes)
    areas = np.full((judged.task.n_classes, 2), np.nan)
    for k in np.flatnonzero((counts > 0) & (counts < counts.sum())):
        areas[k] = _areas(judged.prediction[:, k], judged.y == k, weight)
    return areas


def _areas(score: FloatArray, is_positive: npt.NDArray[np.bool_], weight: FloatArray) -> tuple[float, float]:
    order = np.argsort(score)
    ordered = score[order]
    starts = np.append(0, np.flatnonzero(ordered[1:] != ordered[:-1]) + 1)
    all_rows, positive = weight[order], (weight * is_positive)[order]
    if len(starts) < len(order):
        all_rows, positive = np.add.reduceat(all_rows, starts), np.add.reduceat(positive, starts)
    negative = all_rows - positive
    return (
        float(area_under_roc(positive[:, None], negative[:, None])[0]),
        float(average_precision(positive[:, None], negative[:, None])[0]),
    )
