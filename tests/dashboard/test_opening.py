"""What a person may name to be shown, that looking at it changes nothing, and one sentence for what can't be shown."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from optuna.storages import InMemoryStorage, RDBStorage
from serving import ask, served, write_ours, write_theirs

import automl
from automl.dashboard.opening import OpenStudies, newest_run, open_studies
from automl.errors import PlanError, StorageError
from automl.storage.existing import address_of, disconnect, open_existing
from automl.storage.stores import open_store


@contextmanager
def opened(given: object = None, storage: str | None = None) -> Iterator[OpenStudies]:
    """Open what is named and close it again."""
    found = open_studies(None if given is None else str(given), storage)
    try:
        yield found
    finally:
        disconnect(found.storage)


@pytest.fixture
def run_folder(seen_run: automl.Run, tmp_path: Path) -> Path:
    """Return a copy of a run's folder, to be spoilt."""
    shutil.copytree(seen_run.folder, tmp_path / "run")
    return tmp_path / "run"


def contents(folder: Path) -> dict[str, bytes]:
    """Return every file of a folder, byte by byte."""
    return {str(each.relative_to(folder)): each.read_bytes() for each in folder.rglob("*") if each.is_file()}


def test_run_folder(seen_run: automl.Run) -> None:
    """A run's study comes first, with the files of the run."""
    with opened(seen_run.folder) as found:
        assert found.study_id == seen_run.study._study_id
        assert found.artifacts == seen_run.folder / "artifacts"
        assert found.others == ()
        assert len(found.storage.get_all_trials(found.study_id)) == len(seen_run.evaluations)


def test_file_of_a_run_comes_with_its_files(seen_run: automl.Run) -> None:
    """``study.db`` in a run folder is that run's study."""
    with opened(seen_run.folder / "study.db") as found:
        assert (found.study_id, found.artifacts) == (seen_run.study._study_id, seen_run.folder / "artifacts")


