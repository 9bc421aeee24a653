"""Intervals of metrics by resampling rows: what else these rows might have said.

Rows are drawn with replacement, those of each label for themselves, so that none vanishes; a row brings its weight
along. Of more than :data:`MOST` rows a stratified sample is taken once, and from it as many rows are drawn as there are
in all ("bag of little bootstraps", Kleiner et al. 2014), so that intervals are as narrow as those of all rows at the
cost of some. An interval holds the middle of the resampled scores, moved so that their median lies on the score itself:
a resample repeats rows, which by itself shifts some metrics, calibration error above all. Quantiles need no resampling:
how many of ``n`` rows lie below one is binomial.

The models stay as they are: an interval says how the score varies with the rows that are judged, not with those that
the models were trained on. A score that is the best possible, or the worst, in every resample (all right, say) gets the
bound at which so many rows would all be right with the probability left out, as Clopper and Pearson (1934) give it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import binom

from automl.assess.judged import Judged
from automl.assess.scores import QUANTILES, residuals, score, weighted_quantile
from automl.assess.sums import score_many, sums_of
from automl.evaluation.metrics import METRICS
from automl.values.algorithm import FloatArray
from automl.values.metric import Metric

MOST = 10_000
"""Rows that are resampled."""
RESAMPLES = 1000
_WORK = 5_000_000  # rows times resamples, times labels beyond some
_FEWEST = 300
_AT_ONCE = 2_000_000  # cells of a matrix of weights
_ROWS_OF_FUNCTION = 5_000
_TIMES_OF_FUNCTION = 200

Matrix = npt.NDArray[np.float64]
Bounds = tuple[float, float]

_SHARES = frozenset(name for name, metric in METRICS.items() if "regression" not in metric.tasks) - {"log_loss"}
_RANGES: Mapping[str, Bounds] = {
    **dict.fromkeys((*_SHARES, "calibration_error"), (0.0, 1.0)),
    **dict.fromkeys(("mcc", "cohen_kappa"), (-1.0, 1.0)),
    **dict.fromkeys(("log_loss", "rmse", "mse", "mae", "medae", "mape"), (0.0, np.inf)),
    "brier": (0.0, 2.0),
    "r2": (-np.inf, 1.0),
}


@dataclass(frozen=True, slots=True)
class Resampling:
    """What was done: how many rows were resampled, and how often."""

    rows: int
    resamples: int


def intervals(
    judged: Judged, values: Mapping[str, float], metric: Metric | None = None, *, level: float = 0.95, seed: int = 0
) -> tuple[dict[str, Bounds], Resampling]:
    """Return the interval of each metric, and how it was found; NaN where a metric is undefined.

    Parameters
    ----------
    values
        The scores of these rows by name.
    metric
        The run's own, which need not be in the catalogue.
    level
        The share of resampled scores inside.
    """
    sample, parts, resamples = _resampled(judged, seed)
    defined = [name for name, value in values.items() if np.isfinite(value)]
    known = {name: sums for name in defined if (sums := sums_of(sample, name)) is not None}
    scores = dict(zip(known, score_many(list(known.values()), parts, len(sample)), strict=True)) if known else {}
    bounds: dict[str, Bounds] = dict.fromkeys(values, (np.nan, np.nan))
    for name in defined:
        if name in QUANTILES or name == "medae":
            bounds[name] = _of_quantile(judged, name, level)
        else:
            spread = scores[name] if name in scores else _of_function(judged, name, metric, seed)
            bounds[name] = _around(values[name], spread, level, _RANGES.get(name, (-np.inf, np.inf)))
        if judged.task.is_classification:
            bounds[name] = _perfect(judged, name, values[name], bounds[name], level)
    return bounds, Resampling(len(sample), resamples)


def _around(value: float, scores: FloatArray, level: float, inside: Bounds) -> Bounds:
    """Return the middle of the resampled scores, moved to the value."""
    known = scores[np.isfinite(scores)]
    if not len(known):
        return float("nan"), float("nan")
    low, high = np.quantile(known, [(1 - level) / 2, (1 + level) / 2]) - np.median(known)
    return float(max(inside[0], value + low)), float(min(inside[1], value + high))


def _of_quantile(judged: Judged, name: str, level: float) -> Bounds:
    residual, q = residuals(judged), QUANTILES.get(name, 0.5)
    residual = np.abs(residual) if name == "medae" else residual
    weight = judged.weight
    n = len(residual) if weight is None else weight.sum() ** 2 / (weight**2).sum()  # Kish's effective number
    tails = np.clip(binom.ppf([(1 - level) / 2, (1 + level) / 2], max(1, round(n)), q) / max(1, round(n)), 0, 1)
    return weighted_quantile(residual, tails[0], weight), weighted_quantile(residual, tails[1], weight)


def _perfect(judged: Judged, name: str, value: float, bounds: Bounds, level: float) -> Bounds:
    """Return bounds of a score that no resample could change because all or nothing is right."""
    worst, best = _RANGES.get(name, (np.nan, np.nan))
    if name not in METRICS or not METRICS[name].greater_is_better or bounds[1] - bounds[0] > 1e-12:
        return bounds
    counts = np.bincount(judged.y)
    n = len(judged) if name == "accuracy" else int(counts[counts > 0].min())
    room = (best - worst) * (1 - ((1 - level) / 2) ** (1 / n))
    return (best - room if value >= best else bounds[0], worst + room if value <= worst else bounds[1])


def _resampled(judged: Judged, seed: int) -> tuple[Judged, Iterator[Matrix], int]:
    """Return rows to resample, how often each of them comes in parts ``(n_rows, some)``, and how many resamples."""
    ordered = judged.in_order()
    rng = np.random.default_rng(seed)
    is_classification = judged.task.is_classification
    strata = [np.flatnonzero(ordered.y == k) for k in np.unique(ordered.y)] if is_classification else []
    strata = strata or [np.arange(len(ordered))]
    totals = [len(rows) for rows in strata]
    if len(ordered) > MOST:
        # Half of them evenly: a rare label is to have many different rows.
        shares = [(1 / len(strata) + len(rows) / len(ordered)) / 2 for rows in strata]
        wanted = [min(len(rows), max(1, round(MOST * share))) for rows, share in zip(strata, shares, strict=True)]
        strata = [np.sort(rng.choice(rows, n, replace=False)) for rows, n in zip(strata, wanted, strict=True)]
    sizes = [len(rows) for rows in strata]
    sample = ordered.take(np.concatenate(strata))
    work = len(sample) * max(1, judged.task.n_classes // 4)
    resamples = int(np.clip(_WORK // work, _FEWEST, RESAMPLES))

    def draw() -> Iterator[Matrix]:
        at_once = max(1, _AT_ONCE // len(sample))
        for start in range(0, resamples, at_once):
            some = min(at_once, resamples - start)
            drawn = [_counts(rng, size, total, some) for size, total in zip(sizes, totals, strict=True)]
            weights = np.concatenate(drawn)
            yield weights if sample.weight is None else weights * sample.weight[:, None]

    return sample, draw(), resamples


def _counts(rng: np.random.Generator, size: int, total: int, resamples: int) -> Matrix:
    """Return how often each of ``size`` rows comes among ``total`` drawn, ``(size, resamples)``."""
    if total > size:  # a sample: counts of that many draws, without the draws
        drawn = rng.poisson(total / size, (size, resamples)).astype(float)
        return np.asarray(drawn * (total / np.maximum(drawn.sum(axis=0), 1)))
    cells = rng.integers(0, size, (size, resamples)) * resamples + np.arange(resamples)
    return np.bincount(cells.ravel(), minlength=size * resamples).reshape(size, resamples).astype(float)


def _of_function(judged: Judged, name: str, metric: Metric | None, seed: int) -> FloatArray:
    """Return resampled scores of a metric that is only known as a function: from fewer rows, scaled to all."""
    rng = np.random.default_rng(seed)
    ordered = judged.in_order()
    n = min(len(ordered), _ROWS_OF_FUNCTION)
    drawn = (ordered.take(rng.integers(0, len(ordered), n)) for _ in range(_TIMES_OF_FUNCTION))
    scores = np.array([score(each, name, metric) for each in drawn])
    scores = scores[np.isfinite(scores)]
    return scores if not len(scores) else np.asarray((scores - np.median(scores)) * np.sqrt(n / len(ordered)))
