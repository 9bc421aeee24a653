"""Rows that stand twice, with the same target or with another."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from automl.checks.duplicates import check_conflicts, check_duplicates
from automl.checks.subject import keys_of


def test_copies_are_counted(plain: pd.DataFrame, look: Any) -> None:
    """Forty copied rows are forty, whatever a counter of the rows says; a shuffled fold sees them on both sides."""
    table = pd.concat([plain, plain.head(40)], ignore_index=True)
    (found,) = look(check_duplicates, table.assign(number=np.arange(len(table))))
    assert (found.code, found.severity) == ("duplicate-rows", "warning")
    assert found.evidence["count"] == table.duplicated().sum() == 40
    assert found.evidence["validated_and_trained"] > 0.05
    assert look(check_duplicates, plain) == []


def test_named_rows_are_separate_cases(plain: pd.DataFrame, look: Any) -> None:
    """Equal rows of differently named persons are no copies."""
    table = pd.concat([plain, plain.head(40)], ignore_index=True)
    assert look(check_duplicates, table.assign(name=[f"n{row}" for row in table.index])) == []


def test_copies_in_one_fold_are_a_note(plain: pd.DataFrame, look: Any) -> None:
    """Where groups keep copies together, nothing is seen twice."""
    table = pd.concat([plain, plain.head(40)], ignore_index=True)
    number = np.r_[np.arange(len(plain)), np.arange(40)]
    (found,) = look(check_duplicates, table, groups=number)
    assert (found.severity, found.evidence["validated_and_trained"]) == ("note", 0.0)


def test_copies_among_few_values_are_a_note(look: Any) -> None:
    """Of three columns of two values most rows are equal by necessity."""
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.integers(0, 2, (500, 4)), columns=list("abcy"))
    (found,) = look(check_duplicates, table)
    assert found.severity == "note"
    assert found.sentence.endswith("as is to be expected of columns with so few values.")


def test_missing_cells_are_equal(plain: pd.DataFrame, look: Any) -> None:
    """Copies with a missing cell are copies; dtypes don't matter."""
    plain.loc[3, "x"] = None
    table = pd.concat([plain, plain.head(40)], ignore_index=True).astype({"city": "category"})
    assert look(check_duplicates, table)[0].evidence["count"] == 40


def test_contradicting_labels_are_told(plain: pd.DataFrame, look: Any) -> None:
    """Of rows that models see as equal, with different labels, the rarer ones are lost whatever the model."""
    other = plain.head(40).assign(y=plain["y"].head(40).map({"yes": "no", "no": "yes"}))
    table = pd.concat([plain, other], ignore_index=True)
    (found,) = look(check_conflicts, table.assign(name=[f"n{row}" for row in table.index]))
    assert found.code == "conflicting-duplicates"
    assert found.evidence["rows"] == 80
    assert found.evidence["best_accuracy"] == pytest.approx(1 - 40 / 440, abs=1e-6)
    assert look(check_conflicts, pd.concat([plain, plain.head(40)], ignore_index=True)) == []
    assert look(check_duplicates, table) == []


def test_contradicting_amounts_are_told(look: Any) -> None:
    """Equal rows with different amounts bound the variance that can be explained."""
    rng = np.random.default_rng(0)
    x = rng.integers(0, 5, 600)
    (found,) = look(check_conflicts, pd.DataFrame({"x": x, "y": x + rng.normal(size=600)}), task="regression")
    assert found.evidence["best_r2"] == pytest.approx(2 / 3, abs=0.1)
    exact = pd.DataFrame({"x": x, "y": x + 0.001 * rng.normal(size=600)})
    assert look(check_conflicts, exact, task="regression") == []


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(-1, 2), st.integers(-1, 2), st.integers(-1, 2)), min_size=1, max_size=60))
def test_keys_tell_rows_apart(rows: list[tuple[int, int, int]]) -> None:
    """Two rows have the same key exactly when they are equal."""
    columns = [np.array(column) for column in zip(*rows, strict=True)]
    keys = keys_of(columns, len(rows)).tolist()
    assert len(set(zip(rows, keys, strict=True))) == len(set(rows)) == len(set(keys))
