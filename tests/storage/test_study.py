"""The mirror of a search: every trial is in the study, whatever happens to the program, and can be gone on from."""

from __future__ import annotations

import json
import math
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

import optuna
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from optuna.storages import InMemoryStorage, JournalStorage
from optuna.trial import TrialState

from automl.errors import PlanError, StorageError
from automl.evaluation.leaderboard import make_leaderboard
from automl.storage import claim
from automl.storage.archive import open_study, stored_evaluations
from automl.storage.folder import RunFolder
from automl.storage.records import details_of, evaluation_from
from automl.storage.study import StudyMirror
from automl.values.candidate import Candidate
from automl.values.evaluation import FAILURE_KINDS, Evaluation, Failure, FoldResult, State
from automl.values.metric import Metric
from automl.values.space import Categorical, Float, Int, SearchSpace

AUC = Metric("roc_auc", lambda y, p, w: 0.0)
RMSE = Metric("rmse", lambda y, p, w: 0.0, greater_is_better=False)
SPACES: Mapping[str, SearchSpace] = {
    "ridge": SearchSpace(Float("alpha", 0.01, 10.0, log=True), Int("degree", 1, 9, step=2)),
    "knn": SearchSpace(Int("n", 1, 100, log=True), Categorical("weights", ("uniform", "distance", None, True))),
}
RIDGE = Candidate.of("ridge", {"alpha": 1.0, "degree": 3})
KNN = Candidate.of("knn", {"n": 5, "weights": None})
STATES = get_args(State)
PRINT = {"data": "d1", "folds": "f1", "target": "t1"}


def mirror(store: Any = "memory", folder: RunFolder | None = None, **changes: Any) -> StudyMirror:
    """Open the mirror of an ordinary study, with some changes."""
    options: dict[str, Any] = {"name": "s", "metric": AUC, "algorithms": SPACES, "fingerprint": PRINT, **changes}
    return StudyMirror.open(store, folder, **options)


def done(number: int, candidate: Candidate = RIDGE, losses: tuple[float, ...] = (-0.8, -0.9)) -> Evaluation:
    """Return a complete evaluation."""
    folds = tuple(
        FoldResult(fold, loss, fit_seconds=1.5, n_predicted=10, one_row_seconds=0.001)
        for fold, loss in enumerate(losses)
    )
    return Evaluation(number, candidate, folds, "complete", seconds=4.0)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[RunFolder]:
    """Make a run folder."""
    with RunFolder.create(tmp_path / "run") as made:
        yield made


def test_trial_starts_whole_and_algorithm_comes_first() -> None:
    """A viewer sees a running trial with all its parameters, never a waiting or half-born one."""
    study = mirror()
    number = study.start(KNN, {"source": "portfolio", "predicted_seconds": 2.0, "nothing": None})
    trial = study.study.trials[number]
    assert trial.state is TrialState.RUNNING
    assert list(trial.params.items()) == [("algorithm", "knn"), ("knn:n", 5), ("knn:weights", None)]
    assert trial.distributions["algorithm"].choices == ("knn", "ridge")  # type: ignore[attr-defined]
    assert trial.user_attrs["source"] == "portfolio"
    assert trial.user_attrs["id"] == KNN.id
    assert "nothing" not in trial.user_attrs
    assert trial.datetime_start is not None


def test_study_is_made_without_optuna_s_defaults() -> None:
    """Direction and name of the value are the metric's; no pruner is slipped in."""
    study = mirror(metric=RMSE).study
    assert study.direction.name == "MINIMIZE"
    assert study.metric_names == ["rmse"]
    assert isinstance(study.pruner, optuna.pruners.NopPruner)
    assert isinstance(study.sampler, optuna.samplers.RandomSampler)


