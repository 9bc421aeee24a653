"""Differences, ratios, products and sums of two numbers.

A tree cuts one column at a time: "income per person" or "days between two dates" takes it a staircase of many cuts,
and takes one cut once the column is there.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

SIGNS = ("-", "/", "*", "+")
LARGEST = 1e30  # as large as a number of the encoded table may be


class Arithmetic(BaseEstimator):
    """Combine pairs of numbers.

    Attributes
    ----------
    terms_
        ``(n_terms, 3)``: place in :data:`SIGNS`, and the two columns.

    Examples
    --------
    >>> made = Arithmetic().propose(numbers=[0, 1], codes=[])
    >>> made.names(["a", "b"])
    ['a - b', 'a / b', 'a * b', 'a + b']
    >>> made.transform(np.array([[6.0, 2.0], [1.0, 0.0]])).tolist()
    [[4.0, 3.0, 12.0, 8.0], [1.0, nan, 0.0, 1.0]]
    """

    def propose(self, numbers: Sequence[int], codes: Sequence[int]) -> Arithmetic:
        """Take every pair of ``numbers`` in every way."""
        del codes
        pairs = itertools.combinations(sorted(numbers), 2)
        terms = [(sign, left, right) for left, right in pairs for sign in range(len(SIGNS))]
        self.terms_: Ints = np.array(terms, dtype=np.int64).reshape(-1, 3)
        return self

    def keep(self, chosen: Ints) -> None:
        """Forget all terms but those in these places."""
        self.terms_ = self.terms_[chosen]

    def learn(self, rows: npt.NDArray[Any]) -> Arithmetic:
        """Return it as it is: there is nothing to learn."""
        del rows
        return self

    def transform(self, rows: npt.NDArray[Any]) -> Floats:
        """Return ``(n_rows, n_terms)``; NaN where a number is missing or divided by 0."""
        signs = self.terms_[:, 0]
        left = rows[:, self.terms_[:, 1]].astype(np.float64)
        right = rows[:, self.terms_[:, 2]].astype(np.float64)
        out = np.empty_like(left)
        for sign, combine in enumerate((np.subtract, np.divide, np.multiply, np.add)):
            which = np.flatnonzero(signs == sign)
            if len(which):
                with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
                    out[:, which] = combine(left[:, which], right[:, which])
        out[np.isinf(out)] = np.nan
        return np.clip(out, -LARGEST, LARGEST, out=out)

    def levels(self) -> Ints:
        """Return zeros: these are numbers."""
        return np.zeros(len(self.terms_), dtype=np.int64)

    def names(self, names_in: Sequence[str]) -> list[str]:
        """Name the terms."""
        return [f"{names_in[left]} {SIGNS[sign]} {names_in[right]}" for sign, left, right in self.terms_.tolist()]

    def sources(self) -> list[tuple[int, ...]]:
        """Return the columns that each term is made from."""
        return [(left, right) for _, left, right in self.terms_.tolist()]
