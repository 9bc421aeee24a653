"""What optuna-dashboard 0.21 makes of a study is misleading in places; a study of ours doesn't step into them.

Each trap was measured. The tests ask the server what its pages are drawn from, so that a change of how studies are
written, or of the dashboard, shows here before a person is misled.
"""

from __future__ import annotations

import json
import math
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import optuna
import pytest
import sqlalchemy
from asking import ask, detail
from optuna.artifacts import FileSystemArtifactStore
from optuna.exceptions import UpdateFinishedTrialError
from optuna.storages import InMemoryStorage, RDBStorage
from optuna.trial import TrialState

import automl
from automl.registry import algorithms
from automl.storage.stores import open_store
from automl.storage.study import StudyMirror
from automl.values.algorithm import DataShape
from automl.values.candidate import Candidate
from automl.values.evaluation import Evaluation, FoldResult, State
from automl.values.metric import Metric
from automl.values.space import Categorical, Float, Int, SearchSpace

AUC = Metric("roc_auc", lambda y, p, w: 0.0)
RMSE = Metric("rmse", lambda y, p, w: 0.0, greater_is_better=False)
SPACES = {"dummy": SearchSpace(), "ridge": SearchSpace(Float("alpha", 0.01, 10.0)), "knn": SearchSpace(Int("k", 1, 9))}
SORTABLE = {"complexity", "fit_seconds", "folds", "one_row_ms", "score_std", "size_mb"}


def evaluated(mirror: StudyMirror, algorithm: str, state: State, *losses: float) -> int:
    """Write a trial that came to this, and return its number."""
    config: Any = {"ridge": {"alpha": 0.5}, "knn": {"k": 3}}.get(algorithm, {})
    candidate = Candidate.of(algorithm, config)
    number = mirror.start(candidate)
    folds = tuple(FoldResult(fold, loss) for fold, loss in enumerate(losses))
    mirror.finish(Evaluation(number, candidate, folds, state, "" if state == "complete" else "because"))
    return number


def a_study(metric: Metric = AUC, storage: Any = None) -> StudyMirror:
    """Open a study of three algorithms in memory."""
    store = InMemoryStorage() if storage is None else storage
    return StudyMirror.open(store, None, name="s", metric=metric, algorithms=SPACES, fingerprint={"data": "d"})


class Watched(InMemoryStorage):
    """A storage that is looked at after every single write, as a viewer may."""

    def __init__(self, look: Callable[[Watched], None]) -> None:
        super().__init__()
        self._look = look
        self._is_looking = False

    def __getattribute__(self, name: str) -> Any:
        found = super().__getattribute__(name)
        if not name.startswith(("set_", "create_new_trial")):
            return found

        def written(*args: Any, **kwargs: Any) -> Any:
            result = found(*args, **kwargs)
            if not self._is_looking:
                self._is_looking = True
                self._look(self)
                self._is_looking = False
            return result

        return written


@pytest.mark.end_to_end
def test_no_half_born_trial_is_ever_seen(search: Callable[..., automl.Run], tmp_path: Path) -> None:
    """Whenever a viewer looks, each trial has its algorithm and all parameters, and none is waiting.

    One trial that was seen without empties the selection of the parallel coordinates for as long as the server runs.
    """
    states: set[str] = set()
    params: dict[int, list[str]] = {}

    def look(storage: Watched) -> None:
        for trial in detail(storage)["trials"]:
            states.add(trial["state"])
            names = [each["name"] for each in trial["params"]]
            assert names[0] == "algorithm", trial
            assert params.setdefault(trial["number"], names) == names
        if params:
            assert "algorithm" in {each["name"] for each in detail(storage)["intersection_search_space"]}

    run = search(storage=Watched(look), out=tmp_path / "run", n_trials=12, ensemble=False)
    assert states == {"Complete", "Running", "Fail", "Pruned"}
    assert {number: len(names) for number, names in params.items()} == {
        each.number: 1 + len(each.candidate.settings) for each in run.evaluations
    }


