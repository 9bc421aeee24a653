"""Metrics of the caller's own: a function of labels or values, or a scikit-learn scorer.

A **function** ``f(y_true, y_pred)``, optionally with ``sample_weight``, gets original labels (the decided ones as
prediction) or values. Greater is better unless it says ``f.greater_is_better = False``.

A **scorer** (``make_scorer(...)``, a name that scikit-learn knows, or any ``scorer(estimator, X, y)``) is called with
a stand-in estimator that answers ``predict`` and ``predict_proba`` with the predictions to be judged; ``X`` has no
columns. scikit-learn turns errors into negative scores; that is undone, so that an error stands on the leaderboard
as what it is, lower being better.

Both are tried once on a few made-up rows, so that one that can't judge the task fails before the search.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.metrics import get_scorer, get_scorer_names

from automl.errors import PlanError, warn
from automl.evaluation.decisions import decide, label_array
from automl.values.metric import Metric
from automl.values.task import TASK_KINDS, Task, TaskKind

_LOSS_ENDINGS = ("_error", "_loss", "_deviance")  # scikit-learn's convention for functions to minimise
_CLASSIFICATION: tuple[TaskKind, ...] = ("binary", "multiclass")


def is_scorer(metric: Any) -> bool:
    """Tell whether it is called with an estimator, as scikit-learn's scorers are."""
    return hasattr(metric, "_score_func") or next(iter(_parameters(metric)), "") == "estimator"


def function_metric(function: Callable[..., Any], task: Task, taken: frozenset[str]) -> Metric:
    """Return the metric of a function ``f(y_true, y_pred)``; its name is not one of those ``taken``.

    Raises
    ------
    PlanError
        If it can't score made-up rows of this task.
    """
    name = _name(function)
    greater = getattr(function, "greater_is_better", None)
    if greater is None:
        greater = not (_is_of_scikit_learn(function) and name.endswith(_LOSS_ENDINGS))
        if greater and name.endswith(_LOSS_ENDINGS):
            text = f"The metric {name!r} is maximised; set {name}.greater_is_better = False if lower is better."
            warn(text)
    score = _Function(function, task.classes, "sample_weight" in _parameters(function))
    return _tried(Metric(_free(name, taken), score, bool(greater), TASK_KINDS, task.is_classification), task)


def scorer_metric(scorer: Any, task: Task, taken: frozenset[str], name: str | None = None) -> Metric:
    """Return the metric of a scorer, its sign undone.

    Raises
    ------
    PlanError
        If it can't score made-up rows of this task.
    """
    function = getattr(scorer, "_score_func", scorer)
    sign = getattr(scorer, "_sign", 1)
    module = getattr(function, "__module__", None) or ""
    tasks: tuple[TaskKind, ...] = TASK_KINDS
    if module.startswith("sklearn.metrics."):
        tasks = ("regression",) if module.endswith("_regression") else _CLASSIFICATION
    takes_weight = "sample_weight" in _parameters(function)
    name = _free(name or _name(function), taken)
    metric = Metric(name, _Scorer(scorer, sign, task.classes, takes_weight), sign > 0, tasks)
    return _tried(metric, task) if task.kind in tasks else metric


@dataclass(frozen=True, slots=True)
class _Function:
    function: Callable[..., Any]
    classes: tuple[Any, ...]
    takes_weight: bool

    def __call__(self, y: npt.NDArray[Any], prediction: npt.NDArray[Any], weight: npt.NDArray[Any] | None) -> float:
        options = {"sample_weight": weight} if self.takes_weight and weight is not None else {}
        if not self.classes:
            return float(self.function(y, prediction[:, 0], **options))
        labels = label_array(self.classes)
        return float(self.function(labels[np.asarray(y, dtype=np.intp)], labels[decide(prediction)], **options))


@dataclass(frozen=True, slots=True)
class _Scorer:
    scorer: Any
    sign: int
    classes: tuple[Any, ...]
    takes_weight: bool

    def __call__(self, y: npt.NDArray[Any], prediction: npt.NDArray[Any], weight: npt.NDArray[Any] | None) -> float:
        options = {"sample_weight": weight} if self.takes_weight and weight is not None else {}
        no_columns = np.empty((len(y), 0))
        if not self.classes:
            return self.sign * float(self.scorer(_KnownValues(prediction[:, 0]), no_columns, y, **options))
        labels = label_array(self.classes)
        sums = prediction.sum(axis=1, keepdims=True)  # single precision's 1 is not scikit-learn's
        estimator = _KnownProbabilities(labels, prediction / np.where(sums > 0, sums, 1.0))
        return self.sign * float(self.scorer(estimator, no_columns, labels[np.asarray(y, dtype=np.intp)], **options))


class _KnownProbabilities(ClassifierMixin, BaseEstimator):
    """A classifier that answers with given probabilities."""

    def __init__(self, labels: npt.NDArray[Any], prediction: npt.NDArray[Any]) -> None:
        self.classes_ = labels
        self.prediction = prediction

    def predict_proba(self, X: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return the probabilities, whatever ``X`` is."""
        del X
        return self.prediction

    def predict(self, X: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return the labels decided from the probabilities, whatever ``X`` is."""
        del X
        return self.classes_[decide(self.prediction)]


class _KnownValues(RegressorMixin, BaseEstimator):
    """A regressor that answers with given values."""

    def __init__(self, prediction: npt.NDArray[Any]) -> None:
        self.prediction = prediction

    def predict(self, X: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return the values, whatever ``X`` is."""
        del X
        return self.prediction


def name_of_scorer(scorer: Any) -> str | None:
    """Return the name under which scikit-learn has this very scorer, or ``None``."""
    parts = ("_score_func", "_sign", "_kwargs", "_response_method")
    for name in get_scorer_names():
        known = get_scorer(name)
        if type(known) is type(scorer) and all(getattr(known, part) == getattr(scorer, part) for part in parts):
            return str(name)
    return None


def _tried(metric: Metric, task: Task) -> Metric:
    y: npt.NDArray[Any]
    if task.is_classification:
        y = np.arange(max(20, 2 * task.n_classes)) % task.n_classes
        given = np.where(np.arange(len(y)) % 3 == 0, (y + 1) % task.n_classes, y)
        prediction = np.full((len(y), task.n_classes), 0.5 / task.n_classes)
        prediction[np.arange(len(y)), given] += 0.5
    else:
        y, prediction = np.arange(20) / 19 + 1, np.linspace(2, 1, 20)[:, None]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            metric.score(y, prediction)
        except (TypeError, ValueError, AttributeError, ArithmeticError, LookupError) as error:
            kind = f"a {task.kind} task"
            raise PlanError(f"The metric {metric.name!r} can't score {kind}; on a trial it raised: {error}") from error
    return metric


def _parameters(function: Any) -> dict[str, inspect.Parameter]:
    try:
        return dict(inspect.signature(function).parameters)
    except (TypeError, ValueError):  # a builtin that doesn't tell
        return {}


def _is_of_scikit_learn(function: Any) -> bool:
    return (getattr(function, "__module__", None) or "").startswith("sklearn.metrics")


def _name(function: Any) -> str:
    return str(getattr(function, "__name__", None) or type(function).__name__)


def _free(name: str, taken: frozenset[str]) -> str:
    return f"own_{name}" if name in taken else name  # a name of the catalogue means the catalogue's function
