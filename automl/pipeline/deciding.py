"""Classifiers that decide otherwise than by the most probable label: by a threshold, or by what mistakes cost.

They leave the probabilities as they are. What they decide by is set, not learned: fitted again, they keep it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.base import ClassifierMixin, clone

from automl.pipeline.wrapping import Wrapping
from automl.values.algorithm import Estimator


class _Deciding(ClassifierMixin, Wrapping):
    """What both share."""

    def fit(self, Z: npt.ArrayLike, y: npt.ArrayLike, sample_weight: npt.ArrayLike | None = None) -> Any:
        """Fit a clone of the model."""
        options = {} if sample_weight is None else {"sample_weight": sample_weight}
        return self._keep(clone(self.model).fit(Z, y, **options))

    def _keep(self, model: Estimator) -> Any:
        self.model_, self.classes_ = model, model.classes_
        return self

    def predict_proba(self, Z: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
        """Return the model's probabilities."""
        return np.asarray(self.model_.predict_proba(Z), dtype=np.float64)

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "model_")


class ThresholdClassifier(_Deciding):
    """A classifier of two labels that gives the second where its probability reaches a threshold.

    Parameters
    ----------
    model
        A classifier with ``predict_proba``.
    threshold
        From 0 (always the second label) up.
    """

    def __init__(self, model: Estimator, threshold: float = 0.5) -> None:
        self.model = model
        self.threshold = threshold

    @classmethod
    def from_fitted(cls, model: Estimator, threshold: float) -> ThresholdClassifier:
        """Return a fitted model that decides by ``threshold``."""
        made: ThresholdClassifier = cls(model, threshold)._keep(model)
        return made

    def predict(self, Z: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return the decided label of each row."""
        labels: npt.NDArray[Any] = self.classes_[(self.predict_proba(Z)[:, 1] >= self.threshold).astype(np.intp)]
        return labels


class CostClassifier(_Deciding):
    """A classifier that gives the label whose expected cost is lowest (Elkan 2001).

    Parameters
    ----------
    model
        A classifier with ``predict_proba``, better calibrated.
    costs
        ``costs[true][given]`` of every pair of labels, in class order; the mean where they differ from row to row.
    amounts
        Of pairs whose costs differ from row to row: true and given label in class order, the encoded column that
        holds the amount, and the factor that makes a cost of it. Where the column is NaN, the mean decides.
    """

    def __init__(self, model: Estimator, costs: list[list[float]], amounts: list[list[float]] | None = None) -> None:
        self.model = model
        self.costs = costs
        self.amounts = amounts

    @classmethod
    def from_fitted(
        cls, model: Estimator, costs: list[list[float]], amounts: list[list[float]] | None = None
    ) -> CostClassifier:
        """Return a fitted model that decides by ``costs``."""
        made: CostClassifier = cls(model, costs, amounts)._keep(model)
        return made

    def predict(self, Z: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return the decided label of each row."""
        prediction, costs = self.predict_proba(Z), np.asarray(self.costs, dtype=np.float64)
        expected = prediction @ costs
        for true, given, place, factor in getattr(self, "amounts", None) or ():  # an older file has none
            true, given = int(true), int(given)
            beyond = np.nan_to_num(factor * np.asarray(Z, dtype=np.float64)[:, int(place)] - costs[true, given])
            expected[:, given] += prediction[:, true] * beyond
        labels: npt.NDArray[Any] = self.classes_[expected.argmin(axis=1)]
        return labels
