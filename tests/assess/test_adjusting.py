"""Calibrations, thresholds, intervals and sets: learned on some rows, judged on others, and kept in a file."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

import automl
from automl import DataError, PlanError
from automl.assess.calibrating import choose_calibration
from automl.assess.judged import Judged
from automl.assess.thresholds import Aim, choose_threshold
from automl.pipeline.calibration import METHODS, CalibratedClassifier, Calibration
from automl.pipeline.conformal import ConformalClassifier, ConformalRegressor, rows_needed, upper_quantile
from automl.pipeline.deciding import CostClassifier, ThresholdClassifier
from automl.plotting import to_png
from automl.storage.artifact import load_model, save_model
from automl.values.task import Task

BINARY = Task("binary", "y", ("no", "yes"))
THREE = Task("multiclass", "y", ("a", "b", "c"))


def nothing() -> Pipeline:
    """Stand in for a pipeline that a test does not look at."""
    raise AssertionError("not asked for")


def sharpened(n: int, k: int = 2, power: float = 3.0, seed: int = 0) -> Judged:
    """Return probabilities of ``k`` labels that are surer than they should be."""
    rng = np.random.default_rng(seed)
    p = rng.dirichlet(np.ones(k), n)
    y = (rng.uniform(size=(n, 1)) > p.cumsum(axis=1)).sum(axis=1)
    p = np.clip(p, 1e-6, 1) ** power
    return Judged(BINARY if k == 2 else THREE, y, p / p.sum(axis=1, keepdims=True))


@pytest.mark.parametrize("k", [2, 3])
def test_the_temperature_is_found(k: int) -> None:
    """Probabilities raised to a power are undone by the temperature of that power."""
    rows = sharpened(20_000, k)
    assert Calibration("temperature").fit(rows.prediction, rows.y).temperature_ == pytest.approx(3, rel=0.05)


def test_the_temperature_is_scikit_learns() -> None:
    """On the same probabilities both find the same map."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 3))
    y = (X[:, 0] + rng.normal(size=400) > 0).astype(int)
    model = LogisticRegression(C=100).fit(4 * X[:200], y[:200])  # far too sure of the rows below
    theirs = CalibratedClassifierCV(FrozenEstimator(model), method="temperature").fit(X[200:], y[200:])
    p = model.predict_proba(X[200:])
    mine = Calibration("temperature").fit(p, y[200:]).transform(p)
    assert np.allclose(mine, theirs.predict_proba(X[200:]), atol=1e-4)


def test_isotonic_steps_are_scikit_learns() -> None:
    """But for the ends, which say never and always there, the map is scikit-learn's."""
    rows = sharpened(2_000)
    mine = Calibration("isotonic").fit(rows.prediction, rows.y).transform(rows.prediction)[:, 1]
    theirs = IsotonicRegression(y_min=0, y_max=1).fit(rows.prediction[:, 1], rows.y).predict(rows.prediction[:, 1])
    margin = 1 / 2002
    assert np.allclose(mine, np.clip(theirs, margin, 1 - margin), atol=1e-9)


@settings(max_examples=30, deadline=None)
@given(
    method=st.sampled_from(METHODS),
    k=st.sampled_from([2, 3]),
    seed=st.integers(0, 1000),
    power=st.floats(0.2, 5),
    n=st.integers(6, 80),
)
def test_calibrated_rows_are_probabilities_in_the_same_order(
    method: str, k: int, seed: int, power: float, n: int
) -> None:
    """Rows sum to 1; of two labels no row overtakes another; the temperature changes no decision."""
    rows = sharpened(n, k, power, seed)
    weight = np.random.default_rng(seed).uniform(0.1, 3, n)
    found = Calibration(method).fit(rows.prediction, rows.y, weight).transform(rows.prediction)  # type: ignore[arg-type]
    assert np.allclose(found.sum(axis=1), 1)
    assert ((found >= 0) & (found <= 1)).all()
    if k == 2:
        order = np.argsort(rows.prediction[:, 1], kind="stable")
        assert (np.diff(found[order, 1]) >= -1e-12).all()
    if method == "temperature":
        assert (found.argmax(axis=1) == rows.prediction.argmax(axis=1)).all()


