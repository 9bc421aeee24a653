"""What a best pipeline must keep to is stated and checked."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automl.errors import PlanError
from automl.values.constraints import Constraints

positive = st.floats(1e-3, 1e6)


@pytest.mark.parametrize(
    ("limits", "told"),
    [
        ({"one_row": 3}, "Unknown constraint 'one_row'. Did you mean 'one_row_ms'?"),
        ({"size_mb": 0}, "constraints: size_mb=0; give a number above zero (MB)."),
        ({"one_row_ms": "fast"}, "constraints: one_row_ms='fast'; give a number above zero (ms for one row)."),
        ({"interpretable": "yes"}, "constraints: interpretable='yes'; give True or False."),
        ({"monotone": {"age": "up"}}, "constraints: monotone gives 'age' the direction 'up'. Known: decreasing"),
        ({"monotone": "age"}, "constraints: monotone='age'; give a dict such as {'age': 'increasing'}."),
        ({"fairness_gap": 0.1}, "constraints: fairness_gap=0.1; give a dict such as {'sex': 0.1}."),
        (
            {"fairness_gap": {"sex": {"accurcy": 0.1}}},
            "constraints: fairness_gap has no measure 'accurcy'. Did you mean 'accuracy'?",
        ),
        (
            {"fairness_gap": {"sex": 0}},
            "constraints: fairness_gap of 'sex' is 0; give the largest difference, above zero.",
        ),
        (30, "constraints=30; give a dict such as {'one_row_ms': 30, 'size_mb': 50}."),
    ],
)
def test_what_is_no_limit_is_refused(limits: object, told: str) -> None:
    """An unknown name and a value that limits nothing are refused in one sentence."""
    with pytest.raises(PlanError) as error:
        Constraints.of(limits)  # type: ignore[arg-type]
    assert str(error.value).startswith(told)


@given(positive, positive, positive, positive)
def test_what_is_broken_is_what_exceeds(limit: float, other: float, one_row_ms: float, size_mb: float) -> None:
    """A limit is told as broken exactly when some figure is above its limit."""
    limits = Constraints(limit, other)
    figures = {"one_row_ms": one_row_ms, "size_mb": size_mb}
    assert bool(limits.broken(figures)) == (limits.excess(figures) > 1)


def test_what_was_not_measured_keeps_no_limit() -> None:
    """An unknown figure is no proof of being within the limit."""
    limits = Constraints(one_row_ms=5)
    assert limits.broken({"one_row_ms": math.nan, "size_mb": 1.0})
    assert limits.excess({"one_row_ms": math.nan, "size_mb": 1.0}) == math.inf


def test_everything_given_is_told_and_read_back() -> None:
    """Plain data of all constraints makes the same constraints, and each stands in the words."""
    given = {
        "memory_mb": 200.0,
        "interpretable": True,
        "monotone": {"age": "increasing"},
        "fairness_gap": {"sex": 0.1, "region": {"true_positive_rate": 0.2}},
    }
    limits = Constraints.of(given)
    assert limits.given == given
    assert limits.directions == {"age": 1}
    assert list(limits.limits) == ["memory_mb", "gap:sex", "gap:region:true_positive_rate"]
    assert str(limits) == (
        "at most 200 MB of memory and models that a person can read and increasing with age and at most 0.1 difference "
        "between the groups of sex and at most 0.2 difference in true positive rate between the groups of region"
    )
