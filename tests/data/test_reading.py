"""Reading: every kind of file and frame becomes the same table, and what can't be read says why."""

from __future__ import annotations

import bz2
import gzip
import lzma
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import scipy.sparse
from hypothesis import given
from hypothesis import strategies as st

from automl.data.reading import read, read_in_chunks
from automl.errors import DataError, MissingDependency

TEXT = "city,count\nKöln,1\nMünchen,2\n"


@pytest.fixture
def written(tmp_path: Path) -> Callable[[str, str | bytes], Path]:
    """Write a file and return its path."""

    def write(name: str, content: str | bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


Written = Callable[[str, str | bytes], Path]


def test_a_frame_is_not_changed_and_gets_string_names() -> None:
    """The caller's frame keeps its names; the table that is returned has string ones."""
    frame = pd.DataFrame({0: [1, 2], "b": ["x", "y"]}, index=[7, 8])
    table = read(frame)
    assert list(frame.columns) == [0, "b"]
    assert list(table.columns) == ["0", "b"]
    assert list(table.index) == [7, 8]


@pytest.mark.parametrize(
    "source",
    [
        np.array([[1.0, 2.0], [3.0, 4.0]]),
        scipy.sparse.csr_array(np.array([[1.0, 2.0], [3.0, 4.0]])),
        pa.table({"0": [1.0, 3.0], "1": [2.0, 4.0]}),
        pa.table({"0": [1.0, 3.0], "1": [2.0, 4.0]}).to_reader(),
        pl.DataFrame({"0": [1.0, 3.0], "1": [2.0, 4.0]}),
    ],
    ids=["array", "sparse", "arrow", "arrow stream", "polars"],
)
def test_arrays_and_frames_of_others_are_tables(source: Any) -> None:
    """NumPy, SciPy sparse and whatever has to_pandas or an Arrow stream give columns "0", "1", ...."""
    pd.testing.assert_frame_equal(read(source), pd.DataFrame({"0": [1.0, 3.0], "1": [2.0, 4.0]}))


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_found(written: Written, separator: str) -> None:
    """Comma, semicolon, tab and bar are told apart."""
    path = written("t.csv", f"a{separator}b\n1{separator}x, y; z\n2{separator}u\n".replace("x, y; z", "x"))
    assert read(path).columns.tolist() == ["a", "b"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_the_encoding_is_found(written: Written, encoding: str) -> None:
    """Unicode with and without a mark and the one-byte encodings are told apart."""
    assert read(written("t.csv", TEXT.encode(encoding)))["city"].tolist() == ["Köln", "München"]


def test_a_foreign_letter_far_down_decides_the_encoding(written: Written) -> None:
    """The whole file counts for the encoding, not its beginning."""
    table = read(written("t.csv", b"a,b\n" + b"1,x\n" * 200_000 + b"2,caf\xe9\n"))
    assert table["b"].iloc[-1] == "café"


@pytest.mark.parametrize(
    ("name", "pack"),
    [
        ("t.csv.gz", gzip.compress),
        ("t.csv.bz2", bz2.compress),
        ("t.csv.xz", lzma.compress),
        ("t.csv.zst", lambda data: pa.compress(data, codec="zstd", asbytes=True)),
    ],
)
def test_compressed_text_is_unpacked(written: Written, name: str, pack: Callable[[bytes], bytes]) -> None:
    """The ending tells the compression; where it doesn't, the first bytes do."""
    assert read(written(name, pack(TEXT.encode()))).shape == (2, 2)
    assert read(written("t.csv", pack(TEXT.encode()))).shape == (2, 2)


def test_a_zip_archive_of_one_table_is_unpacked(tmp_path: Path) -> None:
    """One file in the archive is the table; of several the caller must choose."""
    with zipfile.ZipFile(tmp_path / "one.zip", "w") as archive:
        archive.writestr("t.csv", TEXT)
    assert read(tmp_path / "one.zip").shape == (2, 2)
    with zipfile.ZipFile(tmp_path / "two.zip", "w") as archive:
        archive.writestr("t.csv", TEXT)
        archive.writestr("u.csv", TEXT)
    with pytest.raises(DataError, match=r"holds 2 files \(t.csv, u.csv\); unpack it and give one"):
        read(tmp_path / "two.zip")


def test_a_decimal_comma_is_found(written: Written) -> None:
    """Numbers with a comma between fields cut by semicolons are numbers, points between thousands too."""
    table = read(written("t.csv", "a;b\n1,5;x\n1.234,25;y\n"))
    assert table["a"].tolist() == [1.5, 1234.25]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("39, State-gov, 13\n50, Private, 9\n38, Private, 9\n52, State-gov, 7\n", ["0", "1", "2"]),
        ("age, work, n\n50, Private, 9\n38, Private, 9\n", ["age", "work", "n"]),
        ("0,1\n5.5,x\n6.5,y\n", ["0", "1"]),
        ("country,2019,2020\nA,1.5,2.5\nB,1,2\n", ["country", "2019", "2020"]),
        ("name,kind\nann,x\nbob,y\n", ["name", "kind"]),
        ("1,0,0\n2,0,1\n", ["0", "1", "2"]),
    ],
)
def test_a_missing_header_is_noticed(written: Written, text: str, names: list[str]) -> None:
    """Without names the columns are numbered; words, counted numbers and years above numbers are names."""
    assert read(written("t.csv", text)).columns.tolist() == names


