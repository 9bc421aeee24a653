"""A candidate fitted once more on all rows: one model instead of one for each fold, smaller and faster than the bag.

It has no held-out rows of its own. What is known of how good it is, is the score of the folds, whose models learned
from fewer rows.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

SUFFIX = "-refit"


@dataclass(frozen=True, slots=True)
class Refitted:
    """What fitting a candidate on all rows took, and what the model takes.

    Attributes
    ----------
    number
        Of the trial.
    fit_seconds
        Wall time of the fit.
    one_row_seconds, seconds_per_row
        What predicting takes, without encoding the raw row.
    size_bytes, memory_mb
        Of the stored model, packed and unpacked.

    Examples
    --------
    >>> told = Refitted(3, 0.5, 0.001, 1e-6, 20_000, 0.1)
    >>> Refitted.from_json(told.to_json()) == told
    True
    """

    number: int
    fit_seconds: float
    one_row_seconds: float
    seconds_per_row: float
    size_bytes: int
    memory_mb: float

    def measured(self, one_row_seconds: float) -> dict[str, float]:
        """Return what constraints are about; encoding a raw row takes ``one_row_seconds``."""
        return {
            "one_row_ms": 1000 * (one_row_seconds + self.one_row_seconds),
            "size_mb": self.size_bytes / 1e6,
            "memory_mb": self.memory_mb,
        }

    def rows_per_second(self, seconds_per_row: float) -> float:
        """Return how many raw rows are predicted in a second; encoding one among many takes ``seconds_per_row``."""
        taken = seconds_per_row + self.seconds_per_row
        return 1 / taken if taken > 0 else math.nan

    def to_json(self) -> dict[str, Any]:
        """Return plain data from which :meth:`from_json` makes the same."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Refitted:
        """Make what :meth:`to_json` told."""
        return cls(**data)


def bag_of(row: str) -> str:
    """Return the id of the bag of a row's candidate: that of the row itself, unless it was fitted on all rows.

    Examples
    --------
    >>> bag_of("linear-3-refit"), bag_of("linear-3")
    ('linear-3', 'linear-3')
    """
    return row.removesuffix(SUFFIX)
