"""Files without column names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

import automl
from automl.checks.header import check_header


def test_a_file_without_header_is_told(plain: pd.DataFrame, tmp_path: Path) -> None:
    """Columns that the reader numbered are said to be so."""
    plain.to_csv(tmp_path / "bare.csv", index=False, header=False)
    plan = automl.plan(tmp_path / "bare.csv", "3")
    assert plan.findings["code"].tolist() == ["no-header"]
    assert "its 4 columns are called by their number from 0" in plan.findings.loc[0, "sentence"]


def test_an_array_has_no_header(plain: pd.DataFrame, look: Any) -> None:
    """Numbered columns of what isn't a file are as they should be."""
    numbered = plain.set_axis(["0", "1", "2", "3"], axis=1)
    assert look(check_header, numbered, target="3") == []
    assert look(check_header, plain, from_file=True) == []
