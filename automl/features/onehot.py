"""Which 0/1 column a level of a category switches on: its own, one shared by rare levels, or none.

Levels with too few rows in the fold would each be a column that a model can only learn by heart, so they share one.
Levels that the fold never saw, and unseen ones at prediction time, count as rare.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]

RARE, MISSING = -1, -2  # what a column stands for when it isn't one level


@dataclass(frozen=True, slots=True)
class Switches:
    """The 0/1 columns of one category.

    Attributes
    ----------
    column
        ``(n_levels + 1,)``: the column that each level switches on, -1 for none; the last entry is "missing".
    meaning
        ``(n_columns,)``: the level that a column stands for, or ``RARE`` or ``MISSING``.
    """

    column: Ints
    meaning: Ints


def switches(count: Ints, least: int, most: int) -> Switches:
    """Return the 0/1 columns for levels that occur ``count`` times, the last entry counting missing values.

    Parameters
    ----------
    count
        ``(n_levels + 1,)``.
    least
        Rows that a level needs for a column of its own.
    most
        Levels with a column of their own, at most; the most frequent ones have it.

    Examples
    --------
    >>> found = switches(np.array([50, 1, 30, 1, 0]), least=2, most=10)
    >>> found.column.tolist(), found.meaning.tolist()
    ([0, 2, 1, 2, -1], [0, 2, -1])
    >>> switches(np.array([50, 30, 0]), least=2, most=10).column.tolist()  # one column tells two levels apart
    [0, -1, -1]
    """
    n_levels = len(count) - 1
    often = np.argsort(-count[:n_levels], kind="stable")[:most]
    own = np.sort(often[count[often] >= least])
    rare = int(count[:n_levels].sum() - count[own].sum())
    column = np.full(n_levels + 1, -1, dtype=np.int64)
    meaning = own.tolist()
    if rare >= least:
        column[:n_levels] = len(meaning)
        meaning.append(RARE)
    column[own] = np.arange(len(own))
    if count[n_levels]:
        column[n_levels] = len(meaning)
        meaning.append(MISSING)
    if len(meaning) == 2 and RARE not in meaning:
        column[column == 1] = -1
        meaning.pop()
    return Switches(column, np.array(meaning, dtype=np.int64))
