"""Searches that never took place: views of any size whose losses follow a rule that the test states."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from optuna.samplers import RandomSampler
from optuna.study import create_study

from automl.dashboard.view import SearchView
from automl.evaluation.leaderboard import FREE, EnsembleRow
from automl.evaluation.metrics import get_metric
from automl.registry import algorithms
from automl.values.algorithm import DataShape
from automl.values.budget import Budget
from automl.values.candidate import Candidate
from automl.values.evaluation import Evaluation, Failure, FoldResult
from automl.values.plan import AlgorithmPlan, FoldPlan, Plan
from automl.values.schema import Column, Schema
from automl.values.space import SearchSpace
from automl.values.task import Task

Rule = Callable[[str, Mapping[str, Any], np.random.Generator], float]

BINARY = Task("binary", "bought", ("no", "yes"))
FOLD_EFFECTS = (0.0, 0.02, -0.015, 0.005, -0.01)  # some folds are harder, for every candidate alike


def spaces_of(*names: str) -> dict[str, SearchSpace]:
    """Return the shipped spaces of these families (of all without names) for a table of ordinary shape."""
    shape = DataShape("binary", 5_000, 20, 5, 2)
    return {name: each.space(shape) for name, each in algorithms("binary").items() if not names or name in names}


def make_plan(spaces: Mapping[str, SearchSpace], task: Task = BINARY, metric: str = "auto") -> Plan:
    """Return a plan with these families."""
    judged = get_metric(metric, task)
    return Plan(
        source="a DataFrame",
        n_rows=5_000,
        task=task,
        metric=judged.name,
        metric_reason="",
        greater_is_better=judged.greater_is_better,
        schema=Schema((Column("age", "numeric", "numbers"),)),
        folds=FoldPlan(5, "5-fold", "Five folds."),
        algorithms=tuple(AlgorithmPlan(name, tuple(space.to_json())) for name, space in spaces.items()),
        left_out={},
        notes=(),
        budget=Budget(60.0),
        workers=2,
        threads=1,
        seed=0,
        ensemble=True,
        fingerprints={},
        roles={"target": task.target},
    )


def make_evaluation(
    number: int,
    candidate: Candidate,
    loss: float,
    *,
    n_folds: int = 5,
    state: Any = "complete",
    ended: float = math.nan,
) -> Evaluation:
    """Return an evaluation whose mean loss over five folds would be ``loss``; a failed one has none."""
    if state == "failed":
        failure = Failure("crashed", "no luck")
        failed = (FoldResult(0, math.nan, fit_seconds=1.0, failure=failure),)
        return Evaluation(number, candidate, failed, "failed", str(failure), 1.0, ended)
    folds = tuple(
        FoldResult(
            fold,
            loss + FOLD_EFFECTS[fold],
            fit_seconds=1.0 + number % 3,
            predict_seconds=0.1,
            n_predicted=1_000,
            one_row_seconds=1e-4 * (1 + number % 7),
            size_bytes=10_000,
        )
        for fold in range(n_folds)
    )
    reason = "" if state == "complete" else f"{state} after {n_folds} folds"
    return Evaluation(number, candidate, folds, state, reason, 5.0, ended)


def make_view(
    n_trials: int,
    rule: Rule,
    spaces: Mapping[str, SearchSpace] | None = None,
    *,
    seed: int = 0,
    shares: Sequence[float] | None = None,
    has_dummy: bool = True,
    has_ensemble: bool = False,
    task: Task = BINARY,
    metric: str = "auto",
    is_timed: bool = True,
) -> SearchView:
    """Return a search of random configs whose mean loss is ``rule(family, config, rng)``.

    Parameters
    ----------
    shares
        How often each family is tried; equally often by default. Infinite losses fail, and losses above 10 that are
        finite are stopped after a fold.
    """
    spaces = spaces_of() if spaces is None else spaces
    rng = np.random.default_rng(seed)
    asked = create_study(sampler=RandomSampler(seed))
    families = [name for name in spaces if name != "dummy"]
    evaluations = [make_evaluation(0, Candidate.of("dummy", {}), -0.5, ended=0.5)] if has_dummy else []
    for number in range(len(evaluations), n_trials):
        family = families[rng.choice(len(families), p=shares)]
        candidate = Candidate.of(
            family, spaces[family].suggest(asked.ask(), f"{family}:{number}:") if spaces[family] else {}
        )
        candidate = Candidate.of(family, {name.split(":")[-1]: value for name, value in candidate.settings})
        loss = rule(family, candidate.config, rng)
        state = "failed" if math.isinf(loss) else "stopped" if loss > 10 else "complete"
        n_folds = 1 if state == "stopped" else 5
        ended = 2.0 * number + rng.random() if is_timed else math.nan
        evaluations.append(make_evaluation(number, candidate, loss, n_folds=n_folds, state=state, ended=ended))
    plan = make_plan(spaces, task, metric)
    ensemble = None
    if has_ensemble:
        done = sorted((each for each in evaluations if each.state == "complete"), key=lambda each: each.loss)[:5]
        ensemble = EnsembleRow(tuple(done), (0.2,) * len(done), done[0].loss - 0.003, done[0].std, {})
    return SearchView.of(plan, get_metric(metric, task), evaluations, FREE, ensemble, 2.0 * n_trials)
