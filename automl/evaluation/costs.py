"""What was said about costs or gains becomes a metric, and the rule by which labels are decided.

Given are a table of amounts in class order, a dict by label, or for two labels the four names ``true_positive``,
``false_positive``, ``true_negative`` and ``false_negative``, the second label being the positive one. An amount is a
number, the name of a column, or one value for each row.

The label with the lowest expected cost is given (Elkan 2001), by the amounts of the row where they are known when the
prediction is made and by their mean where they are not; what the decision costs is counted with the row's own amounts.
A metric knows the amounts of its training rows; of other rows it takes the means, unless a table tells them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from automl.data.cells import as_numbers
from automl.data.dataset import Dataset
from automl.errors import DataError, PlanError, suggest
from automl.values.costs import Amount, Costs, always_best
from automl.values.metric import Metric, Score
from automl.values.schema import Column
from automl.values.task import Task, TaskKind

Floats = npt.NDArray[np.floating[Any]]

_CLASSES: tuple[TaskKind, ...] = ("binary", "multiclass")
_OUTCOMES = {
    "true_negative": (0, 0),
    "false_positive": (0, 1),
    "false_negative": (1, 0),
    "true_positive": (1, 1),
}


@dataclass(frozen=True, slots=True)
class CostScore:
    """The mean cost or gain of a row, if labels are decided by it.

    Attributes
    ----------
    costs
        What decisions cost.
    values
        For each of ``costs.amounts`` one value a row; empty where the rows are not known.
    is_bound
        Whether the values are those of the rows that are judged; if not, the means stand for them.
    """

    costs: Costs
    values: tuple[Floats, ...] = ()
    is_bound: bool = False

    @property
    def matrix(self) -> npt.NDArray[np.float64]:
        """``matrix[true][given]``, ``(n_classes, n_classes)``."""
        return np.asarray(self.costs.matrix, dtype=np.float64)

    def at(self, rows: npt.NDArray[Any]) -> CostScore:
        """Return the score of these rows."""
        return replace(self, values=tuple(each[rows] for each in self.values), is_bound=True)

    def of(self, frame: pd.DataFrame) -> CostScore:
        """Return the score of a table's rows: by its columns, if it has all that amounts are in."""
        names = [each.column for each in self.costs.amounts]
        if not names or not all(name in frame.columns for name in names):
            return replace(self, values=(), is_bound=False)
        values = [as_numbers(frame[name], Column(name, "numeric", "amounts")) for name in names]
        pairs = zip(self.costs.amounts, values, strict=True)
        known = tuple(np.where(np.isnan(v), self._mean(amount), v) for amount, v in pairs)
        return replace(self, values=known, is_bound=True)

    def decide(self, prediction: Floats) -> npt.NDArray[np.intp]:
        """Return the label of the lowest expected cost of each row, ``(n_rows,)``."""
        losses = np.asarray(self.costs.losses, dtype=np.float64)
        expected = prediction @ losses
        if self._knows(prediction):
            sign = -1.0 if self.costs.is_gain else 1.0
            for amount, value in zip(self.costs.amounts, self.values, strict=True):
                if amount.is_known:
                    beyond = sign * value - losses[amount.true, amount.given]
                    expected[:, amount.given] += prediction[:, amount.true] * beyond
        return np.asarray(expected.argmin(axis=1), dtype=np.intp)

    def __call__(self, y: npt.NDArray[Any], prediction: Floats, weight: Floats | None) -> float:
        """Return the mean over rows of what the decision costs or gains."""
        truth, decided = np.asarray(y, dtype=np.intp), self.decide(prediction)
        found = self.matrix[truth, decided]
        if self._knows(prediction):
            for amount, value in zip(self.costs.amounts, self.values, strict=True):
                hit = (truth == amount.true) & (decided == amount.given)
                found[hit] = value[hit]
        return float(np.average(found, weights=weight))

    def _knows(self, prediction: Floats) -> bool:
        return self.is_bound and bool(self.values) and len(self.values[0]) == len(prediction)

    def _mean(self, amount: Amount) -> float:
        return self.costs.matrix[amount.true][amount.given]


