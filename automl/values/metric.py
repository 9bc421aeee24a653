"""How good a prediction is: a score in its own direction outside, a loss (lower is better) inside.

Predictions travel as one matrix of shape ``(n_rows, width)``: class probabilities in class order for a classifier,
one column of values for a regressor. Targets are encoded: labels as 0..K-1, quantities as floats. The catalogue of
named metrics is :mod:`automl.evaluation.metrics`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from automl.values.task import TASK_KINDS, TaskKind

Score = Callable[[npt.NDArray[Any], npt.NDArray[np.floating[Any]], npt.NDArray[np.floating[Any]] | None], float]


@dataclass(frozen=True, slots=True)
class Metric:
    """A named score of predictions.

    Attributes
    ----------
    name
        As on the leaderboard, such as ``"roc_auc"``.
    function
        ``function(y, prediction, weight)`` with ``prediction`` of shape ``(n_rows, width)`` and ``weight`` of shape
        ``(n_rows,)`` or ``None``.
    greater_is_better
        Its direction.
    tasks
        Kinds of task it is defined for.
    needs_labels
        Whether it looks at decided labels only (accuracy, F1, …), not at the probabilities themselves.

    Examples
    --------
    >>> bias = Metric("bias", lambda y, p, w: float(abs((p[:, 0] - y).mean())), False, ("regression",))
    >>> bias.loss(np.array([1.0, 2.0]), np.array([[1.0], [3.0]]))
    0.5
    """

    name: str
    function: Score
    greater_is_better: bool = True
    tasks: tuple[TaskKind, ...] = TASK_KINDS
    needs_labels: bool = False

    def score(self, y: npt.NDArray[Any], prediction: npt.NDArray[Any], weight: npt.NDArray[Any] | None = None) -> float:
        """Return the score in the metric's own direction."""
        return float(self.function(y, prediction, weight))

    def on(self, rows: npt.NDArray[np.integer[Any]]) -> Metric:
        """Return the metric of these training rows: itself, but for one that knows something of each row."""
        bound = getattr(self.function, "at", None)
        return self if bound is None else replace(self, function=bound(rows))

    def loss(self, y: npt.NDArray[Any], prediction: npt.NDArray[Any], weight: npt.NDArray[Any] | None = None) -> float:
        """Return the score turned so that lower is better."""
        return self.loss_of(self.score(y, prediction, weight))

    def loss_of(self, score: float) -> float:
        """Turn a score into a loss; it is its own inverse."""
        return 0.0 - score if self.greater_is_better else score  # 0.0 - 0.0 is not -0.0

    def score_of(self, loss: float) -> float:
        """Turn a loss into a score."""
        return 0.0 - loss if self.greater_is_better else loss

    @property
    def direction(self) -> str:
        """``"maximize"`` or ``"minimize"``, as a study calls it."""
        return "maximize" if self.greater_is_better else "minimize"
