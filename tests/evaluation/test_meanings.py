"""What a score is worth, and the floor on the folds."""

from __future__ import annotations

import numpy as np
import pytest

from automl.evaluation.costs import CostScore, cost_metric
from automl.evaluation.floor import floor_score
from automl.evaluation.meanings import meaning_of
from automl.evaluation.metrics import METRICS, default_metric, further_metrics
from automl.registry import algorithms
from automl.values.costs import Costs
from automl.values.metric import Metric
from automl.values.task import Task

TASKS = {
    "binary": Task("binary", "risk", ("bad", "good")),
    "multiclass": Task("multiclass", "kind", ("a", "b", "c")),
    "regression": Task("regression", "price"),
}
SPLITS = tuple((np.setdiff1d(np.arange(12), part), part) for part in np.array_split(np.arange(12), 2))


@pytest.mark.parametrize("kind", TASKS)
def test_every_metric_on_the_leaderboard_has_a_meaning(kind: str) -> None:
    """What is reported by default is told in sentences that name the constant answer's score."""
    task = TASKS[kind]
    for metric in further_metrics(task.kind):
        told = meaning_of(metric, task, 0.25)
        assert "0.25" in told[0]
        assert len(told) == 2
        assert all(sentence.endswith(".") and "{" not in sentence for sentence in told)


def test_costs_are_told_on_a_thousand_rows() -> None:
    """Business terms are told in amounts."""
    metric = cost_metric(CostScore(Costs(((0.0, 5.0), (1.0, 0.0)))))
    assert meaning_of(metric, TASKS["binary"], 0.7) == (
        "Giving every row the same label, the best one, costs 0.7 a row: 700 on 1,000 rows.",
        "One point (0.01) less a row is 10 on 1,000 rows; one percent less is 7.",
    )


@pytest.mark.parametrize(("kind", "floor"), [("binary", 0.5), ("multiclass", 1.0986), ("regression", 6.238)])
def test_the_floor_is_the_constant_answer(kind: str, floor: float) -> None:
    """The floor is the mean over folds of what a model scores that sees no column."""
    task = TASKS[kind]
    y = np.arange(12.0) if kind == "regression" else np.arange(12) % task.n_classes
    score = floor_score(algorithms()["dummy"], METRICS[default_metric(task.kind)], task, y, SPLITS)
    assert score == pytest.approx(floor, abs=1e-3)


def test_a_metric_that_fails_has_no_floor() -> None:
    """A caller's metric that can't score a constant leaves the floor open instead of ending the plan."""

    def fails(y: object, prediction: object, weight: object) -> float:
        raise ValueError("no")

    assert floor_score(algorithms()["dummy"], Metric("own", fails), TASKS["binary"], np.arange(12) % 2, SPLITS) is None