@dataclass(frozen=True, slots=True)
class DecidedBy:
    """A score of labels, where these are decided by costs and not by the highest probability."""

    score: Score
    rule: CostScore

    def at(self, rows: npt.NDArray[Any]) -> DecidedBy:
        """Return the score of these rows."""
        return replace(self, rule=self.rule.at(rows))

    def of(self, frame: pd.DataFrame) -> DecidedBy:
        """Return the score of a table's rows."""
        return replace(self, rule=self.rule.of(frame))

    def __call__(self, y: npt.NDArray[Any], prediction: Floats, weight: Floats | None) -> float:
        """Return the score of the decided labels."""
        return self.score(y, np.eye(prediction.shape[1])[self.rule.decide(prediction)], weight)


def cost_metric(rule: CostScore) -> Metric:
    """Return the metric of these costs.

    Examples
    --------
    >>> metric = cost_metric(CostScore(Costs(((0.0, 5.0), (1.0, 0.0)))))
    >>> metric.name, metric.score(np.array([0, 1]), np.array([[0.3, 0.7], [0.3, 0.7]]))
    ('cost', 0.5)
    """
    return Metric(rule.costs.name, rule, rule.costs.is_gain, _CLASSES, needs_labels=True)


def decided_by(metric: Metric, rule: CostScore | None) -> Metric:
    """Return the metric with labels decided by costs, if it looks at labels and there are costs."""
    if rule is None or not metric.needs_labels or isinstance(metric.function, CostScore):
        return metric
    return replace(metric, function=DecidedBy(metric.function, rule))


def on_table(metric: Metric, frame: pd.DataFrame) -> Metric:
    """Return the metric for the rows of a table, whose columns may tell amounts."""
    bound = getattr(metric.function, "of", None)
    return metric if bound is None else replace(metric, function=bound(frame))


def read_costs(costs: Any, gains: Any, dataset: Dataset) -> CostScore | None:
    """Return the rule that is meant; ``None`` where neither costs nor gains are given.

    Parameters
    ----------
    costs, gains
        At most one of both, as :func:`automl.fit` takes them.

    Raises
    ------
    PlanError
        If it does not fit the task, names no label or column, has another shape, or leaves nothing to decide.
    DataError
        If the amounts of a row are missing.
    """
    given, what = (costs, "costs") if gains is None else (gains, "gains")
    if given is None:
        return None
    task = dataset.task
    if not task.is_classification:
        raise PlanError(
            f"{what} decide between labels, but {task.target!r} is a quantity. Where too little costs four times as "
            "much as too much, give metric='pinball_0.8', which asks for the quantile that costs least."
        )
    cells = _cells(given, what, task)
    matrix = np.zeros((task.n_classes, task.n_classes))
    amounts: list[Amount] = []
    values: list[Floats] = []
    for (true, told), cell in cells.items():
        if not _is_listing(cell) and not isinstance(cell, str):
            matrix[true, told] = _number(cell, what, task)
            continue
        column = cell if isinstance(cell, str) else ""
        value = _column(column, what, dataset) if column else _beside(cell, what, dataset)
        matrix[true, told] = float(np.average(value, weights=dataset.weight))
        amounts.append(Amount(true, told, column, bool(column) and _is_known(column, dataset)))
        values.append(value)
    rows = tuple(tuple(map(float, row)) for row in matrix)
    best = always_best((-matrix if what == "gains" else matrix).tolist())
    if best is not None:
        raise PlanError(
            f"By {what} it is best to give {task.classes[best]!r} whatever is true, so there is nothing to decide. Say "
            "what the other mistakes come to as well; what is not named is 0."
        )
    return CostScore(Costs(rows, what == "gains", tuple(amounts)), tuple(values))


