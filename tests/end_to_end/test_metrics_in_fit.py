"""Every metric is optimised in its own direction: the catalogue by name, functions and scorers of the caller's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics

import automl
from automl import AutoMLWarning, Metric, PlanError
from automl.evaluation.metrics import METRICS
from automl.values.task import TASK_KINDS, TaskKind

pytestmark = pytest.mark.end_to_end

Options = dict[str, Any]
OPTIONS: Options = {
    "engine": "inprocess",
    "algorithms": ["dummy", "linear"],
    "n_trials": 2,
    "time_budget": None,
    "cv": 2,
    "storage": "memory",
    "ensemble": False,
    "verbose": 0,
}

PLANNED: Options = {"n_trials": 2, "time_budget": None}


@pytest.fixture(scope="module")
def tables() -> dict[TaskKind, pd.DataFrame]:
    """Return a table for each kind of task, target ``y``: the first column says it, but for some noise."""
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(90, 2)), columns=["a", "b"])
    noisy = X["a"] + rng.normal(0, 0.4, 90)
    return {
        "binary": X.assign(y=np.where(noisy > 0, "yes", "no")),
        "multiclass": X.assign(y=pd.cut(noisy, [-9, -0.5, 0.5, 9], labels=["low", "mid", "top"]).astype(str)),
        "regression": X.assign(y=np.exp(noisy / 2)),
    }


@pytest.mark.parametrize(
    ("kind", "name"),
    [(kind, name) for kind in TASK_KINDS for name in METRICS if kind in METRICS[name].tasks],
)
def test_a_named_metric_in_its_own_direction(
    kind: TaskKind, name: str, tables: dict[TaskKind, pd.DataFrame], tmp_path: Path
) -> None:
    """The better model stands first, scores are never negated, and the study has the metric's direction."""
    run = automl.fit(tables[kind], "y", metric=name, **OPTIONS, out=tmp_path)
    metric = METRICS[name]
    assert (run.plan.metric, run.plan.greater_is_better) == (name, metric.greater_is_better)
    board = run.leaderboard.set_index("algorithm")
    assert board["state"].tolist() == ["complete", "complete"]
    scores = run.leaderboard["score"].tolist()
    assert scores == sorted(scores, reverse=metric.greater_is_better)
    first, last = ("dummy", "linear") if name == "recall" and scores[0] == 1 else ("linear", "dummy")
    assert board.index.tolist() == [first, last]  # who says "yes" to everybody recalls all
    assert run.score(tables[kind]) == pytest.approx(board.loc[first, "score"], abs=0.5 + abs(scores[0]) / 2)
    for score in scores:
        assert score >= 0 or (metric.greater_is_better and score >= -1)
        assert str(score) != "-0.0"


def cost(y: Any, predicted: Any) -> float:
    """Cost of decisions: a missed "yes" is five times a missed "no"."""
    return float(np.mean((y != predicted) * np.where(y == "yes", 5.0, 1.0)))


cost.greater_is_better = False  # type: ignore[attr-defined]


def hits(y: Any, predicted: Any) -> float:
    return float(np.mean(y == predicted))


def my_loss(y: Any, predicted: Any) -> float:
    return float(np.mean(y != predicted))


def sure(estimator: Any, X: Any, y: Any) -> float:
    """Score as scikit-learn's scorers do: mean probability of the true label."""
    probable = estimator.predict_proba(X)
    return float(probable[np.arange(len(y)), np.searchsorted(estimator.classes_, y)].mean())


def weighed_down(y: Any, probability: Any) -> float:
    """Return the mean probability of the other label; ``probability`` is that of "yes"."""
    return float(np.mean(np.where(y == "yes", 1 - probability, probability)))


OWN: dict[str, tuple[Any, str, bool]] = {
    "a function to minimise": (cost, "cost", False),
    "a function to maximise": (hits, "hits", True),
    "a lambda": (lambda y, predicted: hits(y, predicted), "<lambda>", True),
    "a scorer function": (sure, "sure", True),
    "make_scorer of labels": (metrics.make_scorer(metrics.f1_score, pos_label="yes"), "f1_score", True),
    "make_scorer of probabilities": (
        metrics.make_scorer(weighed_down, response_method="predict_proba", greater_is_better=False),
        "weighed_down",
        False,
    ),
    "make_scorer of an own loss": (metrics.make_scorer(cost, greater_is_better=False), "cost", False),
    "a scorer of scikit-learn": (metrics.get_scorer("neg_brier_score"), "brier", False),
    "a function of scikit-learn": (metrics.accuracy_score, "accuracy", True),
    "an error of scikit-learn": (metrics.log_loss, "log_loss", False),
    "scikit-learn's name": ("neg_log_loss", "log_loss", False),
    "a Metric": (Metric("miss", lambda y, p, w: float(np.abs(p[:, 1] - y).mean()), False, ("binary",)), "miss", False),
}


