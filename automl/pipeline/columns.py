"""Columns as quantities: numbers, truths, durations, dates and texts; and which role has which encoder."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd

from automl.data.cells import as_dates, as_durations, as_numbers, as_strings
from automl.features.dates import DateParts
from automl.features.text import TextTopics
from automl.pipeline.cell_encoder import LARGEST, Block, CellEncoder, Layout, bounded, is_nan, plain_text
from automl.pipeline.codes import Levels, NumberedCodes
from automl.values.schema import Column

TEXT_TOPICS = 50  # topics of free text
MOST_TRUTHS = 10  # ways to write true and false that are worth a look-up


class Numbers(CellEncoder):
    """Quantities as they are."""

    def transform(self, cells: pd.Series, column: Column) -> Block:
        """Return the numbers."""
        return bounded(as_numbers(cells, column))[:, None]

    def quick(self, cell: Any) -> Sequence[float] | None:
        """Read a number."""
        kind = type(cell)
        if (kind is float or kind is int) and not abs(cell) > LARGEST:
            return (float(cell),)
        return None


class Truths(CellEncoder):
    """Two values as 0 and 1.

    Attributes
    ----------
    words_, truths_
        The values of the training column as texts, and what each was read as.
    """

    def fit(self, cells: pd.Series, column: Column) -> Truths:
        """Learn how the common values are read."""
        distinct = pd.factorize(as_strings(cells, column))[1].tolist()[:MOST_TRUTHS]
        self.words_ = distinct
        self.truths_ = as_numbers(pd.Series(distinct, dtype=object), column).tolist()
        return self

    def transform(self, cells: pd.Series, column: Column) -> Block:
        """Return 0, 1 or NaN."""
        return as_numbers(cells, column)[:, None]

    def quick(self, cell: Any) -> Sequence[float] | None:
        """Read a value that was there in training."""
        index = self.__dict__.get("_index")
        if index is None:
            index = self._index = {word: (truth,) for word, truth in zip(self.words_, self.truths_, strict=True)}
        found: Sequence[float] | None = index.get(plain_text(cell))
        return (math.nan,) if found is None and is_nan(cell) else found


class Durations(CellEncoder):
    """Lengths of time as seconds."""

    def transform(self, cells: pd.Series, column: Column) -> Block:
        """Return seconds."""
        return bounded(as_durations(cells, column))[:, None]


class PointsInTime(CellEncoder):
    """Dates as the parts that vary, or those named in ``layout``."""

    def __init__(self, layout: Layout = None) -> None:
        self.parts = layout if isinstance(layout, list) else None

    def fit(self, cells: pd.Series, column: Column) -> PointsInTime:
        """Learn which parts vary."""
        self.parts_ = DateParts(self.parts).fit(as_dates(cells, column))
        return self

    def transform(self, cells: pd.Series, column: Column) -> Block:
        """Return the parts."""
        return self.parts_.transform(as_dates(cells, column))

    def names(self, name: str) -> list[str]:
        """Name the parts."""
        return [f"{name} {part}" for part in self.parts_.parts_]

    def levels(self) -> list[list[str]]:
        """Return nothing: parts are numbers."""
        return [[] for _ in self.parts_.parts_]

    def layout(self) -> Layout:
        """Return the names of the parts."""
        return self.parts_.parts_


class FreeText(CellEncoder):
    """Texts as topics (as many as ``layout`` says) and statistics."""

    def __init__(self, layout: Layout = None, seed: int = 0) -> None:
        self.n_topics = layout
        self.seed = seed

    def fit(self, cells: pd.Series, column: Column) -> FreeText:
        """Learn terms and topics."""
        n_topics = self.n_topics if isinstance(self.n_topics, int) else TEXT_TOPICS
        topics = TextTopics(n_topics=n_topics, is_fixed=self.n_topics is not None, seed=self.seed)
        self.topics_ = topics.fit(as_strings(cells, column))
        return self

    def transform(self, cells: pd.Series, column: Column) -> Block:
        """Return topics and statistics."""
        return self.topics_.transform(as_strings(cells, column))

    def names(self, name: str) -> list[str]:
        """Name topics and statistics."""
        return [f"{name} {each}" for each in self.topics_.names()]

    def levels(self) -> list[list[str]]:
        """Return nothing: topics are numbers."""
        return [[] for _ in self.topics_.names()]

    def layout(self) -> Layout:
        """Return the number of topics."""
        return int(self.topics_.components_.shape[1])


def encoder_for(column: Column, seed: int, layout: Layout = None) -> CellEncoder:
    """Return the unfitted encoder that the column's role asks for, with certain outputs if a layout is given."""
    if column.role == "numeric":
        return NumberedCodes() if column.code_like else Numbers()
    if column.role in ("category", "high_cardinality"):
        return Levels(column.role == "high_cardinality", layout, seed)
    if column.role == "text":
        return FreeText(layout, seed)
    if column.role == "datetime":
        return PointsInTime(layout)
    return Truths() if column.role == "boolean" else Durations()
