"""How much worse predictions become when a column's values are dealt out among the rows anew.

The loss after shuffling, less the loss before, is what the model owes to the column (Breiman 2001; Fisher, Rudin and
Dominici 2019). It is measured several times on the same rows, and the interval says how much it would scatter on other
rows and with other shuffles: the rows are split at random into :data:`BLOCKS` blocks, the mean increase is computed
anew without each, and from the spread follows a t interval (the delete-a-group jackknife). A row meets another value
in each shuffle, so the blocks differ by what shuffling does as well, and one interval covers both. It takes the models
as given: what another training would do is not in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student

from automl.explain.sample import Sample
from automl.values.algorithm import FloatArray, IntArray
from automl.values.metric import Metric

BLOCKS = 20
_ROWS_AT_ONCE = 20_000


@dataclass(frozen=True, slots=True)
class Measured:
    """What shuffling some columns together did to the loss.

    Attributes
    ----------
    mean, low, high
        Increase of the loss and its interval.
    repeats
        How many shuffles.
    is_used
        Whether any prediction changed at all.
    """

    mean: float
    low: float
    high: float
    repeats: int
    is_used: bool


class Shuffling:
    """Shuffles columns of a sample and measures the loss.

    Parameters
    ----------
    sample, Z
        The rows, and the same encoded.
    metric
        What is measured.
    level
        Of the intervals.
    seed
        Of the shuffles: every column is dealt out by the same ones, so that columns can be compared.
    """

    def __init__(self, sample: Sample, Z: FloatArray, metric: Metric, seed: int, level: float = 0.95) -> None:
        self._sample, self._Z, self._metric, self._level = sample, Z, metric, level
        self._rng = np.random.default_rng(seed)
        self._orders: list[IntArray] = []
        n = len(sample)
        block = self._rng.permutation(n) % min(BLOCKS, n)
        self._kept = [np.flatnonzero(block != each) for each in range(min(BLOCKS, n))]
        self._before = sample.predict(Z, np.arange(n))
        self.loss = self._loss(self._before, None)
        self._loss_without = np.array([self._loss(self._before, rows) for rows in self._kept])

    def increases(self, blocks: Sequence[slice], first: int, last: int) -> FloatArray:
        """Return the loss increase of the shuffles ``first`` to ``last - 1`` of these blocks of columns together.

        Returns
        -------
        FloatArray
            ``(last - first, 1 + n_blocks)``: on all rows, then without each block of rows. NaN throughout if no
            prediction changed.
        """
        n, found = len(self._sample), []
        at_once = max(1, _ROWS_AT_ONCE // n)
        for start in range(first, last, at_once):
            orders = [self._order(each) for each in range(start, min(start + at_once, last))]
            changed = np.tile(self._Z, (len(orders), 1))
            for place in blocks:
                changed[:, place] = self._Z[np.concatenate(orders), place]
            after = self._sample.predict(changed, np.tile(np.arange(n), len(orders)))
            for i in range(len(orders)):
                found.append(self._increase(after[i * n : (i + 1) * n]))
        return np.array(found)

    def measured(self, increases: FloatArray) -> Measured:
        """Sum up what :meth:`increases` found in all shuffles."""
        is_used = not np.isnan(increases).all()
        by_rows = np.nan_to_num(increases).mean(axis=0)
        mean, without = float(by_rows[0]), by_rows[1:]
        n = len(without)
        error = float(np.sqrt((n - 1) / n * ((without - without.mean()) ** 2).sum()))
        reach = float(student.ppf((1 + self._level) / 2, max(n - 1, 1))) * error
        return Measured(mean, mean - reach, mean + reach, len(increases), is_used)

    def _order(self, number: int) -> IntArray:
        while len(self._orders) <= number:
            self._orders.append(self._rng.permutation(len(self._sample)))
        return self._orders[number]

    def _increase(self, after: FloatArray) -> FloatArray:
        scale = max(1.0, float(np.abs(self._before).max()))
        if np.abs(after - self._before).max() <= 1e-9 * scale:
            return np.full(1 + len(self._kept), np.nan)
        whole = self._loss(after, None) - self.loss
        without = np.array([self._loss(after, rows) for rows in self._kept])
        return np.append(whole, without - self._loss_without)

    def _loss(self, prediction: FloatArray, rows: IntArray | None) -> float:
        y, weight = self._sample.y, self._sample.weight
        if rows is None:
            return self._metric.loss(y, prediction, weight)
        return self._metric.loss(y[rows], prediction[rows], None if weight is None else weight[rows])
