"""By what members of an ensemble are chosen: the metric, or the log loss where labels are decided at the very end.

A score of labels hides what a threshold will make of a candidate: at the threshold that it happens to have now, one
that never gives the rare label looks worthless, whatever it knows. Probabilities that are right allow the best
threshold, so candidates are compared by these, and the threshold is learned from what they predict together
(``benchmarks/ends.py`` compares the ways).
"""

from __future__ import annotations

import math

from scipy.stats import t as student

from automl.ensemble.decision import can_decide
from automl.evaluation.metrics import METRICS
from automl.values.algorithm import FloatArray
from automl.values.evaluation import Evaluation
from automl.values.metric import Metric


def selection_metric(metric: Metric) -> Metric:
    """Return what members of an ensemble are chosen by."""
    return METRICS["log_loss"] if can_decide(metric) else metric


def selection_loss(metric: Metric, evaluation: Evaluation) -> float:
    """Return a candidate's loss by :func:`selection_metric`; its own where the other was not measured."""
    chosen_by = selection_metric(metric)
    if chosen_by is metric or chosen_by.name not in evaluation.further:
        return evaluation.loss
    return chosen_by.loss_of(evaluation.further[chosen_by.name])


def is_worth(metric: Metric, gains: FloatArray) -> bool:
    """Tell whether what is learned at the end is kept, by what several parts gained.

    The most probable label is the best answer for accuracy, and true probabilities need no temperature: what departs
    from these has to gain more than luck does. For other scores of labels a half is a threshold like any other, and
    the better one on average is kept.
    """
    is_expected = can_decide(metric) and metric.name not in ("accuracy", "f1_micro")
    return bool(gains.mean() > 0) if is_expected else is_beyond_luck(gains)


def is_beyond_luck(gains: FloatArray) -> bool:
    """Tell whether gains of several parts have a mean above 0 that luck gives once in ten times at most.

    Student's t, one-sided.

    Examples
    --------
    >>> import numpy as np
    >>> is_beyond_luck(np.array([0.01, 0.02, 0.015, 0.02])), is_beyond_luck(np.array([0.05, -0.04, 0.01, 0.0]))
    (True, False)
    """
    error = gains.std(ddof=1) / math.sqrt(len(gains))
    return bool(gains.mean() > student.ppf(0.9, len(gains) - 1) * error)
