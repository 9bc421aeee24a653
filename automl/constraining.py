"""Constraints held against the table: which columns they name, and which families can keep them."""

from __future__ import annotations

from dataclasses import replace

from automl.data.dataset import Dataset
from automl.errors import PlanError, suggest
from automl.evaluation.fairness_gap import GroupRule, group_rule
from automl.explain.grouping import make_groups
from automl.values.algorithm import Algorithm, DataShape
from automl.values.constraints import Constraints
from automl.values.schema import Schema
from automl.values.space import SearchSpace
from automl.values.task import TaskKind

MADE_COLUMNS = "features"  # the hyperparameter of shipped families that asks for columns made of others


def constrain(dataset: Dataset, constraints: Constraints) -> tuple[Dataset, tuple[GroupRule, ...]]:
    """Return the dataset as constraints need it, and what is not to differ between groups.

    A monotone column whose numbers look like codes is a number only: as a category, its order would be lost.

    Raises
    ------
    PlanError
        If a constraint names a column that doesn't exist, or that can't be what is asked of it.
    DataError
        If a column has no groups to compare.
    """
    _check_monotone(dataset, constraints)
    directions = constraints.directions
    columns = (
        replace(each, code_like=False) if each.name in directions and each.code_like else each
        for each in dataset.schema
    )
    rules = []
    frame = dataset.X.reset_index(drop=True)
    for limit in constraints.fairness:
        if limit.column not in frame.columns:
            raise PlanError(
                f"constraints: fairness_gap names the column {limit.column!r}, which doesn't exist. "
                f"{suggest(limit.column, frame.columns)}"
            )
        group, names = make_groups(frame, limit.column, dataset.schema)
        rules.append(group_rule(limit, dataset.task, group, len(names)))
    return replace(dataset, schema=Schema(tuple(columns))), tuple(rules)


def _check_monotone(dataset: Dataset, constraints: Constraints) -> None:
    for name, direction in constraints.monotone:
        if name not in dataset.schema:
            raise PlanError(
                f"constraints: monotone names the column {name!r}, which doesn't exist. "
                f"{suggest(name, [column.name for column in dataset.schema])}"
            )
        column = dataset.schema[name]
        if column.role != "numeric":
            raise PlanError(
                f"constraints: monotone asks predictions to be {direction} with {name!r}, which is {column.role} "
                f"({column.reason}); only numbers have a direction. Leave it "
                f"out, or give roles={{{name!r}: 'numeric'}}."
            )
        if dataset.task.kind == "multiclass":
            raise PlanError(
                f"constraints: monotone asks predictions to be {direction} with {name!r}, but {dataset.task.target!r} "
                f"has {dataset.task.n_classes} labels without an order. It works for two labels and for quantities."
            )


def why_bound(algorithm: Algorithm, constraints: Constraints, kind: TaskKind, metric: str) -> str | None:
    """Return why a family can't keep the constraints, or ``None`` if it can."""
    if constraints.interpretable and not algorithm.interpretable:
        return "makes no models that a person can read (constraints)"
    if constraints.monotone and (algorithm.monotone is None or not algorithm.monotone(kind, metric)):
        return f"can't keep {', '.join(name for name, _ in constraints.monotone)} monotone (constraints)"
    return None


def bound_space(
    algorithm: Algorithm, shape: DataShape, constraints: Constraints, *, generated_features: bool = True
) -> SearchSpace:
    """Return a family's search space, without what would break the constraints or is switched off.

    A column made of several has no direction and is no term of one column.
    """
    space = algorithm.space(shape)
    is_plain = constraints.monotone or constraints.interpretable or not generated_features
    if not algorithm.is_shipped or not is_plain:
        return space
    return SearchSpace(*(each for each in space if each.name != MADE_COLUMNS))
