"""Columns that are the same in every row, or in nearly every one."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from automl.checks.subject import Subject, levels_of
from automl.values.finding import Finding, named
from automl.values.schema import Column

_NEARLY = 0.999  # of the rows
_MIN_ROWS = 100
_GLANCE = 0.98  # of a sample, below which a column needs no look at all rows


def check_constants(subject: Subject) -> Iterator[Finding]:
    """Find columns of one value."""
    aside = [column for column in subject.schema if column.role == "constant"]
    if aside:
        names = [column.name for column in aside]
        verb = "has one value only and is" if len(names) == 1 else "have one value each and are"
        yield Finding.of(
            "constant",
            f"{named(names)} {verb} set aside.",
            columns=names,
            reasons={column.name: column.reason for column in aside},
        )


def check_near_constants(subject: Subject) -> Iterator[Finding]:
    """Find columns of one value but for a few rows, missing cells counted as a value."""
    if subject.n_rows < _MIN_ROWS:
        return
    shares = {}
    for column in subject.schema.used:
        if not _may_be_constant(subject, column):
            continue
        share = float(np.bincount(subject.codes(column.name) + 1).max()) / subject.n_rows
        if share >= min(_NEARLY, 1 - 1.5 / subject.n_rows):
            shares[column.name] = round(share, 6)
    if shares:
        names = list(shares)
        least = min(shares.values())
        verb = "has the same value" if len(names) == 1 else "have one value each"
        yield Finding.of(
            "near-constant",
            f"{named(names)} {verb} in {least:.2%} of the rows{' or more' if len(names) > 1 else ''}.",
            columns=names,
            shares=shares,
        )


def _may_be_constant(subject: Subject, column: Column) -> bool:
    codes, _ = levels_of(subject.some(column.name), column)
    return float(np.bincount(codes + 1).max()) >= _GLANCE * len(codes)
