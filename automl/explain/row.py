"""Why a single row is predicted as it is, and what would be if it were otherwise.

The prediction is taken apart into a base value and what each column of the row adds to it
(:mod:`automl.explain.contributions`). For labels that is in points of the probability of one label, for quantities in
the target's unit. What a column adds is what the *model* makes of it: it tells nothing about what would happen in the
world if the value were changed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from automl.data.cells import as_strings
from automl.errors import DataError
from automl.explain.contributions import contributions_of
from automl.explain.labels import place_of, unit_of
from automl.explain.row_picture import draw_row
from automl.explain.subject import Subject
from automl.explain.wording import listed, number, signed, told
from automl.pipeline.rows import as_frame
from automl.plotting.figure import Picture
from automl.values.algorithm import FloatArray


@dataclass(frozen=True, slots=True)
class RowExplanation:
    """One prediction, taken apart.

    Attributes
    ----------
    row
        The values of the columns that models see.
    target
        What is predicted.
    predicted
        The label or value that the pipeline predicts.
    label
        The label whose probability is explained; ``None`` for a regression.
    prediction
        What is explained: that label's probability, or the value.
    base
        Where it starts from; ``base`` and all contributions sum to ``prediction``.
    contributions, errors
        What each column adds, and its standard error: 0 where the library of a booster tells exactly.
    unit
        What the numbers are, in words.
    notes
        What to beware of, one sentence each.
    before
        What it is compared with: the explanation that :meth:`what_if` was asked of.

    Examples
    --------
    >>> explanation = demo_run.explain(demo_frame.iloc[0])
    >>> total = explanation.base + sum(explanation.contributions.values())
    >>> abs(round(total - explanation.prediction, 9))
    0.0
    """

    row: Mapping[str, Any]
    target: str
    predicted: Any
    label: Any
    prediction: float
    base: float
    contributions: Mapping[str, float]
    errors: Mapping[str, float]
    unit: str
    notes: tuple[str, ...]
    before: RowExplanation | None
    _again: Callable[[Mapping[str, Any], Any], RowExplanation] = field(repr=False, compare=False)
    _predict: Callable[[pd.DataFrame], pd.DataFrame] = field(repr=False, compare=False)
    _place: Callable[[Any], int] = field(repr=False, compare=False)

    def frame(self) -> pd.DataFrame:
        """Return one row a column, the largest contribution first: ``column value contribution error``."""
        rows = [
            {"column": name, "value": self.row[name], "contribution": added, "error": self.errors[name]}
            for name, added in sorted(self.contributions.items(), key=lambda each: -abs(each[1]))
        ]
        return pd.DataFrame(rows, columns=["column", "value", "contribution", "error"])

    def plot(self, most: int = 10) -> Picture:
        """Draw how the prediction comes about, from the base over the ``most`` important columns."""
        return draw_row(self, most)

    def what_if(self, changes: Mapping[str, Any] | None = None, /, **named: Any) -> RowExplanation:
        """Explain the same row with other values: ``what_if(age=40)``, or a mapping for names that are no words.

        The same label is explained, and the result tells what has changed.

        Raises
        ------
        PlanError
            If no model sees such a column.
        """
        wanted = {**(changes or {}), **named}
        for name in wanted:
            self._place(name)
        return replace(self._again({**self.row, **wanted}, self.label), before=self)

    def sweep(self, column: str, values: Sequence[Any]) -> pd.DataFrame:
        """Return predictions for the row with each of these values of a column.

        Returns
        -------
        pandas.DataFrame
            One row a value: the value in the column's name, ``prediction`` and, for labels, ``P(label)`` of each.

        Raises
        ------
        PlanError
            If no model sees the column.
        DataError
            If there are no values.
        """
        self._place(column)
        cells = list(values)
        if not cells:
            raise DataError(f"There are no values of {column!r} to try. Give some.")
        rows = pd.DataFrame([{**self.row, column: cell} for cell in cells])
        found = self._predict(rows)
        found.insert(0, column, pd.Series(cells, dtype=rows[column].dtype))
        return found

    def __str__(self) -> str:
        """Tell the prediction and its main reasons."""
        return " ".join([_outcome(self), *_reasons(self), *self.notes])


def explain_row(
    subject: Subject, row: Any, *, label: Any = None, background: Any = None, random_state: int = 0
) -> RowExplanation:
    """Return the explanation of one row.

    Raises
    ------
    DataError
        If there are several rows, or columns are absent.
    PlanError
        If there is no such label.
    """
    task = subject.task
    place = None if label is None else place_of(task, label)
    given = as_frame(row, [column.name for column in subject.table.schema])
    if len(given) != 1:
        raise DataError(
            f"explain takes one row and was given {len(given):,}. Give one, such as table.iloc[0], or use "
            "run.contributions for many."
        )
    frame = subject.rows(given)
    rows = _background(subject, background)
    found = contributions_of(subject, frame, rows, random_state)
    prediction = found.prediction[0]
    place = int(prediction.argmax()) if place is None else place

    def again(changed: Mapping[str, Any], of_label: Any) -> RowExplanation:
        return explain_row(subject, changed, label=of_label, background=background, random_state=random_state)

    return RowExplanation(
        row={name: frame[name].iloc[0] for name in frame.columns},
        target=task.target,
        predicted=task.classes[int(prediction.argmax())] if task.is_classification else float(prediction[0]),
        label=task.classes[place] if task.is_classification else None,
        prediction=float(prediction[place]),
        base=float(found.base[0, place]),
        contributions=dict(zip(found.columns, found.added[0, :, place].tolist(), strict=True)),
        errors=dict(zip(found.columns, found.error[0, :, place].tolist(), strict=True)),
        unit=unit_of(task, place),
        notes=tuple(_remarks(subject, frame) + _doubts(found.added[0, :, place], found.error[0, :, place])),
        before=None,
        _again=again,
        _predict=lambda some: _predictions(subject, some),
        _place=subject.column,
    )


def _background(subject: Subject, background: Any) -> Callable[[], pd.DataFrame]:
    if background is None:
        return lambda: subject.rows(subject.kept_rows()[1])
    return lambda: subject.rows(subject.read(background))


def _predictions(subject: Subject, frame: pd.DataFrame) -> pd.DataFrame:
    predicted = subject.predict(subject.encode(subject.rows(frame)))
    if not subject.task.is_classification:
        return pd.DataFrame({"prediction": predicted[:, 0]})
    classes = subject.task.classes
    decided = [classes[k] for k in predicted.argmax(axis=1)]
    return pd.DataFrame({"prediction": decided, **{f"P({name})": predicted[:, k] for k, name in enumerate(classes)}})


def _remarks(subject: Subject, frame: pd.DataFrame) -> list[str]:
    """Return what is unusual about the row: levels that training did not have."""
    unseen = []
    for column, encoder in zip(subject.columns, subject.table.encoders_, strict=True):
        levels = next((each for each in encoder.levels() if each), None)
        if levels is None or column.role not in ("category", "high_cardinality"):
            continue
        cell = as_strings(frame[column.name], column)[0]
        if cell is not None and cell not in levels:
            unseen.append(f"{column.name} = {told(cell)}")
    return [f"Training had no {listed(unseen)}; it is treated as unknown."] if unseen else []


def _doubts(added: FloatArray, error: FloatArray) -> list[str]:
    """Return a sentence on sampled contributions, where that matters."""
    worst = float(error.max(initial=0.0))
    if worst <= 0.1 * float(abs(added).max(initial=0.0)):
        return []
    return [f"Contributions are estimated by sampling, with standard errors up to {worst:.2g}."]


def _outcome(explanation: RowExplanation) -> str:
    before = explanation.before
    if explanation.label is None:
        was = "" if before is None else f", where it was {number(before.prediction)}"
        from_base = f"{was} (it starts from {number(explanation.base)})"
        text = f"predicted {explanation.target} = {number(explanation.prediction)}{from_base}"
    else:
        was = "" if before is None else f", where it was {before.prediction:.2f}"
        chance = f"{explanation.prediction:.2f}{was} (it starts from {explanation.base:.2f})"
        text = f"predicted {explanation.predicted!r} with {chance}"
        if explanation.label != explanation.predicted:
            text = f"predicted {explanation.predicted!r}, and {explanation.label!r} with {chance}"
    if before is None:
        return text[0].upper() + text[1:] + ":"
    changed = [
        f"{name} = {told(value)} instead of {told(before.row[name])}"
        for name, value in explanation.row.items()
        if told(value) != told(before.row[name])
    ]
    return f"With {listed(changed) or 'nothing changed'}: {text},"


def _reasons(explanation: RowExplanation) -> list[str]:
    largest = max((abs(added) for added in explanation.contributions.values()), default=0.0)
    if largest <= 1e-12 * max(1.0, abs(explanation.prediction)):
        return ["no column adds anything."]
    up = explanation.prediction >= explanation.base
    ordered = sorted(explanation.contributions.items(), key=lambda each: -abs(each[1]))
    weighty = [(name, added) for name, added in ordered if abs(added) >= 0.1 * largest]
    along = [_reason(explanation, name, added) for name, added in weighty if (added > 0) == up][:3]
    against = [_reason(explanation, name, added) for name, added in weighty if (added > 0) != up][:2]
    if not up and explanation.label is not None:
        return [f"lowered by {listed(along)}" + (f", while {listed(against)} speak for it." if against else ".")]
    return [f"mostly because {listed(along)}" + (f", although {listed(against)}." if against else ".")]


def _reason(explanation: RowExplanation, name: str, added: float) -> str:
    value = told(explanation.row[name])
    return f"{name} is missing ({signed(added)})" if value == "missing" else f"{name} = {value} ({signed(added)})"
