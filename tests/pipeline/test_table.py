"""The table encoder reads whatever rows come, and a column means the same each time."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone

from automl.errors import AutoMLWarning, DataError
from automl.pipeline.table import FEW, TableEncoder
from automl.values.schema import Column, Schema

SCHEMA = Schema(
    (
        Column("age", "numeric", "", tokens=("?",)),
        Column("zip", "numeric", "", code_like=True),
        Column("id", "identifier", ""),
        Column("member", "boolean", "", truth="yes"),
        Column("city", "category", "", tokens=("-",)),
        Column("job", "high_cardinality", ""),
        Column("since", "datetime", ""),
        Column("spent", "duration", ""),
        Column("note", "text", ""),
    )
)
JOBS = [f"{rank} {what}" for rank in ("Senior", "Junior", "Master") for what in ("Police Officer", "Bus Driver")]
JOBS += [f"Clerk {kind}" for kind in ("Alpha", "Beta", "Gamma", "Delta")] + [f"Analyst number {i}" for i in range(40)]


def rows(n_rows: int = 120, seed: int = 0) -> pd.DataFrame:
    """Return a frame with a column of each role."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "age": rng.integers(18, 90, n_rows).astype(object),
            "zip": rng.integers(100, 140, n_rows),
            "id": np.arange(n_rows),
            "member": rng.choice(["yes", "no"], n_rows),
            "city": rng.choice(["Oslo", "Bern", "Rome"], n_rows),
            "job": rng.choice(JOBS, n_rows),
            "since": pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 900, n_rows), unit="D"),
            "spent": pd.to_timedelta(rng.integers(0, 900, n_rows), unit="s"),
            "note": rng.choice(["late again", "very good", "no comment at all", ""], n_rows),
        }
    )
    frame.loc[3, "age"] = "?"
    frame.loc[4, "city"] = "-"
    frame.loc[5, ["city", "since", "spent", "note", "job"]] = None
    return frame


@pytest.fixture(scope="module")
def encoder() -> TableEncoder:
    """Return an encoder fitted on ``rows()``."""
    return TableEncoder(SCHEMA.to_json()).fit(rows())


def same(a: Any, b: Any) -> None:
    """Compare encoded rows, NaN equal to NaN."""
    np.testing.assert_array_equal(a, b)


def test_layout(encoder: TableEncoder) -> None:
    """Names, level counts and columns go together; columns set aside have none."""
    Z = encoder.transform(rows())
    assert Z.dtype == np.float32
    assert Z.flags.c_contiguous
    assert Z.shape == (120, len(encoder.names_)) == (120, len(encoder.n_levels_))
    levels = dict(zip(encoder.names_, encoder.n_levels_, strict=True))
    n_posts = rows()["zip"].nunique()
    assert "id" not in levels
    assert (levels["age"], levels["zip"], levels["zip code"], levels["city"], levels["member"]) == (0, 0, n_posts, 3, 0)
    assert levels["job"] == rows()["job"].nunique()
    assert {name for name in levels if name.startswith("job ")}
    assert {"since year", "since month", "spent", "note characters"} <= set(levels)
    assert encoder.level_names[encoder.names_.index("city")] == ["Bern", "Oslo", "Rome"]


def test_cells_mean_what_they_say(encoder: TableEncoder) -> None:
    """Tokens and absent values are NaN, truth is 1, codes are places among sorted levels."""
    Z = pd.DataFrame(encoder.transform(rows()), columns=encoder.names_)
    frame = rows()
    assert np.isnan(Z["age"][3])
    assert Z["city"].isna().tolist() == [i in (4, 5) for i in range(120)]
    assert (Z["member"] == (frame["member"] == "yes")).all()
    assert Z["spent"][0] == frame["spent"][0].total_seconds()
    assert (np.isnan(Z["since year"][5]), Z["note characters"][5]) == (True, 0)
    assert (Z["zip code"] == Z["zip"].rank(method="dense") - 1).all()


def test_row_by_row_equals_all_at_once(encoder: TableEncoder) -> None:
    """The quick way for few rows and the way for many give the same."""
    frame = rows()
    assert len(frame) > FEW
    together = encoder.transform(frame)
    same(np.concatenate([encoder.transform(frame.iloc[[i]]) for i in range(len(frame))]), together)
    same(encoder.transform(frame.iloc[:FEW]), together[:FEW])
    same(encoder.transform(frame.iloc[: FEW + 1]), together[: FEW + 1])


def test_fit_transform_is_fit_and_transform(encoder: TableEncoder) -> None:
    """Nothing depends on the target, so training rows are encoded like all others."""
    same(TableEncoder(SCHEMA.to_json()).fit_transform(rows()), encoder.transform(rows()))


def test_dtype_and_order_do_not_matter(encoder: TableEncoder) -> None:
    """Numbers as text or as float, categories as pandas categoricals, columns in another order: the same rows."""
    frame, together = rows(), encoder.transform(rows())
    other = frame[frame.columns[::-1]].assign(
        zip=frame["zip"].astype(str),
        city=frame["city"].astype("category"),
        member=frame["member"].astype(object),
        since=frame["since"].astype(object),
    )
    same(encoder.transform(other), together)
    same(encoder.transform(other.iloc[:5]), together[:5])
    same(encoder.transform(frame.assign(zip=frame["zip"].astype(float)).iloc[:5]), together[:5])


