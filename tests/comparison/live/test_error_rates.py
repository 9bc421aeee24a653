"""The test is wrong as rarely and right as often as it says, looked at after every row."""

from __future__ import annotations

import importlib.util
import math
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from automl.comparison.live.judging import difference
from automl.comparison.live.sequences import boundary
from automl.comparison.live.totals import Totals

SCRIPT = Path(__file__).resolve().parents[3] / "benchmarks" / "abtest.py"


@pytest.fixture(scope="module")
def simulation() -> ModuleType:
    """Return the script of the record, whose simulations these are."""
    spec = importlib.util.spec_from_file_location("benchmark_abtest", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    return script


def most(share: float, n: int) -> float:
    """Return a share that is exceeded about once in a thousand times where ``share`` is true."""
    return share + 3.1 * math.sqrt(share * (1 - share) / n)


def test_simulated_intervals_are_those_of_the_test(simulation: ModuleType) -> None:
    """The vectors of the simulation are what the test computes row by row."""
    rng = np.random.default_rng(0)
    for kind, draw in simulation.VALUES.values():
        a, b = draw(rng, (1, 400)), draw(rng, (1, 400))
        center, error, progress = simulation.standard_errors(a, b, kind)
        for n in (100, 150, 400):
            low, high = difference(Totals().plus(a[0, :n]), Totals().plus(b[0, :n]), kind, 0.95, 500)
            reach = boundary(progress[0, n - 1] / 500, 0.95) * error[0, n - 1]
            assert (low, high) == pytest.approx((center[0, n - 1] - reach, center[0, n - 1] + reach))


@pytest.mark.parametrize("name", ["rate of 10 %", "3 % of users spend"])
def test_hardly_a_false_finding(simulation: ModuleType, name: str) -> None:
    """Of 300 tests of equal arms, each looked at after every of 1,000 rows, at most 5 % ever find something."""
    kind, draw = simulation.VALUES[name]
    rng = np.random.default_rng(1)
    assert simulation.ever_outside(draw, kind, rng, 300, rows=1000)[0] <= most(0.05, 300)
    assert simulation.ever_outside(draw, kind, rng, 300, rows=500, every=9)[0] <= most(0.05, 300)


def test_the_usual_test_is_fooled(simulation: ModuleType) -> None:
    """The same rows with the usual 1.96 standard errors, looked at as often, find something far more often."""
    kind, draw = simulation.VALUES["rate of 10 %"]
    assert simulation.ever_outside(draw, kind, np.random.default_rng(1), 300, rows=1000, z=1.96)[0] > 0.15


def test_power_is_as_planned(simulation: ModuleType) -> None:
    """Of 300 tests with the planned difference about 80 % find it, in about the planned rows."""
    told = simulation.power(5.0, 0.6, np.random.default_rng(2), 300, std=2.0)
    assert abs(told["power"] - 0.8) < 3.1 * math.sqrt(0.16 / 300) + 0.01
    assert told["rows"] == pytest.approx(told["expected"], rel=0.1)


@pytest.mark.slow
@pytest.mark.parametrize("rows", [200, 500, 2000])
@pytest.mark.parametrize("kind", ["even", "uneven"])
def test_false_findings_stay_below_the_level(simulation: ModuleType, rows: int, kind: str) -> None:
    """For every kind of values, wherever the interval is narrowest, 2,000 tests of 2,000 rows find at most 5 %."""
    rng = np.random.default_rng(rows)
    for metric, draw in simulation.VALUES.values():
        a = draw(rng, (2000, 2000 if kind == "even" else 500))
        b = draw(rng, (2000, 2000 if kind == "even" else 4500))
        center, error, progress = simulation.standard_errors(a, b, metric, 1 if kind == "even" else 9)
        with np.errstate(divide="ignore", invalid="ignore"):
            outside = np.abs(center) > boundary(progress / rows, 0.95) * error
        assert outside[:, 99:].any(axis=1).mean() <= most(0.05, 2000)


@pytest.mark.slow
def test_a_true_difference_stays_inside(simulation: ModuleType) -> None:
    """Intervals hold the true difference at all times, not only 0: 2,000 tests of a rate of 10 against 20 %."""
    rng = np.random.default_rng(4)
    a, b = (simulation.hits(rate)(rng, (2000, 2000)) for rate in (0.1, 0.2))
    center, error, progress = simulation.standard_errors(a, b, "rate")
    outside = np.abs(center - 0.1) > boundary(progress / 2000, 0.95) * error
    assert outside[:, 99:].any(axis=1).mean() <= most(0.05, 2000)


@pytest.mark.slow
def test_a_guardrail_at_its_margin_hardly_ever_breaks(simulation: ModuleType) -> None:
    """A loss that is worse by just the margin stops at most 5 % of 2,000 tests; one that is worse by more does."""
    rng = np.random.default_rng(5)
    for worse, low, high in ((0.2, 0.0, most(0.05, 2000)), (0.5, 0.95, 1.0)):
        a, b = rng.exponential(1, (2000, 2000)), rng.exponential(1, (2000, 2000)) + worse
        center, error, progress = simulation.standard_errors(a, b, "loss")
        broken = center - boundary(progress / 2000, 0.95) * error > 0.2
        assert low <= broken[:, 99:].any(axis=1).mean() <= high


@pytest.mark.slow
def test_power_of_every_plan(simulation: ModuleType) -> None:
    """2,000 tests of three plans find the difference in 80 and in 90 % of cases."""
    rng = np.random.default_rng(6)
    for baseline, effect, std in ((0.1, 0.04, None), (0.5, 0.05, None), (5.0, 0.4, 2.0)):
        told = simulation.power(baseline, effect, rng, 2000, std)
        assert abs(told["power"] - 0.8) < 3.1 * math.sqrt(0.16 / 2000) + 0.01
        assert told["rows"] == pytest.approx(told["expected"], rel=0.05)


@pytest.mark.slow
def test_exact_intervals_never_need_the_limit(simulation: ModuleType) -> None:
    """Two equal rare rates, from the first row on: at most 5 % of 2,000 tests find something."""
    for rate in (0.002, 0.05, 0.5):
        assert simulation.exact_outside(rate, np.random.default_rng(7), 2000) <= most(0.05, 2000)
