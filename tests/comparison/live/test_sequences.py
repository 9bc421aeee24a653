"""Confidence sequences are the published formulas and hold at all times together."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from automl.comparison.live.sequences import Bernstein, boundary, error_and_progress


def test_boundary_is_robbins_mixture() -> None:
    """|W(t)| stays below sqrt((t + r) log((t + r) / (r alpha²))) for a mixture of variance 1/r."""
    from automl.comparison.live.sequences import _mixture

    r, alpha = 1 / _mixture(0.95), 0.05
    for t in (0.01, 0.5, 1.0, 10.0):
        expected = math.sqrt((t + r) * math.log((t + r) / (r * alpha**2)) / t)
        assert boundary(t, 0.95) == pytest.approx(expected)


@pytest.mark.parametrize("level", [0.8, 0.95, 0.999])
def test_boundary_is_lowest_where_it_is_tuned(level: float) -> None:
    """In units of the standard error, no other mixture is lower at a progress of 1."""
    from automl.comparison.live.sequences import _mixture

    def at_one(variance: float) -> float:
        return (1 + 1 / variance) * (math.log1p(variance) - 2 * math.log(1 - level))

    best = _mixture(level)
    assert at_one(best) < min(at_one(0.99 * best), at_one(1.01 * best))
    assert boundary(1.0, level) == pytest.approx(math.sqrt(at_one(best)))


def test_boundary_is_above_the_usual_one() -> None:
    """Looking at any time costs something at every time."""
    assert (boundary(np.geomspace(1e-3, 1e3, 50), 0.95) > 1.96).all()


@settings(max_examples=50)
@given(st.integers(1, 5), st.integers(0, 1000))
def test_bernstein_is_the_published_recursion_in_any_portions(portions: int, seed: int) -> None:
    """Values in one go or in portions give what a loop over the formula gives."""
    x = np.random.default_rng(seed).random(60).round(2)
    state = Bernstein(0.9)
    for part in np.array_split(x, portions):
        state = state.plus(part)
    total, mean, variance = 0.0, 0.5, 0.25
    squares = weights = weighted = spent = 0.0
    for t, value in enumerate(x.tolist(), start=1):
        weight = min(math.sqrt(2 * math.log(2 / 0.1) / (variance * t * math.log(1 + t))), 0.5)
        spent += 4 * (value - mean) ** 2 * (-math.log(1 - weight) - weight) / 4
        weights, weighted, total = weights + weight, weighted + weight * value, total + value
        mean = (0.5 + total) / (t + 1)
        squares += (value - mean) ** 2
        variance = (0.25 + squares) / (t + 1)
    reach = (math.log(2 / 0.1) + spent) / weights
    expected = (max(0.0, weighted / weights - reach), min(1.0, weighted / weights + reach))
    assert state.interval == pytest.approx(expected)


def test_bernstein_holds_from_the_first_row_on() -> None:
    """Of 500 sequences looked at after each of 300 rows, at most about one in ten ever loses the mean."""
    from automl.comparison.live.sequences import bernstein_interval

    x = (np.random.default_rng(0).random((500, 300)) < 0.2).astype(float)
    _, _, weights, weighted, spent = Bernstein(0.9).path(x)
    low, high = bernstein_interval(weights, weighted, spent, 0.9)
    lost = ((low > 0.2) | (high < 0.2)).any(axis=1).mean()
    assert lost <= 0.1
    assert (high - low)[:, -1].mean() < 0.3  # and says something


def test_no_rows_no_knowledge() -> None:
    """The interval begins as everything."""
    assert Bernstein(0.95).interval == (0.0, 1.0)


def test_the_larger_error_counts() -> None:
    """A small arm that seems not to vary is judged by both arms; with even arms nothing changes."""
    error, worth = error_and_progress(100, 0.0, 900, 4.0)
    assert error == pytest.approx(math.sqrt(3.6 / 100 + 3.6 / 900))
    assert worth == pytest.approx(4.0 / error**2)
    assert error_and_progress(100, 3.0, 100, 5.0)[0] == pytest.approx(math.sqrt(0.08))