def test_auto_mends_what_is_wrong_and_leaves_what_is_right() -> None:
    """Sure probabilities get a map with a lower cross-validated log loss; good ones get none; few rows no steps."""
    wrong = choose_calibration(sharpened(3_000), nothing)
    table = wrong.frame().set_index("method")
    assert wrong.method != "none"
    assert table.loc[wrong.method, "log_loss"] < 0.8 * table.loc["none", "log_loss"]
    assert table.loc[wrong.method, "calibration_error"] < 0.5 * table.loc["none", "calibration_error"]
    assert choose_calibration(sharpened(3_000, power=1.0), nothing).method == "none"
    assert "isotonic" not in choose_calibration(sharpened(900), nothing).frame()["method"].tolist()


def test_bent_probabilities_need_steps() -> None:
    """Where no sigmoid fits, isotonic regression is taken."""
    rng = np.random.default_rng(0)
    said = rng.uniform(0.02, 0.98, 6_000)
    came = rng.uniform(size=6_000) < np.where(said < 0.5, 0.1, np.where(said < 0.8, 0.2, 0.9))
    rows = Judged(BINARY, came.astype(int), np.column_stack([1 - said, said]))
    assert choose_calibration(rows, nothing).method == "isotonic"


def saved(pipeline: Pipeline, folder: Path) -> Pipeline:
    """Return what a file gives back, with no class trusted but ours."""
    save_model(folder / "model.automl", pipeline, {})
    return load_model(folder / "model.automl")[0]


@pytest.mark.parametrize("method", METHODS)
def test_a_calibrated_pipeline_is_kept(
    binary_run: automl.Run, people_test: pd.DataFrame, tmp_path: Path, method: str
) -> None:
    """A file gives the same probabilities, which are the calibrated ones."""
    X = people_test.drop(columns="income")
    pipeline = binary_run.calibrated(method)
    again = saved(pipeline, tmp_path)
    assert np.array_equal(again.predict_proba(X), pipeline.predict_proba(X))
    assert not np.allclose(again.predict_proba(X), binary_run.pipeline().predict_proba(X), atol=1e-6)
    assert again.predict(X).tolist() == pipeline.predict(X).tolist()
    assert to_png(binary_run.calibration(method).plot()).startswith(b"\x89PNG")


def test_none_is_the_pipeline_itself(binary_run: automl.Run) -> None:
    """No calibration changes nothing."""
    assert binary_run.calibrated("none") is binary_run.pipeline()


def test_pipelines_can_be_fitted_again(binary_run: automl.Run, people_test: pd.DataFrame) -> None:
    """They are scikit-learn's: fitted on other rows, they learn everything anew, and the threshold stays."""
    X, y = people_test.drop(columns="income"), people_test["income"]
    for pipeline in (
        binary_run.calibrated("platt"),
        binary_run.threshold("f1").pipeline(),
        binary_run.conformal().pipeline,
    ):
        before = pipeline.predict_proba(X)
        assert len(pipeline.fit(X, y).predict(X)) == 300
        assert not np.array_equal(pipeline.predict_proba(X), before)


def by_hand(rows: Judged, score: object) -> float:
    """Return the best score of any threshold, tried one by one."""
    p = rows.prediction[:, 1]
    return max(score(rows.y, (p >= cut).astype(int)) for cut in [*np.unique(p), 2.0])  # type: ignore[operator]


@pytest.mark.parametrize("name", ["f1", "mcc", "balanced_accuracy", "accuracy", "f1_macro"])
def test_no_threshold_is_better(name: str) -> None:
    """The threshold found has the best score of all, by scikit-learn's count."""
    from sklearn import metrics

    score = {
        "f1": lambda y, d: metrics.f1_score(y, d, zero_division=0),
        "mcc": metrics.matthews_corrcoef,
        "balanced_accuracy": metrics.balanced_accuracy_score,
        "accuracy": metrics.accuracy_score,
        "f1_macro": lambda y, d: metrics.f1_score(y, d, average="macro", zero_division=0),
    }[name]
    rows = sharpened(200)
    found = choose_threshold(rows, Aim.of(rows, name, None, None, None), nothing)
    assert found.score == pytest.approx(by_hand(rows, score), abs=1e-9)
    decided = (rows.prediction[:, 1] >= found.value).astype(int)
    assert score(rows.y, decided) == pytest.approx(found.score, abs=1e-9)


