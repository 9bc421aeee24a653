"""A table that comes later (``test=``) beside the one that is learned from: its columns, its rows, its distributions.

Rows that stand in both make the later table too kind a judge. Columns that are distributed differently say that it was
drawn elsewhere or at another time; a difference counts if it is large (a tenth of the rows would have to move) and
surely no chance. Texts are not compared.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import chi2_contingency, ks_2samp

from automl.checks.subject import SAMPLE, FloatArray, IntArray, Subject, floats_of, keys_of, levels_of
from automl.values.finding import Finding, named
from automl.values.schema import Column

_SHARE = 0.01  # of the later table's rows
_MOVED = 0.1  # of the rows, that would have to change their value
_CHANCE = 1e-3  # over all columns
_BUCKETS = 30  # most frequent levels that are compared one by one
_SHOWN = 5
_ORDERED = ("numeric", "datetime", "duration")


def check_later_columns(subject: Subject) -> Iterator[Finding]:
    """Find columns that predictions need and the later table lacks."""
    if subject.test is None:
        return
    lacking = [column.name for column in subject.schema.used if column.name not in subject.test.columns]
    if lacking:
        yield Finding.of(
            "test-columns",
            f"The test table lacks {len(lacking)} of {len(subject.schema.used)} columns that predictions need: "
            f"{', '.join(map(repr, lacking[:_SHOWN]))}{', …' if len(lacking) > _SHOWN else ''}.",
            columns=lacking,
        )


def check_later_rows(subject: Subject) -> Iterator[Finding]:
    """Find rows that stand in both tables."""
    if subject.test is None or not (shared := _shared(subject)):
        return
    n_test = len(subject.test)
    ours, theirs = [], []
    for column in shared:
        both = _both(subject, column.name)
        codes = levels_of(both, column)[0]
        ours.append(codes[: subject.n_rows])
        theirs.append(codes[subject.n_rows :])
    known = np.unique(keys_of(ours, subject.n_rows))
    count = int(np.isin(keys_of(theirs, n_test), known).sum())
    if count < 2 or count < _SHARE * n_test:
        return
    levels = sum(math.log(subject.n_levels(column.name) + 1) for column in shared)
    to_be_expected = levels <= math.log(max(subject.n_rows, 2))
    told = f"{count:,} of {n_test:,} rows of the test table stand in the training table as well"
    yield Finding.of(
        "test-overlap",
        f"{told}, as is to be expected of columns with so few values." if to_be_expected else f"{told}.",
        severity="note" if to_be_expected else None,
        rows=count,
        share=round(count / n_test, 6),
    )


def check_later_distributions(subject: Subject) -> Iterator[Finding]:
    """Find columns that are distributed differently in the later table."""
    if subject.test is None:
        return
    shared = _shared(subject)
    moved = {}
    for column in shared:
        if column.role == "text":
            continue
        distance, chance = _difference(subject, column)
        if distance >= _MOVED and chance * len(shared) < _CHANCE:
            moved[column.name] = round(distance, 4)
    if not moved:
        return
    names = sorted(moved, key=lambda name: -moved[name])
    most = ", ".join(f"{name!r} ({moved[name]:.0%} of the rows)" for name in names[:_SHOWN])
    yield Finding.of(
        "test-drift",
        f"{named(names)} {'is' if len(names) == 1 else 'are'} distributed differently in the test table; what differs "
        f"most: {most}.",
        columns=names,
        distances=moved,
    )


def _shared(subject: Subject) -> list[Column]:
    assert subject.test is not None
    return [column for column in subject.schema.used if column.name in subject.test.columns]


def _both(subject: Subject, name: str) -> pd.Series:
    """Return a column of both tables, one below the other; as texts where their dtypes differ."""
    assert subject.test is not None
    ours, theirs = subject.values(name), subject.test[name]
    if ours.dtype != theirs.dtype and not (
        pd.api.types.is_numeric_dtype(ours.dtype) and pd.api.types.is_numeric_dtype(theirs.dtype)
    ):
        ours, theirs = ours.astype(object), theirs.astype(object)
    return pd.concat([ours, theirs], ignore_index=True)


def _difference(subject: Subject, column: Column) -> tuple[float, float]:
    """Return the share of rows that would have to move for the tables to be alike, and the chance of so much."""
    assert subject.test is not None
    later = subject.test[column.name].iloc[:: max(1, len(subject.test) // SAMPLE)]
    rows = subject.sample
    if column.role in _ORDERED:
        return _of_numbers(subject.numbers(column.name)[rows], floats_of(later, column))
    both = pd.concat([subject.values(column.name).iloc[rows].astype(object), later.astype(object)], ignore_index=True)
    codes = levels_of(both, column)[0]
    return _of_levels(codes[: len(rows)], codes[len(rows) :])


def _of_numbers(ours: FloatArray, theirs: FloatArray) -> tuple[float, float]:
    """Compare numbers by Kolmogorov and Smirnov's distance, and the shares that are missing."""
    gaps = _of_levels(np.isnan(ours).astype(np.int64), np.isnan(theirs).astype(np.int64))
    ours, theirs = ours[~np.isnan(ours)], theirs[~np.isnan(theirs)]
    if not len(ours) or not len(theirs):
        return gaps
    found = ks_2samp(ours, theirs, method="asymp")
    return max((float(found.statistic), float(found.pvalue)), gaps)


def _of_levels(ours: IntArray, theirs: IntArray) -> tuple[float, float]:
    """Compare the shares of the most frequent levels and of all others: total variation, and the chi-squared test."""
    levels, counts = np.unique(np.concatenate([ours, theirs]), return_counts=True)
    if len(levels) < 2:
        return 0.0, 1.0
    frequent = levels[np.argsort(-counts, kind="stable")[:_BUCKETS]]
    table = np.array([[*((part == level).sum() for level in frequent), 0] for part in (ours, theirs)], dtype=float)
    table[:, -1] = [len(ours) - table[0].sum(), len(theirs) - table[1].sum()]
    table = table[:, table.sum(axis=0) > 0]
    shares: npt.NDArray[np.float64] = table / table.sum(axis=1, keepdims=True)
    return float(np.abs(shares[0] - shares[1]).sum() / 2), float(chi2_contingency(table)[1])
