"""Gaps that say something about the target."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from automl.checks.missing_and_target import check_missing_and_target


def test_telling_gaps_are_told(plain: pd.DataFrame, look: Any) -> None:
    """A cabin that mostly those who paid have is told; one that is missing at random isn't."""
    rng = np.random.default_rng(1)
    paid = (plain["y"] == "yes") ^ (rng.random(len(plain)) < 0.15)
    plain["cabin"] = np.where(paid, rng.choice(["A", "B"], len(plain)), None)
    plain["deck"] = np.where(rng.random(len(plain)) < 0.5, plain["city"], None)
    (found,) = look(check_missing_and_target, plain)
    assert (found.code, found.severity, found.columns) == ("missing-tells-target", "note", ("cabin",))
    assert 0.35 < found.evidence["explained"]["cabin"] < 0.65


def test_gaps_that_tell_nearly_all_are_a_warning(plain: pd.DataFrame, look: Any) -> None:
    """A boat that nearly all survivors have, and a few others, was written down after the answer was known."""
    survived = (plain["y"] == "yes") ^ (np.arange(len(plain)) % 40 == 0)
    plain["boat"] = np.where(survived, plain["city"], None)
    (found,) = look(check_missing_and_target, plain)
    assert (found.severity, found.columns) == ("warning", ("boat",))
    assert found.evidence["explained"]["boat"] > 0.85


def test_telling_gaps_of_a_quantity(plain: pd.DataFrame, look: Any) -> None:
    """Of a quantity the ranks are explained, so that a long tail doesn't matter."""
    rng = np.random.default_rng(1)
    amount = np.exp(3 * plain["x"])
    plain["garage"] = np.where(plain["x"] + rng.normal(0, 0.5, len(plain)) > 0, "yes", None)
    (found,) = look(check_missing_and_target, plain.assign(y=amount), task="regression", ignore=["target-leak"])
    assert found.columns == ("garage",)
