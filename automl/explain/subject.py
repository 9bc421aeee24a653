"""What is explained: a fitted pipeline, the columns that it reads, and where its run keeps held-out rows.

A raw column becomes one or more columns of the encoded table ``Z``, side by side: its block. Columns are shuffled, set
and swapped block by block in ``Z``, which is the same as doing it in the raw table and encoding anew, because rows are
encoded one by one; and it is a hundred times quicker.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.pipeline import Pipeline

from automl.data.joining import join_again
from automl.data.reading import read_new
from automl.errors import DataError, PlanError, suggest
from automl.pipeline.blend import Member
from automl.pipeline.rows import as_frame
from automl.pipeline.table import TableEncoder
from automl.storage.predictions import OutOfFold
from automl.values.algorithm import FloatArray, IntArray
from automl.values.metric import Metric
from automl.values.plan import Plan
from automl.values.schema import Column
from automl.values.task import Task

Splits = list[tuple[IntArray, IntArray]]
Truth = tuple[npt.NDArray[Any], FloatArray | None, Splits]


@dataclass(frozen=True, slots=True)
class Subject:
    """A fitted pipeline of a run.

    Attributes
    ----------
    name
        Its id on the leaderboard.
    pipeline
        Fitted; its steps are ``table`` and ``model``.
    bag
        For each fitted member of the pipeline, in order, which candidate it is of and the fold that it did not see.
    plan, metric
        Of the run.
    losses
        ``losses[true][given]`` by which it decides labels; ``None``: the most probable one is given.
    kept_rows, out_of_fold, truth
        Fetch what the run keeps: training rows with their positions; predictions for rows that models had not seen;
        targets, weights and the rows that trained and validated each fold.
    """

    name: str
    pipeline: Pipeline
    bag: tuple[tuple[int, int], ...]
    plan: Plan
    metric: Metric
    kept_rows: Callable[[], tuple[IntArray, pd.DataFrame]]
    out_of_fold: Callable[[], OutOfFold]
    truth: Callable[[], Truth]
    losses: list[list[float]] | None = None

    @property
    def task(self) -> Task:
        """The problem."""
        return self.plan.task

    @property
    def table(self) -> TableEncoder:
        """The fitted encoder of raw rows."""
        encoder: TableEncoder = self.pipeline["table"]
        return encoder

    @property
    def members(self) -> list[Member]:
        """The fitted models with their preparations."""
        model = self.pipeline["model"]
        while hasattr(model, "model_"):  # what decides by costs stands around what predicts
            model = model.model_
        fitted: list[Member] = model.members_
        return fitted

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns that models see, in the order of their blocks."""
        return self.table.schema.used

    @property
    def names(self) -> list[str]:
        """Names of these columns."""
        return [column.name for column in self.columns]

    @property
    def blocks(self) -> list[slice]:
        """Which columns of the encoded table each of them became."""
        ends = self.table.ends_
        return [slice(start, end) for start, end in zip([0, *ends[:-1]], ends, strict=True)]

    def column(self, name: Any) -> int:
        """Return the place of a column among those that models see.

        Raises
        ------
        PlanError
            If there is no such column, or models don't see it.
        """
        names, schema = self.names, self.table.schema
        if name in names:
            return names.index(name)
        if name in schema:
            aside = schema[name]
            raise PlanError(
                f"No model sees the column {name!r}: it is set aside as {aside.role} ({aside.reason}). "
                f"Search again with roles={{{name!r}: 'category'}}, or another role, to use it."
            )
        raise PlanError(f"There is no column {name!r}. {suggest(name, names)}")

    def rows(self, data: Any) -> pd.DataFrame:
        """Return rows with a plain index and the columns that models see, and no others.

        Raises
        ------
        DataError
            If columns are absent.
        """
        schema = self.table.schema
        given = data if isinstance(data, pd.DataFrame) else as_frame(data, [column.name for column in schema])
        frame = join_again(given.reset_index(drop=True).rename(columns=str), self.plan.joins)
        absent = [name for name in self.names if name not in frame.columns]
        if absent:
            shown = ", ".join(map(repr, absent[:5])) + (f" and {len(absent) - 5} more" if len(absent) > 5 else "")
            raise DataError(
                f"The rows lack {len(absent)} of the columns that the model was trained on: {shown}. Add them (empty "
                "where nothing is known)."
            )
        return frame[self.names]

    def read(self, data: Any) -> pd.DataFrame:
        """Return a table as a frame with a plain index and names that are texts."""
        return read_new(data, self.plan.joins).reset_index(drop=True).rename(columns=str)

    def encode(self, frame: pd.DataFrame) -> FloatArray:
        """Return encoded rows, ``(n_rows, n_encoded)``."""
        return np.asarray(self.table.transform(frame))

    def predict(self, Z: FloatArray) -> FloatArray:
        """Return what all members predict together for encoded rows: ``(n_rows, width)``."""
        model = self.pipeline["model"]
        if self.task.is_classification:
            return np.asarray(model.predict_proba(Z))
        return np.asarray(model.predict(Z), dtype=np.float64)[:, None]
