"""The score of the constant answer on the folds: the floor that everything is compared with."""

from __future__ import annotations

import statistics
from typing import Any

import numpy as np
import numpy.typing as npt

from automl.data.folds import Split
from automl.evaluation.limits import guarded
from automl.pipeline.blend import predict_matrix
from automl.values.algorithm import Algorithm, BuildContext, FloatArray
from automl.values.evaluation import Failure
from automl.values.metric import Metric
from automl.values.task import Task


def floor_score(
    algorithm: Algorithm,
    metric: Metric,
    task: Task,
    y: npt.NDArray[Any],
    splits: tuple[Split, ...],
    weight: FloatArray | None = None,
) -> float | None:
    """Return the mean score over folds of a model that sees no column; ``None`` where the metric gives it none.

    Parameters
    ----------
    algorithm
        The declaration of the dummy.
    y, weight
        Encoded target and weights, ``(n_rows,)``.
    splits
        Pairs of training and validation rows.
    """
    scores = [guarded(_score, algorithm, metric, task, y, split, weight) for split in splits]
    usable = [each for each in scores if not isinstance(each, Failure) and np.isfinite(each)]
    return statistics.fmean(usable) if usable and len(usable) == len(scores) else None


def _score(
    algorithm: Algorithm,
    metric: Metric,
    task: Task,
    y: npt.NDArray[Any],
    split: Split,
    weight: FloatArray | None,
) -> float:
    train, valid = split
    context = BuildContext(task.kind, task.n_classes, 0, 1, len(train), 1, metric=metric.name)
    weights = {} if weight is None else {"sample_weight": weight[train]}
    model = algorithm.build({}, context).fit(np.zeros((len(train), 1)), y[train], **weights)
    prediction = predict_matrix(model, np.zeros((len(valid), 1)), task.kind, task.n_classes)
    return metric.on(valid).score(y[valid], prediction, None if weight is None else weight[valid])