def test_complete_trial_tells_score_folds_and_numbers() -> None:
    """The value is the mean score in the metric's direction, folds are intermediate values, columns are numbers."""
    study = mirror()
    number = study.start(RIDGE)
    study.finish(done(number), {"one_row_ms": 0.5, "size_bytes": 100, "note": None, "odd": math.inf})
    trial = study.study.trials[number]
    assert trial.state is TrialState.COMPLETE
    assert trial.value == pytest.approx(0.85)
    assert trial.intermediate_values == {0: 0.8, 1: 0.9}
    attrs = dict(trial.user_attrs)
    assert attrs.pop("score_std") == pytest.approx(0.0707, abs=1e-4)
    assert json.loads(trial._system_attrs["automl:details"])["folds"][0]["loss"] == -0.8
    assert attrs == {"id": RIDGE.id, "fit_seconds": 3.0, "folds": 2, "one_row_ms": 0.5, "size_bytes": 100}
    assert trial.datetime_complete is not None


def test_scores_are_told_in_nine_digits() -> None:
    """What a viewer shows large is not a row of noise; the details keep each loss as it was."""
    study = mirror()
    study.finish(done(study.start(RIDGE), losses=(-2 / 3, -1 / 3)))
    (trial,) = study.study.trials
    assert (trial.value, trial.intermediate_values) == (0.5, {0: 0.666666667, 1: 0.333333333})
    assert study.finished()[0].losses == (-2 / 3, -1 / 3)


def test_losses_are_shown_as_scores_also_for_minimised_metrics() -> None:
    """An error stays an error: RMSE 2 is stored as 2."""
    study = mirror(metric=RMSE)
    number = study.start(RIDGE)
    study.report(number, 0, 2.0)
    study.finish(done(number, losses=(2.0, 4.0)))
    assert study.study.trials[0].value == 3.0
    assert study.study.trials[0].intermediate_values == {0: 2.0, 1: 4.0}


@pytest.mark.parametrize(
    ("state", "losses", "stored", "value"),
    [
        ("partial", (-0.8,), TrialState.PRUNED, 0.8),
        ("stopped", (-0.6, -0.8), TrialState.PRUNED, 0.7),
        ("stopped", (), TrialState.PRUNED, None),
        ("failed", (-0.8,), TrialState.FAIL, None),
        ("failed", (), TrialState.FAIL, None),
        ("complete", (math.inf,), TrialState.FAIL, None),
        ("partial", (math.nan,), TrialState.FAIL, None),
    ],
)
def test_states(state: Any, losses: tuple[float, ...], stored: TrialState, value: float | None) -> None:
    """What racing or the clock stopped never is the best; a value that isn't finite is a failure."""
    study = mirror()
    first = study.start(KNN)
    study.finish(done(first, KNN, (-0.1,)))
    number = study.start(RIDGE)
    folds = tuple(FoldResult(fold, loss) for fold, loss in enumerate(losses))
    study.finish(Evaluation(number, RIDGE, folds, state, "because"))
    study.settle()
    trial = study.study.trials[number]
    assert trial.state is stored
    assert trial.value == (None if value is None else pytest.approx(value))
    assert trial.user_attrs["reason"] == "because"
    assert study.study.best_trial.number == first


LOSSES = st.lists(st.floats(-1, 0), max_size=3).map(tuple)
TRIED = st.tuples(
    st.sampled_from(["dummy", "knn", "ridge"]), LOSSES, st.sampled_from(STATES), st.sampled_from([10, 2_000])
)


