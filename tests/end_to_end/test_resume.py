"""The same call on the same folder goes on; anything else is refused; what was finished is never lost."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pandas as pd
import pytest
from optuna.trial import TrialState
from sklearn.datasets import load_diabetes, load_iris

import automl
from automl.storage.stores import open_store

pytestmark = [pytest.mark.end_to_end, pytest.mark.alone]

FAMILIES = ["dummy", "linear", "nearest_neighbors", "naive_bayes"]


@pytest.fixture(scope="module")
def iris() -> pd.DataFrame:
    """Return 150 flowers, target ``target``."""
    frame: pd.DataFrame = load_iris(as_frame=True).frame
    return frame


def search(frame: pd.DataFrame, out: Path, **options: Any) -> automl.Run:
    """Search quickly and in this process."""
    settings: dict[str, Any] = {"algorithms": FAMILIES, "n_trials": 5, "time_budget": None, "cv": 2, "verbose": 0}
    return automl.fit(frame, **{"target": "target", "engine": "inprocess", "out": out, **settings, **options})


@pytest.fixture(scope="module")
def finished(iris: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> automl.Run:
    """Return a run of five trials that nobody may add to."""
    return search(iris, tmp_path_factory.mktemp("runs") / "finished")


def test_going_on(iris: pd.DataFrame, tmp_path: Path) -> None:
    """Finished trials count, keep their numbers and scores, and are not repeated."""
    first = search(iris, tmp_path / "run", n_trials=4)
    second = search(iris, tmp_path / "run", n_trials=7)
    assert [each.number for each in second.evaluations] == list(range(7))
    assert repr(second.evaluations[:4]) == repr(first.evaluations)  # not every number equals itself: some are NaN
    assert len({each.candidate for each in second.evaluations}) == 7
    assert len(second.study.trials) == 7
    again = search(iris, tmp_path / "run", n_trials=7)
    assert again.why_stopped == "7 trials are finished"
    pd.testing.assert_frame_equal(_untimed(again.leaderboard), _untimed(second.leaderboard))


def _untimed(leaderboard: pd.DataFrame) -> pd.DataFrame:
    return leaderboard.drop(columns=["one_row_ms", "rows_per_second"])  # the table's share is measured anew


def _shifted(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(**{"petal width (cm)": frame["petal width (cm)"] + 1})


def _swapped(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(target=frame["target"].to_numpy()[::-1])


def _renamed(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.rename(columns={"target": "kind"})


@pytest.mark.parametrize(
    ("change", "options", "words"),
    [
        pytest.param(_shifted, {}, "the data changed", id="data"),
        pytest.param(_swapped, {}, "the target changed", id="target values"),
        pytest.param(_renamed, {"target": "kind"}, "the target changed", id="target name"),
        pytest.param(
            None, {"algorithms": FAMILIES[:3]}, "the algorithms or their search spaces changed", id="families"
        ),
        pytest.param(
            None,
            {"algorithms": [*FAMILIES[:3], automl.algorithm("naive_bayes", var_smoothing=1e-9)]},
            "the algorithms or their search spaces changed",
            id="space",
        ),
        pytest.param(None, {"metric": "accuracy"}, "the metric changed", id="metric"),
        pytest.param(None, {"cv": 3}, "the folds changed", id="folds"),
        pytest.param(None, {"random_state": 1}, "the random seed changed", id="seed"),
        pytest.param(None, {"study_name": "another"}, "not in 'another' in study.db", id="study name"),
        pytest.param(None, {"storage": "memory"}, "in study.db, not in", id="storage"),
        pytest.param(None, {"resume": False}, "resume=False", id="resume"),
    ],
)
def test_another_search_is_refused(
    change: Callable[[pd.DataFrame], pd.DataFrame] | None,
    options: dict[str, Any],
    words: str,
    iris: pd.DataFrame,
    finished: automl.Run,
) -> None:
    """What isn't the same call is refused in one sentence that names the difference, and the run stays as it was."""
    before = _contents(finished.folder)
    frame = iris if change is None else change(iris)
    with pytest.raises(automl.PlanError) as refused:
        search(frame, finished.folder, n_trials=9, **options)
    text = str(refused.value)
    assert words in text
    assert "another" in text.rpartition("Give")[2]
    assert "\n" not in text
    assert _contents(finished.folder) == before
    assert len(automl.load(finished.folder).leaderboard) == len(finished.leaderboard)


