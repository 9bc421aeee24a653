"""A run is what lies in its folder and its study: reopened, it shows and does the same."""

from __future__ import annotations

import json
import os
import shutil
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pandas as pd
import pytest
from sklearn.datasets import load_diabetes, load_iris
from sklearn.tree import DecisionTreeRegressor

import automl
from automl.errors import PlanError, StorageError

pytestmark = pytest.mark.end_to_end


@pytest.fixture(scope="module")
def diabetes() -> pd.DataFrame:
    """Return 442 patients, target ``target``, indexed by texts."""
    frame: pd.DataFrame = load_diabetes(as_frame=True).frame
    return frame.set_index(frame.index.map("patient {}".format))


def search(frame: pd.DataFrame, out: Path, **options: Any) -> automl.Run:
    """Search quickly and in this process."""
    settings: dict[str, Any] = {"algorithms": ["dummy", "linear", "extra_trees"], "n_trials": 5, "time_budget": None}
    settings |= {"cv": 2, "engine": "inprocess", "verbose": 0, "out": out, **options}
    return automl.fit(frame, "target", **settings)


@pytest.fixture(scope="module")
def run(diabetes: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> automl.Run:
    """Return a finished run."""
    return search(diabetes, tmp_path_factory.mktemp("runs") / "run")


def test_a_run_is_reopened(run: automl.Run, diabetes: pd.DataFrame) -> None:
    """Plan, leaderboard, study, metric and the predictions of every row are those of the run."""
    again = automl.load(run.folder)
    assert isinstance(again, automl.Run)
    pd.testing.assert_frame_equal(again.leaderboard, run.leaderboard)
    assert again.plan == run.plan
    assert repr(again) == repr(run)
    assert [trial.params for trial in again.study.trials] == [trial.params for trial in run.study.trials]
    rows = diabetes.drop(columns="target")
    for name in run.leaderboard["id"]:
        assert (again.pipeline(name).predict(rows) == run.pipeline(name).predict(rows)).all()
    predicted = again.predict(diabetes)
    assert predicted.index.equals(diabetes.index)
    assert again.score(diabetes) == run.score(diabetes)
    assert again.pipeline(2) is again.pipeline(str(again.leaderboard["id"][1]))
    refitted = again.refit(diabetes.head(300))
    assert len(refitted.predict(rows.tail(100))) == 100


def test_a_saved_pipeline_is_the_best_one(run: automl.Run, diabetes: pd.DataFrame, tmp_path: Path) -> None:
    """One file holds the best pipeline; loaded, it predicts the same."""
    rows = diabetes.drop(columns="target")
    loaded = automl.load(run.save(tmp_path / "model"))
    assert (loaded.predict(rows) == run.best_pipeline.predict(rows)).all()


def test_a_run_can_be_moved(run: automl.Run, diabetes: pd.DataFrame, tmp_path: Path) -> None:
    """A folder that is copied somewhere else is the same run."""
    shutil.copytree(run.folder, tmp_path / "moved")
    moved = automl.load(tmp_path / "moved")
    pd.testing.assert_frame_equal(moved.leaderboard, run.leaderboard)
    assert len(moved.study.trials) == 5
    assert moved.predict(diabetes).equals(run.predict(diabetes))


@pytest.mark.parametrize(
    "store",
    [
        pytest.param(lambda folder: f"sqlite:///{folder}/studies.db", id="sqlite"),
        pytest.param(lambda folder: f"{folder}/trials.journal", id="journal"),
    ],
)
def test_another_store(store: Callable[[Path], str], diabetes: pd.DataFrame, tmp_path: Path) -> None:
    """A study in another store is resumed, reopened and read by Optuna as one in the folder is."""
    storage = store(tmp_path)
    search(diabetes, tmp_path / "run", storage=storage, study_name="mine", n_trials=3)
    run = search(diabetes, tmp_path / "run", storage=storage, study_name="mine")
    assert [each.number for each in run.evaluations] == [0, 1, 2, 3, 4]
    assert not (tmp_path / "run" / "study.db").exists()
    again = automl.load(tmp_path / "run")
    pd.testing.assert_frame_equal(again.leaderboard, run.leaderboard)
    assert again.study.study_name == "mine"
    assert len(again.study.trials) == 5
    assert again.predict(diabetes).equals(run.predict(diabetes))


@pytest.mark.parametrize("storage", [optuna.storages.InMemoryStorage(), "memory"], ids=["object", "memory"])
def test_a_store_that_is_gone(storage: Any, diabetes: pd.DataFrame, tmp_path: Path) -> None:
    """The run has the study of a store that has no name; a reopened one has not, which is told in one sentence."""
    run = search(diabetes, tmp_path / "run", storage=storage, n_trials=2)
    assert len(run.study.trials) == 2
    assert len(run.leaderboard) >= 2
    with pytest.raises(StorageError, match=r"kept its study in (memory|the given InMemoryStorage), which is gone"):
        automl.load(tmp_path / "run")


def test_a_store_named_from_here(diabetes: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store that was named relative to a folder is found again from another one."""
    monkeypatch.chdir(tmp_path)
    for name, storage in {"url": "sqlite:///studies.db", "path": "studies.journal"}.items():
        search(diabetes, tmp_path / name, storage=storage, n_trials=2)
    monkeypatch.chdir("/")
    for name in ("url", "path"):
        assert len(automl.load(tmp_path / name).study.trials) == 2


def test_a_folder_without_a_run(tmp_path: Path) -> None:
    """A folder that holds no run, and one that doesn't exist, get one sentence each."""
    with pytest.raises(StorageError, match=r"is not the folder of a run"):
        automl.load(tmp_path)
    with pytest.raises(StorageError, match=r"does not exist"):
        automl.load(tmp_path / "nowhere")


def test_cancelled_trials_are_shown_and_tried_again(diabetes: pd.DataFrame, tmp_path: Path) -> None:
    """What Ctrl-C cut off keeps its row, in the next session and when the run is reopened, and is tried once more."""
    latch = tmp_path / "latch"

    def build(config: Any, context: automl.BuildContext) -> DecisionTreeRegressor:
        if not latch.exists():
            time.sleep(600)
        return DecisionTreeRegressor(max_depth=config["k"])

    def interrupt(update: Any) -> None:
        if update.kind == "evaluated" and update.number == 0:
            threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()

    slow = automl.Algorithm("slow", lambda shape: automl.SearchSpace(automl.Int("k", 1, 8)), build)
    options: dict[str, Any] = {"algorithms": ["dummy", slow], "n_trials": 3, "engine": "local", "n_jobs": 1}
    first = search(diabetes, tmp_path / "run", callbacks=[interrupt], **options)
    assert first.why_stopped == "it was interrupted"
    assert first.leaderboard["state"].tolist() == ["complete", "failed"]
    latch.touch()
    second = search(diabetes, tmp_path / "run", **options)
    assert second.leaderboard.query("state == 'failed'")["id"].tolist() == ["slow-1"]
    assert [each.number for each in second.evaluations] == [0, 1, 2, 3]
    assert second.evaluations[2].candidate == first.evaluations[1].candidate
    pd.testing.assert_frame_equal(automl.load(tmp_path / "run").leaderboard, second.leaderboard)


# --- when a search ends


@pytest.mark.parametrize("n_trials", [1, 7])
def test_the_number_of_trials_is_exact(n_trials: int, tmp_path: Path) -> None:
    """With several workers, too, exactly so many candidates are finished, and none is cut off."""
    frame = load_iris(as_frame=True).frame
    options: dict[str, Any] = {"algorithms": ["dummy", "linear", "nearest_neighbors"], "engine": "local", "n_jobs": 2}
    run = search(frame, tmp_path / "run", n_trials=n_trials, ensemble=False, **options)
    assert len(run.leaderboard) == n_trials
    assert set(run.leaderboard["state"]) <= {"complete", "stopped"}
    assert run.why_stopped == f"{n_trials} trials are finished"


def test_patience_is_kept(diabetes: pd.DataFrame, tmp_path: Path) -> None:
    """A search ends after so many trials without an improvement of the best complete one."""
    run = search(diabetes, tmp_path / "run", n_trials=60, patience=3, algorithms=["dummy", "linear"])
    assert run.why_stopped == "3 trials brought no improvement"
    best = min((each for each in run.evaluations if each.state == "complete"), key=lambda each: each.loss)
    assert best.number == len(run.evaluations) - 4


def test_a_score_ends_the_search(diabetes: pd.DataFrame, tmp_path: Path) -> None:
    """A search ends as soon as the score is reached, in the metric's own direction."""
    run = search(diabetes, tmp_path / "run", n_trials=60, metric="r2", target_score=0.2)
    assert run.why_stopped == "the score 0.2 is reached"
    *others, last = run.evaluations
    assert run.metric.score_of(last.loss) >= 0.2
    assert all(run.metric.score_of(each.loss) < 0.2 for each in others)


def test_time_ends_the_search(diabetes: pd.DataFrame, tmp_path: Path) -> None:
    """Of a time budget and a number of trials, what comes first ends the search."""
    began = time.monotonic()
    run = search(diabetes, tmp_path / "run", n_trials=10_000, time_budget="3s", algorithms=["dummy", "linear"])
    assert time.monotonic() - began < 3 + 1
    assert run.why_stopped in ("the time budget is spent", "nothing more fitted into the time that was left")
    assert run.seconds < 3 + 1


def test_a_search_without_end_is_refused(diabetes: pd.DataFrame, tmp_path: Path) -> None:
    """Neither time nor trials limited: one sentence, and no folder."""
    with pytest.raises(PlanError, match="Neither time_budget nor n_trials is given"):
        search(diabetes, tmp_path / "run", n_trials=None)
    assert not (tmp_path / "run").exists()


def test_a_password_is_not_kept_with_a_run(tmp_path: Path, flowers: Path) -> None:
    """The address of a study is written without its password; reopening asks for the whole address."""
    run = automl.fit(
        flowers,
        "kind",
        algorithms=["linear"],
        n_trials=2,
        time_budget=None,
        engine="inprocess",
        out=tmp_path / "run",
        verbose=0,
    )
    kept = tmp_path / "run" / "ensemble.json"
    outcome = json.loads(kept.read_text())
    kept.write_text(json.dumps({**outcome, "storage": "postgresql+psycopg://ada:***@db.example/studies"}))
    with pytest.raises(automl.StorageError, match=r"ada:\*\*\*@db.example.* passwords are not kept with a run"):
        automl.load(run.folder)
    again = automl.load(run.folder, storage=f"sqlite:///{run.folder}/study.db")
    assert again.leaderboard["id"].tolist() == run.leaderboard["id"].tolist()


def test_a_run_may_be_gone_on_with_in_another_time(tmp_path: Path, flowers: Path) -> None:
    """The folds of the first call are kept, although another budget alone would give others."""
    options = {"algorithms": ["linear"], "engine": "inprocess", "out": tmp_path / "run", "verbose": 0}
    first = automl.fit(flowers, "kind", n_trials=2, time_budget="20s", **options)
    second = automl.fit(flowers, "kind", n_trials=4, time_budget=None, **options)
    assert second.plan.folds == first.plan.folds
    assert len(second.evaluations) == 4


def test_folds_that_the_table_lowered_are_the_same_again(tmp_path: Path) -> None:
    """Groups that are seen again and again leave few folds along time; the same call has the same few."""
    rng = np.random.default_rng(0)
    visits = pd.DataFrame({"person": rng.integers(0, 4, 60), "day": np.arange(60), "x": rng.normal(size=60)})
    visits["y"] = rng.integers(0, 2, 60)
    options = {"groups": "person", "time_column": "day", "algorithms": ["linear"], "engine": "inprocess", "verbose": 0}
    first = automl.fit(visits, "y", n_trials=2, time_budget=None, out=tmp_path / "run", **options)
    second = automl.fit(visits, "y", n_trials=3, time_budget=None, out=tmp_path / "run", **options)
    assert 1 < first.plan.folds.n_folds < 5
    assert second.plan.folds == first.plan.folds
    assert len(second.evaluations) == 3
