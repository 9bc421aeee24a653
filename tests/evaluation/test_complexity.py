"""A fitted model's complexity is one number that sorts."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestRegressor
from sklearn.linear_model import LinearRegression
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeRegressor

from automl.evaluation.complexity import complexity_of
from automl.registry import algorithms
from automl.values.algorithm import BuildContext, Rows

X = np.random.default_rng(0).normal(size=(200, 3))
y = X[:, 0] - 2 * X[:, 1] ** 2


def test_a_tree_counts_its_nodes() -> None:
    """A tree is as complex as it has nodes, a forest as its trees together."""
    tree = DecisionTreeRegressor(max_depth=3, random_state=0).fit(X, y)
    forest = RandomForestRegressor(5, max_depth=3, random_state=0).fit(X, y)
    assert complexity_of(tree) == tree.tree_.node_count
    assert complexity_of(forest) == sum(each.tree_.node_count for each in forest.estimators_)


def test_a_linear_model_counts_what_is_not_zero() -> None:
    """Coefficients of zero add nothing, and a pipeline's steps add up."""
    model = LinearRegression(fit_intercept=False).fit(np.c_[X, np.zeros(200)], y)
    assert complexity_of(LinearRegression().fit(X, y)) < complexity_of(KNeighborsRegressor().fit(X, y))
    assert complexity_of(model.coef_) == 3
    assert complexity_of(make_pipeline(StandardScaler(), LinearRegression()).fit(X, y)) > complexity_of(model)


def test_more_rounds_are_more_complex() -> None:
    """Boosting is more complex the longer it goes on."""
    short, long = (HistGradientBoostingRegressor(max_iter=rounds).fit(X, y) for rounds in (5, 50))
    assert complexity_of(short) < complexity_of(long)


@pytest.mark.parametrize("name", ["lightgbm", "xgboost", "catboost"])
def test_boosters_count_their_splits(name: str) -> None:
    """A booster's complexity is the number of its splits: more of them in deeper trees, none in none."""
    algorithm = algorithms()[name]
    context = BuildContext(
        kind="regression", n_classes=0, seed=0, threads=1, n_rows=200, n_features=3, rounds=4, metric="rmse"
    )
    space = {"lightgbm": "num_leaves", "xgboost": "max_depth", "catboost": "depth"}[name]
    low, high = ({space: value} for value in ((4, 16) if name == "lightgbm" else (4, 6)))
    counted = [
        algorithm.fit(algorithm.build(config, context), Rows(X, y), None, None).complexity for config in (low, high)
    ]
    assert counted[0] is not None
    assert counted[1] is not None
    assert 0 < counted[0] < counted[1]


def test_what_refers_to_itself_ends() -> None:
    """Objects that hold each other are counted once."""
    model = LinearRegression().fit(X, y)
    model.itself = model
    assert complexity_of(model) > 0
