"""How long a fit will take: declared roughly, then corrected by what this run has timed.

Every algorithm declares the seconds of a default fit on one core, and how much longer one config trains than another.
Its own fits in this run, once there are some, say how far off that is here; what one algorithm taught about the
machine is used for those that have not run yet. A reproducible run (no time budget) never asks.
"""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Mapping

from automl.search.planning import speedup
from automl.values.algorithm import Algorithm, DataShape
from automl.values.candidate import Candidate
from automl.values.space import SearchSpace

FAMILIES = 3  # that must have been timed, the dummy among them, before a fold's usual time is known
RECENT = 10  # fits of a family that its prediction looks back on


class CostModel:
    """Predicted wall seconds of one fold's fit, were it trained to its end.

    Parameters
    ----------
    algorithms, spaces
        The families that take part, and their spaces, whose default is what a declared cost is about.
    shape
        The table that a fold trains on.
    threads
        Threads of a fit, unless another number is told.
    """

    def __init__(
        self,
        algorithms: Mapping[str, Algorithm],
        spaces: Mapping[str, SearchSpace],
        shape: DataShape,
        threads: int,
    ) -> None:
        self._algorithms = algorithms
        self._n_rows = shape.n_rows
        self.threads = threads
        self._declared = {
            name: max(0.02, algorithm.seconds(shape)) / self._effort(name, spaces[name].default())
            for name, algorithm in algorithms.items()
        }
        self._timed: dict[str, list[float]] = defaultdict(list)  # with one thread, for an effort of 1
        self._folds: dict[str, list[float]] = defaultdict(list)  # with one thread

    def observe(self, candidate: Candidate, seconds: float, threads: int | None = None) -> None:
        """Take note of a fold that took ``seconds`` with so many threads."""
        alone = seconds * speedup(self.threads if threads is None else threads)
        alone /= self._growth(candidate)
        self._folds[candidate.algorithm].append(alone)
        self._timed[candidate.algorithm].append(alone / self._effort(candidate.algorithm, candidate.config))

    def is_known(self, candidate: Candidate) -> bool:
        """Tell whether a fold of the candidate's family has been timed."""
        return bool(self._timed.get(candidate.algorithm))

    def fold_seconds(self, candidate: Candidate) -> float:
        """Return the seconds that a fold of this candidate will likely take, on the careful side."""
        timed = self._timed.get(candidate.algorithm)
        if timed:
            recent = timed[-RECENT:]
            unit = max(recent) if len(recent) < 3 else statistics.quantiles(recent, n=4)[2]
        else:
            unit = self._declared[candidate.algorithm] * self._speed()
        return (
            unit * self._effort(candidate.algorithm, candidate.config) * self._growth(candidate) / speedup(self.threads)
        )

    @property
    def typical_seconds(self) -> float | None:
        """Seconds of a fold with one thread, the mean over families; ``None`` before some were timed."""
        if len(self._folds) < FAMILIES:
            return None
        return statistics.fmean(map(statistics.median, self._folds.values()))

    def _growth(self, candidate: Candidate) -> float:
        """Return how many times the usual rows a candidate trains on; its time is taken to grow with them."""
        return 1.0 if candidate.rows is None else max(1.0, candidate.rows / self._n_rows)

    def _effort(self, name: str, config: Mapping[str, object]) -> float:
        return max(1e-6, self._algorithms[name].effort(config))  # type: ignore[arg-type]  # values of a config

    def _speed(self) -> float:
        """Return how much slower than declared this machine is on this table: the median over what was timed."""
        ratios = [
            statistics.median(seconds) / self._declared[name]
            for name, seconds in self._timed.items()
            if statistics.median(seconds) > 0.05  # below that the overhead of a task is all one sees
        ]
        return min(10.0, max(0.1, statistics.median(ratios))) if ratios else 1.0
