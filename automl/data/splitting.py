"""How rows are validated: one call that turns ``cv``, labels, groups and times into folds, and says why.

``cv`` is ``"auto"``, a number of folds, ``"holdout"`` or the fraction to hold out, a scikit-learn splitter, or pairs
of row numbers. What is not given follows from the table: labels (or ranges of a regression target) get equal shares
in every fold; with ``groups`` no group stands on both sides; with ``times`` a fold trains only on what came before;
with both, folds follow time and the rows of a validated group leave training.

Rare labels lose no row. The only row of a label always trains and is never validated (a warning names the label):
validating it would ask for a label that no model of that fold has seen. A label of fewer rows than folds is missing
from some validation parts, never from training. Groups, times and splitters of the caller can't promise that; where
a label is missing from training, a warning says so.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.model_selection import PredefinedSplit

from automl.data import fold_rules as rules
from automl.data.fold_checks import check_labels, check_promises, check_splits, check_weight, listed
from automl.data.folds import Folds, IntArray, Split
from automl.errors import PlanError, suggest, warn
from automl.values.task import Task

DEFAULT_FOLDS = 5
"""What ``"auto"`` stands for where no planner says it."""


def default_holdout(n_rows: int) -> float:
    """Return the fraction to hold out: a fifth, less where that would be more than 10,000 rows, never under 2 %."""
    return min(0.2, max(0.02, 10_000 / max(n_rows, 1)))


def make_folds(
    cv: Any,
    *,
    task: Task,
    y: npt.NDArray[Any],
    groups: Any = None,
    times: Any = None,
    weight: npt.NDArray[Any] | None = None,
    X: pd.DataFrame | None = None,
    seed: int = 0,
    auto: int | Literal["holdout"] = DEFAULT_FOLDS,
    present: npt.NDArray[np.bool_] | None = None,
) -> Folds:
    """Return the folds that ``cv`` asks for on these rows.

    Parameters
    ----------
    cv
        ``"auto"``, a number of folds, ``"holdout"``, a fraction to hold out, an object with ``split(X, y, groups)``
        or an iterable of ``(train, valid)`` row numbers.
    task, y
        The task and its encoded target, of shape ``(n_rows,)``.
    groups, times
        One value a row. A missing group is a group of its own; a missing time counts as the earliest. Times are
        ordered as they sort.
    weight
        Sample weights; every part must have some.
    X
        The rows, for splitters that look at them.
    seed
        The same seed gives the same folds.
    auto
        What ``"auto"`` stands for. Unlike the same number given as ``cv`` it is lowered to what the table allows.
    present
        Which rows of the caller's table these are; ``None`` for all. Row numbers that the caller writes down count
        all rows of that table; a splitter is asked to split the rows that are left.

    Raises
    ------
    PlanError
        If ``cv`` is unknown, gives unusable folds, or asks for more than the rows, groups or times allow.

    Examples
    --------
    >>> task = Task("binary", "bought", ("no", "yes"))
    >>> folds = make_folds(5, task=task, y=np.arange(100) % 2)
    >>> folds.name, folds.is_partition, [len(valid) for _, valid in folds]
    ('5-fold stratified', True, [20, 20, 20, 20, 20])
    """
    table = _Table.of(task, np.asarray(y), groups, times, seed)
    if isinstance(cv, str) and cv not in ("auto", "holdout"):
        raise PlanError(f"Unknown cv {cv!r}. {suggest(cv, ('auto', 'holdout'))} Or give a number of folds.")
    if isinstance(cv, bool) or cv is None:
        raise PlanError(f"cv={cv!r} says nothing about folds; give 'auto', a number of folds or a splitter.")
    if isinstance(cv, Real):
        cv = int(cv) if isinstance(cv, Integral) else float(cv)
    folds = _own_folds(cv, table, auto) if isinstance(cv, str | int | float) else _callers_folds(cv, table, X, present)
    if task.is_classification:
        check_labels(folds, table.y, task.classes)
    if weight is not None:
        check_weight(folds, weight)
    return folds


@dataclass(frozen=True, slots=True)
class _Table:
    """What cutting looks at, as integer codes; a missing time is -1."""

    task: Task
    y: npt.NDArray[Any]
    group: IntArray | None
    time: IntArray | None
    seed: int

    @classmethod
    def of(cls, task: Task, y: npt.NDArray[Any], groups: Any, times: Any, seed: int) -> _Table:
        if len(y) < 2:
            raise PlanError(f"A table of {len(y)} row can't be validated; give at least 2 rows with a target.")
        group = None if groups is None else _codes("groups", groups, len(y))
        if group is not None and (missing := int((group < 0).sum())):
            text = f"{missing} rows have no group; together they are treated as one group."
            warn(text)
            group = np.where(group < 0, group.max() + 1, group)
        time = None if times is None else _codes("times", times, len(y))
        if time is not None and (missing := int((time < 0).sum())):
            text = f"{missing} rows have no time; they count as the earliest and are never validated."
            warn(text)
        return cls(task, y, group, time, seed)

    @property
    def n_rows(self) -> int:
        return len(self.y)

    @property
    def n_groups(self) -> int:
        return 0 if self.group is None else int(self.group.max()) + 1

    @property
    def rng(self) -> np.random.Generator:
        return np.random.default_rng(self.seed)

    @property
    def n_single(self) -> int:
        """Labels with one row."""
        return int((np.bincount(self.y.astype(np.intp)) == 1).sum()) if self.task.is_classification else 0


def _codes(what: str, values: Any, n_rows: int) -> IntArray:
    if len(values) != n_rows:
        raise PlanError(f"{what} has {len(values):,} values for {n_rows:,} rows; give one value a row.")
    cells = pd.Series(np.asarray(values))
    if what == "times" and (kinds := pd.api.types.infer_dtype(cells, skipna=True)) in ("mixed", "mixed-integer"):
        raise PlanError(f"times are of several types ({kinds}) and can't be ordered; give dates, numbers or texts.")
    codes, _ = pd.factorize(cells, sort=what == "times")
    return np.asarray(codes, dtype=np.intp)


def _own_folds(cv: str | float, table: _Table, auto: int | Literal["holdout"]) -> Folds:
    is_auto, why = cv == "auto", "as asked for"
    if is_auto:
        cv, why = auto, f"chosen for {table.n_rows:,} rows and the time there is"
    if cv == "holdout":
        cv = default_holdout(table.n_rows)
    if isinstance(cv, int):
        if cv < 2:
            raise PlanError(f"cv={cv} is too few folds; give at least 2, or 'holdout'.")
        return _n_folds(cv, table, why, is_auto=is_auto)
    fraction = float(cv)
    if not 0 < fraction < 1:
        raise PlanError(f"cv={fraction} is no fraction to hold out; give one between 0 and 1, or a number of folds.")
    return _holdout(fraction, table, why)


def _n_folds(n_folds: int, table: _Table, why: str, *, is_auto: bool) -> Folds:
    if table.time is not None:
        return _forward(n_folds, table, why, is_auto=is_auto)
    available, of_what = table.n_rows - table.n_single, "rows whose label stands twice" if table.n_single else "rows"
    if table.group is not None:
        available, of_what = table.n_groups, "groups"
    if is_auto:
        n_folds = min(n_folds, available)
        if table.task.kind == "binary" and table.group is None:
            n_folds = min(n_folds, max(2, int(np.bincount(table.y.astype(np.intp)).min())))
    if n_folds > available or n_folds < 2:
        raise PlanError(
            f"{n_folds if n_folds > 1 else 2} folds need as many {of_what}, and there are {available}; "
            f"{'lower cv' if available > 1 else 'give more data'} or give a splitter of your own."
        )
    rng = table.rng
    stratum = rules.strata(table.y, table.task.is_classification, n_folds, rng)
    if table.group is not None:
        number = rules.deal_groups(table.group, stratum, n_folds, rng)
        name, how = f"{n_folds}-fold grouped", f"{table.n_groups:,} groups, none of them split"
    else:
        number = rules.deal(stratum, n_folds, rng, keep_singles=table.task.is_classification)
        name, how = f"{n_folds}-fold stratified", f"shuffled, {_alike(table)}"
    reason = f"{n_folds} folds ({why}): {how}; every row is validated once{_rare(table, n_folds)}."
    return _made(rules.splits_of(number, n_folds), name, reason, table)


def _holdout(fraction: float, table: _Table, why: str) -> Folds:
    if table.time is not None:
        return _forward(fraction, table, why, is_auto=False)
    rng = table.rng
    if table.group is not None:
        if table.n_groups < 2:
            raise PlanError("A hold-out by groups needs 2 groups, and there is 1; leave out groups.")
        part = min(fraction, 1 - fraction)
        n_parts = int(np.clip(round(1 / part), 2, table.n_groups))
        stratum = rules.strata(table.y, table.task.is_classification, n_parts, rng)
        number = rules.deal_groups(table.group, stratum, n_parts, rng)
        is_valid = number == 0 if fraction <= 0.5 else number != 0
        how = "whole groups"
    else:
        stratum = rules.strata(table.y, table.task.is_classification, round(1 / fraction), rng)
        is_valid = rules.draw(stratum, fraction, rng, keep_singles=table.task.is_classification) == 0
        how = f"shuffled, {_alike(table)}"
    if not is_valid.any():
        raise PlanError("Every label has a single row, so that none can be held out; give more rows of each label.")
    share = f"{100 * is_valid.mean():.2g} %"
    reason = f"A hold-out of {share} of the rows ({why}): {how}; {is_valid.sum():,} rows are validated."
    return _made([(np.flatnonzero(~is_valid), np.flatnonzero(is_valid))], "hold-out", reason, table)


def _forward(wanted: int | float, table: _Table, why: str, *, is_auto: bool) -> Folds:
    assert table.time is not None
    order = np.argsort(table.time, kind="stable")
    allowed = rules.cuts(table.time, table.y if table.task.is_classification else None, order)
    n_folds = wanted if isinstance(wanted, int) else 1
    if is_auto:
        n_folds = min(n_folds, len(allowed))
    if len(allowed) < max(n_folds, 1):
        seen = " after two labels have been seen" if table.task.is_classification else ""
        raise PlanError(
            f"Folds along time are cut between different times{seen}: {max(n_folds, 1)} cuts wanted, "
            f"{len(allowed)} possible; lower cv or leave out the time column."
        )
    starts = np.arange(1, n_folds + 1) / (n_folds + 1) if isinstance(wanted, int) else np.array([1 - wanted])
    splits = rules.chain(order, allowed, starts * table.n_rows, table.group)
    if is_auto and table.group is not None:
        splits = [split for split in splits if _can_train(split, table)]
    if not splits or not all(len(train) for train, _ in splits):
        raise PlanError(
            "Along time no earlier rows are left to train on once the validated groups leave training; "
            "leave out groups or the time column, or give a splitter of your own."
        )
    leave = "; rows of a validated group leave training" if table.group is not None else ""
    folds = "1 fold" if len(splits) == 1 else f"{len(splits)} folds"
    name = f"{len(splits)}-fold forward" if isinstance(wanted, int) else "hold-out of the latest"
    reason = f"{folds} along time ({why}): each trains on all that came before the rows it validates{leave}."
    return _made(splits, name, reason, table)


def _can_train(split: Split, table: _Table) -> bool:
    train = split[0]
    return bool(len(train)) and (not table.task.is_classification or bool((table.y[train] != table.y[train[0]]).any()))


def _made(splits: list[Split], name: str, reason: str, table: _Table) -> Folds:
    if table.n_single and table.group is None and table.time is None:
        counts = np.bincount(table.y.astype(np.intp), minlength=table.task.n_classes)
        labels = [table.task.classes[code] for code in np.flatnonzero(counts == 1)]
        text = f"Labels with a single row are always trained on and never validated: {listed(labels)}."
        warn(text)
    return Folds(check_splits(splits, table.n_rows), name, reason, table.n_rows)


def _alike(table: _Table) -> str:
    return (
        "with labels in equal shares" if table.task.is_classification else "with equal shares of low and high targets"
    )


def _rare(table: _Table, n_folds: int) -> str:
    if not table.task.is_classification:
        return ""
    counts = np.bincount(table.y.astype(np.intp))
    rare = int(((counts > 0) & (counts < n_folds)).sum())
    single = " but the only row of a label" if table.n_single and table.group is None else ""
    missing = f"; labels with fewer rows than folds ({rare}) are missing from some validations" if rare else ""
    return single + missing


def _callers_folds(cv: Any, table: _Table, X: pd.DataFrame | None, present: npt.NDArray[np.bool_] | None) -> Folds:
    name = type(cv).__name__
    if isinstance(cv, PredefinedSplit):  # holds row numbers of the caller's table
        pairs = _left(cv.split(), present)
    elif hasattr(cv, "split"):
        rows = pd.DataFrame(index=range(table.n_rows)) if X is None else X
        try:
            with warnings.catch_warnings():
                # check_promises tells what an ignored group means, not only that it is ignored
                warnings.filterwarnings("ignore", "The groups parameter is ignored", UserWarning)
                pairs = list(cv.split(rows, table.y, table.group))
        except (TypeError, ValueError) as error:
            raise PlanError(f"The splitter {name} can't split this table: {error}") from error
    elif isinstance(cv, Iterable):
        pairs, name = _left(cv, present), "given pairs"
    else:
        raise PlanError(
            f"cv={cv!r} is neither a name, a number of folds, a splitter nor pairs of row numbers; give one of these."
        )
    splits = check_splits(pairs, table.n_rows)
    folds = Folds(splits, f"{len(splits)}-fold {name}", f"{len(splits)} folds from {name}, as asked for.", table.n_rows)
    check_promises(folds, name, table.group, table.time)
    return folds


def _left(pairs: Iterable[Any], present: npt.NDArray[np.bool_] | None) -> list[Any]:
    """Return pairs of the caller's row numbers as numbers of the rows that are left."""
    if present is None or present.all():
        return list(pairs)
    number = np.cumsum(present) - 1
    return [
        (number[train[present[train]]], number[valid[present[valid]]])
        for train, valid in check_splits(pairs, len(present))
    ]
