"""The values that a column is set to, to see what predictions make of them.

They are values that occur: of numbers and dates about twenty, as many rows between each two, and all of them where
there are no more; of categories the most frequent levels, and "missing" where it occurs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from automl.data.cells import as_dates, as_durations, as_numbers, as_strings
from automl.errors import DataError, PlanError
from automl.values.algorithm import FloatArray, IntArray
from automl.values.schema import Column

MOST = 20


@dataclass(frozen=True, slots=True)
class Axis:
    """Values of a column.

    Attributes
    ----------
    values
        What the axis is labelled with: floats, Timestamps, Timedeltas, or levels as texts (``None``: missing).
    rows
        A row of the sample that has each value.
    numbers
        The values as floats, where they have an order; else empty.
    place
        Of each row of the sample, the index of the value that is nearest (or its level); -1 for none.
    all_numbers
        The column of the sample as floats, NaN where missing; empty where there is no order.
    left_out
        How many levels there are beside these.
    """

    values: tuple[Any, ...]
    rows: IntArray
    numbers: FloatArray
    place: IntArray
    all_numbers: FloatArray
    left_out: int = 0

    @property
    def is_ordered(self) -> bool:
        """Whether the values are numbers or points in time."""
        return bool(len(self.numbers))

    @property
    def counts(self) -> IntArray:
        """How many rows of the sample are nearest to each value."""
        return np.bincount(self.place[self.place >= 0], minlength=len(self.values))


def has_order(column: Column) -> bool:
    """Tell whether a column's values are numbers or times that can be put in order."""
    return column.role in ("numeric", "datetime", "duration") and not column.code_like


def make_axis(cells: pd.Series, column: Column, *, whole: bool = False) -> Axis:
    """Return the values to try of a column.

    Parameters
    ----------
    cells
        The column in the sample.
    whole
        Whether an ordered axis reaches from the least to the greatest value; otherwise the outermost 2 % of the rows
        on either side are left out, where models have seen little.

    Raises
    ------
    PlanError
        If it is free text, which has no axis.
    DataError
        If it has fewer than two values.
    """
    if column.role == "text":
        raise PlanError(f"{column.name!r} is free text, which can't be set to typical values. Choose another column.")
    axis = _ordered(cells, column, whole) if has_order(column) else _levels(cells, column)
    if len(axis.values) < 2:
        shown = repr(axis.values[0]) if axis.values else "nothing"
        raise DataError(
            f"{column.name!r} holds {shown} in all of these {len(cells):,} rows; an effect needs two values."
        )
    return axis


def _ordered(cells: pd.Series, column: Column, whole: bool) -> Axis:
    numbers = _numbers(cells, column)
    known = np.sort(numbers[~np.isnan(numbers)])
    found = np.unique(known)
    if len(found) > MOST:
        edge = 0.0 if whole else 0.02
        found = np.unique(np.quantile(known, np.linspace(edge, 1 - edge, MOST), method="closest_observation"))
    first = {value: row for row, value in reversed(list(enumerate(numbers.tolist())))}
    rows = np.array([first[value] for value in found.tolist()], dtype=np.int64)
    between = (found[1:] + found[:-1]) / 2
    place = (
        np.where(np.isnan(numbers), -1, np.searchsorted(between, numbers)) if len(found) else np.full(len(cells), -1)
    )
    return Axis(tuple(_shown(value, column) for value in found.tolist()), rows, found, place, numbers)


def _numbers(cells: pd.Series, column: Column) -> FloatArray:
    if column.role == "datetime":
        dates = as_dates(cells, column).astype("datetime64[ns]")
        return np.where(np.isnat(dates), np.nan, dates.astype(np.int64) / 1e9)
    return as_durations(cells, column) if column.role == "duration" else as_numbers(cells, column)


def _shown(value: float, column: Column) -> Any:
    if column.role == "datetime":
        return pd.Timestamp(round(value * 1e6), unit="us")
    return pd.Timedelta(seconds=value) if column.role == "duration" else value


def _levels(cells: pd.Series, column: Column) -> Axis:
    texts = pd.Series(as_strings(cells, column), dtype=object)
    code, distinct = pd.factorize(texts, use_na_sentinel=False)
    order = np.argsort(-np.bincount(code, minlength=len(distinct)), kind="stable")[:MOST]
    place = np.full(len(distinct), -1)
    place[order] = np.arange(len(order))
    rows = np.array([int(np.flatnonzero(code == each)[0]) for each in order], dtype=np.int64)
    values = tuple(None if pd.isna(distinct[each]) else distinct[each] for each in order)
    return Axis(values, rows, np.array([]), place[code], np.array([]), len(distinct) - len(order))
