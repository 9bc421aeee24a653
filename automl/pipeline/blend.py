"""The last step of a fitted pipeline: several models, each behind its own preparation, and one prediction.

A member is a preparation, a model and a weight. The blend prepares the encoded rows for each (once for members whose
preparations learned the same), asks the models, averages with the weights and gives the original labels back. A single
model is a blend of one member, so everything that predicts has one shape.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import expit, softmax
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin, clone
from threadpoolctl import ThreadpoolController

from automl.errors import DataError, warn
from automl.features.preparation import Preparation
from automl.values.algorithm import Estimator, takes_weights
from automl.values.task import Task, TaskKind

Floats = npt.NDArray[np.float64]

CHUNK = 1 << 17  # rows at once, so that a wide preparation of a long table stays within memory
ONE_THREAD = 10_000  # rows up to which one thread predicts: starting threads for each tree costs more than they save


def predict_matrix(model: Estimator, X: npt.NDArray[Any], kind: TaskKind, n_classes: int) -> Floats:
    """Return what a fitted model predicts, in one form for all models.

    Parameters
    ----------
    model
        Fitted on labels ``0..K-1`` or on floats. It may know fewer labels than there are: a fold need not have every
        class.
    X
        Prepared rows.
    kind, n_classes
        The task.

    Returns
    -------
    Floats
        ``(n_rows, n_classes)`` probabilities in label order, 0 for labels that the model doesn't know; or
        ``(n_rows, 1)`` for regression. Values that aren't finite are left for the caller to find.

    Examples
    --------
    >>> from sklearn.dummy import DummyClassifier
    >>> model = DummyClassifier(strategy="prior").fit([[0], [0]], [0, 2])
    >>> predict_matrix(model, np.zeros((1, 1)), "multiclass", 3).tolist()
    [[0.5, 0.0, 0.5]]
    """
    if kind == "regression":
        return np.asarray(model.predict(X), dtype=np.float64).reshape(len(X), -1)[:, :1]
    known = np.asarray(getattr(model, "classes_", np.arange(n_classes))).astype(np.int64)
    if hasattr(model, "predict_proba"):
        found = np.asarray(model.predict_proba(X), dtype=np.float64)
        found = np.column_stack([1 - found, found]) if found.ndim == 1 else found
    elif hasattr(model, "decision_function"):
        found = _from_scores(np.asarray(model.decision_function(X), dtype=np.float64))
    else:
        found = (np.asarray(model.predict(X)).reshape(-1, 1) == known).astype(np.float64)
    if found.ndim != 2 or found.shape[1] < len(known):
        raise ValueError(f"{type(model).__name__} predicts the shape {found.shape} for {len(known)} labels")
    if len(known) == n_classes == found.shape[1] and (known == np.arange(n_classes)).all():
        return found
    aligned = np.zeros((len(X), n_classes))
    aligned[:, known] = found[:, : len(known)]
    return aligned


def _from_scores(scores: Floats) -> Floats:
    if scores.ndim == 1 or scores.shape[1] == 1:
        positive = expit(scores.reshape(-1))
        return np.column_stack([1 - positive, positive])
    probabilities: Floats = softmax(scores, axis=1)
    return probabilities


class Member(BaseEstimator):
    """One model of a blend, with the preparation in front of it.

    Parameters
    ----------
    preparation
        From encoded rows to what the model takes.
    model
        Any estimator with ``fit`` and ``predict``.
    weight
        Its share of the prediction; shares need not sum to 1.
    """

    def __init__(self, preparation: Preparation, model: Estimator, weight: float = 1.0) -> None:
        self.preparation = preparation
        self.model = model
        self.weight = weight


class _Blend(BaseEstimator):
    """What classifiers and regressors share."""

    members: list[Member]
    members_: list[Member]

    def _fit_members(self, Z: npt.ArrayLike, y: npt.NDArray[Any], sample_weight: npt.ArrayLike | None) -> None:
        weight = None if sample_weight is None else np.asarray(sample_weight, dtype=np.float64)
        fitted: list[Member] = []
        prepared: list[tuple[dict[str, Any], Preparation, npt.NDArray[np.float32]]] = []
        for member in self.members:
            settings = member.preparation.get_params()
            known = [(each, X) for other, each, X in prepared if other == settings]
            if known:
                preparation, X = known[0]
            else:
                preparation = clone(member.preparation)
                X = preparation.fit_transform(Z, y, sample_weight=weight)
                prepared.append((settings, preparation, X))
            model = clone(member.model)
            options: dict[str, Any] = {}
            if weight is not None:
                if takes_weights(model):
                    options["sample_weight"] = weight
                else:
                    warn(f"{type(model).__name__} takes no sample weights; it is fitted without.")
            fitted.append(Member(preparation, model.fit(X, y, **options), member.weight))
        self.members_ = fitted

    def _keep(self, members: Sequence[Member]) -> None:
        """Take fitted members as they are; equal preparations become one object, so that a file holds one."""
        if not members:
            raise DataError("A blend needs members and none were given. Give at least one fitted model.")
        by_token: dict[str, Preparation] = {}
        self.members_ = [
            Member(by_token.setdefault(each.preparation.token_, each.preparation), each.model, each.weight)
            for each in members
        ]

    def _average(self, Z: npt.NDArray[Any], kind: TaskKind, n_classes: int) -> Floats:
        if not len(Z):
            return np.zeros((0, n_classes or 1))
        with _few_threads(len(Z)):
            parts = [self._average_chunk(part, kind, n_classes) for part in _chunks(Z)]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def _average_chunk(self, Z: npt.NDArray[Any], kind: TaskKind, n_classes: int) -> Floats:
        total = np.zeros((len(Z), n_classes or 1))
        prepared: dict[str, npt.NDArray[np.float32]] = {}
        shares = 0.0
        for member in self.members_:
            token = member.preparation.token_
            if token not in prepared:
                prepared[token] = member.preparation.transform(Z)
            total += member.weight * predict_matrix(member.model, prepared[token], kind, n_classes)
            shares += member.weight
        return total / shares

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "members_")


class BlendedClassifier(ClassifierMixin, _Blend):
    """Average class probabilities of fitted members; labels in and out are the original ones.

    Parameters
    ----------
    members
        Preparation, model and weight of each.
    classes
        Labels in the order of the probabilities; ``None``: those of the training target, sorted.

    Attributes
    ----------
    classes_
        The labels; column ``k`` of ``predict_proba`` is that of ``classes_[k]``.
    members_ : list[Member]
        The fitted members.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> Z, y = np.array([[0.0], [1.0], [2.0], [3.0]]), np.array(["no", "no", "yes", "yes"])
    >>> blend = BlendedClassifier([Member(Preparation(levels=(0,)), LogisticRegression())]).fit(Z, y)
    >>> blend.predict(Z).tolist(), blend.predict_proba(Z).shape
    (['no', 'no', 'yes', 'yes'], (4, 2))
    """

    def __init__(self, members: list[Member], classes: Sequence[Any] | None = None) -> None:
        self.members = members
        self.classes = classes

    def fit(self, Z: npt.ArrayLike, y: npt.ArrayLike, sample_weight: npt.ArrayLike | None = None) -> BlendedClassifier:
        """Fit clones of all members on encoded rows and original labels.

        Raises
        ------
        DataError
            If labels are missing, or are not among ``classes``.
        """
        labels = _target(y)
        if self.classes is None:
            self.classes_, encoded = np.unique(labels, return_inverse=True)
        else:
            self.classes_ = _as_labels(self.classes)
            place = {label: k for k, label in enumerate(self.classes_.tolist())}
            unknown = [label for label in labels.tolist() if label not in place]
            if unknown:
                raise DataError(f"The label {unknown[0]!r} is not among the classes {self.classes_.tolist()}.")
            encoded = np.array([place[label] for label in labels.tolist()], dtype=np.int64)
        self._fit_members(Z, encoded, sample_weight)
        return self

    @classmethod
    def from_fitted(cls, members: Sequence[Member], task: Task) -> BlendedClassifier:
        """Return a fitted blend of members that were fitted on the labels of ``task``, encoded as 0..K-1."""
        blend = cls(list(members))
        blend.classes_ = _as_labels(task.classes)
        blend._keep(members)
        return blend

    def predict_proba(self, Z: npt.NDArray[Any]) -> Floats:
        """Return ``(n_rows, n_classes)`` probabilities; rows sum to 1."""
        kind: TaskKind = "binary" if len(self.classes_) == 2 else "multiclass"
        probabilities = self._average(Z, kind, len(self.classes_))
        sums: Floats = probabilities.sum(axis=1, keepdims=True)
        return probabilities / np.where(sums > 0, sums, 1.0)

    def predict(self, Z: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return the most probable label of each row."""
        labels: npt.NDArray[Any] = self.classes_[self.predict_proba(Z).argmax(axis=1)]
        return labels


