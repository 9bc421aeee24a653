"""The curves of a task as tables: what :meth:`automl.assess.assessment.Assessment.curve` can be asked for.

ROC and precision-recall come from scikit-learn, and the calibration bins agree with its ``calibration_curve``. Where a
task has several labels, each is told from the rest and has its rows in the table; a label that does not occur, or that
all rows have, has none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import norm
from sklearn.metrics import precision_recall_curve, roc_curve

from automl.assess.calibration_error import BINS, bin_of, said_and_came
from automl.assess.judged import Judged
from automl.values.algorithm import FloatArray
from automl.values.task import TaskKind

_CLASSES: tuple[TaskKind, ...] = ("binary", "multiclass")
CURVES: Mapping[str, tuple[TaskKind, ...]] = MappingProxyType(
    {
        "roc": _CLASSES,
        "pr": _CLASSES,
        "calibration": _CLASSES,
        "gain": _CLASSES,
        "lift": _CLASSES,
        "threshold": ("binary",),
        "confusion": _CLASSES,
        "truth": ("regression",),
        "residuals": ("regression",),
    }
)
"""Names of the curves and the kinds of task that have them."""

_MOST_THRESHOLDS = 1000


def judged_labels(judged: Judged) -> list[int]:
    """Return the labels that can be told from the rest: the positive one of two, else all that occur but not alone."""
    if judged.task.kind == "binary":
        return [1] if len(np.unique(judged.y)) == 2 else []
    present = np.unique(judged.y)
    return [int(k) for k in present] if len(present) > 1 else []


def _by_label(judged: Judged, make: Callable[[npt.NDArray[np.bool_], FloatArray], pd.DataFrame]) -> pd.DataFrame:
    parts = []
    for k in judged_labels(judged):
        part = make(judged.y == k, judged.prediction[:, k].astype(float))
        part.insert(0, "label", pd.Series([judged.task.classes[k]] * len(part), dtype=object))
        parts.append(part)
    if not parts:
        return make(np.array([True, False]), np.array([1.0, 0.0])).iloc[:0].assign(label=[])
    return pd.concat(parts, ignore_index=True)


def roc(judged: Judged) -> pd.DataFrame:
    """Return ``label, threshold, false_positive_rate, true_positive_rate``."""

    def make(is_positive: npt.NDArray[np.bool_], score: FloatArray) -> pd.DataFrame:
        wrong, right, threshold = roc_curve(is_positive, score, sample_weight=_weight(judged, score))
        return pd.DataFrame({"threshold": threshold, "false_positive_rate": wrong, "true_positive_rate": right})

    return _by_label(judged, make)


def pr(judged: Judged) -> pd.DataFrame:
    """Return ``label, threshold, recall, precision``; the last point of each label, at recall 0, has no threshold."""

    def make(is_positive: npt.NDArray[np.bool_], score: FloatArray) -> pd.DataFrame:
        weight = _weight(judged, score)
        precision, recall, threshold = precision_recall_curve(is_positive, score, sample_weight=weight)
        return pd.DataFrame({"threshold": np.append(threshold, np.nan), "recall": recall, "precision": precision})

    return _by_label(judged, make)


def gain(judged: Judged) -> pd.DataFrame:
    """Return ``label, share_of_rows, gain, lift`` at each percent of the rows, the most probable first.

    ``gain`` is the share of a label's rows found among them, ``lift`` how many times the share of chance that is.
    """

    def make(is_positive: npt.NDArray[np.bool_], score: FloatArray) -> pd.DataFrame:
        weight = _weight(judged, score)
        given = np.ones(len(score)) if weight is None else weight
        order = np.argsort(-score, kind="stable")
        ends = np.append(np.flatnonzero(np.diff(score[order])), len(order) - 1)  # rows that score alike come together
        rows = np.append(0.0, np.cumsum(given[order])[ends])
        found = np.append(0.0, np.cumsum((given * is_positive)[order])[ends])
        shares = np.linspace(0, 1, 101)
        gained = np.interp(shares, rows / rows[-1], found / found[-1])
        lift = np.divide(gained, shares, out=np.full(101, np.nan), where=shares > 0)
        return pd.DataFrame({"share_of_rows": shares, "gain": gained, "lift": lift})

    return _by_label(judged, make)


def _weight(judged: Judged, score: FloatArray) -> FloatArray | None:
    return judged.weight if judged.weight is not None and len(judged.weight) == len(score) else None


def calibration(judged: Judged, label: int | None = None, level: float = 0.95) -> pd.DataFrame:
    """Return ``label, predicted, observed, rows, low, high`` of each bin that has rows; Wilson's interval (1927)."""
    said, came = said_and_came(judged.y, judged.prediction, label)
    place = bin_of(said)
    weight = np.ones(len(said)) if judged.weight is None else judged.weight
    total = np.bincount(place, weight, BINS)
    kept = np.flatnonzero(total > 0)
    predicted = np.bincount(place, weight * said, BINS)[kept] / total[kept]
    observed = np.bincount(place, weight * came, BINS)[kept] / total[kept]
    rows = np.bincount(place, minlength=BINS)[kept]
    low, high = wilson(observed, rows, level)
    if label is None:
        label = 1 if judged.task.kind == "binary" else None
    name = "the most probable" if label is None else judged.task.classes[label]
    names = pd.Series([name] * len(kept), dtype=object)
    return pd.DataFrame(
        {"label": names, "predicted": predicted, "observed": observed, "rows": rows, "low": low, "high": high}
    )


