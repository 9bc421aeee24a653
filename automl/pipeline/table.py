"""Raw rows in, one matrix of floats out: the only place where a fitted pipeline touches pandas.

Each used column of the schema becomes one or more columns of the encoded table ``Z``: numbers as they are, categories
as codes, dates as parts, text as topics, NaN wherever nothing is known. Nothing here looks at the target, so the table
is encoded once for all folds and all candidates, and everything that has to be learned inside a fold is left to
:class:`automl.features.preparation.Preparation`.

A column means the same at prediction time as in training whatever its dtype, its position in the frame or its new
values: what can't be read, and what was never seen, is NaN.
"""

from __future__ import annotations

import json
from copy import copy
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin

from automl.errors import DataError
from automl.pipeline.cell_encoder import CellEncoder, Layout
from automl.pipeline.codes import Levels, NumberedCodes
from automl.pipeline.columns import Numbers, encoder_for
from automl.pipeline.rows import as_frame, places
from automl.values.schema import Schema

Matrix = npt.NDArray[np.floating[Any]]

FEW = 64  # rows that are read cell by cell; more are read column by column
EXACT = float(1 << 24)  # integers up to here are exact in float32


class TableEncoder(BaseEstimator, TransformerMixin):
    """Encode raw rows.

    Parameters
    ----------
    columns
        The schema as plain data, from ``Schema.to_json()``.
    seed
        Of what is learned about texts.
    layout
        For each used column what its output is to be, as in ``layout_``; ``None`` lets the training rows decide.

    Attributes
    ----------
    names_ : list[str]
        A name for each encoded column.
    n_levels_ : list[int]
        For each encoded column the number of levels of a code column, 0 for a number.
    layout_ : list
        For each used column the names of its date parts or its number of topics, ``None`` where neither applies.
    dtype_ : str
        ``"float32"``, or ``"float64"`` where a column holds integers that float32 would blur.

    Examples
    --------
    >>> from automl.values.schema import Column
    >>> schema = Schema((Column("age", "numeric", ""), Column("city", "category", "")))
    >>> encoder = TableEncoder(schema.to_json())
    >>> encoder.fit_transform(pd.DataFrame({"age": [30, 40], "city": ["Oslo", "Bern"]})).tolist()
    [[30.0, 1.0], [40.0, 0.0]]
    >>> encoder.transform({"city": "Rome", "age": "35"}).tolist()
    [[35.0, nan]]
    """

    def __init__(self, columns: list[dict[str, Any]], seed: int = 0, layout: list[Layout] | None = None) -> None:
        self.columns = columns
        self.seed = seed
        self.layout = layout

    @property
    def schema(self) -> Schema:
        """The schema that ``columns`` tells."""
        schema: Schema | None = self.__dict__.get("_schema")
        if schema is None or self.__dict__.get("_schema_of") is not self.columns:
            schema = Schema.from_json(self.columns)
            self._schema, self._schema_of = schema, self.columns
            self._used = schema.used
            self._needed = [column.name for column in self._used]
            self._known = frozenset(column.name for column in schema)
        return schema

    def fit(self, X: Any, y: Any = None) -> TableEncoder:
        """Learn from training rows what can be learned without the target."""
        self._fit(X)
        return self

    def fit_transform(self, X: Any, y: Any = None) -> Matrix:
        """Learn from training rows and return them encoded."""
        frame, found = self._fit(X)
        return self._columnwise(frame, found)

    def _fit(self, X: Any) -> tuple[pd.DataFrame, list[int]]:
        frame, found = self._located(X)
        if not len(frame):
            raise DataError("There are no rows to learn from. Give at least one.")
        shared: dict[type, CellEncoder] = {}  # encoders that learn nothing
        self.encoders_: list[CellEncoder] = []
        self.names_: list[str] = []
        self.dtype_ = "float32"
        levels: list[list[str]] = []
        layouts = [None] * len(found) if self.layout is None else self.layout
        for column, place, layout in zip(self._used, found, layouts, strict=True):
            encoder = encoder_for(column, self.seed, layout).fit(frame.iloc[:, place], column)
            if not encoder.__dict__:
                encoder = shared.setdefault(type(encoder), encoder)
            self.encoders_.append(encoder)
            self.names_ += encoder.names(column.name)
            levels += encoder.levels()
            if isinstance(encoder, Numbers | NumberedCodes):
                numbers = encoder.transform(frame.iloc[:, place], column)[:, 0]
                if _needs_double(numbers):
                    self.dtype_ = "float64"
        self.n_levels_ = [len(each) for each in levels]
        self.layout_ = [encoder.layout() for encoder in self.encoders_]
        self.ends_ = np.cumsum([len(encoder.levels()) for encoder in self.encoders_]).tolist()
        return frame, found

    def _located(self, X: Any) -> tuple[pd.DataFrame, list[int]]:
        schema = self.schema
        frame = as_frame(X, [column.name for column in schema] if not isinstance(X, pd.DataFrame) else [])
        return frame, places(frame, self._needed, self._known)

    def with_fixed_layout(self) -> TableEncoder:
        """Return the same fitted encoder, whose clones will give the same columns when fitted on other rows."""
        fixed = copy(self)
        fixed.layout = self.layout_
        return fixed

    def transform(self, X: Any) -> Matrix:
        """Return encoded rows ``(n_rows, len(names_))``, C-contiguous; ``X`` is not changed.

        Parameters
        ----------
        X
            A DataFrame (columns in any order, of any dtype), a record, a list of records, or an array with the
            training columns in order.

        Raises
        ------
        DataError
            If columns are absent, or ``X`` is no table.

        Warns
        -----
        AutoMLWarning
            Once for all columns that were not there in training; they are ignored.
        """
        frame, found = self._located(X)
        return self._cellwise(frame, found) if len(frame) <= FEW else self._columnwise(frame, found)

    def _columnwise(self, frame: pd.DataFrame, found: list[int]) -> Matrix:
        out = np.empty((len(frame), len(self.names_)), dtype=self.dtype_)
        start = 0
        for column, encoder, place, end in zip(self._used, self.encoders_, found, self.ends_, strict=True):
            out[:, start:end] = encoder.transform(frame.iloc[:, place], column)
            start = end
        return out

    def _cellwise(self, frame: pd.DataFrame, found: list[int]) -> Matrix:
        """Do the same cell by cell: for a few rows, pandas' cost per column is most of the time."""
        cells = frame.to_numpy(dtype=object).tolist()
        slow: dict[int, Matrix] = {}
        rows = []
        for i, row in enumerate(cells):
            told: list[float] = []
            for c, (encoder, place) in enumerate(zip(self.encoders_, found, strict=True)):
                values = encoder.quick(row[place])
                if values is None:
                    if c not in slow:
                        slow[c] = encoder.transform(frame.iloc[:, place], self._used[c])
                    values = slow[c][i].tolist()
                told += values
            rows.append(told)
        return np.array(rows, dtype=self.dtype_).reshape(len(rows), len(self.names_))

    @property
    def level_names(self) -> dict[int, list[str]]:
        """For each code column, by index, the names of its levels."""
        levels = [each for encoder in self.encoders_ for each in encoder.levels()]
        return {j: names for j, names in enumerate(levels) if names}

    @property
    def spellings(self) -> dict[str, dict[str, str]]:
        """For each column that has some, its rare spellings and the levels that they are read as."""
        told = {column.name: each for column, each in zip(self.schema.used, self.encoders_, strict=True)}
        return {name: each.spellings_ for name, each in told.items() if isinstance(each, Levels) and each.spellings_}

    @property
    def misspelt(self) -> dict[str, dict[str, str]]:
        """For each column that has some, its levels that look misspelt and those that seem to be meant."""
        told = {column.name: each for column, each in zip(self.schema.used, self.encoders_, strict=True)}
        return {name: each.misspelt_ for name, each in told.items() if isinstance(each, Levels) and each.misspelt_}

    @property
    def misspelt_codes(self) -> tuple[tuple[int, int, int], ...]:
        """The same as triples: the encoded column, the code of a misspelt level, the code of the level meant."""
        found = []
        for end, encoder in zip(self.ends_, self.encoders_, strict=True):
            if isinstance(encoder, Levels) and encoder.misspelt_:
                place = {level: code for code, level in enumerate(encoder.levels_)}
                first = end - len(encoder.levels())
                found += [(first, place[rare], place[meant]) for rare, meant in encoder.misspelt_.items()]
        return tuple(found)

    @property
    def n_features_in_(self) -> int:
        """Number of training columns, those set aside included."""
        return len(self.columns)

    @property
    def feature_names_in_(self) -> npt.NDArray[np.object_]:
        """Names of the training columns."""
        return np.array([column.name for column in self.schema], dtype=object)

    def get_feature_names_out(self, input_features: Any = None) -> npt.NDArray[np.object_]:
        """Return a name for each encoded column."""
        del input_features
        return np.array(self.names_, dtype=object)

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "ends_")

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.string = True
        tags.input_tags.categorical = True
        return tags

    def __getstate__(self) -> dict[str, Any]:
        state = {key: value for key, value in super().__getstate__().items() if not _is_remade(key)}
        # Texts instead of thousands of nodes of a model file.
        return {key: json.dumps(value) if key in _AS_TEXT else value for key, value in state.items()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__({key: json.loads(value) if key in _AS_TEXT else value for key, value in state.items()})


_AS_TEXT = frozenset({"columns", "layout", "layout_", "names_", "n_levels_", "ends_"})


def _is_remade(key: str) -> bool:
    return key in ("_schema", "_schema_of", "_used", "_needed", "_known")


def _needs_double(numbers: npt.NDArray[Any]) -> bool:
    """Tell whether these are whole numbers of which float32 would blur some."""
    known = numbers[np.isfinite(numbers)]
    return bool(len(known) and np.abs(known).max() > EXACT and (known == np.round(known)).all())
