"""Honest scores: what the way a pipeline was chosen is worth on rows that had no say in the choice.

The first row of a leaderboard is the best of many, so its score is partly luck; that of an ensemble, which was
weighted on the rows that judge it, more so. *Bootstrap bias-corrected cross-validation* (Tsamardinos, Greasidou and
Borboudakis 2018, "Bootstrapping the out-of-sample predictions for efficient and accurate cross-validation", Machine
Learning 107) repeats the choice, not the fitting: out-of-fold rows are drawn with replacement, everything that the
search chose by them is chosen again on the drawn ones (who is best, who enters the ensemble, with which weights, at
which temperature and threshold), and what was chosen is scored on the rows that were not drawn. Whether a temperature
or a threshold is used at all is not asked again.

Three things are done beyond the paper. A score is corrected by the *difference*, on the rows not drawn, between what a
resample chose and what all rows chose: its mean is the paper's estimate where a metric is a mean over rows, but it
varies less, and small samples can't shift it. Every row of the leaderboard is corrected, not only the first: the
choice that is repeated for the r-th row is "the r-th best". And rows are drawn within folds and scored as the
leaderboard does, as a mean over folds, of candidates that lack some on the scale of all folds.

*Tied* are the rows that a paired comparison can't tell from the first: the differences of all rows to it are
bootstrapped together, and a row is behind only if it is further behind than the largest difference that chance gives
to any of them (multiple comparisons with the best, Hsu 1981, by the bootstrap). Where rows are many, a sample is drawn
from, and the correction and the intervals shrink as the root of the rows.

Intervals tell how much the score varies with the rows that judge it. That other training rows would have given other
models is not in them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
from scipy.stats import t as student

from automl.assess.drawn import Entries, Matrix, draw, strata_of
from automl.assess.fold_losses import Losses, fold_losses, is_fast
from automl.assess.validated import load_entries
from automl.ensemble.blend import entrants
from automl.ensemble.finishing import learn_finishes
from automl.ensemble.judging import selection_metric
from automl.ensemble.selection import select_ensemble
from automl.evaluation.leaderboard import FLOOR, EnsembleRow, pipeline_id
from automl.evaluation.scale import fold_effects, shared_folds, shift_of
from automl.storage.folder import RunFolder
from automl.values.algorithm import FloatArray, IntArray
from automl.values.evaluation import Evaluation, FoldResult
from automl.values.finish import Finished
from automl.values.honest import HonestLoss, HonestLosses
from automl.values.metric import Metric
from automl.values.task import Task

RESAMPLES = 60
BLOCK = 10  # resamples at a time; fewer say nothing
MOST_CANDIDATES = 300
_SLOW_CANDIDATES, _SLOW_RESAMPLES = 50, 40  # where a metric is only known as a function
_ENTRANT_ROWS = 3_600  # a selection among more than 20 candidates is repeated among 20
_ROUNDS = 12
# Out of bag are 37 % of the rows, drawn without replacement from those at hand: scores on them vary this much more.
_WIDENING = math.sqrt((1 - math.exp(-1)) / math.exp(-1))
NO_TIME = "No time was left for them in the budget; run.honest() computes them."

KeepsTo = Callable[[Sequence[Evaluation]], bool]


def judge_honestly(
    folder: RunFolder,
    evaluations: Sequence[Evaluation],
    metric: Metric,
    task: Task,
    *,
    best: str,
    ensemble: EnsembleRow | None = None,
    keeps_to: KeepsTo = lambda members: True,
    finished: Mapping[str, Finished] = MappingProxyType({}),
    resamples: int = RESAMPLES,
    level: float = 0.95,
    seed: int = 0,
    may_go_on: Callable[[], bool] = lambda: True,
) -> HonestLosses:
    """Return what is said of each row of a run's leaderboard.

    Parameters
    ----------
    best
        The id of the leaderboard's first row.
    keeps_to
        Tells whether these members together keep to what is asked of the best pipeline.
    finished
        By id, rows that have a temperature or a threshold, which is learned again from the rows drawn.
    resamples
        How often rows are drawn; fewer if ``may_go_on`` says so, in steps of 10.
    level
        The share of intervals that hold the truth.

    Raises
    ------
    StorageError
        If the run keeps no truth, or a file can't be read.
    """
    judged = sorted(
        (each for each in evaluations if each.losses and each.state in ("complete", "partial")),
        key=lambda each: (not each.counts, each.loss, each.number),
    )[:MOST_CANDIDATES]
    if not judged or not may_go_on():
        return HonestLosses(reason=NO_TIME)
    if ensemble is not None:  # a member is never left out
        judged += [each for each in ensemble.members if each not in judged]
    entries = load_entries(folder, judged, task, seed)
    return honest_losses(
        entries,
        judged,
        metric,
        best=best,
        ensemble=ensemble,
        keeps_to=keeps_to,
        finished=finished,
        resamples=resamples,
        level=level,
        seed=seed,
        may_go_on=may_go_on,
    )


def honest_losses(
    entries: Entries,
    candidates: Sequence[Evaluation],
    metric: Metric,
    *,
    best: str,
    ensemble: EnsembleRow | None = None,
    keeps_to: KeepsTo = lambda members: True,
    finished: Mapping[str, Finished] = MappingProxyType({}),
    resamples: int = RESAMPLES,
    level: float = 0.95,
    seed: int = 0,
    may_go_on: Callable[[], bool] = lambda: True,
) -> HonestLosses:
    """Return the same from predictions at hand, ``entries.predictions[k]`` those of ``candidates[k]``.

    Parameters
    ----------
    best, ensemble, keeps_to, finished, resamples, level, seed, may_go_on
        As for :func:`judge_honestly`.
    """
    if not is_fast(entries, metric) and len(candidates) > _SLOW_CANDIDATES:
        members = set() if ensemble is None else {each.number for each in ensemble.members}
        kept = [k for k, each in enumerate(candidates) if k < _SLOW_CANDIDATES or each.number in members]
        entries = entries.of(kept)
        candidates = [candidates[k] for k in kept]
    if not is_fast(entries, metric):
        resamples = min(resamples, _SLOW_RESAMPLES)
    choice = _Choice(entries, candidates, metric, ensemble, keeps_to, finished)
    strata = strata_of(entries)
    drawn: list[_Drawn] = []
    for block in range(-(-resamples // BLOCK)):
        counts = draw(entries, strata, BLOCK, np.random.default_rng([seed, block]))
        found = choice.repeat(counts, may_go_on)
        if found is None:
            break
        drawn.append(found)
    if not drawn:
        return HonestLosses(reason=NO_TIME)
    reason = f"Only {BLOCK * len(drawn)} of {resamples} resamples fitted into the time." if found is None else ""
    return choice.conclude(_joined(drawn), best, level, reason)


@dataclass(frozen=True, slots=True)
class _Drawn:
    """What resamples say.

    Attributes
    ----------
    inside
        Losses of what all rows chose on the rows drawn, by fold, ``(n_rows_of_leaderboard, n_folds, n_resamples)``.
    outside, chosen
        Losses on the rows not drawn of what all rows chose, and of what the resample chose, ``(…, n_resamples)``.
    n_drawn
        How many resamples there were; those on which the metric is not defined are left out.
    """

    inside: FloatArray
    outside: Matrix
    chosen: Matrix
    n_drawn: int


def _joined(parts: Sequence[_Drawn]) -> _Drawn:
    inside = np.concatenate([each.inside for each in parts], axis=2)
    outside, chosen = (np.hstack([getattr(each, name) for each in parts]) for name in ("outside", "chosen"))
    is_known = np.isfinite(outside).all(axis=0) & np.isfinite(chosen).all(axis=0)
    return _Drawn(inside[:, :, is_known], outside[:, is_known], chosen[:, is_known], outside.shape[1])


class _Choice:
    """What was chosen by all rows, and choosing it again."""

    def __init__(
        self,
        entries: Entries,
        candidates: Sequence[Evaluation],
        metric: Metric,
        ensemble: EnsembleRow | None,
        keeps_to: KeepsTo,
        finished: Mapping[str, Finished],
    ) -> None:
        self._entries = entries
        self._candidates = list(candidates)
        self._metric = metric
        self._ensemble = ensemble
        self._is_fast = is_fast(entries, metric)
        self._finished = finished
        self._names = [*(pipeline_id(each) for each in candidates), *([] if ensemble is None else ["ensemble"])]
        self._chosen_by = selection_metric(metric)  # what members are
        self._losses: list[Losses] = []
        self._entering: list[Losses] = []
        self._may_enter = [k for k, each in enumerate(candidates) if each.counts and keeps_to([each])]
        self._ranked = _ranked(candidates, set(self._may_enter))
        self._effects = fold_effects(candidates)
        self._is_known: npt.NDArray[np.bool_] = np.asarray(np.isfinite(entries.predictions).all(axis=2))
        shift = [each.shift for each in candidates]
        if ensemble is not None:
            shift.append(shift_of(shared_folds(ensemble.members), self._effects))
        self._shift = np.array(shift)[:, None]

    @cached_property
    def _predictions(self) -> list[FloatArray]:
        """The predictions of the leaderboard's rows before they are finished, the ensemble's last."""
        own = list(self._entries.predictions)
        if self._ensemble is None:
            return own
        place = {each.number: k for k, each in enumerate(self._candidates)}
        weights = np.zeros(len(own))
        for member, weight in zip(self._ensemble.members, self._ensemble.weights, strict=True):
            weights[place[member.number]] = weight
        return [*own, _blended(self._entries.predictions, weights)]

    def repeat(self, counts: Matrix, may_go_on: Callable[[], bool]) -> _Drawn | None:
        """Return what these resamples say, or ``None`` where time was too short."""
        if not self._losses:
            self._losses = [
                fold_losses(self._entries, self._as_finished(name, each), self._metric)
                for name, each in zip(self._names, self._predictions, strict=True)
            ]
            if self._chosen_by is not self._metric and self._ensemble is not None:
                own = self._entries.predictions
                self._entering = [fold_losses(self._entries, each, self._chosen_by) for each in own]
        n, both = counts.shape[1], np.hstack([counts, counts == 0])
        found = []
        for losses in self._losses:
            if not may_go_on():
                return None
            found.append(losses(both))
        by_fold = np.stack(found)
        inside, outside = by_fold[:, :, :n], _mean(by_fold[:, :, n:]) + self._shift
        again, means = self._finished_again(counts, outside), _mean(inside) + self._shift
        chosen = again.copy()
        for ranked in self._ranked:
            order = np.argsort(means[ranked], axis=0, kind="stable")
            chosen[ranked] = np.take_along_axis(again[ranked], order, axis=0)
        if self._ensemble is not None:
            entering = means
            if self._entering:
                entering = _mean(np.stack([losses(counts) for losses in self._entering])) + self._shift[:-1]
            for place in range(n):
                if not may_go_on():
                    return None
                chosen[-1, place] = self._combined(counts[:, place], entering[:, place])
        return _Drawn(inside, outside, chosen, n)

    def _as_finished(self, name: str, prediction: FloatArray) -> FloatArray:
        """Return a row's predictions as its metric sees them: tempered, the largest being the decided label."""
        if name not in self._finished:
            return prediction
        finish = self._finished[name].finish
        return np.asarray(finish.tilted(finish.tempered(prediction)))

    def _finished_again(self, counts: Matrix, outside: Matrix) -> Matrix:
        """Return the losses on the rows not drawn where finishes are learned from the rows drawn; others stay."""
        again = outside.copy()
        for k, name in enumerate(self._names):
            if name in self._finished and name != "ensemble":
                again[k] = self._with_finishes(self._predictions[k], counts) + self._shift[k]
        return again

    def _with_finishes(self, prediction: FloatArray, counts: Matrix) -> FloatArray:
        """Return the loss on the rows not drawn of predictions that are finished by those drawn, ``(n_resamples,)``."""
        entries, y = self._entries, self._entries.y.astype(np.intp)
        weighted = counts if entries.weight is None else counts * entries.weight[:, None]
        known = np.flatnonzero(np.isfinite(prediction).all(axis=1))  # of bags that lack folds, the rows of the others
        finishes = learn_finishes(self._metric, y[known], prediction[known], weighted[known])
        folds = [(fold, rows) for fold, rows in enumerate(entries.folds) if np.isin(rows, known).all()]
        found = np.full((len(entries.folds), counts.shape[1]), np.nan)
        for place, finish in enumerate(finishes):
            last = finish.tilted(finish.tempered(prediction))
            for fold, rows in folds:
                left = rows[counts[rows, place] == 0]
                if len(left):
                    weight = None if entries.weight is None else entries.weight[left]
                    found[fold, place] = self._metric.loss(y[left], last[left], weight)
        return np.asarray(_mean(found[None])[0])

    def _combined(self, counts: FloatArray, losses: FloatArray) -> float:
        """Combine candidates anew on the rows drawn, and return the loss on the others."""
        entries, metric = self._entries, self._metric
        enter = self._entrants(losses)
        members = enter[:1]
        blend = entries.predictions[enter[0]]
        if len(enter) > 1:
            rows = np.flatnonzero((counts > 0) & self._is_known[enter].all(axis=0))
            if not self._is_fast:  # a function may not know about weights
                rows = np.repeat(rows, counts[rows].astype(np.intp))
            weight = None if entries.weight is None else entries.weight[rows]
            if self._is_fast:
                weight = counts[rows] if weight is None else counts[rows] * weight
            shares = select_ensemble(
                entries.metric_on(self._chosen_by, rows),
                entries.y[rows],
                entries.predictions[enter][:, rows],
                weight,
                rounds=_ROUNDS,
            )
            members = [enter[k] for k in np.flatnonzero(shares)]
            blend = _blended(entries.predictions[enter], shares)
        shift = shift_of(shared_folds(self._candidates[k] for k in members), self._effects)
        if "ensemble" in self._finished:
            return float(self._with_finishes(blend, np.asarray(counts[:, None], dtype=np.float64))[0]) + shift
        outside = fold_losses(entries, blend, metric)((counts == 0).astype(float)[:, None])
        return float(_mean(outside[None])[0, 0]) + shift

    def _entrants(self, losses: FloatArray) -> list[int]:
        """Return who enters, by these losses, as :func:`automl.ensemble.blend.entrants` has it; the best at least."""
        may = [k for k in self._may_enter if math.isfinite(losses[k])] or self._may_enter
        again = [Evaluation(k, self._candidates[k].candidate, (FoldResult(0, losses[k]),), "complete") for k in may]
        entering = [each.number for each in entrants(again, min(self._entries.n_all, _ENTRANT_ROWS))]
        if any(self._candidates[k].state != "complete" for k in entering):
            entering = [k for k in entering if 0 in shared_folds([self._candidates[k]])]
        return entering or [min(may, key=lambda k: float(losses[k]))]

    def conclude(self, drawn: _Drawn, best: str, level: float, reason: str) -> HonestLosses:
        """Return what all resamples together say."""
        n, names = drawn.outside.shape[1], self._names
        full = [each.loss for each in self._candidates] + ([] if self._ensemble is None else [self._ensemble.loss])
        full = [self._finished[k].loss if k in self._finished else loss for k, loss in zip(names, full, strict=True)]
        if 2 * n < drawn.n_drawn:
            return HonestLosses(
                reason=f"{self._metric.name} is not defined on most draws of these rows: they are too few, or a label "
                "is too rare."
            )
        narrowing = self._entries.narrowing
        correction = narrowing * (drawn.chosen - drawn.outside).mean(axis=1)
        error = narrowing * drawn.chosen.std(axis=1, ddof=1) / _WIDENING
        half = float(student.ppf((1 + level) / 2, n - 1)) * error
        loss = np.array(full) + correction
        low = np.maximum(loss - half, min(self._least(), *loss))
        tied = self._tied(drawn, names.index(best), np.array(full), correction, level)
        rows = {
            name: HonestLoss(float(loss[k]), float(low[k]), float(loss[k] + half[k]), bool(tied[k]))
            for k, name in enumerate(names)
        }
        return HonestLosses(rows, reason, n, self._entries.n_units, level)

    def _least(self) -> float:
        """Return the loss of the true answer, below which no interval goes."""
        entries = self._entries
        y, n_classes = entries.y, entries.task.n_classes
        truth = np.eye(n_classes)[y.astype(np.intp)] if entries.task.is_classification else y[:, None].astype(float)
        least = entries.metric_on(self._metric, np.arange(len(y))).loss(y, truth, entries.weight)
        return least if math.isfinite(least) else -math.inf

    def _tied(
        self, drawn: _Drawn, best: int, full: FloatArray, correction: FloatArray, level: float
    ) -> npt.NDArray[np.bool_]:
        """Return which rows can't be told from the best one, all compared at once."""
        by_fold = drawn.inside - drawn.inside[[best]]  # NaN in folds that one of the two lacks
        behind = _mean(by_fold)
        center = behind.mean(axis=1)
        spread = behind.std(axis=1, ddof=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            extreme = np.nan_to_num((behind - center[:, None]) / spread[:, None], nan=0.0).max(axis=0)
        bound = float(np.quantile(extreme, level))
        is_whole: npt.NDArray[np.bool_] = np.asarray(np.isfinite(drawn.inside).all(axis=(1, 2)))
        gap = np.where(is_whole & is_whole[best], full - full[best], center) + correction - correction[best]
        is_tied = gap <= bound * self._entries.narrowing * spread
        is_tied[best] = True
        return np.asarray(is_tied)


def _ranked(candidates: Sequence[Evaluation], may_enter: set[int]) -> list[IntArray]:
    """Return the candidates that compete for ranks with each other, the best first: bags that count, and others."""
    only_floor = all(each.candidate.algorithm == FLOOR for each in candidates if each.counts)
    groups: dict[tuple[bool, bool], list[int]] = {}
    for k in sorted(range(len(candidates)), key=lambda k: (candidates[k].loss, candidates[k].number)):
        counts = candidates[k].counts and not only_floor
        groups.setdefault((counts, k in may_enter and counts), []).append(k)
    return [np.array(group) for group in groups.values()]


def _blended(predictions: FloatArray, weights: FloatArray) -> FloatArray:
    taken = np.flatnonzero(weights)
    return np.asarray(np.tensordot(weights[taken].astype(np.float32), predictions[taken], axes=1))


def _mean(by_fold: FloatArray) -> Matrix:
    """Return means over folds, ``(k, n_folds, m)`` to ``(k, m)``, of those that have a loss; NaN where none has."""
    is_known = np.isfinite(by_fold)
    times = is_known.sum(axis=1)
    total = np.where(is_known, by_fold, 0.0).sum(axis=1)
    return np.asarray(np.divide(total, times, out=np.full(total.shape, np.nan), where=times > 0))
