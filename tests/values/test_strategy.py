"""A strategy names the parts of the search that take part."""

from __future__ import annotations

import pytest

import automl
from automl.errors import PlanError
from automl.values.strategy import Strategy


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        ({"tuner": "grid"}, "Strategy(tuner='grid'); give 'tpe' or 'random'."),
        ({"racing": 1}, "Strategy(racing=1); give True or False."),
    ],
)
def test_what_a_part_cannot_be_is_refused(parts: dict[str, object], told: str) -> None:
    """A part that is neither on nor off, and an unknown tuner, are refused in one sentence."""
    with pytest.raises(PlanError) as error:
        Strategy(**parts)  # type: ignore[arg-type]
    assert str(error.value) == told


def test_it_tells_what_is_off() -> None:
    """In words, only what differs from the default is told."""
    assert str(Strategy(bandit=False, racing=False)) == "without bandit and racing"


def test_fit_takes_nothing_else() -> None:
    """A strategy is an object; anything else is refused."""
    with pytest.raises(PlanError, match=r"strategy='random'; give an automl.Strategy."):
        automl.plan([[1, 2]], 1, strategy="random")
