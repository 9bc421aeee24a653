"""Joins: other tables give columns and never rows, the same for training rows and for new ones."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import automl
from automl.data.joining import join_tables
from automl.data.reading import read, read_in_chunks, read_joined, read_new
from automl.data.sources import gathering
from automl.errors import AutoMLWarning, DataError, PlanError
from automl.values.join import Join, JoinedTable

VISITS = pd.DataFrame(
    {"customer": ["007", "8", None, "9"], "day": ["2024-03-01", "2024-03-05", "2024-03-09", "2024-03-09"]}
)
CUSTOMERS = pd.DataFrame({"customer": [8, 7, 10], "city": ["Bonn", "Köln", "Kiel"], "age": [30, 40, 50]})
ORDERS = pd.DataFrame(
    {
        "who": [7, 7, 7, 8],
        "paid": ["1,5", "2,5", "?", "4,0"],
        "shop": ["web", "web", "town", "web"],
        "at": ["2024-02-01", "2024-02-20", "2024-03-03", "2024-03-04"],
    }
)


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write the tables where we are."""
    monkeypatch.chdir(tmp_path)
    VISITS.to_csv("visits.csv", index=False)
    CUSTOMERS.to_csv("customers.csv", index=False)
    ORDERS.to_csv("orders.csv", index=False, sep=";")
    return tmp_path


def joined(frame: Any = VISITS, **tables: Any) -> pd.DataFrame:
    """Join tables in memory by their names."""
    return join_tables(frame, tables)[0]


def test_a_table_with_one_row_for_a_key_is_looked_up(files: Path) -> None:
    """Keys match whatever types they have; a row without a match, or without a key, has missing values."""
    with pytest.warns(AutoMLWarning, match="2 of 4 rows have no row in 'customers'; its columns are missing there"):
        table = read("visits.csv", join={"customers.csv": "customer"})
    assert table.columns.tolist() == ["customer", "day", "customers.city", "customers.age"]
    assert table["customers.city"].tolist()[:2] == ["Köln", "Bonn"]
    assert table["customers.city"].isna().tolist() == [False, False, True, True]


def test_a_table_with_many_rows_for_a_key_is_aggregated(files: Path) -> None:
    """Counts, numbers, categories and dates of a key's rows become columns with readable names; none means 0 rows."""
    table = read("visits.csv", join={"orders.csv": Join("customer", key="who")})
    row = table.iloc[0].drop(["customer", "day"]).to_dict()
    assert row == {
        "orders (rows)": 3,
        "orders.paid (mean)": 2.0,
        "orders.paid (min)": 1.5,
        "orders.paid (max)": 2.5,
        "orders.paid (std)": pytest.approx(0.7071, abs=1e-4),
        "orders.shop (distinct)": 2,
        "orders.shop (most frequent)": "web",
        "orders.at (days since last)": 1.0,
    }
    assert table["orders (rows)"].tolist()[1] == 1
    assert table["orders (rows)"].iloc[3] == 0
    assert pd.isna(table["orders.paid (mean)"].iloc[3])


def test_only_what_is_earlier_counts() -> None:
    """With ``until`` nothing of the row's own time or later is aggregated, and days are counted back from it."""
    table = joined(orders=Join("customer", key="who", until="day", time="at", data=ORDERS))
    assert table["orders (rows)"].tolist() == [2, 1, 0, 0]
    assert table["orders.at (days since last)"].tolist()[:2] == [10.0, 1.0]
    same_day = joined(
        VISITS.assign(day="2024-03-04"), orders=Join("customer", key="who", until="day", time="at", data=ORDERS)
    )
    assert same_day["orders (rows)"].tolist() == [3, 0, 0, 0]


def test_several_columns_may_be_a_key() -> None:
    """Each part has to match."""
    prices = pd.DataFrame({"who": [7, 8, 8], "on": ["2024-03-01", "2024-03-01", "2024-03-05"], "price": [1, 2, 3]})
    table = joined(prices=Join(["customer", "day"], key=["who", "on"], data=prices))
    assert table["prices.price"].tolist()[:2] == [1, 3]
    assert table["prices.price"].isna().sum() == 2


