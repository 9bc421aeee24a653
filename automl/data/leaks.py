"""Columns that give the target away, and would not be there when a prediction is needed.

Two signs, both judged from values:

* A column is there (present, or present and not 0) exactly when the target is one value: the reason of a complaint
  beside "is it a complaint?", the amount of a claim beside "was there a claim?".
* A column alone predicts nearly everything: a copy, a recoding or a rescaling of the target. Each row is predicted
  from the *other* rows of the same level or, for a number that is rare, from its two neighbours in order of size, so
  a column of names explains nothing, nor do rows that stand in the table twice. It is judged over all rows, and over
  those where the column is present.

Honest strong predictors must stay: on the project's public tables the best honest column explains 92 % of a
classification's variation and 94 % of a regression's rank variation, and the limits lie well above. Columns are first
screened on few rows.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import rankdata

from automl.data.cells import as_dates, as_durations, as_numbers, as_strings
from automl.values.finding import Finding
from automl.values.schema import Column, Schema
from automl.values.task import Task

FloatArray = npt.NDArray[np.float64]

LABELS_EXPLAINED = 0.98
"""Share of a classification's variation (Brier score against the base rates) from which a column gives it away."""
QUANTITY_EXPLAINED = 0.995
"""Share of a regression's rank variation from which a column gives it away."""
_ROWS = 20_000
_SCREEN_ROWS = 2_000
_SCREEN_SHARE = 0.8  # explained on few rows, below which many rows need no look
_MIN_ROWS = 20
_MIN_OTHERS = 5  # rows that don't have the most frequent target, below which nothing can be said
_MIN_SIDE = 10  # rows with and without the column
_MIN_VALUE_SHARE = 0.05  # of the rows, for a target value that a column may stand for
_MISMATCH = 0.001  # of the smaller side
_REPEATED = 0.01  # of the rows, from which a number stands for a level of its own
_MOSTLY = 0.9  # share of missing cells from which a column is mostly missing


@dataclass(frozen=True, slots=True)
class _Target:
    """The target of some rows: as it is, and as columns to be explained (one per label, or the ranks)."""

    y: npt.NDArray[np.generic]
    columns: FloatArray
    limit: float

    def rows(self, which: npt.NDArray[np.bool_]) -> _Target:
        return _Target(self.y[which], self.columns[which], self.limit)


def find_leaks(
    X: pd.DataFrame, schema: Schema, y: npt.NDArray[np.generic], task: Task, *, keep: Collection[str] = ()
) -> tuple[Schema, list[Finding]]:
    """Return the schema with columns that give the target away in role ``"leak"``, and a finding on each.

    Parameters
    ----------
    X
        The table, shape ``(n_rows, n_columns)``.
    y
        The encoded target, shape ``(n_rows,)``.
    keep
        Columns that are never set aside. Where nothing else would be left to predict from, none is.

    Examples
    --------
    >>> X = pd.DataFrame({"age": np.arange(40.0) % 7, "reason": ["late", None] * 20})
    >>> schema = Schema((Column("age", "numeric", ""), Column("reason", "category", "")))
    >>> task = Task("binary", "complaint", ("no", "yes"))
    >>> schema, found = find_leaks(X, schema, np.array([1, 0] * 20), task)
    >>> schema["reason"].role, schema["reason"].reason
    ('leak', "present exactly when complaint is 'yes'")
    >>> [each.columns for each in found]
    [('reason',)]
    """
    rng = np.random.default_rng(0)
    order = rng.permutation(len(X))
    many, few = np.sort(order[:_ROWS]), np.sort(order[:_SCREEN_ROWS])
    target, small = _target(y[many], task), _target(y[few], task)
    sample, glance = X.iloc[many], X.iloc[few]
    found: dict[str, str] = {}
    for position, column in enumerate(schema):
        if not column.is_used or column.name in keep:
            continue
        if len(many) > len(few) and not _is_suspect(column, glance.iloc[:, position], small, task):
            continue
        reason = _reason(column, sample.iloc[:, position], target, task)
        if reason is not None:
            found[column.name] = reason
    if len(found) == len(schema.used):
        return schema, [
            _finding(name, reason, f"Column {name!r} gives the target away: {reason}. It is kept, as no other is left.")
            for name, reason in found.items()
        ]
    marked = (
        replace(column, role="leak", reason=found[column.name]) if column.name in found else column for column in schema
    )
    return Schema(tuple(marked)), [
        _finding(
            name,
            reason,
            f"Column {name!r} is set aside because it gives the target away: {reason}.",
            f"keep=[{name!r}] retains it.",
        )
        for name, reason in found.items()
    ]


def _finding(name: str, reason: str, sentence: str, advice: str | None = None) -> Finding:
    return Finding.of("target-leak", sentence, columns=[name], advice=advice, reason=reason)


def _target(y: npt.NDArray[np.generic], task: Task) -> _Target:
    if task.is_classification:
        return _Target(y, np.eye(task.n_classes)[y.astype(np.int64)], LABELS_EXPLAINED)
    ranks = np.asarray(rankdata(y), dtype=np.float64)
    return _Target(y, ranks[:, None], QUANTITY_EXPLAINED)


def _is_suspect(column: Column, values: pd.Series, target: _Target, task: Task) -> bool:
    """Tell from few rows whether to look at many; few say nothing about a column that is mostly missing."""
    if values.isna().mean() > _MOSTLY:
        return True
    return _reason(column, values, replace(target, limit=_SCREEN_SHARE), task) is not None


