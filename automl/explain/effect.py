"""How predictions change with a column: a line over numbers and dates, a dot a level for categories."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from automl.errors import PlanError, suggest
from automl.explain.association import associations
from automl.explain.axis import has_order, make_axis
from automl.explain.dependence import accumulated_effects, partial_dependence
from automl.explain.effect_picture import draw_effect
from automl.explain.labels import unit_of
from automl.explain.subject import Subject
from automl.explain.wording import listed, number, told
from automl.plotting.figure import Picture
from automl.values.algorithm import FloatArray, IntArray
from automl.values.task import Task

Kind = Literal["auto", "pdp", "ale"]
KINDS: tuple[Kind, ...] = get_args(Kind)
MOST_ROWS = 300
_TOGETHER = 0.5  # a number that goes with another column so much gets accumulated local effects
_HARDLY = 0.05  # of the spread of predictions


@dataclass(frozen=True, slots=True)
class Effect:
    """What predictions do when a column changes.

    Attributes
    ----------
    column, target
        What changes, and what is predicted.
    kind
        ``"pdp"`` or ``"ale"``.
    values
        Of the column: floats, Timestamps, Timedeltas, or levels as texts (``None``: missing).
    is_ordered
        Whether the values have an order.
    labels
        The labels whose probabilities are told, ``(None,)`` for a regression; of two labels, the second's only.
    effect, low, high
        ``(n_values, n_labels)``: mean prediction, and the band around it.
    band
        What the band is, in words.
    rows
        How many rows of the sample are nearest to each value, or have the level.
    units
        What the numbers are, in words, for each label.
    spread
        Standard deviation of predictions over rows, ``(n_labels,)``, to judge effects by.
    notes
        What to beware of, one sentence each.

    Examples
    --------
    >>> effect = demo_run.effect("petal width (cm)", kind="pdp")
    >>> effect.frame().columns.tolist()
    ['value', 'label', 'effect', 'low', 'high', 'rows']
    """

    column: str
    target: str
    kind: Literal["pdp", "ale"]
    values: tuple[Any, ...]
    is_ordered: bool
    labels: tuple[Any, ...]
    effect: FloatArray
    low: FloatArray
    high: FloatArray
    band: str
    rows: IntArray
    units: tuple[str, ...]
    spread: FloatArray
    notes: tuple[str, ...]

    def frame(self) -> pd.DataFrame:
        """Return one row a value (and label): ``value label effect low high rows``; no ``label`` for a regression."""
        parts = []
        for k, label in enumerate(self.labels):
            part = pd.DataFrame({"value": list(self.values)})
            if label is not None:
                part["label"] = label
            part = part.assign(effect=self.effect[:, k], low=self.low[:, k], high=self.high[:, k], rows=self.rows)
            parts.append(part)
        return pd.concat(parts, ignore_index=True)

    def plot(self) -> Picture:
        """Draw the effect with its band, and where the rows are."""
        return draw_effect(self)

    def __str__(self) -> str:
        """Tell in which way predictions change."""
        return " ".join([*(self._sentence(k) for k in range(len(self.labels))), *self.notes])

    @property
    def sentences(self) -> tuple[str, ...]:
        """In which way predictions change, a sentence a label, the one that changes most first; without the notes."""
        order = np.argsort(-np.ptp(self.effect, axis=0), kind="stable")
        return tuple(self._sentence(k) for k in order.tolist())

    def _sentence(self, k: int) -> str:
        effect, unit = self.effect[:, k], self.units[k]
        low, high = int(effect.argmin()), int(effect.argmax())
        of_all = unit[0].upper() + unit[1:]
        if effect[high] - effect[low] <= _HARDLY * max(float(self.spread[k]), 1e-12):
            return f"{of_all} hardly changes with {self.column}."
        at = [f"{each:.2f}" if self.labels[k] is not None else number(each) for each in effect.tolist()]
        values = [told(each) for each in self.values]
        if not self.is_ordered:
            return (
                f"{of_all} is highest for {self.column} = {values[high]} ({at[high]}) and lowest for {values[low]} "
                f"({at[low]})."
            )
        change = float(effect[-1] - effect[0])
        order = np.corrcoef(np.arange(len(effect)), rankdata(effect))[0, 1]
        if abs(change) >= 0.7 * (effect[high] - effect[low]) and order * np.sign(change) >= 0.8:
            way = "rises" if change > 0 else "falls"
            return f"{of_all} {way} with {self.column}, from {at[0]} at {values[0]} to {at[-1]} at {values[-1]}."
        return (
            f"{of_all} neither rises nor falls throughout with {self.column}: it is highest at {values[high]} "
            f"({at[high]}) and lowest at {values[low]} ({at[low]})."
        )


def measure_effect(
    subject: Subject, column: str, *, kind: Kind = "auto", data: Any = None, random_state: int = 0
) -> Effect:
    """Return the effect of a column on what the pipeline predicts.

    Raises
    ------
    PlanError
        If there is no such column or kind, or accumulated effects are asked of values without an order.
    DataError
        If the column has one value.
    StorageError
        If the run keeps no rows and none are given.
    """
    if kind not in KINDS:
        raise PlanError(f"Unknown kind {kind!r} of effect. {suggest(kind, KINDS)}")
    place = subject.column(column)
    described, block = subject.columns[place], subject.blocks[place]
    ordered = has_order(described)
    if kind == "ale" and not ordered:
        raise PlanError(
            f"Accumulated local effects need values with an order, and {column!r} is {described.role}. Use kind='pdp'."
        )
    frame = subject.rows(subject.kept_rows()[1] if data is None else subject.read(data))
    n_known = len(frame)
    if n_known > MOST_ROWS:
        frame = frame.sample(MOST_ROWS, random_state=random_state).reset_index(drop=True)
    Z = subject.encode(frame)
    friends = _friends(subject, Z, place) if ordered else []
    chosen: Literal["pdp", "ale"] = "ale" if kind == "ale" or (kind == "auto" and friends) else "pdp"
    axis = make_axis(frame[column], described, whole=chosen == "ale")
    told_labels = _told(subject.task)
    before = subject.predict(Z)[:, told_labels]
    if chosen == "ale":
        effect, low, high = (
            each[:, told_labels] + before.mean(axis=0)
            for each in accumulated_effects(subject.predict, Z, block, axis, random_state)
        )
        band = "95 % bootstrap interval over rows"
    else:
        by_row = partial_dependence(subject.predict, Z, block, axis)[:, :, told_labels]
        effect = by_row.mean(axis=1)
        centred = by_row - by_row.mean(axis=0) + effect.mean(axis=0)
        low, high = np.quantile(centred, (0.1, 0.9), axis=1)
        band = "the middle 80 % of rows, each about its own mean"
    of_all = f" of {n_known:,}" if n_known > len(frame) else ""
    notes = [f"It is the mean over {len(frame):,}{of_all} rows."]
    if axis.left_out:
        notes.append(f"{axis.left_out} rarer levels are not shown.")
    if chosen == "pdp" and friends:
        notes.append(
            f"{column} goes together with {listed(friends)}, so some of these rows could not be; see kind='ale'."
        )
    return Effect(
        column=column,
        target=subject.task.target,
        kind=chosen,
        values=axis.values,
        is_ordered=axis.is_ordered,
        labels=tuple(subject.task.classes[k] for k in told_labels) if subject.task.is_classification else (None,),
        effect=effect,
        low=low,
        high=high,
        band=band,
        rows=axis.counts,
        units=tuple(unit_of(subject.task, k) for k in told_labels),
        spread=before.std(axis=0),
        notes=tuple(notes),
    )


def _told(task: Task) -> list[int]:
    return [1] if task.kind == "binary" else list(range(task.width))


def _friends(subject: Subject, Z: FloatArray, place: int) -> list[str]:
    """Return the columns that a column goes together with, the closest first."""
    found = associations(Z, subject.columns, np.array([block.start for block in subject.blocks]))[place].copy()
    found[place] = 0.0
    return [subject.names[i] for i in np.argsort(-found, kind="stable") if found[i] >= _TOGETHER]
