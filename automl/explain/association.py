"""Which columns say nearly the same: association of every pair, and groups of those that go together.

Two numbers are compared by Spearman's rank correlation, two categories by Cramér's V with Bergsma's correction, a
number and a category by the correlation ratio of the number's ranks, corrected likewise. All lie between 0 and 1 and
mean "how much of one is known from the other"; the corrections keep a category of many levels from seeming to know
everything. Columns are then joined as long as every pair of a group is at least :data:`STRONG` (complete linkage).

References
----------
Bergsma, "A bias-correction for Cramér's V and Tschuprow's T" (2013); Kelley, "An unbiased correlation ratio measure"
(1935), for epsilon squared.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform
from scipy.stats import rankdata

from automl.values.algorithm import FloatArray, IntArray
from automl.values.schema import Column

STRONG = 0.8
"""Columns associated at least so much are measured together as well."""
MOST_CATEGORIES = 100  # categories whose pairs are compared; they grow with the square
_LEVELS = 50  # of more levels, the rarer ones count as one


def associations(Z: FloatArray, columns: tuple[Column, ...], firsts: IntArray) -> FloatArray:
    """Return the association of every pair of columns, ``(n_columns, n_columns)``, from 0 to 1.

    Parameters
    ----------
    Z
        Encoded rows.
    columns
        What each column is.
    firsts
        Where in ``Z`` each column begins; that is its number or its code.

    Notes
    -----
    Free text is associated with nothing. Beyond :data:`MOST_CATEGORIES` categories the last ones are not compared.
    """
    n = len(columns)
    found = np.eye(n)
    numbers = [i for i, column in enumerate(columns) if _is_number(column)]
    categories = [i for i, column in enumerate(columns) if _is_category(column)][:MOST_CATEGORIES]
    ranks = _ranks(np.asarray(Z[:, firsts[numbers]], dtype=np.float64))
    if numbers:
        found[np.ix_(numbers, numbers)] = np.abs(ranks.T @ ranks)
    levels = {i: _levels(Z[:, firsts[i] + columns[i].code_like]) for i in categories}
    for place, i in enumerate(categories):
        if numbers:
            found[i, numbers] = found[numbers, i] = _ratio(ranks, levels[i])
        for j in categories[:place]:
            found[i, j] = found[j, i] = _cramer(levels[i], levels[j])
    np.fill_diagonal(found, 1.0)
    return np.clip(found, 0.0, 1.0)


def groups_of(association: FloatArray, strong: float = STRONG) -> list[list[int]]:
    """Return groups of two or more columns of which every pair is associated at least ``strong``.

    Examples
    --------
    >>> groups_of(np.array([[1, 0.9, 0.1], [0.9, 1, 0.2], [0.1, 0.2, 1]]))
    [[0, 1]]
    """
    if len(association) < 2:
        return []
    distance = 1.0 - (association + association.T) / 2
    np.fill_diagonal(distance, 0.0)
    cluster = fcluster(linkage(squareform(distance, checks=False), "complete"), 1.0 - strong + 1e-12, "distance")
    together = [np.flatnonzero(cluster == each).tolist() for each in np.unique(cluster)]
    return sorted(each for each in together if len(each) > 1)


def _is_category(column: Column) -> bool:
    return column.role in ("category", "high_cardinality") or column.code_like


def _is_number(column: Column) -> bool:
    return column.role in ("numeric", "boolean", "duration", "datetime") and not column.code_like


def _ranks(values: FloatArray) -> FloatArray:
    """Return ranks of each column, centred and of length 1; missing values are in the middle, constants 0."""
    out = np.zeros(values.shape)
    for j in range(values.shape[1]):
        known = ~np.isnan(values[:, j])
        ranked = rankdata(values[known, j])
        out[known, j] = ranked - ranked.mean() if len(ranked) else 0.0
    lengths = np.sqrt((out**2).sum(axis=0))
    return np.asarray(out / np.where(lengths > 0, lengths, 1.0))


def _levels(codes: FloatArray) -> IntArray:
    """Return levels as 0, 1, …; missing is one, and so are all beyond the most frequent ones."""
    _, level, count = np.unique(codes, return_inverse=True, return_counts=True, equal_nan=True)
    order = np.argsort(-count, kind="stable")
    place = np.empty(len(count), dtype=np.int64)
    place[order] = np.minimum(np.arange(len(count)), _LEVELS)
    return np.asarray(place[level])


def _ratio(ranks: FloatArray, level: IntArray) -> FloatArray:
    """Return the corrected correlation ratio of each column of ranks, of which squares sum to 1."""
    n, count = len(level), np.bincount(level).astype(float)
    k = len(count)
    if k < 2 or n <= k:
        return np.zeros(ranks.shape[1])
    between = np.array([np.bincount(level, ranks[:, j]) ** 2 / count for j in range(ranks.shape[1])]).sum(axis=1)
    within = np.where((ranks**2).sum(axis=0) > 0, 1.0 - between, 1.0)
    return np.asarray(np.sqrt(np.maximum(0.0, 1.0 - within * (n - 1) / (n - k))))


def _cramer(one: IntArray, other: IntArray) -> float:
    n, rows, columns = len(one), int(one.max()) + 1, int(other.max()) + 1
    if rows < 2 or columns < 2 or n < 3:
        return 0.0
    table: npt.NDArray[Any] = np.bincount(one * columns + other, minlength=rows * columns).reshape(rows, columns)
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / n
    phi = float(((table - expected) ** 2 / expected).sum()) / n
    phi = max(0.0, phi - (rows - 1) * (columns - 1) / (n - 1))
    rows_left, columns_left = rows - (rows - 1) ** 2 / (n - 1), columns - (columns - 1) ** 2 / (n - 1)
    return float(np.sqrt(phi / max(min(rows_left, columns_left) - 1, 1e-9)))