def _contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.suffix not in (".log", ".db", ".db-wal", ".db-shm") and path.name != ".lock"
    }


# --- a program that is killed

LATCHED = """
from pathlib import Path

def latched(folder):
    latch = Path(folder) / "latch"

    def build(config, context):  # one fold of its first candidate hangs, once
        if context.seed % 2 and not latch.exists():
            latch.mkdir(exist_ok=True)
            time.sleep(600)
        from sklearn.tree import DecisionTreeRegressor
        return DecisionTreeRegressor(max_depth=config["k"], random_state=0)

    return automl.Algorithm("latched", lambda shape: automl.SearchSpace(automl.Int("k", 1, 8)), build,
                            tasks=("regression",))

def search(table, folder, **options):
    return automl.fit(table, "target", algorithms=["dummy", latched(folder), "linear", "nearest_neighbors"], cv=4,
                      time_budget=None, n_jobs=2, out=Path(folder) / "run", verbose=0, **options)
"""
KILLED = (
    LATCHED
    + """
def tell(update):
    if update.kind == "evaluated":
        print(update.number, update.algorithm, flush=True)

search(sys.argv[1], sys.argv[2], n_trials=200, callbacks=[tell])
"""
)
RESUMED = (
    LATCHED
    + """
run = search(sys.argv[1], sys.argv[2], n_trials=int(sys.argv[3]))
say(run, folder=str(run.folder))
"""
)


class Killed:
    """A program that was killed in the middle of its search, and what the same call made of it afterwards."""

    def __init__(self, program: Any) -> None:
        table = program.folder / "diabetes.csv"
        load_diabetes(as_frame=True).frame.to_csv(table, index=False)
        started = program.start(KILLED, table, program.folder)
        self.before = [started.stdout.readline().split() for _ in range(6)]
        self.refusal = program.run(RESUMED, table, program.folder, 12)
        os.killpg(started.pid, signal.SIGKILL)
        started.communicate()
        self.is_gone = program.nothing_is_left()
        folder = program.folder / "run"
        self.trials = optuna.load_study(study_name=None, storage=open_store(folder / "study.db")).trials
        self.n_finished = sum(trial.state.is_finished() for trial in self.trials)
        self.said = program.run(RESUMED, table, program.folder, self.n_finished + 5).said
        self.run = automl.load(folder)
        self.table = pd.read_csv(table)


@pytest.fixture(scope="module")
def killed(shared_program: Any) -> Killed:
    """Return what became of a program that was killed."""
    return Killed(shared_program)


def test_a_second_coordinator_is_refused(killed: Killed) -> None:
    """While a program searches in a folder, another one that wants to is told which program that is."""
    assert killed.refusal.code != 0
    last = killed.refusal.err.strip().splitlines()[-1]
    assert last.startswith("automl.errors.StorageError: The run folder ")
    assert "is in use by process " in last


def test_a_killed_program_leaves_no_process(killed: Killed) -> None:
    """Workers end with the program that started them, also those that hang; scratch files go with the next call."""
    assert killed.is_gone
    left = [path.name for path in killed.run.folder.iterdir() if path.is_dir()]
    assert set(left) - {"artifacts"} == {"models", "oof"}


