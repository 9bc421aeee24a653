"""What the models of a fold predict for rows without a target: the task that workers run before self-training.

A fold's teacher is the mean of several candidates, each fitted on the fold's training rows alone. It never looks at
the fold's validation rows, not even to stop early: it is trained for as many rounds as the other folds kept.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence

import numpy as np

from automl.evaluation.fold import fit_fold
from automl.evaluation.limits import BadPrediction
from automl.evaluation.problem import Problem
from automl.evaluation.pseudo_rows import keep_prediction
from automl.pipeline.blend import predict_matrix
from automl.values.evaluation import Evaluation


def teach(problem: Problem, teachers: Sequence[Evaluation], fold: int, threads: int) -> float:
    """Keep what the teachers of a fold predict together for the unlabelled rows, and return how sure they are.

    Returns
    -------
    float
        Mean probability of the most probable label; NaN where quantities are predicted.

    Raises
    ------
    BadPrediction
        If a prediction is not finite.
    """
    assert problem.unlabeled is not None, "there are rows to predict for"
    kind, n_classes = problem.task.kind, problem.task.n_classes
    total = np.zeros((len(problem.unlabeled), problem.task.width))
    for teacher in teachers:
        preparation, model = fit_fold(
            problem, teacher.candidate, fold, threads, rounds_elsewhere(teacher, fold), watches=False
        )
        total += predict_matrix(model, preparation.transform(problem.unlabeled), kind, n_classes)
    prediction = total / len(teachers)
    if not np.isfinite(prediction).all():
        raise BadPrediction("a prediction for an unlabelled row is not finite")
    keep_prediction(problem, fold, prediction)
    return float(prediction.max(axis=1).mean()) if problem.task.is_classification else float("nan")


def rounds_elsewhere(evaluation: Evaluation, fold: int) -> int | None:
    """Return the mean of the rounds that the other folds kept.

    Where there is no other fold, this one's rounds are all that its validation rows decide.
    """
    kept = {each.fold: each.rounds for each in evaluation.folds if each.rounds is not None}
    others = [rounds for number, rounds in kept.items() if number != fold] or list(kept.values())
    return max(1, round(statistics.fmean(others))) if others else None
