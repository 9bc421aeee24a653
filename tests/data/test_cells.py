"""Cells: a column means the same whatever dtype it arrives in, and in one row what it means in many."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from automl.data.cells import as_dates, as_durations, as_numbers, as_strings
from automl.data.dates import find_date_format
from automl.data.numbers import find_spelling
from automl.values.schema import Column

NUMBER = Column("x", "numeric", "", tokens=("?", " "))
LEVEL = Column("x", "category", "")
SAME_NUMBERS = [
    pd.Series([1, 0, 2]),
    pd.Series([1.0, 0.0, 2.0], dtype="float32"),
    pd.Series(["1", "0.0", " 2 "]),
    pd.Series(["1", 0, Decimal(2)], dtype=object),
    pd.Series([1, 0, 2], dtype="Int64"),
    pd.Series([1, 0, 2], dtype="uint8"),
    pd.Series([Decimal(1), Decimal(0), Decimal(2)], dtype=pd.ArrowDtype(pa.decimal128(4, 1))),
    pd.Series([1, 0, 2]).astype("category"),
    pd.Series(["1", "0", "2"]).astype("category"),
]


@pytest.mark.parametrize("values", SAME_NUMBERS, ids=lambda values: str(values.dtype))
def test_the_dtype_does_not_matter(values: pd.Series) -> None:
    """1, 1.0, "1" and Decimal("1") are the same number and the same level."""
    assert as_numbers(values, NUMBER).tolist() == [1.0, 0.0, 2.0]
    assert as_strings(values, LEVEL).tolist() == ["1", "0", "2"]


@pytest.mark.parametrize("repeat", [1, 100])
def test_what_is_no_number_is_missing(repeat: int) -> None:
    """Tokens, garbage, infinities and missing values of every kind become NaN, in few rows and in many."""
    values = pd.Series(["?", " ", "abc", "inf", None, np.nan, "1_000", "7"] * repeat, dtype=object)
    assert np.array_equal(as_numbers(values, NUMBER), ([np.nan] * 7 + [7.0]) * repeat, equal_nan=True)
    assert np.isnan(as_numbers(pd.Series([np.inf, -np.inf]), NUMBER)).all()


@pytest.mark.parametrize(
    ("values", "truth", "expected"),
    [
        (pd.Series(["yes", "no", None, "perhaps"]), "yes", [1, 0, np.nan, np.nan]),
        (pd.Series(["Y", "N"]), "Y", [1, 0]),
        (pd.Series([True, False]), "yes", [1, 0]),
        (pd.Series([1, 0, 3]), "True", [1, 0, 1]),
        (pd.Series(["1.0", "0"]), "1", [1, 0]),
        (pd.Series([True, None], dtype="boolean"), "1", [1, np.nan]),
        (pd.Series(["male", "female", None]), "male", [1, 0, np.nan]),
        (pd.Series([2, 1]), "2", [1, 0]),
    ],
)
def test_truth_is_read_in_every_spelling(values: pd.Series, truth: str, expected: list[float]) -> None:
    """Words, booleans and numbers all say yes and no; what says neither is missing."""
    assert np.array_equal(as_numbers(values, Column("x", "boolean", "", truth=truth)), expected, equal_nan=True)


def test_tokens_stay_levels_of_a_category() -> None:
    """In a category NA is a level (a house without a garage), unless the column says otherwise."""
    values = pd.Series(["NA", "?", "", " ", None, "a "])
    assert as_strings(values, LEVEL).tolist() == ["NA", "?", None, None, None, "a"]
    assert as_strings(values, Column("x", "category", "", tokens=("?",))).tolist()[:2] == ["NA", None]


def test_long_whole_numbers_keep_their_digits() -> None:
    """Names of 20 digits are not rounded."""
    assert as_strings(pd.Series(["12345678901234567891"]), LEVEL).tolist() == ["12345678901234567891"]


def test_truth_values_are_one_level_in_every_spelling() -> None:
    """True, "True" and "TRUE" are the same level, as text files may turn one into the other."""
    assert as_strings(pd.Series([True, "true", "TRUE"], dtype=object), LEVEL).tolist() == ["True"] * 3


@pytest.mark.parametrize(
    "values",
    [
        pd.Series(["2020-03-01 10:00", "never"]),
        pd.Series([pd.Timestamp("2020-03-01 10:00"), None]),
        pd.Series([pd.Timestamp("2020-03-01 10:00"), pd.NaT]).dt.tz_localize("UTC").dt.tz_convert("Asia/Tokyo"),
        pd.Series([datetime.datetime(2020, 3, 1, 10), None], dtype=object),
        pd.Series(["2020-03-01T12:00:00+02:00", ""]),
        pd.Series([1583056800, np.nan]),
        pd.Series(["1 Mar 2020 10:00", "31/31/2020"]),
    ],
    ids=lambda values: str(values.iloc[0]),
)
def test_dates_are_points_in_universal_time(values: pd.Series) -> None:
    """Strings, time stamps with zones and seconds since 1970 give the same time; garbage gives NaT."""
    dates = as_dates(values, Column("x", "datetime", ""))
    assert dates.dtype == np.dtype("datetime64[ns]")
    assert dates[0] == np.datetime64("2020-03-01T10:00")
    assert np.isnat(dates[1])


def test_dates_out_of_range_are_missing() -> None:
    """A year that nanoseconds can't hold is missing, not wrapped around."""
    assert np.isnat(as_dates(pd.Series(["9999-12-31", "0001-01-01"]), Column("x", "datetime", ""))).all()


