"""Target: what is predicted, from its values, by the documented rule; and its encoding."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from automl.data.target import encode_target, infer_task, known_target
from automl.errors import DataError, PlanError
from automl.values.task import Task


def _infer(values: Any, task: str = "auto") -> Task:
    return infer_task(pd.Series(values), task, name="y")


@pytest.mark.parametrize(
    ("values", "kind", "reason"),
    [
        (["a", "b"] * 5, "binary", "2 labels: 'a', 'b'"),
        ([True, False, None] * 5, "binary", "2 labels: False, True"),
        ([3, 8] * 5, "binary", "2 labels: 3, 8"),
        (["a", "b", "c"] * 5, "multiclass", "3 labels: 'a', 'b', 'c'"),
        (pd.Categorical([1.5, 2.5, 3.5] * 5), "multiclass", "3 labels"),
        ([3, 4, 5, 6, 7] * 5, "multiclass", "5 numbers that may be labels: 3, 4, 5, 6, 7"),
        ([1.0, 2.0, 3.0] * 5, "multiclass", "3 numbers that may be labels"),
        ([0.5, 1.5, 2.5] * 5, "regression", "fractional numbers, 3 different ones"),
        (["0,5", "1,5", "?", "2,5"] * 5, "regression", "fractional numbers"),
        (list(range(21)) * 5, "regression", "21 different whole numbers, more than 20"),
        ([1, 2, 3] * 3, "regression", "3 different whole numbers in 9 rows"),
        ([0, 50, 100] * 9, "regression", "3 whole numbers with gaps between 0 and 100"),
        ([0] * 80 + [1] * 20 + [2] * 5 + [3], "regression", "counts from 0 to 3"),
        ([0] * 80 + [1] * 70 + [2] * 60 + [3] * 5, "multiclass", "4 numbers that may be labels"),
    ],
)
def test_the_rule_for_the_task(values: Any, kind: str, reason: str) -> None:
    """Texts are labels, fractions a quantity, whole numbers what the documented rule says."""
    task = _infer(values)
    assert task.kind == kind
    assert task.reason.startswith(reason)


def test_the_caller_decides_the_task() -> None:
    """task= overrides the rule where the values allow it."""
    assert _infer([3, 4, 5] * 5, "regression").kind == "regression"
    assert _infer([0, 50, 100] * 5, "multiclass").kind == "multiclass"
    assert _infer([0, 50, 100] * 5, "classification").kind == "multiclass"
    assert _infer([0, 50] * 5, "classification").kind == "binary"


@pytest.mark.parametrize(
    ("values", "task", "error", "message"),
    [
        ([1, 2], "binery", PlanError, "Unknown task 'binery'. Did you mean 'binary'"),
        ([None, None], "auto", DataError, "has no value in any of 2 rows"),
        (["a", "a"], "auto", DataError, "has one value only, 'a': a single class"),
        ([2.5, 2.5], "regression", DataError, "has one value only, 2.5; there is nothing to predict"),
        ([1.5, np.inf, 2.0], "auto", DataError, "is infinite in 1 of 3 rows, the first at position 1"),
        ([1.5, -np.inf, 2.0], "regression", DataError, "is infinite in 1 of 3 rows"),
        (["a", "b"], "regression", PlanError, "needs numbers, but the target 'y' holds 'a' and 'b'"),
        ([1, 2, 3], "binary", PlanError, r"needs two labels, but the target 'y' has 3 \(1, 2, 3\)"),
        ([f"n{i}" for i in range(40)], "auto", DataError, "has 40 different labels in 40 rows, too many"),
        (np.arange(50) / 7, "multiclass", PlanError, "Unknown label type: .* 50 different fractional numbers"),
        (pd.date_range("2020", periods=9), "auto", DataError, "holds dates; turn it into numbers"),
    ],
)
def test_an_impossible_target_is_one_sentence(values: Any, task: str, error: type[Exception], message: str) -> None:
    """What can't be predicted is refused with the value and what to do."""
    with pytest.raises(error, match=message):
        _infer(values, task)


def test_labels_keep_their_types_and_are_sorted() -> None:
    """Labels come back as they were: booleans, numbers, texts, mixtures."""
    assert _infer([True, False]).classes == (False, True)
    assert _infer(np.array([2, 1], dtype="int32")).classes == (1, 2)
    assert np.asarray(_infer(pd.Series([2, 1])).classes).dtype == np.int64
    assert _infer(["b", "a", "c"] * 5).classes == ("a", "b", "c")
    assert _infer(["b", 2, 1.5] * 5).classes == (1.5, 2, "b")


def test_labels_are_compared_by_their_text() -> None:
    """Labels that arrive in another dtype when a model is scored are still the same."""
    task = _infer([0, 1, 1])
    assert encode_target(pd.Series(["1", "0"]), task).tolist() == [1, 0]
    assert encode_target(pd.Series([1.0, 0.0]), task).tolist() == [1, 0]
    with pytest.raises(DataError, match=r"holds the label '2', which was not among those it was trained on"):
        encode_target(pd.Series([2]), task)


def test_a_quantity_held_as_text_is_read() -> None:
    """Decimal commas are read; tokens are missing rows."""
    y = pd.Series(["1,5", "?", "2", None, "3,25"])
    assert known_target(y).tolist() == [True, False, True, False, True]
    assert encode_target(y[known_target(y)], _infer(y, "regression")).tolist() == [1.5, 2.0, 3.25]


def test_missing_rows_must_be_left_out() -> None:
    """A missing target is never encoded silently."""
    with pytest.raises(DataError, match="is missing in 1 of 3 rows; leave these rows out"):
        encode_target(pd.Series(["a", None, "b"]), _infer(["a", "b"]))


LABELS = st.one_of(st.text(max_size=3), st.integers(-5, 5), st.booleans())


@given(st.lists(LABELS, min_size=2, max_size=15))
def test_encoding_and_decoding_agree(labels: list[Any]) -> None:
    """A label, encoded and decoded, is a label of the same text."""
    y = pd.Series(labels, dtype=object)
    y = y[known_target(y)]
    if y.map(str).str.strip().nunique() < 2:
        return
    try:
        task = infer_task(y, "classification", name="y")
    except DataError:
        return
    codes = encode_target(y, task)
    again = encode_target(pd.Series([task.classes[code] for code in codes], dtype=object), task)
    assert codes.tolist() == again.tolist()
    assert set(codes) == set(range(task.n_classes))


def test_public_tables_get_their_task(data_dir: Any) -> None:
    """The rule gives every labelled public table the task that its description states."""
    import json

    wrong = {}
    for each in json.loads((data_dir / "index.json").read_text())["datasets"]:
        if each["task"] in ("clustering", "anomaly"):
            continue
        y = pd.read_parquet(data_dir / each["file"], columns=[each["target"]])[each["target"]]
        task = infer_task(y, name=each["target"])
        if task.kind != each["task"]:
            wrong[each["name"]] = task.kind
    assert wrong == {}
