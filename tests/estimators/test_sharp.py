"""A power behind a classifier."""

import numpy as np
import pytest
from sklearn.ensemble import ExtraTreesClassifier

import automl
from automl.estimators.sharp import SharpClassifier
from automl.values.algorithm import BuildContext, DataShape, Rows


@pytest.fixture(scope="module")
def blobs() -> tuple[np.ndarray, np.ndarray]:
    """Return rows of three labels that overlap."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, 300)
    return rng.normal(size=(300, 4)) + y[:, None], y


@pytest.mark.parametrize("power", [0.5, 1.0, 3.0])
def test_a_power_keeps_the_order_of_the_labels(blobs: tuple[np.ndarray, np.ndarray], power: float) -> None:
    """Rows still sum to 1 and the most probable label stays; above 1 it becomes more probable."""
    X, y = blobs
    plain = ExtraTreesClassifier(20, min_samples_leaf=5, random_state=0).fit(X, y)
    sharp = SharpClassifier(plain, power)
    before, after = plain.predict_proba(X), sharp.predict_proba(X)
    assert after.sum(axis=1) == pytest.approx(1.0)
    assert (before.argmax(axis=1) == after.argmax(axis=1)).all()
    assert np.sign(np.round(after.max(axis=1) - before.max(axis=1), 9)).sum() * (power - 1.0) >= 0
    assert (sharp.predict(X) == plain.predict(X)).all()


@pytest.mark.parametrize("family", ["extra_trees", "random_forest"])
def test_forests_are_as_sharp_as_their_config(blobs: tuple[np.ndarray, np.ndarray], family: str) -> None:
    """The hyperparameter is there from three labels on, and the fitted model is the same forest behind a power."""
    X, y = blobs
    algorithm, shape = automl.algorithm(family), DataShape("multiclass", 300, 4, n_classes=3)
    assert "sharpness" not in {each.name for each in algorithm.space(DataShape("binary", 300, 4, n_classes=2))}
    context = BuildContext("multiclass", 3, 0, 1, 300, 4, metric="log_loss")
    fitted = {}
    for power in (1.0, 2.0):
        config = algorithm.space(shape).complete({"sharpness": power})
        fitted[power] = algorithm.fit(algorithm.build(config, context), Rows(X, y), None, None)
    assert fitted[1.0].rounds == fitted[2.0].rounds
    raised = fitted[1.0].model.predict_proba(X) ** 2
    assert fitted[2.0].model.predict_proba(X) == pytest.approx(raised / raised.sum(axis=1, keepdims=True), abs=1e-6)
