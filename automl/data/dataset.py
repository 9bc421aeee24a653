"""From whatever the caller gave to a described table and an encoded target.

:func:`make_dataset` takes the target, weights, groups and times out of the table, drops rows without a target (and
counts them), states the task, finds the column roles and sets columns aside that give the target away.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from automl.data.cells import as_dates, as_numbers
from automl.data.leaks import find_leaks
from automl.data.reading import read
from automl.data.roles import describe, find_infinite
from automl.data.target import encode_target, infer_task, known_target
from automl.errors import DataError, FindingWarning, PlanError, suggest, warn
from automl.values.finding import Finding
from automl.values.schema import Column, Role, Schema
from automl.values.task import Task

WARNED = frozenset({"target-leak", "infinite-values", "missing-target"})
"""Codes of findings that are made, and warned of, while a table is read."""
ByRow = str | int | Sequence[Any] | npt.NDArray[Any] | pd.Series  # a column's name, or one value per row


@dataclass(frozen=True, slots=True)
class Dataset:
    """A table with its target taken out and everything known about it.

    Attributes
    ----------
    X
        The raw columns, rows with a target only; the caller's values, untouched.
    y
        The encoded target: labels 0..K-1, or floats.
    weight, groups, times
        One value per row, or ``None``.
    findings
        What was noticed while the table was read: leaks, infinite values, rows without a target. All are warned of.
    notes
        What else is to be said, one sentence each.
    roles
        Names of the columns that were the target, weights, groups and time.
    present
        Which rows of the caller's table are in ``X``: those with a target.
    """

    X: pd.DataFrame
    y: npt.NDArray[Any]
    task: Task
    schema: Schema
    weight: npt.NDArray[np.float64] | None
    groups: npt.NDArray[Any] | None
    times: npt.NDArray[Any] | None
    findings: tuple[Finding, ...]
    notes: tuple[str, ...]
    roles: Mapping[str, str]
    present: npt.NDArray[np.bool_]


def make_dataset(
    data: Any,
    target: Any,
    *,
    task: str = "auto",
    roles: Mapping[str, Role] | None = None,
    keep: Sequence[str] = (),
    groups: ByRow | None = None,
    time_column: ByRow | None = None,
    sample_weight: ByRow | None = None,
    known: Task | None = None,
    schema: Schema | None = None,
    ignore: Collection[str] = (),
) -> Dataset:
    """Return the described table.

    Parameters
    ----------
    data
        Anything that :func:`automl.read` reads.
    target
        Name of the target column (for a table without header: its number from 0), or an array or Series with one
        value per row of ``data``.
    known
        The task, where it was stated by an earlier table: labels are encoded as there.
    schema
        The columns, where an earlier table told them: nothing is looked for, and ``roles`` and ``keep`` do nothing.
    ignore
        Codes of findings not to make. With ``"target-leak"`` no column is set aside for giving the target away.

    Raises
    ------
    DataError
        If the table or its target can't be used.
    PlanError
        If a named column doesn't exist, or no target is given.
    """
    frame = read(data)
    if target is None:
        raise PlanError("target is None, but tasks without a target don't exist yet. Name the column to predict.")
    named: dict[str, str] = {}
    y_raw, frame = _take_out("target", target, frame, named)
    weight_raw, frame = _take_out("sample_weight", sample_weight, frame, named)
    groups_raw, frame = _take_out("groups", groups, frame, named)
    times_raw, _ = _take_out("time_column", time_column, frame, named)  # stays a feature
    assert y_raw is not None
    if not len(frame.columns):
        raise DataError(f"The table has no column besides the target {y_raw.name!r}; there is nothing to predict from.")

    present = known_target(y_raw)
    notes: list[str] = []
    findings: list[Finding] = []
    if not present.any():
        raise DataError(f"The target {y_raw.name!r} is missing in every row; there is nothing to learn from.")
    if not present.all():
        findings.append(_without_target(present))
        frame, y_raw = frame.loc[present], y_raw.loc[present]

    stated = known or infer_task(y_raw, task, name=str(y_raw.name))
    y = encode_target(y_raw, stated)
    infinite = find_infinite(frame)
    findings += [] if infinite is None else [infinite]
    if schema is None:
        schema = describe(frame, roles=roles)
        if "target-leak" not in ignore:
            schema, leaks = find_leaks(frame, schema, y, stated, keep=[*map(str, keep), *map(str, roles or {})])
            findings += leaks
        notes += _not_kept([str(name) for name in keep], schema)
        _refuse_nothing_left(schema)
    findings = [each for each in findings if each.code not in ignore]
    for each in findings:
        warn(f"{each.sentence} {each.advice}", FindingWarning)
    for note in notes:
        warn(note)
    return Dataset(
        X=frame,
        y=y,
        task=stated,
        schema=schema,
        weight=_weights(weight_raw, present),
        groups=None if groups_raw is None else groups_raw.loc[present].to_numpy(dtype=object),
        times=None if times_raw is None else _times(times_raw.loc[present]),
        findings=tuple(findings),
        notes=tuple(notes),
        roles=named,
        present=present,
    )


def _without_target(present: npt.NDArray[np.bool_]) -> Finding:
    missing = int((~present).sum())
    return Finding.of(
        "missing-target",
        f"{missing} of {len(present)} rows have no target and are left out.",
        rows=missing,
        share=missing / len(present),
    )


def _refuse_nothing_left(schema: Schema) -> None:
    if not schema.used:
        why = "; ".join(f"{column.name!r} is {column.role} ({column.reason})" for column in schema.columns[:10])
        back = f"roles={{{schema.columns[0].name!r}: 'category'}}"
        raise DataError(f"No column is left to predict from: {why}. Bring one back, for example with {back}.")


def _take_out(
    what: str, given: Any, frame: pd.DataFrame, named: dict[str, str]
) -> tuple[pd.Series | None, pd.DataFrame]:
    """Return the column or values given for ``what``, and the frame without that column."""
    if given is None:
        return None, frame
    if isinstance(given, str | int) and not isinstance(given, bool):
        name = str(given)
        if name in named.values():
            earlier = next(each for each, column in named.items() if column == name)
            raise PlanError(f"The column {name!r} is the {earlier} already and can't be the {what} as well.")
        if name not in frame.columns:
            raise PlanError(f"There is no column {name!r} for {what}. {suggest(name, frame.columns)}")
        named[what] = name
        return frame[name], frame.drop(columns=name)
    values = given if isinstance(given, pd.Series) else pd.Series(np.asarray(given).reshape(-1), name=what)
    if len(values) != len(frame):
        raise DataError(f"{what} has {len(values)} values, but the table has {len(frame)} rows; they must match.")
    if isinstance(given, pd.Series) and _is_reordered(given.index, frame.index):
        warn(
            f"The index of {what} has the labels of the table's index in another order; its values are taken by "
            f"position. If that is not meant, give {what}.loc[data.index]."
        )
    values = values.set_axis(frame.index)
    return values.rename(str(values.name) if values.name is not None else what), frame


def _weights(values: pd.Series | None, present: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64] | None:
    if values is None:
        return None
    weight = as_numbers(values, Column(str(values.name), "numeric", "weights"))[present]
    if not np.isfinite(weight).all() or (weight < 0).any() or not weight.sum() > 0:
        bad = weight[~(np.isfinite(weight) & (weight >= 0))]
        shown = f"such as {bad[0]}" if len(bad) else "that sum to 0"
        raise DataError(f"sample_weight {values.name!r} has values {shown}; weights are finite numbers of at least 0.")
    return weight


def _times(values: pd.Series) -> npt.NDArray[Any]:
    column = Column(str(values.name), "datetime", "the time column")
    if pd.api.types.is_numeric_dtype(values.dtype):
        times: npt.NDArray[Any] = as_numbers(values, column)
        missing = int(np.isnan(times).sum())
    else:
        times = as_dates(values, column)
        missing = int(np.isnat(times).sum())
    if missing:
        raise DataError(
            f"The time column {values.name!r} has {missing} values that are missing or no time; folds that follow time "
            "need one in every row. Fill or drop these rows."
        )
    return times


def _is_reordered(index: pd.Index, of: pd.Index) -> bool:
    """Tell whether both hold the same different labels, but not in the same order."""
    if len(index) != len(of) or index.equals(of) or not (index.is_unique and of.is_unique):
        return False
    return bool(index.isin(of).all())


def _not_kept(keep: Sequence[str], schema: Schema) -> list[str]:
    """Return a sentence on each column to keep that is set aside for another reason than giving the target away.

    Raises
    ------
    PlanError
        If there is no such column.
    """
    notes = []
    for name in keep:
        if name not in schema:
            known = [column.name for column in schema]
            raise PlanError(f"keep names the column {name!r}, which doesn't exist. {suggest(name, known)}")
        column = schema[name]
        if not column.is_used:
            notes.append(
                f"Column {name!r} is set aside although keep names it, because it is {column.role} ({column.reason}). "
                f"roles={{{name!r}: 'category'}} uses it."
            )
    return notes
