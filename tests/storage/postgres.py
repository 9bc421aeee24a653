"""A PostgreSQL server that a test has started, and how to reach it."""

from __future__ import annotations

from typing import Any, NamedTuple
from urllib.parse import quote

PASSWORD = "pa:ss@wo/rd-7531"  # every character that has a meaning in a URL
USER = "ada"


class PostgreSQL(NamedTuple):
    """A server that runs, and how to reach it."""

    port: int

    def url(self, database: str, password: str = PASSWORD) -> str:
        """Return the address of a database, password included."""
        return f"postgresql+psycopg://{USER}:{quote(password, safe='')}@127.0.0.1:{self.port}/{database}"

    def make(self, database: str) -> str:
        """Make an empty database and return its address."""
        with self.connect("postgres") as connection:
            connection.execute(f'CREATE DATABASE "{database}"')
        return self.url(database)

    def connect(self, database: str) -> Any:
        """Return a connection without a transaction."""
        import psycopg

        return psycopg.connect(
            host="127.0.0.1", port=self.port, user=USER, password=PASSWORD, dbname=database, autocommit=True
        )
