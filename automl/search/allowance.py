"""How much of the time that is left a candidate may have, and whether that is enough for it.

A model that is trained in rounds is told how many seconds its fold may take and stops by itself, so that no single
candidate eats the budget. One that can't be expected to finish is not begun. One that hangs all the same is killed when
its folds would take half of the time of all workers, far beyond what was predicted.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from automl.search.cost import CostModel
from automl.search.crew import Crew
from automl.values.algorithm import Algorithm
from automl.values.candidate import Candidate

SHARE = 0.3  # of the remaining worker time that one candidate may take
WORTH = 0.6  # share of its predicted time that a model trained in rounds must get to be worth beginning
WORTH_A_TRY = 0.25  # the same for a family that has not been timed, whose prediction may be far off
HANG_SHARE = 0.5  # of the remaining worker time: who takes more is killed, if it is
HANG_FACTOR = 5.0  # times as slow as predicted
HANG_LATE = 1.5  # times its allowance, of a model that stops itself
HANG_LEAST = 3.0  # seconds that any fold may take, while there is time: what is slow then is the machine
PROMOTED_SHARE = 0.6  # of what is left that a candidate on more rows is to take, going by its time on the sample
PROMOTED_MOST = 0.85  # of it that it may take
_GRACE = 0.5  # seconds after the deadline until which a fold is late, not hanging


class Allowance:
    """Seconds for candidates and their folds.

    Everything is asked with the seconds that are left of the search, and with the folds that the candidate is to have
    of them: all, or of a dear one the first (:mod:`automl.search.bench`).

    Parameters
    ----------
    algorithms, costs
        The families, and how long their candidates will take.
    crew
        How many folds run side by side.
    """

    def __init__(self, algorithms: Mapping[str, Algorithm], costs: CostModel, crew: Crew) -> None:
        self._algorithms = algorithms
        self._costs = costs
        self._crew = crew

    def of_fold(self, candidate: Candidate, left: float, n_folds: int) -> float:
        """Return the seconds that one fold of a candidate may train."""
        share, most = (SHARE, math.inf) if candidate.rows is None else (PROMOTED_MOST, 1.0)
        return share * left * min(most, self._crew.layout.workers / n_folds)

    def of_promoted_fold(self, left: float, n_folds: int) -> float:
        """Return the seconds that one fold of a candidate on more rows is meant to take."""
        return PROMOTED_SHARE * left * self._side_by_side(n_folds)

    def until_killed(self, candidate: Candidate, left: float, n_folds: int, allowed: float = 0.0) -> float:
        """Return the seconds after which a fold is killed because it hangs.

        Parameters
        ----------
        allowed
            Seconds that it was told it may train, if these are more than :meth:`of_fold` gives now.
        """
        is_anytime = self._algorithms[candidate.algorithm].is_anytime
        hangs = max(
            HANG_SHARE * left * self._side_by_side(n_folds),
            HANG_FACTOR * self.likely_seconds(candidate, left, n_folds),
            HANG_LATE * max(allowed, self.of_fold(candidate, left, n_folds)) if is_anytime else 0.0,
            HANG_LEAST,
        )
        return min(hangs, left + _GRACE)  # what runs at the deadline is killed by the search: it is late

    def can_finish(self, candidate: Candidate, left: float, n_folds: int) -> bool:
        """Tell whether these folds of a candidate that begins now will end in time."""
        rounds_of_folds = math.ceil(n_folds / self._crew.layout.workers)
        return self.likely_seconds(candidate, left, n_folds) * rounds_of_folds <= left

    def is_worthwhile(self, candidate: Candidate, left: float, n_folds: int) -> bool:
        """Tell whether a model that is stopped at its allowance will have learned enough by then."""
        if not self._algorithms[candidate.algorithm].is_anytime:
            return True
        share = WORTH if self._costs.is_known(candidate) else WORTH_A_TRY
        return self.of_fold(candidate, left, n_folds) >= share * self._costs.fold_seconds(candidate)

    def likely_seconds(self, candidate: Candidate, left: float, n_folds: int) -> float:
        """Return the seconds that a fold will take, given that a family may stop itself at its allowance."""
        expected = self._costs.fold_seconds(candidate)
        if self._algorithms[candidate.algorithm].is_anytime:
            return min(expected, 1.1 * self.of_fold(candidate, left, n_folds))
        return expected

    def _side_by_side(self, n_folds: int) -> float:
        return min(1.0, self._crew.layout.workers / n_folds)
