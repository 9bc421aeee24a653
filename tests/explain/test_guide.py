"""The guide keeps its word: its examples run."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest

import automl

GUIDE = (Path(__file__).parents[2] / "docs" / "guides" / "explaining.md").read_text(encoding="utf-8")


def test_its_examples_run(
    bought: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The blocks, one after the other, are a program; what it prints are sentences."""
    monkeypatch.chdir(tmp_path)
    automl.fit(
        bought.rename(columns={"x": "visits", "twin": "minutes", "noise": "height"}),
        "bought",
        n_trials=2,
        time_budget=None,
        engine="inprocess",
        algorithms=["lightgbm"],
        cv=2,
        ensemble=False,
        out="runs/customers",
        verbose=0,
    )
    blocks = re.findall(r"^```python\n(.*?)^```", GUIDE, flags=re.DOTALL | re.MULTILINE)
    names: dict[str, object] = {}
    exec("\n".join(blocks), names)
    told = capsys.readouterr().out
    assert "Predictions of bought depend on" in told
    assert "With visits = 0.5 instead of 1.5 and city = 'Rome' instead of 'Oslo'" in told
    assert "Predicted 'yes' with" in told
