"""From finished evaluations to an ensemble: who may enter, with which weights, and how good it is.

Members are bags of the folds that they have, whose models are still there. Where all who may enter are complete, they
are chosen on the rows of all folds; where some lack folds, on the rows that all of them predicted. Where there are not
two, there is no ensemble. How good it is is told as for every other row: the mean over folds of the loss on the fold's
validation rows, of the folds that all members have, on the scale of all folds (:mod:`automl.evaluation.scale`).
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
from automl.evaluation.leaderboard import FLOOR, EnsembleRow
from automl.evaluation.problem import Problem
from automl.evaluation.scale import fold_effects, shared_folds, shift_of
from automl.values.algorithm import FloatArray, IntArray
from automl.values.evaluation import Evaluation

MOST_ROWS = 20_000  # beyond this many rows the selection looks at a sample
FIRST_FOLD_ROWS = 3_000  # the same while the search goes on


def entrants(
    evaluations: Sequence[Evaluation], n_rows: int, loss: Callable[[Evaluation], float] = lambda each: each.loss
) -> list[Evaluation]:
    """Return who may enter the selection: who counts, the best first, capped by rows.

    The best of each family come before the second best of any, so that a cap never costs diversity. What is no better
    than the dummy stays out: a constant changes no ranking, but would water all probabilities down.

    Parameters
    ----------
    loss
        What they are judged by.
    """
    floor = min((loss(each) for each in evaluations if each.candidate.algorithm == FLOOR), default=math.inf)
    counting = sorted((each for each in evaluations if each.counts and loss(each) < floor), key=loss)
    place: dict[str, int] = {}
    ranked: list[tuple[int, float, Evaluation]] = []
    for each in counting:
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
    evaluations
        On one scale.
    keeps_to
        Tells whether these members together keep to what is asked of the best pipeline.
    """
    may_enter = [each for each in evaluations if _has_models(problem, each) and keeps_to([each])]
    chosen = entrants(may_enter, len(problem.y), functools.partial(selection_loss, problem.metric))
    if any(each.state != "complete" for each in chosen):
        chosen = [each for each in chosen if 0 in shared_folds([each])]  # the fold that every candidate begins with
    folds = shared_folds(chosen)
    members, shares = _select(problem, chosen, folds, MOST_ROWS, may_go_on, keeps_to)
    if len(members) < 2:
        return None
    folds = shared_folds(members)
    losses, further, gaps = _by_fold(problem, members, shares, folds)
    return EnsembleRow(
        members=members,
        weights=shares,
        loss=math.fsum(losses) / len(losses) + shift_of(folds, fold_effects(evaluations)),
        std=statistics.stdev(losses) if len(losses) > 1 else math.nan,
        further=further,
        gaps=gaps,
    )


def wanted_for_more(
    problem: Problem,
    keeps_to: Callable[[Sequence[Evaluation]], bool],
    evaluations: Sequence[Evaluation],
    *,
    combines: bool,
) -> dict[int, float]:
    """Return the shares of the candidates that an ensemble takes, going by their first folds alone, by number.

    Parameters
    ----------
    evaluations
        First folds.
    combines
        Whether there is to be an ensemble; the best candidate alone otherwise.
    """
    found = [each for each in evaluations if keeps_to([each])]
    if not combines:
        best = min(found, key=lambda each: (selection_loss(problem.metric, each), each.number), default=None)
        return {} if best is None else {best.number: 1.0}
    chosen = entrants(found, len(problem.y), functools.partial(selection_loss, problem.metric))
    members, shares = _select(problem, chosen, [0], FIRST_FOLD_ROWS, lambda: True, keeps_to)
    return {each.number: share for each, share in zip(members, shares, strict=True)}


def _select(
    problem: Problem,
    chosen: Sequence[Evaluation],
    folds: Sequence[int],
    most_rows: int,
    may_go_on: Callable[[], bool],
    keeps_to: Callable[[Sequence[Evaluation]], bool],
) -> tuple[tuple[Evaluation, ...], tuple[float, ...]]:
    """Return who of the chosen is combined, with which shares, by what they predicted in these folds."""
    if not chosen:
        return (), ()
    rows = problem.validated_in(folds)
    if len(rows) > most_rows:
        rows = np.sort(np.random.default_rng(problem.seed).choice(rows, most_rows, replace=False))
    loaded: list[FloatArray] = []
    for each in chosen:
        if len(loaded) > 1 and not may_go_on():
            break
        loaded.append(problem.out_of_fold(each.number, rows, folds))
    weight = None if problem.weight is None else problem.weight[rows]
    weights = select_ensemble(
        selection_metric(problem.metric).on(rows),
        problem.y[rows],
        np.stack(loaded),
        weight,
        may_go_on=may_go_on,
        may_join=lambda members: keeps_to([chosen[index] for index in members]),
    )
    taken: list[int] = np.flatnonzero(weights).tolist()
    return tuple(chosen[index] for index in taken), tuple(float(weights[index]) for index in taken)


def average_out_of_fold(
    problem: Problem, members: Sequence[Evaluation], shares: Sequence[float], rows: IntArray, folds: Sequence[int]
) -> FloatArray:
    """Return what candidates predict together for rows of these folds by models that did not train on them.

    Shape ``(len(rows), width)``.
    """
    total = np.zeros((len(rows), problem.task.width))
    for member, share in zip(members, shares, strict=True):
        total += share * problem.out_of_fold(member.number, rows, folds)
    return total


def _has_models(problem: Problem, evaluation: Evaluation) -> bool:
    """Tell whether the fold models are on disk; those of the worst are dropped when all together grow too large."""
    return all(problem.model_path(evaluation.number, fold.fold).exists() for fold in evaluation.folds if fold.is_ok)


def _by_fold(
    problem: Problem, members: Sequence[Evaluation], shares: Sequence[float], folds: Sequence[int]
) -> tuple[list[float], dict[str, float], dict[str, float]]:
    """Return the loss of each fold, the further metrics averaged over folds, and the gaps between groups."""
    losses: list[float] = []
    sums: dict[str, float] = {}
    scores: dict[str, list[float]] = {each.name: [] for each in problem.further}
    for fold in folds:
        valid = problem.splits[fold][1]
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
