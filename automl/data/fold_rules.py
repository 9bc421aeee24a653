"""The three ways to cut rows into folds: dealt out by stratum, by whole groups, or along time.

All of it is index arithmetic on integer codes, so that half a million rows take a fraction of a second. A stratum
is a label, or for a regression one of ten ranges of the target with equally many rows. A *fold number* per row says
which fold validates it; -1 says that it always trains.

* **Stratified**: rows are shuffled inside their stratum, strata are laid end to end, and fold numbers are dealt out
  in turn: no stratum's count differs by more than one between folds, nor does the size of the folds.
* **Grouped**: the largest group first, each goes to the fold whose rows of the same strata are the fewest.
* **Along time** (forward chaining): every fold trains on all that came before the rows that it validates. A cut
  falls only between two different times.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.integer[Any]]
Split = tuple[IntArray, IntArray]

TARGET_RANGES = 10
"""Strata of a regression target, if there are rows enough."""


def strata(y: npt.NDArray[Any], is_classification: bool, n_folds: int, rng: np.random.Generator) -> IntArray:
    """Return the stratum of every row: its label, or the range that its target falls in (ties are broken at random)."""
    if is_classification:
        return np.asarray(y, dtype=np.intp)
    n_ranges = int(np.clip(len(y) // max(n_folds, 1), 1, TARGET_RANGES))
    rank = np.empty(len(y), dtype=np.intp)
    rank[np.lexsort((rng.random(len(y)), y))] = np.arange(len(y))
    return rank * n_ranges // len(y)


def deal(stratum: IntArray, n_folds: int, rng: np.random.Generator, *, keep_singles: bool) -> IntArray:
    """Return fold numbers, dealt out stratum by stratum.

    With ``keep_singles`` the only row of a stratum gets -1: were it validated, no model could have learnt it.
    """
    number = np.full(len(stratum), -1, dtype=np.intp)
    order = np.lexsort((rng.random(len(stratum)), stratum))
    if keep_singles:
        order = order[np.bincount(stratum)[stratum[order]] > 1]
    number[order] = np.arange(len(order)) % n_folds
    return number


def draw(stratum: IntArray, fraction: float, rng: np.random.Generator, *, keep_singles: bool) -> IntArray:
    """Return fold numbers of a hold-out: 0 for this fraction of every stratum, -1 for the rest, at least one each.

    With ``keep_singles`` every stratum keeps a row to train on.
    """
    number = np.full(len(stratum), -1, dtype=np.intp)
    order = np.lexsort((rng.random(len(stratum)), stratum))
    if keep_singles:  # the first row of each stratum trains
        order = order[np.append(False, np.diff(stratum[order]) == 0)]
    if len(order):
        n_valid = int(np.clip(round(len(stratum) * fraction), 1, min(len(order), len(stratum) - 1)))
        evenly = (np.arange(n_valid) + rng.uniform(0, 0.99)) * len(order) / n_valid
        number[order[evenly.astype(np.intp)]] = 0
    return number


def deal_groups(group: IntArray, stratum: IntArray, n_folds: int, rng: np.random.Generator) -> IntArray:
    """Return fold numbers that no group is split by; folds are alike in size and in their strata.

    There must be at least ``n_folds`` groups; every fold then gets one.
    """
    n_groups, n_strata = int(group.max()) + 1, int(stratum.max()) + 1
    counts = np.bincount(group * n_strata + stratum, minlength=n_groups * n_strata).reshape(n_groups, n_strata)
    counts = np.column_stack([counts, counts.sum(axis=1)]).astype(float)  # the last column keeps sizes alike
    shares = counts / np.maximum(counts.sum(axis=0), 1)
    shuffled = rng.permutation(n_groups)
    load = np.zeros((n_folds, n_strata + 1))
    fold_of = np.empty(n_groups, dtype=np.intp)
    for each in shuffled[np.argsort(-counts[shuffled, -1], kind="stable")]:
        # Adding a group to a fold raises its sum of squared loads by 2 load·share + share²; share² is alike for all.
        chosen = int(np.argmin(load @ shares[each]))
        load[chosen] += shares[each]
        fold_of[each] = chosen
    return fold_of[group]


def splits_of(number: IntArray, n_folds: int) -> list[Split]:
    """Return the pairs that fold numbers tell."""
    return [(np.flatnonzero(number != fold), np.flatnonzero(number == fold)) for fold in range(n_folds)]


def cuts(time: IntArray, label: IntArray | None, order: IntArray) -> IntArray:
    """Return where rows in time order may be cut: between two times, after two labels have been seen."""
    allowed = np.flatnonzero(np.diff(time[order])) + 1
    if label is not None:
        others = np.flatnonzero(label[order] != label[order[0]])
        allowed = allowed[allowed > others[0]] if others.size else allowed[:0]
    return allowed


def chain(order: IntArray, allowed: IntArray, wanted: npt.NDArray[Any], group: IntArray | None) -> list[Split]:
    """Return forward-chained splits, cut near the ``wanted`` positions of rows in time order.

    Every fold trains on all rows before its cut and validates those up to the next. With groups, rows of a
    validated group leave training, which may leave it empty. There must be as many allowed cuts as wanted ones.
    """
    chosen: list[int] = []
    low = 0
    for number, position in enumerate(wanted):
        high = len(allowed) - (len(wanted) - number)
        nearest = int(np.abs(allowed - position).argmin())
        chosen.append(int(np.clip(nearest, low, high)))
        low = chosen[-1] + 1
    ends = [*allowed[chosen], len(order)]
    splits = []
    for start, end in pairwise(ends):
        train, valid = order[:start], order[start:end]
        if group is not None:
            train = train[~np.isin(group[train], group[valid])]
        splits.append((np.sort(train), np.sort(valid)))
    return splits
