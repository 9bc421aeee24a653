"""Rows with known targets, and who may predict them.

A model's importance is measured on rows that it has not seen. Of a test table, the whole pipeline predicts every row.
Of the training rows that a run keeps, each is predicted only by the fold models that did not train on it, as in the
out-of-fold predictions of the search.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from threadpoolctl import threadpool_limits

from automl.data.dataset import Dataset, make_dataset
from automl.errors import DataError, PlanError
from automl.explain.subject import Subject
from automl.pipeline.blend import ONE_THREAD, predict_matrix
from automl.values.algorithm import FloatArray, IntArray

Predict = Callable[[FloatArray, IntArray], FloatArray]


@dataclass(frozen=True, slots=True)
class Sample:
    """Rows to measure on.

    Attributes
    ----------
    frame
        Raw rows with a plain index.
    y, weight
        Encoded target and weights (or ``None``), ``(n_rows,)``.
    predict
        ``predict(Z, rows)``: predictions ``(len(Z), width)`` for encoded rows that are variants of ``rows`` of the
        sample.
    source
        Where the rows are from, for a sentence.
    n_known
        How many rows there were to take the sample from.
    """

    frame: pd.DataFrame
    y: npt.NDArray[Any]
    weight: FloatArray | None
    predict: Predict
    source: str
    n_known: int

    def __len__(self) -> int:
        """How many rows there are."""
        return len(self.y)


def held_out_rows(subject: Subject, most: int, seed: int) -> Sample:
    """Return at most ``most`` of the kept training rows, each predicted by the fold models that had not seen it.

    Raises
    ------
    StorageError
        If an earlier version made the run, which kept no rows or no truth.
    DataError
        If no kept row was validated.
    """
    positions, frame = subject.kept_rows()
    y, weight, splits = subject.truth()
    shares = _shares(subject, [valid for _, valid in splits], positions, len(y))
    usable = np.flatnonzero((shares > 0).any(axis=0))
    if not len(usable):
        raise DataError("None of the kept training rows was held out of a fold. Give a test table with data=.")
    chosen = _some(usable, most, seed)
    rows = positions[chosen]
    return Sample(
        frame=frame.iloc[chosen].reset_index(drop=True),
        y=y[rows],
        weight=None if weight is None else weight[rows],
        predict=_by_fold_models(subject, shares[:, chosen]),
        source="training rows, each predicted by models that had not seen it",
        n_known=len(usable),
    )


def table_rows(subject: Subject, data: Any, most: int, seed: int) -> Sample:
    """Return at most ``most`` rows of a table with known targets, predicted by the whole pipeline.

    Raises
    ------
    PlanError
        If the table lacks the target.
    DataError
        If it lacks columns, or has labels that training did not have.
    """
    dataset = known_rows(subject, subject.read(data))
    chosen = _some(np.arange(len(dataset.y)), most, seed)
    return Sample(
        frame=subject.rows(dataset.X).iloc[chosen].reset_index(drop=True),
        y=dataset.y[chosen],
        weight=None if dataset.weight is None else dataset.weight[chosen],
        predict=lambda Z, rows: subject.predict(Z),
        source="rows of the given table",
        n_known=len(dataset.y),
    )


def known_rows(subject: Subject, frame: pd.DataFrame) -> Dataset:
    """Return the rows that have a target, encoded as in training; the other columns as they are.

    Raises
    ------
    PlanError
        If the target's column is absent.
    """
    target = subject.plan.roles.get("target", subject.task.target)
    if target not in frame.columns:
        raise PlanError(f"The table has no column {target!r}, which is the target. Add it, to compare with the truth.")
    weights = subject.plan.roles.get("sample_weight")
    return make_dataset(
        frame,
        target,
        sample_weight=weights if weights in frame.columns else None,
        known=subject.task,
        schema=subject.plan.schema,
    )


def _some(rows: IntArray, most: int, seed: int) -> IntArray:
    if len(rows) <= most:
        return rows
    return np.sort(np.random.default_rng(seed).choice(rows, most, replace=False))


def _shares(subject: Subject, validated: Sequence[IntArray], positions: IntArray, n_rows: int) -> FloatArray:
    """Return each member's share in the prediction of each kept row, ``(n_members, n_kept)``; 0 where it trained.

    A candidate that no fold model of has held a row out can't predict it, so nobody does.
    """
    place = np.full(n_rows, -1)
    place[positions] = np.arange(len(positions))
    held = np.zeros((len(subject.bag), len(positions)))
    total: dict[int, float] = {}
    for member, ((candidate, fold), fitted) in enumerate(zip(subject.bag, subject.members, strict=True)):
        kept = place[validated[fold]]
        held[member, kept[kept >= 0]] = 1.0
        total[candidate] = total.get(candidate, 0.0) + fitted.weight
    candidates = np.array([candidate for candidate, _ in subject.bag])
    predicted = np.ones(len(positions), dtype=bool)
    for candidate, weight in total.items():
        mine = candidates == candidate
        times = held[mine].sum(axis=0)
        predicted &= times > 0
        held[mine] *= weight / np.maximum(times, 1)
    held[:, ~predicted] = 0.0
    return held / sum(total.values())


def _by_fold_models(subject: Subject, shares: FloatArray) -> Predict:
    members, task = subject.members, subject.task

    def predict(Z: FloatArray, rows: IntArray) -> FloatArray:
        out = np.zeros((len(Z), task.width))
        prepared: dict[tuple[str, bytes], npt.NDArray[np.float32]] = {}
        with threadpool_limits(1 if len(Z) <= ONE_THREAD else None, user_api="openmp"):
            for member, of_rows in zip(members, shares, strict=True):
                which = np.flatnonzero(of_rows[rows])
                if not len(which):
                    continue
                key = (member.preparation.token_, which.tobytes())
                if key not in prepared:
                    prepared[key] = member.preparation.transform(Z[which])
                predicted = predict_matrix(member.model, prepared[key], task.kind, task.n_classes)
                out[which] += of_rows[rows[which], None] * predicted
        if task.is_classification:
            sums = out.sum(axis=1, keepdims=True)
            out /= np.where(sums > 0, sums, 1.0)
        return out

    return predict
