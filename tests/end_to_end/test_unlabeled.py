"""Rows without a target: tried after the search, kept where they make a candidate better, told either way."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from sklearn.datasets import load_wine

import automl
from automl.search.self_training import Attempt

pytestmark = pytest.mark.end_to_end


@pytest.fixture(scope="module")
def wine() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Give 60 wines with their kind and 118 without."""
    table = load_wine(as_frame=True).frame.sample(frac=1.0, random_state=0, ignore_index=True)
    return table.head(60), table.tail(118).drop(columns="target")


def search(labelled: pd.DataFrame, unlabelled: Any, out: Path, target: str = "target", **options: Any) -> automl.Run:
    """Search without a clock."""
    settings = {"algorithms": ["linear"], "n_trials": 2, "cv": 3, "time_budget": None, "engine": "inprocess"}
    return automl.fit(labelled, target, unlabeled=unlabelled, out=out, verbose=0, **{**settings, **options})


@pytest.mark.parametrize("is_better", [True, False])
def test_a_candidate_that_is_better_is_a_row(
    is_better: bool, wine: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Better: a row of its own, with files, that predicts, also reopened. Not better: no row, and it is said so."""
    monkeypatch.setattr(Attempt, "is_better", property(lambda self: is_better))
    events: list[Any] = []
    run = search(*wine, tmp_path / "run", callbacks=[events.append])
    told = [each.text for each in events if each.kind == "self_trained"]
    assert told == [run.self_training]
    assert run.self_training in str(run)
    assert run.plan.n_unlabeled == 118
    trained = [each for each in run.evaluations if each.candidate.self_trained]
    again = automl.load(run.folder)
    assert isinstance(again, automl.Run)
    assert again.self_training == run.self_training
    assert [each.candidate for each in again.evaluations] == [each.candidate for each in run.evaluations]
    assert not list((run.folder / ".scratch").glob("*"))
    if not is_better:
        assert not trained
        assert run.self_training.startswith(
            "118 unlabelled rows made none of 1 candidates better out of fold, so none is on the leaderboard: log_loss"
        )
        return
    assert len(trained) == 1
    assert "made 1 of 1 candidates better out of fold, and those are on the leaderboard" in run.self_training
    name = f"linear-{trained[0].number}"
    assert trained[0].reason in run.self_training
    assert name in set(run.leaderboard["id"])
    assert again.pipeline(name).predict(wine[1]).tolist() == run.pipeline(name).predict(wine[1]).tolist()
    assert len(run.out_of_fold(name).rows) == 60
    with pytest.warns(automl.AutoMLWarning, match=r"fitted again without unlabeled=, it is trained on rows"):
        alone = run.refit(wine[0], which=name)
    taught = run.refit(wine[0], which=name, unlabeled=wine[1])
    assert (taught.predict_proba(wine[1]) != alone.predict_proba(wine[1])).any()
    assert taught.predict_proba(wine[1]).shape == (118, 3)
    with pytest.raises(automl.PlanError, match=r"trained with unlabelled rows, and this one was not\. Leave it out"):
        run.refit(wine[0], which=f"linear-{trained[0].number - 1}", unlabeled=wine[1])
    with pytest.warns(automl.AutoMLWarning, match="was trained with unlabelled rows, which it does not hold"):
        automl.rebuild(wine[0], run.recipe(name))


def test_going_on_tries_nobody_twice(wine: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same call on the same folder adds nothing; other unlabelled rows are refused."""
    monkeypatch.setattr(Attempt, "is_better", property(lambda self: True))
    first = search(*wine, tmp_path / "run")
    second = search(*wine, tmp_path / "run")
    assert len(second.evaluations) == len(first.evaluations) == 3
    assert second.self_training.endswith("no complete candidate that takes weights and was not tried yet.")
    with pytest.raises(automl.PlanError, match="because the unlabelled rows changed since it began"):
        search(wine[0], wine[1].head(50), tmp_path / "run")


def test_a_quantity_is_taught_as_well(wine: Any, tmp_path: Path) -> None:
    """A regression learns from what its teachers predict."""
    labelled, unlabelled = (each.drop(columns="target", errors="ignore") for each in wine)
    run = search(labelled, unlabelled, tmp_path / "run", "proline")  # the target's column there is not looked at
    assert "of 1 candidates better out of fold" in run.self_training
    assert "rmse" in run.self_training


def test_too_little_time_is_said(wine: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What can't be done within the budget is not begun, and the search's result stands."""
    monkeypatch.setattr("automl.enlarging.likely_seconds", lambda *given: 1e9)
    run = search(*wine, tmp_path / "run", time_budget=60)
    assert run.self_training == "118 unlabelled rows were not used: the time that was left is too short for it."
    assert len(run.leaderboard) == 2


def test_another_table_is_refused_before_anything_is_written(wine: Any, tmp_path: Path) -> None:
    """Unlabelled rows that lack columns are refused in one sentence, and nothing is left behind."""
    with pytest.raises(automl.DataError, match="lacks 1 of the 13 columns that are learned from: 'alcohol'"):
        search(wine[0], wine[1].drop(columns="alcohol"), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_the_plan_tells_of_them(wine: Any) -> None:
    """The plan says how many there are and what they are for, as text and as JSON."""
    plan = automl.plan(wine[0], "target", unlabeled=wine[1])
    assert "Unlabelled: 118 rows; after the search the best candidates are trained again with them" in str(plan)
    assert type(plan).from_json(plan.to_json()) == plan
