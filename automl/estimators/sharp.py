"""A classifier whose probabilities are raised to a power and made to sum to 1 again.

A power above 1 makes a cautious model bolder; it is one over the temperature of Guo et al. (2017, "On calibration of
modern neural networks"). The most probable label stays the same.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, ClassifierMixin

_MARGIN = 1e-7  # predictions are kept in float32


class SharpClassifier(ClassifierMixin, BaseEstimator):
    """Put a power behind ``model``.

    Parameters
    ----------
    model
        A classifier with ``predict_proba``.
    power
        Above 0; 1 changes nothing.

    Examples
    --------
    >>> from sklearn.dummy import DummyClassifier
    >>> X, y = np.zeros((4, 1)), np.array([0, 0, 0, 1])
    >>> SharpClassifier(DummyClassifier(), power=2.0).fit(X, y).predict_proba(X[:1]).tolist()
    [[0.9, 0.1]]
    """

    def __init__(self, model: Any, power: float = 1.0) -> None:
        self.model = model
        self.power = power

    @property
    def classes_(self) -> npt.NDArray[Any]:
        """Labels in the order of the columns of ``predict_proba``."""
        classes: npt.NDArray[Any] = self.model.classes_
        return classes

    def fit(self, X: npt.NDArray[Any], y: npt.NDArray[Any], **options: Any) -> SharpClassifier:
        """Fit the model."""
        self.model.fit(X, y, **options)
        return self

    def predict_proba(self, X: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return ``(n_rows, n_classes)`` probabilities."""
        raised = np.maximum(self.model.predict_proba(X), _MARGIN) ** self.power
        return np.asarray(raised / raised.sum(axis=1, keepdims=True))

    def predict(self, X: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return the most probable label of each row."""
        return np.asarray(self.model.predict(X))

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self.model, "classes_")
