"""How a pipeline ends: temperature and weights of labels as plain values."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from automl.evaluation.decisions import decide
from automl.values.finish import PLAIN, Finish, Finished

NUMBERS = st.floats(0.05, 20.0)


def probabilities(seed: int, n_classes: int) -> np.ndarray:
    """Return made-up probabilities."""
    return np.random.default_rng(seed).dirichlet(np.ones(n_classes), 30)


def test_plain_changes_nothing() -> None:
    """Without temperature and weights, probabilities pass and the most probable label is given."""
    p = probabilities(0, 3)
    assert PLAIN.tempered(p) is p
    assert PLAIN.tilted(p) is p
    assert PLAIN.losses is None
    assert PLAIN.told(("a", "b", "c")) == ""


@given(st.integers(0, 100), st.lists(NUMBERS, min_size=2, max_size=5))
def test_weights_decide_as_the_costs_that_stand_for_them(seed: int, weights: list[float]) -> None:
    """A weight for each label and missing a label costing its weight are one decision."""
    p, finish = probabilities(seed, len(weights)), Finish(label_weights=tuple(weights))
    assert (finish.decided(p) == decide(p, finish.losses)).all()


@given(st.integers(0, 100), st.floats(0.01, 0.99))
def test_with_two_labels_weights_are_a_threshold(seed: int, threshold: float) -> None:
    """The second label is given above it, and the first below."""
    p, finish = probabilities(seed, 2), Finish.at(threshold)
    assert finish.threshold == pytest.approx(threshold)
    is_clear = np.abs(p[:, 1] - threshold) > 1e-9
    assert (finish.decided(p) == (p[:, 1] > threshold))[is_clear].all()


@given(st.integers(0, 100), NUMBERS, st.integers(2, 4))
def test_a_temperature_keeps_the_order_of_labels(seed: int, temperature: float, n_classes: int) -> None:
    """Tempered rows still sum to 1, and the most probable label stays the most probable."""
    p = probabilities(seed, n_classes)
    tempered = Finish(temperature=temperature).tempered(p)
    assert tempered.sum(axis=1) == pytest.approx(1)
    assert (tempered.argmax(axis=1) == p.argmax(axis=1)).all()


def test_nonsense_is_refused() -> None:
    """A temperature or a weight of 0 would make probabilities undefined."""
    with pytest.raises(ValueError, match="are numbers above 0"):
        Finish(temperature=0.0)
    with pytest.raises(ValueError, match="are numbers above 0"):
        Finish(label_weights=(0.0, 1.0))


def test_a_finished_row_survives_json() -> None:
    """What is kept in a run's folder is read back as it was; a finish of an older run is plain."""
    told = Finished(Finish(1.5, (0.2, 0.3, 0.5)), -0.5, 0.1, {"accuracy": 0.7}, {"gap:sex": 0.1})
    assert Finished.from_json(told.to_json()) == told
    assert Finish.from_json(None) == PLAIN


def test_it_tells_itself() -> None:
    """A threshold names its label; of many labels the heaviest are named."""
    assert Finish(1.25, (0.3, 0.7)).told(("no", "yes")) == "temperature 1.25; 'yes' from 0.3 on"
    assert Finish(label_weights=(0.2, 0.3, 0.5)).told("abc") == "labels weighted: c 0.5, b 0.3, a 0.2"
