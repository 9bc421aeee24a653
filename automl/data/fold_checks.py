"""What folds must be to be usable, checked before anything is fitted.

Wherever folds come from, no part may be empty, no row number may lie outside the table, no row may stand on both
sides, every training part has two labels and every part some weight: these are errors. Folds of the caller that
split a group or train on what comes later, and training parts that lack a label, are warned of.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from automl.data.folds import Folds, IntArray, Split
from automl.errors import PlanError, warn


def check_splits(pairs: Iterable[Any], n_rows: int) -> tuple[Split, ...]:
    """Return usable, read-only splits from pairs of row numbers or of boolean masks.

    Training rows may stand twice (a bootstrap); validation rows may not.

    Raises
    ------
    PlanError
        If there is no pair, or one is no pair, has an empty part, rows outside the table or rows on both sides.
    """
    splits = tuple(_checked(number, pair, n_rows) for number, pair in enumerate(pairs, start=1))
    if not splits:
        raise PlanError("The splits in cv are empty; give at least one pair of training and validation rows.")
    return splits


def _checked(number: int, pair: Any, n_rows: int) -> Split:
    try:
        train, valid = pair
    except (TypeError, ValueError) as error:
        raise PlanError(f"Fold {number} of cv is no pair; give (training rows, validation rows) for each.") from error
    train, valid = _row_numbers(number, "training", train, n_rows), _row_numbers(number, "validation", valid, n_rows)
    times_validated = np.bincount(valid, minlength=n_rows)
    if (both := np.flatnonzero(times_validated[train])).size:
        raise PlanError(
            f"Fold {number} of cv has row {train[both[0]]} in both training and validation "
            f"({np.unique(train[both]).size} such rows); keep the two apart."
        )
    if times_validated.max() > 1:
        raise PlanError(f"Fold {number} of cv validates row {times_validated.argmax()} more than once; list it once.")
    return train, valid


def _row_numbers(number: int, side: str, part: Any, n_rows: int) -> IntArray:
    rows = np.asarray(part)
    if rows.dtype == bool and rows.shape == (n_rows,):
        rows = np.flatnonzero(rows)
    if rows.size == 0:
        raise PlanError(f"Fold {number} of cv has no {side} rows; change the splitter so that no part is empty.")
    if rows.ndim != 1 or rows.dtype.kind not in "iu":
        raise PlanError(
            f"The {side} rows of fold {number} of cv are {rows.dtype} of shape {rows.shape}; "
            "give row numbers from 0, or a mask with one boolean a row."
        )
    if rows.min() < 0 or rows.max() >= n_rows:
        wrong = rows.min() if rows.min() < 0 else rows.max()
        raise PlanError(
            f"Fold {number} of cv has the {side} row {wrong}, but rows are numbered 0 to {n_rows - 1}; "
            "give positions in the table, not index labels."
        )
    rows = rows.astype(np.intp)
    rows.setflags(write=False)
    return rows


def check_labels(folds: Folds, y: npt.NDArray[Any], classes: Sequence[Any]) -> None:
    """Refuse a training part of one label; warn of training parts that lack a label which stands elsewhere."""
    present = np.bincount(y.astype(np.intp), minlength=len(classes)) > 0
    missing = np.zeros_like(present)
    for number, (train, _) in enumerate(folds, start=1):
        seen = np.bincount(y[train].astype(np.intp), minlength=len(classes)) > 0
        if seen.sum() < 2:
            raise PlanError(
                f"Fold {number} of cv trains on the single label {classes[int(seen.argmax())]!r}; "
                "change cv, groups or times so that every training part has two labels."
            )
        missing |= present & ~seen
    if missing.any():
        labels = listed([classes[int(code)] for code in np.flatnonzero(missing)])
        text = f"Some folds have no training row of a label that stands elsewhere: {labels}."
        warn(text)


def check_weight(folds: Folds, weight: npt.NDArray[Any]) -> None:
    """Refuse weights of another length, and parts in which no row has a weight."""
    if len(weight) != folds.n_rows:
        raise PlanError(f"sample_weight has {len(weight):,} values for {folds.n_rows:,} rows; give one value a row.")
    for number, split in enumerate(folds, start=1):
        for side, part in zip(("training", "validation"), split, strict=True):
            if not np.asarray(weight)[part].sum() > 0:
                raise PlanError(f"Fold {number} of cv has {side} rows of no weight; give some a weight above zero.")


def check_promises(folds: Folds, name: str, group: IntArray | None, time: IntArray | None) -> None:
    """Warn where folds of the caller split a group, or train on rows that are not older than those validated."""
    if group is not None and any(np.isin(group[valid], group[train]).any() for train, valid in folds):
        text = f"The folds of {name} put rows of one group on both sides, so scores may be too good."
        warn(text)
    if time is not None and any(time[train].max() >= time[valid].min() for train, valid in folds):
        text = f"The folds of {name} train on rows that are not older than those validated, so scores may be too good."
        warn(text)


def listed(labels: Sequence[Any]) -> str:
    """Return the first five labels as they would be typed, and how many more there are."""
    return ", ".join(repr(each) for each in labels[:5]) + (f" and {len(labels) - 5} more" if len(labels) > 5 else "")
