"""The cores of a search: how many folds run side by side, with how many threads each.

The layout is chosen before anything is timed. It is looked at again while fits are timed, and a worker that would have
nothing to do leaves its cores to the folds that are about to begin. Threads can change the last digits of a model, so a
search that is to come out the same each time does neither.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable

from automl.search.planning import Layout, regrouped

LOG = logging.getLogger("automl")


class Crew:
    """Who works with how many threads.

    Parameters
    ----------
    layout
        To begin with.
    most_workers
        How many may work side by side, for the memory that each needs.
    regroup
        Makes so many workers ready; ``None``: there are as many as there are.

    Attributes
    ----------
    layout : Layout
        The present one.

    Examples
    --------
    >>> crew = Crew(Layout(4, 1))
    >>> crew.free([1]), crew.shares(2, free=3, is_timed=True), crew.shares(2, free=3, is_timed=False)
    (3, [2, 1], [1, 1])
    """

    def __init__(self, layout: Layout, most_workers: int = 1, regroup: Callable[[int], None] | None = None) -> None:
        self.layout = layout
        self._most_workers = most_workers
        self._regroup = regroup

    def free(self, busy: Iterable[int]) -> int:
        """Return how many workers are free while folds with so many threads run."""
        cores = self.layout.workers * self.layout.threads
        return (cores - sum(busy)) // self.layout.threads

    def shares(self, n_folds: int, free: int, *, is_timed: bool) -> list[int]:
        """Return the threads of each of the folds that are about to begin on so many free workers."""
        least = self.layout.threads
        if not is_timed or not n_folds:
            return [least] * n_folds
        idle = (free - n_folds) * least
        return [least + idle // n_folds + (place < idle % n_folds) for place in range(n_folds)]

    def reconsider(self, fold_seconds: float | None, n_folds: int, seconds: float) -> bool:
        """Change the layout where folds turned out much shorter or longer than it was made for; tell whether it did.

        Parameters
        ----------
        fold_seconds
            What a fold usually takes with one thread; ``None``: that is not known yet.
        seconds
            Wall time of the whole search.
        """
        if self._regroup is None or fold_seconds is None:
            return False
        found = regrouped(self.layout, n_folds, fold_seconds, seconds, self._most_workers)
        if found == self.layout:
            return False
        LOG.info("a fold takes %.2g s on one core: from now on %s", fold_seconds, found)
        self.layout = found
        self._regroup(found.workers)
        return True
