"""The weighted mean that scores are made of."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.floating[Any]]


def weighted_mean(values: FloatArray, weight: FloatArray | None) -> float:
    """Return the mean of ``values``; NaN, without a warning, where there is no row or no weight.

    Examples
    --------
    >>> weighted_mean(np.array([1.0, 4.0]), np.array([2.0, 1.0]))
    2.0
    """
    if weight is None:
        return float(values.mean()) if len(values) else float("nan")
    total = weight.sum()
    return float(values @ weight / total) if total > 0 else float("nan")
