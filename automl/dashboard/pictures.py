"""Pictures of the best pipeline's out-of-fold predictions, as PNG files that stay readable for years.

For a classifier: which labels are taken for which, and how well each is told apart (ROC). For a regression: the
predictions against the truth, and the residuals against the predictions. All numbers come from scikit-learn. Rows
without an out-of-fold prediction (those before the first fold of a time series, say) are left out and counted.

The pictures are drawn without ``pyplot``, whose global state is not for threads. Labels come from the table and may be
anything: nothing in them is read as mathematics, long ones are cut, and signs that the font lacks are left out.
"""

from __future__ import annotations

import io
import textwrap
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, get_font
from sklearn.metrics import auc, confusion_matrix, r2_score, roc_curve, root_mean_squared_error

from automl.dashboard.palette import COLOURS, GREY
from automl.dashboard.view import SearchView
from automl.dashboard.wording import count, number
from automl.evaluation.decisions import decide

INCHES, DPI = (6.4, 4.8), 110
MOST_LABELS = 30  # of a confusion matrix; of more, those most often confused are shown
MOST_COUNTS = 12  # labels above which the cells hold no counts
MOST_CURVES = 7  # labels above which there is no ROC
MOST_POINTS = 3_000  # rows above which a scatter becomes a density
CURVE_POINTS = 1_000
CAPTION = 115  # characters of a line under a picture
LONGEST = 18  # characters of a label
BLUES, YELLOW_TO_BLUE = "Blues", "cividis_r"

Floats = npt.NDArray[np.floating[Any]]


def best_pictures(
    view: SearchView, y: npt.NDArray[Any], prediction: npt.NDArray[Any], *, title_of: str = ""
) -> dict[str, bytes]:
    r"""Return PNG files by name.

    Parameters
    ----------
    y
        The encoded target, ``(n_rows,)``: labels 0..K-1, or floats.
    prediction
        Out-of-fold predictions, ``(n_rows, K)`` probabilities or ``(n_rows, 1)`` values; NaN where there is none.
    title_of
        What the predictions are of, such as ``"lightgbm-3"``.

    Returns
    -------
    dict of str to bytes
        ``confusion-matrix.png`` and, with two to seven labels of which two occur, ``roc.png``; or
        ``prediction-against-truth.png`` and ``residuals.png``. Empty if no row has a prediction.

    Examples
    --------
    >>> pictures = best_pictures(demo_view, np.array([0, 1, 2]), np.eye(3), title_of="linear-1")
    >>> sorted(pictures), pictures["roc.png"][:4]
    (['confusion-matrix.png', 'roc.png'], b'\x89PNG')
    """
    is_known = np.isfinite(prediction).all(axis=1)
    y, prediction = np.asarray(y)[is_known], np.asarray(prediction, dtype=float)[is_known]
    if not len(y):
        return {}
    of = f" of {_drawable(title_of)}" if title_of else ""
    caption = f"{count(len(y), 'row')}, each predicted by models that were trained without it"
    if n_unknown := int((~is_known).sum()):
        caption += f"; {count(n_unknown, 'row')} without such a prediction left out"
    if not view.plan.task.is_classification:
        return {
            "prediction-against-truth.png": _truth_picture(y, prediction[:, 0], of, caption),
            "residuals.png": _residuals_picture(y, prediction[:, 0], of, caption),
        }
    labels = [readable(label, at) for at, label in enumerate(view.plan.task.classes)]
    decided = _decided(view, title_of, prediction)
    pictures = {"confusion-matrix.png": _confusion_picture(y, decided, labels, of, caption)}
    curves = roc_curves(y, prediction) if len(labels) <= MOST_CURVES else {}
    if curves:
        pictures["roc.png"] = _roc_picture(curves, labels, of, caption)
    return pictures