def test_a_trial_is_born_in_one_commit(tmp_path: Path) -> None:
    """In a database too, whoever reads between two commits of ours sees whole trials only."""
    storage = open_store(tmp_path / "study.db")
    assert isinstance(storage, RDBStorage)
    seen: list[tuple[int, int]] = []

    def look(*connection: Any) -> None:
        reader = sqlite3.connect(tmp_path / "study.db")
        ((trials,),) = reader.execute("select count(*) from trials")
        ((born,),) = reader.execute(
            "select count(*) from trials where state = 'RUNNING' and "
            "(select count(*) from trial_params where trial_params.trial_id = trials.trial_id) = 2"
        )
        reader.close()
        seen.append((trials, born))

    mirror = a_study(storage=storage)
    sqlalchemy.event.listen(storage.engine, "checkin", look)
    mirror.start(Candidate.of("ridge", {"alpha": 0.5}))
    mirror.start(Candidate.of("knn", {"k": 3}))
    sqlalchemy.event.remove(storage.engine, "checkin", look)
    assert {(1, 1), (2, 2)} <= set(seen)
    assert all(trials == born for trials, born in seen)
    mirror.close()


@pytest.mark.parametrize("name", sorted(algorithms()))
def test_no_space_of_ours_holds_what_vanishes(name: str) -> None:
    """The contour leaves out a number that is exactly 0 and an empty text; no shipped space has one."""
    algorithm = algorithms()[name]
    for kind in algorithm.tasks:
        for n_rows, n_columns, n_categorical in ((30, 3, 0), (5_000, 40, 10), (400_000, 900, 900)):
            n_classes = {"binary": 2, "multiclass": 12, "regression": 0}[kind]
            for each in algorithm.space(DataShape(kind, n_rows, n_columns, n_categorical, n_classes)):
                if isinstance(each, Categorical):
                    assert "" not in each.choices
                else:
                    assert each.low > 0 or each.high < 0, each


def test_zero_of_a_caller_is_told_as_zero() -> None:
    """In a space of the caller's own, 0 is written as it is: the picture may lack it, tables and figures don't."""
    spaces = {"own": SearchSpace(Float("share", 0.0, 1.0))}
    mirror = StudyMirror.open(
        InMemoryStorage(), None, name="s", metric=AUC, algorithms=spaces, fingerprint={"data": "d"}
    )
    mirror.start(Candidate.of("own", {"share": 0.0}))
    (trial,) = detail(mirror._storage)["trials"]
    assert trial["params"][1]["param_internal_value"] == 0.0
    assert trial["params"][1]["param_external_value"] == "0.0"


@pytest.mark.parametrize("metric", [AUC, RMSE])
def test_best_trial_of_the_card_is_a_complete_one(metric: Metric) -> None:
    """Neither what was stopped nor what time cut short stands on the card of the best trial, however good it looks."""
    mirror = a_study(metric)
    evaluated(mirror, "dummy", "complete", 5.0, 5.0)
    evaluated(mirror, "knn", "partial", 0.1)
    best = evaluated(mirror, "ridge", "complete", 2.0, 4.0)
    evaluated(mirror, "knn", "stopped", 0.5)
    evaluated(mirror, "knn", "partial", 0.2)
    evaluated(mirror, "knn", "failed", 0.0)
    mirror.settle()
    said = detail(mirror._storage)
    (card,) = said["best_trials"]
    assert (card["number"], card["values"]) == (best, [metric.score_of(3.0)])
    assert [each["state"] for each in said["trials"]] == ["Complete", "Pruned", "Complete", "Pruned", "Pruned", "Fail"]


def test_best_trial_of_the_card_is_partial_where_no_model_is_complete() -> None:
    """When time ran out before any model was complete, a good start stands on the card, not the dummy."""
    mirror = a_study()
    evaluated(mirror, "dummy", "complete", -0.5, -0.5)
    best = evaluated(mirror, "knn", "partial", -0.9)
    mirror.settle()
    assert [each["number"] for each in detail(mirror._storage)["best_trials"]] == [best]


@pytest.mark.parametrize("loss", [math.nan, math.inf, -math.inf])
def test_no_value_is_nan_or_infinite(loss: float) -> None:
    """An endless score would be the best for ever, and NaN brings the server down."""
    mirror = a_study()
    best = evaluated(mirror, "ridge", "complete", -0.7)
    bad = evaluated(mirror, "knn", "complete", loss)
    mirror.report(mirror.start(Candidate.of("knn", {"k": 4})), 0, loss)
    mirror.flush()
    said = detail(mirror._storage)
    assert [each["number"] for each in said["best_trials"]] == [best]
    assert said["trials"][bad]["state"] == "Fail"
    assert "values" not in said["trials"][bad]
    assert all(isinstance(each["value"], float) for trial in said["trials"] for each in trial["intermediate_values"])


