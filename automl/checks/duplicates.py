"""Rows that stand in the table more than once, and equal rows with different targets.

Rows are equal if all columns are, but a counter of the rows. Copies fall on both sides of shuffled folds, so that
models are judged on rows that they have seen. Where all columns have few values, equal rows are to be expected; that is
told as a note. Rows that are equal in all columns that models see, and have different targets, bound what any model
can reach: of two labels one is wrong.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from automl.checks.subject import Subject, keys_of
from automl.values.finding import Finding
from automl.values.finding_codes import Severity

_SHARE = 0.01  # of the rows
_UNEXPLAINED = 0.05  # of a quantity's variance, between rows that are equal


def check_duplicates(subject: Subject) -> Iterator[Finding]:
    """Find rows that repeat an earlier one, target included."""
    target = np.unique(subject.y, return_inverse=True)[1]
    keys = keys_of([subject.row_keys.view(np.int64), target], subject.n_rows)
    _, number, counts = np.unique(keys, return_inverse=True, return_counts=True)
    copies = int((counts - 1).sum())
    if copies < 2 or copies < _SHARE * subject.n_rows:
        return
    to_be_expected = _combinations(subject) <= math.log(subject.n_rows)
    seen = _validated_and_trained(subject, number)
    severity: Severity = "note" if to_be_expected or seen == 0 else "warning"
    told = f"{copies:,} of {subject.n_rows:,} rows repeat an earlier row, target included"
    if seen is not None and seen > 0:
        told += f"; {seen:.1%} of the rows validated in the first fold are trained on there"
    if to_be_expected:
        told += ", as is to be expected of columns with so few values"
    yield Finding.of(
        "duplicate-rows",
        f"{told}.",
        severity=severity,
        count=copies,
        share=round(copies / subject.n_rows, 6),
        most_often=int(counts.max()),
        validated_and_trained=None if seen is None else round(seen, 6),
    )


def check_conflicts(subject: Subject) -> Iterator[Finding]:
    """Find rows that are equal but for the target."""
    _, number, counts = np.unique(subject.seen_keys, return_inverse=True, return_counts=True)
    if subject.task.is_classification:
        yield from _conflicting_labels(subject, number, counts)
    else:
        yield from _conflicting_amounts(subject, number, counts)


def _conflicting_labels(
    subject: Subject, number: npt.NDArray[np.intp], counts: npt.NDArray[np.intp]
) -> Iterator[Finding]:
    pairs = number * subject.task.n_classes + subject.y.astype(np.intp)
    seen, rows = np.unique(pairs, return_counts=True)
    best = np.zeros(len(counts), dtype=np.intp)
    np.maximum.at(best, seen // subject.task.n_classes, rows)
    wrong = int((counts - best).sum())
    if wrong < 2 or wrong < _SHARE * subject.n_rows:
        return
    involved = int(counts[best < counts].sum())
    yield Finding.of(
        "conflicting-duplicates",
        f"{involved:,} of {subject.n_rows:,} rows have an equal row with another label of {subject.task.target}: no "
        f"model can have an accuracy above {1 - wrong / subject.n_rows:.1%} on them all.",
        rows=involved,
        share=round(involved / subject.n_rows, 6),
        best_accuracy=round(1 - wrong / subject.n_rows, 6),
    )


def _conflicting_amounts(
    subject: Subject, number: npt.NDArray[np.intp], counts: npt.NDArray[np.intp]
) -> Iterator[Finding]:
    y = subject.y.astype(np.float64)
    means = np.bincount(number, y) / counts
    between_equals = float(((y - means[number]) ** 2).sum())
    variation = float(((y - y.mean()) ** 2).sum())
    share = between_equals / variation if variation else 0.0
    involved = int(counts[counts > 1].sum())
    if share < _UNEXPLAINED:
        return
    yield Finding.of(
        "conflicting-duplicates",
        f"{involved:,} of {subject.n_rows:,} rows have an equal row, and {subject.task.target} differs among equals: "
        f"no model can explain more than {1 - share:.0%} of its variance on them all.",
        rows=involved,
        share=round(involved / subject.n_rows, 6),
        best_r2=round(1 - share, 6),
    )


def _combinations(subject: Subject) -> float:
    """Return the logarithm of how many different rows the columns' values could make."""
    levels = [subject.n_levels(column.name) + 1 for column in subject.schema.used]
    return sum(map(math.log, levels))


def _validated_and_trained(subject: Subject, number: npt.NDArray[np.intp]) -> float | None:
    """Return the share of the first fold's validated rows of which a copy is trained on."""
    if subject.folds is None:
        return None
    train, valid = subject.folds.splits[0]
    is_trained = np.zeros(int(number.max()) + 1, dtype=bool)
    is_trained[number[train]] = True
    return float(is_trained[number[valid]].mean())
