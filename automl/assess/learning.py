"""Would more rows help? The chosen configuration, fitted on growing samples and scored on the same rows.

Where the curve still falls at its end, more rows are worth more than more search; where it is flat, they are not. The
rows of each fold's training part come in an order drawn once, so that a larger sample holds every smaller one, and with
one row of each label first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from automl.assess.judged import Judged
from automl.assess.scores import score
from automl.errors import PlanError
from automl.values.algorithm import FloatArray, IntArray
from automl.values.metric import Metric
from automl.values.task import Task

if TYPE_CHECKING:
    from automl.plotting import Picture

SIZES = (0.1, 0.25, 0.5, 1.0)
"""Shares of the training rows by default."""

Fit = Callable[[IntArray], Callable[[IntArray], FloatArray]]


@dataclass(frozen=True, eq=False)
class LearningCurve:
    """Scores by number of training rows.

    Attributes
    ----------
    metric
        What is scored.
    table
        ``rows, fold, train, validation``.
    """

    metric: Metric
    table: pd.DataFrame

    def frame(self) -> pd.DataFrame:
        """Return ``rows, train, validation, std``: means over folds, and the deviation of the validation score."""
        grouped = self.table.groupby("rows")
        means = grouped[["train", "validation"]].mean()
        return means.assign(std=grouped["validation"].std()).reset_index()

    @property
    def gain(self) -> float:
        """How much the last step improved the validation score; above 0 where more rows helped."""
        scores = self.frame()["validation"].to_numpy()
        return float("nan") if len(scores) < 2 else self.metric.loss_of(scores[-2]) - self.metric.loss_of(scores[-1])

    def plot(self) -> Picture:
        """Return a picture of both scores by number of rows."""
        from automl.plotting import look, new_figure, style

        told = self.frame()
        with look():
            figure = new_figure(5.6, 3.8)
            axes = figure.subplots()
            for place, (name, label) in enumerate((("validation", "other rows"), ("train", "training rows"))):
                axes.plot(told["rows"], told[name], marker="o", markersize=4, label=label, **style(place))
            spread = told["std"].fillna(0)
            axes.fill_between(told["rows"], told["validation"] - spread, told["validation"] + spread, alpha=0.15)
            axes.set(xscale="log", xlabel="training rows", ylabel=self.metric.name, title="Learning curve")
            axes.set_xticks(told["rows"], [f"{n:,}" for n in told["rows"]], minor=False)
            axes.set_xticks([], minor=True)
            axes.legend()
        return figure

    def _repr_png_(self) -> bytes:
        return self.plot()._repr_png_()

    def __repr__(self) -> str:
        """Tell the last step in a sentence."""
        frame = self.frame()
        told = zip(frame["validation"].tolist(), frame["rows"].tolist(), strict=True)
        steps = ", ".join(f"{score:.4g} with {rows:,} rows" for score, rows in told)
        return f"{self.metric.name}: {steps}."


def learning_curve(
    fit: Fit,
    task: Task,
    metric: Metric,
    y: npt.NDArray[Any],
    weight: FloatArray | None,
    splits: Sequence[tuple[IntArray, IntArray]],
    sizes: Sequence[float] = SIZES,
    seed: int = 0,
) -> LearningCurve:
    """Return the scores of growing samples.

    Parameters
    ----------
    fit
        Given rows to train on, returns what predicts other rows.
    sizes
        Shares of a fold's training rows (floats up to 1) or numbers of rows (integers).

    Raises
    ------
    PlanError
        If a size is neither, or larger than the training part.
    """
    smallest = min(len(train) for train, _ in splits)
    wanted = sorted({_rows(size, smallest) for size in sizes})
    if not wanted:
        raise PlanError("sizes is empty; give shares of the rows, such as (0.25, 0.5, 1.0).")
    found = []
    for fold, (train, valid) in enumerate(splits):
        order = _order(y[train], task, np.random.default_rng([seed, fold]))
        for n in wanted:
            rows = np.sort(train[order[: max(n, task.n_classes)]])
            predict = fit(rows)
            scores = []
            for part in (rows, valid):
                part_weight = None if weight is None else weight[part]
                scores.append(score(Judged(task, y[part], predict(part), part_weight), metric.name, metric))
            found.append((len(rows), fold, *scores))
    return LearningCurve(metric, pd.DataFrame(found, columns=["rows", "fold", "train", "validation"]))


def _rows(size: Any, most: int) -> int:
    is_count = isinstance(size, int | np.integer) and not isinstance(size, bool)
    if is_count and 2 <= size <= most:
        return int(size)
    if isinstance(size, float | np.floating) and 0 < size <= 1:
        return max(2, round(float(size) * most))
    raise PlanError(f"sizes has {size!r}; give shares above 0 and up to 1.0, or numbers of rows from 2 to {most:,}.")


def _order(y: npt.NDArray[Any], task: Task, rng: np.random.Generator) -> IntArray:
    order = rng.permutation(len(y))
    if not task.is_classification:
        return order
    first = np.zeros(len(y), dtype=bool)
    first[np.unique(y[order], return_index=True)[1]] = True
    return np.concatenate([order[first], order[~first]])
