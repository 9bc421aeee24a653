"""What the columns of a table are: a role for each, with the reason, from the caller or from the values.

:func:`describe` makes the schema of a table. A role that was found wrong (:mod:`automl.data.columns` says how they are
found) is set with ``roles={"zip": "category"}``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from automl.data.cells import as_numbers, as_strings
from automl.data.columns import ROW_NUMBERS, distinct_texts, find_column, find_truth
from automl.data.dates import ISO, find_date_format
from automl.data.numbers import is_missing_token
from automl.errors import DataError, PlanError, suggest
from automl.values.finding import Finding
from automl.values.schema import ROLES, Column, Role, Schema


def describe(X: pd.DataFrame, *, roles: Mapping[str, Role] | None = None) -> Schema:
    """Return what the columns of ``X``, a table without its target, are.

    Parameters
    ----------
    X
        The table, shape ``(n_rows, n_columns)``. It is not changed.
    roles
        Roles that the caller decides, by column name.

    Raises
    ------
    DataError
        If the table has no rows or no columns, or a name stands twice.
    PlanError
        If ``roles`` names a column or a role that doesn't exist, or a role that the column's values contradict.

    Examples
    --------
    >>> table = pd.DataFrame({"age": ["31", "?", "54", "19"], "sex": ["f", "m", "m", "f"], "kind": ["a"] * 4})
    >>> for column in describe(table):
    ...     print(column.name, "|", column.role, "|", column.reason)
    age | numeric | numbers held as text; '?' means missing
    sex | category | 2 levels
    kind | constant | one value: 'a'
    """
    if not len(X.columns):
        raise DataError("The table has no columns to predict from; give at least one beside the target.")
    if not len(X):
        raise DataError("The table has no rows; give at least one.")
    named = _checked_roles(roles or {}, [str(name) for name in X.columns])
    columns = []
    for position, label in enumerate(X.columns):
        values = X.iloc[:, position]
        name = str(label)
        columns.append(_forced(name, values, named[name]) if name in named else find_column(name, values))
    return _not_empty_handed(Schema(tuple(columns)))


def find_infinite(X: pd.DataFrame) -> Finding | None:
    """Return the finding that columns hold infinite values, which are read as missing; ``None`` without any.

    Examples
    --------
    >>> print(find_infinite(pd.DataFrame({"x": [1.0, np.inf], "y": [1.0, 2.0]})))
    Warning: Infinite values are read as missing, in 'x' (1). [infinite-values]
    """
    counts = {str(label): _count_infinite(X.iloc[:, position]) for position, label in enumerate(X.columns)}
    counts = {name: count for name, count in counts.items() if count}
    found = [f"{name!r} ({count})" for name, count in counts.items()]
    if not found:
        return None
    more = f" and {len(found) - 5} more" if len(found) > 5 else ""
    sentence = f"Infinite values are read as missing, in {', '.join(found[:5])}{more}."
    return Finding.of("infinite-values", sentence, columns=counts, counts=counts)


def _checked_roles(roles: Mapping[str, Role], names: Sequence[str]) -> dict[str, Role]:
    for name, role in roles.items():
        if str(name) not in names:
            raise PlanError(f"roles names the column {name!r}, which doesn't exist. {suggest(name, names)}")
        if role not in ROLES:
            raise PlanError(f"roles gives {name!r} the unknown role {role!r}. {suggest(role, ROLES)}")
    return {str(name): role for name, role in roles.items()}


def _count_infinite(values: pd.Series) -> int:
    if pd.api.types.is_float_dtype(values.dtype):  # NumPy's, pandas' and Arrow's
        return int(np.isinf(values.to_numpy(dtype=np.float64, na_value=np.nan)).sum())
    if values.dtype == object:
        return sum(isinstance(each, float) and math.isinf(each) for each in values)
    return 0


def _not_empty_handed(schema: Schema) -> Schema:
    """Where row numbers are all that there is, they are numbers after all (a toy table, a time index)."""
    if schema.used:
        return schema
    return Schema(
        tuple(
            replace(column, role="numeric", reason="whole numbers, and no other column to predict from")
            if column.role == "identifier" and column.reason.startswith(ROW_NUMBERS)
            else column
            for column in schema
        )
    )


def _forced(name: str, values: pd.Series, role: Role) -> Column:
    """Return the column with the role that the caller named, and how its cells are read in it."""
    found = find_column(name, values)
    reason = "named by the caller"
    if role == found.role:
        return replace(found, reason=reason)
    column = Column(name, role, reason)
    if role == "numeric":
        spelling = _best_spelling(values)
        column = replace(column, tokens=spelling[1], decimal=spelling[0])
        if found.role != "missing" and np.isnan(as_numbers(values, column)).all():
            raise PlanError(f"roles calls {name!r} numeric, but none of its values is a number: {_example(values)}.")
    elif role == "boolean":
        column = replace(column, truth=_second_level(name, values))
    elif role == "datetime":
        texts = [] if _is_number(values) else [each for each in _text_levels(values) if not is_missing_token(each)]
        date_format = find_date_format(texts) if texts else None
        column = replace(column, date_format=None if date_format == ISO else date_format)
    return column


def _is_number(values: pd.Series) -> bool:
    return bool(pd.api.types.is_numeric_dtype(values.dtype))


def _best_spelling(values: pd.Series) -> tuple[str, tuple[str, ...]]:
    """Return the decimal mark that reads more cells as numbers, and the missing tokens that occur."""
    if _is_number(values):
        return ".", ()
    tokens = tuple(sorted(each for each in _text_levels(values) if is_missing_token(each)))
    known = {mark: _count_numbers(values, mark) for mark in (".", ",")}
    return (max(known, key=lambda mark: known[mark]), tokens)


def _text_levels(values: pd.Series) -> list[str]:
    return distinct_texts(values.astype(object))[1]


def _count_numbers(values: pd.Series, decimal: str) -> int:
    return int((~np.isnan(as_numbers(values, Column("", "numeric", "", decimal=decimal)))).sum())


def _second_level(name: str, values: pd.Series) -> str:
    levels = sorted({each for each in as_strings(values, Column(name, "category", "")) if each is not None})
    truth = find_truth(levels)
    if truth is not None:
        return truth[1]
    if len(levels) > 2:
        raise PlanError(f"roles calls {name!r} boolean, but it has {len(levels)} values: {_example(values)}.")
    return levels[-1] if levels else "1"


def _example(values: pd.Series) -> str:
    shown: list[Any] = values.dropna().unique()[:3].tolist()
    return ", ".join(map(repr, shown))
