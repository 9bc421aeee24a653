"""How much may be spent: seconds, trials, patience; and durations as people write them."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from automl.errors import PlanError

_UNITS = {"ms": 0.001, "s": 1.0, "sec": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
_PART = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|sec|min|[smhd])")


def parse_duration(text: float | int | str) -> float:
    """Return seconds from a number of seconds or from a text such as ``"90s"``, ``"5m"``, ``"1h30m"``.

    Raises
    ------
    PlanError
        If it can't be read, or is not a finite number above zero.

    Examples
    --------
    >>> parse_duration("1h30m")
    5400.0
    >>> parse_duration("90")
    90.0
    """
    seconds = math.nan
    if isinstance(text, int | float) and not isinstance(text, bool):
        seconds = float(text)
    elif isinstance(text, str):
        compact = text.strip().lower()
        if re.fullmatch(r"\d+(\.\d+)?", compact):
            seconds = float(compact)
        elif compact and _PART.sub("", compact).strip() == "":
            seconds = sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(compact))
    if not math.isfinite(seconds) or seconds <= 0:
        raise PlanError(f"{text!r} is no duration; write seconds (60) or a text such as '90s', '5m' or '1h30m'.")
    return seconds


def format_duration(seconds: float) -> str:
    """Return a duration as people write it.

    Examples
    --------
    >>> format_duration(5400), format_duration(61.2), format_duration(0.25)
    ('1h30m', '1m1s', '0.25s')
    """
    if seconds < 10:
        return f"{seconds:.3g}s"
    whole = round(seconds)
    hours, minutes, rest = whole // 3600, whole % 3600 // 60, whole % 60
    parts = [f"{hours}h" if hours else "", f"{minutes}m" if minutes else "", f"{rest}s" if rest else ""]
    return "".join(parts) or "0s"


def overrun_allowed(seconds: float) -> float:
    """Return the seconds that a run may take beyond its budget: 1 s or 2 %, whichever is more."""
    return max(1.0, 0.02 * seconds)


@dataclass(frozen=True, slots=True)
class Budget:
    """When a search ends: whichever of its limits comes first.

    Attributes
    ----------
    seconds
        Wall time from call to return, reading, imports, ensembling and writing included; ``None``: no limit.
    n_trials
        Finished trials; ``None``: no limit.
    patience
        Trials in a row without an improvement after which to stop; ``None``: never.
    target_score
        Score at which to stop, in the metric's own direction; ``None``: never.

    Raises
    ------
    PlanError
        If neither seconds nor trials are limited, or a limit is not above zero.
    """

    seconds: float | None = None
    n_trials: int | None = None
    patience: int | None = None
    target_score: float | None = None

    def __post_init__(self) -> None:
        """Refuse a budget that never ends or is empty."""
        if self.seconds is None and self.n_trials is None:
            raise PlanError("Neither time_budget nor n_trials is given; the search would never end. Give one.")
        for name, value in (("n_trials", self.n_trials), ("patience", self.patience)):
            if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
                raise PlanError(f"{name}={value!r}; it must be a whole number of at least 1.")
        goal = self.target_score
        if goal is not None and (isinstance(goal, bool) or not hasattr(goal, "__float__") or not math.isfinite(goal)):
            raise PlanError(f"target_score={goal!r}; it must be a finite number, in the metric's own direction.")
        if self.seconds is not None and not self.seconds > 0:
            raise PlanError(f"A time budget of {self.seconds} seconds is not above zero.")

    def __str__(self) -> str:
        """Tell the limits in words."""
        parts = [format_duration(self.seconds)] if self.seconds is not None else []
        parts += [f"{self.n_trials} trials"] if self.n_trials is not None else []
        parts += [f"{self.patience} trials without improvement"] if self.patience is not None else []
        parts += [f"a score of {self.target_score}"] if self.target_score is not None else []
        return " or ".join(parts)
