"""Columns without a value, in all rows or in most."""

from __future__ import annotations

from collections.abc import Iterator

from automl.checks.subject import Subject
from automl.values.finding import Finding, named

_MOSTLY = 0.5  # of the rows


def check_missing(subject: Subject) -> Iterator[Finding]:
    """Find columns that are missing everywhere, or in more than half of the rows."""
    empty = [column for column in subject.schema if column.role == "missing"]
    if empty:
        names = [column.name for column in empty]
        yield Finding.of(
            "all-missing",
            f"{named(names)} {'has' if len(names) == 1 else 'have'} no value in any row and "
            f"{'is' if len(names) == 1 else 'are'} set aside.",
            columns=names,
            reasons={column.name: column.reason for column in empty},
        )
    shares = {
        column.name: round(float(subject.is_missing(column.name).mean()), 4)
        for column in subject.schema
        if column.is_used
    }
    mostly = {name: share for name, share in shares.items() if share > _MOSTLY}
    if mostly:
        names = list(mostly)
        often = f"{min(mostly.values()):.0%}" + (f" to {max(mostly.values()):.0%}" if len(names) > 1 else "")
        yield Finding.of(
            "mostly-missing",
            f"{named(names)} {'is' if len(names) == 1 else 'are'} missing in {often} of the rows.",
            columns=names,
            shares=mostly,
        )
