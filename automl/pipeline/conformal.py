"""Predictions that say how far to trust them: intervals of a quantity, sets of labels (conformal prediction).

How wrong a model was about rows that it had not seen tells how wrong it may be about the next one. If both are drawn
alike, an interval or set that would have covered a share of the former covers at least that share of the latter, on
average over all rows, whatever the model (Vovk et al. 2005; Lei et al. 2018). No share is promised for any single
group of rows.

Here the rows are out-of-fold, and what predicts is the average of the folds' models, a little better than each: the
promise is not a theorem then but close, erring on the wide side (Vovk 2015, "Cross-conformal predictors"); what
averaging gains at the least is taken off (:mod:`automl.assess.averaging`).

``mapie`` would fit models again for what the search has kept already, and its objects can't be stored without running
their author's code; what is left is a quantile.
"""

from __future__ import annotations

from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import ClassifierMixin, RegressorMixin, clone
from sklearn.model_selection import KFold, StratifiedKFold, cross_val_predict
from sklearn.pipeline import Pipeline

from automl.errors import DataError, PlanError
from automl.pipeline.wrapping import Wrapping
from automl.values.algorithm import Estimator

Floats = npt.NDArray[np.floating[Any]]
SetMethod = Literal["lac", "aps"]
SET_METHODS: tuple[SetMethod, ...] = get_args(SetMethod)
_FOLDS = 5


def upper_quantile(scores: Floats, level: float, weight: Floats | None = None) -> float:
    """Return the score that the next row, drawn like these, stays at or below with probability ``level``.

    The next row counts as one more of mean weight with an infinite score; with too few rows the answer is infinite.

    Examples
    --------
    >>> upper_quantile(np.arange(1.0, 10.0), 0.9), upper_quantile(np.arange(1.0, 9.0), 0.9)
    (9.0, inf)
    """
    if not len(scores):
        return float("inf")
    order = np.argsort(scores, kind="stable")
    share = np.ones(len(scores)) if weight is None else weight[order]
    reached = np.cumsum(share) / (share.sum() + share.mean())
    place = int(np.searchsorted(reached, level - 1e-12))
    return float(scores[order][place]) if place < len(scores) else float("inf")


def rows_needed(coverage: float, is_regression: bool) -> int:
    """Return how many rows a finite answer needs at least; each end of an interval takes half of what may be missed.

    Examples
    --------
    >>> rows_needed(0.9, is_regression=True), rows_needed(0.9, is_regression=False)
    (19, 9)
    """
    missed = (1 - coverage) / (2 if is_regression else 1)
    return int(np.ceil(1 / missed - 1e-9)) - 1


class ConformalRegressor(RegressorMixin, Wrapping):
    """A regressor that also gives intervals, each end missing half of what may be missed.

    Parameters
    ----------
    model
        A regressor.
    coverage
        The share of rows whose interval is to hold the truth.
    scale
        An estimator of the size of an error, by which intervals grow and shrink; ``None``: all are as wide.

    Attributes
    ----------
    below_, above_ : float
        What is added to a prediction at the low and at the high end, times the scale if there is one.
    """

    def __init__(self, model: Estimator, coverage: float = 0.9, scale: Estimator | None = None) -> None:
        self.model = model
        self.coverage = coverage
        self.scale = scale

    @classmethod
    def from_fitted(
        cls, model: Estimator, coverage: float, below: float, above: float, scale: Estimator | None = None
    ) -> ConformalRegressor:
        """Return fitted parts as one fitted regressor."""
        made = cls(model, coverage, None if scale is None else clone(scale))
        made.model_, made.below_, made.above_, made.scale_ = model, below, above, scale
        return made

    def fit(self, Z: npt.ArrayLike, y: npt.ArrayLike, sample_weight: npt.ArrayLike | None = None) -> Any:
        """Fit clones on all rows, and the ends on errors of clones about rows kept from them."""
        rows, target = np.asarray(Z), np.asarray(y, dtype=np.float64)
        weight = None if sample_weight is None else np.asarray(sample_weight, dtype=np.float64)
        options = {} if weight is None else {"sample_weight": weight}
        folds = KFold(min(_FOLDS, len(target)), shuffle=True, random_state=0)
        residual = target - cross_val_predict(clone(self.model), rows, target, cv=folds, params=options or None)
        self.model_ = clone(self.model).fit(rows, target, **options)
        self.scale_ = None
        size: Floats = np.ones(len(target))
        if self.scale is not None:
            size = cross_val_predict(clone(self.scale), rows, error_sizes(residual), cv=folds)
            self.scale_ = clone(self.scale).fit(rows, error_sizes(residual))
        self.below_, self.above_ = ends(residual / size, self.coverage, weight)
        return self

    def predict(self, Z: npt.NDArray[Any]) -> Floats:
        """Return predictions ``(n_rows,)``."""
        return np.asarray(self.model_.predict(Z), dtype=np.float64)

    def predict_interval(self, Z: npt.NDArray[Any]) -> Floats:
        """Return prediction, low and high end, ``(n_rows, 3)``."""
        prediction = self.predict(Z)
        size = np.ones(len(prediction)) if self.scale_ is None else self.scale_.predict(Z)
        return np.column_stack([prediction, prediction + self.below_ * size, prediction + self.above_ * size])

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "below_")


