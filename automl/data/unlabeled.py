"""A table without a target, checked against the columns of the training table.

Rows that have no target still tell how the columns go together. They are read as the training table was: the same
columns, the same meaning of each. A column that means something else there would teach nonsense, so it is refused.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
import pandas as pd

from automl.data.cells import as_dates, as_numbers
from automl.data.reading import read
from automl.errors import DataError
from automl.values.schema import Column, Schema

MOST_PER_ROW = 10
"""Unlabelled rows that are used for each labelled one; of more, a sample is."""
UNREADABLE = 0.5  # share of a column's known cells that can't be read, from which it is another column


def read_unlabeled(
    data: Any, schema: Schema, n_labelled: int, seed: int, ignored: Collection[str] = ()
) -> pd.DataFrame:
    """Return the rows to learn from without a target.

    Parameters
    ----------
    data
        Anything that :func:`automl.read` reads.
    schema
        The columns of the training table.
    n_labelled
        Its rows, which limit how many unlabelled ones are used.
    ignored
        Columns that are no features, such as the target: they may be there and are not looked at.

    Raises
    ------
    DataError
        If there is no row, a column is absent, or one holds what the training table's column can't be.
    """
    frame = read(data)
    frame = frame.rename(columns=str)
    names = [column.name for column in schema]
    absent = [column.name for column in schema.used if column.name not in frame.columns]
    if absent:
        listed = ", ".join(map(repr, absent[:5])) + (f" and {len(absent) - 5} more" if len(absent) > 5 else "")
        raise DataError(
            f"The unlabelled table lacks {len(absent)} of the {len(schema.used)} columns that are learned from: "
            f"{listed}. Add them, empty where nothing is known, or leave unlabeled= out."
        )
    frame = frame[[name for name in names if name in frame.columns and name not in ignored]]
    for column in schema.used:
        _refuse_other_kind(frame[column.name], column)
    most = MOST_PER_ROW * n_labelled
    if len(frame) > most:
        chosen = np.sort(np.random.default_rng(seed).choice(len(frame), most, replace=False))
        frame = frame.iloc[chosen]
    return frame


def _refuse_other_kind(values: pd.Series, column: Column) -> None:
    """Refuse a column of numbers or dates of which most cells are something else."""
    if column.role == "numeric":
        readable = np.isfinite(as_numbers(values, column))
    elif column.role == "datetime":
        readable = ~np.isnat(as_dates(values, column))
    else:
        return
    present = values.notna().to_numpy()
    unread = present & ~readable
    if present.any() and unread.sum() > UNREADABLE * present.sum():
        example = values[unread].iloc[0]
        kind = "numbers" if column.role == "numeric" else "dates"
        raise DataError(
            f"The column {column.name!r} of the unlabelled table holds {example!r} where the training table has "
            f"{kind}. Give the same columns in both, or leave unlabeled= out."
        )
