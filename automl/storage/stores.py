"""Where a study lives: a SQLite file, any Optuna URL, a journal file, or memory.

The default is a SQLite file with a write-ahead log, which a dashboard may read while the run writes. A name may also
be the URL of a database server, or the path of a journal file (``*.log``, ``*.journal``) for network disks, where
SQLite's locks are not to be relied on. Passwords never appear in a message.
"""

from __future__ import annotations

import re
import sqlite3
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy
from optuna.storages import BaseStorage, InMemoryStorage, JournalStorage, RDBStorage
from optuna.storages.journal import JournalFileBackend
from sqlalchemy.exc import NoSuchModuleError, SQLAlchemyError

from automl.errors import MissingDependency, PlanError, StorageError, telling
from automl.values import address

_LOCK_SECONDS = 60  # how long a write waits for another program's write
_CONNECT_SECONDS = 10  # how long a server may take to answer
_JOURNALS = (".log", ".journal")
_SQLITES = (".db", ".sqlite", ".sqlite3")
MEMORY = "memory"


class _WalConnection(sqlite3.Connection):
    """A connection that writes ahead, so that readers and the writer don't wait for each other."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._was_opened = False
        super().__init__(*args, **kwargs)
        self._was_opened = True
        self.execute("PRAGMA journal_mode=WAL").close()
        # A power cut may lose the last trials, a killed process loses none; each commit is several times faster.
        self.execute("PRAGMA synchronous=NORMAL").close()

    def __del__(self) -> None:
        if self._was_opened:  # `run.study` may be used long after the run; nobody closes it then
            self.close()


def open_store(store: str | Path | BaseStorage) -> BaseStorage:
    """Return the Optuna storage that a name, URL or path means; a storage object is returned as it is.

    Parameters
    ----------
    store
        ``"memory"``, the URL of a database (``"postgresql+psycopg://user:password@host/name"``,
        ``"sqlite:///study.db"``), a path that ends in ``.db``, ``.sqlite``, ``.log`` or ``.journal``, or a storage.

    Raises
    ------
    PlanError
        If it is none of these.
    MissingDependency
        If the database's driver is not installed.
    StorageError
        If the store can't be reached, is damaged, or was made by an Optuna of another schema.
    """
    if isinstance(store, BaseStorage):
        return store
    text = str(store)
    if text == MEMORY:
        return InMemoryStorage()
    if "://" not in text:
        path = Path(text).expanduser()
        if path.suffix in _JOURNALS:
            return _open_journal(path)
        if path.suffix not in _SQLITES:
            raise PlanError(
                f"storage={text!r} is no store; give a database URL such as 'sqlite:///study.db' or "
                "'postgresql+psycopg://user@host/name', a path that ends in .db or .journal, or an Optuna storage."
            )
        return _open_database(sqlite_url(path))
    return _open_database(text)


def anchored(store: str | Path | BaseStorage | None) -> str | BaseStorage | None:
    """Return a name that means the same store from whatever folder it is opened; what is no name stays as it is.

    Examples
    --------
    >>> anchored("postgresql+psycopg://db.example/studies"), anchored("sqlite:////tmp/study.db"), anchored("memory")
    ('postgresql+psycopg://db.example/studies', 'sqlite:////tmp/study.db', 'memory')
    """
    if not isinstance(store, str | Path):
        return store
    text = str(store)
    if "://" not in text:
        return text if text == MEMORY else str(Path(text).expanduser().absolute())
    if not text.startswith("sqlite:///") or text.startswith(("sqlite:////", "sqlite:///:memory:")):
        return text
    url = sqlalchemy.make_url(text)
    if not url.database:
        return text
    return url.set(database=str(Path(url.database).absolute())).render_as_string()


def sqlite_url(path: Path) -> str:
    """Return the URL of a SQLite file, whatever characters its path has.

    Examples
    --------
    >>> sqlite_url(Path("/tmp/a#b/study.db"))
    'sqlite:////tmp/a%23b/study.db'
    """
    return sqlalchemy.URL.create("sqlite", database=str(path)).render_as_string()


def shown(store: str | Path | BaseStorage) -> str:
    """Return a store's name for a message, without its password.

    Examples
    --------
    >>> shown("postgresql+psycopg://ada:secret@db.example/studies")
    'postgresql+psycopg://ada:***@db.example/studies'
    """
    return f"the given {type(store).__name__}" if isinstance(store, BaseStorage) else address.shown(store)


def cause(error: BaseException, store: str | Path | BaseStorage) -> str:
    """Return the first line of what a database said, without the store's password."""
    return address.cause(error, "" if isinstance(store, BaseStorage) else store)


