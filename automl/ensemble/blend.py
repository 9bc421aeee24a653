"""From finished evaluations to an ensemble: who may enter, with which weights, and how good it is.

Members are bags of all folds whose models are still there, so only complete evaluations may enter; where there are
not two, there is no ensemble. How good it is is told as for every other row: the mean over folds of the loss on the
fold's validation rows.
"""

from __future__ import annotations

import functools
import math
import statistics
from collections.abc import Callable, Sequence

import numpy as np

from automl.ensemble.judging import selection_loss, selection_metric
from automl.ensemble.selection import candidate_cap, select_ensemble
from automl.evaluation.fairness_gap import fold_sums, gaps_of
from automl.evaluation.leaderboard import EnsembleRow
from automl.evaluation.problem import Problem
from automl.values.algorithm import FloatArray, IntArray
from automl.values.evaluation import Evaluation

MOST_ROWS = 20_000  # beyond this many rows the selection looks at a sample


def entrants(
    evaluations: Sequence[Evaluation], n_rows: int, loss: Callable[[Evaluation], float] = lambda each: each.loss
) -> list[Evaluation]:
    """Return who may enter the selection: complete, the best first, capped by rows.

    The best of each family come before the second best of any, so that a cap never costs diversity. What is no better
    than the dummy stays out: a constant changes no ranking, but would water all probabilities down.

    Parameters
    ----------
    loss
        What they are judged by.
    """
    floor = min((loss(each) for each in evaluations if each.candidate.algorithm == "dummy"), default=math.inf)
    complete = sorted((each for each in evaluations if each.state == "complete" and loss(each) < floor), key=loss)
    place: dict[str, int] = {}
    ranked: list[tuple[int, float, Evaluation]] = []
    for each in complete:
        rank = place[each.candidate.algorithm] = place.get(each.candidate.algorithm, -1) + 1
        ranked.append((rank, loss(each), each))
    ranked.sort(key=lambda entry: (entry[0], entry[1], entry[2].number))
    kept = [each for _, _, each in ranked[: candidate_cap(n_rows)]]
    return sorted(kept, key=lambda each: (loss(each), each.number))


def build_ensemble(
    problem: Problem,
    evaluations: Sequence[Evaluation],
    may_go_on: Callable[[], bool] = lambda: True,
    keeps_to: Callable[[Sequence[Evaluation]], bool] = lambda members: True,
) -> EnsembleRow | None:
    """Return the ensemble's row, or ``None`` where there are not two candidates to combine.

    Its loss is that of the most probable labels, whatever is decided later (:mod:`automl.ensemble.finishing`).

    Parameters
    ----------
    keeps_to
        Tells whether these members together keep to what is asked of the best pipeline.
    """
    may_enter = [each for each in evaluations if _is_whole(problem, each) and keeps_to([each])]
    chosen = entrants(may_enter, len(problem.y), functools.partial(selection_loss, problem.metric))
    rows = problem.validated
    if len(rows) > MOST_ROWS:
        rows = np.sort(np.random.default_rng(problem.seed).choice(rows, MOST_ROWS, replace=False))
    loaded: list[FloatArray] = []
    for each in chosen:
        if len(loaded) > 1 and not may_go_on():
            break
        loaded.append(problem.out_of_fold(each.number, rows))
    if len(loaded) < 2:
        return None
    weight = None if problem.weight is None else problem.weight[rows]
    weights = select_ensemble(
        selection_metric(problem.metric).on(rows),
        problem.y[rows],
        np.stack(loaded),
        weight,
        may_go_on=may_go_on,
        may_join=lambda members: keeps_to([chosen[index] for index in members]),
    )
    taken = np.flatnonzero(weights)
    if len(taken) < 2:
        return None
    members = tuple(chosen[index] for index in taken)
    shares = tuple(float(weights[index]) for index in taken)
    losses, further, gaps = _by_fold(problem, members, shares)
    return EnsembleRow(
        members=members,
        weights=shares,
        loss=math.fsum(losses) / len(losses),
        std=statistics.stdev(losses) if len(losses) > 1 else math.nan,
        further=further,
        gaps=gaps,
    )


def average_out_of_fold(
    problem: Problem, members: Sequence[Evaluation], shares: Sequence[float], rows: IntArray
) -> FloatArray:
    """Return what complete candidates predict together for rows that each of their folds did not train on.

    Shape ``(len(rows), width)``.
    """
    shared = (share * problem.out_of_fold(member.number, rows) for member, share in zip(members, shares, strict=True))
    return sum(shared, np.zeros((len(rows), problem.task.width)))


def _is_whole(problem: Problem, evaluation: Evaluation) -> bool:
    """Tell whether the fold models are on disk; those of the worst are dropped when all together grow too large."""
    return all(problem.model_path(evaluation.number, fold.fold).exists() for fold in evaluation.folds if fold.is_ok)


def _by_fold(
    problem: Problem, members: Sequence[Evaluation], shares: Sequence[float]
) -> tuple[list[float], dict[str, float], dict[str, float]]:
    """Return the loss of each fold, the further metrics averaged over folds, and the gaps between groups."""
    losses: list[float] = []
    sums: dict[str, float] = {}
    scores: dict[str, list[float]] = {each.name: [] for each in problem.further}
    for fold, (_, valid) in enumerate(problem.splits):
        prediction = np.zeros((len(valid), problem.task.width))
        for member, share in zip(members, shares, strict=True):
            prediction += share * np.load(problem.prediction_path(member.number, fold))
        weight = None if problem.weight is None else problem.weight[valid]
        losses.append(problem.metric.on(valid).loss(problem.y[valid], prediction, weight))
        for each in problem.further:
            scores[each.name].append(each.on(valid).score(problem.y[valid], prediction, weight))
        decided = problem.decided(valid, prediction) if problem.fairness else valid
        for rule in problem.fairness:
            for name, value in fold_sums(rule, problem.task, valid, problem.y[valid], prediction, weight, decided):
                sums[name] = sums.get(name, 0.0) + value
    return losses, {name: statistics.fmean(values) for name, values in scores.items()}, gaps_of(sums)
