"""Tables and splits: the same rows for all, every label learnt, files that any pandas reads."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from harness.errors import BadInput
from harness.tables import Table, bundled, find_tables, folder_tables, split, table_hash, write_rows
from hypothesis import given, settings
from hypothesis import strategies as st


def table_of(frame: pd.DataFrame, task: str = "multiclass") -> Table:
    return Table("toy", task, "y", lambda: frame)


@given(st.lists(st.integers(1, 40), min_size=2, max_size=6), st.integers(0, 5))
@settings(deadline=None, max_examples=25)
def test_every_label_is_learnt_and_every_row_is_somewhere(counts: list[int], seed: int) -> None:
    """No label is asked for that training rows lack; each row is in one part; a label with four rows is in both."""
    counts = [*counts, 20]
    labels = np.repeat([f"label {number}" for number in range(len(counts))], counts)
    learn, kept = split(table_of(pd.DataFrame({"row": np.arange(len(labels)), "y": labels})), seed)
    assert sorted([*learn["row"], *kept["row"]]) == list(range(len(labels)))
    assert set(kept["y"]) <= set(learn["y"])
    assert set(kept["y"]) == {f"label {number}" for number, count in enumerate(counts) if count >= 4}


def test_a_split_depends_on_the_seed_only() -> None:
    """The same seed keeps the same rows; another seed keeps others; a quarter is kept."""
    table = bundled()["diabetes"]
    first, again, other = split(table, 0)[1], split(table, 0)[1], split(table, 1)[1]
    pd.testing.assert_frame_equal(first, again)
    assert not first.equals(other)
    assert len(first) == 111


def test_labels_are_words_and_rows_without_a_target_are_left_out() -> None:
    """Whole numbers, truth values and categories become words; a missing target is no label."""
    for values, expected in (
        ([1.0, 2.0, None, 2.0], ["1", "2", "2"]),
        ([True, False, None, True], ["True", "False", "True"]),
        (pd.Categorical(["a", "b", None, "a"]), ["a", "b", "a"]),
    ):
        frame = table_of(pd.DataFrame({"x": range(4), "y": values})).frame
        assert list(frame["y"]) == expected
        assert frame["y"].dtype == "str"
    quantities = table_of(pd.DataFrame({"x": range(3), "y": [1.0, 2.0, None]}), "regression").frame
    assert list(quantities["y"]) == [1.0, 2.0]


def test_the_hash_tells_contents_apart() -> None:
    """The hash stays when a table is read again and changes with a value, a name, an order or a gap."""
    frame = pd.DataFrame({"a": [1, 2, 3], "b": ["x", None, "z"]})
    digits = table_hash(frame)
    assert len(digits) == 12
    assert table_hash(frame.copy()) == digits
    others = [
        frame.assign(a=[1, 2, 4]),
        frame.rename(columns={"a": "c"}),
        frame[["b", "a"]],
        frame.iloc[::-1],
        frame.assign(b=["x", "y", "z"]),
    ]
    assert len({digits, *map(table_hash, others)}) == 6


def test_a_written_table_keeps_its_types_without_words_of_pandas(tmp_path: Path) -> None:
    """Categories, words, truth values, dates and gaps come back; no metadata ties the file to one pandas."""
    frame = pd.DataFrame(
        {
            "category": pd.Categorical(["low", None, "high"], categories=["low", "high"]),
            "word": ["a", None, "c"],
            "truth": [True, False, True],
            "when": pd.to_datetime(["2020-01-01", None, "2021-06-01"]),
            "number": [1.5, None, 2.5],
        }
    )
    write_rows(frame, tmp_path / "rows.parquet")
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "rows.parquet"), frame)
    assert b"pandas" not in (pq.read_schema(tmp_path / "rows.parquet").metadata or {})


def test_tables_are_found_by_name(tmp_path: Path) -> None:
    """A folder's tables come first, then the bundled ones; without names, those of the folder."""
    pd.DataFrame({"a": [1, 2], "y": ["p", "q"]}).to_csv(tmp_path / "own.csv", index=False)
    entry = {"name": "own", "task": "binary", "target": "y", "file": "own.csv"}
    (tmp_path / "index.json").write_text(json.dumps({"datasets": [entry]}))
    assert [table.name for table in find_tables(None, tmp_path)] == ["own"]
    assert [table.name for table in find_tables(["wine", "own", "own"], tmp_path)] == ["wine", "own"]
    assert find_tables(["own"], tmp_path)[0].frame.shape == (2, 2)
    assert {table.name for table in find_tables(None)} == set(bundled())


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "has no index.json; name a folder whose index lists its tables (README.md tells how)."),
        ("{", "can't be used (JSONDecodeError: "),
        ("{}", "can't be used (KeyError: 'datasets'); README.md tells what it must hold."),
        ('{"datasets": [{"name": "a"}]}', "can't be used (KeyError: 'task'); README.md tells what it must hold."),
    ],
)
def test_a_folder_without_a_usable_index_is_refused(content: str | None, said: str, tmp_path: Path) -> None:
    """An index that is missing or can't be read is told with its place."""
    if content is not None:
        (tmp_path / "index.json").write_text(content)
    with pytest.raises(BadInput) as caught:
        folder_tables(tmp_path)
    assert said in str(caught.value)
    assert str(tmp_path) in str(caught.value)


def test_a_file_that_the_index_promises_is_missed(tmp_path: Path) -> None:
    """A table in the index whose file isn't there is told by its path."""
    entry = {"name": "gone", "task": "binary", "target": "y", "file": "gone.parquet"}
    (tmp_path / "index.json").write_text(json.dumps({"datasets": [entry]}))
    with pytest.raises(BadInput, match=r"gone\.parquet' is in the index but not in the folder"):
        _ = find_tables(["gone"], tmp_path)[0].frame
