"""Greedy ensemble selection: which candidates, averaged with which weights, lose least.

Starting from the best candidate, the one that lowers the loss of the average most is added, again and again and
with repetition; the weights are how often each was taken, cut at the best round. On few rows many candidates mean
that some fit the validation rows by luck, so the number of candidates is capped by the number of rows.

Sources: Caruana et al. 2004, "Ensemble selection from libraries of models"; the cap by rows, the rounding of losses
and the preference for models already in are AutoGluon's (1.6, its ``EnsembleSelection`` and model-count curve),
as figures.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from automl.values.algorithm import FloatArray
from automl.values.metric import Metric

ROUNDS = 25
CAP_ROWS = (100, 500, 2_500, 10_000, 100_000)
CAP_MODELS = (4, 8, 15, 40, 100)


def candidate_cap(n_rows: int) -> int:
    """Return how many candidates may enter a selection over ``n_rows`` out-of-fold rows.

    Examples
    --------
    >>> [candidate_cap(n) for n in (50, 100, 1_000, 10_000, 1_000_000)]
    [4, 4, 10, 40, 100]
    """
    if n_rows <= CAP_ROWS[0]:
        return CAP_MODELS[0]
    logs = np.interp(math.log(n_rows), np.log(CAP_ROWS), np.log(CAP_MODELS))
    return math.floor(math.exp(float(logs)) + 1e-9)


def select_ensemble(
    metric: Metric,
    y: npt.NDArray[Any],
    predictions: FloatArray,
    weight: FloatArray | None = None,
    *,
    rounds: int = ROUNDS,
    may_go_on: Callable[[], bool] = lambda: True,
    may_join: Callable[[Sequence[int]], bool] = lambda members: True,
) -> FloatArray:
    """Return the weights of the models whose averaged predictions lose least.

    Parameters
    ----------
    y
        Encoded target ``(n_rows,)``.
    predictions
        Out-of-fold predictions ``(n_models, n_rows, width)``, the best model first.
    weight
        Sample weights ``(n_rows,)``.
    rounds
        Upper bound on additions; weights are multiples of ``1 / rounds taken``.
    may_go_on
        Asked before every round, so that a deadline can end the selection with what it has.
    may_join
        Tells whether these models may be members together, so that an ensemble stays small or fast enough.

    Returns
    -------
    weights, ``(n_models,)``, non-negative, summing to 1

    Examples
    --------
    >>> y = np.array([0.0, 1.0, 2.0, 3.0])
    >>> low, high, bad = y - 1, y + 1, 3 - y
    >>> rmse = Metric("rmse", lambda y, p, w: float(((p[:, 0] - y) ** 2).mean() ** 0.5), False)
    >>> select_ensemble(rmse, y, np.stack([low, high, bad])[:, :, None])
    array([0.5, 0.5, 0. ])
    """
    n_models = len(predictions)
    counts = np.zeros(n_models, dtype=int)
    total = np.zeros(predictions.shape[1:])
    best_loss, best_counts = math.inf, counts.copy()
    for round_number in range(1, rounds + 1):
        if round_number > 1 and not may_go_on():
            break
        losses = np.array([_rounded(metric.loss(y, (total + each) / round_number, weight)) for each in predictions])
        losses[~np.isfinite(losses)] = math.inf
        members = np.flatnonzero(counts).tolist()
        losses[[index for index in range(n_models) if not counts[index] and not may_join([*members, index])]] = math.inf
        lowest = losses.min()
        if not math.isfinite(lowest):
            break
        tied = np.flatnonzero(losses <= lowest)
        already_in = tied[counts[tied] > 0]
        chosen = int(already_in[0] if len(already_in) else tied[0])
        counts[chosen] += 1
        total += predictions[chosen]
        if lowest < best_loss:
            best_loss, best_counts = lowest, counts.copy()
    if best_counts.sum() == 0:
        best_counts[0] = 1
    weights: FloatArray = best_counts / best_counts.sum()
    return weights


def _rounded(loss: float) -> float:
    """Round to six digits, so that differences nobody could reproduce don't choose a model."""
    return round(loss, 6) if abs(loss) > 1e-4 else loss
