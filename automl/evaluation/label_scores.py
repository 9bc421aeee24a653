"""Scores of decided labels: accuracy, precision, recall, F1, Matthews and Cohen's coefficients.

All of them follow from three counts per class, weighted if rows have weights: how many rows were given it rightly,
how many have it, how many were given it. One pass over the rows makes them, whatever the number of classes.

A class that neither occurs nor is predicted is left out of macro means (validation folds may lack a rare label). A
ratio without a denominator is 0, as is a coefficient where truth or prediction has one class only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from automl.evaluation.decisions import decide

FloatArray = npt.NDArray[np.floating[Any]]
Average = Literal["binary", "macro", "micro", "weighted"]


@dataclass(frozen=True, slots=True)
class _Counts:
    """Weights of rows per class, each of shape ``(n_classes,)``."""

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


def _ratio(part: FloatArray, whole: FloatArray) -> FloatArray:
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)


def accuracy(y: npt.NDArray[Any], prediction: FloatArray, weight: FloatArray | None = None) -> float:
    """Return the share of rows with the right label."""
    counts = _Counts.of(y, prediction, weight)
    total = counts.true.sum()
    return float(counts.correct.sum() / total) if total > 0 else float("nan")


def balanced_accuracy(y: npt.NDArray[Any], prediction: FloatArray, weight: FloatArray | None = None) -> float:
    """Return the mean over the classes that occur of the share of their rows with the right label."""
    counts = _Counts.of(y, prediction, weight)
    occurs = counts.true > 0
    return float((counts.correct[occurs] / counts.true[occurs]).mean()) if occurs.any() else float("nan")


def precision(
    y: npt.NDArray[Any], prediction: FloatArray, weight: FloatArray | None = None, *, average: Average = "binary"
) -> float:
    """Return the share of rows given a label that have it."""
    counts = _Counts.of(y, prediction, weight)
    return _averaged(counts, counts.correct, counts.predicted, average)


def recall(
    y: npt.NDArray[Any], prediction: FloatArray, weight: FloatArray | None = None, *, average: Average = "binary"
) -> float:
    """Return the share of rows with a label that are given it."""
    counts = _Counts.of(y, prediction, weight)
    return _averaged(counts, counts.correct, counts.true, average)


def f1(
    y: npt.NDArray[Any], prediction: FloatArray, weight: FloatArray | None = None, *, average: Average = "binary"
) -> float:
    """Return the harmonic mean of precision and recall."""
    counts = _Counts.of(y, prediction, weight)
    return _averaged(counts, 2 * counts.correct, counts.true + counts.predicted, average)


def _averaged(counts: _Counts, part: FloatArray, whole: FloatArray, average: Average) -> float:
    if average == "binary":
        return float(_ratio(part, whole)[1])
    if average == "micro":
        return float(_ratio(part.sum(keepdims=True), whole.sum(keepdims=True))[0])
    by_class = _ratio(part, whole)
    if average == "macro":
        stands = (counts.true > 0) | (counts.predicted > 0)
        return float(by_class[stands].mean()) if stands.any() else float("nan")
    total = counts.true.sum()
    return float(by_class @ counts.true / total) if total > 0 else float("nan")


def mcc(y: npt.NDArray[Any], prediction: FloatArray, weight: FloatArray | None = None) -> float:
    """Return Matthews' correlation coefficient for any number of classes (Gorodkin 2004), from -1 to 1."""
    counts = _Counts.of(y, prediction, weight)
    total = counts.true.sum()
    shared = counts.correct.sum() * total - counts.true @ counts.predicted
    spread = (total**2 - counts.true @ counts.true) * (total**2 - counts.predicted @ counts.predicted)
    return float(shared / np.sqrt(spread)) if spread > 0 else 0.0


def cohen_kappa(y: npt.NDArray[Any], prediction: FloatArray, weight: FloatArray | None = None) -> float:
    """Return Cohen's kappa: agreement beyond what the class shares alone would give, at most 1."""
    counts = _Counts.of(y, prediction, weight)
    total = counts.true.sum()
    by_chance = counts.true @ counts.predicted
    beyond = total**2 - by_chance
    return float((counts.correct.sum() * total - by_chance) / beyond) if beyond > 0 else 0.0
