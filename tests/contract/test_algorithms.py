"""Every algorithm that is shipped keeps its word, and its space holds what it draws."""

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from threadpoolctl import threadpool_limits

from automl.pipeline.blend import predict_matrix
from automl.registry import algorithms
from automl.testing.algorithms import RandomSuggester, check_algorithm
from automl.values.algorithm import BuildContext, DataShape, Rows

SHIPPED = sorted(algorithms())
WATCH_THE_CLOCK = ("catboost", "extra_trees", "hist_gradient_boosting", "lightgbm", "mlp", "random_forest", "xgboost")


@pytest.mark.contract
@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_algorithm_keeps_its_word(name):
    """A shipped declaration passes every check that is shipped to authors of others."""
    algorithm = algorithms()[name]
    for module in algorithm.requires:
        pytest.importorskip(module)
    check_algorithm(algorithm)


@pytest.mark.parametrize("name", SHIPPED)
@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    n_rows=st.integers(1, 10_000_000),
    n_columns=st.integers(1, 5_000),
    n_classes=st.integers(2, 1_000),
    share=st.floats(0, 1),
)
def test_samples_lie_in_their_space(name, seed, n_rows, n_columns, n_classes, share):
    """For a table of any shape, the default and every drawn config lie in the space."""
    algorithm = algorithms()[name]
    for kind in algorithm.tasks:
        classes = {"binary": 2, "multiclass": n_classes, "regression": 0}[kind]
        space = algorithm.space(DataShape(kind, n_rows, n_columns, round(share * n_columns), classes))
        drawn = space.suggest(RandomSuggester(np.random.default_rng(seed)))
        assert space.contains(space.default())
        assert space.contains(drawn)
        assert space.complete(drawn) == drawn


@pytest.mark.contract
@pytest.mark.parametrize("name", WATCH_THE_CLOCK)
def test_a_fit_in_rounds_ends_when_its_time_is_up(name):
    """A family that is trained in rounds stops at its seconds and predicts with what it has."""
    algorithm = algorithms()[name]
    for module in algorithm.requires:
        pytest.importorskip(module)
    random = np.random.default_rng(0)
    X = random.normal(size=(8_000, 30)).astype(np.float32)
    y = np.sin(3 * X[:, 0]) + X[:, 1] * X[:, 2] + X[:, 3] + 0.1 * random.normal(size=len(X))
    train, valid = Rows(X[:6_000], y[:6_000]), Rows(X[6_000:], y[6_000:])
    config = algorithm.space(DataShape("regression", 6_000, 30)).default()
    model = algorithm.build(config, BuildContext("regression", 0, 0, 1, 6_000, 30, metric="rmse"))
    with threadpool_limits(1):
        started = time.monotonic()
        fitted = algorithm.fit(model, train, valid, 0.5)
        took = time.monotonic() - started
        prediction = predict_matrix(fitted.model, valid.X, "regression", 0)
    assert took < 5  # half a second, and what a loaded machine makes of it
    assert np.mean((prediction[:, 0] - valid.y) ** 2) < np.var(valid.y)
    assert fitted.rounds is None or fitted.rounds >= 1


@pytest.mark.parametrize("name", ["catboost", "hist_gradient_boosting", "lightgbm", "xgboost"])
def test_boosters_take_categories_as_they_are(name):
    """A label that depends on the parity of a code is learned from codes, which as numbers would be a hard problem."""
    algorithm = algorithms()[name]
    for module in algorithm.requires:
        pytest.importorskip(module)
    random = np.random.default_rng(0)
    codes = random.integers(0, 40, 3_000).astype(np.float32)
    X = np.column_stack([random.normal(size=3_000).astype(np.float32), codes])
    y = (codes % 2).astype(int)
    y[random.random(3_000) < 0.05] = 0  # never certain, so that early stopping ends the training soon
    X[:20, 1] = np.nan
    train, valid = Rows(X[:2_000], y[:2_000]), Rows(X[2_000:].copy(), y[2_000:])
    shape = DataShape("binary", 2_000, 2, 1, 2)
    context = BuildContext("binary", 2, 0, 1, 2_000, 2, categorical=(1,), metric="roc_auc")
    with threadpool_limits(1):
        fitted = algorithm.fit(algorithm.build(algorithm.space(shape).default(), context), train, valid, None)
        unseen = valid.X.copy()
        unseen[:, 1] = np.nan
        prediction = predict_matrix(fitted.model, valid.X, "binary", 2)
        for_unseen = predict_matrix(fitted.model, unseen, "binary", 2)
    assert ((prediction[:, 1] > 0.5) == codes[2_000:] % 2).mean() > 0.98
    assert np.isfinite(for_unseen).all()
