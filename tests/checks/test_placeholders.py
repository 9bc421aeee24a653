"""Numbers that stand for "not known", and numbers that can't be."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from automl.checks.placeholders import check_outliers, check_placeholders, find_outliers, find_placeholder

ROW = np.arange(400)


@pytest.mark.parametrize(
    ("values", "stands"),
    [
        (np.where(ROW % 3 > 0, -1, ROW), (-1.0, 266)),  # days since a call that never was
        (np.where(ROW % 50 == 0, 99_999, 10 * ROW), (99_999.0, 8)),
        (np.where(ROW % 50 == 0, 0, 4 + ROW / 100), (0.0, 8)),  # a length of a stone
    ],
)
def test_numbers_apart_are_told(plain: pd.DataFrame, look: Any, values: Any, stands: tuple[float, int]) -> None:
    """A single negative number, a row of nines, a zero among measurements."""
    (found,) = look(check_placeholders, plain.assign(odd=values))
    assert (found.code, found.severity, found.columns) == ("placeholder-value", "note", ("odd",))
    assert found.evidence == {"values": {"odd": {"value": stands[0], "rows": stands[1]}}}


@pytest.mark.parametrize(
    "values",
    [
        ROW - 200.0,  # negative numbers like others
        np.where(ROW % 2 == 0, 0.0, ROW / 7),  # amounts that mostly are zero
        50 + ROW % 50,  # nines that follow on ninety-eight
        ROW % 7 - 1,  # grades
        np.exp(np.random.default_rng(0).normal(0, 2, 400)),  # a long tail
    ],
)
def test_usual_numbers_are_not(values: Any) -> None:
    """Signs, zeros, counters, grades and long tails are no placeholders and no outliers."""
    assert find_placeholder(values.astype(float)) is None
    assert find_outliers(values.astype(float)) is None


def test_slips_are_told(plain: pd.DataFrame, look: Any) -> None:
    """An age of 455 among people of at most 94, a depth of -999 among those above zero."""
    rng = np.random.default_rng(0)
    ages, depths = rng.uniform(1, 94, 400), rng.uniform(0, 5, 400)
    ages[3], depths[7] = 455, -999
    (found,) = look(check_outliers, plain.assign(age=ages, depth=depths))
    assert found.evidence == {"values": {"age": [455.0], "depth": [-999.0]}}


@settings(max_examples=60, deadline=None)
@given(st.floats(1e-3, 1e3), st.integers(0, 2**16))
def test_units_don_t_matter(unit: float, seed: int) -> None:
    """Numbers in other units have the same outliers."""
    values = np.random.default_rng(seed).lognormal(0, 1.5, 60)
    found, scaled = find_outliers(values), find_outliers(values * unit)
    assert (found is None) == (scaled is None)
    if found is not None and scaled is not None:
        np.testing.assert_allclose(np.array(found[0]) * unit, scaled[0])
