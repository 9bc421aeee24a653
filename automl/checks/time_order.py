"""A table that follows time, validated as if it didn't.

Rows of a log stand in the order of a date column, and rows near each other in time have targets near each other. Folds
that are shuffled then train on what came after, which no prediction can. Dates that only describe a row (a birthday)
don't order the table, so they are not taken for its time.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from automl.checks.subject import FloatArray, Subject, floats_of
from automl.values.finding import Finding

_IN_ORDER = 0.98  # of the steps from row to row that change the time
_MIN_TIMES = 20  # different ones
_ALIKE = 0.05  # correlation of neighbours
_SURE = 5.0  # standard errors


def check_time_order(subject: Subject) -> Iterator[Finding]:
    """Find a date column that the rows follow, with targets that change in time."""
    if subject.dataset.times is not None:
        return
    for column in subject.schema:
        if column.role != "datetime":
            continue
        share = share_in_order(floats_of(subject.some(column.name), column))
        if share < _IN_ORDER:
            continue
        order = np.argsort(subject.numbers(column.name), kind="stable")
        alike = likeness(subject.y[order], is_label=subject.task.is_classification)
        if alike < max(_ALIKE, _SURE / math.sqrt(subject.n_rows)):
            continue
        yield Finding.of(
            "time-order",
            f"The rows follow column {column.name!r}, and neighbours in time have similar values of "
            f"{subject.task.target} (correlation {alike:.2f}), but folds are shuffled: they train on the future.",
            columns=[column.name],
            advice=f"time_column={column.name!r} validates each row by what came before.",
            in_order=round(share, 4),
            correlation=round(alike, 4),
        )
        return


def share_in_order(times: FloatArray) -> float:
    """Return how many of the steps between rows go the way that most go; 0 where there are few times.

    Examples
    --------
    >>> share_in_order(np.repeat(np.arange(30.0), 3)), share_in_order(np.arange(30.0)[::-1])
    (1.0, 1.0)
    """
    present = times[~np.isnan(times)]
    steps = np.diff(present)
    steps = steps[steps != 0]
    if len(steps) < _MIN_TIMES or len(present) < 0.9 * len(times):
        return 0.0
    forward = float((steps > 0).mean())
    return max(forward, 1 - forward)


def likeness(y: npt.NDArray[np.generic], *, is_label: bool) -> float:
    """Return the correlation of each target with the next: of ranks, or of labels as far as they agree beyond chance.

    Examples
    --------
    >>> likeness(np.array([0, 0, 0, 1, 1, 1]), is_label=True)
    0.6
    """
    if is_label:
        shares = np.unique(y, return_counts=True)[1] / len(y)
        chance = float((shares**2).sum())
        return round((float((y[1:] == y[:-1]).mean()) - chance) / (1 - chance), 12) if chance < 1 else 0.0
    ranks = np.argsort(np.argsort(y, kind="stable"), kind="stable").astype(np.float64)
    return float(np.corrcoef(ranks[1:], ranks[:-1])[0, 1])
