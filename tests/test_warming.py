"""``warm_start=``: another search's knowledge, from a run, its folder or its study, through every face."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import optuna
import pandas as pd
import pytest
from sklearn.datasets import load_iris

import automl
from automl.values.plan import Plan


@pytest.fixture(scope="module")
def iris() -> pd.DataFrame:
    """Return 150 flowers, target ``target``."""
    frame: pd.DataFrame = load_iris(as_frame=True).frame
    return frame


OPTIONS: dict[str, Any] = {
    "algorithms": ["linear", "nearest_neighbors"],
    "cv": 2,
    "time_budget": None,
    "engine": "inprocess",
    "verbose": 0,
}


@pytest.fixture(scope="module")
def may(iris: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> automl.Run:
    """Return the run of another month."""
    return automl.fit(iris.iloc[::2], "target", n_trials=7, out=tmp_path_factory.mktemp("warm") / "may", **OPTIONS)


def test_the_best_of_an_earlier_run_are_tried_first(iris: pd.DataFrame, may: automl.Run, tmp_path: Path) -> None:
    """After the dummy come what did well before, whether the run, its folder or its study is given."""
    june = automl.fit(
        iris.iloc[1::2], "target", n_trials=4, metric="accuracy", warm_start=may, out=tmp_path / "june", **OPTIONS
    )
    taken = june.plan.warm_start
    assert taken is not None
    tried = [each.candidate for each in june.evaluations]
    assert tried[0].algorithm == "dummy"
    assert len(taken.first) >= 2
    assert tried[1:4][: len(taken.first)] == list(taken.first[:3])
    best = min((each for each in may.evaluations if each.state == "complete"), key=lambda each: each.loss)
    assert taken.first[0] == best.candidate
    assert taken.source == f"the run in {may.folder} (target 'target', 7 trials)"
    assert f"Warm start: {taken.source}: " in str(june.plan)
    assert Plan.from_json(june.plan.to_json()).warm_start == taken
    for given in (may.folder, str(may.folder), may.study):
        told = automl.plan(iris, "target", n_trials=3, warm_start=given, **OPTIONS).warm_start
        assert told is not None
        assert (told.first, told.prior) == (taken.first, taken.prior)


def test_the_same_call_goes_on(iris: pd.DataFrame, may: automl.Run, tmp_path: Path) -> None:
    """A run that was warm-started is resumed by the same call, and repeats nothing."""
    for n_trials in (3, 6):
        run = automl.fit(iris, "target", n_trials=n_trials, warm_start=may, out=tmp_path / "run", **OPTIONS)
    assert len({each.candidate for each in run.evaluations}) == 6


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (3, "warm_start=3; give a run, the folder of one, or its Optuna study."),
        (True, "warm_start=True; give a run, the folder of one, or its Optuna study."),
        ("nowhere", "There is no folder nowhere."),
    ],
)
def test_what_is_no_run_is_refused(iris: pd.DataFrame, given: Any, words: str) -> None:
    """The sentence names what was given."""
    with pytest.raises((automl.PlanError, automl.StorageError)) as refused:
        automl.plan(iris, "target", n_trials=3, warm_start=given, **OPTIONS)
    assert str(refused.value).startswith(words)


def test_the_own_folder_and_foreign_studies_are_refused(iris: pd.DataFrame, may: automl.Run) -> None:
    """A run goes on with itself without being told to; a study of another program can't be read."""
    with pytest.raises(automl.PlanError, match="is the folder that this run is written to"):
        automl.fit(iris.iloc[::2], "target", n_trials=9, warm_start=may.folder, out=may.folder, **OPTIONS)
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    foreign = optuna.create_study(study_name="theirs")
    optuna.logging.set_verbosity(before)
    with pytest.raises(automl.PlanError, match="the study 'theirs' was not made by this package"):
        automl.plan(iris, "target", n_trials=3, warm_start=foreign, **OPTIONS)
    with pytest.raises(automl.PlanError, match=r"tried linear, nearest_neighbors, none of which takes part here"):
        automl.plan(iris, "target", n_trials=3, warm_start=may, **{**OPTIONS, "algorithms": ["naive_bayes"]})
