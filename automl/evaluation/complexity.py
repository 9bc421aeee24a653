"""How complex a fitted model is, as one number that sorts: the splits of its trees, or the numbers that were fitted.

It serves to choose the simpler of two pipelines that are as good as each other; within a family it is exact, between
families it is a rough order of magnitude.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

_NOT_FITTED = ("_bin_mapper", "classes_", "feature_importances_")  # kept by a model, no part of its function
_DEEPEST = 8


def complexity_of(model: Any) -> float:
    """Return the number of tree nodes, coefficients and stored rows' cells found in a fitted model.

    Zeros of a coefficient matrix don't count: a sparse linear model is simpler than a dense one.

    Examples
    --------
    >>> from sklearn.linear_model import Lasso, Ridge
    >>> X = np.eye(4)
    >>> complexity_of(Ridge().fit(X, [0, 1, 2, 3])) > complexity_of(Lasso(alpha=9).fit(X, [0, 1, 2, 3]))
    True
    """
    return float(_count(model, _DEEPEST, set()))


def _count(part: Any, depth: int, seen: set[int]) -> int:
    if depth == 0 or id(part) in seen:
        return 0
    seen.add(id(part))
    if isinstance(part, np.ndarray):
        if part.dtype == object:
            return sum(_count(each, depth - 1, seen) for each in part.ravel())
        return len(part) if part.dtype.names else int(np.count_nonzero(part)) if part.dtype.kind in "fiub" else 0
    if isinstance(part, Mapping):
        return sum(_count(each, depth - 1, seen) for each in part.values())
    if isinstance(part, list | tuple):
        return sum(_count(each, depth - 1, seen) for each in part)
    if hasattr(part, "node_count"):  # a tree of scikit-learn's
        return int(part.node_count)
    fitted = vars(part) if hasattr(part, "__dict__") and not isinstance(part, type) else {}
    return sum(_count(value, depth - 1, seen) for name, value in fitted.items() if name not in _NOT_FITTED)