def told(error: BaseException, store: str | Path | BaseStorage) -> str:
    """Return the cause of a database error and what to do, as the end of a sentence."""
    text = cause(error, store)
    if "disk is full" in text:
        return "the disk is full. Free some space, or give a folder on another disk."
    if "readonly database" in text or "unable to open database file" in text:
        return f"{text}. Give a folder that you may write to."
    if "not a database" in text or "malformed" in text:
        return "it is damaged or no database. Give another folder or store."
    if "locked" in text:
        return f"another program has kept it locked for {_LOCK_SECONDS} s. End that program, or give another store."
    return f"{text}. Check that it is running and that the address is right."


def engine_options(url: str) -> dict[str, Any]:
    """Return how SQLAlchemy is to connect to a database: wait long for a lock, not for a server that isn't there.

    Examples
    --------
    >>> engine_options("postgresql+psycopg://db.example/studies")
    {'pool_pre_ping': True, 'connect_args': {'connect_timeout': 10}}
    """
    if url.startswith("sqlite"):
        return {"connect_args": {"timeout": _LOCK_SECONDS}}
    options: dict[str, Any] = {"pool_pre_ping": True}
    if url.startswith("postgresql") and "connect_timeout" not in url:
        options["connect_args"] = {"connect_timeout": _CONNECT_SECONDS}
    return options


def with_braces(url: str) -> str:
    """Return a URL for Optuna, which fills ``{SCHEMA_VERSION}`` in with str.format: other braces stand as they are.

    Examples
    --------
    >>> with_braces("sqlite:////tmp/{a}.db")
    'sqlite:////tmp/{{a}}.db'
    """
    return re.sub(r"\{(?!SCHEMA_VERSION\})|(?<!\{SCHEMA_VERSION)\}", lambda brace: brace.group() * 2, url)


@contextmanager
def opening(url: str) -> Iterator[None]:
    """Turn what goes wrong when a database is opened into one sentence without a password."""
    try:
        yield
    except NoSuchModuleError:
        kind = url.partition("://")[0]
        raise PlanError(
            f"storage={shown(url)!r} names the database {kind!r}, which SQLAlchemy doesn't know. Give a URL such as "
            "'postgresql+psycopg://user@host/name' or 'sqlite:///study.db'."
        ) from None
    except ImportError as error:
        raise MissingDependency(
            f"The driver of the store {shown(url)} is not installed ({cause(error, url)}). "
            "Install it, such as `pip install psycopg[binary]` for PostgreSQL."
        ) from None
    except SQLAlchemyError as error:
        raise StorageError(f"The store {shown(url)} can't be used: {told(error, url)}") from None
    except RuntimeError as error:  # another schema version
        raise StorageError(
            f"The store {shown(url)} was made by another version of Optuna ({cause(error, url)}). "
            "Run `optuna storage upgrade` on it, or give another store."
        ) from None


def _open_database(url: str) -> RDBStorage:
    options = engine_options(url)
    if url.startswith("sqlite"):
        options["connect_args"]["factory"] = _WalConnection
        path = sqlalchemy.make_url(url).database
        if path and path != ":memory:":
            with telling(Path(path), "made"):
                Path(path).parent.mkdir(parents=True, exist_ok=True)
    with opening(url):
        return hanging_up(RDBStorage(with_braces(url), engine_kwargs=options))


def hanging_up(storage: RDBStorage) -> RDBStorage:
    """Return a storage that closes its connections when nobody has it any more; servers keep count of them."""
    weakref.finalize(storage, storage.engine.dispose)
    return storage


def _open_journal(path: Path) -> JournalStorage:
    with telling(path, "used as a journal"):
        path.parent.mkdir(parents=True, exist_ok=True)
        if not Path(f"{path}.lock").is_symlink():
            mend_tail(path)
    try:
        return JournalStorage(JournalFileBackend(str(path)))
    except (ValueError, KeyError, AttributeError) as error:
        raise StorageError(f"The journal {path} is damaged ({cause(error, path)}). Give another store.") from None
    except OSError as error:
        raise StorageError(f"The journal {path} can't be used: {error.strerror}. Give another path.") from error


def mend_tail(path: Path) -> None:
    """Cut a line off that a killed program left unfinished; the next line would make it unreadable for ever.

    Nobody may be writing meanwhile.
    """
    if not path.exists():
        return
    with path.open("rb+") as file:
        content = file.read()
        end = content.rfind(b"\n") + 1
        if end < len(content):
            file.truncate(end)
