"""What one column is, found from its values alone: never from its name, never from the target.

Asked in this order: has it any value, more than one? what does its dtype say? and of texts: are they numbers but for a
few tokens that stand for "missing"? yes and no? times, dates? names of the rows? free text? What remains is a category,
of few levels or of many. Costly questions are asked of the distinct values, most of them of a sample.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from automl.data.cells import as_numbers, canonical, spelled
from automl.data.codes import MIN_ROWS, looks_like_codes, names_rows
from automl.data.dates import ISO, find_date_format, is_duration_text
from automl.data.numbers import TRUTH_PAIRS, find_spelling, is_missing_token
from automl.errors import DataError
from automl.values.schema import Column, Role

ROW_NUMBERS = "a different whole number in every row"
"""Why such a column is an identifier."""
MAX_LEVELS = 100
"""A category of more levels has high cardinality."""
_SAMPLE = 2_000  # distinct values looked at where looking is costly
_QUICK = 100  # distinct values looked at before all are
_TEXT_WORDS = 3.0  # words on average in free text that rarely repeats
_TEXT_SHARE = 0.3  # distinct values per present value from which a text rarely repeats
_LONG_TEXT_WORDS = 8.0  # words on average in free text that may repeat
_NAME_WORDS = 5.0  # fewer words on average and unique in every row: a name, not a text


def find_column(name: str, values: pd.Series) -> Column:
    """Return the column with the role that its values and dtype tell."""
    if values.isna().all():
        return Column(name, "missing", "no value in any row")
    dtype = values.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        used = values.cat.remove_unused_categories().cat.categories
        return _category(name, {canonical(each) for each in used}, has_missing=bool(values.isna().any()))
    if pd.api.types.is_datetime64_any_dtype(dtype):
        return _unless_constant(Column(name, "datetime", "datetimes"), values)
    if pd.api.types.is_timedelta64_dtype(dtype):
        return _unless_constant(Column(name, "duration", "durations"), values)
    if pd.api.types.is_complex_dtype(dtype):
        raise DataError(f"Complex data not supported: column {name!r}; split it into real and imaginary part.")
    if pd.api.types.is_numeric_dtype(dtype):  # booleans too
        whole = pd.api.types.is_integer_dtype(dtype)
        return _number(Column(name, "numeric", ""), as_numbers(values, Column(name, "numeric", "")), named=whole)
    kind = _kind_of_objects(values) if pd.api.types.is_object_dtype(dtype) else None
    if kind == "datetime" or kind == "duration":
        return _unless_constant(Column(name, kind, f"{kind} objects"), values)
    if kind == "numeric":
        return _number(Column(name, "numeric", ""), as_numbers(values, Column(name, "numeric", "")), named=False)
    return _text_column(name, values)


def _unless_constant(column: Column, values: pd.Series) -> Column:
    if not values.isna().any() and values.nunique() == 1:
        return replace(column, role="constant", reason=f"one value: {values.iloc[0]}")
    return column


def _kind_of_objects(values: pd.Series) -> Role | None:
    """Return the role that Python objects of one type have, or ``None`` for texts and mixtures."""
    present = values.dropna()
    present = present[[not (isinstance(each, float) and math.isinf(each)) for each in present]]
    if not len(present):
        return "numeric"
    sample = present.iloc[:: max(1, len(present) // _SAMPLE)]
    if all(isinstance(each, datetime.date) for each in sample):  # of which datetime is a kind
        return "datetime"
    if all(isinstance(each, datetime.timedelta | datetime.time) for each in sample):
        return "duration"
    is_text = any(isinstance(each, str | bytes) for each in present)
    return None if is_text or np.isnan(as_numbers(present, Column("", "numeric", ""))).any() else "numeric"


def _number(column: Column, numbers: npt.NDArray[np.float64], *, named: bool) -> Column:
    """Return a numeric column or what else its numbers turn out to be.

    ``named``: they are whole by type, so that they may be names of the rows; ``column`` tells how cells are read.
    """
    x = numbers[~np.isnan(numbers)]
    prefix = column.reason
    if not len(x):
        return replace(column, role="missing", reason="no finite number in any row")
    if x.min() == x.max():
        if len(x) == len(numbers):
            return replace(column, role="constant", reason=f"one value: {x[0]:.15g}")
        return replace(column, reason=_join("one number or missing", prefix))
    if not _is_whole(x):
        return replace(column, reason=prefix or "numbers")
    distinct = np.sort(pd.unique(x))
    if distinct.tolist() == [0.0, 1.0]:
        return replace(column, role="boolean", truth="1", reason=_join("0 and 1", prefix))
    if named and names_rows(distinct, len(numbers)):
        return replace(column, role="identifier", reason=_join(ROW_NUMBERS, prefix))
    if looks_like_codes(x, distinct):
        spread = f"{len(distinct):,} different values between {distinct[0]:.15g} and {distinct[-1]:.15g}"
        return replace(column, code_like=True, reason=_join(f"whole numbers that look like codes: {spread}", prefix))
    return replace(column, reason=prefix or "whole numbers")


def _join(first: str, second: str) -> str:
    return f"{first}; {second}" if second else first


def _is_whole(x: npt.NDArray[np.float64]) -> bool:
    return bool(np.all(x[:1000] == np.floor(x[:1000])) and np.all(x == np.floor(x)))


def _text_column(name: str, values: pd.Series) -> Column:
    """Return the column of texts (or mixed objects) with the role that they tell."""
    codes, known = distinct_texts(values)
    words = [each for each in known if not is_missing_token(each)]
    tokens = tuple(sorted(each for each in known if is_missing_token(each)))
    if values.isna().sum() < (codes < 0).sum():
        tokens = (" ", *tokens)  # blank cells
    if not words:
        return Column(name, "missing", f"nothing but {_shown(tokens)}", tokens=tokens)
    number = _number_in_text(name, values, known, tokens)
    if number is not None:
        return number
    truth = find_truth(known)
    if truth is not None:
        blank = tuple(each for each in tokens if each == " ")
        return Column(name, "boolean", f"{truth[0]!r} and {truth[1]!r}", tokens=blank, truth=truth[1])
    time = _time_in_text(name, words, tokens)
    return time if time is not None else _words(name, codes, known)


def distinct_texts(values: pd.Series) -> tuple[npt.NDArray[np.intp], list[str]]:
    """Return each row's position among the distinct stripped texts, -1 where missing or blank; and these texts.

    Leading zeros and the spelling of numbers are kept, as the texts of :func:`automl.data.cells.as_strings` don't.
    """
    if pd.api.types.is_object_dtype(values.dtype):  # 1 and True would count as the same
        values = pd.Series([spelled(each) for each in values.tolist()], dtype="str")
    rows, cells = pd.factorize(values)
    merged, known = pd.factorize(np.array([*map(spelled, cells.tolist()), None], dtype=object))
    return merged[rows], list(known)


def _number_in_text(name: str, values: pd.Series, known: Sequence[str], tokens: tuple[str, ...]) -> Column | None:
    few = known[:: max(1, len(known) // _QUICK)]
    if find_spelling(few) is None and not all(map(is_missing_token, few)):
        return None
    spelling = find_spelling(known)
    if spelling is None:
        return None
    column = Column(name, "numeric", _as_text_reason("numbers", tokens), tokens=tokens, decimal=spelling.decimal)
    return _number(column, as_numbers(values, column), named=True)


def _as_text_reason(what: str, tokens: tuple[str, ...]) -> str:
    means = f"; {_shown(tokens)} {'means' if len(tokens) == 1 else 'mean'} missing" if tokens else ""
    return f"{what} held as text{means}"


def _shown(tokens: Sequence[str]) -> str:
    return ", ".join("blank" if each == " " else repr(each) for each in tokens)


def find_truth(known: Sequence[str]) -> tuple[str, str] | None:
    """Return the words for no and yes if these are the two values, as they stand in the column."""
    if len(known) != 2:
        return None
    by_word = {each.casefold(): each for each in known}
    return next(((by_word[no], by_word[yes]) for no, yes in TRUTH_PAIRS if {no, yes} == by_word.keys()), None)


def _time_in_text(name: str, words: Sequence[str], tokens: tuple[str, ...]) -> Column | None:
    few = words[:: max(1, len(words) // _SAMPLE)]
    if not any(character.isdigit() for character in few[0]):
        return None
    if all(is_duration_text(each) for each in few):
        if len(words) == 1:
            return None
        return Column(name, "duration", _as_text_reason("times", tokens), tokens=tokens)
    date_format = find_date_format(few)
    if date_format is None or len(words) == 1:
        return None
    return Column(
        name,
        "datetime",
        _as_text_reason(f"dates like {few[0]!r}", tokens),
        tokens=tokens,
        date_format=None if date_format == ISO else date_format,
    )


def _words(name: str, codes: npt.NDArray[np.intp], known: Sequence[str]) -> Column:
    """Tell names of the rows, free text and categories apart."""
    n_rows, n_present = len(codes), int((codes >= 0).sum())
    few = known[:: max(1, len(known) // _SAMPLE)]
    mean_words = sum(len(each.split()) for each in few) / len(few)
    if n_rows >= MIN_ROWS and len(known) == n_rows and mean_words < _NAME_WORDS:
        return Column(name, "identifier", "a different text in every row")
    rarely_repeats = len(known) >= max(10, _TEXT_SHARE * n_present)
    if (mean_words >= _TEXT_WORDS and rarely_repeats) or (mean_words >= _LONG_TEXT_WORDS and len(known) > MAX_LEVELS):
        return Column(name, "text", f"{mean_words:.1f} words on average, {len(known):,} different texts")
    return _category(name, {canonical(each) for each in known}, has_missing=n_present < n_rows)


def _category(name: str, levels: Collection[str | None], *, has_missing: bool) -> Column:
    known = [each for each in levels if each is not None]
    if not known:
        return Column(name, "missing", "no value in any row")
    if len(known) == 1:
        if has_missing:
            return Column(name, "category", f"{known[0]!r} or missing")
        return Column(name, "constant", f"one value: {known[0]!r}")
    role: Role = "category" if len(known) <= MAX_LEVELS else "high_cardinality"
    return Column(name, role, f"{len(known):,} levels")
