"""Views of searches that never ran: small plans and evaluations, written out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from automl.dashboard.view import SearchView
from automl.evaluation.leaderboard import FREE, EnsembleRow
from automl.evaluation.metrics import METRICS
from automl.values.budget import Budget
from automl.values.candidate import Candidate
from automl.values.evaluation import Evaluation, Failure, FailureKind, FoldResult, State
from automl.values.metric import Metric
from automl.values.plan import AlgorithmPlan, FoldPlan, Plan
from automl.values.schema import Column, Schema
from automl.values.space import Categorical, Float, Int, SearchSpace
from automl.values.task import Task

AUC, RMSE = METRICS["roc_auc"], METRICS["rmse"]
OWN = Metric("own_gain", lambda y, p, w: 0.0)
SPACE = SearchSpace(
    Float("learning_rate", 0.005, 0.1, log=True, default=0.05),
    Int("leaves", 2, 200, log=True),
    Float("subsample", 0.5, 1.0, default=0.9),
    Categorical("grow", ("depthwise", "lossguide")),
)
MIDDLE = {"learning_rate": 0.03, "leaves": 20, "subsample": 0.8, "grow": "lossguide"}
COLUMNS = (Column("age", "numeric", "numbers"), Column("town", "category", "words"), Column("id", "identifier", "x"))


def plan(
    metric: Metric = AUC,
    task: Task | None = None,
    columns: Sequence[Column] = COLUMNS,
    n_folds: int = 4,
    families: Sequence[str] = ("boosting", "linear", "forest", "svm"),
    **changes: Any,
) -> Plan:
    """Return a plan for a table of 1,234 rows."""
    kind = "regression" if "regression" in metric.tasks and len(metric.tasks) == 1 else "binary"
    made = Plan(
        source="people.csv",
        n_rows=1234,
        task=task or Task(kind, "income", ("no", "yes") if kind == "binary" else (), "2 labels"),
        metric=metric.name,
        metric_reason="it judges how rows are ranked",
        greater_is_better=metric.greater_is_better,
        schema=Schema(tuple(columns)),
        folds=FoldPlan(n_folds, f"{n_folds}-fold", f"{n_folds} folds: shuffled."),
        algorithms=tuple(AlgorithmPlan(name, tuple(SPACE.to_json())) for name in families),
        left_out={},
        notes=(),
        budget=Budget(seconds=600.0),
        workers=1,
        threads=1,
        seed=0,
        ensemble=True,
        fingerprints={},
        roles={"target": "income"},
    )
    return replace(made, **changes)


def tried(
    number: int,
    family: str,
    *losses: float,
    state: State = "complete",
    reason: str = "",
    config: dict[str, Any] | None = None,
    seconds: float = 1.0,
    ended: float = math.nan,
) -> Evaluation:
    """Return an evaluation with these fold losses, each fold of which took ``seconds``."""
    folds = tuple(
        FoldResult(k, loss, seconds, 0.0, 100, 0.001, 50_000, rounds=10 + k, further=(("accuracy", 0.8),))
        for k, loss in enumerate(losses)
    )
    settings = (MIDDLE if family == "boosting" else {}) if config is None else config
    return Evaluation(number, Candidate.of(family, settings), folds, state, reason, seconds * len(folds), ended)


def failed(number: int, family: str, kind: FailureKind, message: str = "", ended: float = math.nan) -> Evaluation:
    """Return an evaluation whose first fold failed."""
    failure = Failure(kind, message)
    folds = (FoldResult(0, math.nan, 1.0, failure=failure),)
    return Evaluation(number, Candidate.of(family, {}), folds, "failed", str(failure), 1.0, ended)


def around(middle: float, spread: float = 0.01, n: int = 4) -> tuple[float, ...]:
    """Return losses that lie in turn above and below, a little differently each time."""
    return tuple(middle + spread * (1 if k % 2 else -1) * (1 + 0.1 * k) for k in range(n))


def guessed(number: int = 0, loss: float = -0.5, n: int = 4) -> Evaluation:
    """Return what the dummy did."""
    return tried(number, "dummy", *[loss] * n)


def combined(loss: float, *members: Evaluation) -> EnsembleRow:
    """Return an ensemble of these members in equal shares."""
    return EnsembleRow(members, (1 / len(members),) * len(members), loss, 0.01, {})


def seen(
    *evaluations: Evaluation,
    metric: Metric = AUC,
    ensemble: EnsembleRow | None = None,
    seconds: float = 100.0,
    why_stopped: str = "the time budget is spent",
    **changes: Any,
) -> SearchView:
    """Return the view of these evaluations."""
    return SearchView.of(plan(metric, **changes), metric, evaluations, FREE, ensemble, seconds, why_stopped)