def _reason(column: Column, values: pd.Series, target: _Target, task: Task) -> str | None:
    """Return the clause that says how the column gives the target away, or ``None``."""
    keys, is_ordered = _keys(column, values)
    present = ~np.isnan(keys)
    reason = _present_when(present, target, task, "missing", "present")
    if reason is None and column.role == "numeric":
        reason = _present_when(present & (keys != 0), target, task, "0 or missing", "present and not 0")
    if reason is not None:
        return reason
    share = _explained(keys, target.columns, is_ordered)
    if share >= target.limit and _can_tell(target):
        return f"alone it explains {_percent(share)} of {task.target}"
    if present.mean() < 1 - _MOSTLY and _is_copy(column, values, target.y, task):
        return f"where it is present, it is {task.target}"
    if not present.all():
        there = target.rows(present)
        share = _explained(keys[present], there.columns, is_ordered) if _can_tell(there) else 0.0
        if share >= target.limit:
            return f"where it is present, alone it explains {_percent(share)} of {task.target}"
    return None


def _percent(share: float) -> str:
    return f"{min(int(share * 1000), 999) / 10:.1f} %" if share < 1 else "all"


def _keys(column: Column, values: pd.Series) -> tuple[FloatArray, bool]:
    """Return a number per cell, the same for the same level and NaN where missing; and whether their order counts."""
    if column.role in ("category", "high_cardinality", "text"):
        codes = pd.factorize(as_strings(values, column))[0]
        return np.where(codes < 0, np.nan, codes), False
    if column.role == "datetime":
        dates = as_dates(values, column)
        return np.where(np.isnat(dates), np.nan, dates.astype(np.int64)), True
    return as_durations(values, column) if column.role == "duration" else as_numbers(values, column), True


def _is_copy(column: Column, values: pd.Series, y: npt.NDArray[np.generic], task: Task) -> bool:
    """Tell whether every present cell is the target itself, in at least ten rows and not always the same."""
    texts = as_strings(values, column)
    present = np.array([each is not None for each in texts], dtype=bool)
    labels = [task.classes[int(k)] for k in y[present]] if task.is_classification else y[present].tolist()
    wanted = as_strings(pd.Series(labels, dtype=object), Column("", "category", ""))
    return len(wanted) >= _MIN_SIDE and len(set(wanted)) > 1 and bool(np.all(wanted == texts[present]))


def _can_tell(target: _Target) -> bool:
    """Tell whether there are enough rows, and enough that differ, to judge a prediction by."""
    if len(target.y) < _MIN_ROWS:
        return False
    return len(target.y) - int(np.unique(target.y, return_counts=True)[1].max()) >= _MIN_OTHERS


def _present_when(
    there: npt.NDArray[np.bool_], target: _Target, task: Task, absent_word: str, present_word: str
) -> str | None:
    """Say that the column is there, or is not, exactly when the target is one value; ``None`` if it isn't so."""
    n_there = int(there.sum())
    side = min(n_there, len(there) - n_there)
    if side < _MIN_SIDE:
        return None
    for word, sign, size in ((present_word, there, n_there), (absent_word, ~there, len(there) - n_there)):
        for value, count in _frequent(target.y, task):
            if abs(size - count) <= _MISMATCH * side and np.sum(sign != (target.y == value)) <= _MISMATCH * side:
                label = repr(task.classes[int(value)]) if task.is_classification else f"{value:.15g}"
                return f"{word} exactly when {task.target} is {label}"
    return None


def _frequent(y: npt.NDArray[np.generic], task: Task) -> list[tuple[float, int]]:
    """Return target values frequent enough for a column to stand for them: labels, or a quantity's top value."""
    values, counts = np.unique(y, return_counts=True)
    order = np.argsort(-counts)
    if not task.is_classification:
        order = order[:1]
    floor = _MIN_VALUE_SHARE * len(y) if task.kind != "binary" else 1
    return [(float(values[i]), int(counts[i])) for i in order if counts[i] >= floor]


def _explained(keys: FloatArray, target: FloatArray, is_ordered: bool) -> float:
    """Return the share of the target's variation that is explained by the other rows of the same or nearby keys.

    Parameters
    ----------
    keys
        Shape ``(n_rows,)``; NaN is a level of its own.
    target
        Shape ``(n_rows, n_outputs)``.
    is_ordered
        Whether a rare key is predicted from its neighbours in order (its own few rows may be copies of one another);
        without an order, a key that stands alone is predicted from the mean.
    """
    variation = float(((target - target.mean(axis=0)) ** 2).sum())
    if variation == 0:
        return 0.0
    levels, rows, counts = np.unique(keys, return_inverse=True, return_counts=True)
    sums = np.stack([np.bincount(rows, column, len(levels)) for column in target.T], axis=1)
    others = (sums[rows] - target) / np.maximum(counts - 1, 1)[rows, None]
    lonely = (counts <= (max(1, _REPEATED * len(keys)) if is_ordered else 1))[rows]
    if lonely.any():
        others[lonely] = _between(sums / counts[:, None])[rows[lonely]] if is_ordered else target.mean(axis=0)
    return 1 - float(((target - others) ** 2).sum()) / variation


def _between(means: FloatArray) -> FloatArray:
    """Return for each level, in order, the mean of its two neighbours' means."""
    if len(means) == 1:
        return means
    inner = (means[:-2] + means[2:]) / 2
    return np.concatenate([means[1:2], inner, means[-2:-1]])
