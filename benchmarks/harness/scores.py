"""Scores of what a system predicted, computed here by scikit-learn on rows that it has not seen.

Probabilities are lined up by label, labels that a system has no column for get none, and each row is brought to a sum
of one after clipping at 1e-15, as the public AutoML benchmark's results are read. AUC and accuracy are better the
higher; log loss and the errors of a regression the lower.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn import metrics

HIGHER_IS_BETTER = {
    "auc": True,
    "accuracy": True,
    "r2": True,
    "log_loss": False,
    "rmse": False,
    "mae": False,
}
CLIP = 1e-15


class BadPrediction(Exception):
    """A prediction that can't be scored; the text says why."""


def score(task: str, y: pd.Series, predicted: pd.DataFrame) -> dict[str, float]:
    """Return all scores that fit the task.

    Parameters
    ----------
    y
        The truth: labels as strings, or quantities.
    predicted
        A column of probabilities per label, or the one column ``value``.

    Raises
    ------
    BadPrediction
        If rows are missing, values are not finite or no column is a label's.
    """
    if len(predicted) != len(y):
        raise BadPrediction(f"{len(predicted)} predictions for {len(y)} rows")
    values = predicted.to_numpy(dtype=float)
    if not np.isfinite(values).all():
        raise BadPrediction(f"{int((~np.isfinite(values)).any(axis=1).sum())} of {len(y)} predictions are not finite")
    return _regression(y.to_numpy(dtype=float), values[:, 0]) if task == "regression" else _labels(y, predicted)


def _regression(y: np.ndarray, values: np.ndarray) -> dict[str, float]:
    return {
        "rmse": float(metrics.root_mean_squared_error(y, values)),
        "mae": float(metrics.mean_absolute_error(y, values)),
        "r2": float(metrics.r2_score(y, values)) if len(y) > 1 else 0.0,
    }


def _labels(y: pd.Series, predicted: pd.DataFrame) -> dict[str, float]:
    labels = sorted({*y, *predicted.columns})
    if not set(predicted.columns) & set(y):
        shown = ", ".join(map(str, predicted.columns[:5]))
        raise BadPrediction(f"no column is a label's: {shown}")
    raw = predicted.reindex(columns=labels, fill_value=0.0).to_numpy(dtype=float)
    chances = np.clip(raw, CLIP, 1.0)
    chances /= chances.sum(axis=1, keepdims=True)
    truth = np.searchsorted(labels, y.to_numpy(dtype=str))
    found = {
        "log_loss": float(metrics.log_loss(truth, chances, labels=np.arange(len(labels)))),
        "accuracy": float((raw.argmax(axis=1) == truth).mean()),
    }
    if len(labels) == 2 and len(set(truth)) == 2:
        found["auc"] = float(metrics.roc_auc_score(truth == 1, raw[:, 1] - raw[:, 0]))
    elif 2 < len(labels) == len(set(truth)):
        found["auc"] = float(metrics.roc_auc_score(truth, chances, multi_class="ovr", labels=np.arange(len(labels))))
    return found