def test_what_is_promised_was_not_chosen_on() -> None:
    """On noise the best threshold looks better than it is; the honest score does not."""
    rng = np.random.default_rng(0)
    chosen, honest = [], []
    for _ in range(10):
        p = rng.uniform(size=60)
        rows = Judged(BINARY, rng.integers(0, 2, 60), np.column_stack([1 - p, p]))
        found = choose_threshold(rows, Aim.of(rows, "mcc", None, None, None), nothing)
        chosen.append(found.score)
        honest.append(found.honest["mcc"])
    assert np.mean(chosen) > 0.15
    assert abs(np.mean(honest)) < 0.1


def test_least_precision_and_recall_are_kept() -> None:
    """What is to be kept is kept on the rows of the choice, and nearly on others; the other is as good as can be."""
    rows = sharpened(4_000)
    found = choose_threshold(rows, Aim.of(rows, None, None, 0.9, None), nothing)
    decided = rows.prediction[:, 1] >= found.value
    assert rows.y[decided].mean() >= 0.9
    assert found.honest["precision"] == pytest.approx(0.9, abs=0.03)
    found = choose_threshold(rows, Aim.of(rows, None, None, None, 0.8), nothing)
    assert (rows.prediction[rows.y == 1, 1] >= found.value).mean() >= 0.8
    assert found.aim.measure == "precision"


def test_a_precision_that_can_not_be_reached_names_the_best() -> None:
    """What is reachable is said, and where."""
    p = np.tile([0.2, 0.8], 50)
    y = np.zeros(100, dtype=int)
    y[1:60:2] = 1
    rows = Judged(BINARY, y, np.column_stack([1 - p, p]))
    with pytest.raises(
        PlanError, match=r"No threshold reaches a precision of 0\.95; the best reachable is 0\.6, at 0\.5"
    ):
        choose_threshold(rows, Aim.of(rows, None, None, 0.95, None), nothing)


def test_costs_of_two_labels_choose_the_cheapest_threshold() -> None:
    """A missed positive that costs nine times a false alarm is searched for nine times as hard."""
    rows = sharpened(5_000, power=1.0)
    costs = [[0, 1], [9, 0]]
    found = choose_threshold(rows, Aim.of(rows, None, costs, None, None), nothing)
    assert found.value == pytest.approx(0.1, abs=0.04)  # theory: 1 / (1 + 9)
    assert found.honest["cost"] < found.usual


def test_costs_of_several_labels_decide_by_what_is_expected(demo_run: automl.Run) -> None:
    """A label that is dear to miss is given more often, and the pipeline decides so."""
    costs = [[0, 1, 1], [1, 0, 1], [20, 20, 0]]
    found = demo_run.threshold(costs=costs)
    table = found.frame()
    assert np.isnan(found.value)
    assert table["share_given"].iloc[2] > table["share_usual"].iloc[2]
    pipeline = found.pipeline()
    assert isinstance(pipeline[-1], CostClassifier)
    _, X = demo_run.kept_rows()
    expected = pipeline.predict_proba(X) @ np.array(costs)
    assert pipeline.predict(X).tolist() == expected.argmin(axis=1).tolist()
    assert to_png(found.plot()).startswith(b"\x89PNG")


