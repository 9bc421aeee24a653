"""How the cells of one column become values: numbers, texts, points in time or seconds.

The same four functions are used when a table is described, when a pipeline is fitted and when it predicts, so that a
column means the same each time, whatever dtype it arrives in: ``1``, ``1.0``, ``"1"`` and ``Decimal("1")`` are the same
number and the same level, ``True`` and ``"true"`` too. What can't be read becomes a missing value, never an error.
"""

from __future__ import annotations

import datetime
import math
import numbers
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from automl.data.dates import nanoseconds, parse_dates, parse_duration_text
from automl.data.numbers import FALSE_WORDS, TRUE_WORDS, parse_number
from automl.values.schema import Column

FloatArray = npt.NDArray[np.float64]
_FEW = 64  # up to so many cells a plain loop is quicker than finding the distinct ones first
_EPOCH_UNITS = ((1e11, "s"), (1e14, "ms"), (1e17, "us"), (math.inf, "ns"))
_NS = 1e9


def as_numbers(values: pd.Series, column: Column) -> FloatArray:
    """Return the column as floats of shape ``(n_rows,)``, NaN where missing, infinite or not a number.

    A boolean column gives 0 and 1, dates give seconds since 1970, durations seconds.

    Examples
    --------
    >>> as_numbers(pd.Series(["1", "?", "2,5"]), Column("x", "numeric", "", tokens=("?",), decimal=","))
    array([1. , nan, 2.5])
    """
    if column.role == "boolean":
        return _as_truth(values, column)
    plain = _plain_numbers(values)
    if plain is not None:
        return plain
    if isinstance(values.dtype, pd.CategoricalDtype):
        return _by_category(values, lambda categories: as_numbers(categories, column), math.nan)
    tokens = _tokens(column)

    def number(cell: Any) -> float:
        return _number(cell, column.decimal, tokens)

    return _map(values, number, math.nan, np.float64)


def _plain_numbers(values: pd.Series) -> FloatArray | None:
    """Return the floats of a column whose dtype is numeric or a time, or ``None``."""
    dtype = values.dtype
    if isinstance(dtype, np.dtype):
        if dtype.kind in "iub":
            return values.to_numpy().astype(np.float64)
        if dtype.kind == "f":
            return _finite(values.to_numpy().astype(np.float64))
        if dtype.kind == "m":
            return as_durations(values)
        return _epoch_seconds(as_dates(values)) if dtype.kind == "M" else None
    if pd.api.types.is_datetime64_any_dtype(dtype):
        return _epoch_seconds(as_dates(values))
    if isinstance(dtype, pd.CategoricalDtype):
        return None
    if pd.api.types.is_numeric_dtype(dtype) or pd.api.types.is_bool_dtype(dtype):
        return _finite(values.to_numpy(dtype=np.float64, na_value=np.nan))
    return None


def _finite(floats: FloatArray) -> FloatArray:
    bad = np.isinf(floats)
    if bad.any():
        floats = floats.copy()
        floats[bad] = np.nan
    return floats


def _epoch_seconds(dates: npt.NDArray[np.datetime64]) -> FloatArray:
    return np.where(np.isnat(dates), np.nan, dates.astype(np.int64) / _NS)


def _number(cell: Any, decimal: str, tokens: frozenset[str]) -> float:
    if isinstance(cell, str):
        text = cell.strip()
        return math.nan if text in tokens else parse_number(text, decimal)
    if cell is None or cell is pd.NA or cell is pd.NaT:
        return math.nan
    if isinstance(cell, datetime.timedelta):
        return cell.total_seconds()
    if isinstance(cell, datetime.datetime):
        return pd.Timestamp(cell).timestamp()
    if isinstance(cell, numbers.Real | Decimal | np.bool_):
        value = float(cell)
        return value if math.isfinite(value) else math.nan
    return parse_number(cell.decode("utf-8", "replace")) if isinstance(cell, bytes) else math.nan


def _as_truth(values: pd.Series, column: Column) -> FloatArray:
    """Return 1 for true, 0 for false. Words for yes and no are known; a number is true unless it is 0."""
    if column.truth is not None and column.truth.casefold() not in TRUE_WORDS:
        truth = canonical(column.truth)
        return np.array([math.nan if each is None else float(each == truth) for each in as_strings(values, column)])
    plain = _plain_numbers(values)
    if plain is not None:
        return np.where(np.isnan(plain), np.nan, (plain != 0).astype(np.float64))
    tokens = _tokens(column)
    return _map(values, lambda cell: _truth(cell, tokens), math.nan, np.float64)


