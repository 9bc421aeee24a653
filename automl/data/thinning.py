"""Training rows of a fold, thinned to what the budget can afford.

A model that is trained on a sample to its end beats one that is stopped after a few rounds on all rows. Labels keep
their shares, but for rare ones, of which every row stays: they are what a sample would lose.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from automl.data.folds import IntArray, Split

KEEP_OF_LABEL = 100  # rows of a label that thinning leaves alone


def thin(
    splits: tuple[Split, ...], y: npt.NDArray[Any], most: int, *, is_classification: bool, seed: int
) -> tuple[Split, ...]:
    """Return the folds with at most about ``most`` training rows each; validation rows stay as they are.

    Examples
    --------
    >>> y = np.repeat([0, 1], [990, 10])
    >>> ((train, valid),) = thin(((np.arange(1000), np.array([], int)),), y, 200, is_classification=True, seed=0)
    >>> len(train), int(y[train].sum())
    (208, 10)
    """
    return tuple(
        (_sample(train, y, most, is_classification, np.random.default_rng([seed, fold])), valid)
        for fold, (train, valid) in enumerate(splits)
    )


def held_back(splits: tuple[Split, ...], thinned: tuple[Split, ...], seed: int) -> tuple[IntArray, ...]:
    """Return for each fold the training rows that thinning left out, in random order.

    Examples
    --------
    >>> (rows,) = held_back(((np.arange(5), np.array([5])),), ((np.array([1, 3]), np.array([5])),), seed=0)
    >>> sorted(rows.tolist())
    [0, 2, 4]
    """
    return tuple(
        np.random.default_rng([seed, fold, 1]).permutation(np.setdiff1d(whole, sample, assume_unique=True))
        for fold, ((whole, _), (sample, _)) in enumerate(zip(splits, thinned, strict=True))
    )


def _sample(
    rows: IntArray, y: npt.NDArray[Any], most: int, is_classification: bool, rng: np.random.Generator
) -> IntArray:
    if len(rows) <= most:
        return rows
    if not is_classification:
        return np.sort(rng.choice(rows, most, replace=False))
    labels = y[rows]
    counts = np.bincount(labels)
    wanted = np.minimum(counts, np.maximum(KEEP_OF_LABEL, np.round(counts * most / len(rows)).astype(int)))
    taken = [rng.choice(rows[labels == label], wanted[label], replace=False) for label in np.flatnonzero(counts)]
    return np.sort(np.concatenate(taken))
