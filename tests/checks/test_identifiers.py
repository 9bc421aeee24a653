"""Columns that name the row."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from automl.checks.identifiers import check_identifiers


def test_names_of_rows_are_told(plain: pd.DataFrame, look: Any) -> None:
    """A counter and a column of different texts are set aside, which is said in one finding."""
    plain["number"] = np.arange(len(plain)) + 17
    plain["key"] = [f"k{row * 7 % 1000:04d}" for row in range(len(plain))]
    (found,) = look(check_identifiers, plain)
    assert (found.code, found.severity, found.columns) == ("identifier", "note", ("number", "key"))
    assert found.sentence == "Columns 'number' and 'key' name the row each and are set aside."


def test_names_that_nearly_never_repeat(plain: pd.DataFrame, look: Any) -> None:
    """A text that repeats in one row of a hundred is used, and said to be like a name; one that repeats often isn't."""
    plain["ticket"] = [f"t{max(row, 4)}" for row in range(len(plain))]
    plain["family"] = [f"f{row // 3}" for row in range(len(plain))]
    (found,) = look(check_identifiers, plain)
    assert found.columns == ("ticket",)
    assert found.evidence == {"different": {"ticket": 0.99}}
