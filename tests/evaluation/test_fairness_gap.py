"""Gaps between groups are told of all folds together."""

from __future__ import annotations

import numpy as np
import pytest

from automl.errors import PlanError
from automl.evaluation.fairness_gap import fold_sums, gaps_of, group_rule
from automl.values.constraints import FairnessLimit
from automl.values.task import Task

TASK = Task("binary", "y", ("no", "yes"))


def test_folds_add_up_to_the_gap_of_all_rows() -> None:
    """However rows are cut into folds, the gap is that of all of them."""
    rng = np.random.default_rng(0)
    group, y = rng.integers(0, 3, 300), rng.integers(0, 2, 300)
    probability = np.clip(0.3 * group + rng.uniform(-0.2, 0.4, 300), 0, 1)
    prediction = np.column_stack([1 - probability, probability])
    decided = prediction.argmax(axis=1)
    rule = group_rule(FairnessLimit("g", "", 0.1), TASK, group, 3)
    totals: dict[str, float] = {}
    for rows in np.array_split(rng.permutation(300), 4):
        for name, value in fold_sums(rule, TASK, rows, y[rows], prediction[rows], None, decided[rows]):
            totals[name] = totals.get(name, 0.0) + value
    rates = [decided[group == each].mean() for each in range(3)]
    assert gaps_of(totals) == {"gap:g": pytest.approx(max(rates) - min(rates))}


def test_small_groups_are_not_compared() -> None:
    """A group of a few rows makes no gap."""
    group, y = np.array([0] * 60 + [1] * 5), np.zeros(65, dtype=int)
    prediction = np.column_stack([group == 0, group == 1]).astype(float)
    rule = group_rule(FairnessLimit("g", "", 0.1), TASK, group, 2)
    sums = dict(fold_sums(rule, TASK, np.arange(65), y, prediction, None, group))
    assert gaps_of(sums) == {"gap:g": 0.0}


def test_a_measure_that_the_task_lacks_is_refused() -> None:
    """Nothing is selected where quantities are predicted."""
    with pytest.raises(PlanError, match="can't compare the selection_rate of a regression task; it has mean_target"):
        group_rule(FairnessLimit("g", "selection_rate", 0.1), Task("regression", "y"), np.zeros(3, dtype=int), 2)
