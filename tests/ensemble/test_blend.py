"""Who may enter an ensemble, and how one of candidates that have different folds is chosen and judged."""

from dataclasses import replace

import numpy as np
import pytest

from automl.ensemble.blend import build_ensemble, entrants, wanted_for_more
from automl.evaluation.metrics import METRICS
from automl.evaluation.problem import Problem
from automl.evaluation.scale import on_one_scale
from automl.values.candidate import Candidate
from automl.values.evaluation import Evaluation, FoldResult
from automl.values.task import Task

N_ROWS, N_FOLDS = 6_000, 3


def evaluation(number, algorithm, loss, state="complete"):
    return Evaluation(number, Candidate.of(algorithm, {"k": number}), (FoldResult(0, loss),), state)


def test_who_counts_enters_the_best_first():
    """A bag that lacks folds enters if those that it has judged enough rows; one that was given up doesn't."""
    judged = replace(evaluation(4, "c", 0.15, "partial"), folds=(FoldResult(0, 0.15, n_predicted=1_000),))
    partial, stopped = evaluation(2, "a", 0.1, "partial"), evaluation(3, "a", 0.1, "stopped")
    found = entrants([evaluation(0, "a", 0.3), evaluation(1, "b", 0.2), partial, stopped, judged], 10_000)
    assert [each.number for each in found] == [4, 1, 0]


def test_what_is_no_better_than_the_dummy_stays_out():
    """A constant changes no ranking, but would water all probabilities down."""
    found = entrants([evaluation(0, "dummy", 0.5), evaluation(1, "a", 0.4), evaluation(2, "b", 0.6)], 10_000)
    assert [each.number for each in found] == [1]


def test_a_cap_keeps_the_best_of_every_family():
    """On few rows, the second best of a strong family gives way to the best of another."""
    strong = [evaluation(number, "a", 0.1 + number / 100) for number in range(6)]
    weak = [evaluation(10, "b", 0.4), evaluation(11, "c", 0.45), evaluation(12, "d", 0.47)]
    assert {each.candidate.algorithm for each in entrants(strong + weak, 100)} == {"a", "b", "c", "d"}


@pytest.fixture
def searched(tmp_path):
    """Return a problem, a complete candidate, and two better ones that have a fold or two, all with their files.

    The first fold is easy: the same candidate has a smaller error there.
    """
    rng = np.random.default_rng(0)
    y, rows = rng.normal(size=N_ROWS), np.arange(N_ROWS)
    problem = Problem(
        Z=np.zeros((N_ROWS, 1)),
        y=y,
        weight=None,
        n_levels=(0,),
        splits=tuple((rows[rows % N_FOLDS != fold], rows[rows % N_FOLDS == fold]) for fold in range(N_FOLDS)),
        task=Task("regression", "y"),
        metric=METRICS["rmse"],
        further=(METRICS["mae"],),
        algorithms={},
        folder=tmp_path,
        cache=tmp_path,
        seed=0,
    )
    (tmp_path / "oof").mkdir()
    found = []
    for number, (folds, error) in enumerate((((0, 1, 2), 0.6), ((0, 1), 0.4), ((0,), 0.4))):
        results = []
        for fold in folds:
            valid = problem.splits[fold][1]
            harder = error * (1.0 + 0.5 * (fold > 0))
            prediction = (y[valid] + rng.normal(scale=harder, size=len(valid)))[:, None].astype(np.float32)
            np.save(problem.prediction_path(number, fold), prediction)
            path = problem.model_path(number, fold)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
            loss = problem.metric.loss(y[valid], prediction, None)
            results.append(FoldResult(fold, loss, n_predicted=len(valid), further=(("mae", -loss),)))
        state = "complete" if len(folds) == N_FOLDS else "partial"
        found.append(Evaluation(number, Candidate.of("abc"[number], {}), tuple(results), state))
    return problem, on_one_scale(found)


def test_partial_bags_are_combined_by_the_rows_that_all_predicted(searched):
    """The two better ones share the weight; the loss stands on the scale of all folds."""
    problem, (whole, two, one) = searched
    found = build_ensemble(problem, [whole, two, one])
    shares = {each.number: share for each, share in zip(found.members, found.weights, strict=True)}
    assert shares.get(0, 0.0) < 0.3 < min(shares[1], shares[2])
    valid = problem.splits[0][1]
    blend = sum(w * np.load(problem.prediction_path(k, 0)) for k, w in shares.items())
    loss = problem.metric.loss(problem.y[valid], blend, None)
    assert loss < found.loss < min(one.loss, two.loss)
    assert found.loss == pytest.approx(loss + one.shift)
    assert np.isnan(found.std)


def test_where_all_are_complete_all_rows_choose(searched):
    """Alone with itself there is nothing to combine; partial bags that may not enter leave it so."""
    problem, (whole, two, one) = searched
    assert build_ensemble(problem, [whole]) is None
    assert (
        build_ensemble(problem, [whole, two, one], keeps_to=lambda members: all(e.number == 0 for e in members)) is None
    )


def test_who_is_wanted_is_told_by_first_folds(searched):
    """The shares of an ensemble of first folds, by number; where there is to be none, the best alone."""
    problem, evaluations = searched
    firsts = [replace(each, folds=each.folds[:1], state="partial", shift=0.0) for each in evaluations]
    shares = wanted_for_more(problem, lambda members: True, firsts, combines=True)
    assert sum(shares.values()) == pytest.approx(1)
    assert min(shares[1], shares[2]) > shares.get(0, 0.0)
    best = min(firsts, key=lambda each: each.loss).number
    assert wanted_for_more(problem, lambda members: True, firsts, combines=False) == {best: 1.0}
    assert wanted_for_more(problem, lambda members: False, firsts, combines=False) == {}
