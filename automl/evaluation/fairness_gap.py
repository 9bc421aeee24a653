"""How far apart groups are, of predictions that were made out of fold: what a limit on unfairness is held against.

A measure of a group is a ratio of two sums over its rows, so that each fold tells its sums and the gap is told of all
folds together; the mean of gaps within folds would be too large. Groups of few rows are not compared.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from automl.errors import PlanError
from automl.evaluation.rates import Measures, measures_of_labels, measures_of_selection, measures_of_values
from automl.values.algorithm import FloatArray, IntArray
from automl.values.constraints import FairnessLimit
from automl.values.task import Task

FEWEST_ROWS = 30
"""Rows of a group, or rows that a measure is of, below which it is not compared."""
_USUAL = {"binary": "selection_rate", "multiclass": "accuracy", "regression": "mean_error"}


@dataclass(frozen=True, slots=True)
class GroupRule:
    """One measure that is not to differ much between groups.

    Attributes
    ----------
    name
        Of the constraint.
    measure
        What is compared.
    group
        Each row's group, ``(n_rows,)``.
    n_groups
        How many groups there are.
    """

    name: str
    measure: str
    group: IntArray
    n_groups: int


def group_rule(limit: FairnessLimit, task: Task, group: IntArray, n_groups: int) -> GroupRule:
    """Return the rule that a constraint asks for.

    Raises
    ------
    PlanError
        If the measure does not go with the task.
    """
    measure = limit.measure or _USUAL[task.kind]
    known = _measures(task, np.zeros(1), np.full((1, task.width), 1 / task.width), None, np.zeros(1, dtype=np.intp))
    if measure not in known.names:
        raise PlanError(
            f"constraints: fairness_gap can't compare the {measure} of a {task.kind} task; it has "
            f"{', '.join(known.names)}."
        )
    return GroupRule(limit.name, measure, group, n_groups)


def fold_sums(
    rule: GroupRule,
    task: Task,
    rows: IntArray,
    y: npt.NDArray[Any],
    prediction: FloatArray,
    weight: FloatArray | None,
    decided: IntArray,
) -> tuple[tuple[str, float], ...]:
    """Return the sums of these rows by group, each under a name; :func:`gaps_of` makes gaps of them."""
    measures = _measures(task, y, prediction, weight, decided)
    place, group = measures.names.index(rule.measure), rule.group[rows]
    above = np.bincount(group, measures.above[:, place], rule.n_groups)
    below = np.bincount(group, measures.below[:, place], rule.n_groups)
    count = np.bincount(group, measures.below[:, place] > 0, rule.n_groups)
    return tuple(
        (f"{rule.name}|{part}|{each}", float(sums[each]))
        for part, sums in (("above", above), ("below", below), ("count", count))
        for each in range(rule.n_groups)
    )


def gaps_of(sums: Mapping[str, float]) -> dict[str, float]:
    """Return the widest gap of each rule whose sums these are; 0 where fewer than two groups can be compared.

    Examples
    --------
    >>> told = {"gap:sex|above|0": 30.0, "gap:sex|below|0": 60.0, "gap:sex|count|0": 60.0}
    >>> told |= {"gap:sex|above|1": 10.0, "gap:sex|below|1": 40.0, "gap:sex|count|1": 40.0}
    >>> gaps_of(told)
    {'gap:sex': 0.25}
    """
    rates: dict[str, list[float]] = {}
    for key, above in sums.items():
        name, _, group = key.rpartition("|above|")
        if not name:
            continue
        found = rates.setdefault(name, [])
        if sums[f"{name}|count|{group}"] >= FEWEST_ROWS:
            found.append(above / sums[f"{name}|below|{group}"])
    return {name: max(found) - min(found) if len(found) > 1 else 0.0 for name, found in rates.items()}


def _measures(
    task: Task, y: npt.NDArray[Any], prediction: FloatArray, weight: FloatArray | None, decided: IntArray
) -> Measures:
    weights = np.ones(len(y)) if weight is None else np.asarray(weight, dtype=np.float64)
    if task.kind == "binary":
        return measures_of_selection(y == 1, decided == 1, prediction[:, 1].astype(float), weights)
    if task.kind == "multiclass":
        return measures_of_labels(decided == y, prediction.max(axis=1).astype(float), weights)
    return measures_of_values(np.asarray(y, dtype=np.float64), prediction[:, 0].astype(float), weights)
