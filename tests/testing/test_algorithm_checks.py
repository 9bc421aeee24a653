"""The checks for authors of algorithms catch what they are for, in a sentence that names the algorithm."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.base import BaseEstimator
from sklearn.linear_model import Ridge

from automl.testing.algorithms import check_algorithm
from automl.values.algorithm import Algorithm, Fitted, Needs, fit_plainly
from automl.values.space import Float, SearchSpace


def _space(shape):
    return SearchSpace(Float("alpha", 0.1, 10.0, log=True))


RIDGE = Algorithm(
    name="mine",
    space=_space,
    build=lambda config, context: Ridge(alpha=config["alpha"]),
    needs=Needs(scaling="standard"),
    tasks=("regression",),
)


class Stand(BaseEstimator):
    """Predicts what it is told to."""

    def __init__(self, answer, n_jobs=1):
        self.answer, self.n_jobs = answer, n_jobs

    def fit(self, X, y, sample_weight=None):
        return self

    def predict(self, X):
        return self.answer(len(X))


def _spoil(model, train, valid, seconds):
    train.X.setflags(write=True)
    train.X[:] = 0
    return Fitted(model.fit(train.X, train.y))


RANDOM = np.random.default_rng(0)


def test_an_algorithm_in_ten_lines_passes():
    """An estimator of scikit-learn with its space, declared by hand, passes every check."""
    check_algorithm(RIDGE)


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"build": lambda c, x: Stand(lambda n: np.full(n, np.nan))}, "predicts values that are not finite"),
        (
            {"build": lambda c, x: Stand(lambda n: np.empty((n, 0)))},
            r"predicts the shape \(30, 0\) instead of \(30, 1\)",
        ),
        ({"build": lambda c, x: Stand(RANDOM.random)}, "predicts differently for the same seed"),
        ({"build": lambda c, x: Stand(np.zeros, n_jobs=-1)}, "was given 1 threads and built a model with n_jobs=-1"),
        ({"build": lambda c, x: Stand(np.zeros)}, "says that it takes weights and ignores them"),
        ({"fit": _spoil}, "changed the rows that it was given"),
        (
            {"fit": lambda m, t, v, s: fit_plainly(m, t, v, s).model},
            "returns a Ridge from fit; return an automl.Fitted",
        ),
        ({"seconds": lambda shape: 0.0}, "says that a fit of .* takes 0.0 s"),
        ({"needs": lambda config: "scaled"}, "needs 'scaled', which is no automl.Needs"),
        ({"space": lambda s: SearchSpace(Float("a", 0, RANDOM.random() + 1))}, "has two different spaces"),
    ],
)
def test_broken_promises_are_named(changes, text):
    """Each promise that is broken is the error's one sentence."""
    with pytest.raises(AssertionError, match=f"The algorithm 'mine' .*{text}"):
        check_algorithm(replace(RIDGE, **changes))
