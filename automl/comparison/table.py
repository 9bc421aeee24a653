"""Candidates on a table with known targets: pipelines are asked, columns and arrays are taken as they are.

This is the fair comparison: rows that no candidate has seen, the same for all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from automl.comparison.material import Candidate, Material, RunLike, check_metric, check_same_task
from automl.comparison.predicted import as_prediction, ask
from automl.comparison.validation import common_metric
from automl.data.cells import as_numbers
from automl.data.reading import read_new
from automl.data.target import encode_target, infer_task, known_target
from automl.errors import DataError, PlanError, suggest
from automl.evaluation.metrics import METRICS, get_metric
from automl.values.join import JoinedTable
from automl.values.metric import Metric
from automl.values.schema import Column
from automl.values.task import Task, TaskKind

FloatArray = npt.NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True)
class _Rows:
    """The table, if there is one, and which of its rows have a target."""

    frame: pd.DataFrame | None
    y_raw: pd.Series
    present: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.present)


def from_table(
    candidates: Sequence[Candidate],
    data: Any,
    target: Any,
    metric: Any,
    *,
    sample_weight: Any = None,
    groups: Any = None,
) -> Material:
    """Return what the candidates predict for the rows of a table that have a target.

    Raises
    ------
    PlanError
        If candidates solve different tasks, or it is not said what the target is.
    DataError
        If predictions are missing, are of another length, or can't be judged on these rows.
    """
    runs = [each.run for each in candidates]
    joins = [each for run in runs if run is not None for each in run.plan.joins]
    rows = _rows(data, target, next((run for run in runs if run is not None), None), joins)
    task = _task(candidates, rows, metric)
    y = encode_target(rows.y_raw.loc[rows.present], task)
    weight = _weight(_by_row(rows, sample_weight, "sample_weight", runs), rows)
    together = _by_row(rows, groups, "groups", runs)
    found = [_prediction(each, rows, task) for each in candidates]
    labels_only = [each.name for each, (_, is_labels) in zip(candidates, found, strict=True) if is_labels]
    chosen = _metric(candidates, runs, metric, task, labels_only)
    check_metric(chosen, y, task, weight)
    return Material(
        task=task,
        metric=chosen,
        names=tuple(each.name for each in candidates),
        y=y,
        predictions=tuple(prediction for prediction, _ in found),
        weight=weight,
        groups=None if together is None else pd.factorize(together.loc[rows.present])[0],
        fold=None,
        ratio=0.0,
        source=f"the {len(y):,} given rows",
        notes=() if rows.present.all() else (f"{int((~rows.present).sum()):,} rows without a target are left out.",),
    )


def _rows(data: Any, target: Any, run: RunLike | None, joins: Sequence[JoinedTable]) -> _Rows:
    frame = None if data is None else read_new(data, joins)
    if target is None and run is not None:
        name = run.plan.roles.get("target", run.task.target)
        if frame is None or name not in frame.columns:
            raise PlanError(f"The table has no column {name!r}, which is the target. Give its values with target=.")
        target = name
    if target is None:
        raise PlanError("Predictions are compared with what is true. Name the target's column, or give its values.")
    if isinstance(target, str | int) and not isinstance(target, bool):
        if frame is None:
            raise PlanError(f"target={target!r} is a column of data=, which is not given.")
        if str(target) not in frame.columns:
            raise PlanError(f"There is no column {str(target)!r} for the target. {suggest(target, frame.columns)}")
        y_raw = frame[str(target)]
    else:
        y_raw = target if isinstance(target, pd.Series) else pd.Series(np.asarray(target).reshape(-1))
        y_raw = y_raw.rename(str(y_raw.name) if y_raw.name is not None else "target")
        if frame is not None and len(y_raw) != len(frame):
            raise DataError(f"target has {len(y_raw)} values, but the table has {len(frame)} rows; they must match.")
    y_raw = y_raw.reset_index(drop=True)
    present = known_target(y_raw)
    if not present.any():
        raise DataError(f"The target {y_raw.name!r} is missing in every row; there is nothing to compare with.")
    return _Rows(None if frame is None else frame.reset_index(drop=True), y_raw, present)


def _task(candidates: Sequence[Candidate], rows: _Rows, metric: Any) -> Task:
    known = [(each.name, each.run.task) for each in candidates if each.run is not None]
    for name, task in known[1:]:
        check_same_task(known[0][1], task, (known[0][0], name))
    if known:
        return known[0][1]
    target = str(rows.y_raw.name)
    for each in candidates:
        if hasattr(each.what, "predict"):
            labels = getattr(each.what, "classes_", None)
            if labels is None:
                return infer_task(rows.y_raw, "regression", name=target)
            kind: TaskKind = "binary" if len(labels) == 2 else "multiclass"
            return Task(kind, target, tuple(np.asarray(labels).tolist()))
    wanted = METRICS[metric].tasks if isinstance(metric, str) and metric in METRICS else ()
    is_quantity = wanted == ("regression",) and pd.api.types.is_numeric_dtype(rows.y_raw.dtype)
    return infer_task(rows.y_raw, "regression" if is_quantity else "auto", name=target)


def _prediction(candidate: Candidate, rows: _Rows, task: Task) -> tuple[FloatArray, bool]:
    what, name = candidate.what, candidate.name
    if isinstance(what, str):
        if rows.frame is None:
            raise PlanError(f"{what!r} is a column of data=, which is not given.")
        if what not in rows.frame.columns:
            raise PlanError(f"There is no column {what!r} of predictions. {suggest(what, rows.frame.columns)}")
        what = rows.frame[what]
    elif candidate.run is not None or hasattr(what, "predict"):
        if rows.frame is None:
            raise PlanError(f"{name} has to predict rows. Give them with data=.")
        X = rows.frame.loc[rows.present]
        if candidate.run is None:
            return ask(what, X.drop(columns=[each for each in (rows.y_raw.name,) if each in X.columns]), task, name)
        schema = candidate.run.plan.schema
        return ask(
            candidate.run.pipeline(candidate.which), X[[each for each in X.columns if each in schema]], task, name
        )
    values = what if isinstance(what, pd.DataFrame | pd.Series) else np.asarray(what)
    if np.ndim(values) == 0:
        raise PlanError(f"{name} is {what!r}; give a run, a fitted pipeline, a column's name or predictions.")
    if len(values) != len(rows):
        raise DataError(f"{name} has {len(values):,} predictions, but there are {len(rows):,} rows; they must match.")
    return as_prediction(values[rows.present], task, name)


def _metric(
    candidates: Sequence[Candidate], runs: Sequence[RunLike | None], metric: Any, task: Task, labels_only: list[str]
) -> Metric:
    if isinstance(metric, str) and metric == "auto" and labels_only:
        return METRICS["accuracy"]
    known = [(each, run) for each, run in zip(candidates, runs, strict=True) if run is not None]
    if known:
        chosen = common_metric([each for each, _ in known], [run for _, run in known], metric)
    else:
        chosen = get_metric(metric, task)
    if labels_only and chosen.name in METRICS and not chosen.needs_labels:
        raise PlanError(
            f"{chosen.name} needs probabilities, but {labels_only[0]} holds labels only. Give its probabilities, or "
            "compare with metric='accuracy'."
        )
    return chosen


def _by_row(rows: _Rows, given: Any, role: str, runs: Sequence[RunLike | None]) -> pd.Series | None:
    """Return the values of a column, of an array, or of the column that had this role in training."""
    if given is None:
        known = next((run.plan.roles[role] for run in runs if run is not None and role in run.plan.roles), None)
        if known is None or rows.frame is None or known not in rows.frame.columns:
            return None
        given = known
    if isinstance(given, str):
        if rows.frame is None or given not in rows.frame.columns:
            columns = () if rows.frame is None else rows.frame.columns
            raise PlanError(f"There is no column {given!r} for {role}. {suggest(given, columns)}")
        return rows.frame[given]
    values = pd.Series(np.asarray(given).reshape(-1), name=role)
    if len(values) != len(rows):
        raise DataError(f"{role} has {len(values)} values, but there are {len(rows)} rows; they must match.")
    return values


def _weight(values: pd.Series | None, rows: _Rows) -> FloatArray | None:
    if values is None:
        return None
    weight = as_numbers(values, Column(str(values.name), "numeric", "weights"))[rows.present]
    if not np.isfinite(weight).all() or (weight < 0).any() or not weight.sum() > 0:
        raise DataError(f"sample_weight {values.name!r} holds values that are no weights; give finite ones from 0.")
    return weight