def wilson(share: FloatArray, n: npt.ArrayLike, level: float = 0.95) -> tuple[FloatArray, FloatArray]:
    """Return Wilson's interval of shares observed in ``n`` rows.

    Examples
    --------
    >>> low, high = wilson(np.array([0.5]), np.array([100]))
    >>> low.round(4).tolist(), high.round(4).tolist()
    ([0.4038], [0.5962])
    """
    z, count = norm.ppf((1 + level) / 2), np.asarray(n, dtype=float)
    middle = (share + z**2 / (2 * count)) / (1 + z**2 / count)
    half = z / (1 + z**2 / count) * np.sqrt(share * (1 - share) / count + z**2 / (4 * count**2))
    return np.maximum(middle - half, 0), np.minimum(middle + half, 1)


def threshold_counts(judged: Judged) -> pd.DataFrame:
    """Return ``threshold`` and the weights ``tp, fp, fn, tn`` of rows decided by it, ascending.

    A row gets the second label where its probability reaches the threshold. Thresholds lie half-way between
    probabilities that occur; of more than 1,000, those are taken that cut off equal shares of the rows.
    """
    score, is_positive = judged.prediction[:, 1].astype(float), judged.y == 1
    weight = np.ones(len(score)) if judged.weight is None else judged.weight
    distinct = np.unique(score)
    if len(distinct) > _MOST_THRESHOLDS:
        distinct = np.unique(np.quantile(score, np.linspace(0, 1, _MOST_THRESHOLDS), method="nearest"))
    cuts = np.concatenate([[0.0], (distinct[1:] + distinct[:-1]) / 2, [np.nextafter(max(distinct[-1], 1.0), 2)]])
    place = np.searchsorted(cuts, score, side="right") - 1  # the highest threshold that the row reaches
    reach = [np.bincount(place, weight * part, len(cuts))[::-1].cumsum()[::-1] for part in (is_positive, ~is_positive)]
    positive, negative = float(weight[is_positive].sum()), float(weight[~is_positive].sum())
    return pd.DataFrame(
        {"threshold": cuts, "tp": reach[0], "fp": reach[1], "fn": positive - reach[0], "tn": negative - reach[1]}
    )


def threshold(judged: Judged) -> pd.DataFrame:
    """Return ``threshold, precision, recall, f1, accuracy, share_positive`` of each decision."""
    counts = threshold_counts(judged)
    tp, fp, fn, tn = (counts[name].to_numpy() for name in ("tp", "fp", "fn", "tn"))
    return pd.DataFrame(
        {
            "threshold": counts["threshold"],
            "precision": _share(tp, tp + fp),
            "recall": _share(tp, tp + fn),
            "f1": _share(2 * tp, 2 * tp + fp + fn),
            "accuracy": _share(tp + tn, tp + fp + fn + tn),
            "share_positive": _share(tp + fp, tp + fp + fn + tn),
        }
    )


def _share(part: FloatArray, whole: FloatArray) -> FloatArray:
    return np.asarray(np.divide(part, whole, out=np.full(len(part), np.nan), where=whole > 0))


def confusion(judged: Judged) -> pd.DataFrame:
    """Return how many rows of each label (lines) were given each label (columns); weights where rows have them."""
    n = judged.task.n_classes
    cells = np.bincount(judged.y * n + judged.decided, judged.weight, n * n).reshape(n, n)
    labels = pd.Index(list(judged.task.classes), dtype=object)
    return pd.DataFrame(
        cells if judged.weight is not None else cells.astype(int),
        index=labels.rename("truth"),
        columns=labels.rename("given"),
    )


def truth(judged: Judged) -> pd.DataFrame:
    """Return ``truth, prediction, residual`` of each row."""
    predicted = judged.prediction[:, 0].astype(float)
    return pd.DataFrame({"truth": judged.y, "prediction": predicted, "residual": judged.y - predicted})


TABLES: Mapping[str, Callable[[Judged], pd.DataFrame]] = MappingProxyType(
    {
        "roc": roc,
        "pr": pr,
        "calibration": calibration,
        "gain": gain,
        "lift": gain,
        "threshold": threshold,
        "confusion": confusion,
        "truth": truth,
        "residuals": truth,
    }
)
"""What makes the table of each curve."""
