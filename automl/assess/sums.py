"""Metrics as functions of sums over rows, so that thousands of weightings of the same rows are scored together.

A resample gives every row a weight, how often it was drawn. Most metrics need nothing of the rows but a few weighted
sums: of the squared errors, of the rows in each cell of the table of true and given labels, of the positive and of the
negative rows among those that score alike. The sums of all resamples are one product of a sparse and a dense matrix.

Areas under curves are taken over at most :data:`GROUPS` groups of rows with neighbouring scores. That changes an area
in the fourth digit and its spread over resamples not to speak of; nothing else is made from these numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array

from automl.assess.calibration_error import BINS, bin_of, said_and_came
from automl.assess.judged import Judged
from automl.assess.scores import label_cells
from automl.evaluation.metrics import METRICS
from automl.values.algorithm import FloatArray, IntArray
from automl.values.metric import Metric

GROUPS = 500

Matrix = npt.NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True)
class Sums:
    """A metric as a function of sums.

    Attributes
    ----------
    rows, columns, values
        Entries of the sparse ``(width, n_rows)`` matrix whose product with weights ``(n_rows, n_resamples)`` is taken:
        its lines, its columns, its values.
    width
        Number of sums.
    finish
        From sums ``(width, n_resamples)`` and total weights ``(n_resamples,)`` to scores ``(n_resamples,)``.
    """

    rows: IntArray
    columns: IntArray
    values: FloatArray
    width: int
    finish: Callable[[Matrix, FloatArray], FloatArray]


def sums_of(judged: Judged, name: str) -> Sums | None:
    """Return the sums that a metric is made of; ``None`` if there are none known."""
    if judged.task.is_classification:
        if name in METRICS and METRICS[name].needs_labels:
            return _of_labels(judged, METRICS[name])
        if name in ("roc_auc", "roc_auc_ovr"):
            return _of_areas(judged, area_under_roc)
        if name == "average_precision":
            return _of_areas(judged, average_precision)
        if name == "calibration_error":
            said, came = said_and_came(judged.y, judged.prediction)
            gaps = lambda sums, total: np.abs(sums).sum(axis=0) / total  # noqa: E731
            return Sums(bin_of(said), np.arange(len(said)), came - said, BINS, gaps)
        return _dense([_losses(judged, name)], _mean) if name in ("log_loss", "brier") else None
    residual = np.asarray(judged.y - judged.prediction[:, 0], dtype=float)
    if name == "rmse":
        return _dense([residual**2], lambda sums, total: np.sqrt(sums[0] / total))
    if name == "r2":
        about = judged.y - np.average(judged.y)  # sums of squares of large numbers would lose digits
        return _dense([residual**2, about, about**2], _explained)
    if name in ("mae", "mse", "mean_residual", "mape"):
        by_row = {"mse": residual**2, "mean_residual": residual}.get(name, np.abs(residual))
        return _dense([by_row / np.abs(judged.y) if name == "mape" else by_row], _mean)
    return None


def _dense(values: Sequence[FloatArray], finish: Callable[[Matrix, FloatArray], FloatArray]) -> Sums:
    n = len(values[0])
    return Sums(
        np.repeat(np.arange(len(values)), n),
        np.tile(np.arange(n), len(values)),
        np.concatenate(values),
        len(values),
        finish,
    )


def _mean(sums: Matrix, total: FloatArray) -> FloatArray:
    return np.asarray(sums[0] / total)


def _explained(sums: Matrix, total: FloatArray) -> FloatArray:
    spread = sums[2] - sums[1] ** 2 / total
    return np.asarray(1 - sums[0] / np.where(spread > 0, spread, np.nan))


def _losses(judged: Judged, name: str) -> FloatArray:
    given = judged.prediction[np.arange(len(judged)), judged.y].astype(float)
    if name == "log_loss":
        margin = np.finfo(float).eps
        return np.asarray(-np.log(np.clip(given, margin, 1 - margin)))
    if judged.task.kind == "binary":
        return np.asarray((judged.prediction[:, 1].astype(float) - judged.y) ** 2)
    return np.asarray((judged.prediction.astype(float) ** 2).sum(axis=1) - given**2 + (1 - given) ** 2)


def _of_labels(judged: Judged, metric: Metric) -> Sums:
    truth, given, cell = label_cells(judged)

    def finish(sums: Matrix, total: FloatArray) -> FloatArray:
        del total
        return np.array([metric.score(truth, given, each) for each in sums.T])

    return Sums(cell, np.arange(len(cell)), np.ones(len(cell)), len(truth), finish)


def _of_areas(judged: Judged, area: Callable[[Matrix, Matrix], FloatArray]) -> Sums:
    """Return the area of the second label, or the mean over all labels that occur."""
    labels = [1] if judged.task.kind == "binary" else [int(k) for k in np.unique(judged.y)]
    n = len(judged)
    groups = [_group(judged.prediction[:, k]) for k in labels]
    most = 1 + max(int(each.max()) for each in groups)
    cells = [
        2 * most * place + 2 * group + (judged.y == k)
        for place, (k, group) in enumerate(zip(labels, groups, strict=True))
    ]

    def finish(sums: Matrix, total: FloatArray) -> FloatArray:
        del total
        by_label = sums.reshape(len(labels), most, 2, -1)
        return np.asarray(np.mean([area(each[:, 1], each[:, 0]) for each in by_label], axis=0))

    width = 2 * most * len(labels)
    return Sums(np.concatenate(cells), np.tile(np.arange(n), len(labels)), np.ones(n * len(labels)), width, finish)


def _group(scores: FloatArray) -> IntArray:
    """Return a group of neighbouring scores for each, in ascending order; equal scores are in one."""
    distinct, place, counts = np.unique(scores, return_inverse=True, return_counts=True)
    if len(distinct) <= GROUPS:
        return place
    before = np.cumsum(counts) - counts
    return np.asarray(before * GROUPS // len(scores))[place]


def area_under_roc(positive: Matrix, negative: Matrix) -> FloatArray:
    """Return the chance that a positive row scores above a negative one, ties counting half.

    Weights of positive and negative rows by ascending score, ``(n_scores, n_resamples)``.
    """
    below = np.cumsum(negative, axis=0) - negative
    pairs = positive.sum(axis=0) * negative.sum(axis=0)
    return np.asarray((positive * (below + negative / 2)).sum(axis=0) / np.where(pairs > 0, pairs, np.nan))


def average_precision(positive: Matrix, negative: Matrix) -> FloatArray:
    """Return precision averaged over the steps of recall, from the same weights."""
    right = np.cumsum(positive[::-1], axis=0)
    all_above = right + np.cumsum(negative[::-1], axis=0)
    share = np.divide(right, all_above, out=np.zeros_like(right), where=all_above > 0)
    return np.asarray((positive[::-1] * share).sum(axis=0) / np.where(right[-1] > 0, right[-1], np.nan))


def score_many(sums: Sequence[Sums], weights: Iterable[Matrix], n_rows: int) -> list[FloatArray]:
    """Return the scores of each metric under all weightings, which come in parts of ``(n_rows, n_resamples)``."""
    starts = np.cumsum([0, *(each.width for each in sums)])
    matrix = coo_array(
        (
            np.concatenate([each.values for each in sums]),
            (
                np.concatenate([each.rows + start for each, start in zip(sums, starts[:-1], strict=True)]),
                np.concatenate([each.columns for each in sums]),
            ),
        ),
        shape=(int(starts[-1]), n_rows),
    ).tocsr()
    found: list[list[FloatArray]] = [[] for _ in sums]
    for part in weights:
        product, total = matrix @ part, part.sum(axis=0)
        for place, each in enumerate(sums):
            found[place].append(each.finish(product[starts[place] : starts[place + 1]], total))
    return [np.concatenate(each) for each in found]