class BlendedRegressor(RegressorMixin, _Blend):
    """Average the predictions of fitted members.

    Parameters
    ----------
    members
        Preparation, model and weight of each.
    """

    def __init__(self, members: list[Member]) -> None:
        self.members = members

    def fit(self, Z: npt.ArrayLike, y: npt.ArrayLike, sample_weight: npt.ArrayLike | None = None) -> BlendedRegressor:
        """Fit clones of all members on encoded rows.

        Raises
        ------
        DataError
            If targets are missing.
        """
        self._fit_members(Z, _target(y).astype(np.float64), sample_weight)
        return self

    @classmethod
    def from_fitted(cls, members: Sequence[Member], task: Task) -> BlendedRegressor:
        """Return a fitted blend of members as they are."""
        del task
        blend = cls(list(members))
        blend._keep(members)
        return blend

    def predict(self, Z: npt.NDArray[Any]) -> Floats:
        """Return predictions ``(n_rows,)``."""
        return self._average(Z, "regression", 0)[:, 0]


@functools.cache
def _native_threads() -> ThreadpoolController:
    """Find the native thread pools once; looking for them takes longer than predicting a row."""
    return ThreadpoolController()


def _few_threads(n_rows: int) -> contextlib.AbstractContextManager[Any]:
    if n_rows > ONE_THREAD:
        return contextlib.nullcontext()
    limited: contextlib.AbstractContextManager[Any] = _native_threads().limit(limits=1, user_api="openmp")
    return limited


def _target(y: npt.ArrayLike) -> npt.NDArray[Any]:
    target = np.asarray(y)
    if target.ndim == 2 and target.shape[1] == 1:
        target = target[:, 0]
    if target.ndim != 1:
        raise DataError(f"The target has the shape {target.shape}; give one value for each row.")
    missing = (
        target != target if target.dtype != object else np.array([each is None or each != each for each in target])
    )
    if missing.any():
        raise DataError(f"{int(missing.sum())} target values are missing. Drop these rows before fitting.")
    return target


def _as_labels(classes: Sequence[Any]) -> npt.NDArray[Any]:
    """Return labels as an array of their own dtype; texts as Python texts, as pandas gives them."""
    kinds = {type(each) for each in classes}
    if len(kinds) == 1 and not kinds & {str, np.str_}:
        return np.array(list(classes))
    labels = np.empty(len(classes), dtype=object)
    labels[:] = [str(each) if isinstance(each, str) else each for each in classes]
    return labels


def _chunks(Z: npt.NDArray[Any]) -> Iterator[npt.NDArray[Any]]:
    rows = np.asarray(Z)
    for start in range(0, len(rows), CHUNK):
        yield rows[start : start + CHUNK]