def test_a_pipeline_decides_by_its_threshold(binary_run: automl.Run, people_test: pd.DataFrame, tmp_path: Path) -> None:
    """``predict`` gives the second label from the threshold on, in a file as well; probabilities stay."""
    found = binary_run.threshold(min_recall=0.95)
    X = people_test.drop(columns="income")
    again = saved(found.pipeline(), tmp_path)
    assert isinstance(again[-1], ThresholdClassifier)
    p = binary_run.pipeline().predict_proba(X)
    assert again.predict(X).tolist() == np.where(p[:, 1] >= found.value, "low", "high").tolist()
    assert np.array_equal(again.predict_proba(X), p)
    assert to_png(found.plot()).startswith(b"\x89PNG")
    assert re.search(r"Threshold 0\.\d+ for the best precision with a recall of at least 0\.95: precision", repr(found))


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"metric": "f1_makro"}, "The metric 'f1_makro' is unknown. Did you mean 'f1_macro'?"),
        ({"metric": "roc_auc"}, "The metric 'roc_auc' needs no threshold."),
        ({"metric": "f1", "min_recall": 0.5}, "one aim, but metric and min_recall are given. Give one of them."),
        ({"min_precision": 90}, "min_precision=90 is no share; give a number above 0 and up to 1."),
        ({"costs": [[0, 1, 2]]}, "costs must be a table of 2 times 2 finite numbers, costs[true][given], in the order"),
        ({"costs": "cheap"}, "costs must be a table of 2 times 2 finite numbers"),
    ],
)
def test_thresholds_that_can_not_be_asked_for(binary_run: automl.Run, asked: dict[str, object], told: str) -> None:
    """Each wrong question has its sentence."""
    with pytest.raises(PlanError, match=re.escape(told)):
        binary_run.threshold(**asked)  # type: ignore[arg-type]


def test_the_runs_own_metric_is_the_first_choice(
    tmp_path: Path, people_test: pd.DataFrame, fast: dict[str, Any]
) -> None:
    """A search that optimised a score of labels draws the line for that score."""
    run = automl.fit(people_test, "income", metric="mcc", out=tmp_path / "run", **fast)
    assert run.threshold().aim.measure == "mcc"


def test_a_regression_has_neither(regression_run: automl.Run) -> None:
    """Nothing is decided between labels, and there are no probabilities."""
    with pytest.raises(PlanError, match="A regression has no threshold: nothing is decided between labels"):
        regression_run.threshold("f1")
    with pytest.raises(PlanError, match=r"A regression has no probabilities to calibrate\. Use run\.conformal\(\)"):
        regression_run.calibrated()


def test_several_labels_have_no_threshold(demo_run: automl.Run) -> None:
    """They have costs."""
    with pytest.raises(PlanError, match=r"A threshold decides between two labels, but the task has 3\. Give costs="):
        demo_run.threshold("f1_macro")
    with pytest.raises(PlanError, match=r"Unknown calibration 'plat'\. Did you mean 'platt'\?"):
        demo_run.calibrated("plat")


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(-5, 5), min_size=1, max_size=60), st.floats(0.05, 0.95))
def test_a_quantile_leaves_few_enough_above(scores: list[float], level: float) -> None:
    """At most the smallest number that keeps the promise lies above; equal weights change nothing."""
    values = np.array(scores)
    found = upper_quantile(values, level)
    k = int(np.ceil((len(values) + 1) * level - 1e-9))
    assert found == (np.sort(values)[k - 1] if k <= len(values) else np.inf)
    assert upper_quantile(values, level, np.full(len(values), 2.0)) == found


@pytest.mark.parametrize("is_regression", [True, False])
def test_the_fewest_rows_are_enough(is_regression: bool) -> None:
    """With so many rows ends are finite; with one less they are not."""
    for coverage in (0.5, 0.8, 0.9, 0.95, 0.99):
        n = rows_needed(coverage, is_regression)
        level = 1 - (1 - coverage) / 2 if is_regression else coverage
        assert np.isfinite(upper_quantile(np.arange(float(n)), level))
        assert not np.isfinite(upper_quantile(np.arange(float(n - 1)), level))


@pytest.mark.parametrize("method", ["constant", "normalised"])
def test_intervals_cover_what_they_promise(
    regression_run: automl.Run, houses_test: pd.DataFrame, tmp_path: Path, method: str
) -> None:
    """Of houses that no model has seen nine tenths lie inside, on either side as many outside; a file says the same."""
    conformal = regression_run.conformal(0.9, method=method)
    found = conformal.predict(houses_test)
    assert found.columns.tolist() == ["prediction", "low", "high"]
    assert (found["low"] <= found["prediction"]).all()
    assert found["prediction"].tolist() == pytest.approx(regression_run.predict(houses_test).tolist())
    measured = conformal.coverage_on(houses_test)
    inside = (found["low"] <= houses_test["price"]) & (houses_test["price"] <= found["high"])
    assert measured.measured == pytest.approx(inside.mean())
    assert measured.measured == pytest.approx(0.9, abs=0.035)
    assert (houses_test["price"] < found["low"]).mean() == pytest.approx(0.05, abs=0.03)
    again = automl.load(conformal.save(tmp_path / "intervals.automl"))
    assert again.predict_interval(houses_test.drop(columns="price")).equals(found)