@pytest.mark.parametrize("case", OWN)
def test_a_metric_of_the_callers(case: str, tables: dict[TaskKind, pd.DataFrame], tmp_path: Path) -> None:
    """It is called with original labels, keeps its name and direction, and is there for scoring."""
    metric, name, greater = OWN[case]
    run = automl.fit(tables["binary"], "y", metric=metric, **{**OPTIONS, "storage": None}, out=tmp_path)
    assert (run.metric.name, run.metric.greater_is_better) == (name, greater)
    assert run.leaderboard["algorithm"].tolist() == ["linear", "dummy"]
    best, worst = run.leaderboard["score"]
    assert (best > worst) == greater
    assert min(best, worst) >= 0
    assert run.study.direction.name == ("MAXIMIZE" if greater else "MINIMIZE")
    assert run.study.best_trial.params["algorithm"] == "linear"
    assert run.score(tables["binary"]) == pytest.approx(best, abs=0.3)
    reopened = automl.load(tmp_path)
    assert reopened.leaderboard["score"].tolist() == [best, worst]
    if name in METRICS:
        assert reopened.score(tables["binary"]) == run.score(tables["binary"])
    else:
        with pytest.raises(PlanError, match="was a function of the caller's and is not kept with the run"):
            reopened.score(tables["binary"])


def test_scorers_of_probabilities(tables: dict[TaskKind, pd.DataFrame], tmp_path: Path) -> None:
    """A scorer that scikit-learn has means the catalogue's metric; one with options of its own is called as it is."""
    known = metrics.make_scorer(metrics.log_loss, response_method="predict_proba", greater_is_better=False)
    assert automl.plan(tables["multiclass"], "y", metric=known, **PLANNED).metric == "log_loss"
    own = metrics.make_scorer(
        metrics.log_loss, response_method="predict_proba", greater_is_better=False, labels=["low", "mid", "top"]
    )
    run = automl.fit(tables["multiclass"], "y", metric=own, **OPTIONS, out=tmp_path / "a")
    assert run.metric.name == "own_log_loss"
    named = automl.fit(tables["multiclass"], "y", metric="log_loss", **OPTIONS, out=tmp_path / "b")
    assert np.allclose(run.leaderboard["score"], named.leaderboard["score"])


def test_a_function_that_sounds_like_a_loss(tables: dict[TaskKind, pd.DataFrame]) -> None:
    """It is maximised like any other, and a warning says how to turn it round."""
    with pytest.warns(AutoMLWarning, match="'my_loss' is maximised; set my_loss.greater_is_better = False") as warned:
        automl.plan(tables["binary"], "y", metric=my_loss)
    assert warned[0].filename == __file__


@pytest.mark.parametrize(
    ("metric", "told"),
    [
        (lambda y, p: 1 / 0, "The metric '<lambda>' can't score a binary task; on a trial it raised: division by zero"),
        (lambda y, p: float("nan"), "not even for the true answer is it a finite number"),
        ("jaccard", "The metric 'jaccard' can't score a binary task; on a trial it raised: pos_label=1"),
    ],
)
def test_a_metric_that_can_not_score(metric: Any, told: str, tables: dict[TaskKind, pd.DataFrame]) -> None:
    """It is found out before the search."""
    with pytest.raises(PlanError) as refused:
        automl.plan(tables["binary"], "y", metric=metric)
    assert told in str(refused.value)


@pytest.mark.parametrize("metric", ["rmsle", "poisson_deviance", "gamma_deviance"])
def test_targets_that_a_metric_is_not_defined_for(metric: str, tables: dict[TaskKind, pd.DataFrame]) -> None:
    """The first such target is shown."""
    table = tables["regression"]
    with pytest.raises(
        PlanError, match=rf"Metric '{metric}' needs targets .*, but not all are \(90 of 90 rows, such as -"
    ):
        automl.plan(table.assign(y=-1 - table["y"]), "y", metric=metric)


def test_the_search_stops_at_a_score_in_the_metrics_direction(
    tables: dict[TaskKind, pd.DataFrame], tmp_path: Path
) -> None:
    """``target_score`` is written as the metric is, whether it is to be high or low."""
    for name, goal in (("roc_auc", 0.8), ("log_loss", 0.5)):
        options = {**OPTIONS, "n_trials": 9, "target_score": goal}
        run = automl.fit(tables["binary"], "y", metric=name, **options, out=tmp_path / name)
        assert run.why_stopped == f"the score {goal} is reached"
        assert len(run.evaluations) == 2


def test_a_quantile_is_learned_in_the_search_and_in_a_refit(tmp_path: Path, fast: dict[str, Any]) -> None:
    """Under ``pinball_0.9`` nine tenths of the targets lie below the prediction, not half of them."""
    rng = np.random.default_rng(0)
    rows = pd.DataFrame({"x": rng.normal(size=600)})
    rows["y"] = rows["x"] + rng.normal(size=600)
    options = {**fast, "algorithms": ["lightgbm"], "n_trials": 2, "ensemble": False, "out": tmp_path / "run"}
    run = automl.fit(rows, "y", metric="pinball_0.9", **options)
    for pipeline in (run.best_pipeline, run.refit(rows)):
        assert 0.8 < np.mean(rows["y"].to_numpy() <= pipeline.predict(rows[["x"]])) < 0.98
