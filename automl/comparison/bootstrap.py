"""The paired bootstrap: how much the difference of two scores moves when the rows are drawn anew.

Efron, "Bootstrap methods: another look at the jackknife" (1979). Rows are drawn with replacement, each with what both
candidates predict for it, and both are scored on the draw. It takes any metric and respects weights. Rows that belong
together (several of one patient) are drawn together.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from automl.comparison.evidence import PairedTest, in_deviations
from automl.errors import DataError
from automl.values.metric import Metric

FloatArray = npt.NDArray[np.floating[Any]]
IntArray = npt.NDArray[np.integer[Any]]

MOST_DRAWS, FEWEST_DRAWS = 2000, 400
_ROWS_IN_ALL = 4_000_000  # rows drawn together, which keeps a long table within seconds


def bootstrap(
    y: npt.NDArray[Any],
    a: FloatArray,
    b: FloatArray,
    weight: FloatArray | None,
    metric: Metric,
    *,
    groups: IntArray | None = None,
    seed: int = 0,
    finest: float = 0.05,
) -> PairedTest:
    """Return the paired bootstrap of ``metric``.

    Parameters
    ----------
    y, a, b, weight
        Encoded target ``(n_rows,)``, predictions ``(n_rows, width)``, and weights or ``None``.
    groups
        A number a row; rows of one number are drawn together.
    finest
        The smallest p-value that must be told apart from 0.

    Raises
    ------
    DataError
        If most draws have no score, because a class is too rare.
    """
    gain = metric.loss(y, a, weight) - metric.loss(y, b, weight)
    n_draws = max(FEWEST_DRAWS, min(MOST_DRAWS, _ROWS_IN_ALL // max(len(y), 1)), math.ceil(10 / finest))
    drawn = np.array(
        [
            metric.loss(y[rows], a[rows], None if weight is None else weight[rows])
            - metric.loss(y[rows], b[rows], None if weight is None else weight[rows])
            for rows in _draws(len(y), groups, n_draws, np.random.default_rng(seed))
        ]
    )
    drawn = np.sort(drawn[np.isfinite(drawn)])
    if len(drawn) < n_draws / 2:
        raise DataError(
            f"{metric.name} is not defined on most draws of these {len(y)} rows, because a class is too rare in them. "
            "Give more rows, or another metric."
        )
    error = float(np.std(drawn, ddof=1))
    below, above = int((drawn <= 0).sum()), int((drawn >= 0).sum())
    together = "rows that belong together are drawn together" if groups is not None else "rows are drawn anew in pairs"
    return PairedTest(
        name="paired bootstrap",
        reason=f"it holds for any metric: {together}, {len(drawn):,} times"
        + ("" if weight is None else ", with their weights"),
        gain=gain,
        standard_error=error,
        p=min(1.0, 2 * (min(below, above) + 1) / (len(drawn) + 1)),
        effect_size=in_deviations(gain, error * math.sqrt(len(y))),
        n=len(y),
        unit="rows",
        bounds=partial(_quantiles, drawn),
    )


def _draws(n_rows: int, groups: IntArray | None, n_draws: int, rng: np.random.Generator) -> Iterator[IntArray]:
    if groups is None:
        for _ in range(n_draws):
            yield rng.integers(0, n_rows, n_rows)
        return
    order = np.argsort(groups, kind="stable")
    parts = np.split(order, np.flatnonzero(np.diff(groups[order])) + 1)
    for _ in range(n_draws):
        yield np.concatenate([parts[k] for k in rng.integers(0, len(parts), len(parts))])


def _quantiles(drawn: FloatArray, level: float) -> tuple[float, float]:
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
