"""Tables from a database: the rows of one query, by any driver that SQLAlchemy knows.

A query only reads: the transaction is read-only where the database can promise that, and is never committed. Neither a
message nor a plan names the password.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pandas as pd

from automl.errors import DataError, MissingDependency
from automl.values.address import cause, shown

_CONNECT_SECONDS = 10  # how long a server may take to answer
_SQLITES = (".db", ".sqlite", ".sqlite3")
_DATABASES = ("sqlite", "postgresql", "mysql", "mariadb", "oracle", "mssql", "duckdb", "snowflake", "redshift")
_EXTRAS = {"postgresql": "postgresql"}


def is_database(source: Any) -> bool:
    """Tell whether a source names a database: by how its address begins, or by the ending of a SQLite file."""
    if not isinstance(source, str | Path):
        return False
    scheme, mark, _ = str(source).partition("://")
    if mark:
        return scheme.partition("+")[0] in _DATABASES
    return Path(source).suffix.lower() in _SQLITES


def query_pieces(source: str | Path, query: str, rows: int) -> Generator[pd.DataFrame]:
    """Yield the rows of a query in pieces, with the types that the database gives them.

    Parameters
    ----------
    source
        A SQLAlchemy URL, or the path of a SQLite file.
    query
        A SELECT statement, or the name of a table.

    Raises
    ------
    DataError
        If the database can't be reached, or the query fails or gives no table.
    MissingDependency
        If the database's driver is not installed.
    """
    url = str(source) if "://" in str(source) else f"sqlite:///{Path(source).expanduser()}"
    with _telling(url, query), closing(_Reader(url)) as reader:
        yield from pd.read_sql_query(reader.statement(query), reader.connection, chunksize=rows)


class _Reader:
    """A connection of its own that only reads."""

    def __init__(self, url: str) -> None:
        import sqlalchemy

        address = sqlalchemy.make_url(url)
        kind = address.get_backend_name()
        if kind == "sqlite":
            _refuse_absent(address.database)
        options: dict[str, Any] = {"no_parameters": True, "stream_results": True}
        connecting: dict[str, Any] = {}
        if kind == "postgresql":
            options["postgresql_readonly"] = True
            connecting = {} if "connect_timeout" in address.query else {"connect_timeout": _CONNECT_SECONDS}
        self._engine = sqlalchemy.create_engine(address, poolclass=sqlalchemy.NullPool, connect_args=connecting)
        self.connection = self._engine.connect().execution_options(**options)
        if kind == "sqlite":
            self.connection.exec_driver_sql("PRAGMA query_only = ON")

    def statement(self, query: str) -> str:
        """Return the query, or the one that reads the table it names."""
        text = query.strip().rstrip(";")
        if any(character.isspace() for character in text):
            return text
        quote = self._engine.dialect.identifier_preparer.quote
        return f"SELECT * FROM {'.'.join(map(quote, text.split('.')))}"

    def close(self) -> None:
        """Roll back and hang up."""
        self.connection.close()
        self._engine.dispose()


def _refuse_absent(database: str | None) -> None:
    """Refuse a SQLite file that isn't there; connecting would make an empty one."""
    if not database or database == ":memory:" or database.startswith("file:"):
        return
    if not Path(database).exists():
        raise DataError(f"There is no database {database!r}; check the path.")


@contextmanager
def _telling(url: str, query: str) -> Iterator[None]:
    """Turn what goes wrong with a database into one sentence without a password."""
    from sqlalchemy.exc import ArgumentError, NoSuchModuleError, OperationalError, ResourceClosedError, SQLAlchemyError

    kind = url.partition("://")[0]
    example = "give a URL such as 'postgresql+psycopg://user@host/name' or 'sqlite:///shop.db'"
    try:
        yield
    except NoSuchModuleError:
        raise DataError(f"SQLAlchemy knows no database {kind!r} ({shown(url)!r}); {example}.") from None
    except ImportError as error:
        extra = _EXTRAS.get(kind.partition("+")[0])
        install = f"install the extra {extra!r}" if extra else "install it"
        raise MissingDependency(
            f"The driver of {shown(url)!r} is not installed ({cause(error, url)}); {install}."
        ) from None
    except ArgumentError as error:
        raise DataError(f"{shown(url)!r} is no address of a database ({cause(error, url)}); {example}.") from None
    except ResourceClosedError:
        raise DataError(f"The query {_brief(query)} gives no table; give a SELECT statement.") from None
    except (SQLAlchemyError, pd.errors.DatabaseError) as error:
        why = cause(error, url)
        if isinstance(error, OperationalError) and error.statement is None:
            raise DataError(
                f"The database {shown(url)!r} can't be reached ({why}); check that it is running and that the address "
                "is right."
            ) from None
        raise DataError(f"The query {_brief(query)} of {shown(url)!r} failed ({why}); check it.") from None


def _brief(query: str) -> str:
    text = " ".join(query.split())
    return repr(text if len(text) <= 80 else text[:79] + "…")
