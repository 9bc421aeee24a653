"""Intervals and sets with a coverage that is promised and measured (:mod:`automl.pipeline.conformal`).

Two kinds of interval are tried: one width for all rows, and a width that follows how large an error is to be expected
(a small boosted model of the size of the residuals, learned from the training rows that the run keeps). The second is
taken if it is clearly better: if its mean interval score (Gneiting and Raftery 2007), which charges for width and for
what is missed, is lower by at least 2 % on rows that it was not learned from.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import clone
from sklearn.pipeline import Pipeline

from automl.assess.crossing import crossed, finely_crossed
from automl.assess.curves import wilson
from automl.assess.judged import Judged
from automl.assess.scores import is_share, residuals, weighted_quantile
from automl.errors import DataError, PlanError, suggest
from automl.pipeline.conformal import (
    SET_METHODS,
    ConformalClassifier,
    ConformalPipeline,
    ConformalRegressor,
    SetMethod,
    ends,
    error_sizes,
    label_scores,
    rows_needed,
    scale_model,
    upper_quantile,
)
from automl.values.algorithm import FloatArray

if TYPE_CHECKING:
    from automl.plotting import Picture

WIDTH_METHODS = ("constant", "normalised")
SCALED_ROWS = 500
"""Rows from which a width that follows the row is tried."""
_CLEARLY = 0.98
_BANDS = 5


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much was covered.

    Attributes
    ----------
    nominal
        What was asked for.
    measured, low, high
        The share of rows covered, and its 95 % interval (Wilson).
    rows
        How many rows there were.
    size
        Mean width of the intervals, or mean number of labels in the sets.
    """

    nominal: float
    measured: float
    low: float
    high: float
    rows: int
    size: float

    @classmethod
    def of(
        cls, nominal: float, is_covered: npt.NDArray[np.bool_], sizes: FloatArray, weight: FloatArray | None
    ) -> Coverage:
        """Return what was covered of these rows."""
        share = float(np.average(is_covered, weights=weight))
        low, high = wilson(np.array([share]), np.array([len(is_covered)]))
        return cls(
            nominal, share, float(low[0]), float(high[0]), len(is_covered), float(np.average(sizes, weights=weight))
        )

    def __str__(self) -> str:
        """Tell it in a sentence."""
        return (
            f"{self.measured:.1%} of {self.rows:,} rows are covered ({self.nominal:.1%} asked for; 95 % interval "
            f"{self.low:.1%} to {self.high:.1%}), mean size {self.size:.4g}."
        )


@dataclass(frozen=True, eq=False)
class Conformal:
    """Predictions with intervals or sets.

    Attributes
    ----------
    coverage
        The share of rows to be covered.
    method
        ``"constant"`` or ``"normalised"`` widths; ``"lac"`` or ``"aps"`` sets.
    measured
        What is covered of the out-of-fold rows, each judged by others.
    pipeline
        The fitted pipeline; ``predict_interval`` or ``predict_set`` give what :meth:`predict` gives.
    by_band
        What :meth:`frame` gives.
    features, judge
        Read rows as in training, without and with their targets.
    labels, manifest
        The labels of a classifier, and what a saved file says of itself.
    """

    coverage: float
    method: str
    measured: Coverage
    pipeline: ConformalPipeline
    by_band: pd.DataFrame
    features: Callable[[Any], pd.DataFrame]
    judge: Callable[[Any, Any], tuple[pd.DataFrame, npt.NDArray[Any], FloatArray | None]]
    labels: tuple[Any, ...] = ()
    manifest: dict[str, Any] | None = None

    def predict(self, X: Any) -> pd.DataFrame:
        """Return predictions of raw rows, with their index.

        ``prediction, low, high`` of a quantity; ``prediction, set, size`` of a label, the set a tuple of labels, the
        most probable first. A set is empty where no label is probable enough: the coverage needs none there.
        """
        rows = self.features(X)
        return self.pipeline.predict_set(rows) if self.labels else self.pipeline.predict_interval(rows)

    def coverage_on(self, test: Any, target: Any = None) -> Coverage:
        """Return how much is covered of rows with known targets.

        Raises
        ------
        DataError
            If the rows lack columns, or hold unknown labels.
        PlanError
            If the target is neither a column nor given.
        """
        X, y, weight = self.judge(test, target)
        found = self.predict(X)
        if self.labels:
            inside = [self.labels[int(k)] in each for k, each in zip(y, found["set"], strict=True)]
            return Coverage.of(self.coverage, np.array(inside), found["size"].to_numpy(dtype=float), weight)
        inside_interval = (found["low"] <= y) & (y <= found["high"])
        return Coverage.of(self.coverage, inside_interval.to_numpy(), (found["high"] - found["low"]).to_numpy(), weight)

    def frame(self) -> pd.DataFrame:
        """Return ``band, rows, coverage, size``: what is covered of parts of the out-of-fold rows.

        Bands are fifths by predicted quantity, or predicted labels. The promise is for all rows together; here is seen
        who gets less.
        """
        return self.by_band.copy()

    def plot(self) -> Picture:
        """Return a picture of the coverage of each band."""
        from automl.plotting import COLOURS, MUTED, look, new_figure, one_line

        with look():
            figure = new_figure(6.4, 0.9 + 0.34 * len(self.by_band))
            axes = figure.subplots()
            places = np.arange(len(self.by_band))[::-1]
            low, high = wilson(self.by_band["coverage"].to_numpy(), self.by_band["rows"].to_numpy())
            share = self.by_band["coverage"]
            spread = np.clip([share - low, high - share], 0, None)
            axes.errorbar(share, places, xerr=spread, fmt="o", color=COLOURS[0])
            axes.axvline(self.coverage, color=MUTED, linewidth=1, linestyle=":")
            axes.set_yticks(places, [one_line(name, 28) for name in self.by_band["band"]])
            axes.set(xlabel="share of rows covered", title="Coverage by prediction")
        return figure

    def save(self, path: str | Path) -> Path:
        """Write the pipeline into a file that :func:`automl.load` reads, and return its path.

        Raises
        ------
        StorageError
            If it can't be written.
        """
        from automl.storage.artifact import save_model

        save_model(Path(path), self.pipeline, {**(self.manifest or {}), "coverage": self.coverage})
        return Path(path)

    def _repr_png_(self) -> bytes:
        return self.plot()._repr_png_()

    def __repr__(self) -> str:
        """Tell what is promised and what was measured."""
        return f"Conformal({self.method!r}, coverage={self.coverage:g}): {self.measured}"


