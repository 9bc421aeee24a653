"""A bent target goes there and back, whatever the numbers, and predictions stay in the target's own unit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.base import clone
from sklearn.linear_model import LinearRegression

from automl.errors import PlanError
from automl.estimators.target import BENDS, BentTarget, TargetBend
from automl.pipeline.serial import from_bytes, to_bytes

TARGETS = hnp.arrays(np.float64, st.integers(3, 40), elements=st.floats(-1e9, 1e9).map(lambda each: round(each, 3)))


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@settings(max_examples=60, deadline=None)
@given(y=TARGETS, kind=st.sampled_from(BENDS))
def test_bending_keeps_the_order(y: np.ndarray[Any, Any], kind: Any) -> None:
    """A larger target is never a smaller one bent, and what comes back is finite and near the training targets."""
    bend = TargetBend(kind).fit(y)
    order = np.argsort(y)
    assert (np.diff(bend.bend(y)[order]) >= -1e-9).all()
    assert np.isfinite(bend.unbend(np.linspace(-1e6, 1e6, 7))).all()


@pytest.mark.parametrize("kind", BENDS)
@pytest.mark.parametrize("y", [np.geomspace(1, 1e6, 500), np.linspace(-5, 80, 500), np.arange(500.0) ** 2])
def test_there_and_back_is_the_same(kind: Any, y: np.ndarray[Any, Any]) -> None:
    """Positive targets, negative ones and zeros come back as they were."""
    bend = TargetBend(kind).fit(y)
    np.testing.assert_allclose(bend.unbend(bend.bend(y)), y, rtol=1e-3, atol=1e-3 * np.ptp(y))


def test_the_logarithm_is_one_for_large_targets_and_takes_zero_and_less() -> None:
    """Tenfold targets are equally far apart, zero stays zero, and a sign is kept."""
    bend = TargetBend("log").fit(np.geomspace(1, 1e6, 200))
    steps = np.diff(bend.bend([1e2, 1e3, 1e4, 1e5]))
    np.testing.assert_allclose(steps, np.log(10), rtol=1e-3)
    signed = TargetBend("log").fit([-100.0, 0.0, 100.0])
    assert signed.bend([-100.0, 0.0, 100.0]).tolist() == pytest.approx([-0.4812118251, 0.0, 0.4812118251])


def test_predictions_stay_near_the_training_targets() -> None:
    """A linear model that runs off on the bent scale is held at a tenth beyond the range."""
    x = np.linspace(0, 5, 100)[:, None]
    model = BentTarget(LinearRegression(), TargetBend("log")).fit(x, np.exp(x[:, 0]))
    assert model.predict(np.array([[1000.0]]))[0] < 2 * np.exp(5)
    np.testing.assert_allclose(model.predict(x), np.exp(x[:, 0]), rtol=0.1)


@pytest.mark.parametrize("kind", BENDS)
def test_a_stored_model_predicts_the_same(kind: Any) -> None:
    """Bend and model are stored safely; a clone is unfitted."""
    x = np.linspace(0, 5, 100)[:, None]
    model = BentTarget(LinearRegression(), TargetBend(kind)).fit(x, np.exp(x[:, 0]), sample_weight=np.ones(100))
    np.testing.assert_array_equal(from_bytes(to_bytes(model)).predict(x), model.predict(x))
    assert not clone(model).__sklearn_is_fitted__()


def test_a_target_of_one_value_can_be_bent() -> None:
    """A fold whose targets are all the same gives that value back."""
    for kind in BENDS:
        bend = TargetBend(kind).fit(np.full(5, 7.0))
        assert bend.unbend(bend.bend([7.0]))[0] == pytest.approx(7.0)


def test_an_unknown_bend_says_which_there_are() -> None:
    """A bend that doesn't exist is refused with those that do."""
    with pytest.raises(PlanError, match=r"can't be bent by 'square'; give one of log, yeo_johnson, quantile"):
        TargetBend("square").fit([1.0, 2.0])  # type: ignore[arg-type]
