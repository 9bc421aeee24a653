"""The catalogue of metrics by name, and how a name, a function or a scorer becomes a :class:`Metric`.

Every metric stands in its own direction: an accuracy is to be high, an error low, and neither is ever negated on
the leaderboard. scikit-learn's names mean the same here: ``"neg_log_loss"`` is ``"log_loss"``, and whatever
scikit-learn has beyond this catalogue is taken by its scorer's name (``"max_error"``, ``"top_k_accuracy"``).

``precision``, ``recall`` and ``f1`` alone judge the second label of a binary task; with several labels it has to be
said how they are averaged (``f1_macro``). ``roc_auc`` of several labels is the mean of each against the rest.
``pinball_0.9`` and ``d2_pinball_0.9`` name a quantile.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.metrics import get_scorer, get_scorer_names

from automl.errors import PlanError, suggest
from automl.evaluation import label_scores as labels
from automl.evaluation import probability_scores as probabilities
from automl.evaluation import value_scores as values
from automl.evaluation.own_metrics import function_metric, is_scorer, name_of_scorer, scorer_metric
from automl.values.metric import Metric, Score
from automl.values.task import Task, TaskKind

_BINARY: tuple[TaskKind, ...] = ("binary",)
_CLASSES: tuple[TaskKind, ...] = ("binary", "multiclass")
_VALUES: tuple[TaskKind, ...] = ("regression",)


def _of_labels(name: str, function: Score, tasks: tuple[TaskKind, ...] = _CLASSES) -> Metric:
    return Metric(name, function, True, tasks, needs_labels=True)


def _averaged(name: str, function: Callable[..., float]) -> list[Metric]:
    means = [_of_labels(f"{name}_{how}", partial(function, average=how)) for how in ("macro", "micro", "weighted")]
    return [_of_labels(name, partial(function, average="binary"), _BINARY), *means]


def _error(name: str, function: Score) -> Metric:
    return Metric(name, function, False, _VALUES)


def _share(name: str, function: Score) -> Metric:
    return Metric(name, function, True, _VALUES)


METRICS: Mapping[str, Metric] = MappingProxyType(
    {
        metric.name: metric
        for metric in (
            _of_labels("accuracy", labels.accuracy),
            _of_labels("balanced_accuracy", labels.balanced_accuracy),
            *_averaged("precision", labels.precision),
            *_averaged("recall", labels.recall),
            *_averaged("f1", labels.f1),
            Metric("roc_auc", probabilities.roc_auc, True, _CLASSES),
            Metric("roc_auc_ovr", probabilities.roc_auc, True, _CLASSES),
            Metric("roc_auc_ovo", probabilities.roc_auc_ovo, True, _CLASSES),
            Metric("average_precision", probabilities.average_precision, True, _CLASSES),
            Metric("log_loss", probabilities.log_loss, False, _CLASSES),
            Metric("brier", probabilities.brier, False, _CLASSES),
            _of_labels("mcc", labels.mcc),
            _of_labels("cohen_kappa", labels.cohen_kappa),
            _error("rmse", values.rmse),
            _error("mse", values.mse),
            _error("mae", values.mae),
            _error("medae", values.medae),
            _share("r2", values.r2),
            _error("mape", values.mape),
            _error("smape", values.smape),
            _error("rmsle", values.rmsle),
            _error("poisson_deviance", partial(values.deviance, of=values.poisson)),
            _error("gamma_deviance", partial(values.deviance, of=values.gamma)),
            _error("pinball", values.pinball),
            _share("d2", values.d2_pinball),
            _share("d2_pinball", values.d2_pinball),
            _share("d2_poisson", partial(values.d2_deviance, of=values.poisson)),
            _share("d2_gamma", partial(values.d2_deviance, of=values.gamma)),
        )
    }
)
"""Every named metric. ``d2`` is the share of the absolute error explained beyond the median."""

SAME_AS: Mapping[str, str] = MappingProxyType(
    {
        "matthews_corrcoef": "mcc",
        "cohen_kappa_score": "cohen_kappa",
        "brier_score": "brier",
        "brier_score_loss": "brier",
        "mean_squared_error": "mse",
        "root_mean_squared_error": "rmse",
        "mean_absolute_error": "mae",
        "median_absolute_error": "medae",
        "mean_absolute_percentage_error": "mape",
        "root_mean_squared_log_error": "rmsle",
        "mean_poisson_deviance": "poisson_deviance",
        "mean_gamma_deviance": "gamma_deviance",
        "mean_pinball_loss": "pinball",
        "d2_absolute_error": "d2",
        "d2_absolute_error_score": "d2",
        "d2_pinball_score": "d2_pinball",
    }
)
"""scikit-learn's names for metrics of the catalogue, without ``neg_``."""

_FURTHER: Mapping[TaskKind, tuple[str, ...]] = MappingProxyType(
    {
        "binary": (
            *("accuracy", "balanced_accuracy", "precision", "recall", "f1"),
            *("roc_auc", "average_precision", "log_loss", "brier", "mcc"),
        ),
        "multiclass": (
            *("accuracy", "balanced_accuracy", "precision_macro", "recall_macro", "f1_macro"),
            *("roc_auc", "log_loss", "mcc"),
        ),
        "regression": ("rmse", "mae", "medae", "r2", "mape"),
    }
)
_DEFAULTS: Mapping[TaskKind, tuple[str, str]] = MappingProxyType(
    {
        "binary": ("roc_auc", "it judges how rows are ranked, whatever the share of the rarer label and the threshold"),
        "multiclass": ("log_loss", "it judges the probabilities of all labels, not only the decided one"),
        "regression": ("rmse", "it is in the target's unit and minds large errors most"),
    }
)
_TARGETS: Mapping[str, tuple[str, Callable[[npt.NDArray[Any]], npt.NDArray[np.bool_]]]] = MappingProxyType(
    {
        "rmsle": ("above -1", lambda y: y <= -1),
        "poisson_deviance": ("of at least 0", lambda y: y < 0),
        "d2_poisson": ("of at least 0", lambda y: y < 0),
        "gamma_deviance": ("above 0", lambda y: y <= 0),
        "d2_gamma": ("above 0", lambda y: y <= 0),
    }
)


