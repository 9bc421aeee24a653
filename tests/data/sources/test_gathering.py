"""Files in pieces make one table, and what memory can't hold becomes a fair sample of it."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import automl
from automl.data.reading import read
from automl.data.sources import collecting, gathering
from automl.errors import AutoMLWarning, DataError

ROWS = 20_000
FRAME = pd.DataFrame(
    {
        "n": np.arange(ROWS),
        "code": [f"{i % 900:03d}" for i in range(ROWS - 1)] + ["x"],
        "late": [None] * (ROWS - 5) + [1.5] * 5,
    }
)
WRITERS: dict[str, Callable[[Path], object]] = {
    "csv": lambda path: FRAME.to_csv(path, index=False),
    "csv.gz": lambda path: FRAME.to_csv(path, index=False),
    "parquet": lambda path: FRAME.to_parquet(path, row_group_size=3_000),
    "feather": lambda path: FRAME.to_feather(path, chunksize=3_000),
    "jsonl": lambda path: FRAME.to_json(path, orient="records", lines=True),
}


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read in pieces of 3,000 rows."""
    monkeypatch.setattr(collecting, "CHUNK_ROWS", 3_000)


@pytest.fixture(params=sorted(WRITERS))
def big(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Write a table that a small memory can't hold."""
    path = tmp_path / f"big.{request.param}"
    WRITERS[request.param](path)
    return path


def test_a_table_larger_than_memory_is_sampled_fairly(big: Path) -> None:
    """Rows come from all over the file, the same ones each time, as many as fit, and it is said how many."""
    with pytest.warns(
        AutoMLWarning, match=r"has 20,000 rows, more than 300\.0 kB of memory for a table hold: [\d,]+ of them"
    ):
        sample = read(big, memory="300kB")
    assert 2_000 < len(sample) < ROWS / 1.5
    assert sample.memory_usage(deep=True).sum() < 300_000
    assert abs(sample["n"].mean() - ROWS / 2) < 5 * ROWS / np.sqrt(12 * len(sample))
    assert sample["n"].is_monotonic_increasing
    pd.testing.assert_frame_equal(sample, FRAME.loc[sample["n"]].reset_index(drop=True), check_dtype=False)
    with pytest.warns(AutoMLWarning):
        pd.testing.assert_frame_equal(read(big, memory="300kB"), sample)


def test_every_row_has_the_same_chance(tmp_path: Path) -> None:
    """Neither the head nor the end of a file is preferred."""
    path = tmp_path / "t.parquet"
    pd.DataFrame({"n": np.arange(ROWS)}).to_parquet(path)
    with pytest.warns(AutoMLWarning):
        kept = read(path, memory="40kB")["n"]
    tenths = np.bincount(kept // (ROWS // 10), minlength=10)
    assert (np.abs(tenths - len(kept) / 10) < 5 * np.sqrt(len(kept) / 10)).all()


def test_a_table_that_fits_is_read_whole_though_its_size_was_overestimated(big: Path) -> None:
    """Where pieces turn out to fit, every row is there, of the same types as read at once, and nothing is said."""
    limit = int(2.5 * FRAME.memory_usage(deep=True).sum())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        pd.testing.assert_frame_equal(read(big, memory=limit), read(big, memory="10GB"))


def test_a_column_of_numbers_and_words_keeps_its_spelling(tmp_path: Path) -> None:
    """A word far down makes the whole column text: ``007`` above it stays ``007``."""
    WRITERS["csv"](tmp_path / "t.csv")
    with pytest.warns(AutoMLWarning):
        codes = read(tmp_path / "t.csv", memory="300kB")["code"]
    assert codes.str.len().max() == 3
    assert "007" in set(codes)


def test_memory_is_what_is_free(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a figure, the power of two in a quarter of the free memory decides, for ``read`` and whatever reads."""
    WRITERS["csv"](tmp_path / "t.csv")
    monkeypatch.setattr(gathering, "available_memory", lambda: 1_000_000)
    with pytest.warns(AutoMLWarning, match=r"more than 131\.1 kB of memory"):
        assert len(read(tmp_path / "t.csv")) < ROWS


@pytest.mark.parametrize("memory", [0, -1, "much", True])
def test_an_impossible_memory_is_refused(memory: object) -> None:
    """Memory is a number of bytes or a text such as 2GB."""
    with pytest.raises(automl.PlanError, match=r"memory=.*; give bytes or a text such as '4GB'"):
        read(FRAME, memory=memory)  # type: ignore[arg-type]


def test_memory_for_not_one_row_is_refused(tmp_path: Path) -> None:
    """A sample of no rows is an error, not an empty table."""
    WRITERS["parquet"](tmp_path / "t.parquet")
    with pytest.raises(DataError, match="A table of at most 1 B can't hold a single row; give more memory"):
        read(tmp_path / "t.parquet", memory=1)


def test_the_first_rows_need_not_the_rest(big: Path) -> None:
    """``n_rows`` is the head, never a sample."""
    assert read(big, n_rows=7, memory="300kB")["n"].tolist() == list(range(7))
