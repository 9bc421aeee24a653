"""A configuration that was found, fitted on all rows of a table, without a search.

One that was trained with unlabelled rows takes such rows again: the candidates that taught it are fitted on all rows,
and what they predict for the others together is learned with the rest, as it was inside each fold.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

from automl.data.dataset import Dataset
from automl.errors import PlanError, warn
from automl.evaluation.fold import fit_on_all_rows
from automl.evaluation.metrics import get_metric
from automl.evaluation.problem import Problem, encoded_directions
from automl.pipeline.blend import Member, predict_matrix
from automl.pipeline.pipeline import make_pipeline
from automl.pipeline.table import TableEncoder
from automl.registry import algorithms as known_algorithms
from automl.search.engines import available_cores
from automl.search.self_training import teachers_of
from automl.values.algorithm import Algorithm, FloatArray
from automl.values.evaluation import Evaluation
from automl.values.finish import PLAIN, Finish
from automl.values.plan import Plan


def refit_members(
    dataset: Dataset,
    members: Sequence[tuple[Evaluation, float]],
    plan: Plan,
    algorithms: Mapping[str, Algorithm] | None,
    finish: Finish = PLAIN,
    unlabeled: pd.DataFrame | None = None,
    evaluations: Sequence[Evaluation] = (),
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
    unlabeled, evaluations
        Rows without a target for members that were trained with some, and the run's evaluations, of which the best
        predict for them.

    Raises
    ------
    PlanError
        If an algorithm is not known here.
    """
    known = {**known_algorithms(), **(algorithms or {})}
    is_self_trained = any(evaluation.candidate.self_trained for evaluation, _ in members)
    if is_self_trained and unlabeled is None:
        warn(
            "The pipeline was trained with unlabelled rows; fitted again without unlabeled=, it is trained on rows "
            "with a target alone."
        )
    if unlabeled is not None and not is_self_trained:
        raise PlanError(
            "unlabeled= is for pipelines that were trained with unlabelled rows, and this one was not. Leave it out, "
            "or choose one whose params on the leaderboard say so."
        )
    teachers = [] if unlabeled is None else teachers_of(evaluations, known)
    for evaluation in (*(evaluation for evaluation, _ in members), *teachers):
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
        misspelt=table.misspelt_codes,
        splits=(),
        task=dataset.task,
        metric=replace(get_metric("auto", dataset.task), name=plan.metric),  # its name is what a model's loss follows
        further=(),
        algorithms=known,
        folder=Path(),
        cache=Path(),
        seed=plan.seed,
    )
    problem = replace(
        problem,
        monotone=encoded_directions(table, plan.constraints.directions),
        unlabeled=None if unlabeled is None else table.transform(unlabeled),
    )
    taught = None if unlabeled is None else _taught(problem, teachers)
    fitted = []
    for evaluation, weight in members:
        told = taught if evaluation.candidate.self_trained else None
        fitted.append(Member(*fit_on_all_rows(problem, evaluation, available_cores(), told), weight))
    return make_pipeline(table, fitted, dataset.task, plan.costs, finish)


def _taught(problem: Problem, teachers: Sequence[Evaluation]) -> FloatArray:
    """Return what the teachers, fitted on all rows, predict together for the unlabelled ones."""
    assert problem.unlabeled is not None
    total = np.zeros((len(problem.unlabeled), problem.task.width))
    for teacher in teachers:
        preparation, model = fit_on_all_rows(problem, teacher, available_cores())
        X = preparation.transform(problem.unlabeled)
        total += predict_matrix(model, X, problem.task.kind, problem.task.n_classes)
    return total / len(teachers)
