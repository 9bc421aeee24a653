"""Raw columns as numbers that a small tree can ask about in words: "hours-per-week ≤ 40", "sex is 'Male'".

Numbers and times stay what they are; each frequent level of a category becomes a column of 0 and 1. Free text can't be
asked about.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from automl.data.cells import as_dates, as_durations, as_numbers, as_strings
from automl.explain.axis import has_order
from automl.explain.wording import number
from automl.values.algorithm import FloatArray
from automl.values.schema import Column

MOST_LEVELS = 12


@dataclass(frozen=True, slots=True)
class Question:
    """What one column of a tree asks about.

    Attributes
    ----------
    column
        Name.
    kind
        How its numbers are read.
    level
        Of a category: the level that is asked about; ``None``: whether it is missing.
    """

    column: str
    kind: Literal["number", "date", "duration", "level"]
    level: str | None = None

    def ask(self, threshold: float, *, is_below: bool, or_missing: bool = False) -> str:
        """Return the answer that leads below, or above, a threshold, in words; missing values may go the same way.

        Examples
        --------
        >>> Question("age", "number").ask(30.5, is_below=True)
        'age ≤ 30.5'
        >>> Question("sex", "level", "Male").ask(0.5, is_below=True)
        "sex is not 'Male'"
        """
        if self.kind == "level":
            words = "missing" if self.level is None else repr(self.level)
            return f"{self.column} is {'not ' if is_below else ''}{words}"
        sign = "≤" if is_below else ">"
        if self.kind == "date":
            moment = pd.Timestamp(round(threshold), unit="s")
            is_day = moment.hour in (0, 12) and not moment.minute  # noon is halfway between two days
            told = str(moment.date() if is_day else moment)
        elif self.kind == "duration":
            told = str(pd.Timedelta(seconds=round(threshold)))
        else:
            told = number(threshold)
        return f"{self.column} {sign} {told}{' or missing' if or_missing else ''}"


def make_questions(frame: pd.DataFrame, columns: tuple[Column, ...]) -> tuple[Question, ...]:
    """Return what can be asked about these columns, by the levels of ``frame``."""
    found: list[Question] = []
    for column in columns:
        if has_order(column):
            kind: Literal["number", "date", "duration"] = "number"
            kind = "date" if column.role == "datetime" else "duration" if column.role == "duration" else kind
            found.append(Question(column.name, kind))
        elif column.role != "text":
            counts = pd.Series(as_strings(frame[column.name], column), dtype=object).value_counts(dropna=False)
            levels: list[str | None] = [None if pd.isna(each) else str(each) for each in counts.index[:MOST_LEVELS]]
            if len(counts) == 2:
                levels = levels[-1:]  # one question tells two levels apart
            found += [Question(column.name, "level", level) for level in levels]
    return tuple(found)


def answers(frame: pd.DataFrame, columns: tuple[Column, ...], questions: tuple[Question, ...]) -> FloatArray:
    """Return ``(n_rows, n_questions)``: numbers, seconds, or 0 and 1; NaN where a number is missing."""
    described = {column.name: column for column in columns}
    texts: dict[str, pd.Series] = {}
    out = np.empty((len(frame), len(questions)))
    for i, question in enumerate(questions):
        column, cells = described[question.column], frame[question.column]
        if question.kind == "level":
            if question.column not in texts:
                texts[question.column] = pd.Series(as_strings(cells, column), dtype=object)
            held = texts[question.column]
            out[:, i] = held.isna() if question.level is None else held == question.level
        elif question.kind == "date":
            dates = as_dates(cells, column).astype("datetime64[ns]")
            out[:, i] = np.where(np.isnat(dates), np.nan, dates.astype(np.int64) / 1e9)
        else:
            out[:, i] = as_durations(cells, column) if question.kind == "duration" else as_numbers(cells, column)
    return np.clip(out, -1e30, 1e30)
