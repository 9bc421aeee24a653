"""What the best pipeline must keep to, besides being accurate: how fast, large, fair and easy to read it is."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from automl.errors import PlanError, suggest

_UNITS = {"one_row_ms": "ms for one row", "size_mb": "MB", "memory_mb": "MB of memory"}
NAMES = (*_UNITS, "interpretable", "monotone", "fairness_gap")
DIRECTIONS = MappingProxyType({"increasing": 1, "decreasing": -1})
MEASURES = (
    *("selection_rate", "true_positive_rate", "false_positive_rate", "precision", "accuracy", "calibration_gap"),
    *("mean_prediction", "mean_error", "mean_absolute_error"),
)
"""What may differ between groups."""


@dataclass(frozen=True, slots=True)
class FairnessLimit:
    """How much a measure may differ between the groups of a column.

    Attributes
    ----------
    column
        What tells the groups.
    measure
        What is compared; empty for the usual one of the task.
    most
        The largest difference that is allowed.
    """

    column: str
    measure: str
    most: float

    @property
    def name(self) -> str:
        """As on the leaderboard."""
        return f"gap:{self.column}:{self.measure}" if self.measure else f"gap:{self.column}"

    @property
    def words(self) -> str:
        """What is measured, in words."""
        what = f" in {self.measure.replace('_', ' ')}" if self.measure else ""
        return f"difference{what} between the groups of {self.column}"


@dataclass(frozen=True, slots=True)
class Constraints:
    """What the leaderboard's first row keeps to; ``None``: no limit.

    Attributes
    ----------
    one_row_ms
        Milliseconds that predicting one raw row may take.
    size_mb
        Megabytes that the stored fold models may take.
    memory_mb
        Megabytes that they may take unpacked, which is about what they take when loaded.
    interpretable
        Whether only families take part whose models a person can read.
    monotone
        Columns with which the prediction must not fall (``"increasing"``) or not rise (``"decreasing"``).
    fairness
        How much a measure may differ between groups.

    Examples
    --------
    >>> limits = Constraints.of({"one_row_ms": 30, "fairness_gap": {"sex": 0.1}})
    >>> limits.excess({"one_row_ms": 45.0, "gap:sex": 0.05})
    1.5
    >>> limits.broken({"one_row_ms": 45.0, "gap:sex": 0.05})
    '45 ms for one row, more than 30'
    >>> limits.broken({"one_row_ms": 20.0, "gap:sex": 0.05})
    ''
    >>> Constraints.of(limits.given) == limits
    True
    """

    one_row_ms: float | None = None
    size_mb: float | None = None
    memory_mb: float | None = None
    interpretable: bool = False
    monotone: tuple[tuple[str, str], ...] = ()
    fairness: tuple[FairnessLimit, ...] = ()

    @classmethod
    def of(cls, limits: Mapping[str, Any] | None) -> Constraints:
        """Return the limits that a caller's dict names.

        Raises
        ------
        PlanError
            If it is no dict, a name is unknown, or a limit is not one.
        """
        if limits is None:
            return cls()
        if not isinstance(limits, Mapping):
            raise PlanError(f"constraints={limits!r}; give a dict such as {{'one_row_ms': 30, 'size_mb': 50}}.")
        words: dict[str, Any] = {}
        for name, value in limits.items():
            if name in _UNITS:
                words[name] = _number(
                    value, f"constraints: {name}={value!r}; give a number above zero ({_UNITS[name]})."
                )
            elif name == "interpretable":
                if not isinstance(value, bool):
                    raise PlanError(f"constraints: interpretable={value!r}; give True or False.")
                words[name] = value
            elif name == "monotone":
                words[name] = _monotone(value)
            elif name == "fairness_gap":
                words["fairness"] = _fairness(value)
            else:
                raise PlanError(f"Unknown constraint {name!r}. {suggest(name, NAMES)}")
        return cls(**words)

    @property
    def given(self) -> dict[str, Any]:
        """What is set, as plain data from which :meth:`of` makes the same."""
        told: dict[str, Any] = {name: limit for name in _UNITS if (limit := getattr(self, name)) is not None}
        if self.interpretable:
            told["interpretable"] = True
        if self.monotone:
            told["monotone"] = dict(self.monotone)
        gaps: dict[str, Any] = {}
        for each in self.fairness:
            if each.measure:
                gaps.setdefault(each.column, {})[each.measure] = each.most
            else:
                gaps[each.column] = each.most
        return {**told, "fairness_gap": gaps} if gaps else told

    @property
    def directions(self) -> dict[str, int]:
        """Of each monotone column 1 or -1."""
        return {name: DIRECTIONS[direction] for name, direction in self.monotone}

    @property
    def limits(self) -> dict[str, float]:
        """What is measured of a pipeline, and the most it may be."""
        told = {name: float(limit) for name in _UNITS if (limit := getattr(self, name)) is not None}
        return {**told, **{each.name: each.most for each in self.fairness}}

    def excess(self, measured: Mapping[str, float]) -> float:
        """Return how many times its limit the worst figure is; what was not measured keeps no limit."""
        ratios = [measured[name] / limit for name, limit in self.limits.items() if name in measured]
        return max((math.inf if math.isnan(each) else each for each in ratios), default=0.0)

    def broken(self, measured: Mapping[str, float]) -> str:
        """Tell which limits these figures break; empty if none."""
        words = {**_UNITS, **{each.name: each.words for each in self.fairness}}
        over = [(name, limit) for name, limit in self.limits.items() if not measured[name] <= limit]
        return " and ".join(f"{measured[name]:.3g} {words[name]}, more than {limit:g}" for name, limit in over)

    def __str__(self) -> str:
        """Tell the limits in words."""
        parts = [f"at most {getattr(self, name):g} {unit}" for name, unit in _UNITS.items() if name in self.given]
        parts += ["models that a person can read"] if self.interpretable else []
        parts += [f"{direction} with {name}" for name, direction in self.monotone]
        parts += [f"at most {each.most:g} {each.words}" for each in self.fairness]
        return " and ".join(parts)


def _number(value: Any, problem: str) -> float:
    is_number = hasattr(value, "__float__") and not isinstance(value, bool)
    if not is_number or not 0 < float(value) < math.inf:
        raise PlanError(problem)
    return float(value)


def _monotone(value: Any) -> tuple[tuple[str, str], ...]:
    if not isinstance(value, Mapping) or not value:
        raise PlanError(f"constraints: monotone={value!r}; give a dict such as {{'age': 'increasing'}}.")
    for name, direction in value.items():
        if direction not in DIRECTIONS:
            raise PlanError(
                f"constraints: monotone gives {name!r} the direction {direction!r}. {suggest(direction, DIRECTIONS)}"
            )
    return tuple((str(name), direction) for name, direction in value.items())


def _fairness(value: Any) -> tuple[FairnessLimit, ...]:
    if not isinstance(value, Mapping) or not value:
        raise PlanError(f"constraints: fairness_gap={value!r}; give a dict such as {{'sex': 0.1}}.")
    found = []
    for column, limit in value.items():
        by_measure = limit if isinstance(limit, Mapping) else {"": limit}
        for measure, most in by_measure.items():
            if measure and measure not in MEASURES:
                raise PlanError(f"constraints: fairness_gap has no measure {measure!r}. {suggest(measure, MEASURES)}")
            problem = f"constraints: fairness_gap of {column!r} is {most!r}; give the largest difference, above zero."
            found.append(FairnessLimit(str(column), str(measure), _number(most, problem)))
    return tuple(found)


UNBOUND = Constraints()