CELLS = st.one_of(
    st.none(),
    st.floats(),
    st.integers(-(10**20), 10**20),
    st.booleans(),
    st.text(max_size=8),
    st.sampled_from(["Oslo", "yes", "?", "2020-05-01", "00:01:30", "Clerk Alpha", "101", "1e400", pd.NaT, pd.NA]),
    st.datetimes(min_value=pd.Timestamp("1800-01-01"), max_value=pd.Timestamp("2200-01-01")),
)
RECORDS = st.fixed_dictionaries({column.name: CELLS for column in SCHEMA})


@settings(max_examples=80, deadline=None)
@given(records=st.lists(RECORDS, min_size=1, max_size=4))
def test_no_cell_crashes(encoder: TableEncoder, records: list[dict[str, Any]]) -> None:
    """Whatever stands in a cell, the row is encoded, without infinity, and alike alone and among others."""
    frame = pd.DataFrame({name: pd.Series([r[name] for r in records], dtype=object) for name in records[0]})
    Z = encoder.transform(frame)
    assert Z.shape == (len(records), len(encoder.names_))
    assert not np.isinf(Z).any()
    many = pd.concat([frame, *([frame] * (FEW // len(frame)))], ignore_index=True)
    same(encoder.transform(many)[: len(frame)], Z)


def test_records_arrays_and_series(encoder: TableEncoder) -> None:
    """A dict, a list of dicts, one row as a Series and a NumPy array are rows as well."""
    frame = rows().iloc[:2]
    expected = encoder.transform(frame)
    records = frame.to_dict("records")
    same(encoder.transform(records), expected)
    same(encoder.transform(records[0]), expected[:1])
    same(encoder.transform(frame.iloc[0]), expected[:1])
    same(encoder.transform(frame.to_numpy(dtype=object)), expected)
    same(encoder.transform(frame.to_dict("list")), expected)


def test_names_that_are_no_strings() -> None:
    """A frame with column numbers is known by their texts."""
    schema = Schema((Column("0", "numeric", ""), Column("1", "numeric", "")))
    encoder = TableEncoder(schema.to_json()).fit(pd.DataFrame([[1.0, 2.0], [3.0, 4.0]]))
    assert encoder.transform(pd.DataFrame([[5.0, 6.0]])).tolist() == [[5, 6]]


def test_extra_columns_are_ignored_with_one_warning(encoder: TableEncoder) -> None:
    """Columns that training didn't have are named in a single warning; one that was set aside is not."""
    frame = rows().assign(new=1, other=2)
    with pytest.warns(AutoMLWarning, match="Columns .* are ignored: 'new', 'other'") as caught:
        Z = encoder.transform(frame)
    assert len(caught) == 1
    same(Z, encoder.transform(rows()))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        encoder.transform(rows().drop(columns="id"))


def test_absent_columns_are_named(encoder: TableEncoder) -> None:
    """Rows that lack columns are refused, with their names and what to do."""
    with pytest.raises(DataError, match=r"lack 2 of the columns .*: 'age', 'note'\. Add them"):
        encoder.transform(rows().drop(columns=["age", "note"]))


def test_what_is_no_table_is_refused(encoder: TableEncoder) -> None:
    """Copies of a column, arrays of another width or shape, and other objects get one clear sentence."""
    with pytest.raises(DataError, match="stand more than once: 'age'"):
        encoder.transform(pd.concat([rows(), rows()[["age"]]], axis=1))
    with pytest.raises(DataError, match="X has 2 features, but TableEncoder is expecting 9 features as input"):
        encoder.transform(np.zeros((3, 2)))
    with pytest.raises(DataError, match="Reshape your data"):
        encoder.transform(np.zeros(3))
    with pytest.raises(DataError, match="came as a int"):
        encoder.transform(7)
    with pytest.raises(DataError, match="no rows to learn from"):
        TableEncoder(SCHEMA.to_json()).fit(rows().iloc[:0])


def test_the_callers_frame_is_not_changed(encoder: TableEncoder) -> None:
    """Fitting and encoding leave values, dtypes and index alone."""
    frame = rows()
    encoder.transform(frame)
    TableEncoder(SCHEMA.to_json()).fit_transform(frame)
    pd.testing.assert_frame_equal(frame, rows())


def test_no_rows_give_no_rows(encoder: TableEncoder) -> None:
    """An empty frame with the right columns is encoded to nothing."""
    assert encoder.transform(rows().iloc[:0]).shape == (0, len(encoder.names_))


def test_large_integers_stay_exact() -> None:
    """Integers that float32 would blur make the table float64; infinite values are missing."""
    schema = Schema((Column("a", "numeric", ""),))
    encoder = TableEncoder(schema.to_json())
    assert encoder.fit_transform(pd.DataFrame({"a": [2**24 + 1, 5]})).tolist() == [[2**24 + 1], [5]]
    assert TableEncoder(schema.to_json()).fit(pd.DataFrame({"a": [2**24 + 0.5, 5]})).dtype_ == "float32"
    assert np.isnan(encoder.transform(pd.DataFrame({"a": [np.inf]}))).all()


def test_a_fixed_layout_survives_other_rows(encoder: TableEncoder) -> None:
    """Fitted again on rows in which less varies, a clone of a pipeline's encoder has the same columns."""
    again = clone(encoder.with_fixed_layout()).fit(rows().iloc[:4])
    assert again.names_ == encoder.names_
    assert encoder.layout is None
    assert TableEncoder(SCHEMA.to_json()).fit(rows().iloc[:4]).names_ != encoder.names_
