"""Where a study lives: every way to name a store works, and every failure is one sentence without a password."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import optuna
import pytest
from hypothesis import given
from hypothesis import strategies as st
from optuna.storages import InMemoryStorage, JournalStorage, RDBStorage

from automl.errors import MissingDependency, PlanError, StorageError
from automl.storage.stores import open_store, shown, sqlite_url, told

WORDS = st.text(st.characters(categories=("L", "N", "P", "S")), min_size=4, max_size=12)


def close(storage: object) -> None:
    """Close a database's connections."""
    assert isinstance(storage, RDBStorage)
    storage.engine.dispose()


@pytest.mark.parametrize(
    "name", ["study.db", "a b/study.db", "ü#x/study.sqlite", "q?x=1/s.db", "p%20q/s.db", "b{r}/s.db"]
)
def test_sqlite_lies_where_the_path_says(tmp_path: Path, name: str) -> None:
    """A path is taken as it is, whatever characters it has, and writes ahead."""
    storage = open_store(tmp_path / name)
    close(storage)
    with sqlite3.connect(tmp_path / name) as file:
        assert file.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    file.close()


def test_names_of_stores(tmp_path: Path) -> None:
    """Memory, a URL, a journal file and a storage object are all stores."""
    given_object = InMemoryStorage()
    assert open_store(given_object) is given_object
    assert isinstance(open_store("memory"), InMemoryStorage)
    assert isinstance(open_store(str(tmp_path / "trials.journal")), JournalStorage)
    close(open_store(f"sqlite:///{tmp_path}/s.db"))
    assert (tmp_path / "s.db").exists()


@pytest.mark.parametrize("name", ["study", "nosuch://host/db", "redis"])
def test_unknown_store_is_refused(name: str) -> None:
    """A name that means no store is refused with examples of what does."""
    with pytest.raises(PlanError, match=r"storage='.*Give a URL|give a database URL such as"):
        open_store(name)


def test_absent_driver_is_named() -> None:
    """A database whose driver isn't installed says so."""
    with pytest.raises(MissingDependency, match=r"The driver of the store oracle://a:\*\*\*@host/db is not installed"):
        open_store("oracle://a:secret@host/db")


def test_unreachable_place_is_told(tmp_path: Path) -> None:
    """A path through a file, a folder in the file's place and a file that is no database get one sentence each."""
    (tmp_path / "file.db").write_text("this is no database, but long enough to look at. " * 50)
    with pytest.raises(StorageError, match="it is damaged or no database"):
        open_store(tmp_path / "file.db")
    with pytest.raises(StorageError, match="a part of the path is a file"):
        open_store(tmp_path / "file.db" / "study.db")
    (tmp_path / "folder.db").mkdir()
    with pytest.raises(StorageError, match=r"unable to open database file\. Give a folder that you may write to"):
        open_store(tmp_path / "folder.db")


def test_unreachable_server_is_told_without_the_password(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a driver says about a server that doesn't answer is passed on, the password isn't."""
    from sqlalchemy.exc import OperationalError

    def refuse(*args: object, **kwargs: object) -> None:
        cause = OSError("connection to db.example failed for ada:s3cret\nIs the server running?")
        raise OperationalError("select 1", None, cause)

    monkeypatch.setattr("automl.storage.stores.RDBStorage", refuse)
    with pytest.raises(StorageError) as caught:
        open_store("postgresql+psycopg://ada:s3cret@db.example/studies")
    assert str(caught.value) == (
        "The store postgresql+psycopg://ada:***@db.example/studies can't be used: connection to db.example failed for "
        "ada:***. Check that it is running and that the address is right."
    )
    assert caught.value.__cause__ is None


@given(WORDS)
def test_password_is_never_shown(password: str) -> None:
    """Whatever the password, it stands in no message, also not when the driver repeats it."""
    url = f"postgresql+psycopg://zoë:{password}@host:5432/name"
    assert shown(url) == "postgresql+psycopg://zoë:***@host:5432/name"
    assert password not in told(ValueError(f"no login with {password} here"), url).replace("***", "")


def test_password_in_the_query_is_hidden() -> None:
    """Some drivers take it as an option."""
    assert shown("mysql://host/db?user=a&password=b&x=1") == "mysql://host/db?user=a&password=***&x=1"


def test_url_of_a_path_is_escaped() -> None:
    """Characters that mean something in a URL don't lead elsewhere."""
    assert sqlite_url(Path("/a?b/c.db")) == "sqlite:////a%3Fb/c.db"


@pytest.mark.parametrize("torn", [b'{"op_code": 4, "wor', b"\x00\x00\x00"])
def test_torn_journal_is_mended(tmp_path: Path, torn: bytes) -> None:
    """A journal whose last line a killed program left unfinished goes on; nothing that was finished is lost."""
    path = tmp_path / "trials.journal"
    study = optuna.create_study(storage=open_store(path), study_name="s")
    study.add_trial(optuna.trial.create_trial(value=1.0))
    path.write_bytes(path.read_bytes() + torn)
    again = optuna.load_study(study_name="s", storage=open_store(path))
    again.add_trial(optuna.trial.create_trial(value=2.0))
    last = optuna.load_study(study_name="s", storage=open_store(path))
    assert [trial.value for trial in last.trials] == [1.0, 2.0]


def test_journal_damaged_in_the_middle_is_told(tmp_path: Path) -> None:
    """A journal that is no journal is refused in a sentence."""
    path = tmp_path / "notes.log"
    path.write_text("my notes\nmore of them\n")
    with pytest.raises(StorageError, match=r"The journal .*notes\.log is damaged"):
        open_store(path)
    assert path.read_text() == "my notes\nmore of them\n"
