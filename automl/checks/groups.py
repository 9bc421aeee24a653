"""Rows that belong together and stand in different folds: the same patient, customer or family twice.

The sign is a column of names or of whole numbers that has one to five rows a value on average, and rows of one value
agree in several other columns nearly always, where rows in general don't. Amounts repeat too, but rows of the same
amount agree in nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from automl.checks.subject import IntArray, Subject
from automl.values.finding import Finding
from automl.values.schema import Column

_ROWS_EACH = (1.05, 5.0)  # on average
_MOSTLY_THERE = 0.5  # of the rows have a value
_MIN_PAIRS = 50
_MOST_PAIRS = 20_000
_AGREE = 0.8  # beyond chance
_MOST_BY_CHANCE = 0.9  # a column in which nearly all rows agree tells nothing
_MIN_COLUMNS = 3  # that agree


def check_groups(subject: Subject) -> Iterator[Finding]:
    """Find a column whose values have several rows each, which folds split."""
    if subject.dataset.groups is not None or subject.dataset.times is not None:
        return
    for column in subject.schema.used:
        if not _may_name(subject, column):
            continue
        first, second = pairs_of(subject.codes(column.name))
        if len(first) < _MIN_PAIRS:
            continue
        agreeing = [
            each.name
            for each in subject.schema.used
            if each.name != column.name and each.role != "text" and _agree(subject.codes(each.name), first, second)
        ]
        if len(agreeing) >= _MIN_COLUMNS:
            yield _finding(subject, column, agreeing)


def _finding(subject: Subject, column: Column, agreeing: list[str]) -> Finding:
    codes = subject.codes(column.name)
    present = codes[codes >= 0]
    rows = np.bincount(present)
    shared = int(rows[rows > 1].sum())
    return Finding.of(
        "groups-split",
        f"Column {column.name!r} has {len(rows):,} values in {len(present):,} rows, and rows of one value agree in "
        f"{len(agreeing)} other columns: they may be the same person or thing, and fall into different folds.",
        columns=[column.name],
        advice=f"groups={column.name!r} keeps the rows of one value in one fold.",
        values=len(rows),
        rows=len(present),
        rows_that_share=shared,
        agreeing=agreeing,
    )


def _may_name(subject: Subject, column: Column) -> bool:
    """Tell whether a column is of texts or whole numbers with few rows for each value."""
    if column.role not in ("category", "high_cardinality") and column.role != "numeric":
        return False
    present = int((subject.codes(column.name) >= 0).sum())
    low, high = _ROWS_EACH
    if present < _MOSTLY_THERE * subject.n_rows:
        return False
    if not low <= present / max(subject.n_levels(column.name), 1) <= high:
        return False
    if column.role != "numeric":
        return True
    numbers = subject.numbers(column.name)
    numbers = numbers[~np.isnan(numbers)]
    return bool(np.array_equal(numbers, np.floor(numbers)))


def pairs_of(codes: IntArray) -> tuple[IntArray, IntArray]:
    """Return pairs of rows that have the same value, each with the next such row, at most 20,000 of them.

    Examples
    --------
    >>> pairs_of(np.array([7, 3, 7, -1, 7, -1]))
    (array([0, 2]), array([2, 4]))
    """
    order = np.argsort(codes, kind="stable")
    same = (codes[order[1:]] == codes[order[:-1]]) & (codes[order[1:]] >= 0)
    first, second = order[:-1][same], order[1:][same]
    step = max(1, len(first) // _MOST_PAIRS)
    return first[::step], second[::step]


def _agree(codes: IntArray, first: IntArray, second: IntArray) -> bool:
    """Tell whether pairs of rows have the same value far more often than two rows by chance."""
    shares: npt.NDArray[np.float64] = np.bincount(codes + 1) / len(codes)
    chance = float((shares**2).sum())
    if chance > _MOST_BY_CHANCE:
        return False
    return (float((codes[first] == codes[second]).mean()) - chance) / (1 - chance) >= _AGREE
