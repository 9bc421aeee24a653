"""Whether predictions and errors differ between groups of people, or of any rows.

It measures; it does not say what is just. Where groups differ in how often they have the label, no classifier that errs
can have equal selection rates, equal error rates and equal precision all at once (Kleinberg, Mullainathan and Raghavan
2017), so which measure is to be equal is a decision of people.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import norm

from automl.errors import DataError, PlanError
from automl.evaluation.decisions import decide
from automl.evaluation.rates import (
    MEANINGS,
    SHARES,
    Measures,
    measures_of_labels,
    measures_of_selection,
    measures_of_values,
)
from automl.explain.fairness_picture import draw_fairness
from automl.explain.gaps import FEWEST_ROWS, Gap, group_errors, is_comparable, widest_gaps
from automl.explain.grouping import make_groups
from automl.explain.labels import place_of
from automl.explain.sample import known_rows
from automl.explain.subject import Subject
from automl.explain.wording import listed, number
from automl.plotting.figure import Picture
from automl.values.algorithm import FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class Fairness:
    """Measures of groups and the gaps between them.

    Attributes
    ----------
    by, target
        What tells the groups, and what is predicted.
    rule
        When a row counts as selected, in words; empty where nothing is.
    groups
        Names, the largest first.
    sizes
        Rows of each group.
    measures
        Names of the measures.
    values, low, high
        ``(n_groups, n_measures)`` with bootstrap intervals; NaN where no row counts.
    comparable
        ``(n_groups, n_measures)``: whether a measure rests on enough rows to be compared.
    gaps
        The widest gap of each measure.
    level
        Of the intervals.
    source
        Where the predictions are from, in words.
    notes
        What to beware of, one sentence each.
    """

    by: str
    target: str
    rule: str
    groups: tuple[str, ...]
    sizes: IntArray
    measures: tuple[str, ...]
    values: FloatArray
    low: FloatArray
    high: FloatArray
    comparable: npt.NDArray[np.bool_]
    gaps: tuple[Gap, ...]
    level: float
    source: str
    notes: tuple[str, ...]

    def frame(self) -> pd.DataFrame:
        """Return one row a group: ``group rows`` and a column a measure."""
        found = pd.DataFrame({"group": list(self.groups), "rows": self.sizes})
        return found.assign(**{name: self.values[:, m] for m, name in enumerate(self.measures)})

    def intervals(self) -> pd.DataFrame:
        """Return one row a group and measure: ``group measure value low high compared``."""
        rows = [
            {
                "group": group,
                "measure": name,
                "value": self.values[g, m],
                "low": self.low[g, m],
                "high": self.high[g, m],
                "compared": bool(self.comparable[g, m]),
            }
            for g, group in enumerate(self.groups)
            for m, name in enumerate(self.measures)
        ]
        return pd.DataFrame(rows)

    def gap_frame(self) -> pd.DataFrame:
        """Return one row a compared measure: the two groups farthest apart, their values, the gap, its interval."""
        names = ["measure", "higher", "lower", "high_value", "low_value", "gap", "low", "high", "ratio", "is_clear"]
        return pd.DataFrame([{name: getattr(each, name) for name in names} for each in self.gaps], columns=names)

    def plot(self) -> Picture:
        """Draw the measures of each group with their intervals."""
        return draw_fairness(self)

    @property
    def sentences(self) -> tuple[str, ...]:
        """The clear differences, one sentence each, and which are not clear; without the notes."""
        return tuple(_sentences(self))

    def __str__(self) -> str:
        """Tell the clear differences, or that there is none."""
        return " ".join([*self.sentences, *self.notes])


def judge_fairness(
    subject: Subject,
    by: str | Sequence[str],
    *,
    data: Any = None,
    label: Any = None,
    threshold: float | None = None,
    random_state: int = 0,
) -> Fairness:
    """Return how predictions and errors differ between groups.

    Raises
    ------
    PlanError
        If there is no such column or label, a threshold is no probability, or one is given for a regression.
    DataError
        If there is one group only.
    StorageError
        If the run keeps no rows and no table is given.
    """
    task = subject.task
    if threshold is not None and not task.is_classification:
        raise PlanError(
            f"threshold={threshold!r}: {task.target!r} is a quantity, and nothing is selected. Leave it out."
        )
    if threshold is not None and not 0 <= threshold <= 1:
        raise PlanError(f"threshold={threshold!r} is no probability; give one from 0 to 1.")
    if threshold is not None and task.kind == "multiclass" and label is None:
        raise PlanError(
            f"threshold={threshold!r} needs a label to be the probability of. Give label= one of {task.target!r}."
        )
    place = 1 if task.kind == "binary" else None
    place = place if label is None else place_of(task, label)
    frame, y, prediction, weight, source = _kept(subject) if data is None else _given(subject, data)
    group, names = make_groups(frame, by, subject.table.schema)
    measures, rule = _measures(subject, y, prediction, weight, place, threshold)
    values = np.array([measures.values(group == g) for g in range(len(names))])
    errors = group_errors(measures, group, len(names), random_state)
    reach = float(norm.ppf(0.975)) * errors
    comparable = is_comparable(measures, group, len(names))
    sizes = np.bincount(group, minlength=len(names))
    is_share = np.array([name in SHARES for name in measures.names])
    low, high = (np.where(is_share, np.clip(each, 0.0, 1.0), each) for each in (values - reach, values + reach))
    return Fairness(
        by=by if isinstance(by, str) else " × ".join(by),
        target=task.target,
        rule=rule,
        groups=names,
        sizes=sizes,
        measures=measures.names,
        values=values,
        low=low,
        high=high,
        comparable=comparable,
        gaps=widest_gaps(measures.names, names, values, errors, comparable),
        level=0.95,
        source=source,
        notes=tuple(_remarks(names, sizes, rule, source)),
    )


Predicted = tuple[pd.DataFrame, npt.NDArray[Any], FloatArray, FloatArray | None, str]


def _kept(subject: Subject) -> Predicted:
    """Return the kept training rows that have out-of-fold predictions."""
    positions, frame = subject.kept_rows()
    found = subject.out_of_fold()
    _, kept, predicted = np.intersect1d(positions, found.rows, return_indices=True)
    if not len(kept):
        raise DataError("None of the kept training rows was held out of a fold. Give a test table with data=.")
    weight = None if found.weight is None else found.weight[predicted]
    source = f"out-of-fold predictions of {len(kept):,} training rows"
    return frame.iloc[kept].reset_index(drop=True), found.y[predicted], found.prediction[predicted], weight, source


def _given(subject: Subject, data: Any) -> Predicted:
    frame = subject.read(data)
    dataset = known_rows(subject, frame)
    prediction = subject.predict(subject.encode(subject.rows(dataset.X)))
    rows = frame.loc[dataset.present].reset_index(drop=True)
    return rows, dataset.y, prediction, dataset.weight, f"predictions of {len(rows):,} rows of the given table"


def _measures(
    subject: Subject,
    y: npt.NDArray[Any],
    prediction: FloatArray,
    weight: FloatArray | None,
    place: int | None,
    threshold: float | None,
) -> tuple[Measures, str]:
    task = subject.task
    weights = np.ones(len(y)) if weight is None else np.asarray(weight, dtype=np.float64)
    if not task.is_classification:
        return measures_of_values(np.asarray(y, dtype=np.float64), prediction[:, 0].astype(float), weights), ""
    decided = decide(prediction, subject.losses)
    if place is None:
        return measures_of_labels(decided == y, prediction.max(axis=1).astype(float), weights), ""
    score, name = prediction[:, place].astype(float), repr(task.classes[place])
    selected = decided == place if threshold is None else score >= threshold
    rule = _rule(subject, name) if threshold is None else f"the probability of {name} is at least {threshold:g}"
    return measures_of_selection(y == place, selected, score, weights), rule


def _rule(subject: Subject, name: str) -> str:
    """Say how labels are decided."""
    if subject.plan.costs is not None:
        return f"{name} is the label of the lowest expected cost"
    return f"{name} is the most probable label" if subject.losses is None else f"{name} is given by the run's threshold"


def _remarks(groups: tuple[str, ...], sizes: IntArray, rule: str, source: str) -> list[str]:
    notes = [f"From {source}."]
    if rule:
        notes.append(f"A row is selected where {rule}.")
    small = [f"{name} ({size})" for name, size in zip(groups, sizes, strict=True) if size < FEWEST_ROWS]
    if small:
        few = "Groups" if len(small) > 1 else "The group"
        notes.append(f"{few} of fewer than {FEWEST_ROWS} rows can't be judged: {listed(small)}.")
    return notes


def _sentences(found: Fairness) -> list[str]:
    clear = sorted((gap for gap in found.gaps if gap.is_clear), key=lambda gap: found.measures.index(gap.measure))
    unclear = [gap for gap in found.gaps if not gap.is_clear]
    if not found.gaps:
        return [f"No two groups of {found.by} have enough rows to be compared."]
    told = [
        f"By {found.by}, the {MEANINGS[gap.measure]} is higher for {gap.higher} ({number(gap.high_value)}) than for "
        f"{gap.lower} ({number(gap.low_value)}): a gap of {number(gap.gap)} ({found.level:.0%} interval "
        f"{number(gap.low)} to {number(gap.high)})."
        for gap in clear
    ]
    if not unclear:
        return told
    words = [f"{MEANINGS[gap.measure]} (at most {number(gap.gap)})" for gap in unclear]
    no = f"No clear difference between the groups of {found.by} in the" if not clear else "No clear difference in the"
    return [*told, f"{no} {listed(words)}."]
