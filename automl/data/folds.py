"""Which rows train and which validate: folds as a frozen value, and what a fold must be to be usable.

A fold is a pair of row numbers, ``(train, valid)``, both from 0 to ``n_rows - 1``. Wherever folds come from (our own
rules in :mod:`automl.data.splitting`, a scikit-learn splitter, a list that the caller wrote), they pass the same
checks (:mod:`automl.data.fold_checks`) before anything is fitted.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.integer[Any]]
Split = tuple[IntArray, IntArray]


@dataclass(frozen=True, slots=True, eq=False)
class Folds:
    """How a table's rows are validated.

    Attributes
    ----------
    splits
        Pairs ``(train, valid)`` of row numbers, read-only and sorted where we made them.
    name
        In two or three words, such as ``"5-fold stratified"``.
    reason
        One sentence: how rows are validated and why.
    n_rows
        Rows of the table.

    Examples
    --------
    >>> rows = np.arange(4)
    >>> folds = Folds(((rows[:2], rows[2:]), (rows[2:], rows[:2])), "own", "Halves, as given.", 4)
    >>> len(folds), folds.is_partition
    (2, True)
    """

    splits: tuple[Split, ...]
    name: str
    reason: str
    n_rows: int

    def __len__(self) -> int:
        """How many folds there are."""
        return len(self.splits)

    def __iter__(self) -> Iterator[Split]:
        """Give the pairs ``(train, valid)`` in order."""
        return iter(self.splits)

    @property
    def is_partition(self) -> bool:
        """Whether every row is validated exactly once."""
        return bool((self._times_validated() == 1).all())

    @property
    def validated(self) -> IntArray:
        """Sorted numbers of the rows that are validated at least once."""
        return np.flatnonzero(self._times_validated())

    def fingerprint(self) -> str:
        """Return a short hash of the row numbers, the same in every process."""
        digest = hashlib.sha256(str(self.n_rows).encode())
        for part in (part for split in self.splits for part in split):
            digest.update(f"|{len(part)}:".encode() + np.ascontiguousarray(part, dtype=np.int64).tobytes())
        return digest.hexdigest()[:12]

    def _times_validated(self) -> IntArray:
        return np.bincount(np.concatenate([valid for _, valid in self.splits]), minlength=self.n_rows)
