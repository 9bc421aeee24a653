"""Runs are compared by what their folds predicted, or on a table."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_iris

import automl
from automl.comparison.folds import corrected_t
from automl.errors import DataError, PlanError
from automl.evaluation.metrics import METRICS
from automl.storage.predictions import OutOfFold
from automl.values.task import Task

RNG = np.random.default_rng(0)
N = 500
Y = RNG.integers(0, 2, N)
FOLD = np.arange(N) % 5


@dataclass
class StandIn:
    """As much of a run as a comparison touches."""

    plan: Any
    leaderboard: pd.DataFrame
    folder: Path
    task: Task
    metric: Any
    found: OutOfFold

    def pipeline(self, which: int | str = 1) -> Any:
        raise AssertionError("no table was given")

    def out_of_fold(self, which: int | str = 1) -> OutOfFold:
        return self.found


def stand_in(
    name: str, noise: float, *, target: str = "y", metric: str = "roc_auc", y: Any = Y, fold: Any = FOLD, seed: int = 0
) -> StandIn:
    """Return a run whose folds predicted ``y`` with so much noise."""
    rng = np.random.default_rng(seed)
    p = np.clip(0.5 + 0.2 * (2 * y - 1) + rng.normal(0, noise, len(y)), 0, 1)
    plan = SimpleNamespace(
        n_rows=len(y),
        metric=metric,
        fingerprints={"target": str(hash(y.tobytes()))},
        folds=SimpleNamespace(train_rows=None),
        roles={"target": target},
        schema=(),
    )
    board = pd.DataFrame({"rank": [1], "id": ["ridge-1"]})
    found = OutOfFold(np.arange(len(y)), fold, y, np.column_stack([1 - p, p]), None)
    return StandIn(plan, board, Path(name), Task("binary", target, ("no", "yes")), METRICS[metric], found)


def test_same_folds_are_compared_by_folds() -> None:
    """The corrected test decides, on the gains of the folds, with their ratio of validation to training rows."""
    a, b = stand_in("old", 0.4), stand_in("new", 0.2, seed=1)
    found = automl.compare(a, b)
    auc = METRICS["roc_auc"].score
    gains = [
        auc(Y[k == FOLD], b.found.prediction[k == FOLD]) - auc(Y[k == FOLD], a.found.prediction[k == FOLD])
        for k in range(5)
    ]
    by_hand = corrected_t(np.array(gains), 0.25)
    assert [test.name for test in found.tests] == [
        "corrected resampled t-test",
        "Bayesian correlated t-test",
        "DeLong's test",
    ]
    assert (found.gain, found.p) == (pytest.approx(by_hand.gain), pytest.approx(by_hand.p))
    assert found.verdict.startswith("new/ridge-1 is better than old/ridge-1 by ")
    assert "By the Bayesian correlated t-test the chances are" in str(found)


def test_other_folds_are_compared_by_rows() -> None:
    """The rows are still the same; how training varies is not seen, and that is said."""
    found = automl.compare(stand_in("old", 0.4), stand_in("new", 0.2, fold=(FOLD + np.arange(N) // 7) % 5))
    assert found.test.name == "DeLong's test"
    assert found.chances is None
    assert any(note.startswith("Their folds differ, so rows are compared") for note in found.notes)


def test_a_hold_out_is_compared_by_rows() -> None:
    """One fold has no variance."""
    fold = np.zeros(N, dtype=int)
    assert automl.compare(stand_in("old", 0.4, fold=fold), stand_in("new", 0.2, fold=fold)).test.unit == "rows"


def test_folds_that_all_say_the_same_have_no_variance() -> None:
    """Equal gains of all folds are not taken for certainty."""
    y = np.tile([0, 0, 1, 1], 5)
    a, b = stand_in("old", 0.1, y=y, fold=np.arange(20) // 4), stand_in("new", 0.1, y=y, fold=np.arange(20) // 4)
    wrong = np.tile([1, 0, 1, 1], 5)
    a.found = replace(a.found, prediction=np.eye(2)[wrong])
    b.found = replace(b.found, prediction=np.eye(2)[y])
    found = automl.compare(a, b, metric="accuracy")
    assert found.test.name == "McNemar's exact test"


def test_rows_that_only_one_has_validated_are_left_out() -> None:
    """A row that was stopped after two folds is compared on these."""
    a, b = stand_in("old", 0.4), stand_in("new", 0.2)
    kept = FOLD < 2
    b.found = OutOfFold(np.flatnonzero(kept), FOLD[kept], Y[kept], b.found.prediction[kept], None)
    found = automl.compare(a, b)
    assert found.n_rows == 200
    assert found.test.n == 2
    assert "Only the 200 rows that all of them validated are compared." in found.notes


@pytest.mark.parametrize(
    ("other", "error", "message"),
    [
        (stand_in("new", 0.2, target="z"), PlanError, r"old/ridge-1 predicts 'y', new/ridge-1 predicts 'z'; only cand"),
        (stand_in("new", 0.2, y=1 - Y), DataError, r"were trained on different rows: their targets differ\. Give rows"),
        (
            stand_in("new", 0.2, y=Y[:400], fold=FOLD[:400]),
            DataError,
            r"trained on 500 rows, new/ridge-1 on 400, so th",
        ),
        (
            stand_in("new", 0.2, metric="log_loss"),
            PlanError,
            r"optimised for roc_auc, new/ridge-1 for log_loss; say wh",
        ),
    ],
)
def test_runs_that_can_not_be_compared(other: StandIn, error: type[Exception], message: str) -> None:
    """Other targets, other rows and other metrics are one sentence each."""
    with pytest.raises(error, match=message):
        automl.compare(stand_in("old", 0.4), other)


def test_other_kinds_of_task() -> None:
    """A regression and a classification of the same column have nothing to compare."""
    other = stand_in("new", 0.2)
    other.task = Task("regression", "y")
    with pytest.raises(PlanError, match=r"old/ridge-1 solves a binary task, new/ridge-1 a regression task; only cand"):
        automl.compare(stand_in("old", 0.4), other)
    other.task = Task("binary", "y", ("bad", "good"))
    with pytest.raises(PlanError, match=r"old/ridge-1 knows the labels 'no', 'yes', new/ridge-1 'bad', 'good'; only"):
        automl.compare(stand_in("old", 0.4), other)


def test_no_row_in_common() -> None:
    """Validated on different rows: a table is asked for."""
    a, b = stand_in("old", 0.4), stand_in("new", 0.2)
    first = FOLD == 0
    a.found = OutOfFold(np.flatnonzero(first), FOLD[first], Y[first], a.found.prediction[first], None)
    b.found = OutOfFold(np.flatnonzero(~first), FOLD[~first], Y[~first], b.found.prediction[~first], None)
    with pytest.raises(
        DataError, match=r"validated on different rows, none of which they share\. Give rows to compare"
    ):
        automl.compare(a, b)


def test_words_about_a_table_need_one() -> None:
    """A target without data would be ignored."""
    with pytest.raises(PlanError, match=r"target= says something about data=, which is not given\."):
        automl.compare(stand_in("old", 0.4), stand_in("new", 0.2), target="y")


def test_a_real_run(demo_run: automl.Run) -> None:
    """Two rows of one run come out of its folder, with the scores of the leaderboard."""
    found = automl.compare(demo_run, demo_run, which_b=2)
    board = demo_run.leaderboard
    assert (found.a, found.b) == tuple(board["id"][:2])
    assert (found.score_a, found.score_b) == (pytest.approx(board["score"][0]), pytest.approx(board["score"][1]))
    assert found.outcome == "a"
    assert automl.compare(automl.load(demo_run.folder), demo_run).verdict.endswith("predict the same in all 150 rows.")


def test_a_real_run_on_a_table(demo_run: automl.Run) -> None:
    """Its pipelines are asked; the target is the run's; a column of the table may stand against it."""
    frame = load_iris(as_frame=True).frame
    found = automl.compare(demo_run, demo_run, frame, which_b=2)
    assert (found.outcome, found.source) == ("a", "the 150 given rows")
    by_hand = (demo_run.score(frame), demo_run.score(frame, which=2))
    assert (found.score_a, found.score_b) == (pytest.approx(by_hand[0]), pytest.approx(by_hand[1]))
    kept = frame.assign(old=frame["target"].where(frame.index % 10 > 0, 0))
    assert automl.compare("old", demo_run, kept).metric == "accuracy"
    with pytest.raises(
        PlanError, match=r"The table has no column 'target', which is the target\. Give its values with"
    ):
        automl.compare(demo_run, demo_run, frame.drop(columns="target"), which_b=2)
    with pytest.raises(DataError, match=r"The target 'target' holds the label '7', which was not among those it was"):
        automl.compare(demo_run, demo_run, frame.assign(target=7), which_b=2)
    with pytest.raises(PlanError, match=r"The leaderboard has no row 9\. Ranks go from 1 to 2\."):
        automl.compare(demo_run, demo_run, which_b=9)
