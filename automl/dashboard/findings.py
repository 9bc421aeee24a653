"""What was learned in a search: looks at its candidates and finds what the evidence bears.

Each function looks for one thing and gives it back as a value of :mod:`automl.dashboard.learned`, or nothing where
the evidence is too thin: too few trials, too few folds, times that aren't known. Things that contradict each other
come from the same function, so a note never says both.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from automl.dashboard import learned
from automl.dashboard.learned import Finding
from automl.dashboard.standing import Standing, compare, deviation, quantile
from automl.evaluation.leaderboard import FLOOR
from automl.evaluation.metrics import METRICS
from automl.values.evaluation import Evaluation

SIMPLE = ("linear", "naive_bayes", "discriminant_analysis", "additive")  # a person can read what they learned
LATE, EARLY = 0.8, 0.5  # shares of the time: best reached after the one, before the other
FEW = 5  # trials below which a course of time says nothing
CLOSE = 0.1  # folds agree that differ by less than this share of the distance to guessing
FAR = 0.0005  # chance that a fold lies as far above (or below) the others as one that is called far off
EDGE = 0.02  # share of a range that counts as its edge
TUNED = 3  # trials of a family before its best's edges say something
MOST_OF_TIME = 0.3
MANY_FAILED, MANY_STOPPED = 0.2, 0.3


def findings(standing: Standing) -> list[Finding]:
    """Return what was learned, the most important first."""
    found: list[Finding | None] = [one_fold(standing), nothing_beats_guessing(standing)]
    if found[-1] is None:  # the order of models that only guess is chance
        found += [lead(standing), simple_model(standing)]
    found += [combining(standing), course(standing), fold_agreement(standing)]
    if found[1] is None:
        found += edges(standing)
    found += [time_spent(standing), failures(standing), given_up(standing)]
    return [each for each in found if each is not None]


def explains(standing: Standing) -> learned.Explains | None:
    """Return how far the best gets from guessing towards perfect, if it does."""
    best, dummy = standing.best, standing.dummy
    if best is None or dummy is None or nothing_beats_guessing(standing) is not None:
        return None
    metric = standing.view.metric
    share = None
    if metric.name in METRICS:
        perfect = -1.0 if metric.greater_is_better else 0.0
        way = dummy.loss - perfect
        share = max(0.0, (dummy.loss - best.loss) / way) if way > 0 else None
    is_error = not metric.greater_is_better
    return learned.Explains(metric.name, standing.score(best), standing.score(dummy), share, is_error)


def nothing_beats_guessing(standing: Standing) -> learned.NoBetterThanGuessing | None:
    """Tell whether no model beats the dummy beyond chance."""
    best, dummy = standing.best, standing.dummy
    if best is None or dummy is None:
        return None
    gap = compare(best, dummy)
    if gap.n_folds and (gap.size <= 0 or gap.is_noise()):
        return learned.NoBetterThanGuessing(best.candidate.algorithm, standing.score(best), standing.score(dummy))
    return None


def one_fold(standing: Standing) -> learned.OneFold | None:
    """Tell whether all scores stand on one fold."""
    n = len(standing.models)
    return learned.OneFold(n) if n > 1 and all(len(each.losses) < 2 for each in standing.models) else None


def lead(standing: Standing) -> learned.ClearLead | learned.WithinNoise | None:
    """Compare the best family with the others."""
    if len(standing.families) < 2:
        return None
    (first, best), *others = standing.families.items()
    trifle = standing.worthwhile
    gaps = [(name, compare(best, each)) for name, each in others]
    equals = [(name, gap) for name, gap in gaps if gap.is_noise(trifle)]
    runner_up, gap = (equals or gaps)[0]
    if equals:
        return learned.WithinNoise(
            first, tuple(name for name, _ in equals), max(gap.size, 0.0), max(gap.margin, trifle)
        )
    if not all(gap.is_clear(trifle) for _, gap in gaps):
        return None
    return learned.ClearLead(first, runner_up, gap.size, max(gap.margin, trifle))


def simple_model(standing: Standing) -> learned.SimpleIsAsGood | learned.SimpleIsWorse | None:
    """Compare the best family with the best simple one."""
    simple = next((name for name in standing.families if name in SIMPLE), None)
    best = standing.best
    if best is None or simple is None or best.candidate.algorithm in SIMPLE:
        return None
    gap = compare(best, standing.families[simple])
    if gap.is_noise(standing.worthwhile):
        return learned.SimpleIsAsGood(simple, best.candidate.algorithm, max(gap.size, 0.0))
    return (
        learned.SimpleIsWorse(simple, best.candidate.algorithm, gap.size) if gap.is_clear(standing.worthwhile) else None
    )


def combining(standing: Standing) -> learned.EnsembleHelps | learned.EnsembleDoesNotHelp | None:
    """Compare the ensemble with the best single pipeline."""
    ensemble, best = standing.view.ensemble, standing.best
    if ensemble is None or best is None or not best.counts or not math.isfinite(ensemble.loss):
        return None
    finished = [each.loss for row, each in standing.view.finished.items() if row != "ensemble"]
    single = min([best.loss, *finished])  # a threshold of its own is nothing that combining gives
    gap, score, n = single - ensemble.loss, standing.view.metric.score_of(single), len(ensemble.members)
    if gap > standing.worthwhile:
        return learned.EnsembleHelps(n, gap, score)
    return learned.EnsembleDoesNotHelp(n, gap, score)


def course(standing: Standing) -> learned.StillImproving | learned.Settled | None:
    """Look at when the best score, or one as good as it, was reached."""
    view = standing.view
    timed = [each for each in standing.models if each.counts and math.isfinite(each.ended)]
    if len(timed) < FEW or not view.seconds > 0:
        return None
    good = min(each.loss for each in timed) + standing.worthwhile
    since = min(each.ended for each in timed if each.loss <= good)
    share = 1 - since / view.seconds
    n_after = sum(1 for each in view.evaluations if each.ended > since)
    if since >= LATE * view.seconds:
        return learned.StillImproving(since, view.seconds, view.is_running)
    if since <= EARLY * view.seconds and n_after >= FEW:
        return learned.Settled(since, share, n_after, view.is_running)
    return None


def fold_agreement(standing: Standing) -> learned.FoldFarOff | learned.FoldsAgree | None:
    """Look for a fold of the best that the others would not have predicted, or for folds that agree."""
    best, dummy = standing.best, standing.dummy
    folds = [] if best is None else [fold for fold in best.folds if fold.is_ok]
    if best is None or len(folds) < 3:
        return None
    losses = [fold.loss for fold in folds]
    at = max(range(len(losses)), key=lambda each: abs(losses[each] - _mean_without(losses, each)))
    others = losses[:at] + losses[at + 1 :]
    mean, spread = _mean_without(losses, at), deviation(others)
    least = max(spread, 0.001 * abs(mean))  # folds that are all alike don't make a trifle far off
    far = quantile(len(others) - 1, 1 - FAR) * least * math.sqrt(1 + 1 / len(others))
    if abs(losses[at] - mean) > far > 0:
        score_of, is_worse = standing.view.metric.score_of, losses[at] > mean
        family = best.candidate.algorithm
        return learned.FoldFarOff(family, folds[at].fold, score_of(losses[at]), score_of(mean), spread, is_worse)
    if dummy is not None and max(losses) - min(losses) < CLOSE * (dummy.loss - best.loss):
        low, high = sorted(map(standing.view.metric.score_of, (min(losses), max(losses))))
        return learned.FoldsAgree(len(losses), low, high)
    return None


def _mean_without(values: list[float], at: int) -> float:
    return math.fsum(values[:at] + values[at + 1 :]) / (len(values) - 1)


def edges(standing: Standing) -> list[Finding]:
    """Look for numeric hyperparameters of the best at an edge of their range."""
    best = standing.best
    if best is None:
        return []
    family = best.candidate.algorithm
    if sum(1 for each in standing.models if each.candidate.algorithm == family) < TUNED:
        return []
    ranges = list(ranges_of(standing, best))
    found: list[Finding] = []
    for declared, value in ranges:
        place = place_in(declared, value)
        if (place <= EDGE and not _ends_there(declared, "low")) or (
            place >= 1 - EDGE and not _ends_there(declared, "high")
        ):
            low, high = declared["low"], declared["high"]
            found.append(learned.AtEdge(family, declared["name"], value, low, high, place > 0.5))
    return found or ([learned.InsideRanges(family, len(ranges))] if ranges else [])


def ranges_of(standing: Standing, best: Evaluation) -> Iterator[tuple[Mapping[str, Any], float]]:
    """Yield each numeric hyperparameter of a candidate that has a range worth the name, and its value."""
    config = best.candidate.config
    plans = [each for each in standing.view.plan.algorithms if each.name == best.candidate.algorithm]
    for declared in plans[0].space if plans else ():
        value = config.get(declared["name"])
        if declared["type"] not in ("Float", "Int") or isinstance(value, bool) or not isinstance(value, int | float):
            continue
        width = declared["high"] - declared["low"]
        if width > 0 and (declared["type"] == "Float" or width >= 4):
            yield declared, value


def place_in(declared: Mapping[str, Any], value: float) -> float:
    """Return where in its range a value lies, from 0 to 1."""
    low, high = declared["low"], declared["high"]
    if declared["log"] and value > 0:
        return math.log(value / low) / math.log(high / low)
    return float((value - low) / (high - low))


def _ends_there(declared: Mapping[str, Any], end: str) -> bool:
    """Tell whether a range can't go beyond this end: a share ends at 1, a strength at 0, a count at 1."""
    if end == "high":
        return bool(declared["type"] == "Float" and declared["high"] == 1)
    return bool(declared["low"] == 0 or (declared["type"] == "Int" and declared["low"] == 1))