def _truth(cell: Any, tokens: frozenset[str]) -> float:
    text = canonical(cell)
    if text is None or text in tokens:
        return math.nan
    word = text.casefold()
    if word in TRUE_WORDS or word in FALSE_WORDS:
        return float(word in TRUE_WORDS)
    number = parse_number(text)
    return math.nan if math.isnan(number) else float(number != 0)


def as_strings(values: pd.Series, column: Column) -> npt.NDArray[np.object_]:
    """Return the column as canonical texts of shape ``(n_rows,)``, ``None`` where missing, blank or a token.

    Examples
    --------
    >>> as_strings(pd.Series([1.0, 2.5, None]), Column("x", "category", ""))
    array(['1', '2.5', None], dtype=object)
    """
    tokens = _tokens(column)
    if isinstance(values.dtype, pd.CategoricalDtype):
        return _by_category(values, lambda categories: as_strings(categories, column), None)
    if values.dtype in (np.dtype(np.float32), np.dtype(np.float16)):
        values = pd.Series(values.to_numpy().astype(str).astype(np.float64))  # .1 stays .1, not .10000000149

    def text(cell: Any) -> str | None:
        known = canonical(cell)
        return None if known in tokens else known

    return _map(values, text, None, np.object_)


def spelled(cell: Any) -> str | None:
    """Return a cell as it is written, without blanks around it; ``None`` for a missing or blank one."""
    if isinstance(cell, bytes):
        cell = cell.decode("utf-8", "replace")
    if pd.api.types.is_scalar(cell) and pd.isna(cell):
        return None
    return str(cell).strip() or None


def canonical(cell: Any) -> str | None:
    """Return the text that a cell's level is known by, whatever its type; ``None`` for a missing or blank one.

    Examples
    --------
    >>> [canonical(each) for each in (1, 1.0, "1.0", " 1", "01", Decimal("1.00"))]
    ['1', '1', '1', '1', '1', '1']
    >>> canonical(True), canonical("TRUE"), canonical("12345678901234567891"), canonical("1e5x"), canonical(" ")
    ('True', 'True', '12345678901234567891', '1e5x', None)
    """
    if isinstance(cell, str):
        return _canonical_text(cell.strip())
    if isinstance(cell, bool | np.bool_):
        return str(bool(cell))
    if isinstance(cell, int | np.integer):
        return str(int(cell))
    if isinstance(cell, numbers.Real | Decimal):
        value = float(cell)
        return _canonical_float(value) if math.isfinite(value) else None
    if cell is None or cell is pd.NA or cell is pd.NaT:
        return None
    if isinstance(cell, datetime.datetime):
        return str(cell).removesuffix(" 00:00:00")
    if isinstance(cell, bytes):
        return _canonical_text(cell.decode("utf-8", "replace").strip())
    return str(cell)


def _canonical_float(value: float) -> str:
    return str(int(value)) if value.is_integer() else repr(value)


def _canonical_text(text: str) -> str | None:
    if not text:
        return None
    if text[0] in "0123456789+-." and "_" not in text:
        try:
            return str(int(text))
        except ValueError:
            pass  # not a whole number; perhaps a fraction, else a text
        try:
            value = float(text)
        except ValueError:
            return text
        return _canonical_float(value) if math.isfinite(value) else text
    if text[0] in "tTfF" and text.casefold() in ("true", "false"):
        return text.capitalize()
    return text


