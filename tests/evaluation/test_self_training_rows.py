"""Unlabelled rows as a fold's teacher sees them, and a teacher that has seen no validation row."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from automl.evaluation.fold import evaluate_fold
from automl.evaluation.limits import BadPrediction
from automl.evaluation.metrics import get_metric
from automl.evaluation.problem import Problem
from automl.evaluation.pseudo_rows import LEAST, pseudo_labels
from automl.evaluation.teaching import rounds_elsewhere, teach
from automl.values.algorithm import Algorithm, Fitted, Needs
from automl.values.candidate import Candidate
from automl.values.evaluation import Evaluation, FoldResult
from automl.values.space import SearchSpace
from automl.values.task import Task


@given(st.integers(1, 30), st.integers(2, 5), st.floats(0.5, 100.0), st.integers(0, 9))
def test_unlabelled_rows_never_outweigh_the_labelled_ones(n_rows, n_classes, labelled, seed):
    """Each row counts the same in all, at most 1, and all together at most what the labelled ones do."""
    prediction = np.random.default_rng(seed).dirichlet(np.full(n_classes, 0.3), n_rows)
    rows, y, weight = pseudo_labels(prediction, labelled, is_classification=True)
    each = np.bincount(rows, weights=weight, minlength=n_rows)
    assert np.allclose(each, min(1.0, labelled / n_rows))
    assert (prediction[rows, y] >= LEAST).all()


def test_quantities_are_taken_as_predicted():
    """For a regression each unlabelled row stands once, with its prediction."""
    rows, y, weight = pseudo_labels(np.array([[3.0], [5.0]]), 1.0, is_classification=False)
    assert (rows.tolist(), y.tolist(), weight.tolist()) == ([0, 1], [3.0, 5.0], [0.5, 0.5])


class Model:
    """A model that is sure of its one label."""

    def __init__(self, value=0.9):
        self.value = value

    def fit(self, X, y):
        return self

    def predict_proba(self, X):
        return np.tile([1 - self.value, self.value], (len(X), 1))


SEEN = []


def _remember(model, train, valid, seconds):
    SEEN.append((train, valid))
    return Fitted(model, rounds=3)


def _spy(value=0.9):
    return Algorithm(
        "spy",
        lambda shape: SearchSpace(),
        lambda config, context: Model(value),
        Needs(categories="ordinal"),
        fit=_remember,
    )


@pytest.fixture
def problem(tmp_path):
    """Give a binary problem of 30 labelled and 10 unlabelled rows whose first column tells which row it is."""
    SEEN.clear()
    Z = np.column_stack([np.arange(30.0), np.arange(30.0) % 7])
    y = np.arange(30) % 2
    parts = np.arange(30) % 3
    task = Task("binary", "y", ("no", "yes"))
    (tmp_path / "cache").mkdir()
    return Problem(
        Z=Z,
        y=y,
        weight=None,
        n_levels=(0, 0),
        splits=tuple((np.flatnonzero(parts != k), np.flatnonzero(parts == k)) for k in range(3)),
        task=task,
        metric=get_metric("log_loss", task),
        further=(),
        algorithms={"spy": _spy()},
        folder=tmp_path,
        cache=tmp_path / "cache",
        seed=0,
        unlabeled=np.column_stack([np.arange(100.0, 110.0), np.zeros(10)]),
    )


def evaluation(*rounds):
    folds = tuple(FoldResult(k, 0.5, rounds=each) for k, each in enumerate(rounds))
    return Evaluation(1, Candidate.of("spy", {}), folds, "complete")


def test_a_teacher_has_seen_no_row_that_its_fold_validates(problem):
    """Teachers are fitted on the fold's training rows, without validation rows to stop by, and predict the rest."""
    for fold, (trained, _) in enumerate(problem.splits):
        sure = teach(problem, [evaluation(3, 3, 3)], fold, 1)
        train, valid = SEEN[-1]
        assert valid is None
        assert train.X[:, 0].tolist() == trained.tolist()
        assert sure == pytest.approx(0.9)
        assert np.load(problem.teacher_path(fold)).shape == (10, 2)


def test_a_student_learns_from_both_and_is_scored_on_the_fold_alone(problem):
    """A self-trained candidate sees the training rows and, weighted, the unlabelled ones; it validates what all do."""
    teach(problem, [evaluation(3, 3, 3)], 0, 1)
    student = replace(Candidate.of("spy", {}), self_trained=True)
    result = evaluate_fold(problem, 0, student, 0, 1, None)
    train, valid = SEEN[-1]
    trained, held_out = problem.splits[0]
    assert result.is_ok
    assert train.X[:20, 0].tolist() == trained.tolist()
    assert set(train.X[20:, 0]) == set(range(100, 110))
    assert train.weight[:20].tolist() == [1.0] * 20
    assert train.weight[20:].sum() == pytest.approx(10.0)
    assert train.weight[20:][train.y[20:] == 1].sum() == pytest.approx(9.0)
    assert valid.X[:, 0].tolist() == held_out.tolist()
    plain = evaluate_fold(problem, 1, student.plain, 0, 1, None)
    assert len(SEEN[-1][0].y) == 20
    assert plain.n_predicted == result.n_predicted == 10


def test_a_teacher_that_predicts_nonsense_teaches_nothing(problem):
    """A prediction that is not finite ends the teaching of its fold."""
    wrong = replace(problem, algorithms={"spy": _spy(float("nan"))})
    with pytest.raises(BadPrediction, match="a prediction for an unlabelled row is not finite"):
        teach(wrong, [evaluation(3, 3, 3)], 0, 1)


def test_rounds_come_from_the_other_folds():
    """How long a teacher is trained is not decided by the rows that its fold validates."""
    assert rounds_elsewhere(evaluation(10, 20, 90), 2) == 15
    assert rounds_elsewhere(evaluation(40), 0) == 40
    assert rounds_elsewhere(evaluation(None, None), 0) is None


def test_a_self_trained_candidate_is_another_one():
    """It has another id than the same candidate trained on labelled rows."""
    plain = Candidate.of("ridge", {"alpha": 1.0})
    trained = replace(plain, self_trained=True)
    assert trained != plain
    assert trained.id != plain.id
    assert trained.plain == plain
