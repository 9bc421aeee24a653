"""A study in PostgreSQL is searched, gone on with, read and shown like one in a file; its password is told nowhere."""

from __future__ import annotations

import gc
import json
import threading
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from postgres import PASSWORD, PostgreSQL
from sklearn.datasets import load_iris

import automl
from automl.errors import StorageError
from automl.storage.existing import disconnect, open_existing
from automl.storage.stores import open_store
from automl.values.progress import Update

pytestmark = pytest.mark.end_to_end


def search(out: Path, storage: str, **options: Any) -> automl.Run:
    """Search quickly and in this process."""
    frame: pd.DataFrame = load_iris(as_frame=True).frame
    settings: dict[str, Any] = {
        "algorithms": ["dummy", "linear", "naive_bayes"],
        "n_trials": 4,
        "time_budget": None,
        "cv": 2,
        "ensemble": False,
        "engine": "inprocess",
        "verbose": 0,
    }
    return automl.fit(frame, "target", out=out, storage=storage, **{**settings, **options})


@pytest.fixture(scope="module")
def store(postgresql: PostgreSQL) -> str:
    """Return the address of a database of its own for this module."""
    return postgresql.make("studies")


@pytest.fixture(scope="module")
def run(store: str, tmp_path_factory: pytest.TempPathFactory) -> automl.Run:
    """Return a run of four trials whose study is in the database."""
    return search(tmp_path_factory.mktemp("runs") / "first", store)


def read(url: str) -> Any:
    """Return what an address answers, which is JSON."""
    with urllib.request.urlopen(url, timeout=60) as answer:
        return json.load(answer)


def test_study_is_in_the_database(run: automl.Run) -> None:
    """Every trial is there, and the run's own study reads it with the password that fit was given."""
    assert len(run.study.trials) == 4
    best = min(each.loss for each in run.evaluations if each.state == "complete")
    assert run.study.best_value == pytest.approx(best)
    assert not (run.folder / "study.db").exists()


def test_going_on_and_reading_again(store: str, tmp_path: Path) -> None:
    """The same call on the same folder goes on, and the run is loaded with the whole address."""
    first = search(tmp_path / "run", store, n_trials=3)
    second = search(tmp_path / "run", store, n_trials=5)
    assert [each.number for each in second.evaluations] == list(range(5))
    assert repr(second.evaluations[:3]) == repr(first.evaluations)
    again = automl.load(tmp_path / "run", storage=store)
    assert isinstance(again, automl.Run)
    assert again.leaderboard["id"].tolist() == second.leaderboard["id"].tolist()


