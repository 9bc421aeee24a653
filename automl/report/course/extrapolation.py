"""How much further a best-so-far curve is likely to fall: saturating curves, fitted to trials drawn again and again.

The lowest loss found so far falls quickly at first and then ever more slowly. Two families of such curves are fitted
to it by least squares, so that every doubling of the time counts the same: a power law ``c + a · t^-b`` (the best of
many draws behaves so, whatever the draws are; Domhan, Springenberg and Hutter 2015 use it for learning curves) and an
exponential ``c + a · exp(-t / b)``, which settles. Given ``b`` both are straight lines in ``a`` and ``c``, so a grid
over ``b`` finds the best one without a search. What the better of the two loses between now and later is the gain to
expect.

One curve says nothing about luck: the best trial might have come earlier or later. So trials are drawn with
replacement, their times moved about by a factor of some 1.6, the curve is fitted to each draw, and the mean of the
gains is told, with an interval. On simulated random searches of 20 to 200 trials, whose true gain is known, an
interval between the 5 % and the 95 % quantile held the truth in about 75 to 100 % of the searches, so it is called an
80 % interval, not a 90 % one. It can't know of a better region that no trial has come near.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Falling = Callable[[Array], Array]

FEWEST = 8
"""Trials below which nothing is extrapolated."""
RESAMPLES = 120
LEVEL = 0.8
"""What the interval is worth, as measured."""
_TAILS = (0.05, 0.95)
_MOVED = 0.5  # deviation of the logarithm of a moved time
_EXPONENTS = np.geomspace(0.1, 3.0, 40)
_SCALES = np.geomspace(0.05, 3.0, 30)  # of the time so far


@dataclass(frozen=True, slots=True)
class Forecast:
    """What is to be expected of more time.

    Attributes
    ----------
    gain, low, high
        By how much the best loss is likely to fall, and its interval.
    curves
        The fitted curves, one for each draw: times to losses.
    """

    gain: float
    low: float
    high: float
    curves: tuple[Falling, ...]


def forecast(times: Array, losses: Array, now: float, until: float, seed: int = 0) -> Forecast | None:
    """Return the gain between ``now`` and ``until``; ``None`` for fewer than eight trials.

    Parameters
    ----------
    times, losses
        When each trial ended, above 0, and its loss, ``(n_trials,)``.

    Examples
    --------
    >>> settled = forecast(np.arange(1.0, 101.0), np.full(100, 0.5), 100.0, 200.0)
    >>> settled.gain, settled.high
    (0.0, 0.0)
    """
    n = len(times)
    if n < FEWEST:
        return None
    rng = np.random.default_rng(seed)
    curves = []
    for _ in range(RESAMPLES):
        drawn = rng.integers(0, n, n)
        moved = np.minimum(times[drawn] * np.exp(_MOVED * rng.standard_normal(n)), now)
        order = np.argsort(moved, kind="stable")
        curves.append(fit_falling(moved[order], losses[drawn][order], now))
    ends = np.array([now, until])
    gains = np.array([float(each(ends)[0] - each(ends)[1]) for each in curves])
    low, high = np.quantile(gains, _TAILS)
    return Forecast(float(np.clip(gains.mean(), low, high)), float(low), float(high), tuple(curves))


def fit_falling(times: Array, losses: Array, now: float) -> Falling:
    """Return the saturating curve nearest to the best loss so far.

    Parameters
    ----------
    times
        Ascending, above 0 and up to ``now``.
    """
    ends, best = np.append(times, now), np.minimum.accumulate(np.append(losses, np.inf))
    weight = np.diff(np.log(ends), prepend=np.log(ends[0]))
    weight[0] = weight[1:].max(initial=1e-12)
    weight = weight / weight.sum() + 1e-12
    shapes = [*(_power(b, now) for b in _EXPONENTS), *(_exponential(b, now) for b in _SCALES)]
    found = [_line(shape(ends), best, weight) for shape in shapes]
    place = int(np.argmin([error for _, _, error in found]))
    slope, floor, _ = found[place]
    shape = shapes[place]
    return lambda at: floor + slope * shape(np.asarray(at, dtype=np.float64))


def _power(exponent: float, now: float) -> Falling:
    return lambda at: np.asarray((at / now) ** -exponent)


def _exponential(scale: float, now: float) -> Falling:
    return lambda at: np.asarray(np.exp(-at / (scale * now)))


def _line(x: Array, y: Array, weight: Array) -> tuple[float, float, float]:
    """Return slope (at least 0), intercept and squared error of a straight line; weights sum to 1."""
    centre, height = float(weight @ x), float(weight @ y)
    centred = x - centre
    spread = float(weight @ centred**2)
    slope = max(0.0, float(weight @ (centred * (y - height))) / spread) if spread > 0 else 0.0
    floor = height - slope * centre
    return slope, floor, float(weight @ (y - floor - slope * x) ** 2)
