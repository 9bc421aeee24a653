"""Fitting a pipeline again: the script that a report prints runs and gives the same predictions."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import KFold
from sklearn.naive_bayes import GaussianNB

import automl
from automl.errors import AutoMLWarning, DataError, PlanError

FAMILIES = ["extra_trees", "hist_gradient_boosting", "lightgbm", "linear", "mlp", "nearest_neighbors", "xgboost"]
SAME = 1e-6  # sums of probabilities in another order


def predictions(pipeline: Any, frame: pd.DataFrame) -> np.ndarray:
    """Return probabilities, or values."""
    rows = frame[[column["name"] for column in pipeline["table"].columns]]
    return np.asarray(pipeline.predict_proba(rows) if hasattr(pipeline, "predict_proba") else pipeline.predict(rows))


def search(frame: pd.DataFrame, target: str, folder: Path, **options: Any) -> automl.Run:
    """Return a small search in this process."""
    words = {"n_trials": 2, "time_budget": None, "engine": "inprocess", "algorithms": ["lightgbm"], "cv": 3}
    return automl.fit(frame, target, out=folder / "run", verbose=0, **{**words, **options})


@pytest.mark.parametrize("which", [1, 2, 3])
@pytest.mark.parametrize("name", ["bought", "prices"])
def test_rebuilt_pipeline_predicts_the_same(name: str, which: int, request: pytest.FixtureRequest) -> None:
    """From the training table and the recipe alone comes the same pipeline, an ensemble as well as a single one."""
    frame = request.getfixturevalue(name)
    run = request.getfixturevalue({"bought": "bought_run", "prices": "price_run"}[name])
    recipe = json.loads(json.dumps(run.recipe(which)))
    expected = predictions(run.pipeline(which), frame)
    assert np.abs(predictions(automl.rebuild(frame, recipe), frame) - expected).max() < SAME


@pytest.mark.slow
@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("name", ["bought", "prices"])
def test_every_family_is_rebuilt(family: str, name: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """Boosters keep their rounds, forests their trees, networks their epochs."""
    frame = request.getfixturevalue(name)
    run = search(frame, frame.columns[-1], tmp_path, algorithms=[family], n_trials=3, ensemble=False)
    for which in (1, 2):
        if run.row(which)["algorithm"] != "dummy":
            expected = predictions(run.pipeline(which), frame)
            assert np.abs(predictions(automl.rebuild(frame, run.recipe(which)), frame) - expected).max() < SAME


def test_printed_script_predicts_the_same(bought_run: automl.Run, bought: pd.DataFrame, tmp_path: Path) -> None:
    """Run as a program on the training table, the script writes the run's own predictions."""
    bought.to_csv(tmp_path / "train.csv", index=False)
    (tmp_path / "pipeline.py").write_text(bought_run.script(), encoding="utf-8")
    command = [sys.executable, "-W", "error", "pipeline.py", "train.csv", "train.csv", "out.csv"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    written = pd.read_csv(tmp_path / "out.csv")
    expected = bought_run.predict_proba(bought)
    assert written["prediction"].tolist() == bought_run.predict(bought).tolist()
    found = written[[f"probability_{label}" for label in expected.columns]].to_numpy()
    assert np.abs(found - expected.to_numpy()).max() < SAME


@pytest.mark.parametrize(
    "options",
    [
        {"cv": KFold(4, shuffle=True, random_state=5)},
        {"cv": "holdout"},
        {"cv": 0.4},
        {"groups": "city"},
        {"time_column": "day"},
        {"sample_weight": "weight"},
    ],
    ids=["splitter", "holdout", "share", "groups", "times", "weights"],
)
def test_folds_come_back(options: dict[str, Any], bought: pd.DataFrame, tmp_path: Path) -> None:
    """Whatever made the folds, the recipe makes the same: a rule is followed, a splitter's folds are written down."""
    rng = np.random.default_rng(0)
    frame = bought.assign(day=pd.Timestamp("2026-01-01") + pd.to_timedelta(np.arange(len(bought)) // 10, unit="D"))
    frame = frame.assign(weight=rng.random(len(frame)), city=rng.integers(0, 40, len(frame)).astype(str))
    run = search(frame, "bought", tmp_path, **options)
    assert (
        np.abs(predictions(automl.rebuild(frame, run.recipe()), frame) - predictions(run.best_pipeline, frame)).max()
        < SAME
    )


def test_another_table_is_told(bought_run: automl.Run, bought: pd.DataFrame) -> None:
    """On other rows the recipe is followed all the same, with a warning that says what differs."""
    with pytest.warns(AutoMLWarning, match="The target and columns and folds of this table are not those"):
        pipeline = automl.rebuild(bought.head(400), bought_run.recipe())
    assert len(predictions(pipeline, bought)) == len(bought)


def test_written_folds_need_their_rows(bought: pd.DataFrame, tmp_path: Path) -> None:
    """Folds that were written down can't be used for another number of rows."""
    run = search(bought, "bought", tmp_path, cv=KFold(2))
    with pytest.raises(DataError, match="The recipe's folds name 640 rows with a target, and the table has 100"):
        automl.rebuild(bought.head(100), run.recipe())


def test_own_algorithm_is_asked_for(bought: pd.DataFrame, tmp_path: Path) -> None:
    """A family that only the caller knows has to be declared; the script says where."""
    mine = automl.Algorithm(
        "mine",
        space=lambda shape: automl.SearchSpace(automl.Float("var_smoothing", 1e-9, 1e-3, log=True)),
        build=lambda config, context: GaussianNB(**config),
        tasks=("binary",),
    )
    run = search(bought, "bought", tmp_path, algorithms=[mine])
    recipe = run.recipe()
    with pytest.raises(PlanError, match="The algorithm 'mine' was declared by the caller"):
        automl.rebuild(bought, recipe)
    rebuilt = automl.rebuild(bought, recipe, algorithms=[mine])
    assert np.abs(predictions(rebuilt, bought) - predictions(run.best_pipeline, bought)).max() < SAME
    assert "algorithms=[mine]" in run.script()
    compile(run.script(), "pipeline.py", "exec")


def test_what_is_no_recipe_is_refused(bought: pd.DataFrame, bought_run: automl.Run, tmp_path: Path) -> None:
    """A file that is none, a dict that is none, and one of a later format: a sentence each; a file is read."""
    (tmp_path / "bad.json").write_text("{", encoding="utf-8")
    with pytest.raises(PlanError, match=r"bad\.json holds no recipe"):
        automl.rebuild(bought, tmp_path / "bad.json")
    with pytest.raises(PlanError, match="This is no recipe"):
        automl.rebuild(bought, {})
    with pytest.raises(PlanError, match="The recipe has format 99"):
        automl.rebuild(bought, {**bought_run.recipe(), "format": 99})
    (tmp_path / "good.json").write_text(json.dumps(bought_run.recipe(2)), encoding="utf-8")
    assert len(predictions(automl.rebuild(bought, tmp_path / "good.json"), bought)) == len(bought)


def test_hostile_names_leave_the_script_whole(hostile_run: automl.Run) -> None:
    """Names with quotes and brackets stand in the script as data: it is a program still."""
    scope: dict[str, Any] = {"__name__": "script"}
    exec(compile(hostile_run.script(), "pipeline.py", "exec"), scope)
    assert scope["RECIPE"] == hostile_run.recipe()


def test_reopened_run_has_the_same_recipe(bought_run: automl.Run) -> None:
    """A run that is read from its folder tells the same recipe, and the versions it was made with."""
    again = automl.load(bought_run.folder)
    assert isinstance(again, automl.Run)
    assert again.recipe() == bought_run.recipe()
    assert again.versions == bought_run.versions
    assert again.versions["python"] == sys.version.split()[0]