def test_a_key_stated_to_be_unique_is() -> None:
    """A repeated key would multiply rows: it is refused with its number and an example."""
    with pytest.raises(
        DataError,
        match=r"The key 'who' is not unique in 'orders': 1 of its 2 values stand in several rows, such as 7 in 3",
    ):
        joined(orders=Join("customer", key="who", unique=True, data=ORDERS))


def test_a_key_that_is_nearly_unique_is_told() -> None:
    """Few repeated keys are probably a mistake, so that aggregating is said; many are what aggregating is for."""
    many = pd.DataFrame({"customer": [*range(30), 7], "city": "Köln"})
    _, _, notes = join_tables(VISITS, {"c": Join("customer", data=many)})
    assert notes == (
        "The key 'customer' is unique in 'c' but for 1 of its 30 values, so rows of a key are aggregated. To look it "
        "up instead, keep one row of each.",
    )
    assert join_tables(VISITS, {"o": Join("customer", key="who", data=ORDERS)})[2] == ()


KEYS = st.lists(st.sampled_from([None, 0, 1, 2, 3]), max_size=8)


@settings(deadline=None, max_examples=50)
@given(KEYS, KEYS)
def test_rows_are_never_multiplied(left: list[int | None], right: list[int | None]) -> None:
    """Whatever the keys: as many rows, in the same order, with the same index; counts are what a loop counts."""
    left, right = [*left, 3], [*right, 3]
    frame = pd.DataFrame({"key": pd.Series(left, dtype="Int64"), "n": range(len(left))})
    frame.index = pd.RangeIndex(100, 100 + len(left))
    other = pd.DataFrame({"key": pd.Series(right, dtype="Int64"), "value": range(len(right))})
    table = joined(frame, other=Join("key", data=other))
    pd.testing.assert_frame_equal(table[["key", "n"]], frame)
    if "other (rows)" in table:
        expected = [0 if key is None else right.count(key) for key in left]
        assert table["other (rows)"].fillna(0).astype(int).tolist() == expected
    else:
        assert table["other.value"].isna().tolist() == [key is None or key not in right for key in left]


def test_new_rows_get_the_same_columns(files: Path) -> None:
    """What was joined is plain data, with which new rows are joined as the training table was, whole or in pieces."""
    asked = {"customers.csv": "customer", "orders.csv": Join("customer", key="who", until="day", time="at")}
    table = read_joined("visits.csv", join=asked)
    joins = [JoinedTable.from_json(each.to_json()) for each in table.joins]
    assert tuple(joins) == table.joins
    pd.testing.assert_frame_equal(read_new("visits.csv", joins), table.frame)
    pd.testing.assert_frame_equal(read("visits.csv", join=joins), table.frame)
    pd.testing.assert_frame_equal(read_new(table.frame, joins), table.frame)
    pieces = list(read_in_chunks("visits.csv", rows=1, joins=joins))
    assert [piece.columns.tolist() for piece in pieces] == [table.frame.columns.tolist()] * 4
    assert [piece["orders (rows)"].iloc[0] for piece in pieces] == [2, 1, 0, 0]


def test_columns_do_not_depend_on_what_the_other_table_says_later(files: Path) -> None:
    """A column that has become constant, or a single order for everyone, changes no name."""
    table = read_joined("visits.csv", join={"orders.csv": Join("customer", key="who")})
    ORDERS.tail(1).to_csv("orders.csv", index=False)
    assert read_new("visits.csv", table.joins).columns.tolist() == table.frame.columns.tolist()


