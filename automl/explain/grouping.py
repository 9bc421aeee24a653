"""Groups of rows by one or more columns, with names that people know.

Levels of a category are groups as they are; numbers of many values are cut into four groups of about equal size.
Missing is a group of its own. Of very many levels the rarer ones are one group.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from automl.data.cells import as_numbers, as_strings
from automl.errors import DataError, PlanError, suggest
from automl.explain.wording import number
from automl.values.algorithm import FloatArray, IntArray
from automl.values.schema import Column, Schema

MOST_GROUPS = 12
_FEW_VALUES = 10  # numbers of more values are cut
_PARTS = 4


def make_groups(frame: pd.DataFrame, by: str | Sequence[str], schema: Schema) -> tuple[IntArray, tuple[str, ...]]:
    """Return each row's group, and the groups' names, the largest first.

    Raises
    ------
    PlanError
        If there is no such column.
    DataError
        If all rows are in one group.
    """
    columns = [by] if isinstance(by, str) else list(by)
    if not columns:
        raise PlanError("by is empty. Name the column that tells the groups.")
    for name in columns:
        if name not in frame.columns:
            raise PlanError(f"There is no column {name!r} to group by. {suggest(name, map(str, frame.columns))}")
    known = {column.name: column for column in schema}
    parts = [_named(frame[name], known.get(name)) for name in columns]
    texts = parts[0] if len(parts) == 1 else pd.Series([" × ".join(each) for each in zip(*parts, strict=True)])
    counts = texts.value_counts()
    if len(counts) < 2:
        only = f"{counts.index[0]!r}" if len(counts) else "nothing"
        raise DataError(
            f"{' × '.join(columns)} is {only} in all {len(frame):,} rows, so there are no groups to compare. "
            "Choose another column."
        )
    names = sorted(counts.index, key=lambda each: (-counts[each], each))
    if len(names) > MOST_GROUPS:
        rest = f"{len(names) - MOST_GROUPS + 1} others"
        texts = texts.where(texts.isin(names[: MOST_GROUPS - 1]), rest)
        names = [*names[: MOST_GROUPS - 1], rest]
    place = {name: i for i, name in enumerate(names)}
    return np.array([place[each] for each in texts], dtype=np.int64), tuple(names)


def _named(cells: pd.Series, column: Column | None) -> pd.Series:
    """Return the name of each row's group."""
    is_number = pd.api.types.is_numeric_dtype(cells.dtype) and not pd.api.types.is_bool_dtype(cells.dtype)
    if is_number if column is None else column.role == "numeric" and not column.code_like:
        numbers = as_numbers(cells, column or Column(str(cells.name), "numeric", ""))
        known = numbers[~np.isnan(numbers)]
        if len(np.unique(known)) > _FEW_VALUES:
            return _cut(numbers, known)
    texts = as_strings(cells, column or Column(str(cells.name), "category", ""))
    return pd.Series(["missing" if each is None else str(each) for each in texts], dtype=object)


def _cut(numbers: FloatArray, known: FloatArray) -> pd.Series:
    edges = np.unique(np.quantile(known, np.linspace(0, 1, _PARTS + 1), method="closest_observation"))
    place = np.clip(np.searchsorted(edges, numbers, side="right") - 1, 0, len(edges) - 2)
    names = []
    for i in range(len(edges) - 1):
        inside = known[(known >= edges[i]) & ((known < edges[i + 1]) | (i == len(edges) - 2))]
        names.append(f"{number(inside.min())} to {number(inside.max())}")
    return pd.Series(
        ["missing" if np.isnan(each) else names[k] for each, k in zip(numbers, place, strict=True)], dtype=object
    )
