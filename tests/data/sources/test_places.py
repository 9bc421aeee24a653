"""Paths, folders and patterns: which files make a table, and why others don't."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from automl.data.reading import read, read_in_chunks
from automl.errors import DataError

PART = pd.DataFrame({"a": [1, 2], "b": ["x", "y"]})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder of three files of the same table."""
    for number in range(3):
        PART.assign(a=PART["a"] + 10 * number).to_csv(tmp_path / f"part-{number}.csv", index=False)
    return tmp_path


def test_a_folder_is_one_table(folder: Path) -> None:
    """Its files follow one another by name; what tools leave beside them is passed over."""
    (folder / "_SUCCESS").touch()
    (folder / ".part.csv").write_text("junk")
    (folder / "LICENSE").write_text("free")
    assert read(folder)["a"].tolist() == [1, 2, 11, 12, 21, 22]
    assert read(str(folder) + "/")["b"].tolist() == ["x", "y"] * 3
    assert read(folder, n_rows=3)["a"].tolist() == [1, 2, 11]
    assert [len(piece) for piece in read_in_chunks(folder, rows=10)] == [2, 2, 2]


def test_a_pattern_chooses_files(folder: Path) -> None:
    """``*``, ``?`` and ``[…]`` choose files, ``**`` goes into folders."""
    assert read(f"{folder}/part-[02].csv")["a"].tolist() == [1, 2, 21, 22]
    assert len(read(folder.parent / folder.name / "**" / "*.csv")) == 6
    with pytest.raises(DataError, match=r"No file matches '.*x-\*\.csv'; check the pattern"):
        read(folder / "x-*.csv")


def test_a_file_whose_name_is_a_pattern_is_a_file(tmp_path: Path) -> None:
    """Brackets in the name of a file that exists mean themselves."""
    PART.to_csv(tmp_path / "t[1].csv", index=False)
    assert len(read(tmp_path / "t[1].csv")) == 2


def test_the_order_of_columns_may_differ(folder: Path) -> None:
    """Columns are matched by name."""
    PART[["b", "a"]].to_csv(folder / "part-3.csv", index=False)
    assert read(folder)["a"].tolist()[-2:] == [1, 2]


def test_folders_may_tell_a_column(tmp_path: Path) -> None:
    """A folder ``year=2024`` gives the column ``year``, whether a folder or a pattern is read."""
    for year in (2023, 2024):
        (tmp_path / f"year={year}").mkdir()
        PART.to_parquet(tmp_path / f"year={year}" / "t.parquet")
    assert read(tmp_path)["year"].tolist() == ["2023", "2023", "2024", "2024"]
    assert read(f"{tmp_path}/*/*.parquet")["year"].tolist() == ["2023", "2023", "2024", "2024"]


def test_types_that_differ_between_files_are_settled(folder: Path) -> None:
    """A column that is a number in one file and a word in another is text as it is written."""
    (folder / "part-0.csv").write_text("a,b\n007,x\n")
    (folder / "part-1.csv").write_text("a,b\nA12,x\n")
    assert read(folder)["a"].tolist() == ["007", "A12", "21", "22"]


def test_differing_columns_are_refused(folder: Path) -> None:
    """The first file that doesn't fit is named, with what it lacks and has."""
    PART.rename(columns={"a": "c"}).to_csv(folder / "part-2.csv", index=False)
    with pytest.raises(
        DataError, match=r"have differing columns: '.*part-2\.csv' lacks 'a' and has 'c', unlike '.*part-0\.csv'. Name"
    ):
        read(folder)


def test_an_empty_file_in_a_folder_is_named(folder: Path) -> None:
    """Of many files the one without content is told."""
    (folder / "part-1.csv").write_text("")
    with pytest.raises(DataError, match=r"part-1\.csv' is empty"):
        read(folder)


def test_several_kinds_in_a_folder_are_refused(folder: Path) -> None:
    """A folder of CSV and Parquet files is hardly one table; a pattern says which ones are meant."""
    PART.to_parquet(folder / "t.parquet")
    with pytest.raises(
        DataError, match=r"holds text and Parquet files; name those that make one table, such as '.*/\*\.csv'"
    ):
        read(folder)


def test_a_folder_without_tables_is_refused(tmp_path: Path) -> None:
    """An empty folder, or one of other things, is no table."""
    (tmp_path / "notes.md").write_text("hello")
    with pytest.raises(DataError, match="holds no table; give the path of a file"):
        read(tmp_path)