def check_coverage(coverage: float, n_rows: int, is_regression: bool) -> None:
    """Refuse a coverage that is none, or that so few rows can't tell.

    Raises
    ------
    PlanError
        If it is not between 0 and 1.
    DataError
        If there are too few rows.
    """
    if not is_share(coverage):
        raise PlanError(f"coverage={coverage!r} is no share of rows; give a number between 0 and 1.")
    needed = rows_needed(coverage, is_regression)
    if n_rows < needed:
        raise DataError(
            f"A coverage of {coverage:g} needs at least {needed:,} rows to learn from, but there are {n_rows:,}. "
            "Ask for less."
        )


def conformal_intervals(
    judged: Judged,
    coverage: float,
    method: str,
    Z: FloatArray | None,
    seed: int = 0,
    *,
    keep_folds: bool = False,
    gain: float = 1.0,
) -> tuple[Callable[[Any], ConformalRegressor], str, Coverage, pd.DataFrame]:
    """Return what puts intervals behind a fitted regressor, their method, and what they cover.

    Parameters
    ----------
    judged
        Out-of-fold predictions of all rows.
    method
        ``"auto"``, ``"constant"`` or ``"normalised"``.
    Z
        The encoded rows ``judged.places``; ``None`` where they are not known.
    keep_folds
        Whether rows belong together, by group or time, so that widths too are learned fold by fold.
    gain
        The error of what predicts beside that of what was measured (:func:`~automl.assess.averaging.averaging_gain`).
    """
    if method not in ("auto", *WIDTH_METHODS):
        raise PlanError(f"Unknown method {method!r}. {suggest(method, ('auto', *WIDTH_METHODS))}")
    found = {"constant": (judged, np.ones(len(judged)))}
    scale = scale_model(seed)
    if method == "normalised" and Z is None:
        raise DataError("Widths that follow the row need training rows, and the run keeps none. Use method='constant'.")
    if Z is not None and judged.places is not None and method != "constant":
        rows = judged.take(judged.places)
        if len(rows) >= SCALED_ROWS or method == "normalised":
            wanted, size = error_sizes(residuals(rows)), np.ones(len(rows))
            for learn, apply in (crossed if keep_folds else finely_crossed)(rows, seed):
                size[apply] = clone(scale).fit(Z[learn], wanted[learn]).predict(Z[apply])
            found["normalised"] = (rows, size)
    crossed_bounds = {name: _crossed_bounds(*each, coverage, seed) for name, each in found.items()}
    chosen = method
    if method == "auto":
        chosen = "constant"
        if "normalised" in found:
            rows, _ = found["normalised"]
            plain = _crossed_bounds(rows, np.ones(len(rows)), coverage, seed)
            better = _interval_score(rows, crossed_bounds["normalised"], coverage)
            chosen = "normalised" if better < _CLEARLY * _interval_score(rows, plain, coverage) else "constant"
    rows, size = found[chosen]
    low, high = crossed_bounds[chosen]
    inside = (low <= rows.y) & (rows.y <= high)
    measured = Coverage.of(coverage, inside, high - low, rows.weight)
    below, above = ends(residuals(rows) / size, coverage, rows.weight)
    fitted = None
    if chosen == "normalised":
        fitted = clone(scale).fit(Z, error_sizes(residuals(rows)))
    return (
        lambda model: ConformalRegressor.from_fitted(model, coverage, below * gain, above * gain, fitted),
        chosen,
        measured,
        _by_quantity(rows, inside, high - low),
    )