@settings(deadline=None)
@given(st.lists(TRIED, max_size=6))
@example([("dummy", (0.0,), "partial", 2_000), ("dummy", (-1.0,), "complete", 10)])
def test_best_trial_is_the_first_of_the_leaderboard(tried: list[tuple[str, tuple[float, ...], Any, int]]) -> None:
    """A partial bag of few rows is the best only where nothing else counts, however good its few folds are."""
    study = mirror(algorithms={**SPACES, "dummy": SearchSpace()})
    evaluations = []
    for algorithm, losses, state, rows in tried:
        folds = tuple(FoldResult(fold, loss, n_predicted=rows) for fold, loss in enumerate(losses))
        candidate = Candidate.of(algorithm, {})
        kept: Any = state if losses or state == "stopped" else "failed"
        evaluations.append(Evaluation(study.start(candidate), candidate, folds, kept, "because"))
        study.finish(evaluations[-1])
    study.settle()
    counted = [each for each in evaluations if each.state in ("complete", "partial")]
    assert all(trial.state.is_finished() for trial in study.study.trials)
    if counted:
        assert study.study.best_value == pytest.approx(make_leaderboard(evaluations, AUC)["score"].iloc[0])
    else:
        assert not any(trial.state is TrialState.COMPLETE for trial in study.study.trials)


def test_partial_bag_waits_for_further_folds(folder: RunFolder) -> None:
    """It is shown as running until the search ends, each time with what it has; a later session knows of it."""
    study = mirror(None, folder)
    early, late = study.start(RIDGE), study.start(KNN)
    study.finish(Evaluation(early, RIDGE, (FoldResult(0, -0.9),), "partial", "judged on 1 of 2 folds"))
    assert study.study.trials[early].state is TrialState.RUNNING
    assert study.study.trials[early].intermediate_values == {0: 0.9}
    study.finish(done(late, KNN, (-0.5, -0.6)))
    assert [trial.state for trial in study.study.trials] == [TrialState.RUNNING, TrialState.COMPLETE]
    study.finish(done(early, RIDGE, (-0.9, -0.7)))
    assert [trial.state for trial in study.study.trials] == [TrialState.COMPLETE] * 2
    assert study.study.trials[early].value == pytest.approx(0.8)
    study.close()
    again = mirror(None, folder)
    number = again.start(RIDGE)
    again.finish(Evaluation(number, RIDGE, (FoldResult(0, -0.9),), "partial", "time ran out"))
    again.close()
    assert again.study.trials[number].state is TrialState.PRUNED


@pytest.mark.parametrize(("rows", "state"), [(2_000, TrialState.COMPLETE), (10, TrialState.PRUNED)])
def test_what_a_candidate_had_when_the_program_died_is_kept(folder: RunFolder, rows: int, state: TrialState) -> None:
    """A trial that waited for further folds is no orphan: its folds count in the next session as they would have."""
    dying = mirror(None, folder)
    whole, waiting, begun = (dying.start(each) for each in (KNN, RIDGE, Candidate.of("ridge", {"alpha": 0.5})))
    dying.finish(done(whole, KNN, (-0.5, -0.6)))
    dying.finish(Evaluation(waiting, RIDGE, (FoldResult(0, -0.9, n_predicted=rows),), "partial", "judged on 1 of 2"))
    dying._claim.end()  # all that is left of a killed program's claim is its age
    again = mirror(None, folder)
    assert [each.number for each in again.finished()] == [whole, waiting]
    assert again.finished()[1].losses == (-0.9,)
    assert [each.config for each in again.orphans()] == [{"alpha": 0.5}]
    assert again.study.trials[waiting].state is state
    assert again.study.trials[begun].state is TrialState.FAIL
    again.close()


@pytest.mark.parametrize("store", [None, "memory"])
def test_closing_ends_what_waits(folder: RunFolder, store: str | None) -> None:
    """Where no model is complete, a partial bag is better than nothing and is the best trial."""
    study = mirror(store, folder)
    study.finish(Evaluation(study.start(RIDGE), RIDGE, (FoldResult(0, -0.9),), "partial", "time ran out"))
    study.close()
    assert study.study.best_value == 0.9
    assert study.study.trials[0].user_attrs["reason"] == "time ran out"


def test_failed_trial_tells_its_kind() -> None:
    """A program reads the kind of failure, a person the reason."""
    study = mirror()
    number = study.start(RIDGE)
    fold = FoldResult(0, math.nan, failure=Failure("out_of_memory", "took 3 GB of 2 GB"))
    study.finish(Evaluation(number, RIDGE, (fold,), "failed", "out_of_memory: took 3 GB of 2 GB"))
    attrs = study.study.trials[number].user_attrs
    assert attrs["failure"] == "out_of_memory"
    assert attrs["reason"] == "out_of_memory: took 3 GB of 2 GB"


