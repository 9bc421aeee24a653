"""Contributions to any prediction, by walking from other rows to the one that is explained.

A walk starts at a row of the background and takes the columns of the explained row one after another, in a random
order; what the prediction changes at a step is put down to that step's column. The mean over walks estimates Shapley
values (Štrumbelj and Kononenko 2014). Each background row starts two walks, one in an order and one in its reverse,
which cancels much of the noise (Mitchell et al. 2022) and makes the answer exact where columns don't interact. Walks
add up: contributions sum to the prediction less the mean prediction of the background, however few they are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from automl.values.algorithm import FloatArray, IntArray

EVALUATIONS = 20_000
"""Rows that one explanation may ask models for, which bounds the walks."""
MOST_BACKGROUND = 50
_FEWEST = 5
_ROWS_AT_ONCE = 20_000


def sampled_contributions(
    predict: Callable[[FloatArray], FloatArray],
    row: FloatArray,
    background: FloatArray,
    blocks: Sequence[slice],
    seed: int,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return what each block of columns adds to a prediction.

    Parameters
    ----------
    predict
        From encoded rows to ``(n_rows, width)``.
    row
        The encoded row, ``(n_encoded,)``.
    background
        Encoded rows to come from, ``(n_background, n_encoded)``; at most :data:`MOST_BACKGROUND` are used, fewer where
        there are many columns.
    blocks
        The columns of the encoded rows that go together.
    seed
        Of the orders and of the choice from the background.

    Returns
    -------
    base, added, error
        The mean prediction of the background that was used, ``(width,)``; contributions ``(n_blocks, width)``; and
        the standard error of each, which holds for another draw of background and orders.
    """
    rng = np.random.default_rng(seed)
    n = len(blocks)
    most = min(MOST_BACKGROUND, max(_FEWEST, EVALUATIONS // (2 * (n + 1))))
    chosen = rng.permutation(len(background))[:most]
    by_pair = []
    starts = []
    at_once = max(1, _ROWS_AT_ONCE // (2 * (n + 1)))
    for first in range(0, len(chosen), at_once):
        part = chosen[first : first + at_once]
        orders = [order for _ in part for order in _there_and_back(rng, n)]
        walks = np.concatenate([_walk(row, background[part[i // 2]], blocks, order) for i, order in enumerate(orders)])
        predicted = predict(walks).reshape(len(orders), n + 1, -1)
        steps = np.empty((len(orders), n, predicted.shape[2]))
        for i, order in enumerate(orders):
            steps[i, order] = np.diff(predicted[i], axis=0)
        by_pair.append(steps.reshape(len(part), 2, n, -1).mean(axis=1))
        starts.append(predicted[::2, 0])
    pairs, base = np.concatenate(by_pair), np.concatenate(starts).mean(axis=0)
    error = pairs.std(axis=0, ddof=1) / np.sqrt(len(pairs)) if len(pairs) > 1 else np.full(pairs.shape[1:], np.nan)
    return base, pairs.mean(axis=0), error


def _there_and_back(rng: np.random.Generator, n: int) -> tuple[IntArray, IntArray]:
    order = rng.permutation(n)
    return order, order[::-1]


def _walk(row: FloatArray, start: FloatArray, blocks: Sequence[slice], order: IntArray) -> FloatArray:
    """Return the stations of a walk, ``(n_blocks + 1, n_encoded)``."""
    stations = np.tile(start, (len(blocks) + 1, 1))
    for step, block in enumerate(order, start=1):
        stations[step:, blocks[block]] = row[blocks[block]]
    return stations
