"""Numbers beside others of their category: a salary against the mean of its department.

What a group's mean and deviation are is learned from the training rows without the target. Groups of few rows are
pulled towards all rows, so that a single row is not its own yardstick.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator

from automl.features.generated.arithmetic import LARGEST

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

PULL = 10.0  # rows that all rows together count for in a group's mean
STATISTICS = ("less the mean of its", "in deviations of its", "mean of its")


class GroupStatistics(BaseEstimator):
    """Compare numbers with the rows of the same level.

    Attributes
    ----------
    terms_
        ``(n_terms, 3)``: place in :data:`STATISTICS`, the number's column, the category's column.
    starts_, sizes_
        Where the levels of a term begin in ``means_`` and ``scales_``, and how many there are; the missing level, and
        the unknown ones with it, come behind the last.

    Examples
    --------
    >>> rows = np.array([[1.0, 0], [3.0, 0], [5.0, 1], [7.0, 1]] * 50)
    >>> made = GroupStatistics().propose(numbers=[0], codes=[1]).learn(rows)
    >>> made.names(["pay", "city"])
    ['pay less the mean of its city', 'pay in deviations of its city', 'pay mean of its city']
    >>> made.transform(np.array([[3.0, 0], [3.0, 9]])).round(1).tolist()
    [[0.8, 0.7, 2.2], [-1.0, -0.4, 4.0]]
    """

    def propose(self, numbers: Sequence[int], codes: Sequence[int]) -> GroupStatistics:
        """Take every statistic of each number by each category."""
        pairs = itertools.product(numbers, codes)
        terms = [(statistic, number, code) for number, code in pairs for statistic in range(len(STATISTICS))]
        self.terms_: Ints = np.array(terms, dtype=np.int64).reshape(-1, 3)
        return self

    def keep(self, chosen: Ints) -> None:
        """Forget all terms but those in these places; what is left has to learn again."""
        self.terms_ = self.terms_[chosen]

    def learn(self, rows: npt.NDArray[Any]) -> GroupStatistics:
        """Learn means and deviations of the groups."""
        self.sizes_: Ints = np.array([highest(rows[:, code]) for code in self.terms_[:, 2]], dtype=np.int64)
        self.starts_: Ints = np.cumsum(self.sizes_ + 1) - self.sizes_ - 1
        cells = int((self.sizes_ + 1).sum())
        self.means_: Floats = np.empty(cells)
        self.scales_: Floats = np.empty(cells)
        known: dict[tuple[int, int], tuple[Floats, Floats]] = {}
        for (_, number, code), start, size in zip(self.terms_.tolist(), self.starts_, self.sizes_, strict=True):
            if (number, code) not in known:
                known[number, code] = _levels(rows[:, number], places(rows[:, code], size), size + 1)
            block = slice(start, start + size + 1)
            self.means_[block], self.scales_[block] = known[number, code]
        return self

    def transform(self, rows: npt.NDArray[Any]) -> Floats:
        """Return ``(n_rows, n_terms)``; NaN where the number is missing."""
        values = rows[:, self.terms_[:, 1]].astype(np.float64)
        cells = places(rows[:, self.terms_[:, 2]], self.sizes_) + self.starts_
        means = self.means_[cells]
        out: Floats = values - means
        statistics = self.terms_[:, 0]
        scaled, plain = np.flatnonzero(statistics == 1), np.flatnonzero(statistics == 2)
        out[:, scaled] /= self.scales_[cells[:, scaled]]
        out[:, plain] = means[:, plain]
        np.clip(out, -LARGEST, LARGEST, out=out)
        return out

    def levels(self) -> Ints:
        """Return zeros: these are numbers."""
        return np.zeros(len(self.terms_), dtype=np.int64)

    def names(self, names_in: Sequence[str]) -> list[str]:
        """Name the terms."""
        return [f"{names_in[number]} {STATISTICS[how]} {names_in[code]}" for how, number, code in self.terms_.tolist()]

    def sources(self) -> list[tuple[int, ...]]:
        """Return the columns that each term is made from; a group's mean is made from the category alone."""
        return [(code,) if how == 2 else (number, code) for how, number, code in self.terms_.tolist()]


def highest(column: npt.NDArray[Any]) -> int:
    """Return how many levels a code column has in these rows, never more than there are rows."""
    return int(min(np.fmax.reduce(column, initial=-1.0) + 1, len(column)))


def places(codes: npt.NDArray[Any], size: Any) -> Ints:
    """Return codes as integers; missing and unknown is the place behind the last level."""
    return np.where((codes >= 0) & (codes < size), codes, size).astype(np.int64)


def _levels(values: npt.NDArray[Any], codes: Ints, n_codes: int) -> tuple[Floats, Floats]:
    known = ~np.isnan(values)
    kept = values[known].astype(np.float64)
    if not len(kept):
        return np.zeros(n_codes), np.ones(n_codes)
    middle, variance = float(kept.mean()), float(kept.var())
    count = np.bincount(codes[known], minlength=n_codes)
    centred = kept - middle
    mean = np.bincount(codes[known], centred, minlength=n_codes) / (count + PULL)
    squares = np.bincount(codes[known], (centred - mean[codes[known]]) ** 2, minlength=n_codes)
    scale = np.sqrt((squares + PULL * variance) / (count + PULL))
    return mean + middle, np.where(scale > 0, scale, 1.0)
