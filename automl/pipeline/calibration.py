"""Probabilities that mean what they say: of rows given 0.8, eight in ten have the label.

A :class:`Calibration` learns from predictions for rows that a model had not seen how its probabilities have to be
changed; a :class:`CalibratedClassifier` is a model with one behind it. Three maps, from stiff to flexible: one
temperature for all labels (Guo et al. 2017, "On calibration of modern neural networks"), Platt's sigmoid (1999) on the
log-odds of each label, and isotonic regression (Zadrozny and Elkan 2002) of each label. The last two treat several
labels one against the rest and make the rows sum to 1 again.
"""

from __future__ import annotations

from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize, minimize_scalar
from scipy.special import expit, log_softmax, softmax
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.isotonic import IsotonicRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict

from automl.errors import DataError, PlanError, suggest
from automl.pipeline.wrapping import Wrapping
from automl.values.algorithm import Estimator

Floats = npt.NDArray[np.floating[Any]]
Method = Literal["temperature", "platt", "isotonic"]
METHODS: tuple[Method, ...] = get_args(Method)

_MARGIN = 1e-7  # predictions are kept in float32
_FOLDS = 5


class Calibration(BaseEstimator):
    """A map from probabilities to calibrated ones.

    Parameters
    ----------
    method
        ``"temperature"``, ``"platt"`` or ``"isotonic"``.

    Attributes
    ----------
    temperature_ : float
        What logarithms of probabilities are divided by; above 1 the model was too sure.
    slopes_, offsets_ : ndarray
        Platt's sigmoid of each label's log-odds; of two labels, the second's only.
    knots_, levels_ : list of ndarray
        The steps of each label's isotonic map.

    Examples
    --------
    >>> given = np.array([[0.9, 0.1], [0.9, 0.1], [0.1, 0.9], [0.1, 0.9]])
    >>> calibration = Calibration("temperature").fit(given, np.array([0, 1, 1, 0]))
    >>> calibration.transform(given).round(2).tolist()[0]
    [0.5, 0.5]
    """

    def __init__(self, method: Method = "temperature") -> None:
        self.method = method

    @classmethod
    def of_temperature(cls, temperature: float) -> Calibration:
        """Return the fitted map of a known temperature."""
        made = cls("temperature")
        made.temperature_ = temperature
        return made

    def fit(self, prediction: Floats, y: npt.NDArray[Any], sample_weight: Floats | None = None) -> Calibration:
        """Learn from ``(n_rows, n_classes)`` predictions of unseen rows and their labels 0..K-1.

        Raises
        ------
        PlanError
            If there is no such method.
        """
        if self.method not in METHODS:
            raise PlanError(f"Unknown calibration {self.method!r}. {suggest(self.method, METHODS)}")
        weight = np.ones(len(y)) if sample_weight is None else np.asarray(sample_weight, dtype=np.float64)
        p = np.asarray(prediction, dtype=np.float64)
        labels = [1] if p.shape[1] == 2 else list(range(p.shape[1]))
        if self.method == "temperature":
            self.temperature_ = _temperature(p, y, weight)
        elif self.method == "platt":
            fitted = [_sigmoid(_log_odds(p[:, k]), y == k, weight) for k in labels]
            self.slopes_, self.offsets_ = np.array([each[0] for each in fitted]), np.array([each[1] for each in fitted])
        else:
            steps = [_steps(p[:, k], y == k, weight) for k in labels]
            self.knots_, self.levels_ = [each[0] for each in steps], [each[1] for each in steps]
        return self

    def transform(self, prediction: Floats) -> Floats:
        """Return calibrated probabilities; rows sum to 1."""
        p = np.asarray(prediction, dtype=np.float64)
        if self.method == "temperature":
            tempered: Floats = softmax(np.log(np.maximum(p, _MARGIN)) / self.temperature_, axis=1)
            return tempered
        columns = range(1, 2) if p.shape[1] == 2 else range(p.shape[1])
        if self.method == "platt":
            mapped = [
                expit(slope * _log_odds(p[:, k]) + offset)
                for k, slope, offset in zip(columns, self.slopes_, self.offsets_, strict=True)
            ]
        else:
            mapped = [
                np.interp(p[:, k], knots, levels)
                for k, knots, levels in zip(columns, self.knots_, self.levels_, strict=True)
            ]
        if p.shape[1] == 2:
            return np.column_stack([1 - mapped[0], mapped[0]])
        together = np.column_stack(mapped)
        return np.asarray(together / together.sum(axis=1, keepdims=True))