@pytest.mark.parametrize(
    "config",
    [
        {"alpha": 1000.0, "degree": 3},  # above the range
        {"alpha": -1.0, "degree": 2},  # no logarithm; between two steps
        {"alpha": "auto", "degree": 2.5},  # of another kind
        {"alpha": math.inf, "degree": True},
        {"unknown": "x", "other": None},
    ],
)
def test_value_that_no_range_holds_doesn_t_stop_the_run(folder: RunFolder, config: dict[str, Any]) -> None:
    """What the study's ranges can't hold stands in an attribute, and the candidate comes back as it was."""
    study = mirror(None, folder)
    candidates = [RIDGE, Candidate.of("ridge", config), RIDGE, Candidate.of("foreign", {"x": 1})]
    for candidate in candidates:
        number = study.start(candidate)
        study.finish(done(number, candidate))
    assert [each.candidate for each in study.finished()] == candidates
    for trial, candidate in zip(study.study.trials, candidates, strict=True):
        for name in candidate.params:
            assert name in {**trial.params, **trial.user_attrs}
    study.close()


def test_scores_are_written_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fold scores wait up to two seconds, and are written before the trial ends in any case."""
    now = [100.0]
    monkeypatch.setattr("automl.storage.study.time.monotonic", lambda: now[0])
    study = mirror()
    number = study.start(RIDGE)
    study.report(number, 0, -0.5)
    study.report(number, 1, math.nan)
    assert study.study.trials[0].intermediate_values == {}
    now[0] += 2.0
    study.report(number, 2, -0.7)
    assert study.study.trials[0].intermediate_values == {0: 0.5, 2: 0.7}
    study.report(number, 3, -0.9)
    study.finish(Evaluation(number, RIDGE, (), "failed", "crashed: late"))
    assert study.study.trials[0].intermediate_values == {0: 0.5, 2: 0.7, 3: 0.9}


def test_what_a_study_is_about_stands_beside_it() -> None:
    """A viewer reads what is predicted from what without opening anything else; saying it again writes nothing."""
    study = mirror()
    study.describe({"target": "survived", "rows": 891})
    study.describe({"target": "survived", "rows": 892})
    attrs = study.study.user_attrs
    assert (attrs["target"], attrs["rows"]) == ("survived", 892)


@pytest.mark.parametrize("store", [None, "sqlite", "journal", "object"])
def test_resumed_study_has_everything(tmp_path: Path, folder: RunFolder, store: str | None) -> None:
    """Evaluations come back as they were from every kind of store, and numbers go on."""
    names = {
        "sqlite": f"sqlite:///{tmp_path}/x.db",
        "journal": str(tmp_path / "x.journal"),
        "object": InMemoryStorage(),
    }
    where = names.get(store or "")
    study = mirror(where, folder)
    fold = FoldResult(0, math.nan, 0.5, rounds=None, failure=Failure("timed_out", "after 3 s"))
    kept = FoldResult(1, -0.25, 0.5, 0.1, 20, 0.003, 1000, 77, further=(("accuracy", 0.9), ("f1", 0.75)))
    expected = [
        done(study.start(RIDGE)),
        Evaluation(study.start(KNN), KNN, (kept,), "partial", "time ran out", 1.25, shift=0.125),
        Evaluation(study.start(RIDGE), RIDGE, (fold, kept), "failed", "timed_out: after 3 s", 2.0),
        Evaluation(study.start(KNN), KNN, (kept,), "stopped", "worse than the best's worst fold", 2.0),
    ]
    for evaluation in reversed(expected):
        study.finish(evaluation)
    study.close()
    again = mirror(where, folder)
    assert [repr(each) for each in again.finished()] == [repr(each) for each in expected]  # NaN is not equal to itself
    assert again.orphans() == []
    assert again.start(RIDGE) == 4
    again.close()


FINITE = st.floats(allow_nan=False, allow_infinity=False)
FOLDS = st.builds(
    FoldResult,
    st.integers(0, 9),
    FINITE,
    rounds=st.none() | st.integers(1, 100),
    failure=st.none() | st.builds(Failure, st.sampled_from(FAILURE_KINDS), st.text()),
    further=st.lists(st.tuples(st.text(), FINITE)).map(tuple),
)
CONFIGS = st.dictionaries(st.text(min_size=1), st.none() | st.booleans() | st.integers() | FINITE | st.text())


@settings(deadline=None)
@given(st.text(), CONFIGS, st.lists(FOLDS).map(tuple), st.text())
def test_details_hold_an_evaluation_whole(name: str, config: Any, folds: Any, reason: str) -> None:
    """Whatever an evaluation says, its details say the same."""
    evaluation = Evaluation(3, Candidate.of(name, config), folds, "failed", reason, 1.5)
    again = evaluation_from(3, json.loads(details_of(evaluation)))
    assert repr(again) == repr(Evaluation(3, Candidate.of(name, config), again.folds, "failed", reason, 1.5))
    assert [each.loss for each in again.folds] == [each.loss for each in folds]
    assert [each.failure for each in again.folds] == [each.failure for each in folds]


KILLED = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from test_study import KNN, RIDGE, done, mirror
from automl.storage.folder import RunFolder
folder = RunFolder.create(Path(sys.argv[2]))
study = mirror(sys.argv[3] or None, folder)
study.finish(done(study.start(RIDGE)))
number = study.start(KNN)
study.report(number, 0, -0.5)
study.flush()
study.start(RIDGE)
print("running", flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("store", [None, "x.journal"])
def test_killed_program_loses_no_finished_trial(tmp_path: Path, store: str | None) -> None:
    """After a kill every finished trial is there; what was running is failed and handed over to be tried again."""
    where = str(tmp_path / store) if store else ""
    command = [sys.executable, "-c", KILLED, str(Path(__file__).parent), str(tmp_path / "run"), where]
    killed = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (killed.returncode, killed.stdout) == (-signal.SIGKILL, "running\n"), killed.stderr
    with RunFolder.create(tmp_path / "run") as folder:
        study = mirror(where or None, folder)
        assert study.finished() == [done(0)]
        assert study.orphans() == [KNN, RIDGE]
        trials = study.study.trials
        assert [trial.state for trial in trials] == [TrialState.COMPLETE, TrialState.FAIL, TrialState.FAIL]
        assert trials[1].user_attrs["failure"] == "orphaned"
        assert trials[1].user_attrs["reason"].startswith("orphaned")
        assert trials[1].intermediate_values == {0: 0.5}
        assert study.start(KNN) == 3
        study.close()
        last = mirror(where or None, folder)
        assert last.orphans() == [KNN, RIDGE]  # the second program died before it came to the ridge
        assert last.finished() == [done(0)]
        last.close()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"fingerprint": {**PRINT, "data": "d2"}}, "the data changed"),
        ({"fingerprint": {**PRINT, "data": "d2", "folds": "f2"}}, "the data and the folds changed"),
        ({"fingerprint": {**PRINT, "target": "t2"}}, "the target changed"),
        ({"metric": RMSE}, "the metric changed"),
        ({"metric": Metric("f1", lambda y, p, w: 0.0)}, "the metric changed"),
        ({"algorithms": {"ridge": SPACES["ridge"]}}, "the algorithms or their search spaces changed"),
        (
            {"algorithms": {**SPACES, "knn": SPACES["knn"].replace(n=(1, 50))}},
            "the algorithms or their search spaces changed",
        ),
    ],
)
def test_changed_problem_is_refused(folder: RunFolder, changes: dict[str, Any], words: str) -> None:
    """A study is not gone on with for another problem; the sentence says what changed and what to do."""
    study = mirror(None, folder)
    study.finish(done(study.start(RIDGE)))
    study.close()
    with pytest.raises(PlanError) as caught:
        mirror(None, folder, **changes)
    assert words in str(caught.value)
    assert "Give another folder (out=…) or another study_name." in str(caught.value)
    again = mirror(None, folder)
    assert again.finished() == [done(0)]
    again.close()


def test_not_resuming_refuses_an_old_study(folder: RunFolder) -> None:
    """With resume=False nothing is mixed into what is there."""
    mirror(None, folder, resume=False).close()
    with pytest.raises(PlanError, match="exists already and resume=False"):
        mirror(None, folder, resume=False)


def test_study_of_someone_else_is_refused(folder: RunFolder) -> None:
    """A study that another program made is not written into."""
    storage = InMemoryStorage()
    study = optuna.create_study(storage=storage, study_name="s", direction="maximize")
    study.add_trial(optuna.trial.create_trial(value=1.0))
    with pytest.raises(PlanError, match="was not made by this package"):
        mirror(storage)
    assert len(study.trials) == 1


def test_trials_of_others_are_passed_over() -> None:
    """A trial that somebody added to our study by hand is no evaluation, and hurts nobody."""
    study = mirror()
    study.study.add_trial(optuna.trial.create_trial(value=1.0, system_attrs={"automl:details": "mine"}))
    study.finish(done(study.start(RIDGE)))
    assert [each.number for each in study.finished()] == [1]


def test_trial_that_a_viewer_failed_stays_failed(folder: RunFolder) -> None:
    """When somebody fails a running trial in the dashboard, the run goes on; the trial is a failed evaluation."""
    study = mirror(None, folder)
    number = study.start(RIDGE)
    viewer = optuna.load_study(study_name="s", storage=f"sqlite:///{folder.study}")
    viewer.tell(number, state=TrialState.FAIL)
    study.report(number, 0, -0.5)
    study.flush()
    study.finish(done(number), {"size_bytes": 1})
    study.finish(done(study.start(KNN), KNN))
    assert study.study.trials[number].state is TrialState.FAIL
    failed, kept = study.finished()
    assert (failed.state, failed.reason, failed.candidate) == ("failed", "ended by a viewer", RIDGE)
    assert kept.candidate == KNN
    study.close()
    viewer._storage._backend.engine.dispose()  # type: ignore[attr-defined]


def test_deleted_study_is_told(folder: RunFolder) -> None:
    """A study that somebody deleted meanwhile is one sentence."""
    study = mirror(None, folder)
    study.start(RIDGE)
    optuna.delete_study(study_name="s", storage=study.study._storage)
    with pytest.raises(StorageError, match="was deleted or renamed while it was written"):
        study.start(RIDGE)
    with pytest.raises(StorageError, match="was deleted or renamed"):
        study.finish(done(0))


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ("database or disk is full", "the disk is full. Free some space"),
        (
            "attempt to write a readonly database",
            "attempt to write a readonly database. Give a folder that you may write",
        ),
        ("database is locked", "another program has kept it locked for 60 s"),
    ],
)
def test_store_that_fails_is_one_sentence(
    folder: RunFolder, monkeypatch: pytest.MonkeyPatch, said: str, sentence: str
) -> None:
    """A full disk, a read-only file and a lock that isn't released are told by what to do."""
    study = mirror(None, folder)
    number = study.start(RIDGE)

    def fail(*args: object) -> None:
        inner = sqlite3.OperationalError(said)
        raise optuna.exceptions.StorageInternalError("An exception is raised during the commit.") from inner

    monkeypatch.setattr(study.study._storage, "set_trial_user_attr", fail)
    with pytest.raises(StorageError, match=r"The study in .*study\.db can't be used: ") as caught:
        study.finish(done(number))
    assert sentence in str(caught.value)
    monkeypatch.undo()
    study.close()


