"""What an A/B test is about, decided before the first row and kept with its log."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Self, get_args

from automl.comparison.live.totals import Kind
from automl.errors import PlanError, suggest

KINDS: tuple[Kind, ...] = get_args(Kind)
USUAL_ROWS = 10_000
"""Rows an arm for which intervals are narrowest where none are planned."""


@dataclass(frozen=True, slots=True)
class Guardrail:
    """What must not get worse while another metric gets better.

    Attributes
    ----------
    name
        What it is, such as ``"latency"``.
    margin
        How much worse it may get, in its own unit.
    metric
        ``"rate"`` of hits, ``"mean"`` of values, or mean ``"loss"``.
    greater_is_better
        Its direction; by default, a loss is to be low and the others high.

    Raises
    ------
    PlanError
        If the margin is negative or the metric doesn't exist.
    """

    name: str
    margin: float
    metric: Kind = "loss"
    greater_is_better: bool | None = None

    def __post_init__(self) -> None:
        """Refuse what can't be guarded."""
        check_kind(self.metric)
        if not 0 <= self.margin < math.inf:
            raise PlanError(f"The guardrail {self.name!r} has the margin {self.margin!r}; give a number from 0.")

    @property
    def sign(self) -> int:
        """1 if high is good, else -1."""
        return sign_of(self.metric, self.greater_is_better)


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that was decided before the first row; see :class:`automl.ABTest` for what it means.

    Raises
    ------
    PlanError
        If it contradicts itself.
    """

    name: str
    arms: tuple[str, ...]
    metric: Kind
    greater_is_better: bool | None
    bounds: tuple[float, float] | None
    exact: bool
    shares: tuple[float, ...]
    guardrails: tuple[Guardrail, ...]
    effect: float | None
    rows: int | None
    level: float
    salt: str

    def __post_init__(self) -> None:
        """Refuse what can't be tested."""
        check_kind(self.metric)
        if len(self.arms) < 2 or len(set(self.arms)) != len(self.arms):
            raise PlanError(f"arms={self.arms!r} must be at least two different names.")
        if len(self.shares) != len(self.arms) or min(self.shares) <= 0 or abs(sum(self.shares) - 1) > 1e-9:
            raise PlanError(f"shares={self.shares!r} must be {len(self.arms)} positive numbers that sum to 1.")
        if not 0 < self.level < 1:
            raise PlanError(
                f"level={self.level!r} is no confidence level; give a number between 0 and 1, such as 0.95."
            )
        if self.effect is not None and not 0 < self.effect < math.inf:
            raise PlanError(f"effect={self.effect!r} is no difference that matters; give a positive number.")
        if self.rows is not None and self.rows < 1:
            raise PlanError(f"rows={self.rows!r}: an arm takes at least one row.")
        if self.bounds is not None and not self.bounds[0] < self.bounds[1]:
            raise PlanError(f"bounds={self.bounds!r} must be a lower and a higher number.")
        if self.exact and self.scale is None:
            raise PlanError("exact=True needs to know between which bounds values lie. Give bounds=(low, high).")
        if len({each.name for each in self.guardrails}) != len(self.guardrails):
            raise PlanError("Two guardrails have the same name; give each its own.")

    @property
    def sign(self) -> int:
        """1 if high is good, else -1."""
        return sign_of(self.metric, self.greater_is_better)

    @property
    def scale(self) -> tuple[float, float] | None:
        """Between which bounds values lie, if that is known."""
        return (0.0, 1.0) if self.metric == "rate" else self.bounds

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """Arms that are compared with each other."""
        return list(combinations(self.arms, 2))

    @property
    def pair_level(self) -> float:
        """The level of each pair, so that all together have ``level``."""
        return 1 - (1 - self.level) / len(self.pairs)

    @property
    def arm_level(self) -> float:
        """The level of an arm's own exact sequence, so that a pair has ``pair_level``."""
        return 1 - (1 - self.pair_level) / 2

    @property
    def guard_level(self) -> float:
        """The level of each guardrail in each arm, so that all together have ``level``."""
        return 1 - (1 - self.level) / max(1, len(self.guardrails) * (len(self.arms) - 1))

    def check_arm(self, arm: object) -> None:
        """Refuse an arm that doesn't exist.

        Raises
        ------
        PlanError
            If it is none of the test's.
        """
        if arm not in self.arms:
            raise PlanError(f"The test {self.name!r} has no arm {arm!r}. {suggest(arm, self.arms)}")

    def to_json(self) -> dict[str, Any]:
        """Return plain data, from which :meth:`from_json` makes it again."""
        told = {name: getattr(self, name) for name in self.__slots__}
        guards = [[each.name, each.margin, each.metric, each.greater_is_better] for each in self.guardrails]
        bounds = None if self.bounds is None else list(self.bounds)
        return {**told, "arms": list(self.arms), "shares": list(self.shares), "bounds": bounds, "guardrails": guards}

    @classmethod
    def from_json(cls, told: dict[str, Any]) -> Self:
        """Return what :meth:`to_json` told."""
        bounds = told["bounds"]
        return cls(
            **{
                **told,
                "arms": tuple(told["arms"]),
                "shares": tuple(told["shares"]),
                "bounds": None if bounds is None else (bounds[0], bounds[1]),
                "guardrails": tuple(Guardrail(*each) for each in told["guardrails"]),
            }
        )


def check_kind(metric: object) -> None:
    """Refuse a metric that doesn't exist.

    Raises
    ------
    PlanError
        If it is none of :data:`KINDS`.
    """
    if metric not in KINDS:
        raise PlanError(f"Unknown metric {metric!r}. {suggest(metric, KINDS)}")


def sign_of(metric: Kind, greater_is_better: bool | None) -> int:
    """Return 1 if high is good, else -1."""
    good = metric != "loss" if greater_is_better is None else greater_is_better
    return 1 if good else -1


def even(arms: Sequence[str]) -> tuple[float, ...]:
    """Return equal shares."""
    return (1 / len(arms),) * len(arms)
