"""How the budget is laid out before anything is timed: how many folds, how many workers, how many threads.

What the seconds are spent on decides at short budgets. The fold count starts from the number of rows (eight folds
below a thousand rows, five up to 20,000, three beyond) and goes down until half a dozen bags of the fastest booster
would fit into the budget; when even three folds are too dear, one hold-out part is validated on. Where one fold has
enough rows to judge candidates (:mod:`automl.search.bench`), there are eight, or five, if half a dozen fits would fit.

Workers and threads are looked at again once fits have been timed: many that turn out short go side by side, few long
ones share the cores. As many work side by side as the memory takes, going by the size of the table.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from automl.errors import PlanError
from automl.values.algorithm import DataShape
from automl.values.evaluation import JUDGED_ROWS

CANDIDATES_WANTED = 6
LARGE_CELLS = 20_000_000  # from here on one fit gets all cores
FEW_ROWS = 80
LEAST_ROWS = 10_000  # no sample is smaller
FEW, MANY = 2, 4  # generations of candidates in a search: below the one fits share cores, from the other on they don't
LIBRARIES = 150 << 20  # bytes that the imported libraries take in a worker
COPIES = 4  # of the encoded table that a fit holds: prepared rows, the library's own form of them, what it works with
LEAST_COPIES = 2  # without which no fit gets anywhere


@dataclass(frozen=True, slots=True)
class Layout:
    """How many processes work side by side, with how many threads each."""

    workers: int
    threads: int


def lay_out(shape: DataShape, cores: int, workers: int | None = None) -> Layout:
    """Return many small fits side by side, or few large fits that share the cores.

    Parameters
    ----------
    workers
        The most that may work side by side; ``None``: one a core.

    Examples
    --------
    >>> lay_out(DataShape("binary", 1_000, 20), cores=2)
    Layout(workers=2, threads=1)
    >>> lay_out(DataShape("binary", 500_000, 42), cores=2)
    Layout(workers=1, threads=2)
    >>> lay_out(DataShape("binary", 1_000, 20), cores=8, workers=3)
    Layout(workers=2, threads=4)
    """
    most = 1 if shape.n_rows * shape.n_columns >= LARGE_CELLS else cores if workers is None else min(cores, workers)
    return next(each for each in _layouts(cores) if each.workers <= most)


def workers_for(n_bytes: int, memory: int) -> int:
    """Return how many fits of a table fit into the memory side by side.

    Parameters
    ----------
    n_bytes
        Size of the encoded table.
    memory
        Bytes that all workers together may hold.

    Raises
    ------
    PlanError
        If not even one does.

    Examples
    --------
    >>> workers_for(80 << 20, 1 << 30), workers_for(80 << 20, 500 << 20)
    (2, 1)
    """
    least = LIBRARIES + LEAST_COPIES * n_bytes
    if memory < least:
        raise PlanError(
            f"A memory limit of {_megabytes(memory)} is too small for this table: a worker needs {_megabytes(least)} "
            f"({_megabytes(LIBRARIES)} for the libraries). Give a higher memory_limit, or fewer rows or columns."
        )
    return max(1, memory // (LIBRARIES + COPIES * n_bytes))


def regrouped(layout: Layout, n_folds: int, fold_seconds: float, seconds: float, workers: int) -> Layout:
    """Return the layout for fits that take as long as those that were timed.

    Sharing cores wastes a part of them, so it is done where a search of these candidates would be over after one or
    two, blindly chosen; and undone where there is time for several of them one after another.

    Parameters
    ----------
    layout
        The present one.
    fold_seconds
        What one fold takes with one thread.
    seconds
        Wall time of the whole search.
    workers
        The most that may work side by side.

    Examples
    --------
    >>> regrouped(Layout(1, 4), 3, 0.5, 60.0, workers=4), regrouped(Layout(4, 1), 1, 40.0, 60.0, workers=4)
    (Layout(workers=4, threads=1), Layout(workers=2, threads=2))
    """

    def generations(tried: Layout) -> float:
        return seconds / (math.ceil(n_folds / tried.workers) * max(1e-6, fold_seconds) / speedup(tried.threads))

    possible = [each for each in _layouts(layout.workers * layout.threads) if each.workers <= max(1, workers)]
    for each in possible:
        if generations(each) >= (MANY if each.workers > layout.workers else FEW):
            return each
    return max(possible, key=generations)


def speedup(threads: int) -> float:
    """Return how many times as fast a fit is with so many threads; boosters reach about this."""
    return max(1.0, 0.7 * threads)


def _layouts(cores: int) -> list[Layout]:
    """Return the ways to share the cores evenly, the most workers first."""
    return [Layout(each, cores // each) for each in range(cores, 0, -1) if cores % each == 0]


def _megabytes(n_bytes: int) -> str:
    return f"{math.ceil(n_bytes / 1e6):,} MB"


def fold_count(
    shape: DataShape, seconds: float | None, fit_seconds: float, layout: Layout, *, by_first_fold: bool = False
) -> int | Literal["holdout"]:
    """Return the number of folds, or ``"holdout"``.

    Parameters
    ----------
    seconds
        Wall seconds of the search; ``None``: no limit, the number of rows alone decides.
    fit_seconds
        Predicted seconds of one fit of the fastest booster on all rows.
    by_first_fold
        Whether candidates may be judged on their first fold.

    Examples
    --------
    >>> small, middle = DataShape("binary", 500, 10), DataShape("binary", 15_000, 10)
    >>> fold_count(small, 60, 0.1, Layout(2, 1)), fold_count(middle, 60, 1.0, Layout(2, 1))
    (8, 5)
    >>> fold_count(middle, 60, 6.0, Layout(2, 1)), fold_count(middle, 60, 60.0, Layout(2, 1))
    (3, 'holdout')
    >>> fold_count(middle, 60, 6.0, Layout(2, 1), by_first_fold=True)
    8
    """
    if shape.n_rows < FEW_ROWS:
        return 5
    most = 8 if shape.n_rows < 1_000 else 5 if shape.n_rows <= 20_000 else 3
    if seconds is None:
        return most
    is_sampled = training_rows(shape, seconds, fit_seconds, layout) is not None
    if by_first_fold and shape.n_rows >= 5 * JUDGED_ROWS and not is_sampled:
        return 8 if shape.n_rows >= 8 * JUDGED_ROWS else 5
    for folds in (8, 5, 3):
        if folds <= most and folds * fit_seconds * CANDIDATES_WANTED <= seconds * layout.workers:
            return folds
    return "holdout"


def training_rows(shape: DataShape, seconds: float | None, fit_seconds: float, layout: Layout) -> int | None:
    """Return how many rows candidates train on, or ``None`` for all of them.

    Parameters
    ----------
    seconds, fit_seconds, layout
        As for :func:`fold_count`; a fit's time is taken to be proportional to its rows.

    Examples
    --------
    >>> large = DataShape("multiclass", 500_000, 40, n_classes=20)
    >>> training_rows(large, 60, 400.0, Layout(2, 1)), training_rows(large, 60, 15.0, Layout(2, 1))
    (25000, None)
    """
    if seconds is None or fit_seconds <= 0:
        return None
    affordable = seconds * layout.workers / CANDIDATES_WANTED / fit_seconds
    rows = max(LEAST_ROWS, int(shape.n_rows * affordable))
    return rows if rows < 0.8 * shape.n_rows else None