def _log_odds(p: Floats) -> Floats:
    inside = np.clip(p, _MARGIN, 1 - _MARGIN)
    return np.asarray(np.log(inside) - np.log1p(-inside))


def _temperature(p: Floats, y: npt.NDArray[Any], weight: Floats) -> float:
    logs, place = np.log(np.maximum(p, _MARGIN)), np.asarray(y, dtype=np.intp)[:, None]

    def loss(log_temperature: float) -> float:
        given = np.take_along_axis(log_softmax(logs / np.exp(log_temperature), axis=1), place, axis=1)[:, 0]
        return float(-(given @ weight) / weight.sum())

    found = minimize_scalar(loss, bounds=(-4.0, 6.0), method="bounded", options={"xatol": 1e-7})
    return float(np.exp(found.x))


def _sigmoid(odds: Floats, is_positive: npt.NDArray[np.bool_], weight: Floats) -> tuple[float, float]:
    """Return slope and offset; targets stay off 0 and 1 by Platt's rule, so that separable rows have an answer."""
    positive, negative = float(weight[is_positive].sum()), float(weight[~is_positive].sum())
    target = np.where(is_positive, (positive + 1) / (positive + 2), 1 / (negative + 2))

    def loss(parts: Floats) -> tuple[float, Floats]:
        inside = parts[0] * odds + parts[1]
        value = float(weight @ (np.logaddexp(0, inside) - target * inside) / weight.sum())
        slope = weight * (expit(inside) - target) / weight.sum()
        return value, np.array([slope @ odds, slope.sum()])

    start = np.array([1.0, 0.0])
    # A slope above 0 keeps the order of the rows.
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=[(1e-3, 100.0), (-50.0, 50.0)])
    return float(found.x[0]), float(found.x[1])


def _steps(p: Floats, is_positive: npt.NDArray[np.bool_], weight: Floats) -> tuple[Floats, Floats]:
    """Return knots and levels; no level says never or always, which so many rows can't tell."""
    margin = 1 / (len(p) + 2)
    fitted = IsotonicRegression(y_min=margin, y_max=1 - margin).fit(p, is_positive.astype(float), weight)
    return np.asarray(fitted.X_thresholds_, dtype=np.float64), np.asarray(fitted.y_thresholds_, dtype=np.float64)


class CalibratedClassifier(ClassifierMixin, Wrapping):
    """A classifier whose probabilities pass through a calibration.

    Parameters
    ----------
    model
        A classifier with ``predict_proba``.
    method
        As of :class:`Calibration`.

    Attributes
    ----------
    classes_
        The labels; column ``k`` of ``predict_proba`` is that of ``classes_[k]``.
    model_, calibration_
        The fitted parts.
    """

    def __init__(self, model: Estimator, method: Method = "temperature") -> None:
        self.model = model
        self.method = method

    @classmethod
    def from_fitted(cls, model: Estimator, calibration: Calibration) -> CalibratedClassifier:
        """Return fitted parts as one fitted classifier."""
        made = cls(model, calibration.method)
        made.model_, made.calibration_, made.classes_ = model, calibration, model.classes_
        return made

    def fit(self, Z: npt.ArrayLike, y: npt.ArrayLike, sample_weight: npt.ArrayLike | None = None) -> Any:
        """Fit a clone of the model on all rows, and the calibration on what clones predict for rows kept from them.

        Raises
        ------
        DataError
            If a label has one row only.
        """
        rows, labels = np.asarray(Z), np.asarray(y)
        self.classes_, encoded, counts = np.unique(labels, return_inverse=True, return_counts=True)
        if counts.min() < 2:
            raise DataError(
                f"The label {self.classes_[counts.argmin()]!r} has one row; calibration needs at least two."
            )
        options = {} if sample_weight is None else {"sample_weight": np.asarray(sample_weight, dtype=np.float64)}
        folds = StratifiedKFold(min(_FOLDS, int(counts.min())), shuffle=True, random_state=0)
        unseen = cross_val_predict(
            clone(self.model), rows, labels, cv=folds, method="predict_proba", params=options or None
        )
        self.calibration_ = Calibration(self.method).fit(unseen, encoded, options.get("sample_weight"))
        self.model_ = clone(self.model).fit(rows, labels, **options)
        return self

    def predict_proba(self, Z: npt.NDArray[Any]) -> Floats:
        """Return ``(n_rows, n_classes)`` calibrated probabilities."""
        return self.calibration_.transform(self.model_.predict_proba(Z))

    def predict(self, Z: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return the most probable label of each row."""
        labels: npt.NDArray[Any] = self.classes_[self.predict_proba(Z).argmax(axis=1)]
        return labels

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "calibration_")
