"""Two categories as one: every pair of levels that training rows have is a level.

The pairs are numbered in order of their first and second level; a pair that training didn't have has no number, NaN.
What a pair is worth is learned behind it, as cross-fitted target means (:mod:`automl.features.target_means`).
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator

from automl.features.generated.groups import highest, places

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


class Crosses(BaseEstimator):
    """Pair categories.

    Attributes
    ----------
    terms_
        ``(n_terms, 2)``: the two columns.
    sizes_
        ``(n_terms, 2)``: their numbers of levels.
    keys_
        The pairs that occur, those of all terms in one sorted array: ``first * (second size + 1) + second``, each
        term's beyond those of the one before.
    shifts_, starts_
        What is added to the keys of a term, and where its keys begin.

    Examples
    --------
    >>> made = Crosses().propose(numbers=[], codes=[0, 1]).learn(np.array([[0.0, 1], [1, 0], [1, 1]]))
    >>> made.transform(np.array([[0.0, 1], [1, 0], [1, 1], [0, 0]])).ravel().tolist()
    [0.0, 1.0, 2.0, nan]
    """

    def propose(self, numbers: Sequence[int], codes: Sequence[int]) -> Crosses:
        """Take every pair of categories."""
        del numbers
        self.terms_: Ints = np.array(list(itertools.combinations(sorted(codes), 2)), dtype=np.int64).reshape(-1, 2)
        return self

    def keep(self, chosen: Ints) -> None:
        """Forget all terms but those in these places; what is left has to learn again."""
        self.terms_ = self.terms_[chosen]

    def learn(self, rows: npt.NDArray[Any]) -> Crosses:
        """Find the pairs of levels that occur."""
        size = {code: highest(rows[:, code]) for code in set(self.terms_.ravel().tolist())}
        self.sizes_: Ints = np.array([(size[a], size[b]) for a, b in self.terms_.tolist()], np.int64).reshape(-1, 2)
        spans = np.prod(self.sizes_ + 1, axis=1)
        self.shifts_: Ints = np.cumsum(spans) - spans
        found = [np.unique(keys) for keys in (self._keys(rows) + self.shifts_).T]
        counts = np.array([len(each) for each in found], dtype=np.int64)
        self.starts_: Ints = np.cumsum(counts) - counts
        self.keys_: Ints = np.concatenate(found) if found else np.empty(0, dtype=np.int64)
        return self

    def _keys(self, rows: npt.NDArray[Any]) -> Ints:
        first = places(rows[:, self.terms_[:, 0]], self.sizes_[:, 0])
        second = places(rows[:, self.terms_[:, 1]], self.sizes_[:, 1])
        keys: Ints = first * (self.sizes_[:, 1] + 1) + second
        return keys

    def transform(self, rows: npt.NDArray[Any]) -> Floats:
        """Return codes ``(n_rows, n_terms)``, NaN where training had no such pair."""
        keys = self._keys(rows) + self.shifts_
        found = np.minimum(np.searchsorted(self.keys_, keys), max(len(self.keys_) - 1, 0))
        is_known = self.keys_[found] == keys if len(self.keys_) else np.zeros(keys.shape, dtype=bool)
        return np.where(is_known, found - self.starts_, np.nan)

    def levels(self) -> Ints:
        """Return how many pairs of levels each term has."""
        return np.diff(np.append(self.starts_, len(self.keys_)))

    def names(self, names_in: Sequence[str]) -> list[str]:
        """Name the terms."""
        return [f"{names_in[a]} and {names_in[b]}" for a, b in self.terms_.tolist()]

    def sources(self) -> list[tuple[int, ...]]:
        """Return the columns that each term is made from."""
        return [(a, b) for a, b in self.terms_.tolist()]