def test_a_lookup_that_is_not_unique_any_more_is_refused(files: Path) -> None:
    """A key that was unique in training may not multiply or change new rows later."""
    joins = read_joined("visits.csv", join={"customers.csv": "customer"}).joins
    pd.concat([CUSTOMERS, CUSTOMERS.head(1)]).to_csv("customers.csv", index=False)
    with pytest.raises(DataError, match="The key 'customer' is not unique in 'customers': 1 of its 3 values"):
        read_new("visits.csv", joins)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda: Path("customers.csv").unlink(), r"There is no file '.*customers\.csv'"),
        (
            lambda: CUSTOMERS.drop(columns="age").to_csv("customers.csv"),
            "The table 'customers' has no column 'age' any more, which was joined",
        ),
        (
            lambda: VISITS.drop(columns="customer").to_csv("visits.csv"),
            "The rows have no column 'customer', which the columns of 'customers' are joined by. Add it",
        ),
    ],
)
def test_a_join_that_can_not_be_done_again_says_why(files: Path, spoil: Callable[[], object], message: str) -> None:
    """A table that is gone, a column that is gone, and rows without the key."""
    joins = read_joined("visits.csv", join={"customers.csv": "customer"}).joins
    spoil()
    with pytest.raises(DataError, match=message):
        read_new("visits.csv", joins)


def test_a_table_in_memory_is_not_kept() -> None:
    """New rows then have to come with its columns."""
    _, joins, _ = join_tables(VISITS, {"customers": Join("customer", data=CUSTOMERS)})
    with pytest.raises(DataError, match=r"was joined from memory and is not kept .*automl\.read\(rows, join=…\)"):
        read_new(VISITS, joins)
    assert len(read_new(joined(customers=Join("customer", data=CUSTOMERS)), joins)) == 4


@pytest.mark.parametrize(
    ("join", "error", "message"),
    [
        ({"customers.csv": "custmer"}, PlanError, "There is no column 'custmer' for join of 'customers'. Did you mean"),
        (
            {"orders.csv": "customer"},
            PlanError,
            "There is no column 'customer' for the key of 'orders'. Known: at, paid",
        ),
        ({"customers.csv": 5}, PlanError, "on=5; give the name of a column, or a list of names"),
        (
            {"orders.csv": Join("day", key="shop")},
            DataError,
            "No row's 'day' is found in 'orders'; check that both name",
        ),
        ({"absent.csv": "customer"}, DataError, "There is no file 'absent.csv'"),
        (
            {"customers.csv": "customer", "c/customers.csv": "customer"},
            PlanError,
            "Two joined tables are called 'customers'; give one another name",
        ),
        (
            {"orders.csv": Join("customer", key="who", until="day", time="shop")},
            PlanError,
            "The column 'shop' is category .* no time; it can't be time of 'orders'",
        ),
        ({"only.csv": "customer"}, DataError, "The table 'only' has no column besides its key"),
    ],
)
@pytest.mark.filterwarnings("ignore:.*rows have no row in")
def test_a_join_that_makes_no_sense_says_why(files: Path, join: Any, error: type[Exception], message: str) -> None:
    """Each kind of mistake has its own sentence."""
    Path("c").mkdir()
    CUSTOMERS.to_csv("c/customers.csv", index=False)
    CUSTOMERS[["customer"]].to_csv("only.csv", index=False)
    with pytest.raises(error, match=message):
        read("visits.csv", join=join)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"on": ["a", "b"], "key": "a"}, "names 2 columns and key='a' 1; name as many"),
        ({"on": "a", "until": "b"}, "give both or neither"),
        ({"on": "a", "unique": True, "until": "b", "time": "c"}, "unique=True and until= contradict each other"),
        ({"on": ()}, r"on=\(\); give the name of a column"),
    ],
)
def test_a_join_that_contradicts_itself_is_refused(words: dict[str, Any], message: str) -> None:
    """What can be seen without a table is refused at once."""
    with pytest.raises(PlanError, match=message):
        automl.Join(**words)


def test_a_sample_is_never_joined(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A table too large for memory would be looked up for some rows only, and counted wrongly."""
    frame = read("visits.csv")
    monkeypatch.setattr(gathering, "available_memory", lambda: 400)
    with pytest.raises(
        DataError, match="The table 'orders' is too large for memory, and a sample of it can't be joined"
    ):
        read(frame, join={"orders.csv": Join("customer", key="who")})


def test_an_address_is_kept_without_its_password(files: Path) -> None:
    """What stands in the plan names the database and not how to get in."""
    from automl.data.joining.tables import _kept

    assert _kept("postgresql+psycopg://ada:geheim@db.example/shop") == "postgresql+psycopg://ada@db.example/shop"
    assert _kept("orders.csv") == str(files / "orders.csv")
