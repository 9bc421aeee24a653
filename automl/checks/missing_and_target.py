"""Columns whose being missing says much about the target.

A value may be missing because of the outcome (no date of discharge for those who died) or because of what also causes
it. In the first case the column is a leak that isn't perfect; only who knows the table can tell.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from automl.checks.subject import FloatArray, Subject
from automl.values.finding import Finding, named

_STRONG = 0.09  # of the target's variation: a correlation of 0.3
_NEARLY_A_LEAK = 0.5
_MIN_SIDE = 20  # rows with and without a value


def check_missing_and_target(subject: Subject) -> Iterator[Finding]:
    """Find columns whose gaps explain a good part of the target."""
    rows = subject.sample
    y = _columns(subject)[rows]
    shares = {}
    for column in subject.schema.used:
        gap = subject.is_missing(column.name)[rows]
        if min(int(gap.sum()), int((~gap).sum())) < _MIN_SIDE:
            continue
        share = _explained(gap, y)
        if share >= _STRONG:
            shares[column.name] = round(share, 4)
    if not shares:
        return
    names = sorted(shares, key=lambda name: -shares[name])
    yield Finding.of(
        "missing-tells-target",
        f"{named(names)}: whether a value is missing alone explains "
        f"{'up to ' if len(names) > 1 else ''}{shares[names[0]]:.0%} of {subject.task.target}.",
        columns=names,
        severity="warning" if shares[names[0]] >= _NEARLY_A_LEAK else "note",
        explained=shares,
    )


def _columns(subject: Subject) -> FloatArray:
    """Return the target as columns to be explained: one per label, or the ranks."""
    if subject.task.is_classification:
        return np.eye(subject.task.n_classes)[subject.y.astype(np.intp)]
    _, number, counts = np.unique(subject.y, return_inverse=True, return_counts=True)
    ranks = np.cumsum(counts) - (counts - 1) / 2
    return np.asarray(ranks[number][:, None], dtype=np.float64)


def _explained(gap: npt.NDArray[np.bool_], y: FloatArray) -> float:
    total = float(((y - y.mean(axis=0)) ** 2).sum())
    rest = sum(float(((y[side] - y[side].mean(axis=0)) ** 2).sum()) for side in (gap, ~gap))
    return 1 - rest / total if total else 0.0