def _crossed_bounds(rows: Judged, size: FloatArray, coverage: float, seed: int) -> tuple[FloatArray, FloatArray]:
    residual, predicted = residuals(rows) / size, rows.prediction[:, 0]
    low, high = np.empty(len(rows)), np.empty(len(rows))
    for learn, apply in crossed(rows, seed):
        weight = None if rows.weight is None else rows.weight[learn]
        below, above = ends(residual[learn], coverage, weight)
        low[apply], high[apply] = predicted[apply] + below * size[apply], predicted[apply] + above * size[apply]
    return low, high


def _interval_score(rows: Judged, bounds: tuple[FloatArray, FloatArray], coverage: float) -> float:
    low, high = bounds
    missed = np.maximum(low - rows.y, 0) + np.maximum(rows.y - high, 0)
    return float(np.average(high - low + 2 / (1 - coverage) * missed, weights=rows.weight))


def _by_quantity(rows: Judged, inside: npt.NDArray[np.bool_], size: FloatArray) -> pd.DataFrame:
    predicted = rows.prediction[:, 0].astype(float)
    edges = np.unique([weighted_quantile(predicted, q) for q in np.linspace(0, 1, _BANDS + 1)])
    codes = np.clip(np.searchsorted(edges, predicted, side="right") - 1, 0, max(len(edges) - 2, 0))
    names = [f"{low:.4g} to {high:.4g}" for low, high in pairwise(edges)] or [f"{edges[0]:.4g}"]
    return _banded(codes, names, inside, size)


def conformal_sets(
    judged: Judged, coverage: float, method: str, seed: int = 0
) -> tuple[Callable[[Any], ConformalClassifier], str, Coverage, pd.DataFrame]:
    """Return what puts sets behind a fitted classifier, their method, and what they cover."""
    if method not in ("auto", *SET_METHODS):
        raise PlanError(f"Unknown method {method!r}. {suggest(method, ('auto', *SET_METHODS))}")
    chosen: SetMethod = "aps" if method == "aps" else "lac"
    scores = label_scores(judged.prediction, chosen)
    mine = scores[np.arange(len(judged)), judged.y]
    inside, size = np.zeros(len(judged), dtype=bool), np.zeros(len(judged))
    for learn, apply in crossed(judged, seed):
        weight = None if judged.weight is None else judged.weight[learn]
        most = upper_quantile(mine[learn], coverage, weight)
        inside[apply], size[apply] = mine[apply] <= most, (scores[apply] <= most).sum(axis=1)
    most = upper_quantile(mine, coverage, judged.weight)
    table = _banded(judged.prediction.argmax(axis=1), list(judged.labels), inside, size)
    return (
        lambda model: ConformalClassifier.from_fitted(model, coverage, chosen, most),
        chosen,
        Coverage.of(coverage, inside, size, judged.weight),
        table,
    )


def _banded(codes: npt.NDArray[Any], names: list[str], inside: npt.NDArray[np.bool_], size: FloatArray) -> pd.DataFrame:
    rows = np.bincount(codes, minlength=len(names))
    kept = np.flatnonzero(rows)
    return pd.DataFrame(
        {
            "band": [names[k] for k in kept],
            "rows": rows[kept],
            "coverage": np.bincount(codes, inside, len(names))[kept] / rows[kept],
            "size": np.bincount(codes, size, len(names))[kept] / rows[kept],
        }
    )


def with_last(pipeline: Pipeline, wrap: Callable[[Any], Any]) -> ConformalPipeline:
    """Return a pipeline whose last step is wrapped."""
    *before, (name, model) = pipeline.steps
    return ConformalPipeline([*before, (name, wrap(model))])
