"""Labels that few rows have: too few to learn, or few beside a label that most rows have."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from automl.checks.subject import Subject
from automl.values.finding import Finding
from automl.values.finding_codes import Severity

_RARE = 10  # rows
_SMALL = 0.1  # share of the smaller of two labels
_LARGE = 0.9  # share of the largest of several
_SHOWN = 4
_WON_BY_THE_FREQUENT = ("accuracy",)


def check_rare_classes(subject: Subject) -> Iterator[Finding]:
    """Find labels with fewer than ten rows."""
    if not subject.task.is_classification:
        return
    counts = _counts(subject)
    rare = {label: count for label, count in sorted(counts.items(), key=lambda each: each[1]) if count < _RARE}
    if not rare:
        return
    shown = ", ".join(f"{label!r} ({count})" for label, count in list(rare.items())[:_SHOWN])
    more = f" and {len(rare) - _SHOWN} more" if len(rare) > _SHOWN else ""
    labels = "Label" if len(rare) == 1 else "Labels"
    yield Finding.of(
        "rare-class",
        f"{labels} {shown}{more} of {subject.task.target} "
        f"{'has' if len(rare) == 1 else 'have'} fewer than {_RARE} rows.",
        rows={str(label): count for label, count in rare.items()},
    )


def check_imbalance(subject: Subject) -> Iterator[Finding]:
    """Find a label that is rare beside the others; a warning where the metric rewards predicting the frequent one."""
    if not subject.task.is_classification:
        return
    counts = _counts(subject)
    low, high = min(counts, key=lambda each: counts[each]), max(counts, key=lambda each: counts[each])
    small, large = counts[low] / subject.n_rows, counts[high] / subject.n_rows
    if (small if len(counts) == 2 else 1 - large) >= (_SMALL if len(counts) == 2 else 1 - _LARGE):
        return
    severity: Severity = "warning" if subject.metric in _WON_BY_THE_FREQUENT else "note"
    told = (
        f"{small:.1%} of the rows have the label {low!r} of {subject.task.target}."
        if len(counts) == 2
        else f"{large:.1%} of the rows have the same label of {subject.task.target}, {high!r}."
    )
    if severity == "warning":
        told += f" Who always says {high!r} has an accuracy of {large:.1%}."
    yield Finding.of(
        "imbalance", told, severity=severity, smallest=round(small, 6), largest=round(large, 6), metric=subject.metric
    )


def _counts(subject: Subject) -> dict[object, int]:
    counts = np.bincount(subject.y.astype(np.intp), minlength=subject.task.n_classes)
    return {label: int(count) for label, count in zip(subject.task.classes, counts, strict=True)}
