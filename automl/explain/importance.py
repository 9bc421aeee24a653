"""Which columns the predictions depend on: permutation importance, with intervals, twins and idle columns told.

Two columns that say the same hide each other: shuffling one costs little while the other is there. So columns that go
together (:mod:`automl.explain.association`) are shuffled together as well, and what the group costs is told beside
what each costs alone.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from automl.errors import DataError, PlanError
from automl.evaluation.metrics import get_metric, is_defined
from automl.explain.association import associations, groups_of
from automl.explain.importance_picture import draw_importance
from automl.explain.permutation import Measured, Shuffling
from automl.explain.sample import Sample, held_out_rows, table_rows
from automl.explain.subject import Subject
from automl.explain.wording import listed, number
from automl.plotting.figure import Picture
from automl.values.algorithm import FloatArray
from automl.values.budget import format_duration, parse_duration
from automl.values.metric import Metric

MOST_ROWS = 2_000
_AT_A_GLANCE = 3  # calls of the model that are made without asking which columns are worth it
Verdict = Literal["helps", "no clear effect", "harms", "not used"]


@dataclass(frozen=True, slots=True)
class ColumnImportance:
    """What one column, or several shuffled together, is worth.

    Attributes
    ----------
    columns
        Their names.
    importance, low, high
        How much worse the metric becomes when they are shuffled, and the interval; above 0: they help.
    repeats
        How many shuffles it is the mean of.
    verdict
        ``"helps"`` and ``"harms"`` where the interval leaves 0 out; ``"not used"`` where no prediction changed.
    """

    columns: tuple[str, ...]
    importance: float
    low: float
    high: float
    repeats: int
    verdict: Verdict

    @classmethod
    def of(cls, columns: Sequence[str], measured: Measured) -> ColumnImportance:
        """Return the verdict on a measurement."""
        verdict: Verdict = "helps" if measured.low > 0 else "harms" if measured.high < 0 else "no clear effect"
        if not measured.is_used:
            verdict = "not used"
        return cls(tuple(columns), measured.mean, measured.low, measured.high, measured.repeats, verdict)


@dataclass(frozen=True, slots=True)
class Importance:
    """Permutation importance of the columns of a table.

    Attributes
    ----------
    target
        What is predicted.
    metric
        What got worse.
    score
        The metric before anything was shuffled, on the same rows.
    columns
        One entry a column, the most important first.
    groups
        Columns that go together, measured together, the most important first.
    set_aside
        Columns that no model sees.
    left_out
        Columns that the time was not enough for.
    n_rows
        On how many rows it was measured.
    level
        Of the intervals: t intervals of a jackknife over blocks of rows, for the models as they are.
    notes
        What to beware of, one sentence each.

    Examples
    --------
    >>> importance = demo_run.importance(n_repeats=2)
    >>> importance.frame()["column"].iloc[0].startswith("petal")
    True
    """

    target: str
    metric: Metric
    score: float
    columns: tuple[ColumnImportance, ...]
    groups: tuple[ColumnImportance, ...]
    set_aside: tuple[str, ...]
    left_out: tuple[str, ...]
    n_rows: int
    level: float
    notes: tuple[str, ...]

    def frame(self) -> pd.DataFrame:
        """Return one row a column: ``column importance low high repeats verdict group group_importance``."""
        rows = []
        for each in self.columns:
            name = each.columns[0]
            group = next((found for found in self.groups if name in found.columns), None)
            rows.append(
                {
                    "column": name,
                    "importance": each.importance,
                    "low": each.low,
                    "high": each.high,
                    "repeats": each.repeats,
                    "verdict": each.verdict,
                    "group": None if group is None else " + ".join(group.columns),
                    "group_importance": float("nan") if group is None else group.importance,
                }
            )
        names = ["column", "importance", "low", "high", "repeats", "verdict", "group", "group_importance"]
        return pd.DataFrame(rows, columns=names)

    def plot(self, most: int = 15) -> Picture:
        """Draw the ``most`` important columns, and groups, with their intervals."""
        return draw_importance(self, most)

    def __str__(self) -> str:
        """Tell what the predictions depend on."""
        return " ".join(_sentences(self))


def measure_importance(
    subject: Subject,
    data: Any = None,
    *,
    n_repeats: int = 5,
    random_state: int = 0,
    seconds: float | str | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Importance:
    """Return the permutation importance of each column.

    Parameters
    ----------
    data
        A table with known targets; ``None``: the training rows that the run keeps, each predicted by models that had
        not seen it.
    n_repeats
        Shuffles of each column.
    seconds
        Wall time after which no other shuffle begins: each column is shuffled once before any is again.

    Raises
    ------
    PlanError
        If ``n_repeats`` is no count, or the table lacks the target.
    DataError
        If the table lacks columns, or the metric is not defined on its rows.
    StorageError
        If the run keeps no rows and no table is given.
    """
    if n_repeats < 1:
        raise PlanError(f"n_repeats={n_repeats}: a column has to be shuffled at least once.")
    ends = None if seconds is None else clock() + parse_duration(seconds)
    sample = (held_out_rows if data is None else _of_table(data))(subject, MOST_ROWS, random_state)
    metric, notes = _metric(subject, sample)
    Z = subject.encode(sample.frame)
    shuffling = Shuffling(sample, Z, metric, random_state)
    blocks, names = subject.blocks, subject.names
    together = groups_of(associations(Z, subject.columns, np.array([block.start for block in blocks])))
    units = [[i] for i in range(len(blocks))] + together
    found = _measure(shuffling, [[blocks[i] for i in unit] for unit in units], n_repeats, ends, clock)
    told = {
        tuple(unit): ColumnImportance.of([names[i] for i in unit], shuffling.measured(each))
        for unit, each in zip(units, found, strict=True)
        if each is not None
    }
    left_out = tuple(names[i] for i in range(len(names)) if (i,) not in told)
    columns = _ordered([each for unit, each in told.items() if len(unit) == 1])
    notes += _remarks(sample, columns, left_out, n_repeats, seconds)
    return Importance(
        target=subject.task.target,
        metric=metric,
        score=metric.score_of(shuffling.loss),
        columns=columns,
        groups=_ordered([each for unit, each in told.items() if len(unit) > 1]),
        set_aside=tuple(column.name for column in subject.table.schema.set_aside),
        left_out=left_out,
        n_rows=len(sample),
        level=0.95,
        notes=tuple(notes),
    )


def _of_table(data: Any) -> Callable[[Subject, int, int], Sample]:
    return lambda subject, most, seed: table_rows(subject, data, most, seed)


def _measure(
    shuffling: Shuffling,
    units: list[list[slice]],
    n_repeats: int,
    ends: float | None,
    clock: Callable[[], float],
) -> list[FloatArray | None]:
    """Shuffle every unit once, then the most important ones first as often as is asked, until the time is up.

    Where it may not be enough for all, those go first whose shuffling moves predictions of a few rows most.
    """
    found: list[FloatArray | None] = [None] * len(units)
    order = np.arange(len(units))
    if ends is not None and len(units) > _AT_A_GLANCE * shuffling.at_once:
        is_group = np.array([len(unit) > 1 for unit in units])
        order = np.lexsort([-shuffling.glance(units), is_group])
    for first, last in ((0, 1), (1, n_repeats)):
        at_once = max(1, shuffling.at_once // max(1, last - first))
        for start in range(0, len(order) if last > first else 0, at_once):
            if ends is not None and (start or first) and clock() >= ends:
                return found
            places = order[start : start + at_once].tolist()
            for place, more in zip(places, shuffling.increases([units[k] for k in places], first, last), strict=True):
                once = found[place]
                found[place] = more if once is None else np.vstack([once, more])
        firsts = [-np.inf if each is None or np.isnan(each[0, 0]) else float(each[0, 0]) for each in found]
        order = np.array([k for k in np.argsort(np.negative(firsts), kind="stable") if firsts[k] > -np.inf], dtype=int)
    return found


def _metric(subject: Subject, sample: Sample) -> tuple[Metric, list[str]]:
    """Return the run's metric; of a reopened run whose metric was a function, the one that fits its task."""
    metric, notes = subject.metric, []
    try:
        defined = is_defined(metric, sample.y, subject.task, sample.weight)
    except PlanError:
        metric = get_metric("auto", subject.task)
        notes.append(f"The run's metric {subject.metric.name!r} is not kept with it; {metric.name} stands in for it.")
        defined = is_defined(metric, sample.y, subject.task, sample.weight)
    if not defined:
        classes = subject.task.classes
        one = (
            f", which all have the label {classes[int(sample.y[0])]!r}"
            if len(np.unique(sample.y)) == 1 and classes
            else ""
        )
        raise DataError(
            f"{metric.name} is not defined on these {len(sample)} rows{one}. Give a table with more, of every label."
        )
    return metric, notes