def test_second_writer_of_a_shared_store_is_refused(tmp_path: Path) -> None:
    """Two programs can't write one study of a shared database at once; a dead one's place is taken."""
    url = f"sqlite:///{tmp_path}/shared.db"
    study = mirror(url)
    other = "import sys; sys.path.insert(0, sys.argv[1]); from test_study import mirror; mirror(sys.argv[2])"
    command = [sys.executable, "-c", other, str(Path(__file__).parent), url]
    refused = subprocess.run(command, capture_output=True, text=True, check=False)
    assert f"is being written by process {os.getpid()}. Wait until it ends" in refused.stderr
    study.close()
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0  # and it ends without closing
    mirror(url).close()


def test_writer_of_another_host_is_watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A claim of another host is refused while it is renewed, and taken over once it is not."""
    monkeypatch.setattr(claim, "BEAT", 0.2)
    monkeypatch.setattr(claim, "PATIENCE", 1.0)
    url = f"sqlite:///{tmp_path}/shared.db"
    here, there = socket.gethostname(), "elsewhere"
    monkeypatch.setattr(socket, "gethostname", lambda: there)
    study = mirror(url)
    monkeypatch.setattr(socket, "gethostname", lambda: here)
    with pytest.raises(StorageError, match=f"is being written by process {os.getpid()} on {there}. Wait until it ends"):
        mirror(url)
    study._claim.end()  # as if its host had lost power: nobody gave the study up
    mirror(url).close()


def test_claims_that_end_leave_no_thread(tmp_path: Path) -> None:
    """Neither a closed study nor one that was refused goes on writing."""
    url, before = f"sqlite:///{tmp_path}/shared.db", set(threading.enumerate())
    mirror(url).close()
    with pytest.raises(PlanError, match="resume=False forbids"):
        mirror(url, resume=False)
    assert set(threading.enumerate()) <= before


def test_reading_changes_nothing(folder: RunFolder) -> None:
    """Looking at a study while it is written leaves its running trials alone and needs no fingerprint."""
    writer = mirror(None, folder)
    writer.finish(done(writer.start(RIDGE)))
    writer.start(KNN)
    assert stored_evaluations(None, "s", folder.path) == [done(0)]
    states = [trial.state for trial in open_study(None, "s", folder.path).trials]
    assert states == [TrialState.COMPLETE, TrialState.RUNNING]
    with pytest.raises(StorageError, match="There is no study 'other'"):
        open_study(None, "other", folder.path)
    writer.close()


def test_reading_a_study_that_isn_t_there_makes_none(tmp_path: Path) -> None:
    """No empty database is left where a study was looked for."""
    with pytest.raises(StorageError, match=r"has no study: study\.db is missing"):
        open_study(None, "s", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_closing_leaves_one_file_and_a_usable_study(folder: RunFolder) -> None:
    """After closing, the database is one file that may be copied, and ``run.study`` still answers."""
    study = mirror(None, folder)
    study.finish(done(study.start(RIDGE)))
    study.close()
    assert sorted(each.name for each in folder.path.iterdir()) == [".lock", "study.db"]
    assert study.study.best_value == pytest.approx(0.85)
    study.close()


def test_optuna_says_nothing_and_keeps_its_logging(folder: RunFolder, capfd: pytest.CaptureFixture[str]) -> None:
    """No announcement of Optuna's reaches the screen, and its verbosity is the user's."""
    before = optuna.logging.get_verbosity()
    study = mirror(None, folder)
    study.finish(done(study.start(RIDGE)))
    study.close()
    assert optuna.logging.get_verbosity() == before
    assert capfd.readouterr() == ("", "")


def test_journal_store_is_a_journal(tmp_path: Path) -> None:
    """A path that ends in .journal is Optuna's journal, for network disks."""
    study = mirror(str(tmp_path / "x.journal"))
    assert isinstance(study.study._storage, JournalStorage)
    study.close()
