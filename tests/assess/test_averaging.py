"""What an average of models gains over one of them."""

import numpy as np
import pytest
from sklearn.model_selection import KFold
from sklearn.tree import DecisionTreeRegressor

from automl.assess.averaging import averaging_gain
from automl.assess.judged import Judged
from automl.values.algorithm import FloatArray, IntArray
from automl.values.task import Task


def _folds(seed: int, n: int = 600) -> tuple[Judged, dict[int, FloatArray], float]:
    """Return out-of-fold rows, each fold's predictions of them, and the true gain on new rows."""
    rng = np.random.default_rng(seed)

    def draw(rows: int) -> tuple[FloatArray, FloatArray]:
        X = rng.normal(size=(rows, 4))
        return X, X[:, 0] + X[:, 1] * X[:, 2] + rng.normal(size=rows)

    X, y = draw(n)
    new, truth = draw(5_000)
    fold: IntArray = np.empty(n, dtype=np.int64)
    unseen = np.empty(n)
    models = []
    for place, (learn, valid) in enumerate(KFold(5, shuffle=True, random_state=seed).split(X)):
        models.append(DecisionTreeRegressor(min_samples_leaf=5, random_state=seed).fit(X[learn], y[learn]))
        fold[valid], unseen[valid] = place, models[-1].predict(X[valid])
    alone = np.column_stack([model.predict(new) for model in models])
    true = np.sqrt(np.mean((truth - alone.mean(axis=1)) ** 2) / np.mean((truth[:, None] - alone) ** 2))
    judged = Judged(Task("regression", "y"), y, unseen[:, None], fold=fold)
    return judged, {place: model.predict(X) for place, model in enumerate(models)}, float(true)


@pytest.mark.parametrize("seed", range(5))
def test_no_more_gain_is_told_than_an_average_has(seed: int) -> None:
    """What training rows tell of averaging trees is a gain, and at most what new rows show."""
    judged, by_fold, true = _folds(seed)
    assert true - 0.01 <= averaging_gain(judged, by_fold) < 0.99


def test_two_folds_tell_no_gain() -> None:
    """Of two models only one has seen a row, which says nothing about how they differ."""
    judged, by_fold, _ = _folds(0)
    assert averaging_gain(judged, {0: by_fold[0], 1: by_fold[1]}) == 1.0


def test_a_model_that_is_always_right_gains_nothing() -> None:
    """Errors of 0 are no reason to divide by them."""
    y = np.arange(9.0)
    judged = Judged(Task("regression", "y"), y, y[:, None], fold=np.arange(9) % 3)
    assert averaging_gain(judged, dict.fromkeys(range(3), y)) == 1.0
