"""Scores of decided labels: accuracy, precision, recall, F1, Matthews and Cohen's coefficients.

All of them follow from three counts per class, weighted if rows have weights: how many rows were given it rightly,
how many have it, how many were given it. One pass over the rows makes them, whatever the number of classes.

A class that neither occurs nor is predicted is left out of macro means (validation folds may lack a rare label). A
ratio without a denominator is 0, as is a coefficient where truth or prediction has one class only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt

from automl.evaluation.decisions import decide

FloatArray = npt.NDArray[np.floating[Any]]
Average = Literal["binary", "macro", "micro", "weighted"]


@dataclass(frozen=True, slots=True)
class _Counts:
    """Weights of rows per class, each of shape ``(…, n_classes)``: one table of true and given labels, or many."""

    correct: FloatArray
    true: FloatArray
    predicted: FloatArray

    @classmethod
    def of(cls, y: npt.NDArray[Any], prediction: FloatArray, weight: FloatArray | None) -> _Counts:
        n_classes, truth, decided = prediction.shape[1], np.asarray(y, dtype=np.intp), decide(prediction)
        is_correct = truth == decided
        kept = None if weight is None else weight[is_correct]
        return cls(
            np.bincount(truth[is_correct], kept, n_classes).astype(float),
            np.bincount(truth, weight, n_classes).astype(float),
            np.bincount(decided, weight, n_classes).astype(float),
        )

    @classmethod
    def of_cells(cls, cells: FloatArray) -> _Counts:
        return cls(np.diagonal(cells, axis1=-2, axis2=-1), cells.sum(axis=-1), cells.sum(axis=-2))


def _ratio(part: FloatArray, whole: FloatArray) -> FloatArray:
    return np.asarray(np.divide(part, whole, out=np.zeros(np.shape(part)), where=whole > 0))


def _share(part: FloatArray, whole: npt.NDArray[Any]) -> FloatArray:
    """Return the ratio, NaN where there is no denominator."""
    return np.asarray(np.divide(part, whole, out=np.full(np.shape(part), np.nan), where=whole > 0))


def _mean_where(values: FloatArray, counts: npt.NDArray[np.bool_]) -> FloatArray:
    """Return means over the last axis of those that count; NaN where none does."""
    times = counts.sum(axis=-1)
    total = np.where(counts, values, 0.0).sum(axis=-1)
    return _share(total, times)


def _accuracy(counts: _Counts) -> FloatArray:
    total = counts.true.sum(axis=-1)
    right = counts.correct.sum(axis=-1)
    return _share(right, total)


def _balanced_accuracy(counts: _Counts) -> FloatArray:
    return _mean_where(_ratio(counts.correct, counts.true), counts.true > 0)


def _precision(counts: _Counts, average: Average) -> FloatArray:
    return _averaged(counts, counts.correct, counts.predicted, average)


def _recall(counts: _Counts, average: Average) -> FloatArray:
    return _averaged(counts, counts.correct, counts.true, average)


def _f1(counts: _Counts, average: Average) -> FloatArray:
    return _averaged(counts, 2 * counts.correct, counts.true + counts.predicted, average)


def _averaged(counts: _Counts, part: FloatArray, whole: FloatArray, average: Average) -> FloatArray:
    if average == "binary":
        return np.asarray(_ratio(part, whole)[..., 1])
    if average == "micro":
        return _ratio(part.sum(axis=-1), whole.sum(axis=-1))
    by_class = _ratio(part, whole)
    if average == "macro":
        return _mean_where(by_class, (counts.true > 0) | (counts.predicted > 0))
    total = counts.true.sum(axis=-1)
    shared = (counts.true * by_class).sum(axis=-1)
    return _share(shared, total)


def _mcc(counts: _Counts) -> FloatArray:
    total = counts.true.sum(axis=-1)
    shared = counts.correct.sum(axis=-1) * total - (counts.true * counts.predicted).sum(axis=-1)
    spread = (total**2 - (counts.true**2).sum(axis=-1)) * (total**2 - (counts.predicted**2).sum(axis=-1))
    return _ratio(shared, np.sqrt(np.maximum(spread, 0.0)))


def _cohen_kappa(counts: _Counts) -> FloatArray:
    total = counts.true.sum(axis=-1)
    by_chance = (counts.true * counts.predicted).sum(axis=-1)
    return _ratio(counts.correct.sum(axis=-1) * total - by_chance, total**2 - by_chance)


_FORMULAS: Mapping[str, Callable[[_Counts], FloatArray]] = MappingProxyType(
    {
        "accuracy": _accuracy,
        "balanced_accuracy": _balanced_accuracy,
        "mcc": _mcc,
        "cohen_kappa": _cohen_kappa,
        **{
            name if how == "binary" else f"{name}_{how}": partial(formula, average=how)
            for name, formula in (("precision", _precision), ("recall", _recall), ("f1", _f1))
            for how in get_args(Average)
        },
    }
)


def score_cells(name: str, cells: FloatArray) -> FloatArray:
    """Return a score of many tables of true (lines) and given labels (columns), ``(…, n_classes, n_classes)``.

    Examples
    --------
    >>> score_cells("recall", np.array([[[3.0, 1.0], [1.0, 3.0]], [[4.0, 0.0], [4.0, 0.0]]])).tolist()
    [0.75, 0.0]
    """
    return np.asarray(_FORMULAS[name](_Counts.of_cells(cells)), dtype=np.float64)


def accuracy(y: npt.NDArray[Any], prediction: FloatArray, weight: FloatArray | None = None) -> float:
    """Return the share of rows with the right label."""
    return float(_accuracy(_Counts.of(y, prediction, weight)))


def balanced_accuracy(y: npt.NDArray[Any], prediction: FloatArray, weight: FloatArray | None = None) -> float:
    """Return the mean over the classes that occur of the share of their rows with the right label."""
    return float(_balanced_accuracy(_Counts.of(y, prediction, weight)))


def precision(
    y: npt.NDArray[Any], prediction: FloatArray, weight: FloatArray | None = None, *, average: Average = "binary"
) -> float:
    """Return the share of rows given a label that have it."""
    return float(_precision(_Counts.of(y, prediction, weight), average))


def recall(
    y: npt.NDArray[Any], prediction: FloatArray, weight: FloatArray | None = None, *, average: Average = "binary"
) -> float:
    """Return the share of rows with a label that are given it."""
    return float(_recall(_Counts.of(y, prediction, weight), average))


def f1(
    y: npt.NDArray[Any], prediction: FloatArray, weight: FloatArray | None = None, *, average: Average = "binary"
) -> float:
    """Return the harmonic mean of precision and recall."""
    return float(_f1(_Counts.of(y, prediction, weight), average))


def mcc(y: npt.NDArray[Any], prediction: FloatArray, weight: FloatArray | None = None) -> float:
    """Return Matthews' correlation coefficient for any number of classes (Gorodkin 2004), from -1 to 1."""
    return float(_mcc(_Counts.of(y, prediction, weight)))


def cohen_kappa(y: npt.NDArray[Any], prediction: FloatArray, weight: FloatArray | None = None) -> float:
    """Return Cohen's kappa: agreement beyond what the class shares alone would give, at most 1."""
    return float(_cohen_kappa(_Counts.of(y, prediction, weight)))
