"""Predictions beside the truth: what every judgement starts from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from automl.errors import DataError
from automl.evaluation.decisions import decide
from automl.values.algorithm import FloatArray, IntArray
from automl.values.schema import Schema
from automl.values.task import Task


@dataclass(frozen=True, slots=True)
class Judged:
    """Predicted rows.

    Attributes
    ----------
    task
        What was predicted.
    y
        The encoded target, ``(n,)``: labels 0..K-1, or floats.
    prediction
        ``(n, width)``: class probabilities in class order, or one column.
    weight
        Sample weights ``(n,)`` or ``None``.
    source
        Where they come from, for a sentence: "out-of-fold predictions", "the test table".
    fold
        The fold that validated each row, ``(n,)``; ``None`` for a test table.
    columns
        What else is known about some of the rows, for slices; ``None`` if nothing.
    places
        Which of the ``n`` rows those of ``columns`` are.
    schema
        How columns are read.
    losses
        ``losses[true][given]``, by which labels are decided; ``None``: the most probable one is given.

    Raises
    ------
    DataError
        If there is no row, or the parts don't fit together.
    """

    task: Task
    y: npt.NDArray[Any]
    prediction: FloatArray
    weight: FloatArray | None = None
    source: str = "these predictions"
    fold: IntArray | None = None
    columns: pd.DataFrame | None = None
    places: IntArray | None = None
    schema: Schema | None = None
    losses: Sequence[Sequence[float]] | None = None

    def __post_init__(self) -> None:
        """Refuse parts that don't fit together."""
        if not len(self.y):
            raise DataError(f"There is no row to judge in {self.source}. Give at least one.")
        if self.prediction.shape != (len(self.y), self.task.width):
            raise DataError(
                f"Predictions have the shape {self.prediction.shape}, not {(len(self.y), self.task.width)}; give one "
                "row for each target and one column for each label."
            )
        if not np.isfinite(self.prediction).all():
            bad = int((~np.isfinite(self.prediction)).any(axis=1).sum())
            raise DataError(f"{bad} of {len(self.y)} predictions are not finite; a model that works gives numbers.")

    def __len__(self) -> int:
        """How many rows there are."""
        return len(self.y)

    @property
    def decided(self) -> npt.NDArray[np.intp]:
        """The encoded label that each row is given, ``(n,)``."""
        return decide(self.prediction, self.losses)

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels as texts, in class order."""
        return tuple(str(label) for label in self.task.classes)

    def take(self, rows: IntArray | npt.NDArray[np.bool_]) -> Judged:
        """Return some of the rows, without their columns."""
        return replace(
            self,
            y=self.y[rows],
            prediction=self.prediction[rows],
            weight=None if self.weight is None else self.weight[rows],
            fold=None if self.fold is None else self.fold[rows],
            columns=None,
            places=None,
        )

    def in_order(self) -> Judged:
        """Return the rows in an order of their own, so that what chance does to them depends on nothing else."""
        keys = [self.prediction[:, k] for k in range(self.prediction.shape[1])]
        weight = np.ones(len(self.y)) if self.weight is None else self.weight
        return self.take(np.lexsort([weight, *keys, self.y]))
