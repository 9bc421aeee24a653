"""Findings on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner, Result

from automl.cli import main


@pytest.fixture
def table(plain: pd.DataFrame, tmp_path: Path) -> Path:
    """Return a file with a label of four rows and a copy of the target."""
    plain["y"] = np.where(np.arange(len(plain)) < 4, "perhaps", plain["y"])
    plain["copy"] = plain["y"].str.upper()
    plain.to_csv(tmp_path / "table.csv", index=False)
    return tmp_path / "table.csv"


def _plan(table: Path, *options: str) -> Result:
    return CliRunner().invoke(main, ["plan", str(table), "--target", "y", *options])


def test_a_plan_lists_them_once(table: Path) -> None:
    """Each finding is a line of the plan, and none is told a second time as a note."""
    done = _plan(table)
    assert done.exit_code == 0
    assert "Warning: Label 'perhaps' (4) of y has fewer than 10 rows." in done.stdout
    assert done.stdout.count("'copy' is set aside because it gives the target away") == 1
    assert done.stderr == ""
    listed = json.loads(_plan(table, "--json").stdout)["findings"]
    assert [each["code"] for each in listed] == ["target-leak", "rare-class"]


def test_strict_and_ignore(table: Path) -> None:
    """``--strict`` ends with the usual code of a table that can't be used; ``--ignore`` may be repeated."""
    done = _plan(table, "--strict")
    assert done.exit_code == 2
    assert done.stderr.startswith("Error: Column 'copy' is set aside because it gives the target away")
    assert "There is 1 more (rare-class). ignore=['target-leak'] goes on without this check." in done.stderr
    assert _plan(table, "--strict", "--ignore", "target-leak", "--ignore", "rare-class").exit_code == 0
    done = _plan(table, "--ignore", "rare-classes")
    assert done.exit_code == 2
    assert done.stderr == "Error: Unknown finding code in ignore 'rare-classes'. Did you mean 'rare-class'?\n"


def test_a_later_table(table: Path, tmp_path: Path) -> None:
    """``--test`` names a file; one that lacks a column is an error."""
    pd.read_csv(table).tail(50).to_csv(tmp_path / "later.csv", index=False)
    assert (
        "50 of 50 rows of the test table stand in the training table"
        in _plan(table, "--test", str(tmp_path / "later.csv")).stdout
    )
    pd.read_csv(table)[["city", "y"]].to_csv(tmp_path / "later.csv", index=False)
    done = _plan(table, "--test", str(tmp_path / "later.csv"))
    assert done.exit_code == 2
    assert "lacks 2 of 3 columns" in done.stderr
