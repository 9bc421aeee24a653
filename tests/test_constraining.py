"""A search that keeps what was asked of the problem: costs, constraints, columns that are known in time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import automl
from automl.errors import DataError, PlanError
from automl.pipeline.deciding import CostClassifier

COSTS = {"bad": {"good": "sum"}, "good": {"bad": 20}}
LIMITS = {
    "monotone": {"age": "increasing"},
    "memory_mb": 500,
    "fairness_gap": {"sex": {"true_positive_rate": 0.9}},
}


def loans(n_rows: int = 240, seed: int = 0) -> pd.DataFrame:
    """Return loans, of which those of the old are mostly good."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"age": rng.integers(18, 80, n_rows), "sum": rng.uniform(1, 200, n_rows).round(2)})
    frame["sex"] = rng.choice(["f", "m"], n_rows)
    frame["late"] = rng.integers(0, 30, n_rows)
    risky = frame["age"] + 12 * np.sin(frame["age"]) + rng.normal(size=n_rows) * 15 < 45
    frame["risk"] = np.where(risky, "bad", "good")
    return frame


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> automl.Run:
    """Search with all of them."""
    return automl.fit(
        loans(),
        "risk",
        costs=COSTS,
        constraints=LIMITS,
        available_at={"late": "after"},
        algorithms=["lightgbm"],
        n_trials=3,
        time_budget=None,
        cv=3,
        engine="inprocess",
        out=tmp_path_factory.mktemp("constrained") / "run",
        verbose=0,
    )


def test_predict_decides_by_the_amounts_of_each_row(run: automl.Run) -> None:
    """The label of the lowest expected cost is given: the larger the sum, the surer a good risk has to be."""
    new = loans(200, seed=1)
    bad = run.predict_proba(new)["bad"].to_numpy()
    expected = np.where(bad * new["sum"] < (1 - bad) * 20, "good", "bad")
    assert (run.predict(new).to_numpy() == expected).mean() > 0.99  # single precision may tip a row on the edge
    assert (expected != np.where(bad < 0.5, "good", "bad")).any()


def test_the_leaderboard_counts_what_decisions_cost(run: automl.Run) -> None:
    """The score of new rows is the mean amount that the predictions cost, by their own column."""
    new = loans(200, seed=1)
    given, truth = run.predict(new).to_numpy(), new["risk"].to_numpy()
    missed, alarm = (truth == "bad") & (given == "good"), (truth == "good") & (given == "bad")
    assert run.plan.metric == "cost"
    assert run.score(new) == pytest.approx((new["sum"] * missed + 20 * alarm).mean(), rel=0.02)


def test_what_is_reopened_and_saved_decides_the_same(run: automl.Run, tmp_path: Path) -> None:
    """Costs go with the folder and with the model file."""
    new = loans(50, seed=1)
    again = automl.load(run.folder)
    assert isinstance(again, automl.Run)
    assert again.predict(new).tolist() == run.predict(new).tolist()
    assert again.score(new) == run.score(new)
    model = automl.load(run.save(tmp_path / "m.automl"))
    rows = new.drop(columns="risk")
    assert model.predict(rows).tolist() == run.predict(new).tolist()
    assert isinstance(model.steps[-1][1], CostClassifier)
    rebuilt = automl.rebuild(loans(), run.recipe())
    assert rebuilt.predict(rows).tolist() == run.predict(new).tolist()


def test_judgements_look_at_the_labels_that_are_given(run: automl.Run) -> None:
    """Assessment, calibration, threshold and explanations go by the costs as ``predict`` does."""
    assert next(iter(run.evaluate().values)) == "cost"
    calibrated = run.calibrated("platt")
    assert isinstance(calibrated.steps[-1][1], CostClassifier)
    assert run.threshold().aim.costs == run.plan.costs.losses
    assert "lowest expected cost" in run.fairness("sex").rule
    assert run.importance(n_repeats=1).frame()["column"].tolist()[0] in ("age", "sum")


def test_predictions_are_monotone(run: automl.Run) -> None:
    """No row's probability of a good risk falls with age."""
    new = loans(20, seed=2).drop(columns="risk")
    grid = pd.concat([new.assign(age=age) for age in range(18, 80)])
    found = run.predict_proba(grid)["good"].to_numpy().reshape(62, 20)
    assert np.diff(found, axis=0).min() >= -1e-9
    refitted = run.refit(loans())
    assert np.diff(refitted.predict_proba(grid)[:, 1].reshape(62, 20), axis=0).min() >= -1e-9


