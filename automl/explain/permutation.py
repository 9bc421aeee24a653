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
_GLANCED = 200  # rows


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

    def increases(self, units: Sequence[Sequence[slice]], first: int, last: int) -> list[FloatArray]:
        """Return the loss increase of the shuffles ``first`` to ``last - 1`` of each unit's blocks of columns together.

        Shuffles are predicted many at once: a call of an ensemble costs more than some thousand rows in it.

        Returns
        -------
        list of FloatArray
            For each unit ``(last - first, 1 + n_blocks)``: on all rows, then without each block of rows. NaN throughout
            if no prediction changed.
        """
        n = len(self._sample)
        jobs = [(blocks, order) for blocks in units for order in range(first, last)]
        found = []
        for start in range(0, len(jobs), self.at_once):
            after = self._predict(jobs[start : start + self.at_once], np.arange(n))
            found += [self._increase(after[i : i + n]) for i in range(0, len(after), n)]
        return [np.array(found[i : i + last - first]) for i in range(0, len(found), last - first)]

    @property
    def at_once(self) -> int:
        """How many shuffles are predicted in one call."""
        return max(1, _ROWS_AT_ONCE // len(self._sample))

    def glance(self, units: Sequence[Sequence[slice]]) -> FloatArray:
        """Return how far predictions of some rows move when each unit is shuffled once, ``(n_units,)``."""
        rows = np.arange(min(_GLANCED, len(self._sample)))
        found = []
        at_once = max(1, _ROWS_AT_ONCE // len(rows))
        for start in range(0, len(units), at_once):
            after = self._predict([(blocks, 0) for blocks in units[start : start + at_once]], rows)
            moved = np.abs(after.reshape(-1, *self._before[rows].shape) - self._before[rows])
            found += moved.mean(axis=(1, 2)).tolist()
        return np.array(found)

    def _predict(self, jobs: Sequence[tuple[Sequence[slice], int]], rows: IntArray) -> FloatArray:
        """Return predictions of these rows after each job's shuffle, one job after the other."""
        changed = np.tile(self._Z[rows], (len(jobs), 1))
        for i, (blocks, order) in enumerate(jobs):
            part = changed[i * len(rows) : (i + 1) * len(rows)]
            for place in blocks:
                part[:, place] = self._Z[self._order(order)[rows], place]
        return self._sample.predict(changed, np.tile(rows, len(jobs)))

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
