"""How good it is: compared with guessing, and in words that need no statistics."""

from __future__ import annotations

import numpy as np

from automl.assess.assessment import Assessment
from automl.dashboard.wording import count, name, number
from automl.evaluation.metrics import METRICS
from automl.report.absent import Absent
from automl.report.claims.guessing import AgainstGuessing
from automl.report.material import Material
from automl.report.sentence import Sentence

MUCH, SOME = 0.5, 0.1  # shares of the way from guessing to perfect


def quality(material: Material) -> list[Sentence]:
    """Return how good the predictions are."""
    found = material.assessment
    if isinstance(found, Absent):
        score = number(float(material.row["score"]))
        return [
            Sentence(f"Its {name(material.run.plan.metric)} was {score} in the search."),
            found.because("More about its quality"),
        ]
    told = [headline(material, found), *_ranking(found)]
    return told + (_labels(found) if found.judged.task.is_classification else _values(found))


def headline(material: Material, found: Assessment) -> Sentence:
    """Return whether it is better than guessing, and by how much."""
    metric = found.metric
    value, (low, high) = found.values[metric.name], found.bounds[metric.name]
    if not np.isfinite(value):  # a function of the caller's, which a reopened run knows by name only
        return Sentence(f"Its {name(metric.name)} was {number(float(material.row['score']))} in the search.")
    level = f"{100 * found.level:.3g} %"
    told = f"{name(metric.name)} **{number(value)}** ({level} interval {number(low)} to {number(high)}"
    way = "higher" if metric.greater_is_better else "lower"
    against = material.guessing
    if against is None or isinstance(against, Absent):
        return Sentence(f"{told}; {way} is better).")
    told += f"; guessing scores {number(against.guessing)}, {way} is better)"
    if against.verdict == "none":
        return Sentence(f"**It is no better than guessing**, as far as these rows tell: {told}.", "caution")
    if against.verdict == "doubtful":
        return Sentence(f"**It may be no better than guessing**: {told}, but {_luck(against, found)}.", "caution")
    share = way_to_perfect(found, metric.loss_of(against.guessing))
    if share is None:
        return Sentence(f"**It is better than guessing**: {told}.", "good")
    if share >= MUCH:
        return Sentence(f"**It predicts well**: {told}.", "good")
    if share >= SOME:
        return Sentence(f"**It predicts better than guessing**: {told}.", "good")
    return Sentence(f"**It predicts only a little better than guessing**: {told}.", "caution")


def _luck(against: AgainstGuessing, found: Assessment) -> str:
    if against.is_by_folds:
        return "its folds differ by about as much"
    rows = count(len(found.judged), "row")
    return f"the best of {count(against.n_candidates, 'candidate')} gets as far on {rows} by luck now and then"


def way_to_perfect(found: Assessment, guessing: float) -> float | None:
    """Return which share of the way from guessing to perfect it goes; ``None`` where perfect isn't known."""
    metric = found.metric
    if metric.name not in METRICS:
        return None
    perfect = -1.0 if metric.greater_is_better else 0.0
    way = guessing - perfect
    return None if way <= 0 else (guessing - metric.loss_of(found.values[metric.name])) / way


def _ranking(found: Assessment) -> list[Sentence]:
    area = found.values.get("roc_auc", np.nan)
    if found.judged.task.kind != "binary" or not np.isfinite(area):
        return []
    label = name(found.judged.task.classes[1], 40)
    times = f"{100 * area:.0f} of 100"
    return [
        Sentence(
            f"Of a row that has {label} and one that has not, it thinks the right one more likely in {times} cases; "
            "tossing a coin does in 50."
        )
    ]


def _labels(found: Assessment) -> list[Sentence]:
    judged, right = found.judged, found.values["accuracy"]
    shares = np.bincount(judged.y, judged.weight, judged.task.n_classes)
    shares = shares / shares.sum()
    most = int(shares.argmax())
    label, usual = name(judged.task.classes[most], 40), float(shares[most])
    low, high = found.bounds["accuracy"]
    told = f"It gives the right label to {100 * right:.3g} of 100 rows"
    always = f"always saying {label} would be right for {100 * usual:.3g}"
    if low > usual:
        return [Sentence(f"{told}; {always}.", "good")]
    if high < usual:
        return [Sentence(f"{told}, which is worse than one label for all: {always}.", "caution")]
    return [Sentence(f"{told}, no more than one label for all would: {always}.", "neutral")]


def _values(found: Assessment) -> list[Sentence]:
    judged, off = found.judged, found.values["mae"]
    y = np.asarray(judged.y, dtype=float)
    middle = float(np.median(y))
    usual = float(np.average(np.abs(y - middle), weights=judged.weight))
    told = f"Its predictions are off by {number(off, 3)} on average"
    always = f"always saying {number(middle, 3)}, the middle value, would be off by {number(usual, 3)}"
    if found.bounds["mae"][1] < usual:
        return [Sentence(f"{told}; {always}.", "good")]
    return [Sentence(f"{told}, no closer than one value for all: {always}.", "caution")]
