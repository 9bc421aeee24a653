"""Losses of candidates that have different folds, put on one scale.

Folds differ more than candidates do: the mean over one easy fold looks better than any mean over five. How hard each
fold is, is learned from the candidates that have several (a loss is what the candidate adds and what the fold adds,
fitted by least squares), and what a candidate lacks is made up for by that. The better a candidate, the more it says:
what is hard for a straight line need not be hard for a booster.
"""

from __future__ import annotations

import statistics
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from automl.values.evaluation import Evaluation

_NEXT = 0.2  # how much less the second best candidate says of folds than the best, the third than the second, …
_MOST = 8  # candidates that say something


def on_one_scale(evaluations: Sequence[Evaluation]) -> list[Evaluation]:
    """Return the same evaluations, the partial ones with the shift that makes up for the folds that they lack.

    Examples
    --------
    >>> from automl.values.candidate import Candidate
    >>> from automl.values.evaluation import FoldResult
    >>> easy, hard, better = FoldResult(0, 0.1), FoldResult(1, 0.3), FoldResult(0, 0.05)
    >>> whole = Evaluation(0, Candidate.of("a", {}), (easy, hard), "complete")
    >>> part = Evaluation(1, Candidate.of("b", {}), (better,), "partial")
    >>> [round(each.loss, 6) for each in on_one_scale([whole, part])]
    [0.2, 0.15]
    """
    effects = fold_effects(evaluations)
    return [
        replace(each, shift=shift_of(_ok(each), effects)) if each.state == "partial" else each for each in evaluations
    ]


def fold_effects(evaluations: Iterable[Evaluation]) -> dict[int, float]:
    """Return what each fold adds to a loss, as far as candidates that have several folds tell."""
    telling = [each for each in evaluations if each.state in ("complete", "partial") and len(each.losses) > 1]
    # By the first fold, which nearly all have; a mean over other folds is what is not to be trusted.
    telling.sort(key=lambda each: (_ok(each)[0], each.losses[0], each.number))
    best, others = telling[:_MOST], telling[_MOST:]
    best += [each for each in others if each.state == "complete"][:1]  # so that every fold is known
    folds = sorted({fold for each in best for fold in _ok(each)})
    cells = [
        (row, folds.index(fold.fold), fold.loss) for row, each in enumerate(best) for fold in each.folds if fold.is_ok
    ]
    if not cells:
        return {}
    design = np.zeros((len(cells), len(best) + len(folds)))
    says = np.array([_NEXT ** (row / 2) for row, _, _ in cells])  # squared by the squares
    for place, (row, fold, _) in enumerate(cells):
        design[place, row] = design[place, len(best) + fold] = says[place]
    found = np.linalg.lstsq(design, says * np.array([loss for _, _, loss in cells]), rcond=None)[0][len(best) :]
    return dict(zip(folds, (float(each) for each in found), strict=True))


def shift_of(folds: Collection[int], effects: Mapping[int, float]) -> float:
    """Return by how much a mean over these folds is to be raised to stand for all; 0 where nothing tells."""
    known = [effects[fold] for fold in folds if fold in effects]
    return statistics.fmean(effects.values()) - statistics.fmean(known) if known else 0.0


def shared_folds(members: Iterable[Evaluation]) -> list[int]:
    """Return the folds that all of these have, ascending."""
    found = [set(_ok(each)) for each in members]
    return sorted(set.intersection(*found)) if found else []


def _ok(evaluation: Evaluation) -> list[int]:
    return [fold.fold for fold in evaluation.folds if fold.is_ok]
