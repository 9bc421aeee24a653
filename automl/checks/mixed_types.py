"""Columns of numbers that a few words keep from being numbers.

``12``, ``7.5``, ``n.k.``: one word that isn't known as a token for "missing" makes a category of thousands of levels
out of a quantity. Codes such as ``V57`` among ``250.83`` are many and different, so that they aren't taken for slips.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from automl.checks.subject import Subject
from automl.data.numbers import is_missing_token, parse_number
from automl.values.finding import Finding
from automl.values.schema import Column

_MOST_WORDS = 0.1  # of the rows that have a value
_FEW_WORDS = 10  # different ones
_MIN_NUMBERS = 20  # different ones
_SHOWN = 3
_ROLES = ("category", "high_cardinality", "text", "identifier")


def check_mixed_types(subject: Subject) -> Iterator[Finding]:
    """Find columns that would be numbers but for a few words."""
    for column in subject.schema:
        if column.role not in _ROLES or (words := _words_among_numbers(subject, column)) is None:
            continue
        shown = ", ".join(f"{word!r} ({rows})" for word, rows in list(words.items())[:_SHOWN])
        more = f" and {len(words) - _SHOWN} more" if len(words) > _SHOWN else ""
        yield Finding.of(
            "mixed-types",
            f"Column {column.name!r} holds numbers but for {shown}{more}, and so is read as {column.role}.",
            columns=[column.name],
            advice=f"Clean these cells, or roles={{{column.name!r}: 'numeric'}} reads them as missing.",
            words=words,
        )


def _words_among_numbers(subject: Subject, column: Column) -> dict[str, int] | None:
    texts = subject.texts(column.name)
    if len(texts) < _MIN_NUMBERS + 1:
        return None
    first = texts[: 10 * _MIN_NUMBERS]
    if sum(map(_is_word, first)) > len(first) / 2:  # looking at all of them would be dear, and of no use
        return None
    words = [level for level, text in enumerate(texts) if _is_word(text)]
    if not 0 < len(words) <= _FEW_WORDS or len(texts) - len(words) < _MIN_NUMBERS:
        return None
    codes = subject.codes(column.name)
    rows = np.bincount(codes[codes >= 0], minlength=len(texts))
    if rows[words].sum() > _MOST_WORDS * rows.sum():
        return None
    return {texts[level]: int(rows[level]) for level in sorted(words, key=lambda level: -rows[level])}


def _is_word(text: str) -> bool:
    return bool(np.isnan(parse_number(text))) and not is_missing_token(text)
