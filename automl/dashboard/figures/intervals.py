"""How sure a mean score is: the standard error that allows for what folds share.

The folds of a cross-validation share most of their training rows, so their scores differ less than independent ones
would and ``std / √folds`` is too small. The correction is that of Nadeau and Bengio (2003, "Inference for the
Generalization Error"): ``std · √(1 / folds + validation rows / training rows)``.
"""

from __future__ import annotations

import math

from automl.dashboard.figures.style import ENSEMBLE
from automl.dashboard.view import SearchView
from automl.evaluation.leaderboard import pipeline_id
from automl.values.evaluation import Evaluation


def standard_errors(view: SearchView) -> dict[str, float]:
    """Return the corrected standard error of each score by the id of its row; NaN where a single fold can't tell."""
    errors = {pipeline_id(each): each.std * _factor(view, each) for each in view.evaluations}
    if view.ensemble is not None and view.ensemble.members:
        errors[ENSEMBLE] = view.ensemble.std * _factor(view, view.ensemble.members[0])
    return errors


def _factor(view: SearchView, evaluation: Evaluation) -> float:
    """Return what the deviation of fold scores is multiplied by."""
    done = [fold for fold in evaluation.folds if fold.is_ok]
    if len(done) < 2:
        return math.nan
    validation = math.fsum(fold.n_predicted for fold in done) / len(done)
    training = view.plan.folds.train_rows or view.plan.n_rows - validation
    ratio = validation / training if validation > 0 and training > 0 else 1 / (len(done) - 1)
    return math.sqrt(1 / len(done) + ratio)
