"""What to expect of what was prepared: the floor, what a point is worth, and how far the budget gets."""

from __future__ import annotations

from dataclasses import replace

from automl.evaluation.floor import floor_score
from automl.evaluation.meanings import meaning_of
from automl.preparing import DUMMY, Prepared, judges_by_first_fold
from automl.search.cost import CostModel
from automl.search.coverage import coverage
from automl.search.portfolio import by_worth, learned_of, portfolio
from automl.values.algorithm import DataShape
from automl.values.plan import Plan
from automl.values.prospect import Prospect


def expected(prepared: Prepared) -> Plan:
    """Return the plan with what to expect of it."""
    dataset, plan = prepared.dataset, prepared.plan
    dummy = floor_score(
        prepared.algorithms[DUMMY],
        prepared.metric,
        dataset.task,
        dataset.y,
        prepared.folds.splits,
        dataset.weight,
    )
    shape = DataShape(
        kind=dataset.task.kind,
        n_rows=max(len(train) for train, _ in prepared.folds.splits),
        n_columns=prepared.Z.shape[1],
        n_categorical=sum(1 for levels in prepared.table.n_levels_ if levels),
        n_classes=dataset.task.n_classes,
    )
    named = (prepared.spaces, plan.task.kind, plan.n_rows, plan.strategy.learned)
    costs = CostModel(prepared.algorithms, prepared.spaces, shape, prepared.layout.threads)
    opening = by_worth(portfolio(*named), learned_of(*named), costs.fold_seconds)
    reach = coverage(
        prepared.spaces,
        costs,
        prepared.layout,
        len(prepared.folds),
        plan.budget,
        opening,
        by_first_fold=judges_by_first_fold(plan.strategy, dataset, prepared.folds.splits),
    )
    return replace(plan, prospect=Prospect(dummy, meaning_of(prepared.metric, dataset.task, dummy), reach))
