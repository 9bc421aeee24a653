"""The columns of a table as the engine reads them, with counts over all rows."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from automl.values.schema import Column, Schema


@dataclass(frozen=True, slots=True)
class ColumnFacts:
    """What a page says of a column.

    Attributes
    ----------
    name, role, is_used, reason
        What the engine takes it for, whether it learns from it, and why.
    missing
        Share of the rows without a value, cells such as ``?`` that mean so included.
    distinct
        Number of different values.
    """

    name: str
    role: str
    is_used: bool
    reason: str
    missing: float
    distinct: int

    @classmethod
    def of(cls, values: pd.Series, column: Column) -> ColumnFacts:
        """Return the facts of a column.

        Examples
        --------
        >>> told = ColumnFacts.of(pd.Series(["a", "?", "b", None]), Column("kind", "category", "", tokens=("?",)))
        >>> told.missing, told.distinct
        (0.5, 2)
        """
        texts = values.astype(str).str.strip() if column.tokens else values
        is_missing = values.isna() | texts.isin([*column.tokens, ""]) if column.tokens else values.isna()
        return cls(
            name=column.name,
            role=column.role.replace("_", " "),
            is_used=column.is_used,
            reason=column.reason,
            missing=float(is_missing.mean()),
            distinct=int(values[~is_missing].astype(str).nunique()),
        )


def facts_of(frame: pd.DataFrame, schema: Schema) -> tuple[ColumnFacts, ...]:
    """Return the facts of every column of the schema, in table order."""
    place = {str(name): i for i, name in enumerate(frame.columns)}
    return tuple(ColumnFacts.of(frame.iloc[:, place[column.name]], column) for column in schema)