def as_dates(values: pd.Series, column: Column | None = None) -> npt.NDArray[np.datetime64]:
    """Return the column as ``datetime64[ns]`` of shape ``(n_rows,)`` in UTC, NaT where missing or not a date.

    Plain numbers are seconds, milli-, micro- or nanoseconds since 1970, by their size.

    Examples
    --------
    >>> as_dates(pd.Series(["22/09/1986", "never"]), Column("x", "datetime", "", date_format="%d/%m/%Y"))
    array(['1986-09-22T00:00:00.000000000',                           'NaT'],
          dtype='datetime64[ns]')
    """
    dtype = values.dtype
    date_format = column.date_format if column else None
    if pd.api.types.is_datetime64_any_dtype(dtype):
        index = pd.DatetimeIndex(values)
        return nanoseconds((index.tz_convert(None) if index.tz is not None else index).to_numpy())
    if isinstance(dtype, pd.CategoricalDtype):
        return _by_category(values, lambda categories: as_dates(categories, column), np.datetime64("NaT", "ns"))
    if date_format is None and pd.api.types.is_numeric_dtype(dtype) and not pd.api.types.is_bool_dtype(dtype):
        return _from_epoch(values.to_numpy(dtype=np.float64, na_value=np.nan))
    tokens = _tokens(column) if column else frozenset({""})
    codes, distinct = pd.factorize(np.array([*map(spelled, values.tolist()), None], dtype=object))
    known = [i for i, each in enumerate(distinct) if each not in tokens]
    dates = np.full(len(distinct) + 1, np.datetime64("NaT", "ns"))
    if known:
        dates[known] = parse_dates([distinct[i] for i in known], date_format)
    found: npt.NDArray[np.datetime64] = dates[codes[:-1]]
    return found


def _from_epoch(stamps: FloatArray) -> npt.NDArray[np.datetime64]:
    dates = np.full(len(stamps), np.datetime64("NaT", "ns"))
    low = -1.0
    for high, unit in _EPOCH_UNITS:
        here = (np.abs(stamps) > low) & (np.abs(stamps) <= high) & (np.abs(stamps) < 9.2e18)
        dates[here] = nanoseconds(stamps[here].astype(np.int64).astype(f"datetime64[{unit}]"))
        low = high
    return dates


def as_durations(values: pd.Series, column: Column | None = None) -> FloatArray:
    """Return the column as seconds of shape ``(n_rows,)``, NaN where missing or not a length of time.

    Examples
    --------
    >>> as_durations(pd.Series(["00:01:30", "soon"]))
    array([90., nan])
    """
    dtype = values.dtype
    if pd.api.types.is_timedelta64_dtype(dtype):
        index = pd.TimedeltaIndex(values)
        return np.asarray(index.total_seconds(), dtype=np.float64)
    if isinstance(dtype, pd.CategoricalDtype):
        return _by_category(values, lambda categories: as_durations(categories, column), math.nan)
    if pd.api.types.is_numeric_dtype(dtype):
        return _finite(values.to_numpy(dtype=np.float64, na_value=np.nan))
    tokens = _tokens(column) if column else frozenset({""})
    return _map(values, lambda cell: _seconds(cell, tokens), math.nan, np.float64)


def _seconds(cell: Any, tokens: frozenset[str]) -> float:
    if isinstance(cell, datetime.time):
        return cell.hour * 3600.0 + cell.minute * 60.0 + cell.second + cell.microsecond / 1e6
    if isinstance(cell, str):
        text = cell.strip()
        if text in tokens:
            return math.nan
        clock = parse_duration_text(text)
        return parse_number(text) if math.isnan(clock) else clock
    return _number(cell, ".", tokens)


def _tokens(column: Column) -> frozenset[str]:
    return frozenset((*(each.strip() for each in column.tokens), ""))


def _by_category(values: pd.Series, read: Callable[[pd.Series], npt.NDArray[Any]], missing: Any) -> npt.NDArray[Any]:
    """Read the categories of a pandas categorical once, then spread them over the rows."""
    levels = read(pd.Series(values.cat.categories))
    spread = np.empty(len(levels) + 1, dtype=levels.dtype)
    spread[:-1], spread[-1] = levels, missing
    return spread[values.cat.codes.to_numpy()]


def _map(values: pd.Series, read: Callable[[Any], Any], missing: Any, dtype: Any) -> npt.NDArray[Any]:
    """Read every cell; in a long column of one type every distinct cell once."""
    if len(values) <= _FEW or values.dtype == object:  # an object column may hold 1 and True, which hash alike
        out = np.empty(len(values), dtype=dtype)
        out[:] = [missing if cell is None or cell is pd.NA else read(cell) for cell in values.tolist()]
        return out
    codes, distinct = pd.factorize(values)
    levels = np.empty(len(distinct) + 1, dtype=dtype)
    levels[:-1], levels[-1] = [read(cell) for cell in distinct.tolist()], missing
    return levels[codes]
