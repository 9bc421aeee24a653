"""Numbers cut into bins at their quantiles, for models that are straight or count what they see.

Two ways. ``"bins"``: each number becomes 0/1 columns, one for each bin, and is itself left out; a row without the
number is in none. ``"slopes"``: beside the number stands, for each bin, how far through it the value is, from 0 below
it to 1 above (the piecewise linear encoding of Gorishniy, Rubachev and Babenko, "On embeddings for numerical features
in tabular deep learning", 2022), so that a linear model can bend at each edge. Numbers of two values stay as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator

from automl.values.algorithm import FloatArray, Numbers

N_BINS = 8  # of each number
MOST_COLUMNS = 800  # of bins together; many numbers get fewer bins each
SAMPLE_ROWS = 100_000


class Bins(BaseEstimator):
    """Learn the edges of bins and tell where values lie.

    Parameters
    ----------
    kind
        ``"plain"`` (no bins), ``"bins"`` or ``"slopes"``.

    Attributes
    ----------
    columns_
        ``(n_bins,)``: the column that each bin cuts.
    low_, high_
        ``(n_bins,)``: where each begins and ends; the outermost of ``"bins"`` are open.

    Examples
    --------
    >>> rows = np.array([[1.0], [2.0], [3.0], [4.0], [np.nan]])
    >>> Bins("slopes").fit(rows, [0]).apply(np.array([[1.75], [9.0]])).sum(axis=1).tolist()
    [2.0, 8.0]
    >>> Bins("bins").fit(rows, [0]).apply(rows).sum(axis=1).tolist()
    [1.0, 1.0, 1.0, 1.0, 0.0]
    """

    def __init__(self, kind: Numbers = "plain") -> None:
        self.kind = kind

    def fit(self, rows: FloatArray, numbers: Sequence[int], seed: int = 0) -> Bins:
        """Learn from ``rows`` (n_rows, n_columns) where to cut the columns ``numbers``."""
        columns: list[int] = []
        low: list[float] = []
        high: list[float] = []
        if self.kind != "plain" and len(numbers):
            if len(rows) > SAMPLE_ROWS:
                rows = rows[np.sort(np.random.default_rng(seed).choice(len(rows), SAMPLE_ROWS, replace=False))]
            n_bins = max(2, min(N_BINS, MOST_COLUMNS // len(numbers)))
            for j in numbers:
                edges = _edges(rows[:, j].astype(np.float64), n_bins)
                if self.kind == "bins" and len(edges):
                    edges = [-np.inf, *edges[1:-1], np.inf]
                low += edges[:-1]
                high += edges[1:]
                columns += [j] * max(0, len(edges) - 1)
        self.columns_: npt.NDArray[np.int64] = np.array(columns, dtype=np.int64)
        self.low_: npt.NDArray[np.float64] = np.array(low, dtype=np.float64)
        self.high_: npt.NDArray[np.float64] = np.array(high, dtype=np.float64)
        return self

    def apply(self, rows: npt.NDArray[Any]) -> FloatArray:
        """Return ``(n_rows, n_bins)``, float32; a missing value is in no bin and at the beginning of all slopes."""
        values = rows[:, self.columns_].astype(np.float64)
        if self.kind == "bins":
            return ((values >= self.low_) & (values < self.high_)).astype(np.float32)
        # A bin narrower than this is a step.
        share = (values - self.low_) / np.maximum(self.high_ - self.low_, 1e-300)
        return np.nan_to_num(np.clip(share, 0.0, 1.0), nan=0.0).astype(np.float32)

    @property
    def replaced(self) -> frozenset[int]:
        """The columns that their bins stand for."""
        return frozenset(self.columns_.tolist()) if self.kind == "bins" else frozenset()

    def names(self, names_in: Sequence[str]) -> list[str]:
        """Name each bin by its column and its edges."""
        return [
            f"{names_in[j]} from {low:.6g} to {high:.6g}"
            for j, low, high in zip(self.columns_.tolist(), self.low_.tolist(), self.high_.tolist(), strict=True)
        ]


def _edges(column: npt.NDArray[np.float64], n_bins: int) -> list[float]:
    """Return the edges of bins of about as many rows each; none where there are fewer than three values."""
    known = column[np.isfinite(column)]
    distinct = np.unique(known)
    if len(distinct) < 3:
        return []
    places = np.linspace(0.0, 1.0, n_bins + 1)
    edges = np.unique(np.quantile(known, places))
    if len(edges) < 3:  # nearly all rows have the same value: let the others be told apart
        edges = np.unique(np.quantile(distinct, places))
    found: list[float] = edges.tolist()
    return found
