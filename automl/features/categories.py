"""Category codes turned into what a model wants, by looking tables up.

Every level of every code column has a cell, the missing value one more behind them, and the cells of all columns
stand in one row: a column's cells begin at ``starts_``. What is learned about levels (whether they occur, how often,
what the target was) is an array over these cells, so that transforming rows of any number is one look-up per group
and not a loop over columns.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator

from automl.errors import DataError
from automl.features.onehot import MISSING, RARE, switches
from automl.features.target_means import fold_of_rows, target_means
from automl.values.algorithm import Categories
from automl.values.task import TaskKind

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]

ONEHOT_LEVELS = 100  # a column of more levels is given as target means
ONEHOT_CELLS = 1 << 28  # 0/1 cells of all rows together: 1 GiB
MEAN_CLASSES = 10  # one mean for each class up to here; beyond, the code itself and its frequency
FREQUENCY_LEVELS = 20  # a column of more levels gets its log frequency beside the means


class CategoryTables(BaseEstimator):
    """What was learned about the levels of the code columns.

    Parameters
    ----------
    categories, native_levels
        As in :class:`automl.values.algorithm.Needs`.
    columns
        Indices of the code columns in the encoded table.
    n_levels
        Number of levels of each.
    kind, n_classes
        The task.
    seed
        Of the cross-fitting folds.
    n_crossed
        How many of the last columns are crosses of others, which are given as target means however few levels they
        have.

    Attributes
    ----------
    ordinal_, native_, onehot_, target_, frequency_
        Places among ``columns`` of those that are given as numbers, as native codes, as 0/1 columns, as target means,
        as log frequencies.
    """

    def __init__(
        self,
        categories: Categories,
        native_levels: int,
        columns: Sequence[int],
        n_levels: Sequence[int],
        kind: TaskKind,
        n_classes: int,
        seed: int,
        n_crossed: int = 0,
    ) -> None:
        self.categories = categories
        self.native_levels = native_levels
        self.columns = columns
        self.n_levels = n_levels
        self.kind = kind
        self.n_classes = n_classes
        self.seed = seed
        self.n_crossed = n_crossed

    def fit(self, rows: npt.NDArray[Any], y: npt.ArrayLike | None, sample_weight: npt.ArrayLike | None) -> Floats:
        """Learn from encoded rows and return their cross-fitted target means, ``(n_rows, n_means)``."""
        self._group()
        self._make_room(rows)
        codes = self.codes(rows)
        self._fit_seen(codes)
        self._fit_switches(codes)
        self._fit_frequency(codes)
        return self._fit_means(codes, y, sample_weight)

    def _group(self) -> None:
        """Say how each column is given, by its number of levels."""
        self.columns_: Ints = np.array(self.columns, dtype=np.int64)
        n_levels: Ints = np.array(self.n_levels, dtype=np.int64)
        limit = {"native": self.native_levels, "onehot": ONEHOT_LEVELS, "ordinal": np.inf, "target": 0}[self.categories]
        is_crossed = np.arange(len(n_levels)) >= len(n_levels) - self.n_crossed
        many, nothing = np.flatnonzero((n_levels > limit) | is_crossed), np.array([], dtype=np.int64)
        few = np.flatnonzero((n_levels <= limit) & ~is_crossed)
        has_means = self.kind != "multiclass" or self.n_classes <= MEAN_CLASSES
        self.native_: Ints = few if self.categories == "native" else nothing
        self.onehot_: Ints = few if self.categories == "onehot" else nothing
        self.target_: Ints = many if has_means else nothing
        # Without means, columns of many levels are at least ordered by code and by how common their levels are.
        self.ordinal_: Ints = few if self.categories == "ordinal" else nothing if has_means else many
        self.frequency_: Ints = many[n_levels[many] > FREQUENCY_LEVELS]

    def _make_room(self, rows: npt.NDArray[Any]) -> None:
        """Give each level a cell. There can be more than were announced, but not more than there are rows."""
        highest = [min(np.fmax.reduce(rows[:, j], initial=-1.0) + 1, len(rows)) for j in self.columns_]
        self.n_levels_: Ints = np.maximum(self.n_levels, np.array(highest, dtype=np.int64)).astype(np.int64)
        ends = np.cumsum(self.n_levels_ + 1)
        self.starts_: Ints = ends - self.n_levels_ - 1
        self.n_cells_ = int(ends[-1]) if len(ends) else 0

    def codes(self, rows: npt.NDArray[Any]) -> Ints:
        """Return code columns of encoded rows as integers; missing and unknown is the number behind the last level."""
        codes = rows[:, self.columns_]
        return np.where((codes >= 0) & (codes < self.n_levels_), codes, self.n_levels_).astype(np.int64)

    def _count(self, codes: Ints, place: int) -> Ints:
        return np.bincount(codes[:, place], minlength=int(self.n_levels_[place]) + 1)

    def _cells(self, place: int) -> slice:
        return slice(int(self.starts_[place]), int(self.starts_[place] + self.n_levels_[place]) + 1)

    def _fit_seen(self, codes: Ints) -> None:
        """Learn which codes occur; one that the fold doesn't have is unseen to its model, so it becomes NaN."""
        self.seen_: Singles = np.full(self.n_cells_ if len(self.native_) else 0, np.nan, dtype=np.float32)
        for place in self.native_:
            occurs = self._count(codes, place)[:-1] > 0
            cells = self.seen_[self._cells(place)]
            cells[:-1][occurs] = np.flatnonzero(occurs)

    def _fit_switches(self, codes: Ints) -> None:
        self.switches_: Ints = np.full(self.n_cells_ if len(self.onehot_) else 0, -1, dtype=np.int64)
        least = max(2, len(codes) // 2000)
        most = int(np.clip(ONEHOT_CELLS // max(1, len(codes) * len(self.onehot_)), 10, ONEHOT_LEVELS))
        meanings = []
        self.n_switches_ = 0
        for place in self.onehot_:
            found = switches(self._count(codes, place), least, most)
            self.switches_[self._cells(place)] = np.where(found.column >= 0, found.column + self.n_switches_, -1)
            self.n_switches_ += len(found.meaning)
            meanings += [(int(place), int(each)) for each in found.meaning]
        self.meanings_: Ints = np.array(meanings, dtype=np.int64).reshape(-1, 2)

    def _fit_frequency(self, codes: Ints) -> None:
        self.log_counts_: Singles = np.zeros(self.n_cells_ if len(self.frequency_) else 0, dtype=np.float32)
        for place in self.frequency_:
            self.log_counts_[self._cells(place)] = np.log1p(self._count(codes, place))

    def _fit_means(self, codes: Ints, y: npt.ArrayLike | None, sample_weight: npt.ArrayLike | None) -> Floats:
        width = self.n_classes if self.kind == "multiclass" else 1
        self.means_: Singles = np.zeros((self.n_cells_ if len(self.target_) else 0, width), dtype=np.float32)
        encoded = np.empty((len(codes), len(self.target_) * width))
        if not len(self.target_):
            return encoded
        if y is None:
            raise DataError("Target means need the target and none was given. Give y to fit.")
        targets = self._targets(np.asarray(y))
        weight = None if sample_weight is None else np.asarray(sample_weight, dtype=np.float64)
        folds = fold_of_rows(len(codes), self.seed)
        for i, place in enumerate(self.target_):
            n_codes = int(self.n_levels_[place]) + 1
            column, table = target_means(codes[:, place], n_codes, targets, weight, folds)
            encoded[:, i * width : (i + 1) * width] = column
            self.means_[self._cells(place)] = table
        return encoded

    def _targets(self, y: npt.NDArray[Any]) -> Floats:
        if self.kind == "regression":
            return np.asarray(y[:, None], dtype=np.float64)
        if self.kind == "binary":
            return np.asarray(y[:, None] == 1, dtype=np.float64)
        return np.asarray(y[:, None] == np.arange(self.n_classes), dtype=np.float64)

    def numbers(self, codes: Ints) -> Floats:
        """Return the ordinal columns, NaN where missing or unknown."""
        chosen = codes[:, self.ordinal_]
        return np.where(chosen < self.n_levels_[self.ordinal_], chosen, np.nan)

    def means(self, codes: Ints) -> Singles:
        """Return target means learned from all training rows, column by column, class by class."""
        found: Singles = self.means_[codes[:, self.target_] + self.starts_[self.target_]]
        return found.reshape(len(codes), self.n_means)

    @property
    def n_means(self) -> int:
        """Number of columns of target means."""
        return int(len(self.target_) * self.means_.shape[1])

    def log_counts(self, codes: Ints) -> Singles:
        """Return log(1 + rows of the level in training)."""
        found: Singles = self.log_counts_[codes[:, self.frequency_] + self.starts_[self.frequency_]]
        return found

    def native(self, codes: Ints) -> Singles:
        """Return codes as they are, NaN where missing or not seen in training."""
        found: Singles = self.seen_[codes[:, self.native_] + self.starts_[self.native_]]
        return found

    def switch_on(self, codes: Ints, out: Singles) -> None:
        """Write ones into the 0/1 columns ``out``, which holds zeros."""
        column = self.switches_[codes[:, self.onehot_] + self.starts_[self.onehot_]]
        row, which = np.nonzero(column >= 0)
        out[row, column[row, which]] = 1.0

    def mean_names(self, names: Sequence[str]) -> list[str]:
        """Name the columns of target means and frequencies; ``names`` are those of the code columns."""
        width = self.means_.shape[1]
        endings = ["mean"] if width == 1 else [f"share of class {k}" for k in range(width)]
        told = [f"{names[place]} {ending}" for place in self.target_ for ending in endings]
        return told + [f"{names[place]} frequency" for place in self.frequency_]

    def switch_names(self, names: Sequence[str], level_names: Mapping[int, Sequence[str]]) -> list[str]:
        """Name the 0/1 columns; ``level_names`` are by index of the encoded column."""
        told = []
        for place, level in self.meanings_.tolist():
            if level == MISSING:
                told.append(f"{names[place]} missing")
            elif level == RARE:
                told.append(f"{names[place]}=rare")
            else:
                levels = level_names.get(int(self.columns_[place]))
                told.append(f"{names[place]}={level if levels is None else levels[level]}")
        return told

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "means_")
