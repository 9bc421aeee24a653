"""How long a fit will take: declared roughly, then corrected by what this run has timed.

Every algorithm declares the seconds of a default fit on one core. Its own fits in this run, once there are some, say
how far off that is here; what one algorithm taught about the machine is used for those that have not run yet. A
reproducible run (no time budget) never asks.
"""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Mapping

from automl.values.algorithm import Algorithm, DataShape


class CostModel:
    """Predicted wall seconds of one fold's fit, by algorithm."""

    def __init__(self, algorithms: Mapping[str, Algorithm], shape: DataShape, threads: int) -> None:
        self._declared = {
            name: max(0.02, algorithm.seconds(shape) / max(1.0, 0.7 * threads))
            for name, algorithm in algorithms.items()
        }
        self._anytime = {name for name, algorithm in algorithms.items() if algorithm.is_anytime}
        self._timed: dict[str, list[float]] = defaultdict(list)

    def observe(self, algorithm: str, seconds: float) -> None:
        """Take note of a fold that took ``seconds``."""
        self._timed[algorithm].append(seconds)

    def fold_seconds(self, algorithm: str, allowance: float) -> float:
        """Return the seconds that a fold of this algorithm will likely take, on the careful side.

        Parameters
        ----------
        allowance
            Seconds that a fold may train; a family that keeps to them takes hardly longer.
        """
        timed = self._timed.get(algorithm)
        if timed:
            recent = timed[-10:]
            expected = statistics.fmean(recent) if len(recent) < 3 else statistics.quantiles(recent, n=4)[2]
        else:
            expected = self._declared[algorithm] * self._speed()
        return min(expected, 1.1 * allowance) if algorithm in self._anytime else expected

    def _speed(self) -> float:
        """Return how much slower than declared this machine is on this table: the median over what was timed."""
        ratios = [
            statistics.median(seconds) / self._declared[name]
            for name, seconds in self._timed.items()
            if statistics.median(seconds) > 0.05  # below that the overhead of a task is all one sees
        ]
        return min(10.0, max(0.1, statistics.median(ratios))) if ratios else 1.0
