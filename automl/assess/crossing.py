"""Folds for what is learned from out-of-fold predictions themselves: a calibration, a threshold, a width.

Whatever is chosen on some rows looks better on these than it is. So the score that is told of a choice comes from rows
that took no part in it: each fold is judged by what was chosen on all others.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from sklearn.model_selection import KFold, StratifiedKFold

from automl.assess.judged import Judged

_FOLDS = 5
_PARTS = 20
_FEW = 5_000  # rows beyond which a fifth of them more or less teaches nothing

Mask = npt.NDArray[np.bool_]


def crossed(judged: Judged, seed: int = 0) -> Iterator[tuple[Mask, Mask]]:
    """Give masks of the rows to choose on and of the rows to judge by, fold after fold; each row is judged once.

    The folds of the search are taken if there are several, so that groups and times stay apart.
    """
    n = len(judged)
    fold = judged.fold
    if fold is None or len(np.unique(fold)) < 3:
        fold = np.zeros(n, dtype=int)
        n_folds = min(_FOLDS, n)
        if judged.task.is_classification:
            n_folds = max(2, min(n_folds, int(np.bincount(judged.y)[np.unique(judged.y)].min())))
        kind = StratifiedKFold if judged.task.is_classification else KFold
        if judged.task.is_classification and np.bincount(judged.y)[np.unique(judged.y)].min() < 2:
            kind = KFold  # a label of one row can't be shared out
        for place, (_, valid) in enumerate(kind(n_folds, shuffle=True, random_state=seed).split(np.zeros(n), judged.y)):
            fold[valid] = place
    for each in np.unique(fold):
        yield fold != each, fold == each


def finely_crossed(judged: Judged, seed: int = 0) -> Iterator[tuple[Mask, Mask]]:
    """Give masks as :func:`crossed` does, but of few rows a twentieth at a time is judged, learned on all others.

    For what is learned once more from all rows in the end and must come out alike there. Only where rows don't belong
    together by group or time: a row is judged by what others of its fold taught, too.
    """
    n = len(judged)
    if n > _FEW:
        yield from crossed(judged, seed)
        return
    for _, valid in KFold(min(_PARTS, n), shuffle=True, random_state=seed).split(np.zeros(n)):
        apply = np.zeros(n, dtype=bool)
        apply[valid] = True
        yield ~apply, apply
