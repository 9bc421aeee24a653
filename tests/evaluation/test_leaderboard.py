"""Every trial as a row, the best first."""

import io
import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from automl.evaluation.leaderboard import EnsembleRow, TableSpeed, make_leaderboard, to_csv, why_unbound
from automl.evaluation.scale import on_one_scale
from automl.values.candidate import Candidate
from automl.values.constraints import Constraints
from automl.values.evaluation import Evaluation, Failure, FoldResult
from automl.values.metric import Metric

AUC = Metric("roc_auc", lambda y, p, w: 0.0)
RMSE = Metric("rmse", lambda y, p, w: 0.0, greater_is_better=False)


def evaluation(number, *losses, state="complete", reason=""):
    folds = tuple(
        FoldResult(
            k,
            loss,
            fit_seconds=1.0,
            predict_seconds=0.1,
            n_predicted=100,
            one_row_seconds=0.002,
            size_bytes=1000,
            further=(("accuracy", 0.8),),
        )
        for k, loss in enumerate(losses)
    )
    return Evaluation(number, Candidate.of("ridge", {"alpha": float(number)}), folds, state, reason)


FAILED = Evaluation(
    9,
    Candidate.of("svm", {}),
    (FoldResult(0, math.nan, failure=Failure("crashed", "no luck")),),
    "failed",
    "crashed: no luck",
)
ALL = [
    evaluation(0, -0.7, -0.8),
    evaluation(1, -0.9, -0.9),
    evaluation(2, -0.95, state="stopped", reason="hopeless"),
    evaluation(3, -0.6, state="partial", reason="time"),
    FAILED,
]


@given(st.permutations(ALL))
def test_the_order_of_arrival_does_not_matter(shuffled):
    """The same evaluations give the same leaderboard."""
    pd.testing.assert_frame_equal(make_leaderboard(shuffled, AUC), make_leaderboard(ALL, AUC))


def test_complete_rows_come_first_and_failed_ones_last():
    """A stopped candidate's mean over few folds never stands above a complete one's."""
    board = make_leaderboard(ALL, AUC)
    assert board["state"].tolist() == ["complete", "complete", "partial", "stopped", "failed"]
    assert board["rank"].tolist() == [1, 2, 3, 4, 5]
    assert board["id"].iloc[0] == "ridge-1"
    assert board["reason"].iloc[-1] == "crashed: no luck"


def test_a_dummy_that_alone_is_complete_does_not_stand_above_a_better_start():
    """In a short time only the dummy may see every fold; a partial bag that beats it is the better pipeline."""
    dummy = Evaluation(0, Candidate.of("dummy", {}), (FoldResult(0, -0.5), FoldResult(1, -0.5)), "complete")
    good, bad = (evaluation(k, loss, state="partial", reason="time") for k, loss in ((1, -0.9), (2, -0.4)))
    assert make_leaderboard([dummy, good, bad], AUC)["id"].tolist() == ["ridge-1", "dummy-0", "ridge-2"]
    done = evaluation(3, -0.6, -0.6)
    assert make_leaderboard([dummy, good, done], AUC)["id"].tolist() == ["ridge-3", "dummy-0", "ridge-1"]


def test_a_partial_bag_that_judged_many_rows_stands_by_its_score():
    """Among the complete ones, on the scale of all folds: better than one that it is ahead of on a shared fold."""
    whole = evaluation(0, -0.9, -0.7)
    folds = (FoldResult(0, -0.91, n_predicted=1_000),)
    judged = Evaluation(1, Candidate.of("ridge", {}), folds, "partial", "judged on 1 of 2 folds")
    board = make_leaderboard(on_one_scale([whole, judged]), AUC)
    assert board["id"].tolist() == ["ridge-1", "ridge-0"]
    assert board["score"].tolist() == [pytest.approx(0.81), pytest.approx(0.8)]
    assert board["state"].tolist() == ["partial", "complete"]


def test_scores_stand_in_the_metric_s_own_direction():
    """A loss of -0.9 is an AUC of 0.9; a loss of 0.9 is an RMSE of 0.9."""
    assert make_leaderboard(ALL, AUC)["score"].iloc[0] == 0.9
    assert make_leaderboard([evaluation(0, 0.9)], RMSE)["score"].iloc[0] == 0.9


def test_the_ensemble_has_a_row_of_its_own():
    """It tells its members and weights, and costs what its members cost together."""
    members = (ALL[1], ALL[0])
    row = EnsembleRow(members, (0.75, 0.25), -0.92, 0.01, {"accuracy": 0.9})
    board = make_leaderboard(ALL, AUC, row, TableSpeed(0.001, 0.0))
    best = board.iloc[0]
    assert best["id"] == "ensemble"
    assert best["params"] == {"ridge-1": 0.75, "ridge-0": 0.25}
    assert best["accuracy"] == 0.9
    assert best["fit_seconds"] == 4.0
    assert abs(best["one_row_ms"] - 9.0) < 1e-9  # the table once, and two folds of each member
    assert best["size_mb"] == 0.004


def test_further_metrics_are_columns():
    """What folds measured besides stands between the scores and the timings; NaN where nothing was fitted."""
    board = make_leaderboard(ALL, AUC)
    assert list(board.columns[:5]) == ["rank", "id", "algorithm", "score", "std"]
    assert list(board.columns[5:10]) == ["honest_score", "honest_low", "honest_high", "tied", "accuracy"]
    assert math.isnan(board["accuracy"].iloc[-1])


def test_it_can_be_written_as_csv():
    """Params are JSON in the file, so that every row is one line."""
    text = to_csv(make_leaderboard(ALL, AUC))
    again = pd.read_csv(io.StringIO(text))
    assert again["params"].iloc[0] == '{"alpha": 1.0}'
    assert len(again) == len(ALL)


def sized(number, loss, size, algorithm="ridge", state="complete"):
    return Evaluation(number, Candidate.of(algorithm, {}), (FoldResult(0, loss, size_bytes=size),), state, "")


def test_the_first_row_keeps_the_constraints():
    """What breaks a limit stands behind everything with a model that keeps it, and says by how much."""
    rows = [sized(0, -0.9, 9e6), sized(1, -0.8, 2e6), sized(2, -0.7, 1e6, state="partial"), sized(3, -0.5, 1, "dummy")]
    limits = Constraints(size_mb=3)
    board = make_leaderboard([*rows, FAILED], AUC, constraints=limits)
    assert board["id"].tolist() == ["ridge-1", "dummy-3", "ridge-2", "ridge-0", "svm-9"]
    assert board.set_index("id")["reason"]["ridge-0"] == "9 MB, more than 3"
    assert why_unbound(board, limits) is None


def test_where_nothing_keeps_them_the_closest_is_named():
    """The dummy is no pipeline to fall back on: the order is as without constraints, and the closest row is told."""
    rows = [sized(0, -0.9, 9e6), sized(1, -0.8, 4e6), sized(3, -0.5, 1, "dummy")]
    limits = Constraints(size_mb=3)
    board = make_leaderboard(rows, AUC, constraints=limits)
    assert board["id"].tolist() == ["ridge-0", "ridge-1", "dummy-3"]
    assert why_unbound(board, limits) == (
        "No pipeline keeps the constraints (at most 3 MB); the leaderboard is ordered without them. The closest is "
        "ridge-1, with 4 MB, more than 3."
    )
