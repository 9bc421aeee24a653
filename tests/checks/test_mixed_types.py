"""Numbers that a few words spoil."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from automl.checks.mixed_types import check_mixed_types


def test_a_word_among_numbers_is_told(plain: pd.DataFrame, look: Any) -> None:
    """Two words in eight rows make a category of a quantity; known tokens for "missing" don't."""
    row = np.arange(len(plain))
    price = np.round(row / 3, 2).astype(str).astype(object)
    plain["price"] = np.where(row % 50 == 0, "on request", np.where(row % 199 == 7, "free", price))
    plain["weight"] = np.where(row % 50 == 0, "?", price)
    (found,) = look(check_mixed_types, plain)
    assert (found.code, found.severity, found.columns) == ("mixed-types", "warning", ("price",))
    assert found.evidence == {"words": {"on request": 8, "free": 2}}
    assert found.sentence.startswith(
        "Column 'price' holds numbers but for 'on request' (8), 'free' (2), and so is read"
    )


def test_objects_of_several_types(plain: pd.DataFrame, look: Any) -> None:
    """Python numbers and words in one column are the same mixture."""
    plain["price"] = [*np.arange(396.0).tolist(), *["free"] * 4]
    (found,) = look(check_mixed_types, plain)
    assert found.evidence == {"words": {"free": 4}}


def test_codes_are_no_slips(plain: pd.DataFrame, look: Any) -> None:
    """Codes of letters and digits among codes of digits are many and different."""
    row = np.arange(len(plain))
    plain["code"] = np.where(row % 12 == 0, "V" + pd.Series(row % 37).astype(str), (row % 90 + 100).astype(str))
    assert look(check_mixed_types, plain) == []
