"""Too few rows to judge by."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from automl.checks.few_rows import check_few_rows


def test_small_tables_are_told(plain: pd.DataFrame, look: Any) -> None:
    """Forty-nine rows are few, fifty in five folds are enough."""
    (found,) = look(check_few_rows, plain.head(49))
    assert (found.code, found.severity, found.evidence) == ("few-rows", "warning", {"rows": 49})
    assert look(check_few_rows, plain.head(50)) == []


def test_small_validation_parts_are_told(plain: pd.DataFrame, look: Any) -> None:
    """Eighty rows in twenty folds leave four to each."""
    (found,) = look(check_few_rows, plain.head(80), cv=20)
    assert found.sentence == "A validation part of the 20 folds has 4 rows: its score is mostly chance."
    assert found.advice == "Lower cv."


def test_labels_with_fewer_rows_than_folds_are_told(plain: pd.DataFrame, look: Any) -> None:
    """A label of twelve rows can't stand in each of fifteen validation parts."""
    table = plain.assign(y=np.where(np.arange(len(plain)) < 12, "rare", plain["y"]))
    (found,) = look(check_few_rows, table, cv=15)
    assert found.evidence == {"labels": {"rare": 12}}
    assert look(check_few_rows, table, cv=10) == []
