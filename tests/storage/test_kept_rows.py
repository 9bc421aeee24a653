"""Some training rows stay with the run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import automl
from automl.storage import kept_rows as module
from automl.storage.folder import RunFolder


def test_they_predict_the_same(demo_run: automl.Run, demo_frame: pd.DataFrame) -> None:
    """A kept row is as good as the row of the table."""
    positions, rows = automl.load(demo_run.folder).kept_rows()
    assert positions.tolist() == list(range(150))
    assert (demo_run.predict_proba(rows).to_numpy() == demo_run.predict_proba(demo_frame).to_numpy()).all()


def test_mixed_kinds_are_kept_as_text(tmp_path: Path) -> None:
    """A column of numbers, texts and gaps can be kept, its gaps as gaps; so can columns called by number."""
    mixed = pd.DataFrame({0: pd.Series([1, "two", None, 3.5], dtype=object), 1: [1.0, 2.0, 3.0, 4.0]})
    with RunFolder.create(tmp_path / "run") as folder:
        module.keep_rows(folder, mixed, 0)
        _, rows = module.kept_rows(folder)
    assert rows["0"].isna().tolist() == [False, False, True, False]
    assert rows["0"].dropna().tolist() == ["1", "two", "3.5"]
    assert rows["1"].tolist() == [1.0, 2.0, 3.0, 4.0]


def test_of_many_rows_some_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the limit it is a sample, in order, and its positions tell which rows."""
    monkeypatch.setattr(module, "MOST", 10)
    with RunFolder.create(tmp_path / "run") as folder:
        module.keep_rows(folder, pd.DataFrame({"x": np.arange(100)}), 3)
        positions, rows = module.kept_rows(folder)
    assert len(positions) == 10
    assert rows["x"].tolist() == positions.tolist() == sorted(positions)
