"""How good it is, in numbers: every metric with its interval, by class and slice, as curves, and what may be wrong."""

from __future__ import annotations

import numpy as np
import pandas as pd

from automl.assess.assessment import Assessment
from automl.assess.conformal import Conformal
from automl.dashboard.wording import number, percent
from automl.errors import PlanError
from automl.evaluation.leaderboard import pipeline_id
from automl.report.absent import Absent
from automl.report.audience import Depth
from automl.report.blocks import Block, Figure, Heading, Section, told
from automl.report.claims import caution
from automl.report.claims.certainty import certainty
from automl.report.figures import figure_of
from automl.report.material import Material
from automl.report.sentence import Sentence
from automl.report.tables import table_of
from automl.values.task import TaskKind

CURVES: dict[TaskKind, tuple[str, ...]] = {
    "binary": ("roc", "pr", "calibration", "threshold", "confusion"),
    "multiclass": ("confusion", "roc", "calibration", "gain"),
    "regression": ("truth", "residuals"),
}
_ALTS = {
    "roc": "Share of the rows of each label that are found, against the share of other rows taken for it.",
    "pr": "How often a finding is right, against the share of rows found.",
    "calibration": "Share of rows for which it came true, against the probability that was told.",
    "threshold": "Precision, recall, F1 and the share of rows selected, by the probability from which they are.",
    "confusion": "How many rows of each true label were given each label.",
    "gain": "Share of a label's rows found, by the share of rows looked at.",
    "truth": "The truth against the prediction, a dot a row.",
    "residuals": "Truth minus prediction, against the prediction.",
}
_MOST_CLASSES = 40
_CELLS = 30  # labels beyond which a whole table of true and given labels is not for reading
_PAIRS = 60


def validation(material: Material, depth: Depth) -> Section:
    """Return the section."""
    found = material.assessment
    blocks: list[Block | Heading] = [told(Sentence.of_text(material.run.plan.folds.reason), *certainty(material))]
    if isinstance(found, Absent):
        return Section("validation", "Validation", (*blocks, told(found.because("The validation"))))
    blocks += [table_of(_metrics(material, found), _caption(found), key="metrics")]
    if found.notes:
        blocks.append(told(*(Sentence.of_text(each) for each in found.notes)))
    if depth.audience == "audit":
        blocks += _folds(material)
    blocks += [Heading("Curves"), *curves(found, CURVES[found.judged.task.kind])]
    if found.judged.task.is_classification:
        blocks += [
            Heading("By label"),
            table_of(by_label(found), "By label", key="classes", most=_MOST_CLASSES, first=True),
        ]
    blocks += _slices(material, found)
    blocks += _calibration(found)
    blocks += _training(material)
    return Section("validation", "Validation", tuple(blocks + _intervals(material)))


def _caption(found: Assessment) -> str:
    return f"Metrics by {found.judged.source}, {len(found.judged):,} rows; {percent(found.level)} intervals"


def _metrics(material: Material, found: Assessment) -> pd.DataFrame:
    """Return the frame of the assessment; beside a test's values stand the out-of-fold ones."""
    frame = found.frame()
    if material.has_test and isinstance(material.out_of_fold, Assessment):
        frame.insert(4, "out_of_fold", [material.out_of_fold.values.get(each, np.nan) for each in frame["metric"]])
    is_undefined = frame["note"] != ""
    frame["meaning"] = frame["meaning"].where(~is_undefined, "undefined: " + frame["note"])
    return frame.drop(columns="note")


def curves(found: Assessment, names: tuple[str, ...]) -> list[Figure]:
    """Return the curves that these rows have, each as a figure."""
    shown = []
    for name in names:
        try:
            curve = found.curve(name)
        except PlanError:  # one label alone occurs; the table of metrics says so
            continue
        key, frame = f"curve-{name}", curve.frame()
        if name == "confusion":
            key, frame = (key, frame.reset_index()) if len(frame) <= _CELLS else ("confused", confused(frame))
        shown.append(
            figure_of(
                curve.plot(), key, curve.title, f"{curve.title}. {_ALTS[name]}", frame, as_is=key == "curve-confusion"
            )
        )
    return shown


def confused(table: pd.DataFrame) -> pd.DataFrame:
    """Return the pairs of labels that are taken for each other most often: ``truth, given, rows``."""
    pairs = table.reset_index(names="truth").melt("truth", var_name="given", value_name="rows")
    wrong = pairs[(pairs["truth"] != pairs["given"]) & (pairs["rows"] > 0)]
    return wrong.sort_values("rows", ascending=False, kind="stable").head(_PAIRS)


def _folds(material: Material) -> list[Block | Heading]:
    metric = material.run.metric
    rows = [
        (pipeline_id(each), fold.fold, metric.score_of(fold.loss), fold.n_predicted, fold.fit_seconds, fold.rounds)
        for each, _ in material.members
        for fold in each.folds
        if fold.is_ok
    ]
    names = ["id", "fold", metric.name, "validated_rows", "fit_seconds", "rounds"]
    return [Heading("Fold by fold"), table_of(pd.DataFrame(rows, columns=names), "Scores of each fold", key="folds")]


def by_label(found: Assessment) -> pd.DataFrame:
    """Return the measures of each label, narrow enough for a page: bounds stand beside their value."""
    frame = found.per_class().drop(columns="share")
    for each in ("precision", "recall"):
        low, high = frame.pop(f"{each}_low"), frame.pop(f"{each}_high")
        bounds = [f"{number(a, 3)} to {number(b, 3)}" for a, b in zip(low, high, strict=True)]
        place = list(frame.columns).index(each) + 1
        frame.insert(place, percent(found.level), bounds, allow_duplicates=True)
    return frame.rename(columns={"average_precision": "PR AUC", "roc_auc": "ROC AUC", "f1": "F1"})


def _slices(material: Material, found: Assessment) -> list[Block | Heading]:
    worst = material.slices
    if isinstance(worst, Absent):
        return [Heading("Parts of the rows"), told(worst.because("Which rows are predicted worse"))]
    said = caution.slices(material, found)
    blocks: list[Block | Heading] = [Heading("Parts of the rows"), told(*([] if said is None else [said]))]
    if not worst.empty:
        blocks.append(table_of(worst, f"Where {found.metric.name} is clearly worse", key="slices", first=True))
    return blocks


def _calibration(found: Assessment) -> list[Block | Heading]:
    said = caution.calibration(found)
    return [] if said is None else [Heading("Probabilities"), told(said)]


def _training(material: Material) -> list[Block | Heading]:
    found = material.overfitting
    if isinstance(found, Absent):
        return [Heading("Training against validation"), told(found.because("Overfitting"))]
    said = caution.overfitting(material, found)
    alt = (
        f"{found.metric.name} of each fold: mean {found.train:.4g} on training rows, {found.validation:.4g} on others."
    )
    figure = figure_of(found.plot(), "overfitting", "Training against validation", alt, found.frame())
    return [Heading("Training against validation"), told(*([] if said is None else [said])), figure]


def _intervals(material: Material) -> list[Block | Heading]:
    found = material.conformal
    if not isinstance(found, Conformal):
        return []
    alt = f"Intervals for {found.coverage:.0%} of rows; {found.measured.measured:.1%} of the known rows are covered."
    return [
        Heading("Prediction intervals"),
        told(Sentence.of_text(str(found.measured))),
        figure_of(found.plot(), "intervals", "Prediction intervals", alt, found.frame()),
    ]
