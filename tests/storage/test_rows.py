"""Tables that are written a piece at a time."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from automl.errors import PlanError, StorageError
from automl.storage.rows import RowFile

FIRST = pd.DataFrame({"name": ["a,b", "ü"], "p": [0.1, 0.25]})
SECOND = pd.DataFrame({"name": ["c"], "p": [1.0]})
READERS = {".csv": pd.read_csv, ".tsv": lambda path: pd.read_csv(path, sep="\t"), ".parquet": pd.read_parquet}


@pytest.mark.parametrize("suffix", READERS)
def test_pieces_make_one_table(tmp_path: Path, suffix: str) -> None:
    """What was written in pieces reads as one table, whatever the format; the folder above is made."""
    path = tmp_path / "new" / f"rows{suffix}"
    with RowFile(path) as file:
        file.write(FIRST)
        file.write(SECOND)
    expected = pd.concat([FIRST, SECOND], ignore_index=True)
    pd.testing.assert_frame_equal(READERS[suffix](path), expected, check_dtype=False)
    assert [each.name for each in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("suffix", READERS)
def test_error_leaves_the_old_file(tmp_path: Path, suffix: str) -> None:
    """Half a table never stands under the name; a file that was there before is still there."""
    path = tmp_path / f"rows{suffix}"
    path.write_text("old")

    def interrupted() -> None:
        with RowFile(path) as file:
            file.write(FIRST)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert path.read_text() == "old"
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


def test_later_pieces_take_the_first_ones_types(tmp_path: Path) -> None:
    """A gap in a later piece of a Parquet file doesn't change the column's type."""
    path = tmp_path / "rows.parquet"
    with RowFile(path) as file:
        file.write(pd.DataFrame({"n": pd.array([1, 2], dtype="int64[pyarrow]")}))
        file.write(pd.DataFrame({"n": pd.array([3, None], dtype="int64[pyarrow]")}))
    read = pd.read_parquet(path, dtype_backend="pyarrow")["n"]
    assert read.dtype == "int64[pyarrow]"
    assert read.fillna(-1).tolist() == [1, 2, 3, -1]


def test_unknown_format() -> None:
    """The message names the formats that can be written."""
    with pytest.raises(PlanError, match=r"Can't tell how to write 'out\.xlsx'\. Known: \.csv, \.parquet, \.tsv\."):
        RowFile(Path("out.xlsx"))


def test_unwritable_place(tmp_path: Path) -> None:
    """A path that can't be written is told before the first rows are worked out."""
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="can't be written"), RowFile(tmp_path / "file" / "rows.csv"):
        raise AssertionError("never reached")
