"""What the best pipeline must keep to, besides being accurate: how fast one row is predicted, how large it is."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from automl.errors import PlanError, suggest

_UNITS = {"one_row_ms": "ms for one row", "size_mb": "MB"}


@dataclass(frozen=True, slots=True)
class Constraints:
    """Upper limits of the leaderboard's first row; ``None``: no limit.

    Attributes
    ----------
    one_row_ms
        Milliseconds that predicting one raw row may take.
    size_mb
        Megabytes that the stored fold models may take.

    Examples
    --------
    >>> limits = Constraints.of({"one_row_ms": 30})
    >>> limits.excess(one_row_ms=45.0, size_mb=9.0)
    1.5
    >>> limits.broken(one_row_ms=45.0, size_mb=9.0)
    '45 ms for one row, more than 30'
    >>> limits.broken(one_row_ms=20.0, size_mb=9.0)
    ''
    """

    one_row_ms: float | None = None
    size_mb: float | None = None

    @classmethod
    def of(cls, limits: Mapping[str, Any] | None) -> Constraints:
        """Return the limits that a caller's dict names.

        Raises
        ------
        PlanError
            If it is no dict, a name is unknown, or a limit is no number above zero.
        """
        if limits is None:
            return cls()
        if not isinstance(limits, Mapping):
            raise PlanError(f"constraints={limits!r}; give a dict such as {{'one_row_ms': 30, 'size_mb': 50}}.")
        for name, value in limits.items():
            if name not in _UNITS:
                raise PlanError(f"Unknown constraint {name!r}. {suggest(name, list(_UNITS))}")
            is_number = hasattr(value, "__float__") and not isinstance(value, bool)
            if not is_number or not 0 < float(value) < math.inf:
                raise PlanError(f"constraints: {name}={value!r}; give a number above zero ({_UNITS[name]}).")
        return cls(**{name: float(value) for name, value in limits.items()})

    @property
    def given(self) -> dict[str, float]:
        """The limits that are set, by name."""
        return {each.name: limit for each in fields(self) if (limit := getattr(self, each.name)) is not None}

    def excess(self, **measured: float) -> float:
        """Return how many times its limit the worst figure is; what was not measured keeps no limit."""
        ratios = [measured[name] / limit for name, limit in self.given.items()]
        return max((math.inf if math.isnan(each) else each for each in ratios), default=0.0)

    def broken(self, **measured: float) -> str:
        """Tell which limits these figures break; empty if none."""
        over = [(name, limit) for name, limit in self.given.items() if not measured[name] <= limit]
        return " and ".join(f"{measured[name]:.3g} {_UNITS[name]}, more than {limit:g}" for name, limit in over)

    def __str__(self) -> str:
        """Tell the limits in words."""
        return " and ".join(f"at most {limit:g} {_UNITS[name]}" for name, limit in self.given.items())


UNBOUND = Constraints()
