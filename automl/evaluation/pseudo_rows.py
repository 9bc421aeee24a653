"""Rows without a target as rows to train on: what a teacher predicts for them stands in for the target.

A label is not decided. Each row stands once for every label that the teacher holds possible, weighted by its
probability, so that a row of which the teacher is sure counts as one row and one of which it is not says so. Deciding
for the most probable label, of all rows or of the surest half, made models too sure of themselves; probabilities as
labels are those of knowledge distillation (Hinton et al. 2015). A quantity is taken as it is predicted.

All of them together never count more than the labelled rows of a fold.
"""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import numpy.typing as npt

from automl.errors import telling
from automl.evaluation.problem import Problem
from automl.features.preparation import Preparation
from automl.values.algorithm import FloatArray, IntArray, Rows

LEAST = 0.02
"""A label of less than this probability is not held possible."""


def pseudo_labels(
    prediction: FloatArray, labelled: float, *, is_classification: bool
) -> tuple[IntArray, npt.NDArray[Any], FloatArray]:
    """Return which rows are trained on, some several times, with their targets and weights.

    Parameters
    ----------
    prediction
        The teacher's, ``(n_unlabelled, width)``.
    labelled
        Weight of the labelled rows together; a row without weight weighs 1.

    Examples
    --------
    >>> rows, y, weight = pseudo_labels(np.array([[0.75, 0.25], [0.0, 1.0]]), 10.0, is_classification=True)
    >>> rows.tolist(), y.tolist(), weight.tolist()
    ([0, 0, 1], [0, 1, 1], [0.75, 0.25, 1.0])
    """
    share = min(1.0, labelled / max(len(prediction), 1))
    if not is_classification:
        return np.arange(len(prediction)), prediction[:, 0], np.full(len(prediction), share)
    rows, labels = np.nonzero(prediction >= LEAST)
    weight = prediction[rows, labels].astype(np.float64)
    return rows, labels, share * weight / np.bincount(rows, weights=weight)[rows]


def keep_prediction(problem: Problem, fold: int, prediction: FloatArray) -> None:
    """Keep what the teacher of a fold predicts for the unlabelled rows, for the workers that train on it."""
    data = io.BytesIO()
    np.save(data, prediction.astype(np.float32))
    path = problem.teacher_path(fold)
    with telling(path, "written"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data.getbuffer())


def joined(problem: Problem, fold: int, preparation: Preparation, train: Rows) -> Rows:
    """Return the prepared training rows of a fold, followed by the unlabelled ones as its teacher sees them."""
    if problem.unlabeled is None:
        return train
    return taught_rows(problem, preparation, train, np.load(problem.teacher_path(fold)))


def taught_rows(problem: Problem, preparation: Preparation, train: Rows, prediction: FloatArray) -> Rows:
    """Return prepared training rows, followed by the unlabelled ones as a teacher predicts them."""
    assert problem.unlabeled is not None, "there are rows to learn from"
    own = np.ones(len(train.y)) if train.weight is None else train.weight
    rows, y, weight = pseudo_labels(prediction, float(own.sum()), is_classification=problem.task.is_classification)
    return Rows(
        np.concatenate([train.X, preparation.transform(problem.unlabeled)[rows]]),
        np.concatenate([train.y, y.astype(train.y.dtype)]),
        np.concatenate([own, weight]),
    )
