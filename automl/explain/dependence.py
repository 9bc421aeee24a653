"""Two ways to see what predictions do when one column changes.

Partial dependence (Friedman 2001) sets the column to a value in every row and takes the mean prediction. Where columns
go together that asks about rows that can't be, such as a flat of one room and 300 square metres. Accumulated local
effects (Apley and Zhu 2020) move each row only between the two values around its own, average the differences there,
and add them up.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from automl.explain.axis import Axis
from automl.values.algorithm import FloatArray

Ask = Callable[[FloatArray], FloatArray]
_ROWS_AT_ONCE = 20_000
_DRAWS = 200


def partial_dependence(ask: Ask, Z: FloatArray, block: slice, axis: Axis) -> FloatArray:
    """Return predictions of every row with every value: ``(n_values, n_rows, width)``."""
    found = []
    at_once = max(1, _ROWS_AT_ONCE // len(Z))
    for start in range(0, len(axis.rows), at_once):
        part = axis.rows[start : start + at_once]
        changed = np.tile(Z, (len(part), 1))
        changed[:, block] = np.repeat(Z[part, block], len(Z), axis=0)
        found.append(ask(changed).reshape(len(part), len(Z), -1))
    return np.concatenate(found)


def accumulated_effects(
    ask: Ask, Z: FloatArray, block: slice, axis: Axis, seed: int, level: float = 0.95
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the accumulated local effects at each value, centred, and their bootstrap interval over rows.

    Parameters
    ----------
    axis
        Ordered, from the least to the greatest value of the rows.

    Returns
    -------
    effect, low, high
        ``(n_values, width)`` each; over rows the effect has mean 0.
    """
    known = np.flatnonzero(~np.isnan(axis.all_numbers))
    upper = np.clip(np.searchsorted(axis.numbers, axis.all_numbers[known]), 1, len(axis.numbers) - 1)
    below, above = Z[known].copy(), Z[known].copy()
    below[:, block], above[:, block] = Z[axis.rows[upper - 1], block], Z[axis.rows[upper], block]
    step = ask(above) - ask(below)
    n_bins = len(axis.numbers) - 1
    in_bin = np.eye(n_bins)[upper - 1]
    share = in_bin.mean(axis=0)
    effect = _accumulated(np.ones((1, len(known))), in_bin, step, share, None)[0]
    rng = np.random.default_rng(seed)
    draws = rng.multinomial(len(known), np.full(len(known), 1 / len(known)), size=_DRAWS).astype(float)
    drawn = _accumulated(draws, in_bin, step, share, np.diff(effect, axis=0))
    low, high = np.quantile(drawn, ((1 - level) / 2, (1 + level) / 2), axis=0)
    return effect, low, high


def _accumulated(
    weights: FloatArray, in_bin: FloatArray, step: FloatArray, share: FloatArray, fallback: FloatArray | None
) -> FloatArray:
    """Return sums of mean steps, ``(n_draws, n_bins + 1, width)``, centred with the ``share`` of rows in each bin.

    A bin without rows takes its steps from ``fallback``.
    """
    counts = weights @ in_bin
    width = step.shape[1]
    sums = np.stack([weights @ (in_bin * step[:, [k]]) for k in range(width)], axis=2)
    means = np.divide(
        sums,
        counts[:, :, None],
        out=np.broadcast_to(np.zeros(sums.shape[1:]) if fallback is None else fallback, sums.shape).copy(),
        where=counts[:, :, None] > 0,
    )
    total = np.concatenate([np.zeros((len(weights), 1, width)), np.cumsum(means, axis=1)], axis=1)
    middle = (total[:, 1:] + total[:, :-1]) / 2
    return np.asarray(total - (share[:, None] * middle).sum(axis=1, keepdims=True))
