"""Confidence sequences: intervals that hold at all times together, so that one may look as often as one likes.

A 95 % confidence interval is right 95 times of 100 at one moment that was chosen beforehand. Whoever looks every day
and stops at the first finding is wrong far more often. A confidence sequence is right at *every* moment with 95 %.

* :func:`boundary`: Robbins' normal mixture (1970) in units of the standard error, the way Waudby-Smith et al.,
  "Time-uniform central limit theory and asymptotic confidence sequences" (2021), use it: the mean of anything with a
  variance, by the central limit theorem. It holds asymptotically; :data:`FIRST_ROWS` and, for rates, a count of one
  more hit and miss in the variance keep it honest while rows are few, which simulations confirm
  (``benchmarks/abtest.py``).
* :class:`Bernstein`: the empirical Bernstein sequence with predictable weights of Waudby-Smith and Ramdas, "Estimating
  means of bounded random variables by betting" (2023). It holds exactly for values with known bounds, from the first
  row on, and is wider.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.floating[Any]]

FIRST_ROWS = 100
"""Rows an arm needs before the asymptotic sequence says anything."""
_MOST_WEIGHT = 0.5  # of a value in the Bernstein sequence; below 1


def boundary(progress: float | FloatArray, level: float) -> FloatArray:
    """Return how many standard errors an estimate may lie from the truth, at all times together.

    Parameters
    ----------
    progress
        Rows so far over the rows for which it is narrowest; above 0.
    level
        With this chance the truth is never outside.

    Examples
    --------
    >>> boundary(np.array([0.1, 1.0, 2.0]), 0.95).round(2).tolist()
    [3.82, 3.04, 3.06]
    """
    rho = 1 / _mixture(level)
    t = np.asarray(progress, dtype=float)
    return np.sqrt((1 + rho / t) * np.log((t + rho) / (rho * (1 - level) ** 2)))


@cache
def _mixture(level: float) -> float:
    """Return the variance of the mixture that makes the boundary lowest at a progress of 1."""
    wide = -2 * math.log(1 - level)
    variance = wide
    for _ in range(50):  # a contraction
        variance = wide + math.log1p(variance)
    return variance


def error_and_progress(n_a: Any, of_a: Any, n_b: Any, of_b: Any) -> tuple[Any, Any]:
    """Return the standard error of a difference of two means, and the rows an arm that it is worth.

    An arm with few skewed values often misses the large ones, and then both its mean and its variance are too low.
    Each arm's variance alone would take that for a finding; so where the variance of both arms together says that the
    error is larger, that counts. Where the arms have equally many rows, it never does.

    Parameters
    ----------
    n_a, n_b
        Rows of each arm: numbers or arrays.
    of_a, of_b
        Variances of one value.

    Examples
    --------
    >>> [float(each) for each in error_and_progress(100, 4.0, 100, 5.0)]
    [0.3, 100.0]
    """
    together = (n_a * of_a + n_b * of_b) / (n_a + n_b)
    square = np.maximum(of_a / n_a + of_b / n_b, together / n_a + together / n_b)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.sqrt(square), np.divide(of_a + of_b, square)


@dataclass(frozen=True, slots=True)
class Bernstein:
    """The state of an empirical Bernstein confidence sequence for the mean of values in ``[0, 1]``.

    Attributes
    ----------
    level
        With this chance the mean is never outside.
    n, total, squares, weights, weighted, spent
        Rows; sums of values, of squared deviations from the running mean, of weights and of weighted values; and what
        the weights cost.

    Examples
    --------
    >>> low, high = Bernstein(0.95).plus(np.array([0.0, 1.0] * 500)).interval
    >>> bool(0.4 < low < 0.5 < high < 0.6)
    True
    """

    level: float
    n: int = 0
    total: float = 0.0
    squares: float = 0.0
    weights: float = 0.0
    weighted: float = 0.0
    spent: float = 0.0

    def plus(self, values: FloatArray) -> Bernstein:
        """Return the state after these values, in their order."""
        if not len(values):
            return self
        x = np.asarray(values, dtype=float)
        path = self.path(x)
        return Bernstein(self.level, self.n + len(x), *(float(each[-1]) for each in path))

    def path(self, x: FloatArray) -> tuple[FloatArray, ...]:
        """Return the five sums after each value of ``x``, which may be ``(…, n)`` for many sequences at once."""
        t = self.n + np.arange(1, x.shape[-1] + 1)
        total = self.total + np.cumsum(x, axis=-1)
        mean = (0.5 + total) / (t + 1)
        mean_before = (0.5 + total - x) / t
        squares = self.squares + np.cumsum((x - mean) ** 2, axis=-1)
        variance_before = (0.25 + squares - (x - mean) ** 2) / t
        weight = np.sqrt(2 * math.log(2 / (1 - self.level)) / (variance_before * t * np.log1p(t)))
        weight = np.minimum(weight, _MOST_WEIGHT)
        cost = (-np.log1p(-weight) - weight) * (x - mean_before) ** 2
        return (
            total,
            squares,
            self.weights + np.cumsum(weight, axis=-1),
            self.weighted + np.cumsum(weight * x, axis=-1),
            self.spent + np.cumsum(cost, axis=-1),
        )

    @property
    def interval(self) -> tuple[float, float]:
        """The interval of the mean now."""
        if self.weights == 0:
            return 0.0, 1.0
        low, high = bernstein_interval(self.weights, self.weighted, self.spent, self.level)
        return float(low), float(high)


def bernstein_interval(weights: Any, weighted: Any, spent: Any, level: float) -> tuple[Any, Any]:
    """Return the interval that the sums of :class:`Bernstein` give, numbers or arrays."""
    center = weighted / weights
    reach = (math.log(2 / (1 - level)) + spent) / weights
    return np.maximum(center - reach, 0.0), np.minimum(center + reach, 1.0)
