"""A table without a target is checked against the columns of the training table."""

import pandas as pd
import pytest

from automl.data.unlabeled import read_unlabeled
from automl.errors import DataError
from automl.values.schema import Column, Schema

SCHEMA = Schema(
    (
        Column("age", "numeric", ""),
        Column("city", "category", ""),
        Column("since", "datetime", ""),
        Column("id", "identifier", ""),
    )
)


def frame(**changes):
    columns = {"age": [30, 40, None], "city": ["Oslo", "Bern", "Rome"], "since": ["2020-01-02"] * 3}
    return pd.DataFrame({**columns, **changes})


def test_columns_come_in_any_order_and_others_are_left_out():
    """What was set aside in training need not be there; the target is not looked at."""
    found = read_unlabeled(frame(y=1)[["y", "city", "since", "age"]], SCHEMA, 100, 0, ignored=("y",))
    assert found.columns.tolist() == ["age", "city", "since"]
    assert len(found) == 3


def test_missing_columns_are_named():
    """A table that lacks columns is refused with their names."""
    with pytest.raises(DataError) as error:
        read_unlabeled(frame().drop(columns=["age", "since"]), SCHEMA, 100, 0)
    assert str(error.value) == (
        "The unlabelled table lacks 2 of the 3 columns that are learned from: 'age', 'since'. Add them, empty where "
        "nothing is known, or leave unlabeled= out."
    )


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (
            {"age": ["old", "young", "old"]},
            "'age' of the unlabelled table holds 'old' where the training table has numbers",
        ),
        (
            {"since": ["spring"] * 3},
            "'since' of the unlabelled table holds 'spring' where the training table has dates",
        ),
    ],
)
def test_another_kind_of_column_is_refused(changes, told):
    """A column that holds mostly what the training table's can't be is another column."""
    with pytest.raises(DataError, match=told):
        read_unlabeled(frame(**changes), SCHEMA, 100, 0)


def test_numbers_as_texts_are_numbers():
    """A column that reads as numbers is one, whatever its dtype; a few odd cells are missing values."""
    assert len(read_unlabeled(frame(age=["30", "40", "old"]), SCHEMA, 100, 0)) == 3


def test_no_rows_are_refused():
    """An empty table teaches nothing."""
    with pytest.raises(DataError, match="The table has no rows; give at least one"):
        read_unlabeled(frame().head(0), SCHEMA, 100, 0)


def test_of_many_rows_a_sample_is_used():
    """Ten unlabelled rows are used for each labelled one, drawn by the seed, in their order."""
    many = pd.concat([frame()] * 20, ignore_index=True)
    first, again = (read_unlabeled(many, SCHEMA, 2, 0) for _ in range(2))
    assert len(first) == 20
    assert first.index.is_monotonic_increasing
    assert first.equals(again)