def test_password_is_written_nowhere(
    store: str, run: automl.Run, tmp_path: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """Neither folder, log, plan nor screen tell it; what is needed to read the run again is said."""
    told: list[Update] = []
    shown = search(tmp_path / "run", store, verbose=2, callbacks=[told.append], n_trials=2)
    secrets = (PASSWORD, store.partition(":")[2].partition("@")[0].rpartition(":")[2])
    written = [each for folder in (run.folder, shown.folder) for each in folder.rglob("*") if each.is_file()]
    assert written
    screen = "".join(capsys.readouterr()) + caplog.text + repr(told) + repr(shown) + str(shown.plan.to_json())
    for secret in secrets:
        assert secret not in screen
        assert not [each for each in written if secret.encode() in each.read_bytes()]
    with pytest.raises(StorageError, match=r"keeps its study in postgresql\+psycopg://ada:\*\*\*@127.0.0.1.*--storage"):
        automl.load(run.folder)


def test_runs_of_one_name_have_their_own_studies(store: str, tmp_path: Path) -> None:
    """Two people who call their folders alike don't meet in one study; each of them goes on with their own."""
    runs = [search(tmp_path / who / "run", store, n_trials=2) for who in ("one", "another")]
    names = [each.study.study_name for each in runs]
    assert len(set(names)) == 2
    assert all(name.startswith("target · run · ") for name in names)
    again = search(tmp_path / "one" / "run", store, n_trials=3)
    assert again.study.study_name == names[0]
    assert len(again.study.trials) == 3


def test_connections_close_by_themselves(postgresql: PostgreSQL, store: str, run: automl.Run) -> None:
    """A study that nobody has any more holds no connection of the server's few."""

    def count() -> int:
        gc.collect()
        with postgresql.connect("postgres") as connection:
            return connection.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = 'studies'").fetchone()[0]

    disconnect(run.study._storage)
    before = count()
    loaded = automl.load(run.folder, storage=store)
    assert isinstance(loaded, automl.Run)
    assert len(loaded.study.trials) == 4
    del loaded
    assert count() == before


def test_dashboard_shows_it(run: automl.Run) -> None:
    """A process that was told the address where nobody sees it serves the study with its trials."""
    with run.dashboard(browser=False) as dashboard:
        study = dashboard.url.rpartition("/")[2]
        said = read(dashboard.url.replace("/dashboard/studies/", "/api/studies/"))
        assert said["name"] == run.study.study_name
        assert [each["state"] for each in said["trials"]] == [each.state.name.capitalize() for each in run.study.trials]
        listed = read(dashboard.url.replace(f"/dashboard/studies/{study}", "/api/studies"))["study_summaries"]
        assert int(study) in {each["study_id"] for each in listed}


def test_dashboard_shows_it_while_it_is_searched(store: str, tmp_path: Path) -> None:
    """The address is told before the first trial, and answers with the trials so far."""
    seen: list[Any] = []
    address: list[str] = []

    def look(update: Update) -> None:
        if update.kind == "dashboard":
            address.append(update.text.removeprefix("Dashboard: "))
        elif update.kind == "evaluated" and update.n_finished == 2:
            seen.append(read(address[0].replace("/dashboard/studies/", "/api/studies/")))

    search(tmp_path / "run", store, callbacks=[look], dashboard=True)
    assert len(seen[0]["trials"]) == 2


@pytest.mark.parametrize("opened", [open_store, open_existing])
def test_refused_in_one_sentence(postgresql: PostgreSQL, opened: Callable[[str], Any]) -> None:
    """A wrong password, a missing database and a server that isn't there are told without any password."""
    wrong = postgresql.url("postgres", "not-the-password")
    with pytest.raises(StorageError) as refused:
        opened(wrong)
    assert "password authentication failed" in str(refused.value)
    assert "ada:***@" in str(refused.value)
    assert "not-the-password" not in str(refused.value)
    with pytest.raises(StorageError, match=r'"nowhere" does not exist.*address is right'):
        opened(postgresql.url("nowhere"))
    with pytest.raises(StorageError, match=r"nosuchhost\.invalid.*can't be used.*address is right"):
        opened("postgresql+psycopg://ada:secret@nosuchhost.invalid/studies")


def test_database_of_another_program(postgresql: PostgreSQL) -> None:
    """A database without studies is refused, and no table is made in it."""
    url = postgresql.make("accounts")
    with postgresql.connect("accounts") as connection:
        connection.execute("CREATE TABLE studies (title text)")
        with pytest.raises(StorageError, match=r"ada:\*\*\*@.*/accounts is a database, but not one that Optuna keeps"):
            open_existing(url)
        count = "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'"
        assert connection.execute(count).fetchone() == (1,)


def test_role_that_may_only_read(postgresql: PostgreSQL, store: str, run: automl.Run) -> None:
    """Looking needs no right to write."""
    with postgresql.connect("studies") as connection:
        connection.execute("CREATE ROLE viewer LOGIN PASSWORD 'look'")
        connection.execute("GRANT pg_read_all_data TO viewer")
    storage = open_existing(f"postgresql+psycopg://viewer:look@127.0.0.1:{postgresql.port}/studies")
    names = [each.study_name for each in storage.get_all_studies()]
    disconnect(storage)
    assert run.study.study_name in names


def test_several_threads_read(store: str, run: automl.Run) -> None:
    """A web server's threads share the connections."""
    storage = open_existing(store)
    study = storage.get_study_id_from_name(run.study.study_name)
    counts: list[int] = []
    threads = [
        threading.Thread(target=lambda: counts.append(len(storage.get_all_trials(study, deepcopy=False))))
        for _ in range(8)
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    disconnect(storage)
    assert counts == [4] * 8
