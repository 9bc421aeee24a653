"""A plan's numbers are the textbook's, and those of the sequential test follow from them."""

from __future__ import annotations

import math
import re

import pytest
from scipy import stats

import automl
from automl.comparison.live.planning import sequential_cost
from automl.errors import PlanError


@pytest.mark.parametrize(
    ("baseline", "effect", "power", "level", "rows"),
    [(0.10, 0.02, 0.8, 0.95, 3841), (0.50, 0.10, 0.9, 0.95, 519), (0.5, 0.25, 0.9, 0.95, 77)],
)
def test_rows_of_a_fixed_test(baseline: float, effect: float, power: float, level: float, rows: int) -> None:
    """As R's power.prop.test gives them: 3840.85, 518.06 and 76.65 an arm."""
    assert automl.ABTest.plan(baseline, effect, power=power, level=level).fixed == rows


def test_rows_of_means() -> None:
    """2 (1.960 + 0.842)² (std / effect)²."""
    assert automl.ABTest.plan(5.0, 0.4, std=2.0).fixed == math.ceil(2 * 7.848880 * 25)


def test_looking_any_time_costs_rows_at_most_and_saves_on_average() -> None:
    """At most about two thirds more rows; where the effect is there, about as many as looking once."""
    planned = automl.ABTest.plan(0.10, 0.02)
    assert 1.5 < planned.most / planned.fixed < 1.8
    assert planned.expected < 1.1 * planned.fixed


def test_a_larger_effect_ends_sooner() -> None:
    """Twice the effect takes about a quarter of the rows."""
    one, two = automl.ABTest.plan(0.5, 0.02), automl.ABTest.plan(0.5, 0.04)
    assert two.most == pytest.approx(one.most / 4, rel=0.01)


def test_more_power_takes_more_rows() -> None:
    """And so do a higher level and more arms."""
    one = automl.ABTest.plan(0.1, 0.02)
    for words in ({"power": 0.9}, {"level": 0.99}, {"arms": 3}):
        other = automl.ABTest.plan(0.1, 0.02, **words)
        assert other.fixed > one.fixed
        assert other.most > one.most


def test_sequential_cost_is_that_of_its_boundary() -> None:
    """Without a look before the end, the power of the boundary at the end is below that of looking at any time."""
    from automl.comparison.live.sequences import boundary

    more, taken = sequential_cost(0.95, 0.8)
    at_the_end = math.sqrt(more) * (1.959964 + 0.841621) - float(boundary(1.0, 0.95))
    assert 0.7 < stats.norm.cdf(at_the_end) < 0.8
    assert 0.5 < taken < 0.8


def test_it_is_said() -> None:
    """In two sentences, with all three numbers."""
    planned = automl.ABTest.plan(0.10, 0.02)
    assert str(planned) == (
        "To find a difference of 0.02 from 0.1 with a power of 80 % at the level 95 %: 3,841 rows in each of 2 arms if "
        f"looked at once, at the end. Looked at any time: at most {planned.most:,}, on average {planned.expected:,} if "
        "the difference is there."
    )


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"effect": 0.0}, "effect=0.0 can't be found; give the smallest difference that matters."),
        ({"effect": 0.95}, "A rate of 0.1 that changes by 0.95 does not stay between 0 and 1; give rates, or std="),
        ({"effect": 0.1, "std": -1}, "std=-1 is no standard deviation; give a positive number."),
        ({"effect": 0.1, "power": 80}, "power=80 and level=0.95 must lie between 0 and 1."),
        ({"effect": 0.1, "arms": 1}, "arms=1: a test has at least two."),
    ],
)
def test_bad_plans(words: dict[str, float], message: str) -> None:
    """One clear sentence each."""
    with pytest.raises(PlanError, match=re.escape(message)):
        automl.ABTest.plan(0.1, **words)
