"""What the target is: labels or a quantity, found from its values; and its encoding.

Texts, booleans and categories are labels. Two different values are labels. Fractions are a quantity. For whole
numbers no rule is always right (a wine's grade, an insured person's number of claims, a digit), so this one is simple
and said aloud: whole numbers are **labels** if there are at most 20 different ones, at least four rows to each on
average, without a gap between the smallest and the largest, and not shaped like counts; else they are a **quantity**.
Shaped like counts means: from 0 up, at least four values, each at most half as frequent as the one before. ``task=``
overrides it all.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from automl.data.cells import as_numbers, as_strings
from automl.data.numbers import find_spelling
from automl.errors import DataError, PlanError, suggest
from automl.values.schema import Column
from automl.values.task import TASK_KINDS, Task, TaskKind

MAX_LABELS = 20
"""Whole numbers of more different values are a quantity."""
_ROWS_PER_LABEL = 4
_COUNT_VALUES = 4
_WORDS = (*TASK_KINDS, "classification", "auto")
_FEW_ROWS = 20  # below this many rows the number of labels is not judged


def known_target(y: pd.Series) -> npt.NDArray[np.bool_]:
    """Return which rows have a target, shape ``(n_rows,)``.

    Blank texts are missing; so are tokens such as ``?`` and ``NA`` where all other values are numbers.

    Examples
    --------
    >>> known_target(pd.Series(["1.5", "?", None])), known_target(pd.Series(["a", "?", " "]))
    (array([ True, False, False]), array([ True,  True, False]))
    """
    if pd.api.types.is_numeric_dtype(y.dtype) or pd.api.types.is_datetime64_any_dtype(y.dtype):
        return y.notna().to_numpy(dtype=bool)
    present = np.array([each is not None for each in as_strings(y, Column("", "category", ""))], dtype=bool)
    column = _spelled(y)
    return present if column is None else present & ~np.isnan(as_numbers(y, column))


def infer_task(y: pd.Series, task: str = "auto", *, name: str) -> Task:
    """Return the task that predicts ``y``; rows with a missing target don't count.

    Parameters
    ----------
    y
        The target as it stands in the table.
    task
        ``"binary"``, ``"multiclass"``, ``"regression"``, ``"classification"`` (binary or multiclass), or ``"auto"``.
    name
        What the target is called.

    Raises
    ------
    PlanError
        If the task doesn't exist, or the values contradict it.
    DataError
        If there is nothing to predict: no value, one value, too many labels.

    Examples
    --------
    >>> infer_task(pd.Series(["good", "bad", "good"]), name="credit").reason
    "2 labels: 'bad', 'good'"
    >>> infer_task(pd.Series([0.5, 1.2, 3.4]), name="price").kind
    'regression'
    """
    if task not in _WORDS:
        raise PlanError(f"Unknown task {task!r}. {suggest(task, _WORDS)}")
    known = y[known_target(y)]
    if not len(known):
        raise DataError(f"The target {name!r} has no value in any of {len(y)} rows; choose another column.")
    numbers = _numbers(known)
    if task in ("auto", "regression"):
        _refuse_dates(known, name)
    if task == "regression":
        return _regression(known, numbers, name, "asked for by the caller")
    labels = _labels(known)
    if len(labels) == 1:
        raise DataError(
            f"The target {name!r} has one value only, {labels[0]!r}: a single class, with nothing to predict. "
            "Choose another column, or add rows with other values."
        )
    if task != "auto":
        return _classification(known, numbers, labels, name, task)
    why = _why_quantity(known, numbers, len(labels), name)
    if why is not None:
        return _regression(known, numbers, name, why)
    _refuse_too_many(labels, len(known), name)
    return _labelled(labels, name, None, numbers is not None)


def _labelled(labels: tuple[Any, ...], name: str, kind: TaskKind | None, is_number: bool) -> Task:
    chosen: TaskKind = kind or ("binary" if len(labels) == 2 else "multiclass")
    shown = ", ".join(map(repr, labels)) if len(labels) <= 5 else f"{labels[0]!r} to {labels[-1]!r}"
    what = "numbers that may be labels" if is_number and len(labels) > 2 else "labels"
    return Task(chosen, name, labels, "asked for by the caller" if kind else f"{len(labels)} {what}: {shown}")


def _classification(
    known: pd.Series, numbers: npt.NDArray[np.float64] | None, labels: tuple[Any, ...], name: str, task: str
) -> Task:
    if task == "binary" and len(labels) != 2:
        shown = ", ".join(map(repr, labels[:5])) + (", …" if len(labels) > 5 else "")
        raise PlanError(
            f"task='binary' needs two labels, but the target {name!r} has {len(labels)} ({shown}); "
            f"use task='multiclass' or leave task='auto'."
        )
    if numbers is not None and len(labels) > MAX_LABELS and not np.array_equal(numbers, np.floor(numbers)):
        raise PlanError(
            f"Unknown label type: the target {name!r} holds {len(labels)} different fractional numbers such as "
            f"{labels[0]!r}, which are no labels; use task='regression' or leave task='auto'."
        )
    _refuse_too_many(labels, len(known), name)
    kind: TaskKind = "multiclass" if task == "multiclass" or len(labels) > 2 else "binary"
    return _labelled(labels, name, kind, numbers is not None)


def _regression(known: pd.Series, numbers: npt.NDArray[np.float64] | None, name: str, reason: str) -> Task:
    if numbers is None:
        raise PlanError(
            f"task='regression' needs numbers, but the target {name!r} holds {_examples(known)}; "
            "use task='classification' or leave task='auto'."
        )
    _refuse_infinite(known, name)
    if numbers.min() == numbers.max():
        raise DataError(
            f"The target {name!r} has one value only, {numbers[0]:.15g}; there is nothing to predict. "
            "Choose another column, or add rows with other values."
        )
    return Task("regression", name, (), reason)


def _why_quantity(known: pd.Series, numbers: npt.NDArray[np.float64] | None, n_labels: int, name: str) -> str | None:
    """Return why the values are a quantity, or ``None`` if they are labels: the rule of this module."""
    if numbers is None or isinstance(known.dtype, pd.CategoricalDtype) or n_labels == 2:
        return None
    _refuse_infinite(known, name)
    if not np.array_equal(numbers, np.floor(numbers)):
        return f"fractional numbers, {n_labels:,} different ones"
    distinct, counts = np.unique(numbers, return_counts=True)
    if n_labels > MAX_LABELS:
        return f"{n_labels:,} different whole numbers, more than {MAX_LABELS}"
    if len(numbers) < _ROWS_PER_LABEL * n_labels:
        return f"{n_labels} different whole numbers in {len(numbers)} rows"
    if distinct[-1] - distinct[0] + 1 > n_labels:
        return f"{n_labels} whole numbers with gaps between {distinct[0]:.15g} and {distinct[-1]:.15g}"
    if distinct[0] == 0 and n_labels >= _COUNT_VALUES and np.all(2 * counts[1:] <= counts[:-1]):
        return f"counts from 0 to {distinct[-1]:.15g}, each at most half as frequent as the one before"
    return None


def encode_target(y: pd.Series, task: Task) -> npt.NDArray[Any]:
    """Return the target as models see it: floats for a regression, else 0..K-1 in the order of ``task.classes``.

    Labels are compared by their text, so that 1, 1.0 and ``"1"`` are the same one.

    Raises
    ------
    DataError
        If a value is missing, infinite or no number (regression), or a label is not one of ``task.classes``.

    Examples
    --------
    >>> y = pd.Series(["no", "yes", "no"])
    >>> encode_target(y, infer_task(y, name="churn"))
    array([0, 1, 0])
    """
    known = known_target(y)
    if not known.all():
        raise DataError(
            f"The target {task.target!r} is missing in {int((~known).sum())} of {len(y)} rows; leave these rows out."
        )
    if task.kind == "regression":
        _refuse_infinite(y, task.target)
        numbers = _numbers(y)
        if numbers is None:
            raise DataError(f"The target {task.target!r} holds {_examples(y)}, not numbers; give numbers.")
        return numbers
    texts = as_strings(y, Column(task.target, "category", ""))
    index = {text: k for k, text in enumerate(_label_texts(task.classes))}
    unknown = next((text for text in texts if text not in index), None)
    if unknown is not None:
        raise DataError(
            f"The target {task.target!r} holds the label {unknown!r}, which was not among those it was trained on. "
            f"{suggest(unknown, task.classes)}"
        )
    return np.array([index[text] for text in texts], dtype=np.int64)


def _label_texts(labels: tuple[Any, ...]) -> npt.NDArray[np.object_]:
    return as_strings(pd.Series(list(labels), dtype=object), Column("", "category", ""))


def _labels(known: pd.Series) -> tuple[Any, ...]:
    """Return the different labels as plain Python values, sorted; mixed types by type, then value."""
    texts = as_strings(known, Column("", "category", ""))
    first = ~pd.Series(texts).duplicated().to_numpy()
    labels = [_plain(each) for each in known[first].tolist()]
    try:
        return tuple(sorted(labels))
    except TypeError:
        return tuple(sorted(labels, key=lambda each: (type(each).__name__, str(each))))


def _plain(label: Any) -> Any:
    return label.item() if isinstance(label, np.generic) else label


def _numbers(known: pd.Series) -> npt.NDArray[np.float64] | None:
    """Return the target as floats, or ``None`` if it isn't made of numbers; booleans aren't."""
    if pd.api.types.is_bool_dtype(known.dtype) or pd.api.types.is_timedelta64_dtype(known.dtype):
        return None if pd.api.types.is_bool_dtype(known.dtype) else as_numbers(known, Column("", "numeric", ""))
    if pd.api.types.is_numeric_dtype(known.dtype):
        return as_numbers(known, Column("", "numeric", ""))
    column = _spelled(known)
    numbers = None if column is None else as_numbers(known, column)
    return None if numbers is None or np.isnan(numbers).any() else numbers


def _spelled(y: pd.Series) -> Column | None:
    """Return how a target of texts spells numbers, or ``None`` if it doesn't."""
    if isinstance(y.dtype, pd.CategoricalDtype) or pd.api.types.is_numeric_dtype(y.dtype):
        return None
    present = y.dropna()
    if any(isinstance(each, bool | np.bool_) for each in present.head(100)):
        return None
    spelling = find_spelling({str(each).strip() for each in present.unique()})
    if spelling is None:
        return None
    return Column("", "numeric", "", tokens=spelling.tokens, decimal=spelling.decimal)


def _refuse_dates(known: pd.Series, name: str) -> None:
    if pd.api.types.is_datetime64_any_dtype(known.dtype):
        raise DataError(f"The target {name!r} holds dates; turn it into numbers, such as days since an event.")


def _refuse_infinite(known: pd.Series, name: str) -> None:
    if isinstance(known.dtype, np.dtype) and known.dtype.kind == "f":
        bad = np.flatnonzero(np.isinf(known.to_numpy()))
        if len(bad):
            raise DataError(
                f"The target {name!r} is infinite in {len(bad)} of {len(known)} rows, the first at position {bad[0]}; "
                "replace these values or leave the rows out."
            )


def _refuse_too_many(labels: tuple[Any, ...], n_rows: int, name: str) -> None:
    if n_rows >= _FEW_ROWS and 2 * len(labels) > n_rows:
        raise DataError(
            f"The target {name!r} has {len(labels):,} different labels in {n_rows:,} rows, too many to learn; "
            "choose another column, or merge labels."
        )


def _examples(known: pd.Series) -> str:
    return " and ".join(repr(_plain(each)) for each in known.drop_duplicates().head(2).tolist())
