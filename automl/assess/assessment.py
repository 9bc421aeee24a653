"""One judgement of predictions: all metrics with intervals, by class, by slice, as curves, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from automl.assess import curves
from automl.assess.areas import class_areas
from automl.assess.bootstrap import Bounds, Resampling, intervals
from automl.assess.curve import Curve
from automl.assess.judged import Judged
from automl.assess.scores import better_side, is_share, meaning_of, names_of, score, score_all, why_undefined
from automl.assess.slices import COLUMNS, all_cuts, cuts_by, row_losses, standing_out, worst_of
from automl.errors import PlanError, suggest
from automl.evaluation.metrics import METRICS, default_metric
from automl.values.algorithm import FloatArray
from automl.values.metric import Metric

if TYPE_CHECKING:
    from automl.plotting import Picture

_TITLES: Mapping[str, str] = {
    "roc": "ROC curve",
    "pr": "Precision and recall",
    "calibration": "Calibration",
    "gain": "Cumulative gain",
    "lift": "Lift",
    "threshold": "What a threshold trades",
    "confusion": "True and given labels",
    "truth": "Truth against prediction",
    "residuals": "Residuals",
}
_DRAWN = 30_000  # rows of an overview
_OVERVIEW = {
    "binary": ("roc", "pr", "calibration", "threshold"),
    "multiclass": ("confusion", "roc", "calibration", "gain"),
    "regression": ("truth", "residuals"),
}


@dataclass(frozen=True, eq=False)
class Assessment:
    """How good predictions are.

    Attributes
    ----------
    judged
        The predictions beside the truth.
    metric
        What the run optimised; it comes first in tables of slices.
    values, bounds
        Each metric's score in its own direction, and its interval; NaN where it is undefined.
    areas
        Areas under the ROC and the precision-recall curve of each label, ``(n_classes, 2)``.
    level
        The share that an interval holds.
    resampling
        How intervals were found.
    by
        Columns that :meth:`slices` cuts by if it is not told others.
    seed
        Of what chance decides.

    Examples
    --------
    >>> assessment = demo_run.evaluate()
    >>> assessment.frame().columns.tolist()
    ['metric', 'value', 'low', 'high', 'better', 'meaning', 'note']
    >>> assessment.values["accuracy"] > 0.9
    True
    >>> assessment.per_class()["label"].tolist()
    [0, 1, 2]
    """

    judged: Judged
    metric: Metric
    values: Mapping[str, float]
    bounds: Mapping[str, Bounds]
    areas: FloatArray
    level: float
    resampling: Resampling
    by: str | tuple[str, ...] | None = None
    seed: int = 0

    @classmethod
    def of(
        cls,
        judged: Judged,
        metric: Metric | None = None,
        *,
        by: str | Sequence[str] | None = None,
        level: float = 0.95,
        seed: int = 0,
    ) -> Assessment:
        """Judge predictions.

        Parameters
        ----------
        metric
            The run's own; by default the usual one of the task.

        Raises
        ------
        PlanError
            If the level is no share, or there is no column ``by``.
        """
        if not is_share(level):
            raise PlanError(f"level={level!r} is no share of the resamples; give a number between 0 and 1.")
        if by is not None:
            cuts_by(judged, by)
        metric = metric or METRICS[default_metric(judged.task.kind)]
        areas = class_areas(judged) if judged.task.is_classification else np.zeros((0, 2))
        values = score_all(judged, names_of(judged, metric), metric, areas)
        bounds, resampling = intervals(judged, values, metric, level=level, seed=seed)
        by = by if by is None or isinstance(by, str) else tuple(by)
        return cls(judged, metric, values, bounds, areas, level, resampling, by, seed)

    @property
    def notes(self) -> tuple[str, ...]:
        """What is to be known about the numbers, one sentence each."""
        told = []
        if self.resampling.rows < len(self.judged):
            told.append(
                f"Intervals come from resampling {self.resampling.rows:,} of the {len(self.judged):,} rows "
                f"{self.resampling.resamples:,} times, scaled to all of them."
            )
        told += [f"{name} is undefined: {why}." for name in self.values if (why := self._why(name))]
        return tuple(told)

    def frame(self) -> pd.DataFrame:
        """Return ``metric, value, low, high, better, meaning, note``.

        ``better`` is "higher", "lower" or, for what has no better side, empty; ``note`` says why a value is NaN.
        """
        rows = [
            (name, value, *self.bounds[name], better_side(name, self.metric), meaning_of(name), self._why(name))
            for name, value in self.values.items()
        ]
        return pd.DataFrame(rows, columns=["metric", "value", "low", "high", "better", "meaning", "note"])

    def _why(self, name: str) -> str:
        if np.isfinite(self.values[name]):
            return ""
        return why_undefined(self.judged, name) or "it can't be computed for these rows"

    def per_class(self) -> pd.DataFrame:
        """Return a row for each label: how many rows have it, and how well they are told from the rest.

        Precision and recall come with Wilson's interval.

        Raises
        ------
        PlanError
            If the task is a regression.
        """
        judged = self.judged
        if not judged.task.is_classification:
            raise PlanError("A regression has no classes. Use slices() or curve('truth').")
        table = curves.confusion(judged).to_numpy(dtype=float)
        rows = np.bincount(judged.y, minlength=judged.task.n_classes)
        given = np.bincount(judged.decided, minlength=judged.task.n_classes)
        right, true, called = np.diag(table), table.sum(axis=1), table.sum(axis=0)
        found: dict[str, object] = {
            "label": pd.Series(list(judged.task.classes), dtype=object),
            "rows": rows,
            "share": true / true.sum(),
            "given": given,
        }
        for name, whole, n in (("precision", called, given), ("recall", true, rows)):
            share = np.divide(right, whole, out=np.full(len(right), np.nan), where=whole > 0)
            low, high = curves.wilson(share, np.maximum(n, 1), self.level)
            found |= {name: share, f"{name}_low": low, f"{name}_high": high}
        both = true + called
        found["f1"] = np.divide(2 * right, both, out=np.full(len(right), np.nan), where=both > 0)
        found |= {"roc_auc": self.areas[:, 0], "average_precision": self.areas[:, 1]}
        return pd.DataFrame(found)

    def slices(self, by: str | Sequence[str] | None = None) -> pd.DataFrame:
        """Return how well each part of the rows is predicted, or the parts that are predicted worst.

        Parameters
        ----------
        by
            A column, or several, each for itself; of a category every level is a slice, of a quantity every fifth of
            its rows. Without it, all columns are searched for slices that are worse than the rest by more than chance
            (:mod:`automl.assess.slices`); there may be none.

        Returns
        -------
        DataFrame
            ``column, slice, rows, share``; the run's metric of the slice (``score``, ``low``, ``high``) and of all
            other rows (``rest``); ``p_value``, corrected for the number of slices, that it is no worse than they are
            (NaN for a slice of too few rows to tell).

        Raises
        ------
        DataError
            If the columns of the rows are not known.
        PlanError
            If there is no such column.
        """
        by = self.by if by is None else by
        # What is known of some rows only is judged on these.
        judged = self.judged if self.judged.places is None else self.judged.take(self.judged.places)
        cuts = all_cuts(self.judged) if by is None else cuts_by(self.judged, by)
        tested = standing_out(judged, row_losses(judged, self._sliced_by), cuts, self.seed)
        by_name = {each.column: each for each in cuts}
        if by is None:
            tested = worst_of(tested)
            chosen = list(zip(tested["column"].tolist(), tested["code"].tolist(), strict=True))
        else:
            chosen = [(each.column, code) for each in cuts for code in range(len(each.names))]
        p_values = dict(zip(zip(tested["column"], tested["code"], strict=True), tested["p_value"], strict=True))
        rows = []
        for name, code in chosen:
            inside = by_name[name].codes == code
            told = self._slice(judged, inside)
            if told is not None and (by is not None or not self._is_better(told[0], told[3])):
                what = (name, by_name[name].names[code], int(inside.sum()), inside.mean())
                rows.append((*what, *told, p_values.get((name, code), np.nan)))
        return pd.DataFrame(rows, columns=list(COLUMNS))

    @property
    def _sliced_by(self) -> Metric:
        is_known = np.isfinite(self.values[self.metric.name])
        return self.metric if is_known else METRICS[default_metric(self.judged.task.kind)]

    def _slice(self, judged: Judged, inside: np.ndarray) -> tuple[float, float, float, float] | None:
        """Return the score of a slice, its interval, and the score of all other rows."""
        if not inside.any():
            return None
        metric, mine = self._sliced_by, judged.take(inside)
        value = score(mine, metric.name, metric)
        bounds = (np.nan, np.nan)
        if np.isfinite(value):
            bounds = intervals(mine, {metric.name: value}, metric, level=self.level, seed=self.seed)[0][metric.name]
        rest = score(judged.take(~inside), metric.name, metric) if not inside.all() else np.nan
        return value, *bounds, rest

    def _is_better(self, value: float, rest: float) -> bool:
        return bool(self._sliced_by.loss_of(value) < self._sliced_by.loss_of(rest))  # False where one is NaN

    def confusion(self) -> pd.DataFrame:
        """Return how many rows of each label (lines) were given each label (columns).

        Raises
        ------
        PlanError
            If the task is a regression.
        """
        return self.curve("confusion").frame()

    def curve(self, name: str, label: Any = None) -> Curve:
        """Return a curve: ``frame()`` gives its numbers, ``plot()`` its picture.

        Parameters
        ----------
        name
            ``"roc"``, ``"pr"``, ``"calibration"``, ``"gain"``, ``"lift"``, ``"confusion"``; of two labels also
            ``"threshold"``; of a regression ``"truth"`` and ``"residuals"``.
        label
            The label to look at, where a curve has several; calibration is otherwise that of the most probable label.

        Raises
        ------
        PlanError
            If there is no such curve or label, the task doesn't have it, or one label alone occurs and nothing can be
            told from it.
        """
        kind = self.judged.task.kind
        if name not in curves.CURVES:
            raise PlanError(f"Unknown curve {name!r}. {suggest(name, curves.CURVES)}")
        if kind not in curves.CURVES[name]:
            has = ", ".join(each for each, kinds in curves.CURVES.items() if kind in kinds)
            raise PlanError(f"A {kind} task has no curve {name!r}; it has {has}.")
        if name in ("roc", "pr", "gain", "lift") and not curves.judged_labels(self.judged):
            only = self.judged.task.classes[int(self.judged.y[0])]
            raise PlanError(f"The curve {name!r} needs two labels, but in {self.judged.source} all rows have {only!r}.")
        if label is not None and label not in self.judged.task.classes:
            raise PlanError(f"There is no label {label!r}. {suggest(label, map(str, self.judged.task.classes))}")
        if name == "calibration":
            place = None if label is None else self.judged.task.classes.index(label)
            return Curve(name, _TITLES[name], curves.calibration(self.judged, place, self.level))
        table = curves.TABLES[name](self.judged)
        if label is not None and "label" in table:
            table = table[table["label"] == label].reset_index(drop=True)
        return Curve(name, _TITLES[name], table)

    def plot(self) -> Picture:
        """Return a picture of what matters most about the task; of very many rows, of some drawn by chance."""
        from automl.plotting import look, new_figure

        if len(self.judged) > _DRAWN:
            rows = np.random.default_rng(self.seed).choice(len(self.judged), _DRAWN, replace=False)
            return replace(self, judged=self.judged.take(rows)).plot()
        kind = self.judged.task.kind
        names = [name for name in _OVERVIEW[kind] if kind == "regression" or self._can_draw(name)]
        lines = (len(names) + 1) // 2
        with look():
            figure = new_figure(9.0, 3.6 * lines)
            axes = np.ravel(figure.subplots(lines, 2))
            for place, name in zip(axes, names, strict=False):
                self.curve(name).draw(place)
            for place in axes[len(names) :]:
                place.set_axis_off()
        return figure

    def _can_draw(self, name: str) -> bool:
        return name not in ("roc", "pr", "gain") or bool(curves.judged_labels(self.judged))

    def _repr_png_(self) -> bytes:
        return self.plot()._repr_png_()

    def __str__(self) -> str:
        """Tell the metrics as a table of text."""
        judged = self.judged
        head = f"{judged.task.target!r} judged by {judged.source}, {len(judged):,} rows; {self.level:.0%} intervals"
        width = max(len(name) for name in self.values)
        lines = [
            f"{name:<{width}}  {value:>10.4g}  [{self.bounds[name][0]:.4g}, {self.bounds[name][1]:.4g}]"
            for name, value in self.values.items()
            if np.isfinite(value)
        ]
        return "\n".join([head, *lines, *self.notes])

    def __repr__(self) -> str:
        """Tell the same as ``str``."""
        return str(self)
