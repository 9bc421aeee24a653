"""What a paired test says: an estimate, how sure it is, and an interval at any level.

Every test speaks of the *gain*: by how much B is better than A. It is positive where B is better, whatever the metric's
direction, so that a drop of an error and a rise of a score read the same.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal

from scipy import stats

Bounds = Callable[[float], tuple[float, float]]
Chances = Callable[[float], tuple[float, float, float]]


@dataclass(frozen=True, slots=True)
class PairedTest:
    """One test of two candidates on the same rows or folds.

    Attributes
    ----------
    name
        As the field calls it.
    reason
        Why it is the right one here, in one clause.
    gain
        By how much B is better than A.
    standard_error
        Of the gain.
    p
        Chance of a gain at least this far from 0, either way, if both were equally good; NaN for a Bayesian test.
    effect_size
        The gain in standard deviations of what is paired: of rows, or of folds.
    n
        How many rows or folds are paired.
    unit
        Which of the two.
    bounds
        From a level to the interval of the gain.
    chances
        From a region of practical equivalence to the chances that A is better, that both are practically the same, and
        that B is better; ``None`` where the test gives none.
    """

    name: str
    reason: str
    gain: float
    standard_error: float
    p: float
    effect_size: float
    n: int
    unit: Literal["rows", "folds"]
    bounds: Bounds
    chances: Chances | None = None


def student_bounds(center: float, scale: float, df: float, level: float) -> tuple[float, float]:
    """Return the interval of a Student t distribution; an infinite ``df`` is a normal one.

    Examples
    --------
    >>> [round(each, 2) for each in student_bounds(0.0, 1.0, math.inf, 0.95)]
    [-1.96, 1.96]
    """
    reach = float(stats.t.ppf((1 + level) / 2, df)) * scale
    return center - reach, center + reach


def two_sided(center: float, scale: float, df: float) -> float:
    """Return the chance of a statistic at least so far from 0, either way; certain where nothing varies."""
    if scale == 0:
        return 1.0 if center == 0 else 0.0
    return float(2 * stats.t.sf(abs(center) / scale, df))


def normal(gain: float, standard_error: float) -> tuple[float, Bounds]:
    """Return the p-value and the intervals of an estimate that is normally distributed."""
    return two_sided(gain, standard_error, math.inf), partial(student_bounds, gain, standard_error, math.inf)


def in_deviations(gain: float, deviation: float) -> float:
    """Return a gain in standard deviations of the pairs; 0 where there is none, infinite where nothing varies."""
    if deviation > 0:
        return gain / deviation
    return math.copysign(math.inf, gain) if gain else 0.0


def rows_needed(
    n_rows: int, standard_error: float, effect: float, *, power: float = 0.8, level: float = 0.95
) -> int | None:
    """Return how many rows would show an effect of this size, by the variance that these rows had.

    The variance of a paired difference falls as one over the rows, so ``n_rows * ((z_level + z_power) * se / effect)²``
    rows have the chance ``power`` to find it.

    Returns
    -------
    int or None
        ``None`` where there is nothing to be shown: no effect, or no variance.

    Examples
    --------
    >>> rows_needed(1000, 0.01, 0.02)
    1963
    """
    if not (math.isfinite(effect) and effect != 0 and standard_error > 0):
        return None
    z = float(stats.norm.ppf((1 + level) / 2) + stats.norm.ppf(power))
    return math.ceil(n_rows * (z * standard_error / effect) ** 2)
