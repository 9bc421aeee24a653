"""Columns that name the row: a different number or text in (nearly) every row.

Those with a different value in every row have been set aside when the table was described. Texts that nearly never
repeat are used still, and said aloud.
"""

from __future__ import annotations

from collections.abc import Iterator

from automl.checks.subject import Subject
from automl.values.finding import Finding, named
from automl.values.schema import Column

_NEARLY = 0.95  # different values per row that has one
_MIN_ROWS = 30


def check_identifiers(subject: Subject) -> Iterator[Finding]:
    """Find columns that name the row."""
    aside = [column for column in subject.schema if column.role == "identifier"]
    if aside:
        names = [column.name for column in aside]
        verb = "has a different value in every row and is" if len(names) == 1 else "name the row each and are"
        yield Finding.of(
            "identifier",
            f"{named(names)} {verb} set aside.",
            columns=names,
            reasons={column.name: column.reason for column in aside},
        )
    nearly = {column.name: share for column in subject.schema if (share := _uniqueness(subject, column)) >= _NEARLY}
    if nearly:
        yield Finding.of(
            "identifier",
            f"{named(list(nearly))} hardly ever {'repeats' if len(nearly) == 1 else 'repeat'} a value, "
            "as if it named the row.",
            columns=nearly,
            advice="roles={…: 'ignored'} sets a column aside, if it says nothing but which row it is.",
            different={name: round(share, 4) for name, share in nearly.items()},
        )


def _uniqueness(subject: Subject, column: Column) -> float:
    """Return how many different values there are for each value that is there, of a column of names or codes."""
    if column.role not in ("category", "high_cardinality"):
        return 0.0
    present = int((subject.codes(column.name) >= 0).sum())
    return subject.n_levels(column.name) / present if present >= _MIN_ROWS else 0.0
