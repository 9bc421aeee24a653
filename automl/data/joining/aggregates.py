"""Many rows of a key become one: what they say together.

How many rows there are; of numbers mean, least, greatest and standard deviation; of categories the most frequent one
and how many there are; of dates the days since the last one. A column is read by its role, as in the main table.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from automl.data.cells import as_dates, as_durations, as_numbers, as_strings
from automl.data.joining.keys import IntArray
from automl.values.schema import Column

_DAY = np.timedelta64(1, "D") / np.timedelta64(1, "ns")
_MEASURED = ("numeric", "boolean", "duration")
_NAMED = ("category", "high_cardinality", "boolean")
_COUNTED = (*_NAMED, "identifier", "text")


def is_aggregated(column: Column) -> bool:
    """Tell whether a column says anything about a key's rows together."""
    return column.role not in ("constant", "missing", "ignored", "leak")


def aggregate(
    table: pd.DataFrame,
    columns: Sequence[Column],
    groups: IntArray,
    n_groups: int,
    reference: npt.NDArray[np.datetime64] | None = None,
) -> pd.DataFrame:
    """Return one row for each of ``n_groups`` groups, 0 rows of the other table included.

    Parameters
    ----------
    groups
        Each row's group, from 0; -1 for rows of none.
    reference
        Of each group, the time from which days are counted back; the table's latest date where it is ``None``.

    Examples
    --------
    >>> orders = pd.DataFrame({"paid": [1.0, 3.0, 5.0]})
    >>> aggregate(orders, [Column("paid", "numeric", "")], np.array([0, 0, 1]), 3).iloc[:, :2]
       (rows)  paid (mean)
    0       2          2.0
    1       1          5.0
    2       0          NaN
    """
    inside = groups >= 0
    groups = groups[inside]
    made: dict[str, Any] = {"(rows)": np.bincount(groups, minlength=n_groups)}
    for column in columns:
        values = table[column.name]
        if column.role in _MEASURED:
            made |= _measures(column.name, _numbers(values, column)[inside], groups, n_groups)
        if column.role in _COUNTED or column.code_like:
            texts = as_strings(values, column)[inside]
            made |= _levels(column, texts, groups, n_groups)
        if column.role == "datetime":
            made |= _recency(column.name, as_dates(values, column), inside, groups, n_groups, reference)
    return pd.DataFrame(made)


def _numbers(values: pd.Series, column: Column) -> npt.NDArray[np.float64]:
    return as_durations(values, column) if column.role == "duration" else as_numbers(values, column)


def _measures(name: str, numbers: npt.NDArray[np.float64], groups: IntArray, n_groups: int) -> dict[str, Any]:
    by_group = pd.Series(numbers).groupby(groups)
    told = {"mean": by_group.mean(), "min": by_group.min(), "max": by_group.max(), "std": by_group.std()}
    return {f"{name} ({what})": each.reindex(range(n_groups)).to_numpy() for what, each in told.items()}


def _levels(column: Column, texts: npt.NDArray[np.object_], groups: IntArray, n_groups: int) -> dict[str, Any]:
    """Return how many levels each group has and, of a category, the most frequent: the first by name of equals."""
    codes, levels = pd.factorize(texts, sort=True)
    known = codes >= 0
    pairs = pd.DataFrame({"group": groups[known], "code": codes[known]}).value_counts().reset_index(name="count")
    made: dict[str, Any] = {f"{column.name} (distinct)": np.bincount(pairs["group"], minlength=n_groups)}
    if column.role in _NAMED or column.code_like:
        first = pairs.sort_values(["group", "count", "code"], ascending=[True, False, True]).drop_duplicates("group")
        most = np.full(n_groups, None, dtype=object)
        most[first["group"].to_numpy()] = np.asarray(levels, dtype=object)[first["code"].to_numpy()]
        made[f"{column.name} (most frequent)"] = pd.array(most, dtype="str")
    return made


def _recency(
    name: str,
    dates: npt.NDArray[np.datetime64],
    inside: npt.NDArray[np.bool_],
    groups: IntArray,
    n_groups: int,
    reference: npt.NDArray[np.datetime64] | None,
) -> dict[str, Any]:
    since = np.full(n_groups, pd.Series(dates).max(), dtype="datetime64[ns]") if reference is None else reference
    last = pd.Series(dates[inside]).groupby(groups).max().reindex(range(n_groups)).to_numpy()
    days = (since - last.astype("datetime64[ns]")).astype(np.float64) / _DAY
    days[np.isnat(last) | np.isnat(since)] = np.nan
    return {f"{name} (days since last)": days}
