"""Roles: found from the values, with a reason, and decided by the caller where found wrong."""

from __future__ import annotations

import time
import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from automl.data.cells import as_numbers
from automl.data.reading import read
from automl.data.roles import describe, find_infinite
from automl.errors import DataError, PlanError
from automl.values.schema import Column, Schema

N = 300
RNG = np.random.default_rng(0)


def _role(values: Any, **roles: Any) -> Column:
    table = pd.DataFrame({"x": values, "other": np.resize([1.5, 2.5], len(values))})
    return describe(table, roles=roles or None)["x"]


POSTCODES = RNG.choice(np.sort(RNG.choice(9000, 80, replace=False)) + 1000, N)


@pytest.mark.parametrize(
    ("values", "role"),
    [
        (RNG.normal(size=N), "numeric"),
        (RNG.permutation(N) * 0.5 + 0.25, "numeric"),
        (RNG.integers(18, 90, N), "numeric"),
        (["1.5", "?", "2", "-"] * 75, "numeric"),
        (["1,5", "NA", "2", "3,25"] * 75, "numeric"),
        (["$1,200", "$3,100.50"] * 150, "numeric"),
        ([1900 + i for i in range(N)], "numeric"),
        ([True, False] * 150, "boolean"),
        ([True, None, False] * 100, "boolean"),
        (["Yes", "no"] * 150, "boolean"),
        (["0", "1"] * 150, "boolean"),
        ([0.0, 1.0, np.nan] * 100, "boolean"),
        (["t", "f", " "] * 100, "boolean"),
        (["male", "female"] * 150, "category"),
        (["yes", "no", "?"] * 100, "category"),
        (["only", None] * 150, "category"),
        ([f"level {i % 100}" for i in range(N)], "category"),
        ([f"level {i % 101}" for i in range(N)], "high_cardinality"),
        (["02134", "90210", "10001"] * 100, "category"),
        (pd.Categorical(["a", "b"] * 150), "category"),
        ([f"the {i} quick brown fox jumps" for i in range(N)], "text"),
        (["2020-01-31", "2020-02-01", "?"] * 100, "datetime"),
        (["2/25/15 5:24", "12/1/14 23:05"] * 150, "datetime"),
        (pd.date_range("2020", periods=N), "datetime"),
        (pd.date_range("2020", periods=N).date, "datetime"),
        (pd.to_timedelta(np.arange(N), unit="h"), "duration"),
        (["01:30:00", "00:00:10"] * 150, "duration"),
        (np.arange(N), "identifier"),
        (np.arange(N)[::-1] * 10 + 5_000_000, "identifier"),
        ([str(i) for i in range(1, N + 1)], "identifier"),
        ([f"C-{i:05d}" for i in range(N)], "identifier"),
        ([7] * N, "constant"),
        (["same"] * N, "constant"),
        ([None] * N, "missing"),
        (["?", " "] * 150, "missing"),
        (["1-2", "3-4", "5-6"] * 100, "category"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_roles_follow_the_values(values: Any, role: str) -> None:
    """Each kind of value gives its role."""
    assert _role(values).role == role


def test_tokens_are_recorded_where_they_alone_stop_numbers() -> None:
    """Tokens that stand for "missing" are named, and so is the decimal mark."""
    column = _role(["1,5", "?", "2,25", " "] * 75)
    assert (column.role, column.tokens, column.decimal) == ("numeric", (" ", "?"), ",")
    assert column.reason == "numbers held as text; blank, '?' mean missing"
    assert np.isnan(as_numbers(pd.Series(["?"]), column)).all()
    assert _role(["1.5", "many", "2"] * 100).role == "category"


def test_codes_are_told_from_counts() -> None:
    """Whole numbers that leave out most of their range are codes; ages, prices and sums that mostly are 0 aren't."""
    assert _role(POSTCODES).code_like
    assert _role([20, 60, 50, 120, 75, 190] * 50).code_like
    assert not _role(RNG.integers(18, 90, N)).code_like
    assert not _role(RNG.poisson(3, N)).code_like
    assert not _role(np.where(RNG.random(N) < 0.9, 0, POSTCODES)).code_like
    assert not _role(RNG.integers(10_000, 500_000, N)).code_like
    assert not _role(RNG.choice([1980, 1990, 2000, 2010], N)).code_like


def test_few_rows_name_nothing() -> None:
    """In fewer than 30 rows, values that are all different are no names."""
    assert _role(list(range(20))).role == "numeric"
    assert _role([f"C-{i}" for i in range(20)]).role == "category"


def test_a_row_number_is_used_where_nothing_else_is() -> None:
    """A table of nothing but a counter keeps it as a number."""
    column = describe(pd.DataFrame({"x": np.arange(50)}))["x"]
    assert (column.role, column.reason) == ("numeric", "whole numbers, and no other column to predict from")


def test_names_never_matter() -> None:
    """The same values have the same role under every name."""
    values = RNG.normal(size=N)
    assert {column.role for column in describe(pd.DataFrame({"id": values, "date": values, "zip": values}))} == {
        "numeric"
    }


def test_the_caller_decides() -> None:
    """roles= is taken, with what reading in that role needs."""
    table = pd.DataFrame(
        {"zip": POSTCODES, "n": ["1,5", "x", "2,5"] * 100, "sex": ["m", "f"] * 150, "day": ["25.4.2020"] * N}
    )
    schema = describe(table, roles={"zip": "category", "n": "numeric", "sex": "boolean", "day": "datetime"})
    assert [column.role for column in schema] == ["category", "numeric", "boolean", "datetime"]
    assert {column.reason for column in schema} == {"named by the caller"}
    assert (schema["n"].decimal, schema["sex"].truth, schema["day"].date_format) == (",", "m", "%d.%m.%Y")


@pytest.mark.parametrize(
    ("roles", "message"),
    [
        ({"zap": "category"}, "roles names the column 'zap', which doesn't exist. Did you mean 'zip'"),
        ({"zip": "kategory"}, "roles gives 'zip' the unknown role 'kategory'. Did you mean 'category'"),
        ({"word": "numeric"}, "roles calls 'word' numeric, but none of its values is a number: 'a', 'b', 'c'"),
        ({"word": "boolean"}, "roles calls 'word' boolean, but it has 3 values"),
    ],
)
def test_a_wrong_role_is_one_sentence(roles: Any, message: str) -> None:
    """Unknown columns and roles, and roles that the values contradict, are refused."""
    with pytest.raises(PlanError, match=message):
        describe(pd.DataFrame({"zip": [1, 2, 3], "word": ["a", "b", "c"]}), roles=roles)


def test_unusable_tables_are_refused() -> None:
    """No rows, no columns, a name twice and complex numbers are one sentence each."""
    with pytest.raises(DataError, match="no columns"):
        describe(pd.DataFrame(index=[0]))
    with pytest.raises(DataError, match="no rows"):
        describe(pd.DataFrame({"a": []}))
    with pytest.raises(DataError, match="stand more than once: a"):
        describe(pd.DataFrame([[1, 2], [2, 1]], columns=["a", "a"]))
    with pytest.raises(DataError, match="Complex data not supported: column 'z'"):
        describe(pd.DataFrame({"z": [1j, 2j]}))


@pytest.mark.parametrize("dtype", ["float64", "float32", "Float64", "object", "double[pyarrow]"])
def test_infinite_values_are_told_and_are_missing(dtype: str) -> None:
    """Infinities are counted in every dtype that holds them, and read as missing."""
    table = pd.DataFrame({"x": pd.Series([1.5, np.inf, -np.inf, 2.5], dtype=dtype), "y": [1, 2, 3, 4]})
    found = find_infinite(table)
    assert found is not None
    assert (found.sentence, found.columns) == ("Infinite values are read as missing, in 'x' (2).", ("x",))
    column = describe(table)["x"]
    assert column.role == "numeric"
    assert np.isnan(as_numbers(table["x"], column)).tolist() == [False, True, True, False]


ANY_CELL = st.one_of(st.none(), st.text(max_size=5), st.integers(), st.floats(), st.booleans(), st.dates())


@given(st.lists(ANY_CELL, min_size=1, max_size=40))
def test_every_column_gets_a_role(cells: list[Any]) -> None:
    """No mixture of cells makes the description fail, and it doesn't change the table."""
    table = pd.DataFrame({"x": pd.Series(cells, dtype=object)})
    before = table.copy(deep=True)
    schema = describe(table)
    assert len(schema) == 1
    assert schema["x"].reason
    assert Schema.from_json(schema.to_json()) == schema
    pd.testing.assert_frame_equal(table, before)


WANTED = {
    "amazon_employee": dict.fromkeys(("RESOURCE", "MGR_ID", "ROLE_TITLE", "ROLE_FAMILY", "ROLE_CODE"), "numeric*"),
    "telco_churn": {"customerID": "identifier", "tenure": "numeric", "Partner": "boolean", "gender": "category"},
    "titanic": {"PassengerId": "identifier", "Name": "identifier", "Age": "numeric", "Ticket": "high_cardinality"},
    "sick": {"TBG measured": "constant", "TBG": "missing", "sick": "boolean", "age": "numeric"},
    "kddcup99": {"num_outbound_cmds": "constant", "is_host_login": "constant", "service": "category"},
    "diabetes130": {
        "encounter_id": "identifier",
        "examide": "constant",
        "diag_1": "high_cardinality",
        "num_medications": "numeric",
    },
    "airline_sentiment": {"text": "text", "tweet_created": "datetime", "name": "high_cardinality"},
    "house_prices": {"MSSubClass": "numeric*", "YearBuilt": "numeric", "MoSold": "numeric", "CentralAir": "boolean"},
    "bike_sharing": {"instant": "identifier", "dteday": "datetime", "hr": "numeric", "holiday": "boolean"},
    "employee_salaries": {"date_first_hired": "datetime", "division": "high_cardinality"},
    "be_mtpl97": {"postcode": "numeric*", "ageph": "numeric", "power": "numeric", "fleet": "boolean"},
    "adult": {"fnlwgt": "numeric", "capital-gain": "numeric", "hours-per-week": "numeric", "sex": "category"},
    "shuttle": {"A1": "numeric", "A9": "numeric"},
}


@pytest.mark.parametrize("name", WANTED)
def test_real_tables_get_sensible_roles(table: Any, name: str) -> None:
    """On public tables the columns that matter have the role that a person would give them."""
    frame, target, _ = table(name)
    frame = frame.sample(frac=0.75, random_state=0)  # as in a hold-out: counters have gaps, codes are fewer
    start = time.perf_counter()
    schema = describe(frame.drop(columns=target))
    assert time.perf_counter() - start < 10  # 3 s wanted, with room for a busy machine
    found = {name: schema[name].role + ("*" if schema[name].code_like else "") for name in WANTED[name]}
    assert found == WANTED[name]


def test_raw_files_show_their_hidden_missing_values(data_dir: Any) -> None:
    """Blanks and NA in columns of numbers are tokens; NA in a column of words is a level."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        telco = describe(read(data_dir / "raw" / "telco_churn.csv"))
        houses = describe(read(data_dir / "raw" / "house_prices.csv"))
    assert telco["TotalCharges"].tokens == (" ",)
    assert houses["LotFrontage"].tokens == ("NA",)
    assert (houses["Alley"].role, houses["Alley"].tokens) == ("category", ())
    assert houses["Id"].role == "identifier"
