"""Queries: rows and types come from the database, nothing is changed there, no password is shown."""

from __future__ import annotations

import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pandas as pd
import pytest
from postgres import PASSWORD, PostgreSQL

from automl.data.reading import read, read_in_chunks
from automl.errors import AutoMLWarning, DataError, MissingDependency

SHOP = pd.DataFrame({"id": [1, 2, 3], "city": ["Köln", None, "100%"], "spent": [1.5, None, 2.5]})


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """Return a SQLite file with one table."""
    path = tmp_path / "shop.db"
    with closing(sqlite3.connect(path)) as connection:
        SHOP.to_sql("customers", connection, index=False)
        SHOP.head(0).to_sql("nobody", connection, index=False)
    return path


@pytest.mark.parametrize(
    "query", ["customers", "SELECT * FROM customers;", "select *\nfrom customers where city like '%' or id = 2"]
)
def test_a_query_is_a_table(shop: Path, query: str) -> None:
    """A table's name or a SELECT gives its rows, from a URL or a SQLite file's path; marks in it stay as they are."""
    expected = read(SHOP)
    for source in (f"sqlite:///{shop}", shop, str(shop)):
        pd.testing.assert_frame_equal(read(source, query=query), expected, check_dtype=False)
    assert read(shop, query=query, n_rows=2)["id"].tolist() == [1, 2]


def test_a_query_is_read_in_chunks(shop: Path) -> None:
    """Rows that are only passed through are never held together."""
    assert [len(piece) for piece in read_in_chunks(shop, query="customers", rows=2)] == [2, 1]


def test_a_long_query_is_sampled(tmp_path: Path) -> None:
    """What memory can't hold is sampled, as of a file."""
    with closing(sqlite3.connect(tmp_path / "t.db")) as connection:
        pd.DataFrame({"n": range(5000)}).to_sql("t", connection, index=False)
    with pytest.warns(AutoMLWarning, match=r"The query of 'sqlite:.*t\.db' has 5,000 rows, more than 20\.0 kB"):
        assert len(read(f"sqlite:///{tmp_path}/t.db", query="t", memory="20kB")) < 2_600


@pytest.mark.parametrize(
    ("query", "message"),
    [
        (
            "DROP TABLE customers",
            r"The query 'DROP TABLE customers' of 'sqlite:.*' failed \(attempt to write a readonly",
        ),
        ("DELETE FROM customers", "attempt to write a readonly"),
        ("SELECT absent FROM customers", r"failed \(no such column: absent\); check it"),
        ("customer", r"failed \(no such table: customer\); check it"),
        ("nobody", "The query of '.*' has no rows; give at least one"),
        ("PRAGMA cache_size = 100", "gives no table; give a SELECT statement"),
    ],
)
def test_a_query_that_fails_changes_nothing(shop: Path, query: str, message: str) -> None:
    """A query only reads; what goes wrong is one sentence."""
    before = shop.read_bytes()
    with pytest.raises(DataError, match=message):
        read(shop, query=query)
    assert shop.read_bytes() == before


def test_what_is_no_database_is_refused(shop: Path, tmp_path: Path) -> None:
    """A query of a file, a database without a query, one that isn't there, and an unknown kind."""
    with pytest.raises(DataError, match=r"query can't be chosen for 't\.csv', which is no database"):
        read("t.csv", query="t")
    with pytest.raises(DataError, match="is a database; say which rows with query="):
        read(shop)
    with pytest.raises(DataError, match="separator can't be chosen for a database"):
        read(shop, query="customers", separator=";")
    with pytest.raises(DataError, match=r"There is no database '.*absent\.db'; check the path"):
        read(f"sqlite:///{tmp_path}/absent.db", query="t")
    assert not (tmp_path / "absent.db").exists()
    with pytest.raises(DataError, match=r"SQLAlchemy knows no database 'postgresql\+klingon'"):
        read("postgresql+klingon://ada:geheim@localhost/x", query="t")


def test_an_absent_driver_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without psycopg the extra that brings it is named, and the password isn't."""
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(MissingDependency, match=r"ada:\*\*\*@localhost.*install the extra 'postgresql'") as caught:
        read("postgresql+psycopg://ada:geheim@localhost/x", query="t")
    assert "geheim" not in str(caught.value)


def test_a_server_that_does_not_answer_is_named() -> None:
    """An unreachable database is one sentence without the password, and without what caused it."""
    pytest.importorskip("psycopg")
    with pytest.raises(
        DataError, match=r"ada:\*\*\*@127\.0\.0\.1:1/x' can't be reached .*check that it is running"
    ) as caught:
        read("postgresql+psycopg://ada:geheim@127.0.0.1:1/x", query="t")
    assert "geheim" not in str(caught.value)
    assert caught.value.__suppress_context__


def test_a_real_server_gives_its_types(postgresql: PostgreSQL) -> None:
    """Numbers, truth, dates and gaps come over as what they are; a schema may stand before the table's name."""
    url = postgresql.make("reading")
    with postgresql.connect("reading") as connection:
        connection.execute(
            "CREATE TABLE visits (id bigint, paid numeric(9, 2), regular boolean, at timestamp, note text)"
        )
        connection.execute("INSERT INTO visits VALUES (9007199254740993, 1.25, true, '2024-05-06 07:08', '100% %s')")
        connection.execute("INSERT INTO visits VALUES (2, NULL, false, NULL, NULL)")
    for query in ("visits", "public.visits", "SELECT * FROM visits WHERE note LIKE '%s' OR id = 2 ORDER BY id DESC"):
        table = read(url, query=query)
        assert table["id"].tolist() == [9007199254740993, 2]
        assert table["paid"].iloc[0] == 1.25
        assert table["paid"].isna().iloc[1]
        assert table["regular"].tolist() == [True, False]
        assert table["at"].dtype.kind == "M"
    assert len(list(read_in_chunks(url, query="visits", rows=1))) == 2


def test_a_real_server_is_only_read(postgresql: PostgreSQL) -> None:
    """Whatever a query says, rows stay; a wrong password is not shown."""
    url = postgresql.make("readonly")
    with postgresql.connect("readonly") as connection:
        connection.execute("CREATE TABLE t AS SELECT generate_series(1, 3) AS n")
        connection.execute("CREATE SEQUENCE s")
    with pytest.raises(DataError, match="syntax error"):
        read(url, query="DELETE FROM t RETURNING n")
    with pytest.raises(DataError, match="read-only transaction"):
        read(url, query="SELECT nextval('s') AS n")
    assert len(read(url, query="t")) == 3
    with pytest.raises(DataError, match="password authentication failed") as caught:
        read(postgresql.url("readonly", "wr:ng@one"), query="t")
    assert "wr:ng" not in str(caught.value)
    assert PASSWORD not in str(caught.value)
