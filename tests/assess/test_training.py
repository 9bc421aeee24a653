"""Training scores stand beside validation scores, and more rows are tried."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import automl
from automl import PlanError
from automl.plotting import to_png


def test_validation_scores_are_those_of_the_search(binary_run: automl.Run) -> None:
    """Where all rows are kept, the score on other rows is the leaderboard's, fold by fold."""
    found = binary_run.overfitting()
    best = binary_run.leaderboard.iloc[0]
    evaluation = next(each for each in binary_run.evaluations if each.number == int(best["id"].rsplit("-", 1)[1]))
    losses = [binary_run.metric.loss_of(score) for score in found.frame()["validation"]]
    assert losses == pytest.approx([fold.loss for fold in evaluation.folds], abs=1e-6)
    assert (found.frame()[["train_rows", "validation_rows"]].sum(axis=1) == 400).all()
    assert found.gap == pytest.approx(found.train - found.validation)  # an area: higher is better
    assert to_png(found.plot()).startswith(b"\x89PNG")


def test_a_model_that_learns_by_heart_shows_a_gap(tmp_path: object) -> None:
    """A full tree is perfect on its training rows and no better than chance on others if there is nothing to learn."""
    from sklearn.tree import DecisionTreeClassifier

    rng = np.random.default_rng(0)
    table = pd.DataFrame({"a": rng.normal(size=200), "b": rng.normal(size=200), "y": rng.integers(0, 2, 200)})
    tree = automl.Algorithm(
        "tree",
        space=lambda shape: automl.SearchSpace(automl.Int("depth", 20, 30)),
        build=lambda config, context: DecisionTreeClassifier(max_depth=config["depth"], random_state=0),
    )
    run = automl.fit(
        table,
        "y",
        algorithms=[tree],
        n_trials=2,
        time_budget=None,
        cv=3,
        engine="inprocess",
        ensemble=False,
        out=f"{tmp_path}/run",
        verbose=0,
    )
    found = run.overfitting("tree-1")
    assert found.train == pytest.approx(1)
    assert found.validation < 0.65
    assert found.gap > 0.3


def test_folds_that_leave_rows_out_are_remembered(tmp_path: object) -> None:
    """With folds of the caller's, training rows are theirs, not all others."""
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"a": rng.normal(size=90), "y": np.arange(90) % 2})
    rows = np.arange(90)
    run = automl.fit(
        table,
        "y",
        algorithms=["linear"],
        n_trials=1,
        time_budget=None,
        cv=[(rows[:30], rows[30:60]), (rows[:60], rows[60:])],
        engine="inprocess",
        ensemble=False,
        out=f"{tmp_path}/run",
        verbose=0,
    )
    _, _, splits = run.truth()
    assert [(len(train), len(valid)) for train, valid in splits] == [(30, 30), (60, 30)]
    assert run.overfitting("dummy-0").frame()["train_rows"].tolist() == [30, 60]


def test_more_rows_help_where_there_is_something_to_learn(regression_run: automl.Run) -> None:
    """The curve has a point for each size, from the rows that the run keeps; its samples grow."""
    found = regression_run.learning_curve(sizes=(0.05, 0.3, 1.0))
    told = found.frame()
    assert told["rows"].tolist() == [20, 120, 400]
    assert told["validation"].iloc[0] > told["validation"].iloc[-1]  # an error: lower is better
    assert found.gain == pytest.approx(told["validation"].iloc[1] - told["validation"].iloc[2])
    assert to_png(found.plot()).startswith(b"\x89PNG")


def test_a_table_may_be_given(binary_run: automl.Run, people_test: pd.DataFrame) -> None:
    """Counts of rows may be asked for; the smallest sample has every label."""
    told = binary_run.learning_curve(people_test, sizes=(10, 200)).frame()
    assert told["rows"].tolist() == [10, 200]
    assert told["validation"].notna().all()


@pytest.mark.parametrize("sizes", [(0.0,), (1.5,), (True,), (1,), (10_000,), ("all",)])
def test_sizes_that_are_none(binary_run: automl.Run, sizes: tuple[object, ...]) -> None:
    """A size is a share or a number of rows."""
    with pytest.raises(PlanError, match=r"sizes has .*; give shares above 0 and up to 1\.0, or numbers of rows from 2"):
        binary_run.learning_curve(sizes=sizes)  # type: ignore[arg-type]
