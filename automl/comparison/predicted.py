"""Predictions as callers have them, read into the one form that metrics take.

Labels, probabilities of the second label, probabilities of every label, or quantities; as an array, a Series, a frame
with a column per label, or what a fitted pipeline answers.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from automl.data.cells import as_strings
from automl.errors import DataError, PlanError
from automl.evaluation.decisions import label_array
from automl.values.schema import Column
from automl.values.task import Task

FloatArray = npt.NDArray[np.floating[Any]]
_LABELS = Column("", "category", "")


def as_prediction(values: Any, task: Task, name: str) -> tuple[FloatArray, bool]:
    """Return predictions as ``(n_rows, width)``, and whether they were labels only.

    Raises
    ------
    DataError
        If they are missing somewhere, or are no predictions for this task.

    Examples
    --------
    >>> task = Task("binary", "bought", ("no", "yes"))
    >>> as_prediction([0.2, 0.9], task, "b")[0].tolist()
    [[0.8, 0.2], [0.09999999999999998, 0.9]]
    >>> as_prediction(["no", "yes"], task, "b")
    (array([[1., 0.],
           [0., 1.]]), True)
    """
    if isinstance(values, pd.DataFrame):
        values = _by_label(values, task, name)
    array = values.to_numpy() if isinstance(values, pd.Series) else np.asarray(values)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    missing = np.flatnonzero(np.asarray(pd.isna(array)).reshape(len(array), -1).any(axis=1))
    if len(missing):
        raise DataError(
            f"{name} has no prediction in {len(missing):,} of {len(array):,} rows, the first at position {missing[0]}. "
            "Predict these rows, or leave them out for all candidates."
        )
    if array.ndim == 1 and task.is_classification:
        encoded = _as_labels(array, task)
        if encoded is not None:
            return np.eye(task.n_classes)[encoded], True
    return _as_numbers(array, task, name), False


def _as_labels(array: npt.NDArray[Any], task: Task) -> npt.NDArray[np.intp] | None:
    codes, distinct = pd.factorize(array)
    if len(distinct) > task.n_classes:
        return None
    known = {text: k for k, text in enumerate(as_strings(pd.Series(list(task.classes), dtype=object), _LABELS))}
    places = [known.get(text) for text in as_strings(pd.Series(distinct), _LABELS)]
    if any(place is None for place in places):
        return None
    return np.array(places, dtype=np.intp)[codes]


def _as_numbers(array: npt.NDArray[Any], task: Task, name: str) -> FloatArray:
    try:
        numbers = array.astype(float)
    except (TypeError, ValueError):
        strange = next((each for each in array.ravel().tolist() if not _is_number(each)), array.ravel()[0])
        expected = f"labels of {task.target!r} ({_listed(task)})" if task.is_classification else "numbers"
        raise DataError(f"{name} holds {strange!r}, which is no prediction here; give {expected}.") from None
    if not np.isfinite(numbers).all():
        raise DataError(f"{name} holds infinite predictions; give finite ones.")
    if not task.is_classification:
        if numbers.ndim != 1:
            raise DataError(f"{name} has the shape {numbers.shape}; give one value for each row.")
        return numbers[:, None]
    if numbers.ndim == 1 and task.kind == "binary":
        numbers = np.column_stack([1 - numbers, numbers])
    if numbers.ndim != 2 or numbers.shape[1] != task.n_classes:
        raise DataError(
            f"{name} has the shape {numbers.shape}; give labels, or a probability for each of {_listed(task)}."
        )
    if numbers.min() < 0 or numbers.max() > 1:
        outside = numbers[(numbers < 0) | (numbers > 1)][0]
        raise DataError(
            f"{name} holds {outside:g}, which is neither a label of {task.target!r} ({_listed(task)}) nor a "
            "probability from 0 to 1."
        )
    return numbers


def _by_label(frame: pd.DataFrame, task: Task, name: str) -> npt.NDArray[Any]:
    """Return the columns in class order, where they are called by the labels."""
    if frame.shape[1] == 1 or not task.is_classification:
        return frame.to_numpy()
    columns = {str(column): column for column in frame.columns}
    absent = [label for label in task.classes if str(label) not in columns]
    if absent:
        raise DataError(f"{name} has no column for the label {absent[0]!r}; give one for each of {_listed(task)}.")
    return frame[[columns[str(label)] for label in task.classes]].to_numpy()


def ask(pipeline: Any, X: pd.DataFrame, task: Task, name: str) -> tuple[FloatArray, bool]:
    """Return what a fitted pipeline predicts for ``X``, and whether it gives labels only.

    Raises
    ------
    PlanError
        If it solves another kind of task or knows other labels.
    """
    names = getattr(pipeline, "feature_names_in_", None)
    if names is not None:
        known = frozenset(names)
        X = X[[column for column in X.columns if column in known]]
    labels = getattr(pipeline, "classes_", None)
    if (labels is not None) != task.is_classification:
        what = "labels" if labels is not None else "quantities"
        raise PlanError(f"{name} predicts {what}, but {task.target!r} is a {task.kind} target.")
    if labels is None:
        return as_prediction(pipeline.predict(X), task, name)
    own = {str(label): place for place, label in enumerate(np.asarray(labels).tolist())}
    order = [own[str(label)] for label in label_array(task.classes).tolist() if str(label) in own]
    if len(order) != task.n_classes or len(own) != task.n_classes:
        raise PlanError(
            f"{name} knows the labels {', '.join(own)}, but the target {task.target!r} has {_listed(task)}; only "
            "candidates for the same labels can be compared."
        )
    if not hasattr(pipeline, "predict_proba"):
        return as_prediction(pipeline.predict(X), task, name)
    return as_prediction(np.asarray(pipeline.predict_proba(X))[:, order], task, name)


def _listed(task: Task) -> str:
    return ", ".join(map(repr, task.classes[:5])) + (", …" if task.n_classes > 5 else "")


def _is_number(value: Any) -> bool:
    try:
        float(value)
    except (TypeError, ValueError):
        return False
    return True
