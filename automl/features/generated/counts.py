"""How common a level is: the logarithm of its number of training rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator

from automl.features.generated.groups import highest, places

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


class Counts(BaseEstimator):
    """Count the rows of a row's level.

    Attributes
    ----------
    columns_
        The category of each term.
    starts_, sizes_
        Where the levels of a term begin in ``log_counts_``, and how many there are; missing and unknown come behind.

    Examples
    --------
    >>> made = Counts().propose(numbers=[], codes=[0]).learn(np.array([[0.0], [0.0], [1.0]]))
    >>> made.transform(np.array([[0.0], [1.0], [7.0]])).round(1).ravel().tolist()
    [1.1, 0.7, 0.0]
    """

    def propose(self, numbers: Sequence[int], codes: Sequence[int]) -> Counts:
        """Take every category."""
        del numbers
        self.columns_: Ints = np.array(codes, dtype=np.int64)
        return self

    def keep(self, chosen: Ints) -> None:
        """Forget all terms but those in these places; what is left has to learn again."""
        self.columns_ = self.columns_[chosen]

    def learn(self, rows: npt.NDArray[Any]) -> Counts:
        """Count the levels."""
        self.sizes_: Ints = np.array([highest(rows[:, code]) for code in self.columns_], dtype=np.int64)
        self.starts_: Ints = np.cumsum(self.sizes_ + 1) - self.sizes_ - 1
        cells = places(rows[:, self.columns_], self.sizes_) + self.starts_
        self.log_counts_: Floats = np.log1p(np.bincount(cells.ravel(), minlength=int((self.sizes_ + 1).sum())))
        return self

    def transform(self, rows: npt.NDArray[Any]) -> Floats:
        """Return ``(n_rows, n_terms)``."""
        found: Floats = self.log_counts_[places(rows[:, self.columns_], self.sizes_) + self.starts_]
        return found

    def levels(self) -> Ints:
        """Return zeros: these are numbers."""
        return np.zeros(len(self.columns_), dtype=np.int64)

    def names(self, names_in: Sequence[str]) -> list[str]:
        """Name the terms."""
        return [f"{names_in[code]} frequency" for code in self.columns_.tolist()]

    def sources(self) -> list[tuple[int, ...]]:
        """Return the column that each term is made from."""
        return [(code,) for code in self.columns_.tolist()]
