"""How predictions change with a column."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from lightgbm import LGBMRegressor
from sklearn.inspection import partial_dependence
from sklearn.linear_model import LinearRegression

import automl
from automl.errors import DataError, PlanError
from automl.explain.effect import Effect, measure_effect

TREES = LGBMRegressor(n_estimators=15, n_jobs=1, verbosity=-1)


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    """Return rows with a number, its noisy twin, a date, a duration, a truth, a category and a gap."""
    rng = np.random.default_rng(0)
    n = 150
    x = rng.normal(size=n)
    frame = pd.DataFrame(
        {
            "x": np.where(rng.random(n) < 0.1, np.nan, x),
            "near": x + rng.normal(size=n) * 0.5,
            "when": pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 400, n), unit="D"),
            "took": pd.to_timedelta(rng.integers(1, 5, n), unit="h"),
            "new": rng.random(n) < 0.4,
            "city": rng.choice(["Oslo", "Bern", None], n, p=[0.5, 0.3, 0.2]),
        }
    )
    return frame.assign(y=3 * x + 2.0 * (frame["city"] == "Oslo") + frame["new"] + rng.normal(size=n) * 0.1)


@pytest.mark.parametrize("column", ["x", "near"])
def test_partial_dependence_is_that_of_scikit_learn(table: pd.DataFrame, subject_of: Any, column: str) -> None:
    """The mean prediction at each value agrees to 1e-9."""
    subject = subject_of(table, "y", (TREES, "native", 1.0))
    found = measure_effect(subject, column, kind="pdp")
    rows = table.drop(columns="y")
    expected = partial_dependence(
        subject.pipeline, rows, [column], custom_values={column: np.array(found.values)}, kind="both"
    )
    np.testing.assert_allclose(found.effect[:, 0], expected["average"][0], atol=1e-9)
    np.testing.assert_allclose(found.frame()["effect"], expected["average"][0], atol=1e-9)
    assert ((found.low <= found.effect + 1e-12) & (found.effect <= found.high + 1e-12)).mean() > 0.9


def test_probabilities_are_those_of_the_second_label(bought_run: automl.Run, bought: pd.DataFrame) -> None:
    """Of two labels the second is told, of a whole run as of scikit-learn."""
    found = bought_run.effect("x", kind="pdp")
    rows = bought.drop(columns="bought")
    expected = partial_dependence(
        bought_run.best_pipeline,
        rows,
        ["x"],
        custom_values={"x": np.array(found.values)},
        response_method="predict_proba",
    )
    np.testing.assert_allclose(found.effect[:, 0], expected["average"][0], atol=1e-9)
    assert found.labels == ("yes",)
    assert str(found).startswith("Probability of bought = 'yes' rises with x, from 0.")
    assert "x goes together with twin" in str(found)


def test_accumulated_effects_of_a_line_are_a_line(table: pd.DataFrame, subject_of: Any) -> None:
    """They grow by the coefficient for each unit, through the mean prediction, with no doubt about it."""
    frame = table[["near", "city"]].assign(y=table["y"] + table["near"])
    subject = subject_of(frame, "y", (LinearRegression(), "onehot", 1.0))
    found = measure_effect(subject, "near", kind="ale")
    slope = subject.members[0].model.coef_[0]
    np.testing.assert_allclose(np.diff(found.effect[:, 0]) / np.diff(found.values), slope, rtol=1e-4)
    np.testing.assert_allclose(found.low, found.high, atol=1e-3)
    assert found.values[0] == frame["near"].min()
    assert found.values[-1] == frame["near"].max()


def test_accumulated_effects_do_not_leave_the_data(subject_of: Any) -> None:
    """Of two numbers that are the same, a product of both is a parabola where rows are, not beyond."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=400)
    frame = pd.DataFrame({"a": x, "b": x + rng.normal(size=400) * 0.01, "y": x**2 + rng.normal(size=400) * 0.3})
    subject = subject_of(frame, "y", (TREES, "native", 1.0))
    found = measure_effect(subject, "a")
    assert found.kind == "ale"  # chosen because b goes with it
    assert "neither rises nor falls" in str(found)


@pytest.mark.parametrize(
    ("column", "kind", "values"),
    [("when", "auto", pd.Timestamp), ("took", "auto", pd.Timedelta), ("new", "auto", str), ("city", "auto", str)],
)
def test_every_kind_of_column_has_an_axis(
    table: pd.DataFrame, subject_of: Any, column: str, kind: Any, values: type
) -> None:
    """Dates are dates, categories levels with the most frequent first and "missing" among them; all can be drawn."""
    found = measure_effect(subject_of(table, "y", (TREES, "native", 1.0)), column, kind=kind)
    assert isinstance(found.values[0], values)
    assert found.rows.sum() == len(table)
    if column == "city":
        assert found.values == ("Oslo", "Bern", None)
        assert str(found).startswith("Predicted y is highest for city = 'Oslo'")
    assert found.plot()._repr_png_()


def test_several_labels_are_told_one_by_one(demo_run: automl.Run) -> None:
    """Effects on probabilities sum to nothing, for probabilities sum to one."""
    found: Effect = demo_run.effect("petal length (cm)", kind="pdp")
    assert found.frame()["label"].unique().tolist() == list(demo_run.task.classes)
    np.testing.assert_allclose(found.effect.sum(axis=1), 1)
    assert found.plot()._repr_png_()


def test_opposite_effects_are_told_by_opposite_sentences(table: pd.DataFrame, subject_of: Any) -> None:
    """A falling line is said to fall, a rising one to rise, a flat one to do neither."""
    told = []
    noise = np.random.default_rng(9).normal(size=len(table)) * 0.3
    for sign in (1, -1, 0):
        frame = table[["near", "new"]].assign(y=sign * table["near"] + 3 * table["new"] + noise)
        told.append(str(measure_effect(subject_of(frame, "y", (LinearRegression(), "onehot", 1.0)), "near")))
    assert "rises with near" in told[0]
    assert "falls with near" in told[1]
    assert "hardly changes with near" in told[2]


def test_bad_input_is_told(table: pd.DataFrame, subject_of: Any) -> None:
    """Columns that are absent, set aside, without order, text or constant, and unknown kinds: one sentence each."""
    words = ["a long tale of " + " ".join(f"word{i * j % 97}" for j in range(9)) for i in range(150)]
    frame = table.assign(one=1, tale=words)
    subject = subject_of(frame, "y", (TREES, "native", 1.0))
    with pytest.raises(PlanError, match=r"There is no column 'citi'. Did you mean 'city'\?"):
        measure_effect(subject, "citi")
    with pytest.raises(PlanError, match=r"No model sees the column 'one': it is set aside as constant"):
        measure_effect(subject, "one")
    with pytest.raises(PlanError, match=r"need values with an order, and 'city' is category. Use kind='pdp'"):
        measure_effect(subject, "city", kind="ale")
    with pytest.raises(PlanError, match=r"'tale' is free text, which can't be set"):
        measure_effect(subject, "tale")
    with pytest.raises(PlanError, match=r"Unknown kind 'ali' of effect. Did you mean 'ale'\?"):
        measure_effect(subject, "x", kind="ali")  # type: ignore[arg-type]
    with pytest.raises(DataError, match=r"'city' holds 'Oslo' in all of these 150 rows; an effect needs two values"):
        measure_effect(subject, "city", data=frame.assign(city="Oslo"))
