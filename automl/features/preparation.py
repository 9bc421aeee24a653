"""From the encoded table to the matrix that one model wants, fitted on the training rows of one fold.

The encoded table ``Z`` holds numbers and category codes, NaN where nothing is known. What a model needs from there is
declared by its algorithm (:class:`automl.values.algorithm.Needs`), and :class:`Preparation` does it: numbers are
imputed and scaled, or left alone; categories stay codes, or become 0/1 columns or cross-fitted target means; columns
made from columns come before all that, where they are asked for. Whatever is learned (medians, frequent levels, target
means, scales, which columns to make) is learned here, inside the fold, and nowhere else.

The output is ``[dense numbers | where numbers were missing | native codes | 0/1 columns | bins]``. At prediction time
the work is a dozen numpy calls on precomputed tables, because scikit-learn's ``ColumnTransformer`` with its encoders
costs 10-30 ms a row, a hundred times more.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, TransformerMixin

from automl.errors import DataError
from automl.features.bins import Bins
from automl.features.categories import CategoryTables
from automl.features.generated.generation import Generation
from automl.features.scaling import Scaler, same_everywhere
from automl.features.selection import useful_columns
from automl.values.algorithm import Categories, Generated, Needs, Numbers, Scaling
from automl.values.task import Task, TaskKind

Matrix = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]

EXACT = float(1 << 24)  # integers up to here are exact in float32
CHUNK = 1 << 14  # rows at once, so that temporaries stay in the processor's cache


class Preparation(BaseEstimator, TransformerMixin):
    """Give a model what it needs.

    Parameters
    ----------
    categories, missing, scaling, native_levels, generated, selected, numbers
        As in :class:`automl.values.algorithm.Needs`.
    levels
        For each column of ``Z`` the number of levels of a code column, 0 for a number. This decides how a column is
        given; rows to learn from may have higher codes, as when a stored pipeline is fitted again on other rows.
    kind, n_classes
        The task, which tells what target means are.
    seed
        Of the cross-fitting folds, and of what chooses made columns.
    respelled
        Triples of a code column, the code of a level that looks misspelt, and the code of the level that it is read as.

    Attributes
    ----------
    categorical_ : list[int]
        Indices of the output columns that hold native category codes.
    n_features_out_ : int
        Width of the output.
    token_ : str
        A hash of everything learned: two preparations with the same token prepare rows alike.

    Notes
    -----
    ``fit_transform(Z, y)`` is not ``fit(Z, y).transform(Z)`` where target means are used: training rows get
    cross-fitted means (:mod:`automl.features.target_means`), as with scikit-learn's ``TargetEncoder``.

    Examples
    --------
    >>> Z = np.array([[1.0, 0], [np.nan, 1], [3.0, 0], [5.0, 1], [2.0, np.nan]])
    >>> preparation = Preparation(categories="onehot", levels=(0, 2))
    >>> preparation.fit_transform(Z, np.array([0, 1, 0, 1, 1])).tolist()[1]
    [2.5, 1.0, 0.0, 1.0, 0.0]
    >>> preparation.names_out(["age", "sex"], {1: ["f", "m"]})
    ['age', 'age missing', 'sex=f', 'sex=m', 'sex missing']
    """

    def __init__(
        self,
        categories: Categories = "onehot",
        missing: bool = False,
        scaling: Scaling = "none",
        native_levels: int = 100,
        levels: Sequence[int] = (),
        kind: TaskKind = "binary",
        n_classes: int = 2,
        seed: int = 0,
        generated: Sequence[Generated] = (),
        selected: bool = False,
        numbers: Numbers = "plain",
        respelled: Sequence[Sequence[int]] = (),
    ) -> None:
        self.categories = categories
        self.missing = missing
        self.scaling = scaling
        self.native_levels = native_levels
        self.levels = levels
        self.kind = kind
        self.n_classes = n_classes
        self.seed = seed
        self.generated = generated
        self.selected = selected
        self.numbers = numbers
        self.respelled = respelled

    @classmethod
    def from_needs(
        cls, needs: Needs, levels: Sequence[int], task: Task, seed: int, misspelt: Sequence[Sequence[int]] = ()
    ) -> Preparation:
        """Return the unfitted preparation that these needs ask for; ``misspelt`` is what can be ``respelled``."""
        return cls(
            categories=needs.categories,
            missing=needs.missing,
            scaling=needs.scaling,
            native_levels=needs.native_levels,
            levels=[int(each) for each in levels],
            kind=task.kind,
            n_classes=task.n_classes,
            seed=seed,
            generated=list(needs.generated),
            selected=needs.selected,
            numbers=needs.numbers,
            respelled=[[int(each) for each in triple] for triple in misspelt] if needs.respelled else [],
        )

    @property
    def variant(self) -> str:
        """A short name of the settings, the same for settings that make no difference on these columns."""
        has_categories = any(self.levels)
        categories = self.categories if has_categories else "numbers"
        limit = int(self.native_levels) if categories == "native" else 0
        told: list[object] = [categories, bool(self.missing), self.scaling, limit, [int(each) for each in self.levels]]
        told += [self.kind, int(self.n_classes), int(self.seed), *self.generated]
        told += ["selected"] if self.selected else []
        told += [] if self.numbers == "plain" else [self.numbers]
        told += [f"respelled {list(map(list, self.respelled))}"] if len(self.respelled) else []
        digest = hashlib.sha256(json.dumps(told).encode()).hexdigest()[:8]
        return f"{categories}-{'nan' if self.missing else 'filled'}-{self.scaling}-{digest}"

    # Fitting

    def fit(
        self, Z: npt.ArrayLike, y: npt.ArrayLike | None = None, sample_weight: npt.ArrayLike | None = None
    ) -> Preparation:
        """Learn from training rows."""
        self.fit_transform(Z, y, sample_weight)
        return self

    def fit_transform(
        self, Z: npt.ArrayLike, y: npt.ArrayLike | None = None, sample_weight: npt.ArrayLike | None = None
    ) -> Matrix:
        """Learn from training rows and return them prepared, target means cross-fitted.

        Parameters
        ----------
        Z
            ``(n_rows, n_encoded)``.
        y
            Labels ``0..K-1`` or floats, ``(n_rows,)``; needed where target means are used.
        sample_weight
            ``(n_rows,)`` or ``None``.

        Raises
        ------
        DataError
            If ``Z`` doesn't have one column for each of ``levels``, or ``y`` is needed and absent.
        """
        rows = self._rows(Z)
        if not len(rows):
            raise DataError("There are no rows to learn from. Give at least one.")
        weight = None if sample_weight is None else np.asarray(sample_weight, dtype=np.float64)
        self.generation_ = Generation(self.generated, self.levels, self.kind, self.n_classes, self.seed)
        useful = self._useful(rows, y, weight)
        rows = self.generation_.fit(rows, y, weight).extend(rows)
        levels = self.generation_.levels_.tolist()
        # Trees don't mind a constant column, and keep their columns in place when they are fitted again.
        kept = [j for j in range(rows.shape[1]) if self.scaling == "none" or not same_everywhere(rows[:, j])]
        kept = [j for j in kept if j in useful or j >= len(self.levels)]
        numbers = [j for j in kept if not levels[j]]
        self.bins_ = Bins(self.numbers).fit(rows, numbers, self.seed)
        self.numbers_: Ints = np.array([j for j in numbers if j not in self.bins_.replaced], dtype=np.int64)
        columns = [j for j in kept if levels[j]]
        self.tables_ = CategoryTables(
            self.categories,
            self.native_levels,
            columns,
            [levels[j] for j in columns],
            self.kind,
            self.n_classes,
            self.seed,
            sum(1 for j in columns if j >= len(levels) - self.generation_.n_crossed_),
        )
        means = self.tables_.fit(rows, y, weight)
        self._fit_numbers(rows)
        self._lay_out()
        out = np.zeros((len(rows), self.n_features_out_), dtype=np.float32)
        for part in _chunks(len(rows)):
            self._fill(rows[part], out[part], means[part])
        dense = out[:, : self.n_dense_]
        self.scaler_ = Scaler(self.scaling).fit(dense, self.seed)
        for part in _chunks(len(rows)):
            self.scaler_.apply(dense[part])
        self.token_ = self._token()
        return out

    def _useful(self, rows: npt.NDArray[Any], y: npt.ArrayLike | None, weight: npt.NDArray[Any] | None) -> set[int]:
        """Return the encoded columns to keep."""
        if not self.selected:
            return set(range(len(self.levels)))
        if y is None:
            raise DataError("Columns are selected by the target and none was given. Give y to fit.")
        levels: Ints = np.array(self.levels, dtype=np.int64)
        return set(useful_columns(rows, levels, np.asarray(y), weight, self.kind, self.n_classes, self.seed).tolist())

    def _rows(self, Z: npt.ArrayLike) -> npt.NDArray[Any]:
        rows = np.asarray(Z)
        if rows.ndim != 2 or rows.shape[1] != len(self.levels):
            raise DataError(
                f"The encoded rows have the shape {rows.shape}; this preparation is for {len(self.levels)} columns. "
                "Give it the output of the table encoder that it was made with."
            )
        rows = rows if rows.dtype.kind == "f" else rows.astype(np.float64)
        return self._as_meant(rows) if len(self.respelled) else rows

    def _as_meant(self, rows: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return the rows with the codes of misspelt levels replaced."""
        mended = rows.copy()
        for column, code, meant in self.respelled:
            mended[rows[:, column] == code, column] = meant
        return mended

    def _fit_numbers(self, rows: npt.NDArray[Any]) -> None:
        """Learn medians, which numbers can be missing, and an offset for numbers too large for float32."""
        n_numbers = len(self.numbers_)
        self.shift_: npt.NDArray[np.float64] = np.zeros(n_numbers)
        self.fills_: Matrix = np.full(n_numbers + len(self.tables_.ordinal_), np.nan, dtype=np.float32)
        marked: dict[bytes, int] = {}  # columns that are missing together share an indicator
        for i, j in enumerate(self.numbers_):
            column = rows[:, j].astype(np.float64)
            missing = np.isnan(column)
            if missing.any():
                marked.setdefault(np.packbits(missing).tobytes(), i)
                column = column[~missing]
            if len(column) and np.abs(column).max() > EXACT:
                self.shift_[i] = column.min()
            if not self.missing:
                self.fills_[i] = np.median(column) - self.shift_[i] if len(column) else 0.0
        if not self.missing:
            self.fills_[n_numbers:] = -1.0  # an unknown code is a level of its own, before all others
        self.indicators_: Ints = np.array([] if self.missing else sorted(marked.values()), dtype=np.int64)

    def _lay_out(self) -> None:
        """Fix where the groups of output columns end."""
        tables = self.tables_
        self.n_dense_ = len(self.fills_) + tables.n_means + len(tables.frequency_)
        n_marked = self.n_dense_ + len(self.indicators_)
        self.categorical_ = list(range(n_marked, n_marked + len(tables.native_)))
        self.n_before_bins_ = n_marked + len(tables.native_) + tables.n_switches_
        # A model needs one column at least, if only a column of zeros.
        self.n_features_out_ = max(1, self.n_before_bins_ + len(self.bins_.columns_))

    def _token(self) -> str:
        digest = hashlib.blake2b(f"{self.categories}{self.missing}{self.scaling}".encode(), digest_size=12)
        for holder in (self, self.tables_, self.bins_, self.scaler_, *self.generation_.makers_):
            for name, value in sorted(vars(holder).items()):
                if isinstance(value, np.ndarray):
                    digest.update(f"{name}{value.shape}{value.dtype}".encode() + value.tobytes())
        return digest.hexdigest()

    # Transforming

    def transform(self, Z: npt.ArrayLike) -> Matrix:
        """Return rows prepared with what was learned from all training rows.

        Returns
        -------
        Matrix
            ``(n_rows, n_features_out_)``, float32, C-contiguous.
        """
        rows = self._rows(Z)
        out = np.zeros((len(rows), self.n_features_out_), dtype=np.float32)
        for part in _chunks(len(rows)):
            self._fill(self.generation_.extend(rows[part]), out[part], None)
            self.scaler_.apply(out[part, : self.n_dense_])
        return out

    def _fill(self, rows: npt.NDArray[Any], out: Matrix, means: npt.NDArray[Any] | None) -> None:
        """Write all but the scaling into ``out``, which holds zeros; ``means`` are given for training rows."""
        tables, n_numbers, n_plain, n_dense = self.tables_, len(self.numbers_), len(self.fills_), self.n_dense_
        codes = tables.codes(rows)
        values = rows[:, self.numbers_]
        plain = out[:, :n_plain]
        plain[:, :n_numbers] = values - self.shift_
        if n_plain > n_numbers:
            plain[:, n_numbers:] = tables.numbers(codes)
        if not self.missing and n_plain:
            np.copyto(plain, self.fills_, where=np.isnan(plain))
        n_means = n_plain + tables.n_means
        if n_means > n_plain:
            out[:, n_plain:n_means] = tables.means(codes) if means is None else means
        if n_dense > n_means:
            out[:, n_means:n_dense] = tables.log_counts(codes)
        n_marked = n_dense + len(self.indicators_)
        if n_marked > n_dense:
            out[:, n_dense:n_marked] = np.isnan(values[:, self.indicators_])
        n_native = n_marked + len(tables.native_)
        if n_native > n_marked:
            out[:, n_marked:n_native] = tables.native(codes)
        if tables.n_switches_:
            tables.switch_on(codes, out[:, n_native : self.n_before_bins_])
        if len(self.bins_.columns_):
            out[:, self.n_before_bins_ :] = self.bins_.apply(rows)

    # Telling

    def names_out(self, names_in: Sequence[str], level_names: Mapping[int, Sequence[str]] | None = None) -> list[str]:
        """Return a name for each output column.

        Parameters
        ----------
        names_in
            Names of the columns of ``Z``.
        level_names
            For code columns of ``Z``, by index, the names of their levels; otherwise levels are numbered.
        """
        tables = self.tables_
        names_in = self.generation_.names(names_in)
        coded = [names_in[j] for j in tables.columns_]
        names = [names_in[j] for j in self.numbers_] + [coded[place] for place in tables.ordinal_]
        names += tables.mean_names(coded)
        names += [f"{names_in[self.numbers_[i]]} missing" for i in self.indicators_]
        names += [coded[place] for place in tables.native_]
        names += tables.switch_names(coded, level_names or {})
        names += self.bins_.names(names_in)
        return names or ["nothing"]

    def sources_out(self) -> list[tuple[int, ...]]:
        """Return for each output column the columns of ``Z`` that it is made from: one, several or none.

        Numbers that are missing together share an indicator, which is made from the first of them.
        """
        tables = self.tables_
        found = [
            self.numbers_,
            tables.columns_[tables.ordinal_],
            np.repeat(tables.columns_[tables.target_], tables.means_.shape[1]),
            tables.columns_[tables.frequency_],
            self.numbers_[self.indicators_],
            tables.columns_[tables.native_],
            tables.columns_[tables.meanings_[:, 0]],
            self.bins_.columns_,
        ]
        sources = self.generation_.sources()
        return [sources[j] for j in np.concatenate(found).astype(np.int64).tolist()] or [()]

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "token_")


def _chunks(n_rows: int) -> Iterator[slice]:
    return (slice(start, start + CHUNK) for start in range(0, n_rows, CHUNK))
