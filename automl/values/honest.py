"""Scores freed from the luck of having been chosen, beside those by which the choice was made.

A search reports the best of many scores, and the best of many is partly luck. An honest score says what pipelines
chosen in the same way reach on rows that had no say in the choice. How it is found stands in
:mod:`automl.assess.honest`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class HonestLoss:
    """What is said of one row of the leaderboard.

    Attributes
    ----------
    loss
        The loss of pipelines that were chosen in the same way, on rows that had no say.
    low, high
        An interval of it, both as losses.
    is_tied
        Whether the rows can't tell it from the best row of the leaderboard.
    """

    loss: float
    low: float
    high: float
    is_tied: bool


@dataclass(frozen=True, slots=True)
class HonestLosses:
    """What is said of all rows of a leaderboard.

    Attributes
    ----------
    rows
        By the id of the row; rows of candidates that were given up or failed have none.
    reason
        Why there are none at all, or in what they are less than they could be; empty otherwise.
    n_resamples, n_rows
        How often rows were drawn, and of how many.
    level
        The share of intervals that hold the truth.

    Examples
    --------
    >>> told = HonestLosses({"ridge-1": HonestLoss(-0.8, -0.85, -0.75, True)}, "", 100, 500)
    >>> HonestLosses.from_json(told.to_json()) == told
    True
    """

    rows: Mapping[str, HonestLoss] = field(default_factory=dict)
    reason: str = ""
    n_resamples: int = 0
    n_rows: int = 0
    level: float = 0.95

    def of(self, row: str) -> HonestLoss | None:
        """Return what is said of a row, named by its id."""
        return self.rows.get(row)

    def to_json(self) -> dict[str, Any]:
        """Return plain data from which :meth:`from_json` makes the same; what is not finite is left out."""
        return {
            **{name: getattr(self, name) for name in ("reason", "n_resamples", "n_rows", "level")},
            "rows": {
                name: {key: value for key, value in asdict(each).items() if math.isfinite(value)}
                for name, each in self.rows.items()
            },
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> HonestLosses:
        """Make what :meth:`to_json` told."""
        nothing = dict.fromkeys(("loss", "low", "high"), math.nan)
        rows = {name: HonestLoss(**{**nothing, **each}) for name, each in data["rows"].items()}
        return cls(rows, data["reason"], data["n_resamples"], data["n_rows"], data["level"])


UNKNOWN = HonestLosses(reason="They have not been computed.")