def ends(residual: Floats, coverage: float, weight: Floats | None = None) -> tuple[float, float]:
    """Return what to add to a prediction at the low and the high end so that this share of residuals lies between."""
    level = 1 - (1 - coverage) / 2
    return -upper_quantile(-residual, level, weight), upper_quantile(residual, level, weight)


def scale_model(seed: int = 0) -> Estimator:
    """Return the estimator of how large an error will be: small and cautious, for errors are noisy; in one thread."""
    from lightgbm import LGBMRegressor

    return LGBMRegressor(
        objective="gamma",  # errors scatter in proportion to their size, and sizes are above 0
        n_estimators=80,
        learning_rate=0.05,
        num_leaves=6,
        min_child_samples=50,
        reg_lambda=5.0,
        random_state=seed,
        n_jobs=1,
        deterministic=True,
        verbose=-1,
    )


def error_sizes(residual: Floats) -> Floats:
    """Return what that estimator learns from: sizes of errors relative to their mean, none of them quite 0.

    Relative, for LightGBM keeps targets as float32, where small ones would be 0, and refuses if all are.

    Examples
    --------
    >>> error_sizes(np.array([-1.0, 3.0])), error_sizes(np.zeros(2))
    (array([0.55, 1.55]), array([0.05, 0.05]))
    """
    size = np.abs(residual)
    return np.asarray(size / (float(np.mean(size)) or 1.0) + 0.05)


