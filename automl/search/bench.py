"""Which candidates get more folds: where folds are dear, one is trained first, and then it waits on the bench.

Five folds of every candidate leave time for a handful of candidates in a short search, and most of these folds go to
what no ensemble wants. So a dear candidate trains its first fold only, and the loss there says how it stands. In the
last part of the time an ensemble is chosen by the first folds (the judge that decides at the end as well), and its
members get further folds, one at a time, each where it does most: the average of a bag's models errs the less the more
there are, by the square of the member's share, and the second one does more than the fifth. Whatever folds a candidate
has count. It is successive halving (Jamieson and Talwalkar 2016) over folds, with an ensemble as the judge.

Cheap candidates get all their folds at once. A search that no clock ends has no bench.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from automl.values.evaluation import Evaluation

DEAR = 0.02  # share of all worker time that the other folds of a dear candidate take
BAG = 2  # folds that a dear candidate is thought to have in the end, when its time is measured out
RETURN = 0.4  # share of the time that is left when candidates get further folds
AGAIN = 2.0  # seconds between two looks at who is wanted
_CAREFUL = 1.2  # times as long as its first ones that a further fold may take

Wanted = Callable[[Sequence[Evaluation]], Mapping[int, float]]
"""Given the first folds of candidates, the shares in an ensemble of those that it takes, by number."""

T = TypeVar("T")


def is_dear(n_folds: int, fold_seconds: float, seconds: float, workers: int) -> bool:
    """Tell whether a candidate whose folds take so long waits after its first one.

    Parameters
    ----------
    n_folds
        Folds of a candidate.
    seconds
        Wall time of the whole search.
    workers
        Folds that run side by side.
    """
    return (n_folds - 1) * fold_seconds > DEAR * seconds * workers


@dataclass(slots=True)
class _Waiting(Generic[T]):
    trial: T
    seconds: float  # of one fold, from handing it over to its result
    n_models: int  # folds that it has, or is training
    n_left: int  # folds that it has not begun


@dataclass(slots=True)
class Bench(Generic[T]):
    """Candidates that wait for further folds.

    Parameters
    ----------
    n_folds
        Folds of a candidate.
    seconds
        Wall time of the whole search.
    wanted
        What an ensemble takes.

    Examples
    --------
    >>> from automl.values.candidate import Candidate
    >>> from automl.values.evaluation import FoldResult
    >>> bench = Bench(n_folds=3, seconds=60.0, wanted=lambda firsts: {each.number: 0.5 for each in firsts})
    >>> bench.is_dear(fold_seconds=2.0, workers=2), bench.is_dear(fold_seconds=0.1, workers=2)
    (True, False)
    >>> for number, trial, seconds in ((2, "slow", 3.0), (3, "fast", 2.0)):
    ...     first = Evaluation(number, Candidate.of(trial, {}), (FoldResult(0, 0.1),), "partial")
    ...     bench.put(trial, first, seconds, n_models=1)
    >>> [bench.take(left=left) for left in (40.0, 15.0, 15.0, 15.0, 15.0, 15.0)]
    [None, 'fast', 'slow', 'fast', 'slow', None]
    """

    n_folds: int
    seconds: float
    wanted: Wanted
    _waiting: dict[int, _Waiting[T]] = field(default_factory=dict)
    _firsts: dict[int, Evaluation] = field(default_factory=dict)
    _asked: tuple[int, float] = (0, math.inf)  # of how many, and when
    _shares: Mapping[int, float] = field(default_factory=dict)

    def is_dear(self, fold_seconds: float, workers: int) -> bool:
        """Tell whether a candidate whose folds take so long waits after its first one."""
        return is_dear(self.n_folds, fold_seconds, self.seconds, workers)

    def put(self, trial: T, first: Evaluation, fold_seconds: float, n_models: int) -> None:
        """Let a candidate wait that has so many folds, each of which took so many seconds of wall time."""
        self.judge(first)
        self._waiting[first.number] = _Waiting(trial, fold_seconds, n_models, self.n_folds - n_models)

    def judge(self, first: Evaluation) -> None:
        """Take note of the first fold of a candidate, whether it waits or not: an ensemble may take it."""
        self._firsts[first.number] = first

    def take(self, left: float, *, at_once: bool = False) -> T | None:
        """Return the candidate that gets another fold now; ``None`` while it is early, or where none is wanted.

        Parameters
        ----------
        left
            Seconds that are left of the search.
        at_once
            Whether it is not too early, because there is nothing else to do.
        """
        if not self._waiting or (left > RETURN * self.seconds and not at_once):
            return None
        known, asked = self._asked
        if known != len(self._firsts) and left <= asked - AGAIN:
            self._asked, self._shares = (len(self._firsts), left), self.wanted(list(self._firsts.values()))
        may = [
            number
            for number in self._shares
            if number in self._waiting and _CAREFUL * self._waiting[number].seconds <= left
        ]
        if not may:
            return None
        best = max(may, key=lambda number: (self._worth(number), -number))
        chosen = self._waiting[best]
        chosen.n_models += 1
        chosen.n_left -= 1
        if not chosen.n_left:
            del self._waiting[best]
        return chosen.trial

    def drop(self, number: int) -> None:
        """Let a candidate wait no more."""
        self._waiting.pop(number, None)

    def _worth(self, number: int) -> float:
        """Return how much one more model lowers the variance of the average, per second."""
        each = self._waiting[number]
        return self._shares[number] ** 2 / (each.n_models * (each.n_models + 1)) / max(1e-3, each.seconds)
