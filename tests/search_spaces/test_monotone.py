"""Families that say they keep columns monotone do."""

from __future__ import annotations

import numpy as np
import pytest

from automl.pipeline.blend import predict_matrix
from automl.registry import algorithms
from automl.values.algorithm import BuildContext, DataShape, Rows
from automl.values.task import TaskKind

RNG = np.random.default_rng(0)
X = np.column_stack([RNG.normal(size=(200, 2)), RNG.integers(0, 4, 200)]).astype(np.float32)
X[::17, 1] = np.nan
SIGNAL = np.sin(2 * X[:, 0]) + 0.3 * X[:, 0] + np.nan_to_num(X[:, 1]) + (X[:, 2] == 2)
FAMILIES = [name for name, each in algorithms().items() if each.monotone is not None]


def test_boosters_keep_columns_monotone() -> None:
    """All four boosting families take part where columns are to be monotone."""
    assert {"lightgbm", "xgboost", "hist_gradient_boosting", "dummy"} <= set(FAMILIES)


@pytest.mark.parametrize("kind", ["binary", "regression"])
@pytest.mark.parametrize("name", FAMILIES)
def test_predictions_follow_the_direction(name: str, kind: TaskKind) -> None:
    """The prediction never falls with the first column and never rises with the second, whatever the target does."""
    algorithm = algorithms()[name]
    noisy = SIGNAL + RNG.normal(size=200) * 0.5
    y = (noisy > 0).astype(int) if kind == "binary" else noisy
    n_classes = 2 if kind == "binary" else 0
    context = BuildContext(kind, n_classes, 0, 1, 200, 3, (2,), 40, "roc_auc", (1, -1, 0))
    model = algorithm.build(algorithm.space(DataShape(kind, 200, 3, 1, n_classes)).default(), context)
    fitted = algorithm.fit(model, Rows(X, y), None, None).model
    for column, sign in ((0, 1), (1, -1)):
        rows = np.repeat(X[1:11], 30, axis=0)
        rows[:, column] = np.tile(np.linspace(-3, 3, 30), 10)
        found = predict_matrix(fitted, rows, kind, n_classes)[:, -1].reshape(10, 30)
        assert (sign * np.diff(found, axis=1)).min() >= -1e-9
