"""What checks look at: the described table, its target, its folds, and what several checks would compute of them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from automl.data.cells import as_dates, as_durations, as_numbers, spelled
from automl.data.dataset import Dataset
from automl.data.folds import Folds
from automl.values.schema import Column, Schema
from automl.values.task import Task

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.integer[Any]]
SAMPLE = 20_000
"""Rows looked at where a sample is as good as all."""


class Subject:
    """A described table, as checks look at it.

    Parameters
    ----------
    dataset
        The table, its target, task and schema.
    folds
        How it is validated; ``None`` where that isn't decided.
    metric
        The metric's name.
    test
        A table that comes later, if there is one.
    from_file
        Whether the table was read from a file.
    seed
        Of the sample.

    Examples
    --------
    >>> from automl.data.dataset import make_dataset
    >>> subject = Subject(make_dataset(pd.DataFrame({"x": [1, 2, 2, None], "y": list("abab")}), "y"))
    >>> subject.codes("x").tolist(), subject.n_levels("x")
    ([0, 1, 1, -1], 2)
    """

    def __init__(
        self,
        dataset: Dataset,
        folds: Folds | None = None,
        *,
        metric: str = "",
        test: pd.DataFrame | None = None,
        from_file: bool = False,
        seed: int = 0,
    ) -> None:
        self.dataset = dataset
        self.folds = folds
        self.metric = metric
        self.test = test
        self.from_file = from_file
        self.seed = seed
        self._position = {column.name: i for i, column in enumerate(dataset.schema)}
        self._codes: dict[str, tuple[IntArray, pd.Index[Any]]] = {}

    @property
    def schema(self) -> Schema:
        """The columns."""
        return self.dataset.schema

    @property
    def task(self) -> Task:
        """What is predicted."""
        return self.dataset.task

    @property
    def y(self) -> npt.NDArray[Any]:
        """The encoded target, ``(n_rows,)``."""
        return self.dataset.y

    @property
    def n_rows(self) -> int:
        """Rows with a target."""
        return len(self.dataset.y)

    def values(self, name: str) -> pd.Series:
        """Return a column as it stands in the table."""
        return self.dataset.X.iloc[:, self._position[name]]

    def codes(self, name: str) -> IntArray:
        """Return each row's level as a number from 0 in order of appearance, -1 where missing, ``(n_rows,)``."""
        return self._factorized(name)[0]

    def n_levels(self, name: str) -> int:
        """Return how many different values a column has."""
        return len(self._factorized(name)[1])

    def is_missing(self, name: str) -> npt.NDArray[np.bool_]:
        """Return which cells are missing or a token for it, ``(n_rows,)``; quick where the column has no tokens."""
        if self.schema[name].tokens:
            return np.asarray(self.codes(name) < 0)
        return self.values(name).isna().to_numpy(dtype=bool)

    def some(self, name: str) -> pd.Series:
        """Return the cells of a column in the rows of :attr:`sample`."""
        values = self.values(name)
        return values if len(self.sample) == self.n_rows else values.iloc[self.sample]

    def texts(self, name: str) -> list[str]:
        """Return a column's different values as stripped texts, in the order of :meth:`codes`."""
        return [str(each).strip() for each in self._factorized(name)[1]]

    def _factorized(self, name: str) -> tuple[IntArray, pd.Index[Any]]:
        if name not in self._codes:
            self._codes[name] = levels_of(self.values(name), self.schema[name])
        return self._codes[name]

    def numbers(self, name: str) -> FloatArray:
        """Return a column as floats, NaN where missing, ``(n_rows,)``: a number, or a date or duration in seconds."""
        return floats_of(self.values(name), self.schema[name])

    @cached_property
    def sample(self) -> IntArray:
        """Sorted row numbers, at most :data:`SAMPLE`, drawn once for all checks."""
        if self.n_rows <= SAMPLE:
            return np.arange(self.n_rows)
        return np.sort(np.random.default_rng(self.seed).choice(self.n_rows, SAMPLE, replace=False))

    @cached_property
    def row_keys(self) -> npt.NDArray[np.uint64]:
        """A number per row that is the same where all columns are, but a counter of the rows, ``(n_rows,)``."""
        differ = [column for column in self.schema if column.role not in ("constant", "missing")]
        names = [column.name for column in differ if not (column.role == "identifier" and self._counts(column.name))]
        return keys_of([self.codes(name) for name in names], self.n_rows)

    @cached_property
    def seen_keys(self) -> npt.NDArray[np.uint64]:
        """A number per row that is the same where all columns are that models see, ``(n_rows,)``."""
        return keys_of([self.codes(column.name) for column in self.schema.used], self.n_rows)

    def _counts(self, name: str) -> bool:
        """Tell whether a column counts the rows, in whatever order, from whatever number."""
        if not pd.api.types.is_numeric_dtype(self.values(name).dtype):
            return False
        numbers = self.numbers(name)
        return bool(np.nanmax(numbers) - np.nanmin(numbers) == self.n_rows - 1)


def levels_of(values: pd.Series, column: Column) -> tuple[IntArray, pd.Index[Any]]:
    """Return each cell's level as a number from 0, -1 where missing or a token for it; and the levels."""
    if isinstance(values.dtype, pd.CategoricalDtype) or values.dtype == object:
        values = pd.Series([spelled(each) for each in values.tolist()], dtype="str")
    codes, distinct = pd.factorize(values)
    levels = pd.Index(distinct)
    tokens = {each.strip() for each in column.tokens}
    if tokens and not pd.api.types.is_numeric_dtype(values.dtype):
        void = np.array([str(each).strip() in tokens | {""} for each in levels], dtype=bool)
        number = np.append(np.where(void, -1, np.cumsum(~void) - 1), -1)
        return number[codes].astype(np.int32), levels[~void]
    return codes.astype(np.int32), levels


def floats_of(values: pd.Series, column: Column) -> FloatArray:
    """Return a column as floats, NaN where missing, by its role."""
    if column.role == "datetime":
        dates = as_dates(values, column)
        return np.where(np.isnat(dates), np.nan, dates.astype(np.int64) / 1e9)
    return as_durations(values, column) if column.role == "duration" else as_numbers(values, column)


def keys_of(columns: Sequence[IntArray], n_rows: int) -> npt.NDArray[np.uint64]:
    """Return a 64-bit number per row, the same where all columns' codes are.

    Two different rows get the same with a probability of 5e-20, so that in a million rows none are confused.

    Examples
    --------
    >>> a, b, c = keys_of([np.array([0, 0, 1]), np.array([-1, -1, 2])], 3).tolist()
    >>> a == b, a == c
    (True, False)
    """
    keys = np.zeros(n_rows, dtype=np.uint64)
    for codes in columns:
        keys = _mixed(keys ^ (codes.astype(np.int64).astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15)))
    return keys


def _mixed(x: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Spread every bit over all others: the last steps of the splitmix64 generator (Steele et al. 2014)."""
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(x ^ (x >> np.uint64(31)), dtype=np.uint64)
