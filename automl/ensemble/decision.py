"""By which weights of the labels a score of decided labels is best.

Of two labels the second is given above a *threshold*; those between two probabilities are tried, of many 500. Of
several labels the probabilities are divided by the label's frequency to a *power*: at 0 the most probable label is
given, at 1 all labels are treated as equally frequent. One number either way, for every further one is learned from
luck as well.

The best number on a few hundred rows jumps with every row. So it is found on many bootstrap samples of them, and their
median is taken (bagging of a choice; Breiman 1996, "Bagging predictors", as an idea).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array

from automl.evaluation.label_scores import score_cells
from automl.evaluation.metrics import METRICS
from automl.values.algorithm import FloatArray
from automl.values.finish import PLAIN, Finish
from automl.values.metric import Metric

DECIDABLE = frozenset(
    {
        *("accuracy", "balanced_accuracy", "mcc", "cohen_kappa"),
        *("f1", "f1_macro", "f1_micro", "f1_weighted", "recall_macro"),
    }
)
"""Scores that a threshold can raise. Precision and recall alone are not among them: always or never is best there."""
POWERS = np.linspace(0.0, 1.5, 16)
_DRAWS = 30
_MOST_THRESHOLDS = 500
_ALIKE = 1e-12


def can_decide(metric: Metric) -> bool:
    """Tell whether the metric looks at labels in a way that weights can improve."""
    return metric.name in DECIDABLE and METRICS.get(metric.name) == metric


@dataclass(frozen=True, slots=True)
class Dial:
    """The one number that decides, and what it may be.

    Attributes
    ----------
    name
        Of the score.
    y, prediction
        Encoded labels ``(n,)`` and probabilities ``(n, n_classes)``.
    """

    name: str
    y: npt.NDArray[Any]
    prediction: FloatArray

    @property
    def frequencies(self) -> FloatArray:
        """The share of each label; one that does not occur counts as half a row."""
        counts = np.bincount(self.y.astype(np.intp), minlength=self.prediction.shape[1])
        return np.maximum(counts, 0.5) / len(self.y)

    def finish(self, number: float) -> Finish:
        """Return the finish at a position of the dial."""
        if self.prediction.shape[1] == 2:
            return PLAIN if number == 0.5 else Finish.at(float(np.clip(number, 1e-6, 1 - 1e-6)))
        weights = self.frequencies**-number
        return PLAIN if number == 0 else Finish(label_weights=tuple((weights / weights.sum()).tolist()))

    def best(self, counts: FloatArray) -> FloatArray:
        """Return the best position for each of several weightings of the rows, ``(n, some)`` to ``(some,)``."""
        positions, cells = self._thresholds(counts) if self.prediction.shape[1] == 2 else self._powers(counts)
        scores = np.nan_to_num(score_cells(self.name, cells), nan=-np.inf)
        plain = 0.5 if self.prediction.shape[1] == 2 else 0.0
        away = np.where(scores >= scores.max(axis=0) - _ALIKE, np.abs(positions - plain)[:, None], np.inf)
        return np.asarray(positions[away.argmin(axis=0)])

    def _thresholds(self, counts: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return thresholds ascending and the tables ``(n_thresholds, some, 2, 2)`` that they give."""
        score = np.asarray(self.prediction[:, 1], dtype=np.float64)
        distinct, first = np.unique(np.sort(score), return_index=True)
        between = np.arange(1, len(distinct))
        if len(between) > _MOST_THRESHOLDS:  # those that cut off equal shares of the rows
            shares = np.linspace(0, len(score) - 1, _MOST_THRESHOLDS + 2)[1:-1]
            between = np.unique(np.searchsorted(first, shares, side="right") - 1).clip(1)
        cuts = (distinct[between] + distinct[between - 1]) / 2
        positions, place = np.concatenate([[0.0], cuts, [1.0]]), np.searchsorted(cuts, score)
        cells = np.empty((len(positions), counts.shape[1], 2, 2))
        for label in (0, 1):
            rows = np.flatnonzero(self.y == label)
            at: coo_array = coo_array((np.ones(len(rows)), (place[rows], rows)), shape=(len(cuts) + 1, len(score)))
            below = np.vstack([np.zeros((1, counts.shape[1])), np.cumsum(at.tocsr() @ counts, axis=0)])
            cells[:, :, label, 0] = below
            cells[:, :, label, 1] = below[-1] - below
        return positions, cells

    def _powers(self, counts: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return powers and the tables that they give."""
        n, n_classes = self.prediction.shape
        logs = np.log(np.maximum(self.prediction, 1e-12))
        decided = np.stack([(logs - power * np.log(self.frequencies)).argmax(axis=1) for power in POWERS])
        cell = self.y.astype(np.intp) * n_classes + decided + np.arange(len(POWERS))[:, None] * n_classes**2
        rows = np.tile(np.arange(n), len(POWERS))
        shape = (len(POWERS) * n_classes**2, n)
        at: coo_array = coo_array((np.ones(cell.size), (cell.ravel(), rows)), shape=shape)
        tables = np.asarray(at.tocsr() @ counts).reshape(len(POWERS), n_classes, n_classes, -1)
        return POWERS, np.moveaxis(tables, 3, 1)


def decide_best(
    metric: Metric, y: npt.NDArray[Any], prediction: FloatArray, weight: FloatArray | None = None, seed: int = 0
) -> Finish:
    """Return the weights of labels with which the metric is best on these rows.

    Parameters
    ----------
    y, prediction, weight
        Encoded labels ``(n,)``, probabilities ``(n, n_classes)`` of rows that models had not seen, sample weights.
    seed
        Of the bootstrap samples.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> p = rng.uniform(0, 0.5, 4_000)
    >>> y = (rng.uniform(size=4_000) < p).astype(int)
    >>> round(decide_best(METRICS["balanced_accuracy"], y, np.column_stack([1 - p, p])).threshold, 1)
    0.2
    """
    n = len(y)
    draws = np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), _DRAWS).T.astype(np.float64)
    counts = draws if weight is None else draws * weight[:, None]
    dial = Dial(metric.name, y, prediction)
    return dial.finish(float(np.median(dial.best(counts))))
