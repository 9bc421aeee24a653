"""A strategy names the parts of the search that take part."""

from __future__ import annotations

import pandas as pd
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
    assert str(Strategy(portfolio="mine.json", generated_features=False)) == (
        "without generated features, portfolio of 'mine.json'"
    )


def test_without_generated_features_no_family_makes_columns() -> None:
    """A shipped family has no choice of made columns where they are switched off."""
    numbers = {"a": [k * 0.37 % 1 for k in range(300)], "b": [k * 0.71 % 1 for k in range(300)]}
    frame = pd.DataFrame({**numbers, "y": [k % 2 for k in range(300)]})

    def choices(strategy: Strategy) -> set[str]:
        plan = automl.plan(frame, "y", strategy=strategy)
        return {each["name"] for family in plan.algorithms for each in family.space}

    assert "features" in choices(Strategy())
    assert "features" not in choices(Strategy(generated_features=False))


def test_fit_takes_nothing_else() -> None:
    """A strategy is an object; anything else is refused."""
    with pytest.raises(PlanError, match=r"strategy='random'; give an automl.Strategy."):
        automl.plan([[1, 2]], 1, strategy="random")
