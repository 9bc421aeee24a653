"""Which candidates are trained with more rows, and what becomes of them in a whole run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import automl
from automl.search.ladder import Ladder
from automl.values.candidate import Candidate
from automl.values.evaluation import Evaluation, FoldResult, State


def evaluation(number: int, name: str, loss: float, state: State = "complete", rows: int | None = None) -> Evaluation:
    candidate = replace(Candidate.of(name, {"k": number}), rows=rows)
    return Evaluation(number, candidate, (FoldResult(0, loss),), state)


def test_the_best_of_each_family_comes_before_the_second_best_of_any() -> None:
    """Neither the dummy, nor what is not complete, nor what has more rows already is trained again; nobody twice."""
    done = [
        evaluation(0, "dummy", 0.1),
        evaluation(1, "trees", 0.3),
        evaluation(2, "trees", 0.2),
        evaluation(3, "lines", 0.5),
        evaluation(4, "lines", 0.4, "partial"),
        evaluation(5, "trees", 0.1, rows=9_000),
    ]
    tried: list[Candidate] = []
    while (found := Ladder(1_000, 9_000).promoted(done, tried, lambda each: 1.0, 100.0)) is not None:
        assert found.rows == 9_000
        tried.append(replace(found, rows=None))
    assert [each.config["k"] for each in tried] == [2, 3, 1]


def test_rows_are_what_the_time_allows_and_worth_it() -> None:
    """Time is taken to grow with the rows; where that gives hardly more than the sample, the next one has its turn."""
    done = [evaluation(0, "slow", 0.1), evaluation(1, "quick", 0.2)]
    found = Ladder(1_000, 50_000).promoted(done, [], lambda each: 5.0 if each.algorithm == "slow" else 0.5, 6.0)
    assert (found.algorithm, found.rows) == ("quick", 12_000) if found else False
    assert Ladder(1_000, 50_000).promoted(done, [], lambda each: 5.0, 6.0) is None


def test_a_run_on_a_sample_ends_with_more_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Promoted trials stand on the leaderboard, survive loading, and are fitted again from the recipe."""
    monkeypatch.setattr("automl.preparing.training_rows", lambda *_: 60)
    monkeypatch.setattr("automl.search.loop.LATE", 1.0)
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.normal(size=(400, 3)), columns=["a", "b", "c"])
    table["kind"] = np.where(table["a"] + rng.normal(0, 0.5, 400) > 0, "yes", "no")
    options: dict[str, Any] = {"engine": "inprocess", "time_budget": 60, "n_trials": 4, "ensemble": False, "verbose": 0}
    run = automl.fit(table, "kind", algorithms=["linear"], out=tmp_path / "run", **options)
    assert run.plan.folds.train_rows == 60
    assert "later the best of them on more" in run.plan.folds.reason
    (promoted,) = [each for each in run.evaluations if each.candidate.rows is not None][:1]
    assert promoted.candidate.rows > 90  # type: ignore[operator]  # it is not None
    name = f"linear-{promoted.number}"
    row = run.leaderboard.set_index("id").loc[name]
    assert row["reason"] == f"trained on {promoted.candidate.rows:,} rows of a fold"
    again = automl.load(run.folder)
    assert isinstance(again, automl.Run)
    assert [each.candidate for each in again.evaluations] == [each.candidate for each in run.evaluations]
    rebuilt = automl.rebuild(table, run.recipe(name))
    rows = table.drop(columns="kind").head(20)
    given = run.pipeline(name).predict_proba(rows)
    assert rebuilt.predict_proba(rows) == pytest.approx(given, abs=1e-6)
