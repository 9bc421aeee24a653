"""A configuration that was found, fitted on all rows of a table, without a search."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from sklearn.pipeline import Pipeline

from automl.data.dataset import Dataset
from automl.errors import PlanError, warn
from automl.evaluation.fold import fit_on_all_rows
from automl.evaluation.metrics import get_metric
from automl.evaluation.problem import Problem, encoded_directions
from automl.pipeline.blend import Member
from automl.pipeline.pipeline import make_pipeline
from automl.pipeline.table import TableEncoder
from automl.registry import algorithms as known_algorithms
from automl.search.engines import available_cores
from automl.values.algorithm import Algorithm
from automl.values.evaluation import Evaluation
from automl.values.finish import PLAIN, Finish
from automl.values.plan import Plan


def refit_members(
    dataset: Dataset,
    members: Sequence[tuple[Evaluation, float]],
    plan: Plan,
    algorithms: Mapping[str, Algorithm] | None,
    finish: Finish = PLAIN,
) -> Pipeline:
    """Return a pipeline of these members, each fitted on all rows.

    Parameters
    ----------
    members
        Evaluations and their weights.
    algorithms
        Declarations of the run; ``None`` looks them up among the installed ones.
    finish
        Temperature and decision of the row that is fitted again; they stay what they are.

    Raises
    ------
    PlanError
        If an algorithm is not known here.
    """
    known = {**known_algorithms(), **(algorithms or {})}
    if any(evaluation.candidate.self_trained for evaluation, _ in members):
        warn("The pipeline was trained with unlabelled rows; fitted again, it is trained on rows with a target alone.")
    for evaluation, _ in members:
        if evaluation.candidate.algorithm not in known:
            raise PlanError(
                f"The algorithm {evaluation.candidate.algorithm!r} was declared by the caller of fit and is not known "
                "here. Refit from the program that declares it."
            )
    table = TableEncoder(columns=dataset.schema.to_json(), seed=plan.seed)
    Z = table.fit_transform(dataset.X)
    problem = Problem(
        Z=Z,
        y=dataset.y,
        weight=dataset.weight,
        n_levels=tuple(table.n_levels_),
        splits=(),
        task=dataset.task,
        metric=replace(get_metric("auto", dataset.task), name=plan.metric),  # its name is what a model's loss follows
        further=(),
        algorithms=known,
        folder=Path(),
        cache=Path(),
        seed=plan.seed,
    )
    problem = replace(problem, monotone=encoded_directions(table, plan.constraints.directions))
    fitted = [
        Member(*fit_on_all_rows(problem, evaluation, available_cores()), weight) for evaluation, weight in members
    ]
    return make_pipeline(table, fitted, dataset.task, plan.costs, finish)