def test_widths_follow_the_rows_where_that_is_better(regression_run: automl.Run, houses_test: pd.DataFrame) -> None:
    """Where errors grow with the area, so do the intervals, and on average they are narrower."""
    auto, constant = regression_run.conformal(0.9), regression_run.conformal(0.9, method="constant")
    assert auto.method == "normalised"
    width = auto.predict(houses_test).eval("high - low")
    assert width[houses_test["area"] > 150].mean() > 1.5 * width[houses_test["area"] < 60].mean()
    assert auto.coverage_on(houses_test).size < constant.coverage_on(houses_test).size
    assert auto.frame()["coverage"].min() > constant.frame()["coverage"].min()
    assert to_png(auto.plot()).startswith(b"\x89PNG")


@pytest.mark.parametrize("method", ["lac", "aps"])
def test_sets_cover_what_they_promise(
    binary_run: automl.Run, people_test: pd.DataFrame, tmp_path: Path, method: str
) -> None:
    """Nine tenths of the sets hold the true label; the most probable label stands first; a file says the same."""
    conformal = binary_run.conformal(0.9, method=method)
    found = conformal.predict(people_test)
    assert found["size"].tolist() == [len(each) for each in found["set"]]
    assert all(each[0] == label for each, label in zip(found["set"], found["prediction"], strict=True) if each)
    assert conformal.coverage_on(people_test).measured == pytest.approx(0.9, abs=0.06)
    assert conformal.measured.measured == pytest.approx(0.9, abs=0.03)
    again = automl.load(conformal.save(tmp_path / "sets.automl"))
    assert again.predict_set(people_test.drop(columns="income")).equals(found)
    with pytest.raises(PlanError, match=r"This pipeline ends in a ConformalClassifier; use predict_set\."):
        again.predict_interval(people_test)


def test_sets_of_several_labels(demo_run: automl.Run, demo_frame: pd.DataFrame) -> None:
    """A larger coverage gives larger sets."""
    sizes = [demo_run.conformal(coverage).predict(demo_frame)["size"].mean() for coverage in (0.5, 0.9, 0.99)]
    assert sizes == sorted(sizes)


@pytest.mark.parametrize("coverage", [0, 1, 90, True])
def test_a_coverage_is_a_share(binary_run: automl.Run, coverage: float) -> None:
    """Nothing else is one."""
    with pytest.raises(PlanError, match=re.escape(f"coverage={coverage!r} is no share of rows; give a number between")):
        binary_run.conformal(coverage)


def test_a_coverage_needs_rows(binary_run: automl.Run) -> None:
    """How many is said."""
    with pytest.raises(
        DataError, match=r"A coverage of 0\.999 needs at least 999 rows to learn from, but there are 400"
    ):
        binary_run.conformal(0.999)
    with pytest.raises(PlanError, match=r"Unknown method 'lack'\. Did you mean 'lac'\?"):
        binary_run.conformal(method="lack")


def test_conformal_estimators_learn_by_themselves() -> None:
    """Without a run they hold rows out by themselves, as any estimator of scikit-learn."""
    from sklearn.linear_model import LinearRegression

    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 2))
    y = X[:, 0] + rng.normal(size=400)
    found = ConformalRegressor(LinearRegression(), 0.8).fit(X, y).predict_interval(X)
    assert np.mean((found[:, 1] <= y) & (y <= found[:, 2])) == pytest.approx(0.8, abs=0.04)
    labels = np.where(y > 0, "yes", "no")
    sets = ConformalClassifier(LogisticRegression(), 0.8).fit(X, labels).predict_set(X)
    assert sets[np.arange(400), (y > 0).astype(int)].mean() == pytest.approx(0.8, abs=0.04)
    assert CalibratedClassifier(LogisticRegression(), "platt").fit(X, labels).predict_proba(X).shape == (400, 2)
