"""How sure that is: where the numbers are from, whether parts of the table agree, how far single rows scatter."""

from __future__ import annotations

import numpy as np

from automl.assess.assessment import Assessment
from automl.assess.conformal import Conformal
from automl.assess.honest_scores import HonestScores
from automl.dashboard.findings import fold_agreement, one_fold
from automl.dashboard.learned import FoldsAgree
from automl.dashboard.wording import count, name, number, percent
from automl.report.absent import Absent
from automl.report.material import Material
from automl.report.sentence import Sentence

MANY = 10  # candidates from which the best one's score is a little too good


def certainty(material: Material) -> list[Sentence]:
    """Return how far the numbers can be believed."""
    found = material.assessment
    told = [] if isinstance(found, Absent) else [_source(material, found)]
    if material.has_test and isinstance(found, Assessment) and isinstance(material.out_of_fold, Assessment):
        told.append(agreement(found, material.out_of_fold))
    if material.is_best:
        told += _folds(material)
    if isinstance(material.honest, HonestScores) and material.is_best and not material.has_test:
        told.append(without_luck(material.honest, material.standing.worthwhile))
    if isinstance(material.conformal, Conformal):
        told.append(_scatter(material.conformal))
    return told


def _source(material: Material, found: Assessment) -> Sentence:
    rows = count(len(found.judged), "row")
    if material.has_test:
        return Sentence(f"The numbers are measured on a test table of {rows} that the search has not seen.", "good")
    n = len(material.standing.models)
    seen = f"The numbers are measured on {rows} of the training table, each predicted by models that had not seen it"
    if n < MANY or (material.is_best and isinstance(material.honest, HonestScores)):
        return Sentence(f"{seen}.")
    return Sentence(
        f"{seen}; but the best of {count(n, 'candidate')} was chosen on the same rows, so expect slightly less on new "
        "ones. A test table would tell (`data=`)."
    )


def without_luck(honest: HonestScores, trifle: float) -> Sentence:
    """Return what is left of the best score without the luck of having been chosen; less than a trifle is none."""
    low, high = map(number, sorted(honest.interval))
    chosen = number(float(honest.leaderboard["score"].iloc[0]))
    reached = (
        f"pipelines chosen in the same way reach {name(honest.metric.name)} **{number(honest.score)}** on rows that "
        f"had no say in it ({percent(honest.losses.level)} interval {low} to {high}; `run.honest()`)"
    )
    told = f"Its {chosen} on the leaderboard"
    if honest.optimism > trifle:
        return Sentence(f"{told} is partly the luck of having been chosen: {reached}.", "caution")
    return Sentence(f"{told} owes little to the luck of having been chosen: {reached}.", "good")


def agreement(test: Assessment, out_of_fold: Assessment) -> Sentence:
    """Return whether the test table says the same as the folds did.

    The two differ if the interval of their difference, both taken as independent, leaves 0 out.
    """
    metric = test.metric
    value, earlier = test.values[metric.name], out_of_fold.values[metric.name]
    halves = [np.ptp(each.bounds[metric.name]) / 2 for each in (test, out_of_fold)]
    told = f"{name(metric.name)} {number(value)} on the test table, {number(earlier)} out of fold"
    worse = metric.loss_of(value) - metric.loss_of(earlier)
    if not np.isfinite(worse) or abs(worse) <= np.hypot(*halves):
        return Sentence(f"The test table agrees with the search: {told}.", "good")
    if worse > 0:
        return Sentence(
            f"**The test table is predicted worse than the search promised**: {told}, a difference beyond chance. Its "
            "rows may be of another kind or time.",
            "caution",
        )
    return Sentence(f"The test table is predicted better than the search promised: {told}, beyond chance.")


def _folds(material: Material) -> list[Sentence]:
    standing = material.standing
    single = one_fold(standing)
    if single is not None:
        return [Sentence(single.sentence, "caution")]
    found = fold_agreement(standing)
    if found is None:
        return []
    return [Sentence(found.sentence, "good" if isinstance(found, FoldsAgree) else "caution")]


def _scatter(conformal: Conformal) -> Sentence:
    measured = conformal.measured
    width, covered = number(measured.size, 3), percent(measured.measured)
    return Sentence(
        f"For {percent(conformal.coverage)} of new rows the truth lies in an interval that is {width} wide on average "
        f"(`run.conformal()`; {covered} of the known rows do)."
    )