def test_options_overrule_what_is_found(written: Written) -> None:
    """The caller's word on header, separator, encoding and decimal mark is taken."""
    path = written("t.foo", "1;2,5\n3;4,5\n".encode("latin-1"))
    table = read(path, header=False, separator=";", encoding="latin-1", decimal=",")
    assert table["1"].tolist() == [2.5, 4.5]
    assert read(path, header=True, separator=";", decimal=",").columns.tolist() == ["1", "2,5"]
    assert len(read(path, separator=";", header=False, n_rows=1)) == 1


def test_only_an_empty_field_is_missing(written: Written) -> None:
    """NA, ? and - are left for the columns to interpret."""
    table = read(written("t.csv", "a,b\nNA,1\n?,2\n,3\nnull,4\n"))
    assert table["a"].isna().tolist() == [False, False, True, False]


def test_blanks_after_separators_are_no_part_of_values(written: Written) -> None:
    """A file written as "a, b" gives "b"."""
    assert read(written("t.csv", "x, y\n1, a\n2, b\n"))["y"].tolist() == ["a", "b"]


@pytest.mark.parametrize("kind", ["parquet", "feather", "jsonl", "json", "xlsx"])
def test_other_kinds_of_files_are_read(tmp_path: Path, kind: str) -> None:
    """Parquet, Feather, JSON and Excel give the same table."""
    frame = pd.DataFrame({"a": [1, 2], "b": ["NA", "01"]})
    path = tmp_path / f"t.{kind}"
    {
        "parquet": frame.to_parquet,
        "feather": frame.to_feather,
        "jsonl": lambda path: frame.to_json(path, orient="records", lines=True),
        "json": lambda path: frame.to_json(path, orient="records"),
        "xlsx": lambda path: frame.to_excel(path, index=False),
    }[kind](path)
    pd.testing.assert_frame_equal(read(path), frame)
    assert len(read(path.as_uri(), n_rows=1)) == 1


