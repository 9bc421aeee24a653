"""Words and marks that stand for a missing value.

In columns of numbers, dates and yes or no they were understood when the table was described, and are read as missing.
In categories a mark such as ``?`` is a level of its own, which does no harm. ``NA`` and ``None`` may be meant: a house
whose garage is ``NA`` has none. So they stay levels as well, and are told apart from the marks. (``none`` in small
letters is how people write that there is none; ``None`` is how programs write a missing value.)
"""

from __future__ import annotations

from collections.abc import Iterator

from automl.checks.subject import Subject, levels_of
from automl.data.numbers import is_missing_token
from automl.values.finding import Finding, named
from automl.values.schema import Column

_MAY_BE_MEANT = frozenset({"NA", "N/A", "None", "NONE", "unknown", "Unknown", "UNKNOWN", "missing", "Missing"})
_MIN_ROWS = 3
_CATEGORIES = ("category", "high_cardinality")
_WORDS = frozenset({"na", "none", "n/a", "unknown", "missing"})
_SHOWN = 3


def check_hidden_missing(subject: Subject) -> Iterator[Finding]:
    """Find cells that hold a word or mark instead of nothing."""
    marks: dict[str, tuple[str, ...]] = {
        column.name: found for column in subject.schema if (found := _marks(subject, column))
    }
    if marks:
        tokens = list(dict.fromkeys(token for each in marks.values() for token in each))
        verb = "stands" if len(tokens) == 1 else "stand"
        yield Finding.of(
            "hidden-missing",
            f"{_quoted(tokens)} {verb} for a missing value in {_of(list(marks))}.",
            columns=marks,
            tokens={name: list(each) for name, each in marks.items()},
        )
    words: dict[str, dict[str, int]] = {
        column.name: held for column in subject.schema if (held := _words(subject, column))
    }
    if words:
        said = list(dict.fromkeys(word for each in words.values() for word in each))
        verb = "is a level" if len(said) == 1 else "are levels"
        yield Finding.of(
            "none-or-missing",
            f"{_quoted(said)} {verb} of {_of(list(words))}: it may mean that there is none, or that it isn't known.",
            columns=words,
            rows=words,
        )


def _quoted(tokens: list[str]) -> str:
    shown = ", ".join(repr(each) for each in tokens[:_SHOWN])
    return shown + (f" and {len(tokens) - _SHOWN} more" if len(tokens) > _SHOWN else "")


def _of(columns: list[str]) -> str:
    told = named(columns)
    return told[0].lower() + told[1:]


def _marks(subject: Subject, column: Column) -> tuple[str, ...]:
    """Return the marks that this column was, or should be, read as missing by."""
    if column.role not in _CATEGORIES:
        return column.tokens
    return tuple(sorted(text for text in _missing_tokens(subject, column) if text.casefold() not in _WORDS))


def _words(subject: Subject, column: Column) -> dict[str, int]:
    """Return the levels of a category that may mean "none", with their rows."""
    if column.role not in _CATEGORIES:
        return {}
    return {text: rows for text, rows in _missing_tokens(subject, column).items() if text in _MAY_BE_MEANT}


def _missing_tokens(subject: Subject, column: Column) -> dict[str, int]:
    """Return the levels of a category that are tokens for a missing value, with their rows, unless these are few."""
    some = levels_of(subject.some(column.name), column)[1]
    if not any(is_missing_token(str(text).strip()) for text in some):
        return {}
    texts = subject.texts(column.name)
    rows = {
        text: int((subject.codes(column.name) == level).sum())
        for level, text in enumerate(texts)
        if text and is_missing_token(text)
    }
    return {text: count for text, count in rows.items() if count >= _MIN_ROWS}
