"""Costs and gains become a metric and a rule of decision."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd
import pytest

from automl.data.dataset import Dataset, make_dataset
from automl.errors import DataError, PlanError
from automl.evaluation.costs import CostScore, cost_metric, decided_by, on_table, read_costs
from automl.evaluation.metrics import METRICS

RNG = np.random.default_rng(0)
FRAME = pd.DataFrame(
    {
        "sum": RNG.uniform(1, 100, 60).round(2),
        "kind": RNG.choice(["a", "b"], 60),
        "y": np.where(np.arange(60) % 3 == 0, "fraud", "ok"),
    }
)


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    """Describe a table of transfers."""
    return make_dataset(FRAME, "y")


def rule(costs: Any, dataset: Dataset, gains: Any = None) -> CostScore:
    """Return the rule, which is given here."""
    found = read_costs(costs, gains, dataset)
    assert found is not None
    return found


def test_all_forms_say_the_same(dataset: Dataset) -> None:
    """A table in class order, a dict by label and the names of outcomes are three ways to say one thing."""
    table = rule([[0, 5], [1, 0]], dataset)
    assert dataset.task.classes == ("fraud", "ok")
    assert rule({"fraud": {"ok": 5}, "ok": {"fraud": 1}}, dataset) == table
    assert rule({"false_positive": 5, "false_negative": 1}, dataset) == table
    assert rule(np.array([[0, 5], [1, 0]]), dataset) == table


def test_the_lowest_expected_cost_decides(dataset: Dataset) -> None:
    """The metric is the mean cost of the decisions that the rule makes, whatever label is most probable."""
    metric = cost_metric(rule([[0, 5], [1, 0]], dataset))
    prediction = np.array([[0.2, 0.8], [0.1, 0.9]])  # fraud from a probability of 1/6 on
    assert metric.score(np.array([1, 1]), prediction) == 0.5
    assert metric.score(np.array([0, 0]), prediction) == 2.5
    assert (metric.name, metric.greater_is_better) == ("cost", False)


def test_amounts_by_row_decide_and_are_counted(dataset: Dataset) -> None:
    """Where a column tells what a missed fraud costs, small ones are let pass and large ones are not."""
    found = rule({"fraud": {"ok": "sum"}, "ok": {"fraud": 10}}, dataset)
    small, large = int(FRAME["sum"].argmin()), int(FRAME["sum"].argmax())
    rows = np.array([small, large])
    prediction = np.array([[0.2, 0.8], [0.2, 0.8]])
    assert found.at(rows).decide(prediction).tolist() == [1, 0]
    metric = cost_metric(found).on(rows)
    assert metric.score(np.array([0, 0]), prediction) == pytest.approx(FRAME["sum"].min() / 2)
    assert found.costs.matrix[0][1] == pytest.approx(FRAME["sum"].mean())


def test_amounts_beside_the_table_decide_by_their_mean(dataset: Dataset) -> None:
    """What is not known when the prediction is made is counted, but can't decide."""
    found = rule({"fraud": {"ok": FRAME["sum"].to_numpy()}, "ok": {"fraud": 10}}, dataset)
    by_column = rule({"fraud": {"ok": "sum"}, "ok": {"fraud": 10}}, dataset)
    rows = np.array([int(FRAME["sum"].argmin())])
    prediction = np.array([[0.2, 0.8]])
    assert not found.costs.amounts[0].is_known
    assert found.at(rows).decide(prediction).tolist() == [0]
    assert by_column.at(rows).decide(prediction).tolist() == [1]


def test_a_table_brings_its_own_amounts(dataset: Dataset) -> None:
    """Rows that are not the training rows are judged by the amounts in their table, or by the means without."""
    metric = cost_metric(rule({"fraud": {"ok": "sum"}, "ok": {"fraud": 10}}, dataset))
    y, surely_ok = np.array([0]), np.array([[0.0, 1.0]])
    assert on_table(metric, pd.DataFrame({"sum": [7.5]})).score(y, surely_ok) == 7.5
    assert metric.score(y, surely_ok) == pytest.approx(FRAME["sum"].mean())


def test_scores_of_labels_follow_the_decision(dataset: Dataset) -> None:
    """Accuracy beside costs is that of the labels which are given, not of the most probable ones."""
    accuracy = decided_by(METRICS["accuracy"], rule([[0, 5], [1, 0]], dataset))
    prediction = np.array([[0.2, 0.8]])
    assert accuracy.score(np.array([0]), prediction) == 1.0
    assert METRICS["accuracy"].score(np.array([0]), prediction) == 0.0
    assert decided_by(METRICS["roc_auc"], rule([[0, 5], [1, 0]], dataset)) is METRICS["roc_auc"]


def test_more_gain_is_better(dataset: Dataset) -> None:
    """Gains are maximised and decide for the highest."""
    metric = cost_metric(rule(None, dataset, gains={"fraud": {"fraud": 9}, "ok": {"fraud": -1}}))
    assert (metric.name, metric.greater_is_better) == ("gain", True)
    assert metric.score(np.array([0, 1]), np.array([[0.2, 0.8], [0.05, 0.95]])) == 4.5


@pytest.mark.parametrize(
    ("costs", "told"),
    [
        ([[0, 1, 2], [1, 0, 2]], "costs must be 2 lines of 2 amounts, costs[true][given], in the order 'fraud', 'ok'"),
        (5, "costs must be 2 lines of 2 amounts"),
        ({"frod": {"ok": 5}}, "costs names the label 'frod', which 'y' does not have. Did you mean 'fraud'?"),
        ({"fraud": 5}, "costs['fraud'] is 5; give a dict by the label that is given, such as {'fraud': {'ok': 5}}"),
        ({"fraud": {"ok": "summ"}}, "costs name the column 'summ', which doesn't exist. Did you mean 'sum'?"),
        ({"fraud": {"ok": float("nan")}}, "costs of 'y' hold nan; an amount is a finite number"),
        ([[0, True], [1, 0]], "costs of 'y' hold True; an amount is a finite number"),
    ],
)
def test_what_is_no_cost_is_refused(costs: object, told: str, dataset: Dataset) -> None:
    """A wrong shape, an unknown label or column and a cell that is no amount are told in one sentence."""
    with pytest.raises(PlanError, match=re.escape(told)):
        read_costs(costs, None, dataset)


def test_rows_without_an_amount_are_refused(dataset: Dataset) -> None:
    """Amounts that are missing, or of another number of rows, are told."""
    with pytest.raises(DataError, match=r"The column 'kind', which costs name, has no amount in 60 of 60 rows\."):
        read_costs({"fraud": {"ok": "kind"}}, None, dataset)
    with pytest.raises(DataError, match="costs have 3 amounts for a pair of labels, but the table has 60 rows"):
        read_costs({"fraud": {"ok": [1, 2, 3]}}, None, dataset)


def test_a_quantity_has_no_costs_of_labels() -> None:
    """For a regression the error names the metric that says the same."""
    with pytest.raises(PlanError, match=r"'sum' is a quantity\. .* give metric='pinball_0\.8'"):
        read_costs([[0, 1], [1, 0]], None, make_dataset(FRAME, "sum"))
