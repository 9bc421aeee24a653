"""A test table beside the training table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import automl
from automl.checks.later_table import check_later_columns, check_later_distributions, check_later_rows
from automl.errors import DataError


def test_lacking_columns_stop(plain: pd.DataFrame, look: Any) -> None:
    """A column that predictions need is an error that names it; the target may be absent."""
    (found,) = look(check_later_columns, plain, test=plain[["city", "size"]])
    assert (found.code, found.severity, found.columns) == ("test-columns", "error", ("x",))
    assert look(check_later_columns, plain, test=plain.drop(columns="y")) == []
    with pytest.raises(DataError, match="The test table lacks 1 of 3 columns that predictions need: 'x'"):
        automl.plan(plain, "y", test=plain[["city", "size"]])


def test_rows_of_both_tables_are_told(plain: pd.DataFrame, look: Any) -> None:
    """Forty of a hundred rows that were trained on are told, in whatever dtypes and order the columns come."""
    train, test = plain.head(340), plain.tail(100)
    (found,) = look(check_later_rows, train, test=test.astype({"city": "category"})[["city", "size", "x"]])
    assert (found.code, found.evidence) == ("test-overlap", {"rows": 40, "share": 0.4})
    assert look(check_later_rows, plain.head(300), test=test) == []


def test_moved_columns_are_told(plain: pd.DataFrame, look: Any) -> None:
    """Numbers, categories and gaps that are distributed otherwise are told, the most moved first."""
    train, test = plain.head(200), plain.tail(200)
    assert look(check_later_distributions, train, test=test) == []
    moved = test.assign(x=test["x"] + 0.9, city=test["city"].replace("Oslo", "Wien"), size=test["size"])
    (found,) = look(check_later_distributions, train, test=moved)
    assert (found.code, set(found.columns)) == ("test-drift", {"x", "city"})
    assert found.evidence["distances"]["city"] > 0.25
    gone = test.assign(size=test["size"].where(np.arange(200) % 2 == 0))
    assert look(check_later_distributions, train, test=gone)[0].columns == ("size",)


def test_small_differences_are_not(look: Any) -> None:
    """What is surely no chance, but moves few rows, is not told."""
    rng = np.random.default_rng(0)
    train = pd.DataFrame({"x": rng.normal(size=8_000), "z": rng.normal(size=8_000), "y": rng.normal(size=8_000)})
    assert look(check_later_distributions, train, test=train.assign(x=train["x"] + 0.1)) == []


def test_a_test_file(plain: pd.DataFrame, tmp_path: Path) -> None:
    """``test=`` reads what ``data`` may be."""
    plain.tail(100).to_csv(tmp_path / "test.csv", index=False)
    assert automl.plan(plain, "y", test=tmp_path / "test.csv").findings["code"].tolist() == ["test-overlap"]
