"""How many rows an A/B test takes, before it starts.

A test that is looked at once, at its end, takes the rows of the textbook. One that may be looked at any time pays for
this with more rows at most, and gets them back where the effect is large, because it stops when it has seen enough.
Both are said: what the rows of a sequential test are at most, and how many it takes on average if the effect is there.
The second pair comes from paths of Brownian motion, which the estimate follows in the limit, under the boundary of
:mod:`automl.comparison.live.sequences`; their seed is fixed, so that a plan is the same tomorrow.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy import stats

from automl.comparison.live.sequences import boundary
from automl.comparison.wording import number, percent
from automl.errors import PlanError

_PATHS, _LOOKS = 4000, 400


@dataclass(frozen=True, slots=True)
class TestPlan:
    """How many rows each arm takes.

    Attributes
    ----------
    baseline, effect
        What was planned for: the mean of the first arm and the difference to be found.
    fixed
        Rows an arm of a test that is looked at once, at its end.
    most
        Rows an arm after which a sequential test has the same chance to have found the effect.
    expected
        Rows an arm that a sequential test takes on average where the effect is there.
    power, level
        The chance to find the effect, and that of no finding where there is none.
    arms
        How many there are.
    """

    __test__ = False  # not a test of pytest's

    baseline: float
    effect: float
    fixed: int
    most: int
    expected: int
    power: float
    level: float
    arms: int

    def __str__(self) -> str:
        """Say it in two sentences."""
        return (
            f"To find a difference of {number(self.effect)} from {number(self.baseline)} with a power of "
            f"{percent(self.power)} at the level {percent(self.level)}: {self.fixed:,} rows in each of {self.arms} "
            f"arms if looked at once, at the end. Looked at any time: at most {self.most:,}, on average "
            f"{self.expected:,} if the difference is there."
        )


def plan(
    baseline: float,
    effect: float,
    *,
    std: float | None = None,
    power: float = 0.8,
    level: float = 0.95,
    arms: int = 2,
) -> TestPlan:
    """Return how many rows an arm are needed to find ``effect``.

    Parameters
    ----------
    baseline
        Mean of the first arm: a rate from 0 to 1, unless ``std`` is given.
    effect
        The difference to be found, as a difference of means: 0.01 is one point of a rate.
    std
        Standard deviation of the values, where they are not hits and misses.
    power
        Chance to find the effect if it is there.
    level
        Chance of no finding if there is none, over all pairs of arms.
    arms
        How many there are.

    Raises
    ------
    PlanError
        If there is no such test.

    Examples
    --------
    >>> plan(0.10, 0.02).fixed
    3841
    """
    _check(baseline, effect, std, power, level, arms)
    each = 1 - (1 - level) / (arms * (arms - 1) / 2)
    alpha, beta = float(stats.norm.ppf((1 + each) / 2)), float(stats.norm.ppf(power))
    if std is None:
        other, middle = baseline + effect, baseline + effect / 2
        under_none = math.sqrt(2 * middle * (1 - middle))
        under_effect = math.sqrt(baseline * (1 - baseline) + other * (1 - other))
    else:
        under_none = under_effect = std * math.sqrt(2)
    fixed = ((alpha * under_none + beta * under_effect) / effect) ** 2
    more, taken = sequential_cost(each, power)
    return TestPlan(
        baseline=baseline,
        effect=effect,
        fixed=math.ceil(fixed),
        most=math.ceil(fixed * more),
        expected=math.ceil(fixed * more * taken),
        power=power,
        level=level,
        arms=arms,
    )


@cache
def sequential_cost(level: float, power: float) -> tuple[float, float]:
    """Return rows at most over rows of a fixed test, and the share of these that are taken on average.

    Examples
    --------
    >>> [round(each, 1) for each in sequential_cost(0.95, 0.8)]
    [1.6, 0.6]
    """
    progress = np.arange(1, _LOOKS + 1) / _LOOKS
    steps = np.random.default_rng(0).standard_normal((_PATHS, _LOOKS)) / math.sqrt(_LOOKS)
    noise, limit = np.cumsum(steps, axis=1), boundary(progress, level) * np.sqrt(progress)

    def found(drift: float) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
        return np.asarray(np.abs(noise + drift * progress) > limit)

    fixed = float(stats.norm.ppf((1 + level) / 2) + stats.norm.ppf(power))
    low, high = fixed, 3 * fixed + 3
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (low, middle) if found(middle).any(axis=1).mean() >= power else (middle, high)
    crossed = found(high)
    taken = np.where(crossed.any(axis=1), (crossed.argmax(axis=1) + 1) / _LOOKS, 1.0)
    return (high / fixed) ** 2, float(taken.mean())


def _check(baseline: float, effect: float, std: float | None, power: float, level: float, arms: int) -> None:
    if effect == 0 or not math.isfinite(effect):
        raise PlanError(f"effect={effect!r} can't be found; give the smallest difference that matters.")
    if std is None and not (0 < baseline < 1 and 0 < baseline + effect < 1):
        raise PlanError(
            f"A rate of {baseline!r} that changes by {effect!r} does not stay between 0 and 1; give rates, or std= for "
            "other values."
        )
    if std is not None and not 0 < std < math.inf:
        raise PlanError(f"std={std!r} is no standard deviation; give a positive number.")
    if not 0 < level < 1 or not 0 < power < 1:
        raise PlanError(f"power={power!r} and level={level!r} must lie between 0 and 1.")
    if arms < 2:
        raise PlanError(f"arms={arms!r}: a test has at least two.")