def test_excel_without_its_library_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing library is one sentence with the extra that brings it."""
    path = tmp_path / "t.xlsx"
    path.write_bytes(b"x")
    monkeypatch.setattr("automl.data.sources.excel.find_spec", lambda name: None)
    with pytest.raises(MissingDependency, match="needs openpyxl; install the extra 'excel'"):
        read(path)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("e.csv", "", "is empty"),
        ("e.csv", "\n \n", "is empty"),
        ("h.csv", "a,b\n", "has a line of names and no rows"),
        ("d.csv", "a,b,a\n1,2,3\n", "Column names stand more than once in .*: 'a'. Rename or drop the copies"),
        ("r.csv", "a,b\n" + "1,2\n" * 9 + "1,2,3\n", "has 3 fields in line 11 where 2 were expected"),
        ("r.csv", "a,b\n1,2,3\n4,5,6\n", "has 2 names in its first line but 3 fields in the rows"),
        ("q.csv", 'a,b\n"1,2\n' + "1,2\n" * 9, "check it for an open quotation mark"),
        ("b.csv", bytes(range(256)), "is not a text file"),
        ("x.foo", "a,b\n1,2\n", "has the unknown ending '.foo'"),
        ("g.csv.gz", "a,b\n1,2\n", "can't be unpacked as .gz"),
        ("p.parquet", "junk", "can't be read as Parquet"),
        ("j.json", '{"a":', "neither JSON lines nor a JSON array of records"),
        ("j.json", "[1, 2]", "give one JSON object for each row"),
    ],
)
def test_a_file_that_is_no_table_says_why(written: Written, name: str, content: str | bytes, message: str) -> None:
    """Each kind of broken file has its own sentence."""
    with pytest.raises(DataError, match=message):
        read(written(name, content))


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("t.csv", {"sheet": 1}, r"^sheet can't be chosen for '.*t\.csv'"),
        ("t.parquet", {"encoding": "latin-1", "header": False}, "^encoding and header can't be chosen"),
        ("t.jsonl", {"decimal": ","}, "^decimal can't be chosen"),
        ("t.xlsx", {"decimal": ","}, "^decimal can't be chosen"),
    ],
)
def test_an_option_that_says_nothing_is_refused(
    written: Written, name: str, options: dict[str, Any], message: str
) -> None:
    """No option is accepted and ignored, whether the table is read whole or in pieces."""
    path = written(name, TEXT)
    with pytest.raises(DataError, match=message):
        read(path, **options)
    with pytest.raises(DataError, match=message):
        next(read_in_chunks(path, **options))
    with pytest.raises(DataError, match="can't be chosen for a DataFrame"):
        read(pd.DataFrame({"a": [1]}), **options)


def test_a_wrong_encoding_is_named(written: Written) -> None:
    """What can't be decoded, and an encoding that doesn't exist, are one sentence each."""
    path = written("t.csv", b"a,b\ncaf\xe9,1\n")
    with pytest.raises(DataError, match=r"can.t be decoded as utf-8 \(byte 0xe9\)"):
        read(path, encoding="utf-8")
    with pytest.raises(DataError, match="There is no encoding 'klingon'"):
        read(path, encoding="klingon")


def test_the_closest_file_is_offered(written: Written, tmp_path: Path) -> None:
    """A misspelt path names its neighbour."""
    written("train.csv", TEXT)
    with pytest.raises(DataError, match=r"There is no file .*trian.csv'. Did you mean .*train.csv'"):
        read(tmp_path / "trian.csv")


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ([1, 2], "can't be read from list"),
        (pl.LazyFrame({"a": [1]}), r"can't be read from LazyFrame; .* Call its collect\(\) first"),
        (np.zeros((2, 2, 2)), "has 3 dimensions"),
        (pd.DataFrame(), "The table has no columns"),
        (pd.DataFrame({"a": []}), "The table has no rows"),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), "more than once in the table: 'a'"),
        (scipy.sparse.csr_array((10**5, 10**5)), "10,000,000,000 cells"),
    ],
)
def test_what_is_no_table_says_why(source: Any, message: str) -> None:
    """Objects that hold no usable table are refused in one sentence."""
    with pytest.raises(DataError, match=message):
        read(source)


def test_chunks_make_up_the_whole(written: Written) -> None:
    """Read in pieces, a text file gives the rows that it gives at once."""
    path = written("t.csv", "a,b\n" + "".join(f"{i},x{i}\n" for i in range(25)))
    pieces = list(read_in_chunks(path, rows=10))
    assert [len(piece) for piece in pieces] == [10, 10, 5]
    pd.testing.assert_frame_equal(pd.concat(pieces), read(path))


@given(
    st.lists(
        st.tuples(st.text("abc ,;\"'\n|", min_size=1).filter(str.strip), st.integers(-9, 9)), min_size=5, max_size=20
    )
)
def test_what_pandas_writes_is_read_back(tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, int]]) -> None:
    """Quoted separators, quotation marks and line ends in texts survive the detection."""
    path = tmp_path_factory.mktemp("t") / "t.csv"
    frame = pd.DataFrame(rows, columns=["text", "number"])
    frame.to_csv(path, index=False)
    assert read(path)["number"].tolist() == frame["number"].tolist()


def test_raw_files_as_users_have_them(data_dir: Path) -> None:
    """The raw copies of public tables are read without an option."""
    shapes = {path.name: read(path).shape for path in sorted((data_dir / "raw").glob("*.csv"))}
    assert shapes == {
        "adult_test_noheader.csv": (16281, 15),
        "adult_train_noheader.csv": (32561, 15),
        "airline_sentiment_latin1.csv": (14640, 20),
        "house_prices.csv": (1460, 81),
        "telco_churn.csv": (7043, 21),
    }
