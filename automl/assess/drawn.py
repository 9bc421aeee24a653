"""Validated rows as a search judged them, and drawing them anew.

A search scores a candidate fold by fold, so what is resampled are *entries*: a row as one fold validated it. Where
folds overlap (repeated cross-validation), a row has several entries, which are drawn together, as are the rows of a
group. Rows are drawn with replacement within their fold and label, as many as there are; the others, 37 % on average,
are *out of bag*.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from automl.values.algorithm import FloatArray, IntArray
from automl.values.metric import Metric
from automl.values.task import Task

Matrix = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Entries:
    """What folds validated.

    Attributes
    ----------
    task
        What is predicted.
    y, weight
        The encoded target of each entry, ``(n,)``, and its sample weight, or ``None``.
    fold
        Which fold validated it, ``(n,)``.
    unit
        What is drawn together, a number from 0, ``(n,)``: the row, or its group.
    predictions
        ``(n_candidates, n, width)``; NaN where a candidate lacks the fold.
    n_all
        Units of the whole table that folds validated, of which these may be a sample.
    row
        Which row of the training table each entry is, ``(n,)``, for a metric that knows amounts by row.
    """

    task: Task
    y: npt.NDArray[Any]
    weight: FloatArray | None
    fold: IntArray
    unit: IntArray
    predictions: FloatArray
    n_all: int
    row: IntArray | None = None

    def metric_on(self, metric: Metric, entries: IntArray) -> Metric:
        """Return the metric as it judges these entries: one that knows amounts by row is given their rows."""
        at = getattr(metric.function, "at", None)
        return metric if at is None or self.row is None else replace(metric, function=at(self.row[entries]))

    def of(self, candidates: Sequence[int]) -> Entries:
        """Return the same of some of the candidates."""
        return replace(self, predictions=self.predictions[list(candidates)])

    @property
    def n_units(self) -> int:
        """How many things are drawn."""
        return int(self.unit.max()) + 1

    @property
    def folds(self) -> list[IntArray]:
        """Positions of the entries of each fold that has some."""
        return [np.flatnonzero(self.fold == fold) for fold in np.unique(self.fold)]

    @property
    def narrowing(self) -> float:
        """How much narrower intervals of all units are than those of this sample."""
        return float(np.sqrt(self.n_units / self.n_all))


def strata_of(entries: Entries) -> list[IntArray]:
    """Return the units that are drawn among themselves: those of a fold, and where units are rows, of a label."""
    _, first = np.unique(entries.unit, return_index=True)
    keys = entries.fold[first].astype(np.intp)
    is_by_row = len(np.unique(np.column_stack([entries.unit, entries.fold]), axis=0)) == len(entries.unit)
    if entries.task.is_classification and is_by_row:
        keys = keys * entries.task.n_classes + entries.y[first].astype(np.intp)
    return [np.flatnonzero(keys == key) for key in np.unique(keys)]


def draw(entries: Entries, strata: list[IntArray], times: int, rng: np.random.Generator) -> Matrix:
    """Return how often each entry comes in each of ``times`` resamples, ``(n, times)``."""
    counts = np.zeros((entries.n_units, times))
    for units in strata:
        size = len(units)
        cells = rng.integers(0, size, (size, times)) * times + np.arange(times)
        counts[units] = np.bincount(cells.ravel(), minlength=size * times).reshape(size, times)
    return np.asarray(counts[entries.unit])
