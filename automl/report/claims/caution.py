"""What to beware of; where there is nothing to beware of, that is said too."""

from __future__ import annotations

import numpy as np

from automl.assess.assessment import Assessment
from automl.assess.calibration_error import error_by_chance
from automl.assess.overfitting import Overfitting
from automl.dashboard.findings import failures
from automl.dashboard.learned import ManyFailed
from automl.dashboard.wording import count, listed, name, number, percent, plain
from automl.explain.importance import Importance
from automl.report.absent import Absent
from automl.report.claims.dependence import single_column
from automl.report.material import Material
from automl.report.sentence import Sentence
from automl.report.tables import records

BADLY, WELL = 0.05, 0.02  # mean gap between probabilities and shares
FEW_ROWS, FEW_OF_LABEL = 500, 50
BY_HEART = 0.5  # of the way from guessing to the validation score: a gap that large is told
_SHOWN = 3
_TOLD = frozenset({"target-leak", "rare-class"})  # findings that have sentences of their own here


def cautions(material: Material) -> list[Sentence]:
    """Return what to beware of, the gravest first."""
    found = material.assessment
    told: list[Sentence | None] = []
    if isinstance(found, Assessment):
        told += [slices(material, found), calibration(found)]
    if isinstance(material.importance, Importance):
        told.append(single_column(material.importance))
    if isinstance(material.overfitting, Overfitting):
        told.append(overfitting(material, material.overfitting))
    told += [rows(material), leaks(material), failed(material), outlook(material)]
    known = [each for each in told if each is not None]
    return [each for each in known if each.tone == "caution"] + [each for each in known if each.tone != "caution"]


def slices(material: Material, found: Assessment) -> Sentence | None:
    """Return which rows are predicted worse than others, or that none are."""
    worst = material.slices
    if isinstance(worst, Absent):
        return None
    if worst.empty:
        return Sentence("No part of the rows is predicted clearly worse than the rest.", "good")
    parts = [
        f"{name(row['column'])} = {name(row['slice'])} ({number(row['score'], 3)}, elsewhere {number(row['rest'], 3)})"
        for row in records(worst.head(_SHOWN))
    ]
    more = f" and {count(len(worst) - _SHOWN, 'other part')}" if len(worst) > _SHOWN else ""
    metric = found.metric.name if np.isfinite(found.values[found.metric.name]) else "the usual metric"
    return Sentence(f"**Some rows are predicted worse** by {name(metric)}: {listed(parts)}{more}.", "caution")


def calibration(found: Assessment) -> Sentence | None:
    """Return whether probabilities can be taken at their word."""
    gap = found.values.get("calibration_error", np.nan)
    if not np.isfinite(gap):
        return None
    judged = found.judged
    told = f"they are off by {number(100 * gap, 2)} points on average"
    if gap >= BADLY and gap > error_by_chance(judged.y, judged.prediction, judged.weight):
        return Sentence(
            f"**Probabilities can't be taken at their word**: {told}. `run.calibrated()` mends what can be mended.",
            "caution",
        )
    if gap <= WELL:
        return Sentence(f"Probabilities can be taken at their word: {told}.", "good")
    if gap >= BADLY:
        rows = count(len(judged), "row")
        return Sentence(
            f"Whether probabilities can be taken at their word {rows} can't tell: {told}, as chance may be."
        )
    return Sentence(f"Probabilities are about right: {told}.")


def overfitting(material: Material, found: Overfitting) -> Sentence | None:
    """Return how much of the training score must not be believed."""
    dummy, metric = material.standing.dummy, found.metric
    if dummy is None or not np.isfinite(found.gap):
        return None
    way = dummy.loss - metric.loss_of(found.validation)
    told = f"{name(metric.name)} {number(found.train)} on rows that it trained on, {number(found.validation)} on others"
    if way > 0 and found.gap >= BY_HEART * way:
        return Sentence(
            f"It knows its training rows by heart ({told}): judge it by the others only; more rows may help.", "neutral"
        )
    return Sentence(f"It has not learned its training rows by heart: {told}.", "good")


def rows(material: Material) -> Sentence | None:
    """Return whether there are few rows, or few of a label."""
    plan, found = material.run.plan, material.out_of_fold
    if plan.n_rows < FEW_ROWS:
        return Sentence(
            f"**There are only {count(plan.n_rows, 'row')}**: each number here could differ a good deal on others.",
            "caution",
        )
    if not plan.task.is_classification or isinstance(found, Absent):
        return None
    counts = np.bincount(found.judged.y, minlength=plan.task.n_classes)
    rare = [f"{name(plan.task.classes[k], 40)} ({counts[k]:,})" for k in np.argsort(counts) if counts[k] < FEW_OF_LABEL]
    if not rare:
        return None
    return Sentence(f"**Few rows have {listed(rare, 4)}**: little is known about how they are predicted.", "caution")


def leaks(material: Material) -> Sentence | None:
    """Return which columns were set aside because they give the target away."""
    found = [name(column.name) for column in material.run.plan.schema if column.role == "leak"]
    if not found:
        return None
    them = "it" if len(found) == 1 else "them"
    return Sentence(
        f"{listed(found)} gave the target away and {'was' if them == 'it' else 'were'} left out.", "caution"
    )


def failed(material: Material) -> Sentence | None:
    """Return whether much of what was tried failed."""
    found = failures(material.standing)
    if not isinstance(found, ManyFailed):
        return None
    return Sentence(f"{percent(found.n_failed / found.n_trials)} of what the search tried failed.", "caution")


def outlook(material: Material) -> Sentence | None:
    """Return whether a longer search would help."""
    found = material.course.outlook
    if found.verdict == "unknown":
        return None
    return Sentence(found.sentence, "good" if found.verdict == "none" else "neutral")


def notes(material: Material) -> list[Sentence]:
    """Return what was noticed about the table."""
    plan = material.run.plan
    graver = [each for each in plan.noticed if each.severity != "note" and each.code not in _TOLD]
    noticed = [each.sentence for each in graver]
    return [Sentence(plain(note, 300)) for note in (*noticed, *plan.notes)]
