"""How the budget is laid out before anything is timed: how many folds, how many workers, how many threads.

What the seconds are spent on decides at short budgets. The fold count starts from the number of rows (eight folds
below a thousand rows, five up to 20,000, three beyond) and goes down until half a dozen bags of the fastest booster
would fit into the budget; when even three folds are too dear, one hold-out part is validated on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from automl.values.algorithm import DataShape

CANDIDATES_WANTED = 6
LARGE_CELLS = 20_000_000  # from here on one fit gets all cores
FEW_ROWS = 80
LEAST_ROWS = 10_000  # no sample is smaller


@dataclass(frozen=True, slots=True)
class Layout:
    """How many processes work side by side, with how many threads each."""

    workers: int
    threads: int


def lay_out(shape: DataShape, cores: int) -> Layout:
    """Return many small fits side by side, or few large fits that share the cores.

    Examples
    --------
    >>> lay_out(DataShape("binary", 1_000, 20), cores=2)
    Layout(workers=2, threads=1)
    >>> lay_out(DataShape("binary", 500_000, 42), cores=2)
    Layout(workers=1, threads=2)
    """
    if shape.n_rows * shape.n_columns >= LARGE_CELLS:
        return Layout(1, cores)
    return Layout(cores, 1)


def fold_count(shape: DataShape, seconds: float | None, fit_seconds: float, layout: Layout) -> int | Literal["holdout"]:
    """Return the number of folds, or ``"holdout"``.

    Parameters
    ----------
    seconds
        Wall seconds of the search; ``None``: no limit, the number of rows alone decides.
    fit_seconds
        Predicted seconds of one fit of the fastest booster on all rows.

    Examples
    --------
    >>> small, middle = DataShape("binary", 500, 10), DataShape("binary", 15_000, 10)
    >>> fold_count(small, 60, 0.1, Layout(2, 1)), fold_count(middle, 60, 1.0, Layout(2, 1))
    (8, 5)
    >>> fold_count(middle, 60, 6.0, Layout(2, 1)), fold_count(middle, 60, 60.0, Layout(2, 1))
    (3, 'holdout')
    """
    if shape.n_rows < FEW_ROWS:
        return 5
    most = 8 if shape.n_rows < 1_000 else 5 if shape.n_rows <= 20_000 else 3
    if seconds is None:
        return most
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
