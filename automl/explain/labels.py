"""Which of a prediction's numbers is told: the probability of one label, or the value."""

from __future__ import annotations

from typing import Any

from automl.errors import PlanError, suggest
from automl.values.task import Task


def place_of(task: Task, label: Any) -> int:
    """Return the column of a prediction that belongs to a label.

    Raises
    ------
    PlanError
        If there is no such label, or a regression is asked for one.

    Examples
    --------
    >>> place_of(Task("binary", "bought", ("no", "yes")), "yes")
    1
    """
    if not task.is_classification:
        raise PlanError(
            f"label={label!r} was given, but {task.target!r} is a quantity and has no labels. Leave it out."
        )
    found = [k for k, known in enumerate(task.classes) if known == label or str(known) == str(label)]
    if not found:
        raise PlanError(f"There is no label {label!r}. {suggest(label, map(str, task.classes))}")
    return found[0]


def unit_of(task: Task, place: int) -> str:
    """Return what a number of a prediction is, in words.

    Examples
    --------
    >>> unit_of(Task("binary", "bought", ("no", "yes")), 1), unit_of(Task("regression", "price"), 0)
    ("probability of bought = 'yes'", 'predicted price')
    """
    if not task.is_classification:
        return f"predicted {task.target}"
    return f"probability of {task.target} = {task.classes[place]!r}"
