"""Too few rows to judge by: in the table, in a validation part, or of a label in every fold."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from automl.checks.subject import Subject
from automl.values.finding import Finding

_FEW = 50
_FEW_VALIDATED = 10
_RARE = 10  # rows of a label, below which check_rare_classes tells


def check_few_rows(subject: Subject) -> Iterator[Finding]:
    """Find that the table, or a part that is validated, has few rows."""
    if subject.n_rows < _FEW:
        yield Finding.of(
            "few-rows",
            f"The table has {subject.n_rows} rows with a target: scores of so few are mostly chance.",
            advice="Collect more rows.",
            rows=subject.n_rows,
        )
        return
    if subject.folds is None:
        return
    smallest = min(len(valid) for _, valid in subject.folds)
    if smallest < _FEW_VALIDATED:
        yield Finding.of(
            "few-rows",
            f"A validation part of the {len(subject.folds)} folds has {smallest} rows: its score is mostly chance.",
            advice="Lower cv.",
            rows=subject.n_rows,
            smallest_validation=smallest,
        )
    elif len(subject.folds) > 1 and subject.task.is_classification:
        yield from _absent_labels(subject, len(subject.folds))


def _absent_labels(subject: Subject, n_folds: int) -> Iterator[Finding]:
    """Find labels that aren't rare, but have fewer rows than there are folds."""
    counts = np.bincount(subject.y.astype(np.intp), minlength=subject.task.n_classes)
    few = {subject.task.classes[k]: int(counts[k]) for k in np.flatnonzero((counts >= _RARE) & (counts < n_folds))}
    if few:
        shown = ", ".join(f"{label!r} ({count})" for label, count in list(few.items())[:4])
        yield Finding.of(
            "few-rows",
            f"Labels with fewer rows than the {n_folds} folds are missing from some validation parts: {shown}.",
            advice="Lower cv.",
            labels={str(label): count for label, count in few.items()},
        )
