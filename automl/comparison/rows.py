"""Which test two predictions of the same rows get: by the metric, and by what is known of the rows.

McNemar's for accuracy, DeLong's for the area under the ROC curve of two labels, and the paired bootstrap for everything
else: other metrics, weights, rows that belong together, and tables too small or too clear for DeLong's variance.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from automl.comparison.bootstrap import bootstrap
from automl.comparison.delong import delong
from automl.comparison.evidence import PairedTest, in_deviations, normal
from automl.comparison.mcnemar import mcnemar
from automl.evaluation.decisions import decide
from automl.values.metric import Metric

FloatArray = npt.NDArray[np.floating[Any]]
_AREAS = frozenset({"roc_auc", "roc_auc_ovr", "roc_auc_ovo"})


def row_test(
    y: npt.NDArray[Any],
    a: FloatArray,
    b: FloatArray,
    weight: FloatArray | None,
    metric: Metric,
    *,
    groups: npt.NDArray[np.integer[Any]] | None = None,
    seed: int = 0,
    finest: float = 0.05,
) -> PairedTest:
    """Return the right test of two predictions of the same rows; parameters as in :func:`bootstrap`."""
    if weight is None and groups is None:
        if metric.name == "accuracy":
            return _decisions(y, a, b)
        if metric.name in _AREAS and a.shape[1] == 2:
            found = _areas(y == 1, a[:, 1], b[:, 1])
            if found is not None:
                return found
    return bootstrap(y, a, b, weight, metric, groups=groups, seed=seed, finest=finest)


def _decisions(y: npt.NDArray[Any], a: FloatArray, b: FloatArray) -> PairedTest:
    a_right, b_right = decide(a) == y, decide(b) == y
    return mcnemar(int((b_right & ~a_right).sum()), int((a_right & ~b_right).sum()), len(y))


def _areas(is_positive: npt.NDArray[np.bool_], a: FloatArray, b: FloatArray) -> PairedTest | None:
    """Return DeLong's test, or ``None`` where its variance can't be told from these rows."""
    n_positive = int(is_positive.sum())
    if min(n_positive, len(is_positive) - n_positive) < 2:
        return None
    areas, covariance = delong(is_positive, np.stack([a, b]).astype(float))
    gain = float(areas[1] - areas[0])
    variance = float(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1])
    error = math.sqrt(max(variance, 0.0))
    if error <= 1e-12:  # what is left of rounding
        if gain:
            return None
        error = 0.0
    p, bounds = normal(gain, error)
    return PairedTest(
        name="DeLong's test",
        reason=(
            f"areas under ROC curves of the same {len(a):,} rows ({n_positive:,} of them positive) are correlated, and "
            "it knows how much"
        ),
        gain=gain,
        standard_error=error,
        p=p,
        effect_size=in_deviations(gain, error * math.sqrt(len(a))),
        n=len(a),
        unit="rows",
        bounds=bounds,
    )