def readable(label: Any, place: int) -> str:
    r"""Return a label that can be drawn: one line, short, of signs that the font has.

    Examples
    --------
    >>> readable("a\nvery long label indeed", 0), readable("漢字", 3)
    ('a very long label…', 'label 3')
    """
    text = " ".join(str(label).split())
    drawable = _drawable(text)
    if len(drawable) < max(1, len(text) / 2):
        return f"label {place}"
    return drawable if len(drawable) <= LONGEST else drawable[: LONGEST - 1].rstrip() + "…"


def _drawable(text: str) -> str:
    """Return the signs of a text that the font has, of others matplotlib would warn."""
    font = get_font(_font())
    kept = (sign for sign in text if sign.isprintable() and font.get_char_index(ord(sign)))
    return " ".join("".join(kept).split())


@cache
def _font() -> str:
    return findfont(FontProperties())


def most_confused(counts: npt.NDArray[Any], most: int = MOST_LABELS) -> npt.NDArray[np.intp]:
    """Return the labels, in order, that take part in most errors: ``(K, K)`` counts to at most ``most`` places."""
    if len(counts) <= most:
        return np.arange(len(counts))
    errors = counts.sum(axis=0) + counts.sum(axis=1) - 2 * counts.diagonal()
    return np.sort(np.argsort(-errors, kind="stable")[:most])


def roc_curves(y: npt.NDArray[Any], prediction: Floats) -> dict[int, tuple[Floats, Floats, float]]:
    """Return false and true positive rates and the area under them, by label: the second of two, or each against all.

    Labels that no row has, or all, have no curve.
    """
    n_labels = prediction.shape[1]
    curves = {}
    for label in [1] if n_labels == 2 else range(n_labels):
        is_label = y == label
        if is_label.any() and not is_label.all():
            false, true, _ = roc_curve(is_label, prediction[:, label])
            curves[label] = (false, true, float(auc(false, true)))
    return curves


def _decided(view: SearchView, name: str, prediction: Floats) -> npt.NDArray[np.intp]:
    costs = view.plan.costs
    return decide(prediction, view.finish(name).losses if costs is None else costs.losses)


def _confusion_picture(
    y: npt.NDArray[Any], decided: npt.NDArray[np.intp], labels: Sequence[str], of: str, caption: str
) -> bytes:
    counts = confusion_matrix(y, decided, labels=range(len(labels)))
    right = counts.diagonal().sum() / counts.sum()
    shown = most_confused(counts)
    title = f"Labels{of}: {100 * right:.3g} % right"
    if len(shown) < len(labels):
        title += f" (the {len(shown)} most confused of {len(labels):,} labels)"
    per_label = np.maximum(counts.sum(axis=1, keepdims=True), 1)
    part, shares = counts[np.ix_(shown, shown)], (counts / per_label)[np.ix_(shown, shown)]
    figure, axes = _begin(title, f"{caption}. Colour: share of the true label's rows.")
    image = axes.imshow(shares, cmap=BLUES, vmin=0, vmax=1, aspect="auto")
    figure.colorbar(image, ax=axes, fraction=0.05)
    size = 9 if len(shown) <= MOST_COUNTS else 6
    names = [labels[at] for at in shown]
    rotation = 0 if len(shown) <= 4 else 90
    axes.set_xticks(range(len(shown)), names, fontsize=size, rotation=rotation, parse_math=False)
    axes.set_yticks(range(len(shown)), names, fontsize=size, parse_math=False)
    axes.set_xlabel("predicted label")
    axes.set_ylabel("true label")
    if len(shown) <= MOST_COUNTS:
        for (row, column), cell in np.ndenumerate(part):
            colour = "white" if shares[row, column] > 0.5 else "black"
            axes.text(column, row, f"{cell:,}", ha="center", va="center", fontsize=size, color=colour)
    return _png(figure)


