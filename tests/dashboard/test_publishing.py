"""What is published of a search: when, what again, and what an error costs."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.artifacts import FileSystemArtifactStore, get_all_artifact_meta
from optuna_dashboard import get_note

import automl.dashboard.publishing as publishing
from automl import AutoMLWarning
from automl.dashboard.publishing import EVERY, Publisher
from automl.dashboard.view import SearchView


class Hands:
    """A clock that a test turns."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def study() -> optuna.Study:
    study = optuna.create_study(pruner=optuna.pruners.NopPruner())
    for _ in range(3):
        study.add_trial(optuna.trial.create_trial(value=1.0))
    return study


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Replace what is published by two parts; return which of them were written."""
    names: list[str] = []

    def parts(view: object, publisher: Publisher) -> Iterator[tuple[str, Callable[[], None]]]:
        yield "first", lambda: names.append("first")
        yield "second", lambda: names.append("second")

    monkeypatch.setattr(publishing, "_parts", parts)
    return names


def test_at_most_every_ten_seconds(
    study: optuna.Study, tmp_path: Path, written: list[str], demo_view: SearchView
) -> None:
    """However often a search asks, nothing is published before ten seconds have passed since the last time."""
    clock = Hands()
    with Publisher(study, tmp_path, clock) as publisher:
        for clock.now, times in ((0.0, 0), (1.0, 0), (9.9, 0), (10.0, 1), (10.1, 1), (19.9, 1), (20.1, 2)):
            publisher.update(lambda: demo_view)
            if publisher._writing is not None:
                publisher._writing.result()
            assert written == ["first", "second"] * times


def test_slow_publishing_becomes_rare(
    study: optuna.Study, tmp_path: Path, written: list[str], demo_view: SearchView
) -> None:
    """What takes two seconds is next done when they are a twentieth of the time."""
    clock = Hands()

    def slow() -> SearchView:
        clock.now += 2.0
        return demo_view

    with Publisher(study, tmp_path, clock) as publisher:
        for clock.now in (10.0, 30.0, 49.0, 69.0, 71.0):
            publisher.update(slow)
            if publisher._writing is not None:
                publisher._writing.result()
    assert written == ["first", "second"] * 2


def test_a_search_does_not_wait(study: optuna.Study, tmp_path: Path, written: list[str], demo_view: SearchView) -> None:
    """An update returns at once, and while one is being written no other begins."""
    clock, gate = Hands(), threading.Event()

    def wait() -> SearchView:
        gate.wait(20)
        return demo_view

    with Publisher(study, tmp_path, clock) as publisher:
        for clock.now in (EVERY, 3 * EVERY, 5 * EVERY):
            publisher.update(wait)
        assert written == []
        gate.set()
    assert written == ["first", "second"]


def test_the_end_is_published_while_there_is_time(
    study: optuna.Study, tmp_path: Path, written: list[str], demo_view: SearchView
) -> None:
    """What the time does not allow is left out, the less telling parts first, and named."""
    answers = iter([True, False, False])
    with Publisher(study, tmp_path) as publisher:
        files = [("the plan", 9.0, lambda: {"plan.json": b"{}"})]
        left_out = publisher.finish(demo_view, files, lambda seconds: next(answers))
    assert written == ["first"]
    assert left_out == ("second", "the plan")
    assert not (tmp_path / "files").exists()


def test_an_error_is_a_warning(
    study: optuna.Study, tmp_path: Path, demo_view: SearchView, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What goes wrong in publishing is told and loses nothing else."""

    def parts(view: object, publisher: Publisher) -> Iterator[Any]:
        raise ValueError("no ink")
        yield

    monkeypatch.setattr(publishing, "_parts", parts)
    told = "The study's notes and figures could not be written: no ink"
    with Publisher(study, tmp_path) as publisher, pytest.warns(AutoMLWarning, match=told):
        assert publisher.finish(demo_view) == ("everything",)


def test_notes_are_written_once(study: optuna.Study, tmp_path: Path) -> None:
    """A note that says the same as before costs no commit, on finished trials too."""
    with Publisher(study, tmp_path) as publisher:
        for text in ("good", "good", "better"):
            publisher.write_note(None, text)
            publisher.write_note(1, f"trial {text}")
    assert get_note(study) == "better"
    attrs = study._storage.get_study_system_attrs(study._study_id)
    assert sorted(value for key, value in attrs.items() if key.endswith("note_ver")) == [2, 2]
    assert get_note(optuna.Trial(study, study.trials[1]._trial_id)) == "trial better"


def test_a_file_replaces_its_predecessor(study: optuna.Study, tmp_path: Path) -> None:
    """A file of the same name takes an earlier one's place, also in a later session."""
    for text in (b"a,b\n", b"a,b\n1,2\n"):
        with Publisher(study, tmp_path / "files") as publisher:
            publisher.write_file("leaderboard.csv", text)
    (kept,) = get_all_artifact_meta(study)
    assert (kept.filename, kept.mimetype) == ("leaderboard.csv", "text/csv")
    with FileSystemArtifactStore(tmp_path / "files").open_reader(kept.artifact_id) as file:
        assert file.read() == b"a,b\n1,2\n"
    assert [each.name for each in (tmp_path / "files").iterdir()] == [kept.artifact_id]
