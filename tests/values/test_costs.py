"""What decisions cost, as a value."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automl.errors import PlanError
from automl.values.costs import Amount, Costs

amount = st.floats(0.01, 1e6)


@given(amount, amount, st.floats(0, 1))
def test_the_threshold_is_where_both_labels_cost_the_same(missed: float, alarm: float, probability: float) -> None:
    """From the threshold on, giving the second label is expected to cost no more than giving the first."""
    costs = Costs(((0.0, alarm), (missed, 0.0)))
    assert costs.threshold == pytest.approx(alarm / (alarm + missed))
    assert costs.threshold is not None
    if abs(probability - costs.threshold) > 1e-9:
        assert (probability >= costs.threshold) == ((1 - probability) * alarm <= probability * missed)


@given(amount, amount)
def test_a_gain_is_a_cost_below_zero(found: float, alarm: float) -> None:
    """Gains decide as their negation does as costs."""
    gains = Costs(((0.0, -alarm), (0.0, found)), is_gain=True)
    assert gains.threshold == Costs(((0.0, alarm), (0.0, -found))).threshold


@pytest.mark.parametrize("matrix", [((0.0, 0.0), (0.0, 0.0)), ((0.0, 5.0), (0.0, 0.0)), ((1.0, 0.0), (1.0, 0.0))])
def test_costs_that_leave_nothing_to_decide_are_refused(matrix: tuple[tuple[float, ...], ...]) -> None:
    """Where one label is best whatever is true, the mistake is told."""
    with pytest.raises(PlanError, match="best one to give whatever is true, so there is nothing to decide"):
        Costs(matrix)


def test_plain_data_makes_the_same() -> None:
    """Amounts by row go through plain data too, and are told with their column."""
    costs = Costs(((0.0, 1.0), (20.0, 0.0)), amounts=(Amount(1, 0, "sum", True),))
    assert Costs.from_json(costs.to_json()) == costs
    assert (
        costs.told(("ok", "fraud"))
        == "'ok' taken for 'fraud' costs 1, 'fraud' taken for 'ok' costs 20 on average (sum)"
    )