def test_newest_run_is_meant_by_nothing(seen_run: automl.Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was written last under ``runs/`` is shown; a folder without a run there doesn't matter."""
    monkeypatch.chdir(tmp_path)
    for number, name in enumerate(("b", "c", "a")):
        shutil.copytree(seen_run.folder, tmp_path / "runs" / name)
        for file in ("plan.json", "run.log"):
            os.utime(tmp_path / "runs" / name / file, (1_000_000 + number, 1_000_000 + number))
    (tmp_path / "runs" / "z").mkdir()
    assert newest_run() == Path("runs/a")
    with opened() as found:
        assert found.name == "runs/a"


@pytest.mark.parametrize("kind", ["sqlite file", "sqlite URL", "journal", "unusual name"])
def test_stores_of_other_programs(tmp_path: Path, kind: str) -> None:
    """A file or URL that another program wrote is shown, and neither looking nor a refused request changes a byte."""
    file = tmp_path / {"journal": "trials.log", "unusual name": "my #1 {study}.optuna"}.get(kind, "their.db")
    if kind == "journal":
        write_theirs(open_store(file))
    else:
        storage = RDBStorage(f"sqlite:///{tmp_path}/their.db")
        write_theirs(storage)
        disconnect(storage)
        (tmp_path / "their.db").rename(file)
    before = contents(tmp_path)
    with opened(f"sqlite:///{file}" if kind == "sqlite URL" else file) as found:
        assert found.others == ("theirs",)
        assert found.artifacts is None
        with served(found.storage) as url:
            assert len(ask(url, f"/api/studies/{found.study_id}").said["trials"]) == 2
            note = ask(url, f"/api/studies/{found.study_id}/note", "PUT", {"body": "x", "version": 1})
            assert "read-only" in note.reason
            assert contents(tmp_path) == before
    assert contents(tmp_path) == before


def test_several_studies_begin_with_their_list(tmp_path: Path) -> None:
    """Nobody guesses which of several studies is meant; those of others are named."""
    write_ours(tmp_path / "both.db")
    write_theirs(f"sqlite:///{tmp_path}/both.db")
    with opened(tmp_path / "both.db") as found:
        assert (found.study_id, found.others) == (None, ("theirs",))


def test_unfinished_line_of_a_journal_is_passed_over(tmp_path: Path) -> None:
    """A journal whose writer was killed is read as far as it goes; only a note of ours cuts the torn line off."""
    file = tmp_path / "torn.journal"
    write_ours(file)
    whole = file.read_bytes()
    torn = whole + b'{"op_code": 4, "wor'
    file.write_bytes(torn)
    with opened(file) as found, served(found.storage) as url:
        assert len(ask(url, f"/api/studies/{found.study_id}").said["trials"]) == 2
        assert file.read_bytes() == torn
        assert ask(url, f"/api/studies/{found.study_id}/note", "PUT", {"body": "x", "version": 1}).status == 204
    assert file.read_bytes().startswith(whole)
    assert all(json.loads(line) for line in file.read_bytes().splitlines())


def refused(given: object, storage: str | None = None) -> str:
    """Return the sentence with which something is refused."""
    with pytest.raises((StorageError, PlanError)) as told, opened(given, storage):
        pass
    return str(told.value)


def test_no_runs_yet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a run there is a hint how to make one."""
    monkeypatch.chdir(tmp_path)
    advice = "Name a run's folder, or make one with `automl fit` or `automl demo`."
    expected = f"There are no runs in {tmp_path}/runs yet. {advice}"
    assert refused(None) == expected
    (tmp_path / "runs" / "empty").mkdir(parents=True)
    assert refused(None) == expected


def test_folder_without_a_run(tmp_path: Path) -> None:
    """A folder that holds no run says so."""
    assert refused(tmp_path) == (
        f"{tmp_path} is not the folder of a run: it holds no plan.json. Give the folder of a run."
    )


def test_missing_path(tmp_path: Path) -> None:
    """Nothing is made at a path that doesn't exist."""
    assert refused(tmp_path / "typo") == (
        f"There is nothing at {tmp_path}/typo. Give a run folder, such as runs/x, a SQLite or journal file, or a "
        "storage URL."
    )
    assert refused(f"sqlite:///{tmp_path}/typo.db") == f"There is no file {tmp_path}/typo.db. Check the path."
    assert not list(tmp_path.iterdir())


def test_run_without_its_study(run_folder: Path) -> None:
    """A run whose study was deleted, renamed or never written says which file or name is missing."""
    (run_folder / "study.json").write_text('{"target": "y", "name": "another", "store": "study.db"}')
    assert refused(run_folder) == (
        f"The run in {run_folder} keeps its trials in the study 'another', and there is none of that name in "
        f"{run_folder}/study.db. Was it renamed or deleted?"
    )
    (run_folder / "study.db").unlink()
    assert refused(run_folder) == f"The run in {run_folder} has no study: study.db is missing."
    (run_folder / "study.json").write_text("no JSON")
    assert refused(run_folder).startswith(f"{run_folder}/study.json is damaged: ")
    (run_folder / "study.json").unlink()
    assert refused(run_folder) == f"The run in {run_folder} has no study: study.json is missing."


@pytest.mark.parametrize("store", ["memory", "the given InMemoryStorage"])
def test_run_whose_study_was_in_memory(run_folder: Path, store: str) -> None:
    """A study that went with its program can't be shown."""
    (run_folder / "study.json").write_text(json.dumps({"target": "y", "name": "x", "store": store}))
    (run_folder / "study.db").unlink()
    assert f"kept its study in {store}, which is gone" in refused(run_folder)


def test_password_has_to_be_given_again(run_folder: Path) -> None:
    """A run whose store has a password needs the whole address, and says how to give it."""
    store = "postgresql+psycopg://ada:***@127.0.0.1:1/studies"
    (run_folder / "study.json").write_text(json.dumps({"target": "y", "name": "x", "store": store}))
    assert refused(run_folder).endswith(
        "Give the whole address: automl.load(folder, storage=…), or --storage on the command line."
    )
    said = refused(run_folder, store.replace("***", "s3cret"))
    assert "can't be used" in said
    assert "s3cret" not in said


def test_whole_address_is_taken(run_folder: Path, tmp_path: Path) -> None:
    """The storage that is given is where the run's study is looked for."""
    shutil.move(run_folder / "study.db", tmp_path / "moved.db")
    with opened(run_folder, str(tmp_path / "moved.db")) as found:
        assert found.artifacts == run_folder / "artifacts"


def test_storage_beside_a_store(tmp_path: Path) -> None:
    """Two stores are one too many."""
    write_ours(tmp_path / "a.db")
    assert refused(tmp_path / "a.db", "sqlite:///b.db") == (
        f"storage='sqlite:///b.db' goes with a run folder; {tmp_path}/a.db is a store already."
    )


def test_damaged_files(tmp_path: Path) -> None:
    """A file that is cut off, overwritten or of another kind is told from a store."""
    write_ours(tmp_path / "a.db")
    content = (tmp_path / "a.db").read_bytes()
    (tmp_path / "a.db").write_bytes(content[:100] + b"\7" * (len(content) - 100))
    assert refused(tmp_path / "a.db").endswith("it is damaged or no database. Give another folder or store.")
    (tmp_path / "b.journal").write_bytes(b'{"op_code": 0, "worker_id": "x"}\n{"no": "op"}\n{"no": "op"}\n')
    assert (
        refused(tmp_path / "b.journal")
        == f"{tmp_path}/b.journal is damaged or no journal of Optuna. Give another file."
    )
    (tmp_path / "c.csv").write_text("x,y\n1,2\n")
    assert refused(tmp_path / "c.csv").startswith(
        f"{tmp_path}/c.csv is neither a SQLite database nor a journal of Optuna."
    )
    (tmp_path / "d.db").touch()
    assert refused(tmp_path / "d.db") == f"There is no study in {tmp_path}/d.db: the file is empty."


def test_database_of_another_kind(tmp_path: Path) -> None:
    """A SQLite file of another program is refused, and no table is made in it."""
    with closing(sqlite3.connect(tmp_path / "accounts.db")) as database, database:
        database.execute("CREATE TABLE studies (title TEXT)")
    database.close()
    before = contents(tmp_path)
    assert refused(tmp_path / "accounts.db").startswith(
        f"sqlite:///{tmp_path}/accounts.db is a database, but not one that Optuna keeps studies in."
    )
    assert contents(tmp_path) == before


@pytest.mark.parametrize(
    "spoil",
    [
        "UPDATE alembic_version SET version_num = 'v2.6.0.a'",
        "UPDATE alembic_version SET version_num = 'v99'",
        "DROP TABLE alembic_version",
        "DELETE FROM version_info",
    ],
)
def test_store_of_another_version(tmp_path: Path, spoil: str) -> None:
    """A store of an older or newer Optuna is neither read wrongly nor upgraded on the quiet."""
    write_ours(tmp_path / "old.db")
    with closing(sqlite3.connect(tmp_path / "old.db")) as database, database:
        database.execute(spoil)
        database.commit()
        database.execute("PRAGMA journal_mode=DELETE")
    database.close()
    before = contents(tmp_path)
    said = refused(tmp_path / "old.db")
    assert said.startswith(f"The store sqlite:///{tmp_path}/old.db was made by another version of Optuna")
    assert "optuna storage upgrade" in said
    assert contents(tmp_path) == before


def test_store_without_a_study(tmp_path: Path) -> None:
    """An empty store says so."""
    disconnect(open_store(tmp_path / "empty.db"))
    expected = "There is no study in {} yet. Name a run's folder or another store."
    assert refused(tmp_path / "empty.db") == expected.format(tmp_path / "empty.db")


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("nosuch://host/db", "which SQLAlchemy doesn't know"),
        ("postgresql+psycopg://ada:s3cret@127.0.0.1:1/x", "can't be used: connection failed"),
        ("sqlite://", "means the memory of this program"),
    ],
)
def test_stores_that_cannot_be_reached(url: str, words: str) -> None:
    """A server that doesn't answer, an unknown kind and memory get one sentence without a password."""
    said = refused(url)
    assert words in said
    assert "s3cret" not in said
    assert "\n" not in said


def test_addresses() -> None:
    """A store that another process can't reach has no address; one that another thread can't is refused."""
    assert address_of(InMemoryStorage()) is None
    memory = RDBStorage("sqlite:///:memory:")
    with pytest.raises(StorageError, match="which no other thread can see"):
        address_of(memory)
    disconnect(memory)


def test_address_opens_the_same_store(tmp_path: Path) -> None:
    """What an open storage tells of itself leads back to it."""
    for name in ("a b#c.db", "d.journal"):
        write_ours(tmp_path / name)
        storage = open_store(tmp_path / name)
        address = address_of(storage)
        assert address is not None
        again = open_existing(address)
        assert [each.study_name for each in again.get_all_studies()] == ["ours"]
        disconnect(storage)
        disconnect(again)
