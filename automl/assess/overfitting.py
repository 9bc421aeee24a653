"""Does the model know its training rows by heart? Each fold's score on rows that it trained on, and on rows it did not.

A gap is no fault by itself: a forest of full trees or nearest neighbours repeat their training rows almost exactly and
may still be the best model for new ones. What counts is the score on rows that the model has not seen; the gap says how
much of the training score must not be believed, and whether a stiffer model or more rows are worth a try.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from automl.assess.judged import Judged
from automl.assess.scores import score
from automl.errors import StorageError
from automl.values.algorithm import FloatArray, IntArray
from automl.values.metric import Metric

if TYPE_CHECKING:
    from automl.plotting import Picture


@dataclass(frozen=True, eq=False)
class Overfitting:
    """Scores on training rows against scores on validation rows, fold by fold.

    Attributes
    ----------
    metric
        What is scored.
    table
        ``fold, train, validation, train_rows, validation_rows``.
    """

    metric: Metric
    table: pd.DataFrame

    @property
    def train(self) -> float:
        """Mean score on rows that a fold's model trained on."""
        return float(self.table["train"].mean())

    @property
    def validation(self) -> float:
        """Mean score on rows that it did not train on."""
        return float(self.table["validation"].mean())

    @property
    def gap(self) -> float:
        """How much better the training score is, in the metric's unit; above 0 where the model overfits."""
        return self.metric.loss_of(self.validation) - self.metric.loss_of(self.train)

    @property
    def error(self) -> float:
        """Standard error of the gap over folds; NaN below two folds."""
        gaps = [self.metric.loss_of(v) - self.metric.loss_of(t) for t, v in self._pairs()]
        return float(np.std(gaps, ddof=1) / np.sqrt(len(gaps))) if len(gaps) > 1 else float("nan")

    def _pairs(self) -> list[tuple[float, float]]:
        return list(zip(self.table["train"].tolist(), self.table["validation"].tolist(), strict=True))

    def frame(self) -> pd.DataFrame:
        """Return a row for each fold."""
        return self.table.copy()

    def plot(self) -> Picture:
        """Return a picture: a line from training to validation score for each fold."""
        from automl.plotting import COLOURS, look, new_figure

        with look():
            figure = new_figure(5.2, 3.6)
            axes = figure.subplots()
            for train, validation in self._pairs():
                axes.plot([0, 1], [train, validation], color=COLOURS[0], marker="o", markersize=4, alpha=0.7)
            axes.set_xticks([0, 1], ["training rows", "other rows"])
            axes.set(xlim=(-0.3, 1.3), ylabel=self.metric.name, title="Training against validation")
        return figure

    def _repr_png_(self) -> bytes:
        return self.plot()._repr_png_()

    def __repr__(self) -> str:
        """Tell both scores in a sentence."""
        folds = "one fold" if len(self.table) == 1 else f"{len(self.table)} folds"
        return (
            f"{self.metric.name} {self.train:.4g} on rows trained on, {self.validation:.4g} on others: "
            f"a gap of {self.gap:.3g} over {folds}."
        )


def compare_with_training(
    rows: Judged,
    metric: Metric,
    positions: IntArray,
    splits: Sequence[tuple[IntArray, IntArray]],
    predictions: Mapping[int, FloatArray],
) -> Overfitting:
    """Return the comparison from what each fold's model predicts for the same rows.

    Parameters
    ----------
    rows
        The rows; their own predictions are not looked at.
    positions
        Which rows of the training table they are.
    splits
        Training and validation rows of each fold, as positions.
    predictions
        By fold, ``(n, width)``.

    Raises
    ------
    StorageError
        If no fold has both kinds of rows.
    """
    found = []
    for fold, prediction in predictions.items():
        judged = Judged(rows.task, rows.y, prediction, rows.weight)
        masks = [np.isin(positions, part) for part in splits[fold]]
        if all(mask.any() for mask in masks):
            scores = [score(judged.take(mask), metric.name, metric) for mask in masks]
            found.append((fold, *scores, *(int(mask.sum()) for mask in masks)))
    if not found:
        raise StorageError("Of the rows that the run keeps, no fold has some to train and some to validate.")
    return Overfitting(
        metric, pd.DataFrame(found, columns=["fold", "train", "validation", "train_rows", "validation_rows"])
    )
