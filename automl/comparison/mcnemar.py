"""The test of two classifiers' decisions on the same rows, from the rows where one is right and the other wrong.

McNemar, "Note on the sampling error of the difference between correlated proportions or percentages" (1947). Rows that
both get right, or both wrong, say nothing about which is better. Among the others, an equally good pair wins as often
as it loses: by the binomial distribution where they are few, by its normal approximation where they are many.
"""

from __future__ import annotations

import math
from functools import partial

from scipy import stats

from automl.comparison.evidence import PairedTest, in_deviations, normal

FEW = 25
"""Below so many rows on which the two disagree the test is exact."""


def mcnemar(b_right: int, a_right: int, n_rows: int) -> PairedTest:
    """Return McNemar's test.

    Parameters
    ----------
    b_right, a_right
        Rows that B alone gets right, and that A alone does.
    n_rows
        All rows.

    Examples
    --------
    >>> test = mcnemar(8, 1, 100)
    >>> round(test.gain, 3), round(test.p, 4)
    (0.07, 0.0391)
    """
    differing = b_right + a_right
    gain = (b_right - a_right) / n_rows
    error = math.sqrt(differing) / n_rows  # as it is where both are equally good
    if differing < FEW:
        p = float(stats.binomtest(b_right, differing).pvalue) if differing else 1.0
        name, bounds = "McNemar's exact test", partial(exact_bounds, b_right, a_right, n_rows)
    else:
        name = "McNemar's test"
        p, bounds = normal(gain, error)  # type: ignore[assignment]
    return PairedTest(
        name=name,
        reason=(
            f"decisions are right or wrong, and only the {differing:,} of {n_rows:,} rows where one is right and the "
            "other wrong tell them apart"
        ),
        gain=gain,
        standard_error=error,
        p=p,
        effect_size=in_deviations(gain, error * math.sqrt(n_rows)),
        n=n_rows,
        unit="rows",
        bounds=bounds,
    )


def exact_bounds(b_right: int, a_right: int, n_rows: int, level: float) -> tuple[float, float]:
    """Return an interval of the gain that leaves 0 outside where the exact test does.

    It joins the exact interval of B's share of the rows on which they differ with that of how many such rows there are
    (Clopper and Pearson 1934), so it is wide rather than narrow.

    Examples
    --------
    >>> [round(each, 3) for each in exact_bounds(0, 0, 100, 0.95)]
    [-0.036, 0.036]
    """
    differing = b_right + a_right
    fewest, most = _clopper_pearson(differing, n_rows, level)
    low, high = (2 * share - 1 for share in _clopper_pearson(b_right, differing, level))
    return (low * (most if low < 0 else fewest), high * (fewest if high < 0 else most))


def _clopper_pearson(hits: int, n: int, level: float) -> tuple[float, float]:
    if n == 0:
        return 0.0, 1.0
    found = stats.binomtest(hits, n).proportion_ci(confidence_level=level, method="exact")
    return float(found.low), float(found.high)
