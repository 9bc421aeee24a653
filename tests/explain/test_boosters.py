"""What the boosters' own libraries tell about their trees."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from automl.explain.boosters import booster_margins, is_booster
from automl.pipeline.blend import predict_matrix
from automl.values.task import Task

RNG = np.random.default_rng(0)
X = np.column_stack([RNG.normal(size=(150, 3)), RNG.integers(0, 4, 150)]).astype(np.float32)
X[::9, 1] = np.nan
SCORE = X[:, 0] + (X[:, 3] == 2)
TASKS = {
    "binary": (Task("binary", "y", (0, 1)), (SCORE > 0).astype(int)),
    "multiclass": (Task("multiclass", "y", (0, 1, 2)), np.digitize(SCORE, [-0.5, 0.8])),
    "regression": (Task("regression", "y"), SCORE.astype(float)),
    "counts": (Task("regression", "y"), np.floor(np.exp(SCORE)).astype(float)),
}


def _lightgbm(kind: str) -> Any:
    from lightgbm import LGBMClassifier, LGBMRegressor

    objective = {"binary": "binary", "multiclass": "multiclass", "regression": "regression", "counts": "poisson"}[kind]
    settings = {"n_estimators": 8, "n_jobs": 1, "verbosity": -1, "categorical_column": [3]}
    made = LGBMClassifier if "class" in kind or kind == "binary" else LGBMRegressor
    return made(objective=objective, **settings)


def _xgboost(kind: str) -> Any:
    from xgboost import XGBClassifier, XGBRegressor

    settings: dict[str, Any] = {"n_estimators": 8, "n_jobs": 1, "enable_categorical": True}
    settings["feature_types"] = ["q", "q", "q", "c"]
    if kind in ("binary", "multiclass"):
        return XGBClassifier(**settings)
    return XGBRegressor(objective="count:poisson" if kind == "counts" else "reg:squarederror", **settings)


def _catboost(kind: str) -> Any:
    catboost = pytest.importorskip("catboost")
    from automl.estimators.coded import IntegerCategories

    settings = {"iterations": 8, "thread_count": 1, "verbose": False, "allow_writing_files": False, "cat_features": [3]}
    loss = {"binary": "Logloss", "multiclass": "MultiClass", "regression": "RMSE", "counts": "Poisson"}[kind]
    made = catboost.CatBoostClassifier if kind in ("binary", "multiclass") else catboost.CatBoostRegressor
    return IntegerCategories(made(loss_function=loss, **settings), (3,))


@pytest.mark.parametrize("kind", TASKS)
@pytest.mark.parametrize("make", [_lightgbm, _xgboost, _catboost])
def test_contributions_add_up(make: Any, kind: str) -> None:
    """What the columns add, put through the link, is what the model predicts."""
    task, y = TASKS[kind]
    model = make(kind).fit(X, y)
    found = booster_margins(model, X, task)
    assert found is not None
    assert found.link.name == {"regression": "identity", "counts": "log"}.get(kind, "log-odds")
    predicted = predict_matrix(model, X, task.kind, task.n_classes)
    parts = found.link.spread(found.base, found.added)
    total = found.link.inverse(found.base) + parts.sum(axis=1)
    np.testing.assert_allclose(total, predicted, rtol=1e-4, atol=1e-5)
    assert np.abs(parts[:, 0]).mean() > np.abs(parts[:, 2]).mean()  # the first column decides, the third does not


def test_a_label_that_a_fold_lacked_gets_nothing() -> None:
    """A model that knows two of three labels adds nothing to the third, and still adds up."""
    task, y = TASKS["multiclass"]
    some = y != 1
    model = _lightgbm("binary").fit(X[some], y[some])
    found = booster_margins(model, X, task)
    assert found is not None
    with np.errstate(invalid="raise"):
        parts = found.link.spread(found.base, found.added)
    assert (parts[:, :, 1] == 0).all()
    total = found.link.inverse(found.base) + parts.sum(axis=1)
    np.testing.assert_allclose(total, predict_matrix(model, X, task.kind, 3), atol=1e-5)


def test_no_other_model_is_taken_for_a_booster() -> None:
    """A linear model has no trees to ask."""
    task, y = TASKS["binary"]
    model = LogisticRegression().fit(np.nan_to_num(X), y)
    assert booster_margins(model, X, task) is None
    assert not is_booster(model)
