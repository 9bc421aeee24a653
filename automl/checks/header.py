"""A file without a line of column names.

This is about how the file was read, not about the table: columns that the reader called by their numbers.
"""

from __future__ import annotations

from collections.abc import Iterator

from automl.checks.subject import Subject
from automl.values.finding import Finding


def check_header(subject: Subject) -> Iterator[Finding]:
    """Find that the columns of a file are called by their numbers."""
    names = {*(column.name for column in subject.schema), *subject.dataset.roles.values()}
    if subject.from_file and names == {str(number) for number in range(len(names))}:
        yield Finding.of(
            "no-header",
            f"The first line of the file holds values, not names: its {len(names)} columns are called by their number "
            "from 0.",
            n_columns=len(names),
        )
