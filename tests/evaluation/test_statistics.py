"""What a search cost is counted from its folds."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import automl
from automl.evaluation.statistics import Statistics
from automl.features.preparation import Preparation
from automl.values.candidate import Candidate
from automl.values.evaluation import Evaluation, Failure, FoldResult


def evaluation(number: int, *folds: FoldResult) -> Evaluation:
    return Evaluation(number, Candidate.of("a", {"k": number}), folds, "complete")


def test_folds_are_added_up() -> None:
    """Processor seconds are summed over folds that were fitted; a failed one counts as a trial only."""
    first = FoldResult(0, 0.5, cpu_seconds=4.0, preparing_seconds=1.0)
    second = FoldResult(0, 0.4, cpu_seconds=2.0, preparing_seconds=0.1, saved_seconds=0.9)
    failed = FoldResult(0, math.nan, failure=Failure("crashed", "no luck"))
    found = Statistics.of([evaluation(0, first), evaluation(1, second), evaluation(2, failed)], 5.0, 2, 0.3)
    assert (found.trials, found.folds, found.prepared, found.reused) == (3, 2, 1, 1)
    assert (found.fold_seconds, found.preparing_seconds, found.saved_seconds) == (6.0, 1.1, 0.9)
    assert found.utilisation == pytest.approx(0.6)
    assert found.coordinator_share == pytest.approx(0.03)
    assert "a prepared one used again 1 times, which saved 0.9s" in str(found)
    assert found.frame().set_index("quantity")["value"]["utilisation"] == pytest.approx(0.6)


def test_what_is_not_known_is_not_told() -> None:
    """A run without time or folds divides by nothing, and an unknown coordinator is left out."""
    empty = Statistics.of([], 0.0, 1)
    assert math.isnan(empty.utilisation)
    assert "coordinator" not in str(Statistics.of([], 1.0, 1))


def test_a_whole_search_prepares_each_fold_and_variant_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As many preparations are fitted as folds times variants, however many candidates there are; a run counts both."""
    fitted: list[tuple[str, int]] = []
    original = Preparation.fit_transform

    def spy(self: Preparation, X: Any, *args: Any, **kwargs: Any) -> Any:
        fitted.append((self.variant, round(float(np.nansum(X)) * 1e6)))  # which fold: its rows are its own
        return original(self, X, *args, **kwargs)

    monkeypatch.setattr(Preparation, "fit_transform", spy)
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.normal(size=(90, 3)), columns=["a", "b", "c"])
    table["kind"] = np.where(table["a"] + rng.normal(0, 0.5, 90) > 0, "yes", "no")
    options: dict[str, Any] = {"engine": "inprocess", "cv": 3, "time_budget": None, "n_trials": 7, "verbose": 0}
    run = automl.fit(table, "kind", algorithms=["linear", "extra_trees"], out=tmp_path / "run", **options)
    assert len(fitted) == len(set(fitted)) == run.statistics.prepared
    assert run.statistics.reused == run.statistics.folds - len(fitted) > 0
    assert run.statistics.saved_seconds > 0
    again = automl.load(run.folder)
    assert isinstance(again, automl.Run)
    assert again.statistics.frame().equals(run.statistics.frame())
