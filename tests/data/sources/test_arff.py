"""ARFF: attributes come with their types, and a line that can't be understood is named."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from automl.data.reading import read, read_in_chunks
from automl.errors import DataError

WEATHER = """% a comment
@RELATION 'the weather'

@attribute temperature NUMERIC
@attribute 'wind force' {calm, 'strong, gusty', "sailor's"}
@attribute note string
@attribute rain INTEGER
@DATA
% rows
21.5, calm, 'quiet, warm', 0
?,'strong, gusty', 'a \\'gale\\'', 3
-4, "sailor's", ?, 12
"""


def arff(folder: Path, text: str) -> Path:
    """Write a file and return its path."""
    (folder / "t.arff").write_text(text)
    return folder / "t.arff"


def test_attributes_come_with_their_types(tmp_path: Path) -> None:
    """Numbers, listed values and texts keep their types, quoted names and values lose their marks, ? is missing."""
    table = read(arff(tmp_path, WEATHER))
    assert table.columns.tolist() == ["temperature", "wind force", "note", "rain"]
    assert table["wind force"].cat.categories.tolist() == ["calm", "strong, gusty", "sailor's"]
    assert table["wind force"].tolist() == ["calm", "strong, gusty", "sailor's"]
    assert table["note"].tolist()[:2] == ["quiet, warm", "a 'gale'"]
    assert table["rain"].dtype == "int64"
    assert table.isna().sum().tolist() == [1, 0, 1, 0]


def test_sparse_rows_are_filled(tmp_path: Path) -> None:
    """What a sparse row doesn't list is 0, or the first of the listed values."""
    table = read(
        arff(tmp_path, "@relation r\n@attribute a numeric\n@attribute b {u, v}\n@data\n{0 3, 1 v}\n{}\n{1 ?}\n")
    )
    assert table["a"].tolist() == [3, 0, 0]
    assert table["b"].tolist()[:2] == ["v", "u"]
    assert table["b"].isna().tolist() == [False, False, True]


def test_pieces_make_the_whole(tmp_path: Path) -> None:
    """Read in pieces, it is the same table with the same levels."""
    path = arff(tmp_path, WEATHER)
    pieces = list(read_in_chunks(path, rows=2))
    assert [len(piece) for piece in pieces] == [2, 1]
    pd.testing.assert_frame_equal(pd.concat(pieces, ignore_index=True), read(path))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\n1,2\n", "is no ARFF file: line 1 begins with 'a,b' before @data"),
        ("@relation r\n@attribute a numeric\n", "has no @data line; check that it is complete"),
        ("@relation r\n@data\n1\n", "declares no attribute"),
        ("@relation r\n@attribute a\n@data\n1\n", "line 2: '@attribute a' is no attribute; it needs a name and a type"),
        ("@attribute a relational\n@data\n1\n", "line 1: the attribute 'a' has the type 'relational'"),
        ("@attribute a numeric\n@data\n1,2\n", "has 2 values in line 3 where 1 were expected; mend the line"),
        ("@attribute a numeric\n@data\nx\n", "the numeric attribute 'a' holds something else"),
        ("@attribute a {u,v}\n@data\nw\n", "'w' is no value of the attribute 'a', which lists 'u', 'v'"),
        ("@attribute a numeric\n@data\n{7 1}\n", "line 3: '7 1' names no attribute; they go from 0 to 0"),
        ("@attribute a numeric\n@attribute a real\n@data\n1,2\n", "Column names stand more than once"),
        ("@attribute a numeric\n@data\n", "has no rows; give at least one"),
    ],
)
def test_a_broken_file_says_where(tmp_path: Path, text: str, message: str) -> None:
    """Each way to be broken has its own sentence, with the line."""
    with pytest.raises(DataError, match=message):
        read(arff(tmp_path, text))
