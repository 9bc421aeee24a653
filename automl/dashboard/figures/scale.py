"""Where the axis of the scores ends, so that a few hopeless trials do not squeeze all others together.

The axis reaches from the best loss to the third quartile and half as far again. What lies beyond is drawn at the edge,
as a triangle that points outwards, with its true score in the hover text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from automl.values.metric import Metric

MARGIN = 0.05  # of the axis' length, left free at both ends


@dataclass(frozen=True, slots=True)
class Scale:
    """A stretch of losses that an axis of scores shows."""

    metric: Metric
    best: float
    worst: float

    @classmethod
    def of(cls, metric: Metric, losses: Sequence[float]) -> Scale:
        """Return the scale of these finite losses.

        Examples
        --------
        >>> from automl.values.metric import Metric
        >>> accuracy = Metric("accuracy", lambda y, p, w: 0.0)
        >>> Scale.of(accuracy, [-0.9, -0.8, -0.7, -0.6, 5.0]).range
        [0.4275, 0.9225]
        """
        best, quartile, worst = (float(each) for each in np.quantile(losses, [0.0, 0.75, 1.0]))
        reach = quartile + 0.5 * (quartile - best)
        return cls(metric, best, worst if quartile <= best else min(worst, reach))

    @property
    def range(self) -> list[float]:
        """The ends of the axis, left to right, in the metric's own direction."""
        room = MARGIN * (self.worst - self.best) or MARGIN * max(abs(self.best), 1e-9)
        ends = (self.metric.score_of(self.best - room), self.metric.score_of(self.worst + room))
        return [float(f"{end:.5g}") for end in sorted(ends)]

    def holds(self, loss: float) -> bool:
        """Whether it lies on the axis."""
        return loss <= self.worst

    @property
    def edge(self) -> float:
        """The score at which everything worse is drawn."""
        return self.metric.score_of(self.worst)