def test_a_date_format_yields_to_iso() -> None:
    """A column trained on American dates also reads ISO dates."""
    column = Column("x", "datetime", "", date_format="%m/%d/%Y")
    assert as_dates(pd.Series(["02/01/2020", "2020-02-01"]), column).tolist() == [1580515200000000000] * 2


@pytest.mark.parametrize(
    ("values", "seconds"),
    [
        (pd.to_timedelta(pd.Series(["1h", None])), 3600.0),
        (pd.Series(["1:00:00", "soon"]), 3600.0),
        (pd.Series(["1 days 01:00", None]), 90000.0),
        (pd.Series([datetime.time(1), None], dtype=object), 3600.0),
        (pd.Series([3600, None]), 3600.0),
    ],
)
def test_durations_are_seconds(values: pd.Series, seconds: float) -> None:
    """Every way to hold a length of time gives seconds; garbage gives NaN."""
    assert np.array_equal(as_durations(values, Column("x", "duration", "")), [seconds, np.nan], equal_nan=True)


CELLS = st.one_of(
    st.text(max_size=8),
    st.from_regex(r"[+-]?\d{1,4}([.,]\d{1,3})?", fullmatch=True),
    st.sampled_from(["?", "NA", "true", "No", "2020-01-31", "1/2/20", "12:30", "1e5", "$1,200", " "]),
)


@given(st.lists(CELLS, min_size=1, max_size=12))
def test_one_row_means_what_many_do(cells: list[str]) -> None:
    """A cell is read alike alone and among many rows, in every role, and never raises."""
    columns = [
        Column("x", "numeric", "", tokens=("?",), decimal=","),
        Column("x", "numeric", ""),
        Column("x", "boolean", "", truth="true"),
    ]
    many = pd.Series(cells * 70)
    for column in columns:
        alone = [as_numbers(pd.Series([cell]), column)[0] for cell in cells]
        assert np.array_equal(as_numbers(many, column)[: len(cells)], alone, equal_nan=True)
    assert as_strings(many, LEVEL)[: len(cells)].tolist() == [as_strings(pd.Series([c]), LEVEL)[0] for c in cells]
    alone_dates = np.concatenate([as_dates(pd.Series([cell]), LEVEL) for cell in cells])
    assert np.array_equal(as_dates(many, LEVEL)[: len(cells)], alone_dates, equal_nan=True)


@given(
    st.lists(st.one_of(st.integers(-(10**12), 10**12), st.floats(allow_nan=False, allow_infinity=False)), min_size=1)
)
def test_numbers_survive_being_written_as_text(values: list[Any]) -> None:
    """A number and its text are one number and one level."""
    numbers, texts = pd.Series(values, dtype=object), pd.Series([str(value) for value in values])
    assert np.array_equal(as_numbers(numbers, NUMBER), as_numbers(texts, NUMBER))
    assert as_strings(numbers, LEVEL).tolist() == as_strings(texts, LEVEL).tolist()


@pytest.mark.parametrize(
    "texts", [["1-2", "3-4"], ["2019", "2020"], ["A1", "B2"], ["192.168.0.1"], ["5-10", "11-20"], ["3/4", "1/2"]]
)
def test_codes_are_no_dates(texts: list[str]) -> None:
    """A day, a month and a year must be there."""
    assert find_date_format(texts) is None


def test_one_format_decides_which_is_the_month() -> None:
    """A single day above 12 tells day and month apart in the whole column."""
    assert find_date_format(["1/2/2020", "3/4/2020", "25/4/2020"]) == "%d/%m/%Y"
    assert find_date_format(["1/2/2020", "3/4/2020", "4/25/2020"]) == "%m/%d/%Y"


def test_tokens_are_missing_only_beside_numbers() -> None:
    """A column of nothing but tokens spells no numbers."""
    assert find_spelling(["?", "NA"]) is None
