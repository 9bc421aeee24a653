"""Made columns and bent targets are choices of a family's space, and nothing changes where they aren't chosen."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from automl.errors import PlanError
from automl.estimators.target import BentTarget
from automl.pipeline.blend import predict_matrix
from automl.registry import algorithms
from automl.values.algorithm import BuildContext, DataShape, Rows

WITH_FEATURES = ("catboost", "hist_gradient_boosting", "lightgbm", "linear", "xgboost")
SHAPE = DataShape("regression", 1_000, 6, 2)


def of(name: str) -> Any:
    """Return a shipped declaration whose library is there."""
    algorithm = algorithms()[name]
    for module in algorithm.requires:
        pytest.importorskip(module)
    return algorithm


@pytest.mark.parametrize("name", WITH_FEATURES)
def test_features_are_plain_unless_chosen(name: str) -> None:
    """The default makes no columns; the other choice asks the preparation for them, and the model knows of neither."""
    algorithm = of(name)
    default = algorithm.space(SHAPE).default()
    assert default["features"] == "plain"
    assert algorithm.needs_for(default).generated == ()
    chosen = {**default, "features": "generated"}
    assert algorithm.needs_for(chosen).generated
    context = BuildContext("regression", 0, 0, 1, 1_000, 6, metric="rmse")
    assert "features" not in algorithm.build(chosen, context).get_params(deep=True)


def test_small_and_wide_tables_have_no_such_choice() -> None:
    """Few rows, one column or very many columns: nothing is made, so nothing is to be chosen."""
    space = of("lightgbm").space
    for shape in (DataShape("binary", 100, 9, 0, 2), DataShape("binary", 999, 1, 0, 2), DataShape("binary", 999, 999)):
        with pytest.raises(PlanError, match="Unknown hyperparameter 'features'"):
            space(shape).complete({"features": "generated"})


def test_labels_have_no_bent_target() -> None:
    """Only quantities can be bent."""
    with pytest.raises(PlanError, match="Unknown hyperparameter 'target'"):
        of("linear").space(DataShape("binary", 1_000, 6, 0, 2)).complete({"target": "quantile"})


@pytest.mark.parametrize(("name", "bend"), [("lightgbm", "log"), ("linear", "quantile")])
def test_a_bent_target_is_learned_and_predicted_in_its_own_unit(name: str, bend: str) -> None:
    """On an exponential target the bent model is closer in the target's own unit, early stopping included."""
    algorithm = of(name)
    random = np.random.default_rng(0)
    X = random.normal(size=(900, 4)).astype(np.float32)
    y = np.exp(2 * X[:, 0] + X[:, 1] + 0.1 * random.normal(size=900))
    train, valid = Rows(X[:600], y[:600]), Rows(X[600:], y[600:])
    context = BuildContext("regression", 0, 0, 1, 600, 4, metric="rmse")
    errors = {}
    for target in ("plain", bend):
        config = algorithm.space(SHAPE).complete({"target": target})
        fitted = algorithm.fit(algorithm.build(config, context), train, valid, None)
        assert isinstance(fitted.model, BentTarget) == (target == bend)
        errors[target] = np.abs(predict_matrix(fitted.model, X[600:], "regression", 0)[:, 0] - y[600:]).mean()
    assert errors[bend] < 0.8 * errors["plain"]


def test_a_bent_target_is_trained_with_squared_loss_where_the_metric_bends_by_itself() -> None:
    """Poisson and gamma losses take no bent targets, some of which are negative."""
    algorithm = of("lightgbm")
    context = BuildContext("regression", 0, 0, 1, 600, 4, metric="poisson_deviance")
    space = algorithm.space(SHAPE)
    plain, bent = (algorithm.build(space.complete({"target": target}), context) for target in ("plain", "log"))
    assert plain.objective == "poisson"
    assert bent.regressor.objective == "regression"


def test_spellings_are_a_choice_only_where_something_looks_misspelt() -> None:
    """Most tables have no such choice; where there is one, the default leaves levels as they are."""
    algorithm = of("lightgbm")
    with pytest.raises(PlanError, match="Unknown hyperparameter 'spelling'"):
        algorithm.space(SHAPE).complete({"spelling": "mended"})
    misspelt = algorithm.space(DataShape("regression", 1_000, 6, 2, n_misspelt=3))
    assert misspelt.default()["spelling"] == "as_is"
    assert not algorithm.needs_for(misspelt.default()).respelled
    chosen = misspelt.complete({"spelling": "mended"})
    assert algorithm.needs_for(chosen).respelled
    context = BuildContext("regression", 0, 0, 1, 1_000, 6, metric="rmse")
    assert "spelling" not in algorithm.build(chosen, context).get_params(deep=True)


def test_lines_bend_where_there_are_rows_to_learn_it_from() -> None:
    """The linear family's numbers are plain unless chosen, and have no such choice on few rows or many columns."""
    algorithm = of("linear")
    assert algorithm.needs_for(algorithm.space(SHAPE).default()).numbers == "plain"
    assert algorithm.needs_for(algorithm.space(SHAPE).complete({"numbers": "slopes"})).numbers == "slopes"
    for shape in (DataShape("binary", 100, 9, 0, 2), DataShape("binary", 999, 300, 0, 2)):
        with pytest.raises(PlanError, match="Unknown hyperparameter 'numbers'"):
            algorithm.space(shape).complete({"numbers": "slopes"})