def _ordered(found: list[ColumnImportance]) -> tuple[ColumnImportance, ...]:
    return tuple(sorted(found, key=lambda each: (each.verdict == "not used", -each.importance, each.columns)))


def _remarks(
    sample: Sample,
    columns: Sequence[ColumnImportance],
    left_out: Sequence[str],
    n_repeats: int,
    seconds: float | str | None,
) -> list[str]:
    notes = []
    if sample.n_known > len(sample):
        notes.append(f"Measured on {len(sample):,} of {sample.n_known:,} {sample.source}.")
    else:
        notes.append(f"Measured on {len(sample):,} {sample.source}.")
    limit = "" if seconds is None else format_duration(parse_duration(seconds))
    fewer = sum(each.repeats < n_repeats and each.verdict != "not used" for each in columns)
    if left_out:
        notes.append(f"After {limit} {len(left_out)} columns were not measured: {listed(left_out)}.")
    elif fewer:
        notes.append(f"After {limit} {fewer} columns had been shuffled once only.")
    return notes


def _sentences(importance: Importance) -> list[str]:
    helping = [each for each in importance.columns if each.verdict == "helps"]
    harming = [each.columns[0] for each in importance.columns if each.verdict == "harms"]
    unclear = [each.columns[0] for each in importance.columns if each.verdict == "no clear effect"]
    unused = [each.columns[0] for each in importance.columns if each.verdict == "not used"]
    name = importance.metric.name
    told = []
    if helping:
        best = ", ".join(f"{each.columns[0]} ({number(each.importance, 3)})" for each in helping[:5])
        rest = f" and {len(helping) - 5} more" if len(helping) > 5 else ""
        told.append(
            f"Predictions of {importance.target} depend on {best}{rest}: so much worse is {name} "
            f"({number(importance.score)}) when a column's values are shuffled."
        )
    else:
        told.append(f"No column is known to help to predict {importance.target}: shuffling none makes {name} worse.")
    for group in importance.groups:
        if group.verdict == "helps":
            told.append(
                f"{listed(group.columns)} go together; shuffled at once they are worth "
                f"{number(group.importance, 3)}, so judge them together."
            )
    if harming:
        told.append(f"Without {listed(harming)} predictions of these rows would be better.")
    if unclear:
        told.append(f"No clear effect: {listed(unclear)}.")
    if unused:
        told.append(f"Not used at all: {listed(unused)}.")
    return told + list(importance.notes)
