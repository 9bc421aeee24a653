"""Columns without values."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from automl.checks.missing import check_missing


def test_empty_and_mostly_empty_columns_are_told(plain: pd.DataFrame, look: Any) -> None:
    """No value at all is one finding, more than half missing (by a token, too) is another, less is none."""
    row = np.arange(len(plain))
    plain["none"] = None
    plain["cabin"] = np.where(row % 10 < 6, None, "c" + pd.Series(row % 9).astype(str))
    plain["weight"] = np.where(row % 4 > 0, "?", (row % 50).astype(str))
    plain["age"] = np.where(row % 2 > 0, np.nan, row % 50)
    empty, mostly = look(check_missing, plain)
    assert (empty.code, empty.columns) == ("all-missing", ("none",))
    assert (mostly.code, mostly.columns) == ("mostly-missing", ("cabin", "weight"))
    assert mostly.sentence == "Columns 'cabin' and 'weight' are missing in 60% to 75% of the rows."
    assert mostly.evidence == {"shares": {"cabin": 0.6, "weight": 0.75}}
