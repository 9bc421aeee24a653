"""Numbers, truth and missing values as people write them in cells.

A cell of a text column is a number in one of a few spellings (``12``, ``-0.5``, ``1e-3``, ``1,234.50``, ``$12``,
``45%``, or with a decimal comma ``1.234,50``), a word for yes or no, or a token that stands for "no value" (``?``,
``NA``, ``-``). Which column holds which is found in :mod:`automl.data.columns`; here stand the spellings alone.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass

MISSING_TOKENS = frozenset(
    ("", "?", "na", "n/a", "n.a.", "#n/a", "nan", "<na>", "nat", "null", "none", "-", "--", ".", "unknown", "missing")
)
"""Case-folded texts that stand for a missing value where everything else in a column is a number or a date."""

TRUTH_PAIRS = (("false", "true"), ("no", "yes"), ("n", "y"), ("f", "t"), ("off", "on"), ("0", "1"))
TRUE_WORDS = frozenset(true for _, true in TRUTH_PAIRS)
FALSE_WORDS = frozenset(false for false, _ in TRUTH_PAIRS)

_POINT_GROUPS = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+(\.\d*)?")  # 1,234,567.89
_COMMA_GROUPS = re.compile(r"[+-]?[1-9]\d{0,2}(\.\d{3})+(,\d*)?")  # 1.234.567,89
_ZERO_LED = re.compile(r"0\d+")  # 007, 02134
_UNITS = "$€£¥% \u00a0"


def parse_number(text: str, decimal: str = ".") -> float:
    """Return the finite number that ``text`` spells, or NaN.

    Examples
    --------
    >>> parse_number("-1e3"), parse_number("$1,234.50"), parse_number("1.234,5", ","), parse_number("45%")
    (-1000.0, 1234.5, 1234.5, 45.0)
    >>> parse_number("1_000"), parse_number("inf"), parse_number("1-2")
    (nan, nan, nan)
    """
    if decimal == ",":
        text = _with_point(text)
    value = _float(text)
    if value is None:
        text = text.strip(_UNITS)
        if decimal == ",":
            text = _with_point(text)
        elif "," in text and _POINT_GROUPS.fullmatch(text):
            text = text.replace(",", "")
        value = _float(text)
    return value if value is not None and math.isfinite(value) else math.nan


def _with_point(text: str) -> str:
    """Spell a number that has a decimal comma with a decimal point."""
    if "." in text and _COMMA_GROUPS.fullmatch(text):
        text = text.replace(".", "")
    return text.replace(",", ".") if text.count(",") == 1 and "." not in text else text


def _float(text: str) -> float | None:
    try:
        return None if "_" in text else float(text)  # Python reads 1_000 as a number, people don't
    except ValueError:
        return None


def is_missing_token(text: str) -> bool:
    """Tell whether a stripped text may stand for a missing value."""
    return text.casefold() in MISSING_TOKENS


@dataclass(frozen=True, slots=True)
class Spelling:
    """How a column spells its numbers: the decimal mark and the tokens that stand for a missing value."""

    decimal: str
    tokens: tuple[str, ...]


def find_spelling(texts: Iterable[str]) -> Spelling | None:
    """Return how these stripped, distinct texts spell numbers, or ``None`` if they don't all.

    Whole numbers with leading zeros (``02134``) are codes, not numbers.

    Examples
    --------
    >>> find_spelling(["1.5", "?", "2"])
    Spelling(decimal='.', tokens=('?',))
    >>> find_spelling(["1,5", "0,25"])
    Spelling(decimal=',', tokens=())
    >>> find_spelling(["1", "2", "many"]) is None, find_spelling(["02134", "90210"]) is None
    (True, True)
    """
    words = list(texts)
    tokens = [each for each in words if is_missing_token(each)]
    numbers = [each for each in words if not is_missing_token(each)]
    if not numbers or any(_ZERO_LED.fullmatch(each) for each in numbers):
        return None
    for decimal in (".", ","):
        if not any(math.isnan(parse_number(each, decimal)) for each in numbers):
            return Spelling(decimal, tuple(sorted(each or " " for each in tokens)))
    return None
