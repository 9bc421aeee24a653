"""Numbers that stand for "not known", and numbers that can't be.

A placeholder is one number, in several rows, that stands apart from all others in one of three ways: a single negative
number in a column that is else positive (-1, -999); a row of nines above all others (999, 99999); zero in a column of
measurements that come nowhere near it. An outlier is a few numbers so far beyond the others, in their own units and in
orders of magnitude, that a slip of the pen is likelier than a long tail.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pandas as pd

from automl.checks.subject import FloatArray, Subject
from automl.values.finding import Finding

_MIN_ROWS = 50
_GLANCE = 1_000
_MIN_LEVELS = 10  # different numbers; fewer are grades or kinds
_MIN_REPEATS = 3
_MIN_NINES = 5
_APART = 1.5  # times the next largest number, from which a row of nines stands apart
_MEASURES = 20  # different numbers of a measurement
_LOWEST = 0.2  # of the median, above which a measurement's smallest number lies that comes nowhere near zero
_GAP = 5.0  # usual steps between such numbers
_MOST_ZEROS = 0.5
_FAR = 3.0  # times as far from the median as the next number
_FAR_IN_MAGNITUDES = 1.5
_FEW = 3
_FEW_SHARE = 1e-4
_SHOWN = 5


def check_placeholders(subject: Subject) -> Iterator[Finding]:
    """Find a number that stands for "not known"."""
    found = {
        name: placeholder
        for name, values in _measured(subject)
        if (placeholder := find_placeholder(values)) is not None
    }
    if not found:
        return
    shown = "; ".join(
        f"{name!r} is {value:.15g} in {rows:,} rows, and else {low:.6g} to {high:.6g}"
        for name, (value, rows, low, high) in list(found.items())[:_SHOWN]
    )
    more = f"; and {len(found) - _SHOWN} more columns" if len(found) > _SHOWN else ""
    yield Finding.of(
        "placeholder-value",
        f"A number may stand for 'not known' or 'none': {shown}{more}.",
        columns=found,
        values={name: {"value": value, "rows": rows} for name, (value, rows, _, _) in found.items()},
    )


def check_outliers(subject: Subject) -> Iterator[Finding]:
    """Find numbers far from all others."""
    found = {name: far for name, values in _measured(subject) if (far := find_outliers(values))}
    if not found:
        return
    shown = "; ".join(
        f"{name!r} holds {', '.join(f'{each:.6g}' for each in far[0])}, and else "
        f"{'at most' if far[0][0] > far[1] else 'at least'} {far[1]:.6g}"
        for name, far in list(found.items())[:_SHOWN]
    )
    more = f"; and {len(found) - _SHOWN} more columns" if len(found) > _SHOWN else ""
    yield Finding.of(
        "outliers",
        f"A few numbers lie far from all others: {shown}{more}.",
        columns=found,
        values={name: far[0] for name, far in found.items()},
    )


def _measured(subject: Subject) -> Iterator[tuple[str, FloatArray]]:
    for column in subject.schema:
        if column.role == "numeric" and not column.code_like:
            values = subject.numbers(column.name)
            present = values[~np.isnan(values)]
            if len(present) >= _MIN_ROWS:
                yield column.name, present


def find_placeholder(values: FloatArray) -> tuple[float, int, float, float] | None:
    """Return a number that stands apart in several rows, these rows' count, and the range of the others.

    Examples
    --------
    >>> find_placeholder(np.r_[np.arange(1.0, 61.0), [-1.0] * 5])
    (-1.0, 5, 1.0, 60.0)
    >>> find_placeholder(np.arange(-30.0, 31.0)) is None
    True
    """
    distinct, counts = np.unique(values, return_counts=True)
    if len(distinct) < _MIN_LEVELS:
        return None
    if distinct[0] < 0 <= distinct[1] and counts[0] >= _MIN_REPEATS and counts[0] > counts[-_MIN_LEVELS:].max():
        return float(distinct[0]), int(counts[0]), float(distinct[1]), float(distinct[-1])
    if _is_nines(distinct[-1]) and counts[-1] >= _MIN_NINES and distinct[-1] >= _APART * distinct[-2] > 0:
        return float(distinct[-1]), int(counts[-1]), float(distinct[0]), float(distinct[-2])
    if distinct[0] == 0 and counts[0] >= _MIN_REPEATS and _is_far_from_zero(distinct[1:], values, int(counts[0])):
        return 0.0, int(counts[0]), float(distinct[1]), float(distinct[-1])
    return None


def _is_nines(value: float) -> bool:
    return bool(value >= 99 and value == int(value) and set(str(int(value))) == {"9"})


def _is_far_from_zero(distinct: npt.NDArray[np.float64], values: FloatArray, zeros: int) -> bool:
    """Tell whether positive numbers stay away from zero by many of their usual steps."""
    if len(distinct) < _MEASURES or zeros > _MOST_ZEROS * len(values):
        return False
    low = float(distinct[0])
    step = float(np.median(np.diff(distinct[: max(2, len(distinct) // 2)])))
    return low >= _LOWEST * float(np.median(values[values > 0])) and low >= _GAP * step


def find_outliers(values: FloatArray) -> tuple[list[float], float] | None:
    """Return the few numbers that lie far from all others, and the number next to them; ``None`` without any.

    Examples
    --------
    >>> find_outliers(np.r_[np.arange(1.0, 101.0), 5800.0])
    ([5800.0], 100.0)
    """
    if len(pd.unique(values[:_GLANCE])) < _MIN_LEVELS and len(pd.unique(values)) < _MIN_LEVELS:
        return None
    middle = float(np.median(values))
    most = max(_FEW, int(_FEW_SHARE * len(values)))
    for sign in (1.0, -1.0):
        distances = np.sort(np.partition(sign * (values - middle), -most - 1)[-most - 1 :])[::-1]
        for many in range(most, 0, -1):
            inner, outer = float(distances[many]), float(distances[many - 1])
            if inner > 0 and outer >= _FAR * inner and _differs_in_magnitude(middle, sign * inner, sign * outer):
                return [float(middle + sign * each) for each in distances[:many]], float(middle + sign * inner)
    return None


def _differs_in_magnitude(middle: float, inner: float, outer: float) -> bool:
    """Tell whether, of a positive column, the outer number is far beyond the inner one on a logarithmic scale too."""
    near, far = middle + inner, middle + outer
    if middle <= 0 or near <= 0 or far <= 0:
        return True
    return bool(abs(np.log(far / middle)) >= _FAR_IN_MAGNITUDES * abs(np.log(near / middle)))
