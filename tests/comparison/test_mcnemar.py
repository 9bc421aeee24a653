"""McNemar's test gives the published numbers."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from automl.comparison.mcnemar import FEW, exact_bounds, mcnemar


def test_approval_of_the_prime_minister() -> None:
    """Agresti's table of 1,600 people asked twice, 150 and 86 of whom changed their minds: z² is 17.36."""
    found = mcnemar(86, 150, 1600)
    assert found.name == "McNemar's test"
    assert (found.gain / found.standard_error) ** 2 == pytest.approx(17.36, abs=0.005)
    assert found.p == pytest.approx(stats.chi2.sf(17.3559, 1), rel=1e-3)
    assert found.gain == -0.04


def test_few_differing_rows_are_judged_exactly() -> None:
    """8 against 1: twice the chance of at most 1 head in 9 throws, 20/512."""
    found = mcnemar(8, 1, 100)
    assert found.name == "McNemar's exact test"
    assert found.p == pytest.approx(20 / 512)


def test_no_differing_row_is_no_certainty() -> None:
    """Where all 100 decisions agree, up to 3.6 % of rows may differ all the same."""
    found = mcnemar(0, 0, 100)
    assert (found.gain, found.p) == (0, 1)
    assert found.bounds(0.95) == pytest.approx((-0.0362, 0.0362), abs=1e-4)


@settings(deadline=None, max_examples=100)
@given(st.integers(0, 60), st.integers(0, 60), st.sampled_from([0.8, 0.95, 0.99]))
def test_interval_and_p_value_agree(b_right: int, a_right: int, level: float) -> None:
    """0 is outside of the interval just where the p-value is below one minus the level."""
    found = mcnemar(b_right, a_right, 200)
    low, high = found.bounds(level)
    assert low <= found.gain <= high
    if not math.isclose(found.p, 1 - level):
        assert (low > 0 or high < 0) == (found.p < 1 - level)


def test_the_sides_are_mirrored() -> None:
    """Changing the two turns the gain and its interval round."""
    low, high = exact_bounds(7, 2, 50, 0.95)
    assert exact_bounds(2, 7, 50, 0.95) == pytest.approx((-high, -low))
    assert mcnemar(FEW, 3, 90).p == mcnemar(3, FEW, 90).p
