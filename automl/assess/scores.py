"""Every metric of a task, each a number or the reason why it has none.

The metrics are those of :mod:`automl.evaluation.metrics`, which agree with scikit-learn's; here come the calibration
error, the mean error (bias) and quantiles of the residuals ``truth - prediction``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from automl.assess.calibration_error import calibration_error
from automl.assess.judged import Judged
from automl.errors import PlanError
from automl.evaluation.metrics import METRICS
from automl.values.algorithm import FloatArray, IntArray
from automl.values.metric import Metric
from automl.values.task import TaskKind

QUANTILES: Mapping[str, float] = MappingProxyType(
    {f"residual_q{round(100 * q):02d}": q for q in (0.05, 0.25, 0.5, 0.75, 0.95)}
)
"""Names of the residuals' quantiles."""

NAMES: Mapping[TaskKind, tuple[str, ...]] = MappingProxyType(
    {
        "binary": (
            *("accuracy", "balanced_accuracy", "precision", "recall", "f1", "mcc"),
            *("roc_auc", "average_precision", "log_loss", "brier", "calibration_error"),
        ),
        "multiclass": (
            *("accuracy", "balanced_accuracy", "precision_macro", "recall_macro", "f1_macro"),
            *("precision_weighted", "recall_weighted", "f1_weighted", "mcc"),
            *("roc_auc", "average_precision", "log_loss", "brier", "calibration_error"),
        ),
        "regression": ("rmse", "mae", "medae", "r2", "mape", "mean_residual", *QUANTILES),
    }
)
"""What each kind of task is judged by, in the order of the table."""

_MEANINGS: Mapping[str, str] = MappingProxyType(
    {
        "accuracy": "share of rows given the right label",
        "balanced_accuracy": "mean over labels of the share of their rows found",
        "precision": "share of rows given a label that have it",
        "recall": "share of rows with a label that are given it",
        "f1": "harmonic mean of precision and recall",
        "mcc": "correlation of given and true labels",
        "roc_auc": "chance that a row with the label ranks above one without",
        "average_precision": "precision averaged over recall",
        "log_loss": "mean surprise at the true label",
        "brier": "mean squared error of the probabilities",
        "calibration_error": "mean gap between probabilities and what came true",
        "rmse": "root of the mean squared error",
        "mae": "mean absolute error",
        "medae": "median absolute error",
        "r2": "share of the variance explained",
        "mape": "mean absolute error relative to the target",
        "mean_residual": "mean of truth minus prediction",
        **{name: f"{round(100 * q)} % of truth minus prediction lie below" for name, q in QUANTILES.items()},
    }
)
_OVER_LABELS = {"macro": ", mean over labels", "weighted": ", mean over labels by their rows"}
_BETWEEN = frozenset({"roc_auc", "roc_auc_ovr", "roc_auc_ovo", "average_precision", "mcc"})  # compare labels


def meaning_of(name: str) -> str:
    """Return in a clause what a metric says; empty for one that is not known here.

    Examples
    --------
    >>> meaning_of("recall_macro")
    'share of rows with a label that are given it, mean over labels'
    """
    plain, _, over = name.rpartition("_")
    if over in _OVER_LABELS and plain in _MEANINGS:
        return _MEANINGS[plain] + _OVER_LABELS[over]
    return _MEANINGS.get(name, "")


def better_side(name: str, metric: Metric | None = None) -> str:
    """Return "higher" or "lower", or nothing for what has no better side.

    Examples
    --------
    >>> better_side("mae"), better_side("residual_q05")
    ('lower', '')
    """
    known = metric if metric is not None and metric.name == name else METRICS.get(name)
    if known is not None:
        return "higher" if known.greater_is_better else "lower"
    return "lower" if name == "calibration_error" else ""


def is_share(value: object) -> bool:
    """Tell whether it is a number between 0 and 1, both excluded."""
    return isinstance(value, float | np.floating) and bool(0 < value < 1)


def weighted_quantile(values: FloatArray, q: float, weight: FloatArray | None = None) -> float:
    """Return the ``q`` quantile; without weights as NumPy's, with weights the first value that reaches the share."""
    if weight is None:
        return float(np.quantile(values, q))
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weight[order])
    return float(values[order][np.searchsorted(reached, q * reached[-1] - 1e-12)])


