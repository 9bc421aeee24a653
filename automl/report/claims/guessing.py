"""Whether it is better than guessing, with allowance for the search that chose it.

A model is held against one guess for all rows: how frequent labels are, or the middle value, as the dummy knows it. The
difference of their scores, with its standard error over rows (DeLong's, McNemar's or the paired bootstrap), says how
far the model is from guessing. Out of fold that flatters: the best of many candidates was chosen on these rows, and
boosters chose their rounds on them. In searches of tables in which nothing tells the target, the interval of the best
one leaves guessing out far more often than one time in twenty. So the level is divided by the number of chances that
luck had, :data:`CHANCES` a candidate (Bonferroni); what lies between the two bounds is doubtful, and so is what single
folds contradict. How often noise is called useful all the same is measured by ``benchmarks/noise.py``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from automl.assess.assessment import Assessment
from automl.comparison.rows import row_test
from automl.dashboard.standing import Gap, Standing, deviation, margin_of
from automl.evaluation.leaderboard import pipeline_id

if TYPE_CHECKING:
    from automl.run import Run
    from automl.values.algorithm import FloatArray

Verdict = Literal["better", "doubtful", "none"]

CHANCES = 10
"""Chances that luck has for each candidate: its rounds or epochs are chosen on the rows that judge it."""
LEVEL = 0.95
_MOST = 20_000  # rows that the standard error is taken from


@dataclass(frozen=True, slots=True)
class AgainstGuessing:
    """How a model stands to guessing.

    Attributes
    ----------
    verdict
        ``"better"``; ``"none"``: nothing shows that it is; ``"doubtful"``: it is on these rows, but by no more than the
        best of so many candidates may be by luck.
    guessing
        The dummy's score on the same rows.
    n_candidates
        From how many it was chosen on these rows; 1 on a test table.
    is_by_folds
        Whether it is doubtful because single folds differ by as much as it is ahead.
    """

    verdict: Verdict
    guessing: float
    n_candidates: int
    is_by_folds: bool = False


def against_guessing(
    run: Run, name: str, found: Assessment, standing: Standing, *, has_test: bool
) -> AgainstGuessing | None:
    """Compare a row of the leaderboard with the dummy; ``None`` if there is no dummy or the metric isn't known.

    Raises
    ------
    StorageError
        If the run keeps no out-of-fold predictions.
    """
    metric, dummy = found.metric, standing.dummy
    if dummy is None or not np.isfinite(found.values[metric.name]):
        return None
    guess = run.out_of_fold(pipeline_id(dummy)).prediction.mean(axis=0)
    if has_test:
        return judge(found, guess, 1)
    told = judge(found, guess, max(1, len(standing.models)))
    if told.verdict == "better" and by_fold(found, guess).is_noise():
        return replace(told, verdict="doubtful", is_by_folds=True)
    return told


def by_fold(found: Assessment, guess: FloatArray) -> Gap:
    """Return by how much the predictions of each fold are better than a guess, and how far folds differ in that."""
    judged, metric = found.judged, found.metric
    gaps = []
    for fold in () if judged.fold is None else np.unique(judged.fold):
        part = judged.take(judged.fold == fold)
        both = [
            metric.score(part.y, each, part.weight)
            for each in (part.prediction, np.broadcast_to(guess, part.prediction.shape))
        ]
        if np.isfinite(both).all():  # a fold of one label has no area
            gaps.append(metric.loss_of(both[1]) - metric.loss_of(both[0]))
    n, std = len(gaps), deviation(gaps)
    return Gap(float(np.mean(gaps)) if gaps else np.nan, std, margin_of(std, n), n)


def judge(found: Assessment, guess: FloatArray, n_candidates: int) -> AgainstGuessing:
    """Return how judged predictions stand to the same guess for all rows.

    Parameters
    ----------
    guess
        What the dummy predicts, ``(width,)``.
    n_candidates
        From how many the predictions were chosen on these rows.
    """
    from scipy.stats import norm

    judged, metric = found.judged, found.metric
    guesses = np.broadcast_to(guess, judged.prediction.shape)
    guessing = metric.score(judged.y, guesses, judged.weight)
    gain = metric.loss_of(guessing) - metric.loss_of(found.values[metric.name])
    rows = np.arange(len(judged))
    if len(rows) > _MOST:
        rows = np.sort(np.random.default_rng(0).choice(rows, _MOST, replace=False))
    weight = None if judged.weight is None else judged.weight[rows]
    test = row_test(judged.y[rows], guesses[rows], judged.prediction[rows], weight, metric)
    error = test.standard_error * np.sqrt(len(rows) / len(judged))
    alone, among_many = norm.isf((1 - LEVEL) / 2 / np.array([1, CHANCES * n_candidates]))
    needed = alone if n_candidates == 1 else among_many
    if not gain > alone * error:
        return AgainstGuessing("none", guessing, n_candidates)
    return AgainstGuessing("better" if gain > needed * error else "doubtful", guessing, n_candidates)
