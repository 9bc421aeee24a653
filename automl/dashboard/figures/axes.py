"""Axes of parallel coordinates: where the values of some configs lie on each, and what stands beside it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from automl.dashboard.figures.style import escaped
from automl.dashboard.wording import number, shortened
from automl.values.evaluation import Evaluation
from automl.values.metric import Metric

MOST_TICKS = 4
LONGEST_NAME, LONGEST_TEXT = 17, 10  # bytes
INACTIVE = "–"


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis.

    Attributes
    ----------
    name
        What stands above it.
    low, high
        Its ends from foot to top, in the units of ``values``; a logarithmic one is in powers of ten.
    values, texts
        Where each config crosses it, and that value as text.
    ticks
        Places and texts beside it.
    """

    name: str
    low: float
    high: float
    values: tuple[float, ...]
    texts: tuple[str, ...]
    ticks: tuple[tuple[float, str], ...]

    def height(self, value: float) -> float:
        """Return how high a value lies, 0 at the foot and 1 at the top."""
        return (value - self.low) / (self.high - self.low)


def score_axis(metric: Metric, trials: Sequence[Evaluation]) -> Axis:
    """Return the axis of scores, the best of these trials on top, whatever the metric's direction."""
    scores = tuple(metric.score_of(each.loss) for each in trials)
    losses = [each.loss for each in trials]
    foot, top = metric.score_of(max(losses)), metric.score_of(min(losses))
    if foot == top:
        foot = top - abs(top or 1.0) / 10
    ticks = tuple((value, number(value)) for value in (foot, (foot + top) / 2, top))
    return Axis(escaped(shortened(metric.name, LONGEST_NAME)), foot, top, scores, tuple(map(number, scores)), ticks)


def hyperparameter_axis(hyperparameter: Mapping[str, Any], configs: Sequence[Mapping[str, Any]]) -> Axis:
    """Return the axis of a hyperparameter.

    Parameters
    ----------
    hyperparameter
        As a plan tells it: ``type``, ``name``, ``low``, ``high`` and ``log``, or ``choices``.
    configs
        A config that lacks it crosses at the foot, at ``–``.

    Examples
    --------
    >>> rate = {"type": "Float", "name": "rate", "low": 0.01, "high": 1.0, "log": True}
    >>> axis = hyperparameter_axis(rate, [{"rate": 0.1}, {"rate": 1.0}])
    >>> axis.values, axis.ticks
    ((-1.0, 0.0), ((-2.0, '0.01'), (-1.0, '0.1'), (0.0, '1')))
    """
    name = hyperparameter["name"]
    active = [config[name] for config in configs if name in config]
    is_numeric = hyperparameter["type"] != "Categorical" and all(map(_is_number, active))
    ruler = _numeric(hyperparameter, active) if is_numeric else _categorical(hyperparameter, active)
    low, ticks = ruler.low, ruler.ticks
    if len(active) < len(configs):
        low -= 0.2 * (ruler.high - low)
        ticks = [(low, INACTIVE), *ticks]
    values = tuple(ruler.place(config[name]) if name in config else low for config in configs)
    texts = tuple(_text(config[name]) if name in config else INACTIVE for config in configs)
    return Axis(escaped(shortened(name, LONGEST_NAME)), low, ruler.high, values, texts, tuple(ticks))


@dataclass(frozen=True, slots=True)
class _Ruler:
    """The ends of an axis, where a value lies on it, and what stands beside it."""

    low: float
    high: float
    place: Callable[[Any], float]
    ticks: list[tuple[float, str]]


def _categorical(hyperparameter: Mapping[str, Any], active: Sequence[Any]) -> _Ruler:
    """Return an axis of the declared choices, and of what was tried beside them."""
    levels = {repr(level): _text(level) for level in [*hyperparameter.get("choices", ()), *active]}
    places = {level: float(at) for at, level in enumerate(levels)}
    ticks = [(places[level], text) for level, text in levels.items()]
    return _Ruler(0.0, max(1.0, len(levels) - 1.0), lambda value: places[repr(value)], ticks)


def _numeric(hyperparameter: Mapping[str, Any], active: Sequence[float]) -> _Ruler:
    """Return an axis of the declared range, made wider by a value outside of it."""
    low, high = min(*active, hyperparameter["low"]), max(*active, hyperparameter["high"])
    is_log = hyperparameter["log"] and low > 0
    place = math.log10 if is_log else float
    ticks = [(place(tick), number(tick, 3)) for tick in (_log_ticks(low, high) if is_log else _ticks(low, high))]
    return _Ruler(place(low), place(high) if high > low else place(low) + 1.0, place, ticks)


def _log_ticks(low: float, high: float) -> list[float]:
    """Return round numbers on a logarithmic axis: powers of ten, and some between them where those are few."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    inside: list[float] = []
    for digits in ((1, 2, 5), (1, 3), (1,)):
        ticks = [float(f"{digit}e{power}") for power in powers for digit in digits]
        inside = [tick for tick in ticks if low * 0.999 <= tick <= high * 1.001]
        if len(inside) <= MOST_TICKS:
            break
    return inside[:: math.ceil(len(inside) / MOST_TICKS)] if len(inside) > 1 else sorted({low, high})


def _ticks(low: float, high: float) -> list[float]:
    """Return both ends and the middle, or all of a few whole numbers."""
    if isinstance(low, int) and isinstance(high, int) and high - low < MOST_TICKS:
        return [float(value) for value in range(low, high + 1)]
    return [low, (low + high) / 2, high] if high > low else [low]


def _text(value: Any) -> str:
    return number(value, 3) if _is_number(value) else escaped(shortened(str(value), LONGEST_TEXT))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
