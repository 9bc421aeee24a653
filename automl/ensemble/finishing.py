"""The last step of a search: what out-of-fold predictions say about temperature and threshold of its best rows.

For a score of probabilities that is a temperature (Guo et al. 2017, "On calibration of modern neural networks"), for
one of decided labels the weights of :mod:`automl.ensemble.decision`. Either is learned on the predictions of all folds,
and judged as no row judges itself: each fold is finished by what the other folds taught. It is kept only where that
lowers the loss (:func:`~automl.ensemble.judging.is_worth`), and the crossed loss is what the leaderboard shows.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from automl.ensemble.decision import Dial, can_decide, decide_best
from automl.ensemble.judging import is_worth, selection_loss
from automl.evaluation.fairness_gap import fold_sums, gaps_of
from automl.evaluation.leaderboard import FLOOR, EnsembleRow, pipeline_id
from automl.evaluation.metrics import METRICS
from automl.evaluation.problem import Problem
from automl.evaluation.scale import fold_effects, shared_folds, shift_of
from automl.pipeline.calibration import Calibration
from automl.values.algorithm import FloatArray, IntArray
from automl.values.evaluation import Evaluation
from automl.values.finish import PLAIN, Finish, Finished
from automl.values.metric import Metric

TEMPERED = frozenset({"log_loss", "brier"})
MOST_ROWS = 5_000  # of which one number is learned; more change its digits
MOST_CANDIDATES = 5  # that are finished beside the ensemble
_PARTS = 5
_FEWEST = 40  # rows below which nothing is learned


def learn_finish(
    metric: Metric, y: IntArray, prediction: FloatArray, weight: FloatArray | None = None, seed: int = 0
) -> Finish:
    """Return what the metric asks for, learned on these rows; plain where it asks for nothing or cannot be learned.

    Parameters
    ----------
    y, prediction, weight
        Encoded labels ``(n,)``, probabilities ``(n, n_classes)`` by models that had not seen the rows, weights.
    """
    if len(y) < _FEWEST or len(np.unique(y)) < 2:
        return PLAIN
    if len(y) > MOST_ROWS:
        some = np.random.default_rng(seed).choice(len(y), MOST_ROWS, replace=False)
        y, prediction, weight = y[some], prediction[some], None if weight is None else weight[some]
    if can_decide(metric):
        return decide_best(metric, y, prediction, weight, seed)
    if metric.name in TEMPERED and METRICS.get(metric.name) == metric:
        return Finish(temperature=Calibration("temperature").fit(prediction, y, weight).temperature_)
    return PLAIN


def learn_finishes(metric: Metric, y: IntArray, prediction: FloatArray, counts: FloatArray) -> list[Finish]:
    """Return what the metric asks for under several weightings of the same rows, for repeating the choice.

    Parameters
    ----------
    counts
        How much each row counts, ``(n, some)``.
    """
    if can_decide(metric):
        dial = Dial(metric.name, y, prediction)
        return [dial.finish(float(each)) for each in dial.best(counts)]
    found = []
    for column in counts.T:
        rows = np.flatnonzero(column)
        calibration = Calibration("temperature").fit(prediction[rows], y[rows], column[rows])
        found.append(Finish(temperature=calibration.temperature_))
    return found


def finish_rows(
    problem: Problem,
    evaluations: Sequence[Evaluation],
    ensemble: EnsembleRow | None = None,
    may_go_on: Callable[[], bool] = lambda: True,
    keeps_to: Callable[[Sequence[Evaluation]], bool] = lambda members: True,
) -> dict[str, Finished]:
    """Return how the ensemble and the best candidates are finished, by id; those that stay plain are absent.

    Parameters
    ----------
    may_go_on
        Asked before each row.
    keeps_to
        Tells whether these members together keep to what is asked of the best pipeline; those that do go first.
    """
    metric = problem.metric
    is_asked = can_decide(metric) or (metric.name in TEMPERED and METRICS.get(metric.name) == metric)
    if not is_asked or problem.rule is not None:
        return {}
    counting = [each for each in evaluations if each.counts and each.candidate.algorithm != FLOOR]
    counting.sort(key=lambda each: (not keeps_to([each]), selection_loss(metric, each), each.number))
    effects = fold_effects(evaluations)
    rows: list[tuple[str, Sequence[Evaluation], Sequence[float]]] = []
    if ensemble is not None:
        rows.append(("ensemble", ensemble.members, ensemble.weights))
    rows += [(pipeline_id(each), (each,), (1.0,)) for each in counting[:MOST_CANDIDATES]]
    found = {}
    for name, members, shares in rows:
        if not may_go_on():
            break
        finished = finish_row(problem, members, shares, shift_of(shared_folds(members), effects))
        if finished is not None:
            found[name] = finished
    return found


def finish_row(
    problem: Problem, members: Sequence[Evaluation], shares: Sequence[float], shift: float = 0.0
) -> Finished | None:
    """Return how candidates that predict together are finished; ``None`` where plain is as good.

    Parameters
    ----------
    shift
        What puts a mean over the folds that all of them have on the scale of all folds.
    """
    held = _Held.of(problem, members, shares)
    crossed = held.crossed(problem)
    plain, finished = (held.losses(problem, each) for each in ([PLAIN] * len(crossed), crossed))
    if not is_worth(problem.metric, plain - finished):
        return None
    finish = learn_finish(problem.metric, held.y, held.prediction, held.weight, problem.seed)
    return None if finish.is_plain else _finished(problem, held, crossed, finish, shift)


@dataclass(frozen=True, slots=True)
class _Held:
    """What the folds held out that all members have, one entry for each row that such a fold validated.

    Attributes
    ----------
    row, fold, part
        Which row, by which of these folds, and in which part of those that are finished by what the other parts
        teach, ``(n,)``.
    """

    y: IntArray
    prediction: FloatArray
    weight: FloatArray | None
    row: IntArray
    fold: IntArray
    part: IntArray

    @classmethod
    def of(cls, problem: Problem, members: Sequence[Evaluation], shares: Sequence[float]) -> _Held:
        parts = []
        shared = shared_folds(members)
        splits = [problem.splits[fold][1] for fold in shared]
        for fold, valid in zip(shared, splits, strict=True):
            prediction = np.zeros((len(valid), problem.task.width))
            for member, share in zip(members, shares, strict=True):
                prediction += share * np.load(problem.prediction_path(member.number, fold))
            parts.append(prediction)
        row = np.concatenate(splits)
        folds: IntArray = np.repeat(np.arange(len(splits)), [len(valid) for valid in splits])
        y = problem.y[row].astype(np.intp)
        part = folds if len(splits) > 2 else _dealt(y, problem.seed)
        weight = None if problem.weight is None else problem.weight[row]
        return cls(y, np.concatenate(parts), weight, row, folds, part)

    def take(self, rows: IntArray) -> tuple[IntArray, FloatArray, FloatArray | None]:
        """Return labels, predictions and weights of some entries."""
        return self.y[rows], self.prediction[rows], None if self.weight is None else self.weight[rows]

    def crossed(self, problem: Problem) -> list[Finish]:
        """Return for each part the finish that all other parts teach."""
        n_parts = int(self.part.max()) + 1
        known = [np.flatnonzero(self.part != part) for part in range(n_parts)]
        return [learn_finish(problem.metric, *self.take(rows), problem.seed) for rows in known]

    def losses(self, problem: Problem, finishes: Sequence[Finish]) -> FloatArray:
        """Return the loss of each part."""
        found = []
        for part, finish in enumerate(finishes):
            y, prediction, weight = self.take(np.flatnonzero(self.part == part))
            found.append(problem.metric.loss(y, finish.tilted(finish.tempered(prediction)), weight))
        return np.array(found)


def _dealt(y: IntArray, seed: int) -> IntArray:
    """Deal rows to parts at random, each label in turn."""
    part = np.empty(len(y), dtype=np.intp)
    part[np.lexsort([np.random.default_rng(seed).random(len(y)), y])] = np.arange(len(y)) % _PARTS
    return part


def _finished(problem: Problem, held: _Held, crossed: Sequence[Finish], finish: Finish, shift: float) -> Finished:
    """Return the finish with its scores, counted as the leaderboard counts: a mean over folds."""
    tempered, tilted = held.prediction.astype(np.float64), held.prediction.astype(np.float64)
    for part, learned in enumerate(crossed):
        mine = held.part == part
        tempered[mine] = learned.tempered(held.prediction[mine])
        tilted[mine] = learned.tilted(tempered[mine])
    losses: list[float] = []
    scores: dict[str, list[float]] = {each.name: [] for each in problem.further}
    sums: dict[str, float] = {}
    for fold in range(int(held.fold.max()) + 1):
        mine = np.flatnonzero(held.fold == fold)
        y, _, weight = held.take(mine)
        losses.append(problem.metric.loss(y, tilted[mine], weight))
        for each in problem.further:
            judged = tilted if each.needs_labels else tempered
            scores[each.name].append(each.score(y, judged[mine], weight))
        for name, value in _group_sums(problem, held.row[mine], y, tempered[mine], tilted[mine], weight).items():
            sums[name] = sums.get(name, 0.0) + value
    means = {name: statistics.fmean(values) for name, values in scores.items()}
    std = statistics.stdev(losses) if len(losses) > 1 else math.nan
    return Finished(finish, statistics.fmean(losses) + shift, std, means, gaps_of(sums))


def _group_sums(
    problem: Problem, rows: IntArray, y: IntArray, tempered: FloatArray, tilted: FloatArray, weight: FloatArray | None
) -> Mapping[str, float]:
    decided = tilted.argmax(axis=1)
    return {
        name: value
        for rule in problem.fairness
        for name, value in fold_sums(rule, problem.task, rows, y, tempered, weight, decided)
    }
