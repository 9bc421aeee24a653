"""Carrying a best-so-far curve on: what is known of made-up searches comes out."""

from __future__ import annotations

from math import gamma

import numpy as np
import pytest

from automl.report.course.extrapolation import FEWEST, fit_falling, forecast

TIMES = np.arange(1.0, 201.0)


@pytest.mark.parametrize("exponent", [0.3, 1.0])
def test_power_law_is_found_and_carried_on(exponent: float) -> None:
    """A curve that is a power law is fitted as one: what it loses in twice the time is told within a quarter."""
    losses = 0.2 + TIMES**-exponent
    curve = fit_falling(TIMES, losses, 200.0)
    now, later = curve(np.array([200.0, 400.0]))
    assert now - later == pytest.approx(200**-exponent - 400**-exponent, rel=0.25)


def test_settled_curve_stays() -> None:
    """A curve that fell early and is flat since is expected to stay."""
    losses = 0.2 + np.exp(-TIMES / 10)
    now, later = fit_falling(TIMES, losses, 200.0)(np.array([200.0, 400.0]))
    assert 0 <= now - later < 1e-3
    found = forecast(TIMES, losses, 200.0, 400.0)
    assert found is not None
    assert 0 <= found.gain < 0.02  # of the 1 that it fell


@pytest.mark.parametrize("n", [40, 160])
def test_random_search_gains_as_it_should(n: int) -> None:
    """Over many random searches of a known kind, the mean forecast is within a factor of two of the true gain.

    The best of ``n`` draws of ``U^(1/2)`` has the mean ``Γ(3/2) n^(-1/2)``. Most intervals hold the true gain.
    """
    truth = gamma(1.5) * (n**-0.5 - (2 * n) ** -0.5)
    gains, held = [], 0
    for seed in range(12):
        losses = np.random.default_rng(seed).random(n) ** 0.5
        found = forecast(np.arange(1.0, n + 1), losses, n, 2 * n, seed)
        assert found is not None
        gains.append(found.gain)
        held += found.low <= truth <= found.high
    assert truth / 2.5 < np.mean(gains) < 2 * truth
    assert held >= 7


def test_nothing_is_said_of_few_trials() -> None:
    """Fewer than eight trials can't be carried on."""
    assert forecast(TIMES[: FEWEST - 1], TIMES[: FEWEST - 1], 10.0, 20.0) is None
    assert forecast(TIMES[:FEWEST], 1 / TIMES[:FEWEST], 10.0, 20.0) is not None


def test_gain_is_never_negative_and_seeded() -> None:
    """The best so far can't get worse, and the same trials say the same."""
    losses = np.random.default_rng(1).random(50)
    first, second = (forecast(TIMES[:50], losses, 60.0, 120.0, seed=3) for _ in range(2))
    assert first is not None
    assert second is not None
    assert (first.gain, first.low, first.high) == (second.gain, second.low, second.high)
    assert 0 <= first.low <= first.gain <= first.high