def residuals(judged: Judged) -> FloatArray:
    """Return what was true minus what was predicted, ``(n,)``."""
    return np.asarray(judged.y - judged.prediction[:, 0], dtype=float)


def _residual_quantile(
    y: npt.NDArray[Any], prediction: FloatArray, weight: FloatArray | None = None, *, q: float
) -> float:
    return weighted_quantile(y - prediction[:, 0], q, weight)


def _mean_residual(y: npt.NDArray[Any], prediction: FloatArray, weight: FloatArray | None = None) -> float:
    return float(np.average(y - prediction[:, 0], weights=weight))


_OWN: Mapping[str, Callable[..., float]] = MappingProxyType(
    {
        "calibration_error": calibration_error,
        "mean_residual": _mean_residual,
        **{name: partial(_residual_quantile, q=q) for name, q in QUANTILES.items()},
    }
)


def names_of(judged: Judged, metric: Metric | None) -> tuple[str, ...]:
    """Return the names of the metrics in the order of the table: the run's own first, if it is not among the rest."""
    names = NAMES[judged.task.kind]
    return names if metric is None or metric.name in names else (metric.name, *names)


def score(judged: Judged, name: str, metric: Metric | None = None) -> float:
    """Return a metric of these rows; NaN where it is undefined."""
    if metric is not None and metric.name == name and name not in METRICS:
        try:
            return metric.score(judged.y, judged.prediction, judged.weight)
        except PlanError:  # a function of the caller's, which a reopened run knows by name only
            return float("nan")
    if why_undefined(judged, name):
        return float("nan")
    if name in _OWN:
        return float(_OWN[name](judged.y, judged.prediction, judged.weight))
    if METRICS[name].needs_labels:
        return METRICS[name].score(judged.y, np.eye(judged.task.n_classes)[judged.decided], judged.weight)
    return METRICS[name].score(judged.y, judged.prediction, judged.weight)


def score_all(
    judged: Judged, names: Sequence[str], metric: Metric | None = None, areas: FloatArray | None = None
) -> dict[str, float]:
    """Return metrics by name; those of decided labels from one table of true and given labels.

    ``areas``, where they are known already, are those of each label (:func:`automl.assess.areas.class_areas`).
    """
    labelled = judged
    if judged.task.is_classification:
        truth, given, cell = label_cells(judged)
        weight = np.bincount(cell, judged.weight, len(truth)).astype(float)
        labelled = Judged(judged.task, truth, given, weight, judged.source)
    known: dict[str, float] = {}
    if areas is not None and len(areas) and np.isfinite(areas).any():
        means = areas[1] if judged.task.kind == "binary" else np.nanmean(areas, axis=0)
        known = {"roc_auc": float(means[0]), "average_precision": float(means[1])}
    return {
        name: known[name]
        if name in known
        else score(labelled if name in METRICS and METRICS[name].needs_labels else judged, name, metric)
        for name in names
    }


def label_cells(judged: Judged) -> tuple[npt.NDArray[Any], npt.NDArray[np.float64], IntArray]:
    """Return the cells of the table of true and given labels that occur, as rows to be scored, and each row's cell.

    A cell is a true label ``(n_cells,)`` and a prediction that is sure of the given one, ``(n_cells, n_classes)``.
    """
    n_classes = judged.task.n_classes
    pairs, cell = np.unique(judged.y * n_classes + judged.decided, return_inverse=True)
    return pairs // n_classes, np.eye(n_classes)[pairs % n_classes], cell


def why_undefined(judged: Judged, name: str) -> str:
    """Return in a clause why a metric has no value for these rows; empty if it has one."""
    if judged.weight is not None and not judged.weight.sum() > 0:
        return "all weights are 0"
    if judged.task.is_classification:
        present = np.unique(judged.y)
        if len(present) == 1 and name in _BETWEEN:
            return f"only one label, {judged.task.classes[int(present[0])]!r}, occurs"
        if judged.task.kind == "binary" and name in ("recall", "f1") and 1 not in present:
            return f"the label {judged.task.classes[1]!r} does not occur"
        return ""
    if name == "mape" and (judged.y == 0).any():
        return f"{int((judged.y == 0).sum()):,} of {len(judged):,} targets are 0"
    if name == "r2" and (len(judged) < 2 or (judged.y == judged.y[0]).all()):
        return "the target has one value only"
    return ""
