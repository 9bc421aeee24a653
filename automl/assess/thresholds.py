"""Where to draw the line between two labels, or what to decide when mistakes cost differently.

The threshold is chosen on out-of-fold predictions: the one with the best score, with the lowest cost, or with the best
recall among those precise enough (or the other way round). Of equally good ones the one nearest to 0.5 is taken. What a
choice promises is told twice: on the rows it was chosen on, and on each fold by a threshold chosen on the others, which
is the number to believe.

Of several labels there is no single threshold; costs decide between them: the label with the lowest expected cost is
given (Elkan 2001), after calibration, for only true probabilities give true expectations.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

from automl.assess import curves
from automl.assess.calibrating import CalibrationChoice, choose_calibration
from automl.assess.crossing import crossed
from automl.assess.judged import Judged
from automl.assess.scores import is_share
from automl.errors import PlanError, suggest
from automl.evaluation.metrics import METRICS
from automl.pipeline.deciding import CostClassifier, ThresholdClassifier
from automl.values.algorithm import FloatArray
from automl.values.metric import Metric

if TYPE_CHECKING:
    from automl.plotting import Picture

Matrix = list[list[float]]


@dataclass(frozen=True, slots=True)
class Aim:
    """What a threshold is to do: one of these, checked.

    Attributes
    ----------
    metric
        Score to be best.
    costs
        ``costs[true][given]``, whose mean is to be lowest.
    min_precision, min_recall
        What is to be kept while the other is to be best.
    """

    metric: Metric | None = None
    costs: Matrix | None = None
    min_precision: float | None = None
    min_recall: float | None = None

    @classmethod
    def of(
        cls,
        judged: Judged,
        metric: str | None,
        costs: Sequence[Sequence[float]] | None,
        min_precision: float | None,
        min_recall: float | None,
    ) -> Aim:
        """Return what is aimed at; the F1 score if nothing is said.

        Raises
        ------
        PlanError
            If more than one thing is asked for, or it doesn't fit the task.
        """
        asked = {"metric": metric, "costs": costs, "min_precision": min_precision, "min_recall": min_recall}
        given = [name for name, value in asked.items() if value is not None]
        if len(given) > 1:
            raise PlanError(f"A threshold has one aim, but {' and '.join(given)} are given. Give one of them.")
        if not judged.task.is_classification:
            raise PlanError("A regression has no threshold: nothing is decided between labels.")
        if costs is not None:
            return cls(costs=_checked_costs(costs, judged))
        if judged.task.kind != "binary":
            raise PlanError(
                f"A threshold decides between two labels, but the task has {judged.task.n_classes}. Give costs=, "
                "a square table with a line for each true label."
            )
        for name, value in (("min_precision", min_precision), ("min_recall", min_recall)):
            if value is not None and not (is_share(value) or (value == 1 and not isinstance(value, bool))):
                raise PlanError(f"{name}={value!r} is no share; give a number above 0 and up to 1.")
        if min_precision is not None or min_recall is not None:
            return cls(min_precision=min_precision, min_recall=min_recall)
        name = "f1" if metric is None else metric
        fitting = {each.name: each for each in METRICS.values() if each.needs_labels and "binary" in each.tasks}
        if name not in fitting:
            why = "needs no threshold" if name in METRICS else "is unknown"
            raise PlanError(f"The metric {name!r} {why}. {suggest(name, fitting)}")
        return cls(metric=fitting[name])

    def __str__(self) -> str:
        """Tell it in a clause."""
        if self.metric is not None:
            return f"the best {self.metric.name}"
        if self.costs is not None:
            return "the lowest mean cost"
        if self.min_precision is not None:
            return f"the best recall with a precision of at least {self.min_precision:g}"
        return f"the best precision with a recall of at least {self.min_recall:g}"

    @property
    def measure(self) -> str:
        """Name of the number that is best."""
        if self.metric is not None:
            return self.metric.name
        return "cost" if self.costs is not None else "recall" if self.min_precision is not None else "precision"


def _checked_costs(costs: Sequence[Sequence[float]], judged: Judged) -> Matrix:
    n = judged.task.n_classes
    try:
        table = np.asarray(costs, dtype=float)
    except (TypeError, ValueError):
        table = np.zeros(0)
    if table.shape != (n, n) or not np.isfinite(table).all():
        raise PlanError(
            f"costs must be a table of {n} times {n} finite numbers, costs[true][given], in the order "
            f"{', '.join(map(repr, judged.task.classes))}; it is {costs!r}."
        )
    matrix: Matrix = table.tolist()
    return matrix


@dataclass(frozen=True, eq=False)
class Threshold:
    """A decision: where it lies, what it promises, and the pipeline that decides so.

    Attributes
    ----------
    value
        The second label is given where its probability is at least this; NaN where costs decide between several labels.
    aim
        What it was chosen for.
    score
        What it reaches on the rows that it was chosen on (``aim.measure``).
    honest
        What thresholds chosen the same way reach on rows that took no part in the choice.
    usual
        What deciding by the most probable label reaches.
    """

    value: float
    aim: Aim
    score: float
    honest: dict[str, float]
    usual: float
    judged: Judged
    table: pd.DataFrame
    made: Callable[[], Pipeline]

    def frame(self) -> pd.DataFrame:
        """Return every threshold and what it gives; where costs decide between several labels, a row for each label."""
        return self.table.copy()

    def pipeline(self) -> Pipeline:
        """Return the pipeline whose ``predict`` decides so; its probabilities stay as they are."""
        *before, (name, model) = self.made().steps
        decided: Any = (
            CostClassifier.from_fitted(model, self.aim.costs)
            if np.isnan(self.value) and self.aim.costs is not None
            else ThresholdClassifier.from_fitted(model, self.value)
        )
        return Pipeline([*before, (name, decided)])

    def plot(self) -> Picture:
        """Return a picture of the trade-off, with the threshold in it."""
        from automl.assess import drawing
        from automl.plotting import BAD, look, new_figure

        with look():
            figure = new_figure(6.4, 4.0)
            axes = figure.subplots()
            if np.isnan(self.value):
                axes.barh([str(each) for each in self.table["label"]], self.table["share_given"])
                axes.set(xlabel="share of rows given the label", title="Decided by costs")
                return figure
            drawing.threshold(axes, self.table)
            axes.axvline(self.value, color=BAD, linewidth=1.4)
            axes.set_title(f"{self.aim}: {self.value:.3g}".capitalize())
        return figure

    def _repr_png_(self) -> bytes:
        return self.plot()._repr_png_()

    def __repr__(self) -> str:
        """Tell the choice in a sentence."""
        where = "Costs decide" if np.isnan(self.value) else f"Threshold {self.value:.4g}"
        measure, aim = self.aim.measure, self.aim
        reached = f"{measure} {self.honest[measure]:.4g}"
        if aim.min_precision is not None or aim.min_recall is not None:
            kept = "precision" if aim.min_precision is not None else "recall"
            reached = f"{reached} and {kept} {self.honest[kept]:.4g}"
        told = f"{where} for {aim}: {reached} on rows that took no part in the choice"
        gap = self.usual - self.honest[measure] if aim.costs is not None else self.honest[measure] - self.usual
        note = ", which is as good" if aim.min_precision is None and aim.min_recall is None and gap <= 0 else ""
        return f"{told} ({self.usual:.4g} by the most probable label{note})."


def choose_threshold(judged: Judged, aim: Aim, made: Callable[[], Pipeline], seed: int = 0) -> Threshold:
    """Return the decision that reaches the aim best.

    Raises
    ------
    PlanError
        If one label alone occurs, or no threshold reaches what was asked for.
    """
    if len(np.unique(judged.y)) < 2:
        raise PlanError(f"In {judged.source} all rows have one label; a threshold can't be chosen by them.")
    if judged.task.kind != "binary":
        return _by_costs(judged, aim, made, seed)
    counts = curves.threshold_counts(judged)
    place = _best(aim, counts)
    decided = np.zeros(len(judged), dtype=bool)
    for learn, apply in crossed(judged, seed):
        known = judged.take(learn)
        # One label alone decides nothing: such a fold decides as usual.
        learned = curves.threshold_counts(known) if len(np.unique(known.y)) == 2 else None
        cut = 0.5 if learned is None else learned["threshold"].iloc[_best(aim, learned, is_strict=False)]
        decided[apply] = judged.prediction[apply, 1] >= cut
    usual = judged.prediction[:, 1] > judged.prediction[:, 0]
    table = curves.threshold(judged)
    table[aim.measure] = _measured(aim, counts)
    return Threshold(
        value=float(counts["threshold"].iloc[place]),
        aim=aim,
        score=float(table[aim.measure].iloc[place]),
        honest={name: _of_decided(judged, decided, aim, name) for name in ("precision", "recall", aim.measure)},
        usual=_of_decided(judged, usual, aim, aim.measure),
        judged=judged,
        table=table,
        made=made,
    )


def _best(aim: Aim, counts: pd.DataFrame, is_strict: bool = True) -> int:
    """Return the place of the best threshold; where none is good enough the nearest to it, unless that is refused."""
    score = _measured(aim, counts)
    keeps = np.ones(len(score), dtype=bool)
    kept, least = ("precision", aim.min_precision) if aim.min_precision is not None else ("recall", aim.min_recall)
    if least is not None:
        reached = np.nan_to_num(_ratio(counts, kept), nan=-1.0)
        keeps = reached >= least - 1e-12
        if not keeps.any():
            best = int(reached.argmax())
            if is_strict:
                found, cut = reached[best], counts["threshold"].iloc[best]
                other = _ratio(counts, "recall")[best]
                raise PlanError(
                    f"No threshold reaches a {kept} of {least:g}; the best reachable is {found:.4g}, at {cut:.4g} "
                    f"(recall {other:.4g}). Ask for less, or for a better model."
                )
            return best
    loss = np.where(keeps & np.isfinite(score), score if aim.costs is not None else -score, np.inf)
    near = np.abs(counts["threshold"].to_numpy() - 0.5)
    return int(np.lexsort([near, np.round(loss, 12)])[0])


def _ratio(counts: pd.DataFrame, name: str) -> FloatArray:
    right, other = counts["tp"].to_numpy(), counts["fp" if name == "precision" else "fn"].to_numpy()
    return np.asarray(np.divide(right, right + other, out=np.full(len(right), np.nan), where=right + other > 0))


def _measured(aim: Aim, counts: pd.DataFrame) -> FloatArray:
    if aim.costs is not None:
        (tn, fp), (fn, tp) = aim.costs
        total = counts[["tp", "fp", "fn", "tn"]].sum(axis=1)
        cost = tp * counts["tp"] + fp * counts["fp"] + fn * counts["fn"] + tn * counts["tn"]
        return np.asarray(cost / total)
    if aim.metric is None:
        return _ratio(counts, aim.measure)
    # Four rows stand for all: one for each pair of a true and a given label.
    truth, given = np.array([1, 0, 1, 0]), np.array([[0.0, 1.0], [0.0, 1.0], [1.0, 0.0], [1.0, 0.0]])
    cells = counts[["tp", "fp", "fn", "tn"]].to_numpy()
    return np.array([aim.metric.score(truth, given, each) for each in cells])


def _of_decided(judged: Judged, decided: np.ndarray, aim: Aim, name: str) -> float:
    weight = np.ones(len(judged)) if judged.weight is None else judged.weight
    is_positive = judged.y == 1
    cells = {
        "threshold": 0.5,
        "tp": weight[decided & is_positive].sum(),
        "fp": weight[decided & ~is_positive].sum(),
        "fn": weight[~decided & is_positive].sum(),
        "tn": weight[~decided & ~is_positive].sum(),
    }
    counts = pd.DataFrame([cells])
    return float((_measured(aim, counts) if name == aim.measure else _ratio(counts, name))[0])


def _by_costs(judged: Judged, aim: Aim, made: Callable[[], Pipeline], seed: int) -> Threshold:
    costs = np.asarray(aim.costs)
    choice: CalibrationChoice = choose_calibration(judged, made, seed=seed)
    decided = (choice.crossed @ costs).argmin(axis=1)
    usual = judged.prediction.argmax(axis=1)
    weight = np.ones(len(judged)) if judged.weight is None else judged.weight

    def mean_cost(given: np.ndarray) -> float:
        return float(costs[judged.y, given] @ weight / weight.sum())

    n = judged.task.n_classes
    shares = [np.bincount(each, weight, n) / weight.sum() for each in (judged.y, decided, usual)]
    table = pd.DataFrame(
        {
            "label": pd.Series(list(judged.task.classes), dtype=object),
            "share_true": shares[0],
            "share_given": shares[1],
            "share_usual": shares[2],
        }
    )
    found = mean_cost(decided)
    return Threshold(float("nan"), aim, found, {"cost": found}, mean_cost(usual), judged, table, choice.pipeline)
