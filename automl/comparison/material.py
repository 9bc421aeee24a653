"""What a comparison is made from: one truth, and what each candidate predicts for the same rows.

Wherever predictions come from (a run's folds, a pipeline asked for a table, a column), they end as a
:class:`Material`, and the tests see nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt
import pandas as pd

from automl.errors import DataError, PlanError
from automl.evaluation.metrics import is_defined
from automl.storage.predictions import OutOfFold
from automl.values.metric import Metric
from automl.values.plan import Plan
from automl.values.task import Task

FloatArray = npt.NDArray[np.floating[Any]]
IntArray = npt.NDArray[np.integer[Any]]


@runtime_checkable
class RunLike(Protocol):
    """As much of a run as a comparison touches."""

    plan: Plan
    leaderboard: pd.DataFrame
    folder: Any

    @property
    def task(self) -> Task:
        """The problem."""

    @property
    def metric(self) -> Metric:
        """The metric that was optimised."""

    def pipeline(self, which: int | str = 1) -> Any:
        """Return the fitted pipeline of a row."""

    def out_of_fold(self, which: int | str = 1) -> OutOfFold:
        """Return what a row predicts for rows that its models had not seen."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One of those that are compared.

    Attributes
    ----------
    name
        How sentences call it.
    what
        A run, a fitted pipeline, the name of a column, or predictions.
    which
        Of a run: rank or id of the row.
    """

    name: str
    what: Any
    which: int | str = 1

    @property
    def run(self) -> RunLike | None:
        """The run, if it is one."""
        return self.what if isinstance(self.what, RunLike) else None


@dataclass(frozen=True, slots=True)
class Material:
    """One truth and several predictions of the same rows.

    Attributes
    ----------
    task, metric
        The problem, and what predictions are compared by.
    names
        Of the candidates.
    y
        Encoded target ``(n_rows,)``.
    predictions
        Of each candidate, ``(n_rows, width)``.
    weight, groups
        One value a row, or ``None``.
    fold
        The fold that validated each row for all candidates alike, or ``None``.
    ratio
        Validation rows over training rows of a fold.
    source
        Where the predictions are from, in words.
    notes
        What to beware of, one sentence each.
    """

    task: Task
    metric: Metric
    names: tuple[str, ...]
    y: npt.NDArray[Any]
    predictions: tuple[FloatArray, ...]
    weight: FloatArray | None
    groups: IntArray | None
    fold: IntArray | None
    ratio: float
    source: str
    notes: tuple[str, ...] = ()


def distinct(names: Sequence[str]) -> tuple[str, ...]:
    """Return names of which none stands twice: a letter tells equal ones apart.

    Examples
    --------
    >>> distinct(["ridge-1", "ridge-1", "svm-2"])
    ('ridge-1 (a)', 'ridge-1 (b)', 'svm-2')
    """
    return tuple(
        name if names.count(name) == 1 else f"{name} ({chr(97 + list(names[:place]).count(name))})"
        for place, name in enumerate(names)
    )


def check_metric(metric: Metric, y: npt.NDArray[Any], task: Task, weight: FloatArray | None) -> None:
    """Refuse rows on which the metric has no value.

    Raises
    ------
    DataError
        If, for one, all rows have the same label and the metric needs both.
    """
    if is_defined(metric, y, task, weight):
        return
    if task.is_classification and len(np.unique(y)) == 1:
        raise DataError(
            f"All {len(y):,} rows have the label {task.classes[int(y[0])]!r}, so {metric.name} is not defined on them. "
            "Give rows of every class, or another metric, such as metric='accuracy'."
        )
    raise DataError(
        f"{metric.name} is not defined on these {len(y):,} rows, not even for the right answers. Give more rows, or "
        "another metric."
    )


def check_same_task(one: Task, other: Task, names: tuple[str, str]) -> None:
    """Refuse candidates that answer different questions.

    Raises
    ------
    PlanError
        If they predict different targets, kinds or labels.
    """
    if one.target != other.target:
        raise PlanError(
            f"{names[0]} predicts {one.target!r}, {names[1]} predicts {other.target!r}; only candidates for the same "
            "target can be compared."
        )
    if one.kind != other.kind:
        raise PlanError(
            f"{names[0]} solves a {one.kind} task, {names[1]} a {other.kind} task; only candidates for the same task "
            "can be compared."
        )
    if set(map(str, one.classes)) != set(map(str, other.classes)):
        raise PlanError(
            f"{names[0]} knows the labels {_listed(one.classes)}, {names[1]} {_listed(other.classes)}; only candidates "
            "for the same labels can be compared."
        )


def _listed(classes: tuple[Any, ...]) -> str:
    return ", ".join(map(repr, classes[:5])) + (", …" if len(classes) > 5 else "")
