"""A store that exists already, opened to look at: opening it changes nothing in it.

:func:`~automl.storage.stores.open_store` prepares a store for a search: it makes files and tables, and switches SQLite
to a write-ahead log. Someone else's studies must not be touched like that, so what is opened here is looked at first: a
file that is no store of Optuna's is refused, and an older one is not upgraded on the quiet.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import sqlalchemy
from optuna.storages import BaseStorage, JournalStorage, RDBStorage, get_storage
from optuna.storages.journal import JournalFileBackend, JournalFileSymlinkLock
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import SingletonThreadPool, StaticPool

from automl.errors import StorageError, telling
from automl.storage.stores import engine_options, hanging_up, mend_tail, opening, shown, sqlite_url, told, with_braces

_SQLITE_HEADER = b"SQLite format 3\0"
_TABLES = frozenset({"studies", "trials", "version_info"})


def open_existing(store: str | Path) -> BaseStorage:
    """Return the Optuna storage in a file or behind a URL, without changing anything in it.

    Parameters
    ----------
    store
        Path of a SQLite or journal file, whatever its suffix, or the URL of a database.

    Raises
    ------
    StorageError
        If there is no such file, it can't be reached, it is damaged, no store of Optuna's, or of another version.
    PlanError
        If the URL is of an unknown kind of database.
    MissingDependency
        If the database's driver is not installed.
    """
    text = str(store)
    if "://" not in text:
        return _open_file(Path(text).expanduser())
    if not text.startswith("sqlite"):
        return _open_database(text)
    with opening(text):
        database = sqlalchemy.make_url(text).database
    if not database or database == ":memory:":
        raise StorageError(f"{text} means the memory of this program, where there is no study. Give a file.")
    return _open_file(Path(database))


def address_of(storage: BaseStorage) -> str | None:
    """Return the path or URL (with its password) by which another process reaches a storage; ``None``: it can't.

    Raises
    ------
    StorageError
        If only the thread that made it reaches it.

    Examples
    --------
    >>> from optuna.storages import InMemoryStorage
    >>> address_of(InMemoryStorage()) is None
    True
    """
    backend = getattr(storage, "_backend", storage)
    if isinstance(backend, RDBStorage):
        url = backend.engine.url
        if url.get_backend_name() != "sqlite":
            return url.render_as_string(hide_password=False)
        if isinstance(backend.engine.pool, SingletonThreadPool):
            raise StorageError(
                f"The study lives in {url}, which no other thread can see. Give storage='memory' or a file instead."
            )
        if isinstance(backend.engine.pool, StaticPool):
            return None
        return str(Path(url.database or "").absolute())
    if isinstance(backend, JournalFileBackend):
        return str(Path(backend._file_path).absolute())
    return None


def disconnect(storage: BaseStorage) -> None:
    """Close the connections of a storage; it connects again by itself."""
    backend = getattr(storage, "_backend", storage)
    if isinstance(backend, RDBStorage):
        backend.remove_session()
        backend.engine.dispose()  # the last connection folds SQLite's write-ahead log into the file


def hang_up(storage: BaseStorage) -> None:
    """Close the connection of this thread, and no other's."""
    backend = getattr(storage, "_backend", storage)
    if isinstance(backend, RDBStorage):
        backend.remove_session()


def is_ours(attrs: Mapping[str, Any]) -> bool:
    """Tell by the user attributes of a study whether a run of this package made it.

    Examples
    --------
    >>> is_ours({"fingerprint": {"data": "5f1"}}), is_ours({"owner": "someone else"})
    (True, False)
    """
    return isinstance(attrs.get("fingerprint"), dict)


class _SharedJournal(JournalFileBackend):
    """A journal that may end in a line which a killed program left unfinished.

    Reading passes over such a line. It is cut off only when something is to be written after it, while no other
    program can be writing.
    """

    def append_logs(self, logs: list[dict[str, object]]) -> None:
        """Write after the last whole line."""
        lock = JournalFileSymlinkLock(self._file_path)
        lock.acquire()
        try:
            mend_tail(Path(self._file_path))
        finally:
            lock.release()
        super().append_logs(logs)


def _open_file(path: Path) -> BaseStorage:
    if not path.exists():
        raise StorageError(f"There is no file {path}. Check the path.")
    with telling(path, "read"), path.open("rb") as file:
        header = file.read(len(_SQLITE_HEADER))
    if header == _SQLITE_HEADER:
        return _open_database(sqlite_url(path))
    if header.startswith(b"{"):
        return _open_journal(path)
    if not header:
        raise StorageError(f"There is no study in {path}: the file is empty.")
    raise StorageError(
        f"{path} is neither a SQLite database nor a journal of Optuna. Give a run folder, such as runs/x, or a file "
        "that holds a study."
    )


def _open_journal(path: Path) -> JournalStorage:
    try:
        return JournalStorage(_SharedJournal(str(path)))
    except (ValueError, LookupError, AttributeError, TypeError):
        raise StorageError(f"{path} is damaged or no journal of Optuna. Give another file.") from None


def _open_database(url: str) -> BaseStorage:
    with opening(url):
        _check_tables(url)
        storage = RDBStorage(
            with_braces(url),
            engine_kwargs=engine_options(url),
            skip_table_creation=True,
            skip_compatibility_check=True,  # one that refuses leaves its connection open
        )
        current, known = storage.get_current_version(), storage.get_head_version()
        if current != known:
            disconnect(storage)
            raise RuntimeError(f"its tables are of version {current}, not {known}")
        return get_storage(hanging_up(storage))


def _check_tables(url: str) -> None:
    """Refuse a database in which Optuna would have to make tables, or write which version made them."""
    engine = sqlalchemy.create_engine(url, **engine_options(url))
    try:
        with engine.connect() as connection:
            tables = set(sqlalchemy.inspect(connection).get_table_names())
            if not tables >= _TABLES:
                raise StorageError(
                    f"{shown(url)} is a database, but not one that Optuna keeps studies in. Give a run folder, such as "
                    "runs/x, or a store with a study."
                )
            is_versioned = "alembic_version" in tables and all(
                connection.execute(sqlalchemy.text(f"SELECT 1 FROM {table}")).first()
                for table in ("version_info", "alembic_version")
            )
        if not is_versioned:
            raise StorageError(
                f"The store {shown(url)} was made by another version of Optuna, which it doesn't name. Run `optuna "
                "storage upgrade` on it, or give another store."
            )
    finally:
        engine.dispose()


def study_names(storage: BaseStorage, store: str | Path) -> dict[int, str]:
    """Return the names of all studies in a storage, by their ids.

    Raises
    ------
    StorageError
        If it can't be read.
    """
    try:
        return {each._study_id: each.study_name for each in storage.get_all_studies()}
    except (SQLAlchemyError, OSError) as error:
        raise StorageError(f"The store {shown(store)} can't be read: {told(error, store)}") from None
