"""Differences between groups: how large, how sure, and which are clear.

Rows are drawn anew within each group (bootstrap), which gives every measure of every group a standard error. Of each
measure the two groups farthest apart are told; because they were picked from all pairs, the interval of their
difference is widened for the number of pairs (Bonferroni), and only a difference whose interval leaves 0 out is called
clear.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt
from scipy.stats import norm

from automl.evaluation.rates import COMPARED, SHARES, Measures, ratio
from automl.values.algorithm import FloatArray, IntArray

DRAWS = 500
FEWEST_ROWS = 30
"""Rows below which a group is not compared."""
FEWEST_COUNTED = 10
"""Rows that a rate must be of, such as rows with the label for a true positive rate."""
_AT_ONCE = 2_000_000  # cells of weights


@dataclass(frozen=True, slots=True)
class Gap:
    """The largest difference of a measure between two groups.

    Attributes
    ----------
    measure
        Its name.
    higher, lower
        The groups, with the values ``high_value`` and ``low_value``.
    gap, low, high
        The difference and its interval.
    is_clear
        Whether the interval leaves 0 out.
    ratio
        ``low_value / high_value`` of shares, NaN of others.
    """

    measure: str
    higher: str
    lower: str
    high_value: float
    low_value: float
    gap: float
    low: float
    high: float
    is_clear: bool
    ratio: float


def group_errors(measures: Measures, group: IntArray, n_groups: int, seed: int) -> FloatArray:
    """Return bootstrap standard errors of each measure in each group, ``(n_groups, n_measures)``."""
    rng = np.random.default_rng(seed)
    found = np.full((n_groups, len(measures.names)), np.nan)
    for each in range(n_groups):
        rows = np.flatnonzero(group == each)
        above, below = measures.above[rows], measures.below[rows]
        draws = []
        at_once = max(1, _AT_ONCE // max(len(rows), 1))
        for start in range(0, DRAWS, at_once):
            size = min(at_once, DRAWS - start)
            times = rng.multinomial(len(rows), np.full(len(rows), 1 / len(rows)), size=size)
            draws.append(ratio(times @ above, times @ below))
        drawn = np.concatenate(draws)
        known = ~np.isnan(drawn).all(axis=0)
        found[each, known] = np.nanstd(drawn[:, known], axis=0, ddof=1)
        found[each] = np.fmax(found[each], _floor(measures, rows))
    return found


def _floor(measures: Measures, rows: IntArray) -> FloatArray:
    """Return the least standard error of a share: all of ten being right does not mean that all ever are."""
    counted = (measures.below[rows] > 0).sum(axis=0)
    value = measures.values(rows)
    inside = (np.nan_to_num(value) * counted + 1) / (counted + 2)
    is_edge = np.isin(value, (0.0, 1.0)) & np.array([name in SHARES for name in measures.names])
    return np.sqrt(np.where(is_edge, inside * (1 - inside) / (counted + 2), 0.0))


def is_comparable(measures: Measures, group: IntArray, n_groups: int) -> npt.NDArray[np.bool_]:
    """Return which measures rest on enough rows, ``(n_groups, n_measures)``."""
    size = np.bincount(group, minlength=n_groups)
    counted = np.array([(measures.below[group == each] > 0).sum(axis=0) for each in range(n_groups)])
    return np.asarray((size >= FEWEST_ROWS)[:, None] & (counted >= FEWEST_COUNTED))


def widest_gaps(
    names: tuple[str, ...],
    groups: tuple[str, ...],
    values: FloatArray,
    errors: FloatArray,
    comparable: npt.NDArray[np.bool_],
    level: float = 0.95,
) -> tuple[Gap, ...]:
    """Return the widest gap of each compared measure that two groups have."""
    found = []
    for m, name in enumerate(names):
        usable = [g for g in range(len(groups)) if comparable[g, m] and np.isfinite(values[g, m])]
        if name not in COMPARED or len(usable) < 2:
            continue
        n_pairs = len(list(combinations(usable, 2)))
        top, bottom = max(usable, key=lambda g: values[g, m]), min(usable, key=lambda g: values[g, m])
        if top == bottom:
            top, bottom = usable[0], usable[1]
        gap = float(values[top, m] - values[bottom, m])
        error = float(np.hypot(errors[top, m], errors[bottom, m]))
        reach = float(norm.ppf(1 - (1 - level) / 2 / n_pairs)) * error
        found.append(
            Gap(
                measure=name,
                higher=groups[top],
                lower=groups[bottom],
                high_value=float(values[top, m]),
                low_value=float(values[bottom, m]),
                gap=gap,
                low=gap - reach,
                high=min(gap + reach, 1.0) if name in SHARES else gap + reach,
                is_clear=gap - reach > 0,
                ratio=float(values[bottom, m] / values[top, m]) if name in SHARES and values[top, m] > 0 else np.nan,
            )
        )
    return tuple(found)
