"""Rows of runs, compared by what their folds predicted: nothing is fitted and no table is needed.

Two rows of one run, or of two runs on the same table with the same folds, were validated on the same rows by models
that had not seen them. Where the folds differ, the rows are still the same, and the rows are compared.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

import numpy as np

from automl.comparison.material import Candidate, IntArray, Material, RunLike, check_metric, check_same_task
from automl.errors import DataError, PlanError
from automl.evaluation.metrics import get_metric
from automl.storage.predictions import OutOfFold
from automl.values.metric import Metric


def from_folds(candidates: Sequence[Candidate], runs: Sequence[RunLike], metric: object) -> Material:
    """Return what the folds of these runs predicted for the rows that all of them validated.

    Raises
    ------
    PlanError
        If they solve different tasks, or were optimised for different metrics and ``metric`` is ``"auto"``.
    DataError
        If they were validated on different rows.
    """
    for other, run in zip(candidates[1:], runs[1:], strict=True):
        check_same_task(runs[0].task, run.task, (candidates[0].name, other.name))
        _check_same_table(runs[0], run, (candidates[0].name, other.name))
    found = [run.out_of_fold(each.which) for each, run in zip(candidates, runs, strict=True)]
    rows = reduce(np.intersect1d, [each.rows for each in found])
    if not len(rows):
        raise DataError(
            f"{_listed(candidates)} were validated on different rows, none of which they share. Give rows to compare "
            "them on with data=."
        )
    shared = [_only(each, rows) for each in found]
    y, weight = shared[0].y, shared[0].weight
    for other, each in zip(candidates[1:], shared[1:], strict=True):
        if not np.array_equal(y, each.y):
            raise DataError(
                f"{candidates[0].name} and {other.name} were validated on different rows: their targets differ. Give "
                "rows to compare them on with data=."
            )
    chosen = common_metric(candidates, runs, metric)
    check_metric(chosen, y, runs[0].task, weight)
    same_folds = all(np.array_equal(shared[0].fold, each.fold) for each in shared[1:])
    has_folds = same_folds and len(np.unique(shared[0].fold)) > 1
    return Material(
        task=runs[0].task,
        metric=chosen,
        names=tuple(each.name for each in candidates),
        y=y,
        predictions=tuple(each.prediction for each in shared),
        weight=weight,
        groups=None,
        fold=shared[0].fold if has_folds else None,
        ratio=_ratio(runs[0], shared[0]),
        source=f"out-of-fold predictions of {len(rows):,} rows",
        notes=tuple(_notes(candidates, found, len(rows), same_folds)),
    )


def common_metric(candidates: Sequence[Candidate], runs: Sequence[RunLike], metric: object) -> Metric:
    """Return the metric to compare runs by.

    Raises
    ------
    PlanError
        If none is named and the runs were optimised for different ones.
    """
    if not (isinstance(metric, str) and metric == "auto"):
        return get_metric(metric, runs[0].task)
    for other, run in zip(candidates[1:], runs[1:], strict=True):
        if run.plan.metric != runs[0].plan.metric:
            raise PlanError(
                f"{candidates[0].name} was optimised for {runs[0].plan.metric}, {other.name} for {run.plan.metric}; "
                "say which one to compare by with metric=."
            )
    return runs[0].metric


def _check_same_table(one: RunLike, other: RunLike, names: tuple[str, str]) -> None:
    if one is other:
        return
    if one.plan.n_rows != other.plan.n_rows:
        raise DataError(
            f"{names[0]} was trained on {one.plan.n_rows:,} rows, {names[1]} on {other.plan.n_rows:,}, so they were "
            "validated on different rows. Give rows to compare them on with data=."
        )
    targets = [each.plan.fingerprints.get("target") for each in (one, other)]
    if targets[0] != targets[1]:
        raise DataError(
            f"{names[0]} and {names[1]} were trained on different rows: their targets differ. Give rows to compare "
            "them on with data=."
        )


def _only(found: OutOfFold, rows: IntArray) -> OutOfFold:
    kept = np.isin(found.rows, rows)
    return OutOfFold(
        found.rows[kept],
        found.fold[kept],
        found.y[kept],
        found.prediction[kept],
        None if found.weight is None else found.weight[kept],
    )


def _ratio(run: RunLike, found: OutOfFold) -> float:
    """Return validation rows over training rows of a fold, on average."""
    n_folds = len(np.unique(found.fold))
    valid = len(found.rows) / n_folds
    if run.plan.folds.train_rows:
        return valid / run.plan.folds.train_rows
    n_train = run.plan.n_rows - valid
    if "time_column" in run.plan.roles:  # a fold trains only on what came before
        n_train = (run.plan.n_rows - len(found.rows)) + (len(found.rows) - valid) / 2
    return valid / max(n_train, 1.0)


def _notes(candidates: Sequence[Candidate], found: Sequence[OutOfFold], n_rows: int, same_folds: bool) -> list[str]:
    notes = []
    if any(len(each.rows) != n_rows for each in found):
        notes.append(f"Only the {n_rows:,} rows that all of them validated are compared.")
    if not same_folds:
        notes.append("Their folds differ, so rows are compared: how much training varies is not seen.")
    if len({(id(each.what), each.which) for each in candidates}) > 1:
        notes.append("The search chose by these scores, which flatters what it ranks first; a test table does not.")
    return notes


def _listed(candidates: Sequence[Candidate]) -> str:
    return " and ".join(each.name for each in candidates)