def _cells(given: Any, what: str, task: Task) -> dict[tuple[int, int], Any]:
    """Return what was said of each pair of labels."""
    if isinstance(given, Mapping):
        if task.kind == "binary" and given and set(given) <= set(_OUTCOMES):
            return {_OUTCOMES[name]: cell for name, cell in given.items()}
        return _by_label(given, what, task)
    n = task.n_classes
    lines = list(given) if _is_listing(given) else []
    if len(lines) != n or not all(_is_listing(line) and len(line) == n for line in lines):
        raise PlanError(
            f"{what} must be {n} lines of {n} amounts, {what}[true][given], in the order "
            f"{', '.join(map(repr, task.classes))}, or a dict by label; it is {_shortly(given)}."
        )
    return {(true, told): cell for true, line in enumerate(lines) for told, cell in enumerate(line)}


def _by_label(given: Mapping[Any, Any], what: str, task: Task) -> dict[tuple[int, int], Any]:
    cells = {}
    for true, line in given.items():
        if not isinstance(line, Mapping):
            names = f" or the names {', '.join(_OUTCOMES)}" if task.kind == "binary" else ""
            raise PlanError(
                f"{what}[{true!r}] is {_shortly(line)}; give a dict by the label that is given, such as "
                f"{{{task.classes[0]!r}: {{{task.classes[-1]!r}: 5}}}}{names}."
            )
        for told, cell in line.items():
            cells[_place(true, what, task), _place(told, what, task)] = cell
    return cells


def _place(label: Any, what: str, task: Task) -> int:
    exact = [k for k, each in enumerate(task.classes) if type(each) is type(label) and each == label]
    alike = exact or [k for k, each in enumerate(task.classes) if str(each) == str(label)]
    if len(alike) != 1:
        raise PlanError(
            f"{what} names the label {label!r}, which {task.target!r} does not have. {suggest(label, task.classes)}"
        )
    return alike[0]


def _number(cell: Any, what: str, task: Task) -> float:
    is_number = hasattr(cell, "__float__") and not isinstance(cell, bool)
    if not is_number or not np.isfinite(float(cell)):
        raise PlanError(
            f"{what} of {task.target!r} hold {cell!r}; an amount is a finite number, the name of a column, or one "
            "number for each row."
        )
    return float(cell)


def _column(name: str, what: str, dataset: Dataset) -> Floats:
    if name not in dataset.X.columns:
        raise PlanError(f"{what} name the column {name!r}, which doesn't exist. {suggest(name, dataset.X.columns)}")
    value = as_numbers(dataset.X[name], Column(name, "numeric", "amounts"))
    return _complete(value, f"The column {name!r}, which {what} name,")


def _beside(cell: Any, what: str, dataset: Dataset) -> Floats:
    if len(cell) != len(dataset.present):
        raise DataError(
            f"{what} have {len(cell)} amounts for a pair of labels, but the table has {len(dataset.present)} rows; "
            "they must match."
        )
    value = pd.to_numeric(pd.Series(np.asarray(cell)), errors="coerce").to_numpy(dtype=np.float64)
    return _complete(value[dataset.present], f"A pair of labels in {what}")


def _complete(value: Floats, where: str) -> Floats:
    if bad := int((~np.isfinite(value)).sum()):
        raise DataError(f"{where} has no amount in {bad} of {len(value)} rows. Fill them or drop these rows.")
    return value


def _is_known(name: str, dataset: Dataset) -> bool:
    """Tell whether models see the column as a number, so that a decision can look at it."""
    return name in dataset.schema and dataset.schema[name].role == "numeric"


def _is_listing(value: Any) -> bool:
    return isinstance(value, Sequence | np.ndarray | pd.Series) and not isinstance(value, str | bytes)


def _shortly(value: Any) -> str:
    text = " ".join(repr(value).split())
    return text if len(text) < 100 else f"{text[:97]}..."
