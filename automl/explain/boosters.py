"""Exact contributions inside a boosted model, by the library that trained it.

LightGBM, XGBoost and CatBoost compute Shapley values of their trees themselves (Lundberg et al. 2020, "From local
explanations to global understanding with explainable AI for trees"): for each row what every column adds to the
margin, the sum of the leaves, beyond its mean. A margin is a log-odds, a logarithm or the value itself, as the model's
objective says. Rather than to trust the objective's name, the margins are turned into predictions and compared with
what the model predicts; where they don't agree there is no answer, and :mod:`automl.explain.shapley` gives one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from automl.explain.links import LINKS, Link
from automl.pipeline.blend import predict_matrix
from automl.values.algorithm import Estimator, FloatArray
from automl.values.task import Task

_CLOSE = 1e-4  # libraries add leaves in float32


@dataclass(frozen=True, slots=True)
class Margins:
    """What each prepared column adds to a model's margins.

    Attributes
    ----------
    base
        ``(n_margins,)``: the mean margins.
    added
        ``(n_rows, n_columns, n_margins)``; with ``base`` they sum to the margins of a row. For labels there is one
        margin a label, in the order of the task, -inf for labels that the model does not know.
    link
        From margins to predictions.
    """

    base: FloatArray
    added: FloatArray
    link: Link


def booster_margins(model: Estimator, X: FloatArray, task: Task) -> Margins | None:
    """Return contributions of prepared columns to a booster's margins; ``None`` of any other model.

    Parameters
    ----------
    model
        A fitted model.
    X
        Prepared rows, ``(n_rows, n_columns)``.
    """
    raw = _raw(model, X)
    if raw is None:
        return None
    added, base = raw[:, :, :-1].transpose(0, 2, 1), raw[0, :, -1] if len(raw) else np.zeros(raw.shape[1])
    if task.is_classification:
        known = np.asarray(getattr(model, "classes_", np.arange(task.n_classes))).astype(np.int64)
        if added.shape[2] == 1 and len(known) == 2:  # the margin of the second of two labels
            added = np.concatenate([np.zeros_like(added), added], axis=2)
            base = np.append(0.0, base)
        if added.shape[2] != len(known):
            return None
        wide, wide_base = np.zeros((*added.shape[:2], task.n_classes)), np.full(task.n_classes, -np.inf)
        wide[:, :, known], wide_base[known] = added, base
        added, base = wide, wide_base
    predicted = predict_matrix(model, np.asarray(X), task.kind, task.n_classes)
    scale = _CLOSE * max(1.0, float(np.abs(predicted).max(initial=0.0)))
    for link in LINKS[task.is_classification]:
        with np.errstate(over="ignore"):
            if np.allclose(link.inverse(base + added.sum(axis=1)), predicted, rtol=_CLOSE, atol=scale):
                return Margins(base, added, link)
    return None


def is_booster(model: Estimator) -> bool:
    """Tell whether a model is one of those whose library explains it."""
    return _library(model) in ("lightgbm", "xgboost", "catboost")


def _library(model: Estimator) -> str:
    return type(getattr(model, "model", model)).__module__.partition(".")[0]


def _raw(model: Estimator, X: FloatArray) -> FloatArray | None:
    """Return ``(n_rows, n_margins, n_columns + 1)`` as the library gives it, or ``None``."""
    library = _library(model)
    if library == "lightgbm":
        found = np.asarray(model.booster_.predict(X, pred_contrib=True))
        return found.reshape(len(X), -1, X.shape[1] + 1)
    if library == "xgboost":
        import xgboost

        rows = xgboost.DMatrix(X, feature_types=model.feature_types, enable_categorical=True)
        found = np.asarray(model.get_booster().predict(rows, pred_contribs=True), dtype=np.float64)
        return found[:, None, :] if found.ndim == 2 else found
    return _of_catboost(model, X) if library == "catboost" else None


def _of_catboost(model: Any, X: FloatArray) -> FloatArray | None:
    import catboost

    try:
        pool = catboost.Pool(model.table(X), cat_features=list(model.categorical))
        found = np.asarray(model.model.get_feature_importance(pool, type="ShapValues"), dtype=np.float64)
    except catboost.CatBoostError:  # it has no such values for every kind of tree and loss
        return None
    return found[:, None, :] if found.ndim == 2 else found