class ConformalClassifier(ClassifierMixin, Wrapping):
    """A classifier that also gives sets of labels.

    Parameters
    ----------
    model
        A classifier with ``predict_proba``.
    coverage
        The share of rows whose set is to hold the true label.
    method
        ``"lac"``, the smallest sets on average (Sadinle et al. 2019), or ``"aps"``, sets that grow with the doubt about
        a row (Romano et al. 2020), the true label counted half so that they are not wider than need be.

    Attributes
    ----------
    most_ : float
        Labels whose score is at most this are in the set.
    """

    def __init__(self, model: Estimator, coverage: float = 0.9, method: SetMethod = "lac") -> None:
        self.model = model
        self.coverage = coverage
        self.method = method

    @classmethod
    def from_fitted(cls, model: Estimator, coverage: float, method: SetMethod, most: float) -> ConformalClassifier:
        """Return fitted parts as one fitted classifier."""
        made = cls(model, coverage, method)
        made.model_, made.most_, made.classes_ = model, most, model.classes_
        return made

    def fit(self, Z: npt.ArrayLike, y: npt.ArrayLike, sample_weight: npt.ArrayLike | None = None) -> Any:
        """Fit a clone on all rows, and the sets on what clones predict for rows kept from them.

        Raises
        ------
        DataError
            If a label has one row only.
        """
        rows, labels = np.asarray(Z), np.asarray(y)
        weight = None if sample_weight is None else np.asarray(sample_weight, dtype=np.float64)
        options = {} if weight is None else {"sample_weight": weight}
        self.classes_, encoded, counts = np.unique(labels, return_inverse=True, return_counts=True)
        if counts.min() < 2:
            raise DataError(f"The label {self.classes_[counts.argmin()]!r} has one row; sets need at least two.")
        folds = StratifiedKFold(min(_FOLDS, int(counts.min())), shuffle=True, random_state=0)
        unseen = cross_val_predict(
            clone(self.model), rows, labels, cv=folds, method="predict_proba", params=options or None
        )
        self.most_ = upper_quantile(
            label_scores(unseen, self.method)[np.arange(len(labels)), encoded], self.coverage, weight
        )
        self.model_ = clone(self.model).fit(rows, labels, **options)
        return self

    def predict_proba(self, Z: npt.NDArray[Any]) -> Floats:
        """Return the model's probabilities."""
        return np.asarray(self.model_.predict_proba(Z), dtype=np.float64)

    def predict(self, Z: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return the most probable label of each row."""
        labels: npt.NDArray[Any] = self.classes_[self.predict_proba(Z).argmax(axis=1)]
        return labels

    def predict_set(self, Z: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
        """Return which labels are in the set of each row, ``(n_rows, n_classes)``."""
        return label_scores(self.predict_proba(Z), self.method) <= self.most_

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "most_")


def label_scores(prediction: Floats, method: SetMethod) -> Floats:
    """Return how little each label fits each row, ``(n_rows, n_classes)``; the true label's decide how large sets are.

    Examples
    --------
    >>> label_scores(np.array([[0.5, 0.25, 0.25]]), "lac").tolist()
    [[0.5, 0.75, 0.75]]
    >>> label_scores(np.array([[0.5, 0.375, 0.125]]), "aps").tolist()
    [[0.25, 0.6875, 0.9375]]
    """
    p = np.asarray(prediction, dtype=np.float64)
    if method == "lac":
        return 1 - p
    order = np.argsort(-p, axis=1, kind="stable")
    ordered = np.take_along_axis(p, order, axis=1)
    scores = np.empty_like(p)
    np.put_along_axis(scores, order, np.cumsum(ordered, axis=1) - ordered / 2, axis=1)
    return scores


class ConformalPipeline(Pipeline):
    """A pipeline that predicts as any other and, asked for it, says how far to trust a prediction."""

    def predict_interval(self, X: Any) -> pd.DataFrame:
        """Return ``prediction``, ``low`` and ``high`` for raw rows, with their index.

        Raises
        ------
        PlanError
            If it is a classifier.
        """
        model = self._last(ConformalRegressor, "predict_set")
        found = model.predict_interval(self[:-1].transform(X))
        return pd.DataFrame(found, columns=["prediction", "low", "high"], index=_index(X))

    def predict_set(self, X: Any) -> pd.DataFrame:
        """Return ``prediction``, ``set`` (a tuple of labels, the most probable first) and ``size``, with their index.

        Raises
        ------
        PlanError
            If it is a regressor.
        """
        model = self._last(ConformalClassifier, "predict_interval")
        Z = self[:-1].transform(X)
        p, inside = model.predict_proba(Z), model.predict_set(Z)
        labels = model.classes_.tolist()
        sets = [
            tuple(labels[k] for k in order if member[k])
            for order, member in zip(np.argsort(-p, axis=1, kind="stable").tolist(), inside.tolist(), strict=True)
        ]
        frame = pd.DataFrame({"prediction": model.classes_[p.argmax(axis=1)]}, index=_index(X))
        frame["set"] = pd.Series(sets, index=frame.index, dtype=object)
        return frame.assign(size=inside.sum(axis=1))

    def _last(self, kind: type, instead: str) -> Any:
        model = self.steps[-1][1]
        if not isinstance(model, kind):
            raise PlanError(f"This pipeline ends in a {type(model).__name__}; use {instead}.")
        return model


def _index(X: Any) -> pd.Index | None:
    return X.index if isinstance(X, pd.DataFrame) else None
