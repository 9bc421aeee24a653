"""Cross-fitted target means: what the target was, on average, for each level of a category.

A level's own mean, computed with the row itself, gives that row's target away; a model trained on it trusts it far
too much. So a training row gets the mean over the rows of the *other* four fifths, and only new rows get the mean
over all training rows. Means of few rows are pulled towards the overall mean, by as much as the column deserves.

All columns are done with counting (``bincount`` over level and fold), one pass each, without a loop over folds:
half a million rows take some 10 ms per column.

References
----------
Micci-Barreca, "A preprocessing scheme for high-cardinality categorical attributes" (2001), for the shrinkage;
Pargent et al., "Regularized target encoding outperforms traditional methods" (2022), for cross-fitting.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

N_FOLDS = 5
WEAKEST, STRONGEST = 1.0, 1000.0  # rows that the overall mean counts for, at least and at most


def fold_of_rows(n_rows: int, seed: int) -> Ints:
    """Return a random fold number for each row, folds of equal size."""
    folds = np.arange(n_rows, dtype=np.int64) % N_FOLDS
    np.random.default_rng(seed).shuffle(folds)
    return folds


def target_means(
    codes: Ints, n_codes: int, targets: Floats, weight: Floats | None, folds: Ints
) -> tuple[Floats, Floats]:
    """Return cross-fitted means of the training rows, and the table for all other rows.

    Parameters
    ----------
    codes
        Level of each row, ``(n_rows,)``, from 0 to ``n_codes - 1``; a missing value is a level like any other.
    targets
        ``(n_rows, n_targets)``: the target, or one indicator for each class.
    weight
        Sample weights ``(n_rows,)`` or ``None``.
    folds
        Fold of each row.

    Returns
    -------
    encoded, table
        ``(n_rows, n_targets)`` and ``(n_codes, n_targets)``. A level that no training row has holds the overall mean.

    Examples
    --------
    >>> codes = np.array([0, 0, 0, 1, 1, 1] * 50)
    >>> targets = (codes == 1)[:, None].astype(float)
    >>> encoded, table = target_means(codes, 3, targets, None, fold_of_rows(300, 0))
    >>> table.ravel().round(2).tolist()
    [0.0, 1.0, 0.5]
    """
    weight = np.ones(len(codes)) if weight is None else weight / weight.mean()
    cell = codes * N_FOLDS + folds
    shape = (n_codes, N_FOLDS)
    counts = np.bincount(cell, weight, minlength=n_codes * N_FOLDS).reshape(shape)
    encoded = np.empty_like(targets)
    table = np.empty((n_codes, targets.shape[1]))
    for k in range(targets.shape[1]):
        target = targets[:, k]
        weighted = weight * target
        sums = np.bincount(cell, weighted, minlength=n_codes * N_FOLDS).reshape(shape)
        count, total = counts.sum(axis=1), sums.sum(axis=1)
        mean = total.sum() / count.sum()
        pull = _pull(count, total, float(weighted @ target))
        table[:, k] = (total + pull * mean) / (count + pull)
        other_count, other_total = count[:, None] - counts, total[:, None] - sums
        rest = other_count.sum(axis=0)
        other_mean = np.divide(other_total.sum(axis=0), rest, out=np.full(N_FOLDS, mean), where=rest > 1e-9)
        by_fold = (other_total + pull * other_mean) / (np.maximum(other_count, 0.0) + pull)
        encoded[:, k] = by_fold.ravel()[cell]
    return encoded, table


def _pull(count: Floats, total: Floats, squares: float) -> float:
    """Return how many rows the overall mean counts for: variance within levels over variance between them."""
    present = count > 0
    count, total = count[present], total[present]
    n_rows, n_levels = float(count.sum()), len(count)
    if n_levels < 2 or n_rows - n_levels < 1:
        return 10.0
    explained = float((total**2 / count).sum())
    within = max(squares - explained, 0.0) / (n_rows - n_levels)
    between = (explained - float(total.sum()) ** 2 / n_rows) / (n_levels - 1)
    typical = (n_rows - float((count**2).sum()) / n_rows) / (n_levels - 1)
    variance = (between - within) / max(typical, 1e-9)
    if variance <= 0:
        return STRONGEST
    return float(np.clip(within / variance, WEAKEST, STRONGEST))