def test_limits_stand_on_the_leaderboard(run: automl.Run) -> None:
    """What a constraint is about is a column, and stays one when the run is reopened."""
    names = ["memory_mb", "gap:sex:true_positive_rate"]
    assert set(names) <= set(run.leaderboard.columns)
    assert run.leaderboard[names].notna().all(axis=None)
    assert automl.load(run.folder).leaderboard[names].equals(run.leaderboard[names])


def test_a_column_that_is_known_too_late_is_not_looked_at(run: automl.Run) -> None:
    """New rows need not have it."""
    column = run.plan.schema["late"]
    assert (column.role, column.reason) == ("ignored", "not known when the prediction is made (available_at)")
    assert len(run.predict(loans(5).drop(columns="late"))) == 5


def test_known_in_time_is_no_leak() -> None:
    """A column that the caller knows to be there is kept though it gives the target away."""
    frame = loans().assign(copy=lambda table: table["risk"] + "!")
    with pytest.warns(automl.AutoMLWarning, match="gives the target away"):
        assert automl.plan(frame, "risk").schema["copy"].role == "leak"
    assert automl.plan(frame, "risk", available_at={"copy": "before"}).schema["copy"].is_used


@pytest.mark.filterwarnings("ignore::automl.errors.AutoMLWarning")
def test_other_costs_are_another_problem(run: automl.Run) -> None:
    """A folder is not gone on with under other costs or other monotone columns."""
    same = {"algorithms": ["lightgbm"], "time_budget": None, "cv": 3, "engine": "inprocess", "out": run.folder}
    with pytest.raises(PlanError, match="because the costs changed since it began"):
        automl.fit(
            loans(),
            "risk",
            costs=[[0, 9], [1, 0]],
            constraints=LIMITS,
            n_trials=4,
            verbose=0,
            **same,
            available_at={"late": "after"},
        )
    with pytest.raises(PlanError, match="the monotone columns changed since it began"):
        automl.fit(loans(), "risk", costs=COSTS, n_trials=4, verbose=0, available_at={"late": "after"}, **same)


def test_only_readable_models_take_part() -> None:
    """Interpretable leaves out families with a reason, and nothing is blended."""
    plan = automl.plan(loans(), "risk", constraints={"interpretable": True})
    assert {each.name for each in plan.algorithms} == {"additive", "dummy", "linear", "naive_bayes"}
    assert plan.left_out["lightgbm"] == "makes no models that a person can read (constraints)"
    assert not plan.ensemble


@pytest.mark.parametrize(
    ("constraints", "told"),
    [
        (
            {"monotone": {"agee": "increasing"}},
            "monotone names the column 'agee', which doesn't exist. Did you mean 'age'?",
        ),
        ({"monotone": {"sex": "increasing"}}, "which is category (2 levels); only numbers have a direction"),
        ({"fairness_gap": {"sx": 0.1}}, "fairness_gap names the column 'sx', which doesn't exist. Did you mean 'sex'?"),
        ({"fairness_gap": {"sex": {"mean_error": 1}}}, "can't compare the mean_error of a binary task"),
        (
            {"interpretable": True, "monotone": {"age": "increasing"}},
            "None of the algorithms can be used for this table",
        ),
    ],
)
def test_contradictions_are_told(constraints: dict[str, object], told: str) -> None:
    """A constraint that the table or another constraint contradicts is told in one sentence."""
    with pytest.raises((PlanError, DataError)) as error:
        automl.plan(loans(), "risk", constraints=constraints)
    assert told in str(error.value)


def test_labels_without_order_are_not_monotone() -> None:
    """Of several labels none is more than another."""
    frame = loans().assign(risk=np.arange(240) % 3)
    with pytest.raises(PlanError, match="'risk' has 3 labels without an order"):
        automl.plan(frame, "risk", task="multiclass", constraints={"monotone": {"age": "increasing"}})


def test_where_no_pipeline_is_fair_enough_the_closest_is_named(tmp_path: Path) -> None:
    """A gap that nothing keeps is told with the pipeline that comes closest; the order is as without."""
    frame = loans().assign(sex=lambda table: np.where(table["age"] > 45, "m", "f"))
    with pytest.warns(
        automl.AutoMLWarning, match=r"No pipeline keeps the constraints .* difference between the groups"
    ):
        automl.fit(
            frame,
            "risk",
            constraints={"fairness_gap": {"sex": 0.01}},
            algorithms=["linear"],
            n_trials=2,
            time_budget=None,
            cv=3,
            engine="inprocess",
            out=tmp_path / "run",
            verbose=0,
        )
