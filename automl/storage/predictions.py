"""What the folds of a run predicted for rows that they had not trained on, beside what was true.

The search's workers leave one file a fold; the truth, the weights and which rows each fold validated are kept once.
From these an evaluation needs no training table, years later.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from automl.errors import StorageError, telling
from automl.evaluation.problem import Problem
from automl.storage.folder import RunFolder
from automl.values.algorithm import FloatArray, IntArray
from automl.values.evaluation import Evaluation


@dataclass(frozen=True, slots=True)
class OutOfFold:
    """Predictions of rows by models that had not seen them.

    Attributes
    ----------
    rows
        Which rows of the training table these are, ``(n,)``, ascending; those without a target are not counted.
    fold
        The fold that validated each row, ``(n,)``; of several the last.
    y
        The encoded target, ``(n,)``: labels 0..K-1, or floats.
    prediction
        ``(n, width)``: class probabilities in class order, or one column.
    weight
        Sample weights ``(n,)`` or ``None``.
    """

    rows: IntArray
    fold: IntArray
    y: npt.NDArray[Any]
    prediction: FloatArray
    weight: FloatArray | None


@dataclass(frozen=True, slots=True)
class Validation:
    """What is known of the rows that folds validated.

    Attributes
    ----------
    y, weight
        The encoded target of all rows ``(n_rows,)``, and their weights or ``None``.
    group
        A number for the group of each row, ``(n_rows,)``, or ``None``.
    valid
        For each fold, the rows that it validated.
    """

    y: npt.NDArray[Any]
    weight: FloatArray | None
    group: IntArray | None
    valid: list[IntArray]


def keep_truth(folder: RunFolder, problem: Problem, groups: npt.NDArray[Any] | None = None) -> None:
    """Keep target, weights, groups and the rows of each fold; those that train only where they are not all others."""
    arrays = {"y": problem.y, **{f"valid_{fold}": valid for fold, (_, valid) in enumerate(problem.splits)}}
    for fold, (train, valid) in enumerate(problem.splits):
        if len(train) + len(valid) < len(problem.y):
            arrays[f"train_{fold}"] = np.packbits(np.isin(np.arange(len(problem.y)), train))
    if problem.weight is not None:
        arrays["weight"] = problem.weight
    if groups is not None:
        arrays["group"] = pd.factorize(groups, use_na_sentinel=False)[0]
    data = io.BytesIO()
    np.savez(data, **arrays)  # type: ignore[arg-type]  # its stub takes the names for its own parameters
    folder.write_bytes(folder.truth, data.getbuffer())


def out_of_fold(folder: RunFolder, members: Sequence[tuple[Evaluation, float]]) -> OutOfFold:
    """Return what the members predict together, each with its weight, for rows that all of them have predicted.

    Raises
    ------
    StorageError
        If the run was made before predictions were kept with their truth, or no row was predicted by all members.
    """
    kept = kept_validation(folder)
    y, weight, valid = kept.y, kept.weight, kept.valid
    total: FloatArray | None = None
    fold_of = np.full(len(y), -1)
    seen = np.ones(len(y), dtype=bool)
    for evaluation, share in members:
        times = np.zeros(len(y))
        mine: FloatArray | None = None
        for fold in (each.fold for each in evaluation.folds if each.is_ok):
            predicted = np.load(io.BytesIO(folder.read_bytes(folder.fold_prediction(evaluation.number, fold))))
            mine = np.zeros((len(y), predicted.shape[1])) if mine is None else mine
            mine[valid[fold]] += predicted
            times[valid[fold]] += 1
            fold_of[valid[fold]] = fold
        seen &= times > 0
        if mine is not None:
            mine *= share / np.maximum(times, 1)[:, None]
            total = mine if total is None else total + mine
    rows = np.flatnonzero(seen)
    if total is None or not len(rows):
        raise StorageError(f"No row was predicted by all members of this pipeline in {folder.path}.")
    return OutOfFold(rows, fold_of[rows], y[rows], total[rows], None if weight is None else weight[rows])


def kept_validation(folder: RunFolder) -> Validation:
    """Return the truth and who was validated where.

    Raises
    ------
    StorageError
        If an earlier version made the run, which kept none.
    """
    if not folder.truth.exists():
        raise StorageError(
            f"The run in {folder.path} keeps no out-of-fold truth; an earlier version made it. Give a test table."
        )
    with telling(folder.truth, "read"), np.load(io.BytesIO(folder.read_bytes(folder.truth))) as kept:
        valid = [kept[f"valid_{fold}"] for fold in range(sum(name.startswith("valid_") for name in kept))]
        return Validation(kept["y"], kept.get("weight"), kept.get("group"), valid)


def kept_truth(folder: RunFolder) -> tuple[npt.NDArray[Any], FloatArray | None, list[tuple[IntArray, IntArray]]]:
    """Return the encoded target of all rows, their weights, and the rows that trained and validated each fold.

    Raises
    ------
    StorageError
        If an earlier version made the run, which kept none.
    """
    if not folder.truth.exists():
        raise StorageError(
            f"The run in {folder.path} keeps no out-of-fold truth; an earlier version made it. Give a test table."
        )
    with telling(folder.truth, "read"), np.load(io.BytesIO(folder.read_bytes(folder.truth))) as kept:
        y, weight = kept["y"], kept.get("weight")
        splits: list[tuple[IntArray, IntArray]] = []
        for fold in range(sum(name.startswith("valid_") for name in kept)):
            valid = kept[f"valid_{fold}"]
            if f"train_{fold}" in kept:
                train = np.flatnonzero(np.unpackbits(kept[f"train_{fold}"], count=len(y)))
            else:
                train = np.setdiff1d(np.arange(len(y)), valid)
            splits.append((train, valid))
    return y, weight, splits
