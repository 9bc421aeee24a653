"""Which columns a model can do without: those that a quick booster uses no more than columns of pure chance.

Neighbours, kernels and unpenalised sums are misled by columns that tell nothing; each counts as much as one that
tells everything. So every column gets a shuffled double, the random probe, a booster is fitted on both, and a column
stays if it is used more than the luckiest of the probes.

References
----------
Stoppiglia et al., "Ranking a random feature for variable and feature selection" (2003), for the probe; Kursa and
Rudnicki, "Feature selection with the Boruta package" (2010), for one probe a column.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from automl.features.generated.leftover import SAMPLE_ROWS, boosted
from automl.values.task import TaskKind

Ints = npt.NDArray[np.int64]

N_ROUNDS = 2  # boosters with probes of their own; a column that one of them uses stays
FEWEST_ROWS = 60


def useful_columns(
    rows: npt.NDArray[Any],
    n_levels: Ints,
    y: npt.NDArray[Any],
    weight: npt.NDArray[np.float64] | None,
    kind: TaskKind,
    n_classes: int,
    seed: int,
) -> Ints:
    """Return the columns worth keeping, all of them if no column beats its probes.

    Parameters
    ----------
    rows
        Encoded training rows; of more than 5,000, a sample is looked at.
    n_levels
        For each column the number of levels of a code column, 0 for a number.

    Examples
    --------
    >>> random = np.random.default_rng(0)
    >>> rows = random.normal(size=(500, 4))
    >>> useful_columns(rows, np.zeros(4, dtype=int), rows[:, 2] ** 2, None, "regression", 0, 0).tolist()
    [2]
    """
    everything: Ints = np.arange(rows.shape[1])
    if len(rows) < FEWEST_ROWS:
        return everything
    random = np.random.default_rng(seed)
    sample = np.sort(random.choice(len(rows), min(len(rows), SAMPLE_ROWS), replace=False))
    X, target, weight = rows[sample], y[sample], None if weight is None else weight[sample]
    width = n_classes if kind == "multiclass" else 1
    used = np.zeros(len(everything), dtype=bool)
    for k in range(N_ROUNDS):
        probes = np.stack([random.permutation(column) for column in X.T], axis=1)
        booster = boosted(
            np.concatenate([X, probes], axis=1), target, weight, np.tile(n_levels, 2), kind, width, seed + k
        )
        gains = booster.feature_importance("gain")
        used |= gains[: len(everything)] > gains[len(everything) :].max()
    return everything[used] if used.any() else everything
