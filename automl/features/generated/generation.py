"""Columns made from the columns of the encoded table, chosen among many on the fold's training rows.

The most useful numbers and categories stand candidates: arithmetic of two numbers, numbers against the mean of their
category, how common a level is, two categories as one, rotations and distances of coordinates. Each is judged by what
it tells of what a quick booster left unexplained (:mod:`automl.features.generated.leftover`), more than the columns it
is made from and more than shuffled columns tell by chance. The best are kept, those that say the same as a better one
left out, and all of them are made again for new rows with what was learned here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator

from automl.errors import DataError
from automl.features.generated.arithmetic import Arithmetic
from automl.features.generated.counts import Counts
from automl.features.generated.crosses import Crosses
from automl.features.generated.groups import GroupStatistics
from automl.features.generated.leftover import Leftover, leftover
from automl.features.generated.places import Places
from automl.values.algorithm import Generated
from automl.values.task import TaskKind

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

FEWEST_ROWS = 60  # below, what is left unexplained is mostly chance
MOST_NUMBERS, MOST_CODES = 12, 8  # columns that candidates are made from
MOST_KEPT = 16  # columns that are made
MOST_MEANS = 12  # columns of target means that crosses may become: one for each class
MOST_CLASSES = 10  # beyond, there are no target means
MOST_NOMINATED = 24
SAME = 0.98  # rank correlation from which two columns are the same to a tree


class Maker(Protocol):
    """A way to make columns."""

    def propose(self, numbers: Sequence[int], codes: Sequence[int]) -> Any:
        """List the columns that could be made from these."""

    def keep(self, chosen: Ints) -> None:
        """Forget all but those in these places of the list."""

    def learn(self, rows: npt.NDArray[Any]) -> Any:
        """Learn from training rows what is needed to make them."""

    def transform(self, rows: npt.NDArray[Any]) -> Floats:
        """Make them, ``(n_rows, n_made)``."""

    def levels(self) -> Ints:
        """Return for each the number of levels of codes, 0 for numbers."""

    def names(self, names_in: Sequence[str]) -> list[str]:
        """Name them."""

    def sources(self) -> list[tuple[int, ...]]:
        """Return for each the columns it is made from."""


_MAKERS: dict[str, type[Any]] = {
    "arithmetic": Arithmetic,
    "groups": GroupStatistics,
    "counts": Counts,
    "places": Places,
    "crosses": Crosses,
}


class Generation(BaseEstimator):
    """Make columns and put them behind the encoded ones.

    Parameters
    ----------
    kinds
        Which to make, as in :attr:`automl.values.algorithm.Needs.generated`.
    levels
        For each column of the encoded table the number of levels of a code column, 0 for a number.
    kind, n_classes
        The task.
    seed
        Of the sample, the quick booster and the shuffles.

    Attributes
    ----------
    makers_ : list[Maker]
        What makes the columns that were chosen.
    levels_
        As ``levels``, those of the made columns behind them.
    n_crossed_ : int
        How many of the last columns are crosses, which are codes.

    Examples
    --------
    >>> random = np.random.default_rng(0)
    >>> Z = random.uniform(1, 2, size=(800, 3))
    >>> made = Generation(["arithmetic"], levels=[0, 0, 0], kind="regression", n_classes=0)
    >>> made.fit(Z, Z[:, 0] / Z[:, 2], None).names(["debt", "age", "income"])[3]
    'debt / income'
    """

    def __init__(
        self, kinds: Sequence[Generated], levels: Sequence[int], kind: TaskKind, n_classes: int, seed: int = 0
    ) -> None:
        self.kinds = kinds
        self.levels = levels
        self.kind = kind
        self.n_classes = n_classes
        self.seed = seed

    def fit(self, rows: npt.NDArray[Any], y: npt.ArrayLike | None, weight: Floats | None) -> Generation:
        """Choose columns on training rows.

        Raises
        ------
        DataError
            If columns are to be made and ``y`` is ``None``.
        """
        self.makers_: list[Maker] = []
        self.levels_: Ints = np.array(self.levels, dtype=np.int64)
        self.n_crossed_ = 0
        if not self.kinds or len(rows) < FEWEST_ROWS:
            return self
        if y is None:
            raise DataError("Generated features are chosen by the target and none was given. Give y to fit.")
        target = np.asarray(y)
        left = leftover(rows, self.levels_, target, weight, self.kind, self.n_classes, self.seed)
        self._elect(left, rows[left.sample])
        for maker in self.makers_:
            maker.learn(rows)
            self.levels_ = np.concatenate([self.levels_, maker.levels()])
        self.n_crossed_ = int((self.levels_[len(self.levels) :] > 0).sum())
        return self

    def _elect(self, left: Leftover, rows: npt.NDArray[Any]) -> None:
        """Let every kind propose its columns and keep the best of all."""
        numbers, codes = self._parents(left, rows)
        makers: list[Maker] = [
            _MAKERS[kind]().propose(numbers, codes).learn(rows) for kind in _MAKERS if self._may(kind)
        ]
        proposed = [maker.transform(rows) for maker in makers]
        nominated = self._nominate(left, makers, proposed, rows)
        if not nominated:
            return
        columns = [proposed[m][:, i] for m, i in nominated]
        levels = np.array([makers[m].levels()[i] for m, i in nominated], dtype=np.int64)
        order = left.rank(rows, columns, levels, self.seed)
        for m, chosen in enumerate(self._best([(nominated[k], columns[k]) for k in order], makers)):
            if chosen:
                makers[m].keep(np.array(sorted(chosen), dtype=np.int64))
                self.makers_.append(makers[m])

    def _nominate(
        self, left: Leftover, makers: Sequence[Maker], proposed: Sequence[Floats], rows: npt.NDArray[Any]
    ) -> list[tuple[int, int]]:
        """Return maker and place of the columns that tell most, each by itself."""
        parents = {j: (rows[:, j], int(self.levels_[j])) for maker in makers for each in maker.sources() for j in each}
        known = {j: left.told_of_target(*parent) for j, parent in parents.items()}
        rest = left.without(list(parents.values()))
        by_target, by_rest = [], []
        for m, (maker, columns) in enumerate(zip(makers, proposed, strict=True)):
            levels = maker.levels().tolist()
            for i, sources in enumerate(maker.sources()):
                news = left.told_of_target(columns[:, i], levels[i]) - max(known[j] for j in sources)
                by_target.append((news, m, i))
                by_rest.append((rest.told_by(columns[:, i], levels[i])[0], m, i))
        best = [sorted(each, reverse=True)[:MOST_NOMINATED] for each in (by_target, by_rest)]
        return sorted({(m, i) for told in best for share, m, i in told if share > 0})

    def _may(self, kind: str) -> bool:
        return kind in self.kinds and (kind != "crosses" or self.kind != "multiclass" or self.n_classes <= MOST_CLASSES)

    def _parents(self, left: Leftover, rows: npt.NDArray[Any]) -> tuple[list[int], list[int]]:
        """Return the columns to make others from, the most useful of each sort."""
        order = np.argsort(-left.importance, kind="stable").tolist()
        several = [j for j in order if left.importance[j] > 0 and _n_distinct(rows[:, j]) > 2]
        coded = [j for j in order if left.importance[j] > 0 and self.levels_[j] > 1]
        return [j for j in several if not self.levels_[j]][:MOST_NUMBERS], coded[:MOST_CODES]

    def _best(self, ranked: list[tuple[tuple[int, int], Floats]], makers: Sequence[Maker]) -> list[list[int]]:
        """Return the places to keep, for each maker, from columns in order of their use."""
        chosen: list[list[int]] = [[] for _ in makers]
        kept: list[Floats] = []
        crosses = max(1, MOST_MEANS // (self.n_classes if self.kind == "multiclass" else 1))
        for (m, i), column in ranked:
            if isinstance(makers[m], Crosses):
                if len(chosen[m]) >= crosses:
                    continue
            else:
                ranks = _ranks(column)
                if any(abs(float(ranks @ other)) > SAME for other in kept):
                    continue
                kept.append(ranks)
            chosen[m].append(i)
            if sum(map(len, chosen)) == MOST_KEPT:
                break
        return chosen

    def extend(self, rows: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return encoded rows with the made columns behind them."""
        if not self.makers_:
            return rows
        made = [np.asarray(maker.transform(rows), dtype=rows.dtype) for maker in self.makers_]
        return np.concatenate([rows, *made], axis=1)

    def names(self, names_in: Sequence[str]) -> list[str]:
        """Return ``names_in`` and the names of the made columns."""
        return [*names_in, *(name for maker in self.makers_ for name in maker.names(names_in))]

    def sources(self) -> list[tuple[int, ...]]:
        """Return for each column, the encoded ones included, the encoded columns it is made from."""
        own = [(j,) for j in range(len(self.levels))]
        return [*own, *(source for maker in self.makers_ for source in maker.sources())]

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "makers_")


def _n_distinct(column: npt.NDArray[Any]) -> int:
    return len(np.unique(column[~np.isnan(column)]))


def _ranks(column: Floats) -> Floats:
    """Return ranks, centred and of length 1; missing values in the middle."""
    ranks = np.argsort(np.argsort(column, kind="stable"), kind="stable").astype(np.float64)
    ranks[np.isnan(column)] = (len(column) - 1) / 2
    ranks -= ranks.mean()
    length = float(np.linalg.norm(ranks))
    return ranks / length if length else ranks
