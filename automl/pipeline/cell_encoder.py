"""What an encoder of one column is: cells in, one or more float columns out.

An encoder learns from the training column without looking at the target, and afterwards reads any cell that a person
or a program may send. ``transform`` reads whole columns. ``quick`` reads one cell of a common type without pandas, and
returns ``None`` for everything else, which then takes the long way: that is what keeps a single prediction fast.

Fitted encoders hold plain arrays, texts and numbers only, as model files demand; look-up dictionaries are made anew
when first needed and are no part of the state.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from automl.values.schema import Column

Block = npt.NDArray[np.floating[Any]]
LARGEST = 1e30  # anything larger overflows in the float32 arithmetic of models

Layout = list[str] | int | None
"""Which outputs a column has where that depends on the data: names of date parts, or a number of topics."""


class CellEncoder:
    """What all encoders share: a state of plain data, without what can be made again."""

    def fit(self, cells: pd.Series, column: Column) -> CellEncoder:
        """Learn from the training column."""
        del cells, column
        return self

    def transform(self, cells: pd.Series, column: Column) -> Block:
        """Return ``(n_rows, n_out)`` floats, NaN where nothing is known."""
        raise NotImplementedError

    def quick(self, cell: Any) -> Sequence[float] | None:
        """Return the output of one cell, or ``None`` if only ``transform`` can tell."""
        del cell
        return None

    def names(self, name: str) -> list[str]:
        """Return names of the outputs."""
        return [name]

    def levels(self) -> list[list[str]]:
        """Return for each output the names of its levels, nothing for a number."""
        return [[]]

    def layout(self) -> Layout:
        """Return what makes an encoder for other rows have the same outputs."""
        return None

    def __getstate__(self) -> dict[str, Any]:
        return {key: value for key, value in self.__dict__.items() if not key.startswith("_")}


def bounded(numbers: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return numbers cut to a size whose squares a float32 still holds nearly."""
    return np.clip(numbers, -LARGEST, LARGEST)


def plain_text(cell: Any) -> str:
    """Return the level that a text, a truth or a whole number is, and an empty text, which is none, for all else.

    Examples
    --------
    >>> plain_text("a"), plain_text(3.0), plain_text(True), plain_text(0.5)
    ('a', '3', 'True', '')
    """
    kind = type(cell)
    if kind is str or kind is bool:
        return str(cell)
    return str(int(cell)) if kind is int or (kind is float and cell.is_integer()) else ""


def is_nan(cell: Any) -> bool:
    """Tell whether a cell is the float NaN."""
    return type(cell) is float and cell != cell
