"""Tokens for missing values, and words that may mean "none"."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from automl.checks.hidden_missing import check_hidden_missing


def test_marks_are_told_in_numbers_and_categories(plain: pd.DataFrame, look: Any) -> None:
    """A blank among numbers and a question mark among words stand for nothing; two such cells of words are too few."""
    row = np.arange(len(plain))
    plain["charge"] = np.where(row % 40 == 0, " ", (row / 7).astype(str))
    plain["work"] = np.where(row % 9 == 0, "?", plain["city"])
    plain["place"] = np.where(row % 200 == 0, "?", plain["city"])
    (found,) = look(check_hidden_missing, plain)
    assert (found.code, found.columns) == ("hidden-missing", ("charge", "work"))
    assert found.sentence == "' ', '?' stand for a missing value in columns 'charge' and 'work'."
    assert found.evidence == {"tokens": {"charge": [" "], "work": ["?"]}}


def test_words_that_may_be_meant_are_told_apart(plain: pd.DataFrame, look: Any) -> None:
    """``NA`` among words may be a level of its own; a plain ``none`` is one."""
    row = np.arange(len(plain))
    plain["garage"] = np.where(row % 9 == 0, "NA", plain["city"])
    plain["debtors"] = np.where(row % 9 == 0, "none", plain["city"])
    (found,) = look(check_hidden_missing, plain)
    assert (found.code, found.columns) == ("none-or-missing", ("garage",))
    assert found.evidence == {"rows": {"garage": {"NA": 45}}}
