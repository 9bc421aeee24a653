"""The guide keeps its word: its examples run and say what stands in it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from sklearn.datasets import load_breast_cancer

import automl

GUIDE = (Path(__file__).parents[2] / "docs" / "guides" / "comparing.md").read_text(encoding="utf-8")


def test_its_examples_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The blocks, one after the other, are a program; here with a small table and three trials."""
    frame = load_breast_cancer(as_frame=True).frame.iloc[:, -6:].rename(columns={"target": "income"})
    frame.to_csv(tmp_path / "train.csv", index=False)
    monkeypatch.chdir(tmp_path)
    fit = automl.fit

    def quick(data: Any, **words: Any) -> automl.Run:
        few = {"time_budget": None, "n_trials": 3, "engine": "inprocess", "cv": 3, "verbose": 0}
        return fit(data, **{**words, **few, "algorithms": ["linear", "naive_bayes"]})

    monkeypatch.setattr(automl, "fit", quick)
    blocks = re.findall(r"^```python\n(.*?)^```", GUIDE, flags=re.DOTALL | re.MULTILINE)
    names: dict[str, Any] = {}
    exec("\n".join(blocks), names)
    told = capsys.readouterr().out
    assert "the chances are" in told
    assert "3,841 rows in each of 2 arms" in told
    assert names["trial"].verdict().state == "b wins"
    assert (tmp_path / "new-ranking.jsonl").exists()


def test_every_state_is_named() -> None:
    """The guide's states are those of the code."""
    from automl.comparison.live import judging

    for state in (judging.RUNNING, judging.NO_DIFFERENCE, judging.SAMPLE_RATIO, judging.GUARDRAIL, "a wins"):
        assert f"`{state}`" in GUIDE