def default_metric(kind: TaskKind) -> str:
    """Return the name of the metric that a task of this kind is judged by if none is given."""
    return _DEFAULTS[kind][0]


def default_metric_reason(kind: TaskKind) -> str:
    """Return why, in one clause."""
    return _DEFAULTS[kind][1]


def further_metrics(kind: TaskKind) -> tuple[Metric, ...]:
    """Return the metrics that the leaderboard shows beside the one that is optimised."""
    return tuple(METRICS[name] for name in _FURTHER[kind])


def get_metric(metric: Any, task: Task) -> Metric:
    """Return the metric that is meant.

    Parameters
    ----------
    metric
        ``"auto"``; a name of the catalogue or of a scikit-learn scorer; a :class:`Metric`; a function
        ``f(y_true, y_pred)`` of original labels or values; or a scikit-learn scorer. A function of scikit-learn's
        that the catalogue has means the catalogue's.
    task
        What it has to fit.

    Raises
    ------
    PlanError
        If there is no such metric, or it doesn't fit the task.

    Examples
    --------
    >>> task = Task("binary", "bought", ("no", "yes"))
    >>> get_metric("neg_log_loss", task).name, get_metric("auto", task).name
    ('log_loss', 'roc_auc')
    """
    found = _found(metric, task)
    if task.kind in found.tasks:
        return found
    fitting = [name for name, each in METRICS.items() if task.kind in each.tasks]
    close = [name for name in fitting if name.startswith(f"{found.name}_")]
    advice = f"say how labels are averaged: {', '.join(close)}." if close else f"for {task.kind}: {', '.join(fitting)}."
    raise PlanError(f"Metric {found.name!r} does not fit a {task.kind} task; {advice}")


def _found(metric: Any, task: Task) -> Metric:
    if isinstance(metric, Metric):
        return metric
    if isinstance(metric, str):
        named = _named(default_metric(task.kind) if metric == "auto" else metric, task)
        if named is None:
            raise PlanError(f"Unknown metric {metric!r}. {suggest(metric, METRICS)}")
        return named
    if not callable(metric):
        raise PlanError(f"metric={metric!r} is neither a name nor a function; give one, such as 'roc_auc'.")
    if is_scorer(metric):
        name = name_of_scorer(metric)
        return (_named(name, task) if name else None) or scorer_metric(metric, task, frozenset(METRICS))
    if (getattr(metric, "__module__", None) or "").startswith("sklearn.metrics"):
        named = _named(metric.__name__, task) or _named(metric.__name__.removesuffix("_score"), task)
        if named is not None:
            return named
    return function_metric(metric, task, frozenset(METRICS))


def _named(name: str, task: Task) -> Metric | None:
    plain = name.removeprefix("neg_")
    plain = SAME_AS.get(plain, plain)
    known = METRICS.get(plain) or _quantile(plain)
    if known is not None and (plain == name or not name.startswith("neg_") or not known.greater_is_better):
        return known
    for scorer in (name, f"neg_{name}"):
        if scorer in get_scorer_names():
            return scorer_metric(get_scorer(scorer), task, frozenset(METRICS), name=scorer.removeprefix("neg_"))
    return None


def _quantile(name: str) -> Metric | None:
    stem, _, number = name.rpartition("_")
    function = {"pinball": values.pinball, "d2_pinball": values.d2_pinball}.get(stem)
    if function is None or not number.replace(".", "", 1).isdigit():
        return None
    if not 0 < float(number) < 1:
        raise PlanError(f"Metric {name!r} names the quantile {number}; a quantile lies between 0 and 1.")
    return Metric(name, partial(function, alpha=float(number)), stem == "d2_pinball", _VALUES)


def check_target(metric: Metric, y: npt.NDArray[Any]) -> None:
    """Refuse targets that the metric is not defined for.

    Raises
    ------
    PlanError
        If there is one, such as a negative target under a Poisson deviance.
    """
    words, is_outside = _TARGETS.get(metric.name, ("", None))
    if is_outside is not None and (outside := is_outside(y)).any():
        raise PlanError(
            f"Metric {metric.name!r} needs targets {words}, but not all are ({int(outside.sum())} of {len(y)} rows, "
            f"such as {float(y[outside][0]):g}); choose another metric or drop those rows."
        )


def is_defined(
    metric: Metric, y: npt.NDArray[Any], task: Task, weight: npt.NDArray[np.floating[Any]] | None = None
) -> bool:
    """Tell whether these validation rows can be scored: whether the true answer has a finite score.

    The area under a curve, for one, is undefined where all rows have the same label.

    Examples
    --------
    >>> is_defined(METRICS["roc_auc"], np.array([1, 1]), Task("binary", "bought", ("no", "yes")))
    False
    """
    truth = np.eye(task.width)[np.asarray(y, dtype=np.intp)] if task.is_classification else np.asarray(y)[:, None]
    return bool(np.isfinite(metric.score(y, truth, weight)))
