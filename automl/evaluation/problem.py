"""What every worker knows about the problem: handed over once, then only named.

The encoded table, the target, the folds and the declarations of the algorithms travel to the workers a single time
(memory-mapped); a task then names nothing but a candidate and a fold.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from automl.evaluation.costs import CostScore
from automl.evaluation.decisions import decide
from automl.evaluation.fairness_gap import GroupRule
from automl.pipeline.table import TableEncoder
from automl.values.algorithm import Algorithm, DataShape, FloatArray, IntArray
from automl.values.metric import Metric
from automl.values.task import Task


@dataclass(frozen=True, slots=True)
class Problem:
    """The encoded training table and all that a fold's fit depends on.

    Attributes
    ----------
    Z
        The encoded table, ``(n_rows, n_encoded)``: numbers, and categories as codes.
    y
        The encoded target, ``(n_rows,)``: labels 0..K-1, or floats.
    weight
        Sample weights ``(n_rows,)`` or ``None``.
    n_levels
        For each encoded column the number of levels of a code column, 0 for a number.
    misspelt
        Triples of an encoded column, the code of a level that looks misspelt and the code of the level meant.
    splits
        Pairs of training and validation row indices.
    further
        Metrics that are reported beside the one that is optimised.
    folder
        Where fold models and out-of-fold predictions are kept.
    cache
        Where prepared folds are shared between workers; gone when the run ends.
    seed
        The run's seed.
    monotone
        For each encoded column 1 (predictions must not fall with it), -1 (not rise) or 0; empty: nothing is asked.
    rule
        How labels are decided, if not by the highest probability.
    fairness
        What is not to differ much between groups.
    shares_preparation
        Whether a prepared fold is kept for the next candidate that needs the same.
    unlabeled
        Encoded rows without a target, ``(n_unlabelled, n_encoded)``, for self-training; ``None`` if there are none.
    held_back
        Where the training rows of ``splits`` are a sample, for each fold its other training rows, in random order.
    """

    Z: FloatArray
    y: npt.NDArray[Any]
    weight: FloatArray | None
    n_levels: tuple[int, ...]
    splits: tuple[tuple[IntArray, IntArray], ...]
    task: Task
    metric: Metric
    further: tuple[Metric, ...]
    algorithms: Mapping[str, Algorithm]
    folder: Path
    cache: Path
    seed: int
    shares_preparation: bool = True
    monotone: tuple[int, ...] = ()
    rule: CostScore | None = None
    fairness: tuple[GroupRule, ...] = ()
    unlabeled: FloatArray | None = None
    misspelt: tuple[tuple[int, int, int], ...] = ()
    held_back: tuple[IntArray, ...] = ()

    def training_rows(self, fold: int, rows: int | None) -> IntArray:
        """Return the training rows of a fold: the sample, or with ``rows`` as many, of which the sample is a part."""
        sample = self.splits[fold][0]
        if rows is None or rows <= len(sample) or not self.held_back:
            return sample
        return np.sort(np.concatenate([sample, self.held_back[fold][: rows - len(sample)]]))

    @property
    def shape(self) -> DataShape:
        """Counts that search spaces may depend on."""
        return DataShape(
            kind=self.task.kind,
            n_rows=len(self.y),
            n_columns=self.Z.shape[1],
            n_categorical=sum(1 for levels in self.n_levels if levels),
            n_classes=self.task.n_classes,
            imbalance=imbalance_of(self.y, self.task),
            judges_labels=self.metric.needs_labels,
            n_misspelt=len(self.misspelt),
        )

    def decided(self, rows: IntArray, prediction: FloatArray) -> IntArray:
        """Return the label that each of these rows is given."""
        return decide(prediction) if self.rule is None else self.rule.at(rows).decide(prediction)

    def prediction_path(self, number: int, fold: int) -> Path:
        """Return where the validation predictions of a trial's fold are kept."""
        return self.folder / "oof" / f"{number}-{fold}.npy"

    def model_path(self, number: int, fold: int) -> Path:
        """Return where the fitted model of a trial's fold is kept."""
        return self.folder / "models" / str(number) / f"fold-{fold}.skops"

    def whole_model_path(self, number: int) -> Path:
        """Return where a trial's model of all rows is kept, if there is one."""
        return self.folder / "models" / str(number) / "all-rows.skops"

    def teacher_path(self, fold: int) -> Path:
        """Return where it is kept what a fold's teacher predicts for the unlabelled rows."""
        return self.folder / "teachers" / f"{fold}.npy"

    @property
    def validated(self) -> IntArray:
        """Sorted numbers of the rows that some fold validates."""
        return self.validated_in(range(len(self.splits)))

    def validated_in(self, folds: Sequence[int]) -> IntArray:
        """Return the sorted numbers of the rows that one of these folds validates."""
        return np.unique(np.concatenate([self.splits[fold][1] for fold in folds]))

    def out_of_fold(self, number: int, rows: IntArray, folds: Sequence[int] | None = None) -> FloatArray:
        """Return a trial's predictions of these rows, ``(len(rows), width)``, in float32.

        Rows that several folds validate get the mean of their predictions; each row must be validated by some fold.

        Parameters
        ----------
        folds
            Folds that the trial has; ``None``: it is complete.
        """
        place = np.full(len(self.y), -1)
        place[rows] = np.arange(len(rows))
        total = np.zeros((len(rows), self.task.width), dtype=np.float32)
        times = np.zeros((len(rows), 1), dtype=np.float32)
        for fold in range(len(self.splits)) if folds is None else folds:
            valid = self.splits[fold][1]
            asked = np.flatnonzero(place[valid] >= 0)
            total[place[valid[asked]]] += np.load(self.prediction_path(number, fold), mmap_mode="r")[asked]
            times[place[valid[asked]]] += 1
        return total / times


def encoded_directions(table: TableEncoder, directions: Mapping[str, int]) -> tuple[int, ...]:
    """Return for each encoded column 1, -1 or 0; empty where no column has a direction.

    Parameters
    ----------
    directions
        Of columns that are numbers, by name.
    """
    if not directions:
        return ()
    found = [0] * table.ends_[-1]
    start = 0
    for column, end in zip(table.schema.used, table.ends_, strict=True):
        found[start] = directions.get(column.name, 0)
        start = end
    return tuple(found)


def imbalance_of(y: npt.NDArray[Any], task: Task) -> float:
    """Return how many rows of the most frequent label there are for each row of the rarest; 1 for quantities.

    Examples
    --------
    >>> imbalance_of(np.array([0, 0, 0, 1]), Task("binary", "bought", ("no", "yes")))
    3.0
    """
    if not task.is_classification:
        return 1.0
    counts = np.bincount(y)
    return float(counts.max() / counts[counts > 0].min())