def _roc_picture(
    curves: dict[int, tuple[Floats, Floats, float]], labels: Sequence[str], of: str, caption: str
) -> bytes:
    is_binary = len(labels) == 2
    what = f"“{labels[1]}” told from “{labels[0]}”" if is_binary else "each label told from all others"
    figure, axes = _begin(f"ROC{of}: {what}", f"{caption}. Dashed: guessing.")
    lines = []
    for place, (false, true, _) in enumerate(curves.values()):
        at = np.unique(np.linspace(0, len(false) - 1, min(len(false), CURVE_POINTS)).astype(int))
        lines += axes.plot(false[at], true[at], color=COLOURS[place % len(COLOURS)], linewidth=1.5)
    axes.plot([0, 1], [0, 1], color=GREY, linewidth=1, linestyle="--")
    axes.set_xlabel("false positive rate")
    axes.set_ylabel("true positive rate")
    legend = axes.legend(lines, ["curve"] * len(lines), loc="lower right", fontsize=8)
    for text, told in zip(legend.get_texts(), legend_of(curves, labels), strict=True):
        text.set_parse_math(False)
        text.set_text(told)  # not given to legend() itself, which drops labels that begin with "_"
    return _png(figure)


def legend_of(curves: dict[int, tuple[Floats, Floats, float]], labels: Sequence[str]) -> list[str]:
    """Return what the legend says of each curve."""
    return [f"{labels[label]}: AUC {number(area)}" for label, (_, _, area) in curves.items()]


def _truth_picture(y: Floats, prediction: Floats, of: str, caption: str) -> bytes:
    figure, axes = _begin(f"Predictions{of}: {fit_of(y, prediction)}", f"{caption}. Dashed: where both are equal.")
    _cloud(axes, prediction, y)
    ends = [min(y.min(), prediction.min()), max(y.max(), prediction.max())]
    axes.plot(ends, ends, color=GREY, linewidth=1, linestyle="--")
    axes.set_xlabel("prediction")
    axes.set_ylabel("truth")
    return _png(figure)


def _residuals_picture(y: Floats, prediction: Floats, of: str, caption: str) -> bytes:
    residuals = y - prediction
    bias = f"mean {number(float(residuals.mean()), 3)}, median {number(float(np.median(residuals)), 3)}"
    figure, axes = _begin(f"Residuals{of}: {bias}", f"{caption}. Above the line: predicted too low.")
    _cloud(axes, prediction, residuals)
    axes.axhline(0, color=GREY, linewidth=1, linestyle="--")
    axes.set_xlabel("prediction")
    axes.set_ylabel("truth minus prediction")
    return _png(figure)


def fit_of(y: Floats, prediction: Floats) -> str:
    """Return RMSE and, where the truth varies, R² in words."""
    told = f"RMSE {number(float(root_mean_squared_error(y, prediction)))}"
    return f"{told}, R² {number(float(r2_score(y, prediction)))}" if np.ptp(y) > 0 else told


def _cloud(axes: Axes, x: Floats, y: Floats) -> None:
    """Draw rows as points; many of them as a density, in which a dense middle is not a blot."""
    if len(x) <= MOST_POINTS:
        axes.plot(x, y, linestyle="", marker="o", markersize=3, alpha=0.5, color=COLOURS[0], markeredgewidth=0)
        return
    sides = (*_side(x), *_side(y))
    bins = axes.hexbin(x, y, gridsize=60, mincnt=1, bins="log", cmap=YELLOW_TO_BLUE, extent=sides, linewidths=0.1)
    axes.figure.colorbar(bins, ax=axes, fraction=0.05, label="rows")


def _side(values: Floats) -> tuple[float, float]:
    low, high = float(values.min()), float(values.max())
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def _begin(title: str, caption: str) -> tuple[Figure, Axes]:
    figure = Figure(figsize=INCHES, dpi=DPI, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.set_title(title, fontsize=10, parse_math=False)
    figure.supxlabel(textwrap.fill(caption, CAPTION), fontsize=7, color=GREY, parse_math=False)
    return figure, axes


def _png(figure: Figure) -> bytes:
    data = io.BytesIO()
    figure.savefig(data, format="png", dpi=DPI, metadata={"Software": None})
    return data.getvalue()