def test_finished_trials_are_kept(killed: Killed) -> None:
    """Every trial that was told as finished is in the study and on the leaderboard of the call that goes on."""
    assert killed.n_finished >= 6
    finished = {trial.number: trial.value for trial in killed.trials if trial.state.is_finished()}
    assert finished.keys() >= {int(number) for number, _ in killed.before}
    trials = {trial.number: trial for trial in killed.run.study.trials}
    assert all(trials[number].value == value for number, value in finished.items())
    rows = {row["id"] for row in killed.said["rows"]}
    assert rows >= {f"{trials[number].params['algorithm']}-{number}" for number in finished}
    assert len(killed.run.evaluations) == killed.n_finished + 5


def test_orphans_are_tried_again(killed: Killed) -> None:
    """What was running when the program died is failed with a reason, and the same candidate is tried first."""
    (orphan,) = [trial for trial in killed.trials if trial.params["algorithm"] == "latched"]
    assert orphan.state is TrialState.RUNNING
    trials = killed.run.study.trials
    assert trials[orphan.number].state is TrialState.FAIL
    assert trials[orphan.number].user_attrs["failure"] == "orphaned"
    assert trials[orphan.number].user_attrs["reason"] == "orphaned: the program ended while it ran"
    running = [trial for trial in killed.trials if not trial.state.is_finished()]
    repeated = trials[len(killed.trials) : len(killed.trials) + len(running)]
    assert [trial.params for trial in repeated] == [trial.params for trial in running]
    assert repeated[0].state is not TrialState.FAIL


def test_old_and_new_trials_are_combined(killed: Killed) -> None:
    """The ensemble chooses among trials of both sessions, from their out-of-fold predictions; all can predict."""
    old = [each for each in killed.run.evaluations if each.number < len(killed.trials)]
    new = [each for each in killed.run.evaluations if each.number >= len(killed.trials)]
    assert {each.state for each in old} | {each.state for each in new} <= {"complete", "stopped"}
    for each in (old[1], new[0]):
        name = f"{each.candidate.algorithm}-{each.number}"
        assert np.isfinite(killed.run.pipeline(name).predict(killed.table.drop(columns="target"))).all()
    weights = killed.run.leaderboard.set_index("id").loc["ensemble", "params"]
    numbers = {int(name.rpartition("-")[2]) for name in weights}
    assert numbers <= {each.number for each in old + new}
    score = killed.run.leaderboard.set_index("id").loc["ensemble", "score"]
    assert score <= min(killed.run.leaderboard["score"])


# --- the study


def test_the_study_tells_everything(iris: pd.DataFrame, tmp_path: Path) -> None:
    """Optuna reads every trial, failed ones included: parameters, fold scores, timings and reason."""

    class Broken:
        def fit(self, X: Any, y: Any) -> None:
            raise ValueError("no luck today")

    broken = automl.Algorithm(
        "broken", lambda shape: automl.SearchSpace(automl.Float("x", 0, 1)), lambda config, context: Broken()
    )
    run = search(iris, tmp_path / "run", algorithms=[broken, "linear", "dummy"], n_trials=4)
    study = optuna.load_study(study_name=run.study.study_name, storage=open_store(tmp_path / "run" / "study.db"))
    assert len(study.trials) == 4
    assert study.metric_names == ["log_loss"]
    for trial, evaluation in zip(study.trials, run.evaluations, strict=True):
        assert trial.params == {"algorithm": evaluation.candidate.algorithm, **evaluation.candidate.params}
        assert trial.user_attrs["fit_seconds"] == pytest.approx(evaluation.fit_seconds, rel=1e-5)
        assert trial.datetime_start < trial.datetime_complete
        if evaluation.state == "failed":
            assert trial.state is TrialState.FAIL
            assert trial.user_attrs["failure"] == "crashed"
            assert trial.user_attrs["reason"] == "crashed: ValueError: no luck today"
        else:
            assert trial.value == pytest.approx(evaluation.loss)
            assert list(trial.intermediate_values.values()) == pytest.approx(list(evaluation.losses))
    assert {trial.state for trial in study.trials} >= {TrialState.FAIL, TrialState.COMPLETE}
