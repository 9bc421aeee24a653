"""What the scikit-learn families share: weights into a pipeline, and the warnings that a search expects.

A search tries configs that stop before they converge; that is a decision of the budget, not news, so those warnings
are silenced here and nowhere else.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from automl.values.algorithm import Estimator, Fitted, Rows


@contextmanager
def expected_warnings() -> Iterator[None]:
    """Silence what a solver says when it stops before it converges or meets collinear columns."""
    from scipy.linalg import LinAlgWarning
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():
        for category in (ConvergenceWarning, LinAlgWarning):
            warnings.simplefilter("ignore", category)
        warnings.filterwarnings("ignore", message="(?i).*collinear.*")
        yield


def weights_for(model: Estimator, train: Rows) -> dict[str, Any]:
    """Return the keyword under which ``model.fit`` takes the weights.

    A pipeline hands them to its last step, also where it stands behind a transformed target.
    """
    if train.weight is None:
        return {}
    steps = getattr(getattr(model, "regressor", model), "steps", None)
    return {f"{steps[-1][0]}__sample_weight" if steps else "sample_weight": train.weight}


def fit_quietly(model: Estimator, train: Rows, valid: Rows | None, seconds: float | None) -> Fitted:
    """Fit a model or pipeline with weights; it has no rounds, so neither ``valid`` nor ``seconds`` is used."""
    del valid, seconds
    with expected_warnings():
        return Fitted(model.fit(train.X, train.y, **weights_for(model, train)))
