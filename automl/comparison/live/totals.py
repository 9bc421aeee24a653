"""What a test remembers of an arm: sums, never rows.

Sums can be added up, so that a test of any length is as small as one of a day, and its log holds nobody's values.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, Literal, Self

import numpy as np
import numpy.typing as npt

from automl.comparison.live.sequences import Bernstein
from automl.errors import DataError

FloatArray = npt.NDArray[np.floating[Any]]
Kind = Literal["rate", "mean", "loss"]


@dataclass(frozen=True, slots=True)
class Totals:
    """Number, mean and sum of squared deviations of an arm's values, and its exact sequence if one is kept."""

    n: int = 0
    mean: float = 0.0
    squares: float = 0.0
    exact: Bernstein | None = None

    def plus(self, values: FloatArray, scaled: FloatArray | None = None) -> Self:
        """Return the totals with these values added (Chan, Golub and LeVeque 1979).

        Parameters
        ----------
        values
            New ones.
        scaled
            The same from 0 to 1, for the exact sequence.
        """
        if not len(values):
            return self
        n_new, mean_new = len(values), float(np.mean(values))
        n, step = self.n + n_new, mean_new - self.mean
        return replace(
            self,
            n=n,
            mean=self.mean + step * n_new / n,
            squares=self.squares + float(((values - mean_new) ** 2).sum()) + step**2 * self.n * n_new / n,
            exact=self.exact if self.exact is None or scaled is None else self.exact.plus(scaled),
        )

    def variance(self, kind: Kind) -> float:
        """Return the variance of one value; for a rate as if there were one more hit and one more miss."""
        if kind == "rate":
            rate = (self.n * self.mean + 1) / (self.n + 2)
            return rate * (1 - rate)
        return self.squares / (self.n - 1) if self.n > 1 else math.nan

    def to_json(self) -> list[float]:
        """Return plain numbers, from which :meth:`of` makes it again."""
        told: list[float] = [self.n, self.mean, self.squares]
        if self.exact is not None:
            exact = self.exact
            told += [exact.total, exact.squares, exact.weights, exact.weighted, exact.spent]
        return told

    @classmethod
    def of(cls, told: list[float], level: float) -> Self:
        """Return what :meth:`to_json` told; ``level`` is that of the exact sequence."""
        n, mean, squares, *exact = told
        return cls(int(n), mean, squares, Bernstein(level, int(n), *exact) if exact else None)


def as_values(given: Any, kind: Kind, bounds: tuple[float, float] | None, name: str) -> FloatArray:
    """Return values as numbers ``(n,)``.

    Raises
    ------
    DataError
        If they are missing, no numbers, no hits and misses where a rate is asked for, or out of bounds.
    """
    try:
        values = np.atleast_1d(np.asarray(given, dtype=float)).reshape(-1)
    except (TypeError, ValueError):
        raise DataError(f"{name} was given {given!r:.60}, which are no numbers.") from None
    if not np.isfinite(values).all():
        where = int(np.flatnonzero(~np.isfinite(values))[0])
        raise DataError(f"{name} has no value at position {where} of {len(values)}; leave such rows out, or say 0.")
    if kind == "rate" and not np.isin(values, (0.0, 1.0)).all():
        odd = float(values[~np.isin(values, (0.0, 1.0))][0])
        raise DataError(f"{name} was given {odd:g}; a rate counts hits (1) and misses (0). For quantities use 'mean'.")
    if bounds is not None and len(values) and not (bounds[0] <= values.min() and values.max() <= bounds[1]):
        odd = float(values[(values < bounds[0]) | (values > bounds[1])][0])
        raise DataError(f"{name} was given {odd:g}, outside of its bounds {bounds[0]:g} to {bounds[1]:g}.")
    return values