def test_finished_trials_take_no_files(tmp_path: Path) -> None:
    """Files belong to the study for this reason; should it go, trials may have pictures of their own."""
    mirror = a_study()
    number = evaluated(mirror, "ridge", "complete", -0.7)
    path = tmp_path / "picture.png"
    path.write_bytes(b"png")
    trial = optuna.Trial(mirror.study, mirror.study.trials[number]._trial_id)
    with pytest.raises(UpdateFinishedTrialError):
        optuna.artifacts.upload_artifact(
            artifact_store=FileSystemArtifactStore(tmp_path), file_path=str(path), study_or_trial=trial
        )


@pytest.fixture
def seen(seen_run: automl.Run) -> Iterator[tuple[dict[str, Any], RDBStorage]]:
    """Return what the server says of a real search, and the storage."""
    storage = open_store(seen_run.folder / "study.db")
    assert isinstance(storage, RDBStorage)
    yield detail(storage, 1), storage
    storage.remove_session()
    storage.engine.dispose()


@pytest.mark.end_to_end
def test_columns_that_should_sort_do(seen: tuple[dict[str, Any], RDBStorage]) -> None:
    """One text among the numbers of a column, and a person can no longer sort by it."""
    said, _ = seen
    is_sortable = {each["key"]: each["sortable"] for each in said["union_user_attrs"]}
    assert {name for name, sorts in is_sortable.items() if sorts} == SORTABLE
    assert set(is_sortable) - SORTABLE == {"id", "reason", "failure"}


@pytest.mark.end_to_end
def test_no_text_is_for_machines(seen: tuple[dict[str, Any], RDBStorage]) -> None:
    """A cell of the table of trials holds what a person would read; the details of a trial are not among them."""
    said, _ = seen
    texts = [attr["value"] for trial in said["trials"] for attr in trial["user_attrs"]]
    assert max(len(text) for text in texts) < 300
    assert not any(text.startswith("{") for text in texts)


@pytest.mark.end_to_end
def test_importance_is_ours(seen: tuple[dict[str, Any], RDBStorage]) -> None:
    """The dashboard's own importance is wrong for a conditional space, so the study brings one with ``algorithm``."""
    said, _ = seen
    figures = {each["id"]: json.loads(each["graph_object"]) for each in said["plotly_graph_objects"]}
    assert "importance" in figures
    assert "algorithm" in json.dumps(figures["importance"]["data"])


@pytest.mark.end_to_end
def test_figures_can_be_read_one_by_one(seen: tuple[dict[str, Any], RDBStorage]) -> None:
    """An id that begins another one and a colon brings the server down: it takes both for one figure."""
    said, _ = seen
    ids = [each["id"] for each in said["plotly_graph_objects"]]
    assert len(ids) == len(set(ids)) > 0
    assert not any(":" in each for each in ids)


@pytest.mark.end_to_end
def test_files_belong_to_the_study_and_are_there(seen: tuple[dict[str, Any], RDBStorage], seen_run: automl.Run) -> None:
    """Each file that the study names is served, and as what it is."""
    said, storage = seen
    store = FileSystemArtifactStore(seen_run.folder / "artifacts")
    kinds = {each["filename"]: each["mimetype"] for each in said["artifacts"]}
    assert kinds["leaderboard.csv"] == "text/csv"
    assert kinds["plan.json"] == "application/json"
    assert "image/png" in kinds.values()
    for each in said["artifacts"]:
        status, _, body = ask(storage, f"/artifacts/1/{each['artifact_id']}", store)
        assert status.startswith("200"), each
        assert body
    assert not any(trial["artifacts"] for trial in said["trials"])


@pytest.mark.end_to_end
def test_each_state_is_what_came_of_the_candidate(
    seen: tuple[dict[str, Any], RDBStorage], seen_run: automl.Run
) -> None:
    """Complete, stopped and failed candidates are complete, pruned and failed trials; the best is the leaderboard's."""
    said, storage = seen
    states = {"complete": "Complete", "stopped": "Pruned", "failed": "Fail"}
    assert [each["state"] for each in said["trials"]] == [states[each.state] for each in seen_run.evaluations]
    board = seen_run.leaderboard.query("algorithm != 'ensemble'")
    (card,) = said["best_trials"]
    assert board["id"].iloc[0].endswith(f"-{card['number']}")
    assert card["values"] == [pytest.approx(board["score"].iloc[0])]
    assert said["objective_names"] == [seen_run.metric.name]
    states_there = {trial.state for trial in storage.get_all_trials(1)}
    assert states_there == {TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL}