def seconds_by_family(evaluations: Sequence[Evaluation]) -> dict[str, float]:
    """Return the seconds that the folds of each family took, without the dummy."""
    spent: dict[str, float] = {}
    for each in evaluations:
        if (family := each.candidate.algorithm) != FLOOR:
            took = math.fsum(fold.fit_seconds + fold.predict_seconds for fold in each.folds)
            spent[family] = spent.get(family, 0.0) + took
    return spent


def time_spent(standing: Standing) -> learned.TimeLost | learned.TimeWellSpent | None:
    """Look at the family on which most of the training time was spent."""
    spent = seconds_by_family(standing.view.evaluations)
    total = math.fsum(spent.values())
    best = standing.best
    if best is None or len(spent) < 2 or not total > 0:
        return None
    family, seconds = max(spent.items(), key=lambda each: each[1])
    if seconds < MOST_OF_TIME * total:
        return None
    if family == best.candidate.algorithm:
        return learned.TimeWellSpent(family, seconds / total)
    members = () if standing.view.ensemble is None else standing.view.ensemble.members
    own = standing.families.get(family)
    is_behind = own is None or compare(best, own).is_clear(standing.worthwhile)
    if is_behind and all(each.candidate.algorithm != family for each in members):
        return learned.TimeLost(family, seconds / total, own is not None)
    return None


def failures(standing: Standing) -> learned.ManyFailed | learned.NoneFailed | None:
    """Count what failed by itself; what the end of the search cut off did not."""
    ended = [each for each in standing.view.evaluations if each.failure is None or each.failure.kind != "cancelled"]
    n = len(ended)
    failed = sum(1 for each in ended if each.state == "failed")
    if failed >= 3 and failed >= MANY_FAILED * n:
        return learned.ManyFailed(failed, n)
    return learned.NoneFailed(n) if n >= 2 * FEW and not any(each.failure for each in ended) else None


def given_up(standing: Standing) -> learned.ManyStopped | None:
    """Count what racing gave up."""
    n = len(standing.view.evaluations)
    stopped = sum(1 for each in standing.view.evaluations if each.state == "stopped")
    return learned.ManyStopped(stopped, n) if stopped >= 3 and stopped >= MANY_STOPPED * n else None
