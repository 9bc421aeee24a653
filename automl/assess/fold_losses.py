"""The loss of predictions in every fold under many weightings of the rows at once.

Where the metric is a function of sums over rows (:mod:`automl.assess.sums`), all weightings are one product of a sparse
and a dense matrix a fold; any other metric is asked once for each fold and weighting, of rows that are repeated as
often as they were drawn, so that it need not know about weights.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array, csr_array

from automl.assess.drawn import Entries, Matrix
from automl.assess.judged import Judged
from automl.assess.sums import Sums, sums_of
from automl.evaluation.metrics import METRICS
from automl.values.algorithm import FloatArray, IntArray
from automl.values.metric import Metric

Losses = Callable[[Matrix], Matrix]
"""From how often each entry counts, ``(n, some)``, to losses ``(n_folds, some)``; NaN where one is undefined."""


def is_fast(entries: Entries, metric: Metric) -> bool:
    """Tell whether the metric is made of sums."""
    return (
        METRICS.get(metric.name) == metric and _sums(entries, entries.folds[0], _anything(entries), metric) is not None
    )


def fold_losses(entries: Entries, prediction: FloatArray, metric: Metric) -> Losses:
    """Return the function that scores this prediction ``(n, width)``."""
    is_known = METRICS.get(metric.name) == metric
    parts = [_of_fold(entries, rows, prediction, metric, is_known=is_known) for rows in entries.folds]

    def losses(counts: Matrix) -> Matrix:
        return np.stack([part(counts) for part in parts])

    return losses


def _of_fold(
    entries: Entries, rows: IntArray, prediction: FloatArray, metric: Metric, *, is_known: bool
) -> Callable[[Matrix], FloatArray]:
    if not np.isfinite(prediction[rows]).all():  # a bag that lacks this fold
        return lambda counts: np.full(counts.shape[1], np.nan)
    sums = _sums(entries, rows, prediction, metric) if is_known else None
    if sums is None:
        return lambda counts: _one_by_one(entries, rows, prediction, metric, counts)
    matrix: csr_array = coo_array((sums.values, (sums.rows, sums.columns)), shape=(sums.width, len(rows))).tocsr()
    weight = None if entries.weight is None else entries.weight[rows, None]

    def losses(counts: Matrix) -> FloatArray:
        weighted = counts[rows] if weight is None else counts[rows] * weight
        total = weighted.sum(axis=0)
        with np.errstate(divide="ignore", invalid="ignore"):
            scores = np.asarray(sums.finish(matrix @ weighted, total), dtype=float)
        scores[total <= 0] = np.nan
        return np.asarray(-scores if metric.greater_is_better else scores)

    return losses


def _sums(entries: Entries, rows: IntArray, prediction: FloatArray, metric: Metric) -> Sums | None:
    return sums_of(Judged(entries.task, entries.y[rows], prediction[rows]), metric.name)


def _anything(entries: Entries) -> FloatArray:
    return np.full((len(entries.y), entries.task.width), 1 / entries.task.width)


def _one_by_one(entries: Entries, rows: IntArray, prediction: FloatArray, metric: Metric, counts: Matrix) -> FloatArray:
    found = np.full(counts.shape[1], np.nan)
    for place, times in enumerate(counts[rows].T.astype(np.intp)):
        drawn: npt.NDArray[np.intp] = np.repeat(rows, times)
        if len(drawn) and not _lacks_a_label(entries, drawn):
            weight = None if entries.weight is None else entries.weight[drawn]
            found[place] = entries.metric_on(metric, drawn).loss(entries.y[drawn], prediction[drawn], weight)
    return found


def _lacks_a_label(entries: Entries, drawn: IntArray) -> bool:
    """Tell whether only one label is left, with which many metrics of labels can do nothing, or warn."""
    return entries.task.is_classification and len(np.unique(entries.y[drawn])) < 2
