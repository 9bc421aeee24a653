"""Columns of one value, or nearly."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from automl.checks.constants import check_constants, check_near_constants


def test_constants_are_told(plain: pd.DataFrame, look: Any) -> None:
    """A column of one value is set aside."""
    (found,) = look(check_constants, plain.assign(zero=0))
    assert (found.code, found.columns, found.evidence) == ("constant", ("zero",), {"reasons": {"zero": "one value: 0"}})


def test_nearly_constant_columns_are_told(plain: pd.DataFrame, look: Any) -> None:
    """One other value in 400 rows is told, two are not; nor is anything in a short table."""
    row = np.arange(len(plain))
    plain = plain.assign(one=(row == 7).astype(int), two=np.where(row % 200 == 7, "b", "a"))
    (found,) = look(check_near_constants, plain)
    assert (found.code, found.columns, found.evidence) == ("near-constant", ("one",), {"shares": {"one": 0.9975}})
    assert look(check_near_constants, plain.head(60)) == []
