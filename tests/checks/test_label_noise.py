"""Labels that models contradict."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

import automl
from automl.checks.label_noise import find_label_noise


def _honest(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return probabilities and labels drawn by them."""
    rng = np.random.default_rng(seed)
    p = rng.beta(0.5, 0.5, 4_000)
    return np.column_stack([1 - p, p]), (rng.random(4_000) < p).astype(int)


def test_honest_probabilities_give_no_finding() -> None:
    """Where one in six is wrong because the problem is hard, nothing is said against the labels."""
    for seed in range(5):
        assert find_label_noise(*_honest(seed), np.arange(4_000), (0, 1), "y") is None


def test_flipped_labels_are_found() -> None:
    """Every twentieth label of an easy problem flipped is found, though the models expect as many."""
    rng = np.random.default_rng(0)
    y = np.arange(4_000) % 2
    p = np.clip(np.where(y, 0.95, 0.05) + rng.normal(0, 0.02, 4_000), 0, 1)
    probabilities = np.column_stack([1 - p, p])
    flipped = np.arange(0, 4_000, 20)
    y[flipped] ^= 1
    found = find_label_noise(probabilities, y, np.arange(4_000), ("no", "yes"), "y")
    assert found is not None
    assert found.code == "label-noise"
    assert found.evidence["count"] == found.evidence["errors"] == 200
    assert np.isin(found.evidence["rows"], flipped).all()
    assert set(found.evidence["labels"]) <= {"no", "yes"}


def test_a_run_tells_of_wrong_labels(tmp_path: Path) -> None:
    """After the search ``run.findings`` has the plan's findings and this one, unless it was left out."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=500)
    y = np.where(x > 0, "up", "down")
    wrong = rng.choice(np.flatnonzero(np.abs(x) > 0.2), 25, replace=False)
    y[wrong] = np.where(y[wrong] == "up", "down", "up")
    table = pd.DataFrame({"x": x, "same": 1, "y": y})
    how = {"algorithms": ["linear"], "n_trials": 2, "time_budget": None, "cv": 3, "engine": "inprocess", "verbose": 0}
    run = automl.fit(table, "y", out=tmp_path / "a", **how)
    assert run.findings["code"].tolist() == ["label-noise", "constant"]
    assert np.isin(run.findings.loc[0, "evidence"]["rows"], wrong).mean() > 0.8
    assert automl.load(run.folder).findings.equals(run.findings)
    quiet = automl.fit(table, "y", out=tmp_path / "b", ignore=["label-noise"], **how)
    assert quiet.findings["code"].tolist() == ["constant"]
