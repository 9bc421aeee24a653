"""Columns as codes: the place of a level among the training levels.

A code says which level, not how much; what it is worth is learned inside each fold
(:mod:`automl.features.categories`). A level that training didn't have, like a missing one, has no code: NaN.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from automl.data.cells import as_numbers, as_strings, canonical
from automl.data.numbers import parse_number
from automl.features.misspellings import misspelt_levels
from automl.features.spellings import by_key, rare_spellings, spelling_key
from automl.features.text import TextTopics, contain_words
from automl.pipeline.cell_encoder import LARGEST, Block, CellEncoder, Layout, bounded, is_nan, plain_text
from automl.values.schema import Column

NAME_TOPICS = 20  # topics of the names of a category with many levels
WORDED_LEVELS = 40  # below so many levels, names tell no more than the level itself


class NumberedCodes(CellEncoder):
    """Numbers that look like codes: the number, and its place among the training numbers.

    Attributes
    ----------
    numbers_
        The distinct training numbers, sorted; code ``k`` stands for ``numbers_[k]``.
    """

    def fit(self, cells: pd.Series, column: Column) -> NumberedCodes:
        """Learn which numbers there are."""
        numbers = bounded(as_numbers(cells, column))
        self.numbers_ = np.unique(numbers[~np.isnan(numbers)])
        return self

    def transform(self, cells: pd.Series, column: Column) -> Block:
        """Return numbers and codes, a code NaN where the number was not seen in training."""
        out = np.full((len(cells), 2), np.nan)
        out[:, 0] = bounded(as_numbers(cells, column))
        if len(self.numbers_):
            place = np.minimum(np.searchsorted(self.numbers_, out[:, 0]), len(self.numbers_) - 1)
            known = self.numbers_[place] == out[:, 0]
            out[known, 1] = place[known]
        return out

    def quick(self, cell: Any) -> Sequence[float] | None:
        """Read a number."""
        kind = type(cell)
        if (kind is not float and kind is not int) or abs(cell) > LARGEST:
            return None
        index = self.__dict__.get("_index")
        if index is None:
            index = self._index = {number: float(code) for code, number in enumerate(self.numbers_.tolist())}
        return (float(cell), index.get(float(cell), math.nan))

    def names(self, name: str) -> list[str]:
        """Name the number and the code."""
        return [name, f"{name} code"]

    def levels(self) -> list[list[str]]:
        """Name the codes by their numbers."""
        return [[], [str(canonical(number)) for number in self.numbers_.tolist()]]


class Levels(CellEncoder):
    """A category as the place of its level among the training levels, and what the level's name is made of.

    Parameters
    ----------
    topics
        Whether names that are made of words get topics beside the code, as fits categories of many levels.
    layout
        Number of topics, whatever the names; ``None`` lets the names decide.
    seed
        Of the topics.

    Attributes
    ----------
    levels_
        The training levels: numbers by size first, then texts by alphabet.
    spellings_
        For each rare spelling of a level the common one, as which it is read.
    misspelt_
        For each level that looks misspelt the one that seems to be meant; each has its own code.
    """

    def __init__(self, topics: bool = False, layout: Layout = None, seed: int = 0) -> None:
        self.topics = topics
        self.n_topics = layout
        self.seed = seed
        self.levels_: list[str] = []
        self.spellings_: dict[str, str] = {}
        self.misspelt_: dict[str, str] = {}
        self.topics_: TextTopics | None = None

    def fit(self, cells: pd.Series, column: Column) -> Levels:
        """Learn the levels, their rare spellings and, of names made of words, the topics."""
        row, found = pd.factorize(as_strings(cells, column))
        distinct = found.tolist()
        counts = np.bincount(row[row >= 0], minlength=len(distinct)).tolist()
        self.spellings_ = rare_spellings(distinct, counts)
        self.levels_ = sorted((level for level in distinct if level not in self.spellings_), key=_by_number_then_text)
        rows = dict(zip(distinct, counts, strict=True))
        self.misspelt_ = misspelt_levels(self.levels_, [rows[level] for level in self.levels_])
        worded = self.topics and len(self.levels_) >= WORDED_LEVELS and contain_words(self.levels_)
        if self.n_topics or (worded and self.n_topics is None):
            n_topics = self.n_topics if isinstance(self.n_topics, int) else NAME_TOPICS
            topics = TextTopics("letters", n_topics, False, is_fixed=self.n_topics is not None, seed=self.seed)
            self.topics_ = topics.fit(self.levels_)
            self.placed_ = self.topics_.transform(self.levels_)
        return self

    def transform(self, cells: pd.Series, column: Column) -> Block:
        """Return the code, NaN where missing or unseen, and topics, which an unseen level has too."""
        row, distinct = pd.factorize(as_strings(cells, column))  # -1 for missing: the last line of both tables
        codes = np.array([self._code(level) for level in distinct.tolist()] + [math.nan])
        if self.topics_ is None:
            return codes[row][:, None]
        table = np.zeros((len(distinct) + 1, 1 + self.placed_.shape[1]))
        table[:, 0] = codes
        seen = ~np.isnan(codes)
        table[seen, 1:] = self.placed_[codes[seen].astype(np.int64)]
        unseen = np.flatnonzero(~seen[:-1])
        if len(unseen):
            table[unseen, 1:] = self.topics_.transform([distinct[i] for i in unseen])
        found: Block = table[row]
        return found

    def quick(self, cell: Any) -> Sequence[float] | None:
        """Read a text or a whole number that is a level, or NaN."""
        index = self._places()
        code = index.get(plain_text(cell))
        if code is not None:
            return (code,) if self.topics_ is None else (code, *self.placed_[int(code)].tolist())
        if is_nan(cell):
            return (math.nan,) if self.topics_ is None else (math.nan, *([0.0] * self.placed_.shape[1]))
        return None

    def _places(self) -> dict[str, float]:
        index: dict[str, float] | None = self.__dict__.get("_index")
        if index is None:
            index = {level: float(code) for code, level in enumerate(self.levels_)}
            index |= {rare: index[common] for rare, common in self.spellings_.items()}
            self._index = index
        return index

    def _code(self, level: str) -> float:
        """Return the code of a level or of the only one that it can be a spelling of; NaN for an unknown one."""
        index = self._places()
        code = index.get(level)
        if code is not None:
            return code
        if "_keys" not in self.__dict__:
            self._keys = by_key(self.levels_)
        return index.get(self._keys.get(spelling_key(level), ""), math.nan)

    def names(self, name: str) -> list[str]:
        """Name the code and the topics."""
        return [name, *(f"{name} {each}" for each in (self.topics_.names() if self.topics_ else []))]

    def levels(self) -> list[list[str]]:
        """Return the levels, and nothing for the topics."""
        return [self.levels_, *([] for _ in (self.topics_.names() if self.topics_ else []))]

    def layout(self) -> Layout:
        """Return the number of topics."""
        return self.topics_.components_.shape[1] if self.topics_ else 0

    def __getstate__(self) -> dict[str, Any]:
        # One string: a list of thousands of levels would be as many nodes of a model file.
        return {
            **super().__getstate__(),
            "levels_": json.dumps(self.levels_),
            "spellings_": json.dumps(self.spellings_),
            "misspelt_": json.dumps(self.misspelt_),
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.levels_ = json.loads(state["levels_"])
        self.spellings_ = json.loads(state.get("spellings_", "{}"))
        self.misspelt_ = json.loads(state.get("misspelt_", "{}"))


def _by_number_then_text(level: str) -> tuple[bool, float, str]:
    number = parse_number(level)
    return (True, 0.0, level) if math.isnan(number) else (False, number, level)
