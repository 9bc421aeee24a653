"""Whole numbers that are no quantities: names of rows, and codes.

Three questions about the values of a column of whole numbers, each answered from the values alone:

* Does it count the rows, or name them? Then every value is there once, although that many draws from its range would
  have met by chance (:func:`names_rows`).
* Do its numbers stand for kinds of things: postcodes, product numbers, job codes? Then it uses far fewer different
  numbers than a quantity of the same spread would (:func:`looks_like_codes`).
* Is it a year? Then it is neither.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

MIN_ROWS = 30
"""Below this many rows, uniqueness says nothing."""
_YEARS = (1500, 2200)
_CHANCE_MEETINGS = 7.0  # so many pairs were to be expected; none at all has probability exp(-7) < 0.001
_CODE_SHARE = 0.5  # of the distinct values that a quantity would have had
_MIN_CODES = 4
_MIN_REPEATS = 2.0
_MAX_ZERO_SHARE = 0.05
_TAIL = 0.05
_MAX_EXACT = 2.0**53


def _is_year(low: float, high: float) -> bool:
    return _YEARS[0] <= low and high <= _YEARS[1]


def _step(distinct: npt.NDArray[np.float64]) -> float:
    """Return the greatest common divisor of the gaps between sorted distinct whole numbers."""
    gaps = np.diff(distinct)
    if float(gaps.max(initial=1.0)) >= _MAX_EXACT:
        return 1.0
    return float(max(1, np.gcd.reduce(gaps.astype(np.int64))))


def names_rows(distinct: npt.NDArray[np.float64], n_rows: int) -> bool:
    """Tell whether whole numbers, all different, are names of the rows.

    They are where a uniform draw of as many rows from their range would have been expected to give the same number
    twice seven times or more (the birthday problem) and never did. A counter is the extreme case of it.

    Parameters
    ----------
    distinct
        The sorted distinct values.
    n_rows
        Rows of the table, missing ones included.

    Examples
    --------
    >>> names_rows(np.arange(1.0, 101.0), 100)
    True
    >>> names_rows(np.arange(1901.0, 2001.0), 100)  # years of a series
    False
    """
    if n_rows < MIN_ROWS or len(distinct) < n_rows:
        return False
    low, high = float(distinct[0]), float(distinct[-1])
    if _is_year(low, high):
        return False
    slots = (high - low) / _step(distinct) + 1
    return n_rows * (n_rows - 1) / (2 * slots) >= _CHANCE_MEETINGS


def looks_like_codes(x: npt.NDArray[np.float64], distinct: npt.NDArray[np.float64]) -> bool:
    """Tell whether whole numbers stand for kinds rather than for amounts.

    Codes are above zero, repeat, and leave out most of the numbers in between: the middle nine tenths of the rows show
    fewer than half of the distinct values that they would have shown if they had fallen anywhere within each tenth of
    their distribution. Ages, counts of rooms and hours use nearly every number in their bulk; prices hardly repeat;
    sums that mostly are zero are amounts.

    Parameters
    ----------
    x
        The values without missing ones.
    distinct
        Its sorted distinct values.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> postcodes = rng.choice(np.sort(rng.choice(9000, 300, replace=False)) + 1000.0, 5000)
    >>> ages = rng.integers(18, 90, 5000).astype(float)
    >>> looks_like_codes(postcodes, np.unique(postcodes)), looks_like_codes(ages, np.unique(ages))
    (True, False)
    """
    if len(distinct) < _MIN_CODES or len(x) < _MIN_REPEATS * len(distinct) or _is_year(distinct[0], distinct[-1]):
        return False
    if np.mean(x <= 0) > _MAX_ZERO_SHARE:
        return False
    low, high = np.quantile(x, (_TAIL, 1 - _TAIL), method="lower")  # thin tails leave numbers out, in amounts too
    x, distinct = x[(x >= low) & (x <= high)], distinct[(distinct >= low) & (distinct <= high)]
    if len(distinct) < _MIN_CODES:
        return False
    edges = np.unique(np.quantile(x, np.linspace(0, 1, 11), method="lower"))
    counts = np.histogram(x, edges)[0]
    slots = np.maximum(np.diff(edges) / _step(distinct), 1.0)
    slots[-1] += 1  # the last bin holds both of its ends
    expected = float(np.sum(-slots * np.expm1(-counts / slots)))
    return len(distinct) < _CODE_SHARE * expected
