"""One model of all rows: a leaderboard's row of its own where constraints ask for less than a bag."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import automl
from automl.evaluation.leaderboard import TableSpeed, make_leaderboard
from automl.evaluation.metrics import METRICS
from automl.evaluation.whole import asks_for_less, likely_measured
from automl.values.candidate import Candidate
from automl.values.constraints import Constraints
from automl.values.evaluation import Evaluation, FoldResult
from automl.values.refitted import Refitted

FAST: dict[str, Any] = {"engine": "inprocess", "n_trials": 6, "time_budget": None, "cv": 4, "verbose": 0}


def circles(n: int, seed: int = 0) -> pd.DataFrame:
    """Return points inside and outside of a circle, which no line tells apart."""
    rng = np.random.default_rng(seed)
    table = pd.DataFrame(rng.normal(size=(n, 2)).round(3), columns=["east", "north"])
    return table.assign(place=np.where((table**2).sum(axis=1) < 1.4, "in", "out"))


@pytest.fixture(scope="module")
def bags(tmp_path_factory: pytest.TempPathFactory) -> automl.Run:
    """Return a search without constraints."""
    place = tmp_path_factory.mktemp("bags") / "run"
    return automl.fit(circles(300), "place", algorithms=["linear", "extra_trees"], out=place, **FAST)


@pytest.fixture(scope="module")
def run(bags: automl.Run, tmp_path_factory: pytest.TempPathFactory) -> automl.Run:
    """Return the same search where the forest's bag is too large and one forest is not."""
    board = bags.leaderboard.set_index("algorithm")
    limit = float(board.loc["extra_trees", "size_mb"].min()) / 2
    place = tmp_path_factory.mktemp("whole") / "run"
    return automl.fit(
        circles(300), "place", algorithms=["linear", "extra_trees"], constraints={"size_mb": limit}, out=place, **FAST
    )


def test_the_best_candidate_is_fitted_on_all_rows(run: automl.Run) -> None:
    """Its row stands first, with the scores of its folds, a size of its own, and one model."""
    first = run.leaderboard.iloc[0]
    assert first["id"].startswith("extra_trees-")
    assert first["id"].endswith("-refit")
    bag = run.row(first["id"].removesuffix("-refit"))
    for same in ("score", "std", "honest_score", "tied", "finish", "state"):
        assert first[same] == bag[same]
    assert first["size_mb"] < run.plan.constraints.size_mb < bag["size_mb"]
    assert first["one_row_ms"] > 0
    assert len(run.best_pipeline[-1].members_) == 1
    assert len(run.pipeline(bag["id"])[-1].members_) == 4


def test_it_is_kept_and_made_again(run: automl.Run, tmp_path: Any) -> None:
    """Reopened, saved and rebuilt from its recipe, it predicts the same; fitted again, nearly."""
    new = circles(200, seed=1).drop(columns="place")
    expected = run.predict_proba(new).to_numpy()
    again = automl.load(run.folder)
    pd.testing.assert_frame_equal(again.leaderboard, run.leaderboard)
    assert again.predict_proba(new).to_numpy() == pytest.approx(expected)
    assert automl.load(run.save(tmp_path / "model")).predict_proba(new) == pytest.approx(expected)
    assert automl.rebuild(circles(300), run.recipe()).predict_proba(new) == pytest.approx(expected, abs=1e-6)
    assert run.refit(circles(300)).predict_proba(new) == pytest.approx(expected, abs=1e-6)


def test_what_needs_unseen_rows_looks_at_the_bag(run: automl.Run) -> None:
    """A model of all rows has seen them; explanations and judgements ask the models of its folds."""
    assert run.evaluate().values["roc_auc"] == pytest.approx(float(run.leaderboard["score"].iloc[0]), abs=0.05)
    assert set(run.importance(n_repeats=1).frame()["column"]) == {"east", "north"}
    assert run.honest().best == run.leaderboard["id"].iloc[0]


def test_without_such_constraints_there_is_no_such_row(bags: automl.Run) -> None:
    """Bags are the more accurate way out; nothing is fitted that nobody asked for."""
    assert not bags.leaderboard["id"].str.endswith("-refit").any()
    assert not asks_for_less(Constraints.of({"interpretable": True}))
    assert asks_for_less(Constraints.of({"memory_mb": 3}))


def candidate(number: int, loss: float, size: int) -> Evaluation:
    """Return a candidate of two folds."""
    folds = tuple(FoldResult(f, loss, one_row_seconds=0.01, size_bytes=size, n_predicted=10) for f in range(2))
    return Evaluation(number, Candidate.of("ridge", {"k": number}), folds, "complete")


def test_a_bag_tells_what_one_model_will_take() -> None:
    """Each fold's model takes its share; encoding a raw row is not shared."""
    likely = likely_measured(candidate(0, 0.1, 5), {"size_mb": 8.0, "memory_mb": 4.0, "one_row_ms": 30.0}, 10.0)
    assert likely == {"size_mb": 4.0, "memory_mb": 2.0, "one_row_ms": 20.0}


def test_the_row_is_ordered_by_constraints_as_all_are() -> None:
    """A better candidate's single model passes by a worse bag that keeps the limits, its own bag does not."""
    better, worse = candidate(0, 0.1, 4_000_000), candidate(1, 0.2, 1_000_000)
    whole = Refitted(0, 1.0, 0.01, 0.001, 4_100_000, 9.0)
    table, limits = TableSpeed(0.002, 0.0), Constraints.of({"size_mb": 5})
    board = make_leaderboard([better, worse], METRICS["rmse"], None, table, limits, refitted=[whole])
    assert board["id"].tolist() == ["ridge-0-refit", "ridge-1", "ridge-0"]
    assert board["score"].tolist() == [0.1, 0.2, 0.1]
    assert board["one_row_ms"].iloc[0] == pytest.approx(12)
