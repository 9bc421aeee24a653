"""Cells that look like e-mail addresses, telephone numbers or payment card numbers.

Shapes alone, so that names of columns don't matter: an address has an ``@`` between words and a domain, a telephone
number three groups of digits or a leading ``+``, a card number 13 to 19 digits that begin as issuers' numbers do and
whose last digit is the checksum of the others (Luhn's, ISO/IEC 7812-1). One random number in ten keeps that checksum,
so nearly all of a column's must.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from automl.checks.subject import Subject
from automl.values.finding import Finding
from automl.values.schema import Column

_CELLS = 2_000
_MIN_CELLS = 3
_MIN_SHARE = 0.01
_MIN_VALID = 0.8  # of the numbers of a card's shape, those whose checksum is right
_MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)*\.[a-zA-Z]{2,}")
_PHONE = re.compile(
    r"(?<![\w.+-])(?:(?:\+\d{1,3}[ .-]?)?\(?\d{3}\)?[ .-]\d{3}[ .-]\d{4}"
    r"|\+\d{1,3}(?:[ .()-]{1,2}\d{2,4}){2,5}|\+\d{9,14})(?![\w-]|\.\d)"
)
_CARD = re.compile(r"(?<![\w.+-])[3-6]\d{3}(?:([ -]?)\d{4}(?:\1\d{2,4}){1,3}|[ -]\d{6}[ -]\d{4,5})(?![\w-]|\.\d)")
_WORDS = {"e-mail": "e-mail addresses", "phone": "telephone numbers", "card": "payment card numbers"}


def check_personal_data(subject: Subject) -> Iterator[Finding]:
    """Find columns that hold addresses and numbers of persons; one finding for each kind."""
    kinds: dict[str, dict[str, float]] = {kind: {} for kind in _WORDS}
    for column in subject.schema:
        for kind, share in shapes(_cells(subject, column)).items():
            kinds[kind][column.name] = round(share, 4)
    for kind, columns in kinds.items():
        if columns:
            names = " and ".join(repr(name) for name in list(columns)[:3])
            more = f" and {len(columns) - 3} more columns" if len(columns) > 3 else ""
            yield Finding.of(
                "personal-data",
                f"{names}{more} hold{'s' if len(columns) == 1 else ''} what looks like {_WORDS[kind]}, in "
                f"{max(columns.values()):.0%} of the cells.",
                columns=columns,
                kind=kind,
                shares=columns,
            )


def _cells(subject: Subject, column: Column) -> list[str]:
    """Return some of a column's cells that may hold personal data, as texts."""
    if column.role in ("constant", "missing", "boolean", "datetime", "duration"):
        return []
    values = subject.values(column.name)
    few = values.iloc[:: max(1, len(values) // _CELLS)].dropna()
    if pd.api.types.is_integer_dtype(values.dtype):
        return [] if not len(few) or few.max() < 10**12 else [str(int(each)) for each in few]
    if pd.api.types.is_numeric_dtype(values.dtype):
        return []
    return [str(each) for each in few]


def shapes(cells: Sequence[str]) -> dict[str, float]:
    """Return the kinds of personal data that enough cells look like, each with its share of the cells.

    Examples
    --------
    >>> shapes(["write to ann@example.org"] * 3 + ["+44 20 7946 0958"] * 5)
    {'e-mail': 0.375, 'phone': 0.625}
    >>> shapes(["4111 1111 1111 1111", "5500005555555559", "340000000000009"]), shapes(["2015-02-24 11:35"] * 9)
    ({'card': 1.0}, {})
    """
    found = {}
    for kind, pattern in (("e-mail", _MAIL), ("phone", _PHONE), ("card", _CARD)):
        hits = [match.group() for cell in cells if len(cell) > 5 and (match := pattern.search(cell))]
        if kind == "card" and hits and np.mean([has_checksum(each) for each in hits]) < _MIN_VALID:
            continue
        if len(hits) >= max(_MIN_CELLS, _MIN_SHARE * len(cells)):
            found[kind] = len(hits) / len(cells)
    return found


def has_checksum(number: str) -> bool:
    """Tell whether the last digit is the checksum of the others by Luhn's rule.

    Examples
    --------
    >>> has_checksum("4111 1111 1111 1111"), has_checksum("4111 1111 1111 1112")
    (True, False)
    """
    digits = [int(each) for each in reversed(number) if each.isdigit()]
    doubled = [2 * each - 9 * (each > 4) for each in digits[1::2]]
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0
