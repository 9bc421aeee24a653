"""How each curve is drawn. Long tables are thinned for the picture; the numbers stay whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from automl.plotting import COLOURS, INK, MUTED, SEQUENTIAL, one_line, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_POINTS = 400  # of a line
_MOST_LINES = 7
_DOTS = 2_000
_BANDS = 12


def _lines(table: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame, dict[str, object]]]:
    """Give the labels' parts of a table, each with a style; of many labels only the lightest of lines."""
    labels = table["label"].drop_duplicates().tolist()
    for place, label in enumerate(labels):
        part = table[table["label"] == label]
        if len(part) > _POINTS:
            part = part.iloc[np.unique(np.linspace(0, len(part) - 1, _POINTS).round().astype(int))]
        many = len(labels) > _MOST_LINES
        yield (
            "" if many or len(labels) == 1 else one_line(label, 20),
            part,
            {"color": COLOURS[0], "alpha": 0.4, "linewidth": 0.9} if many else style(place),
        )


def _legend(axes: Axes) -> None:
    if axes.get_legend_handles_labels()[1]:
        axes.legend()


def _square(axes: Axes) -> None:
    axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))


def roc(axes: Axes, table: pd.DataFrame) -> None:
    """Draw true against false positives."""
    axes.plot([0, 1], [0, 1], color=MUTED, linewidth=1, linestyle=":")
    for name, part, how in _lines(table):
        axes.plot(part["false_positive_rate"], part["true_positive_rate"], label=name, **how)  # type: ignore[arg-type]
    axes.set(xlabel="share of the others taken for it", ylabel="share of its rows found")
    _square(axes)
    _legend(axes)


def pr(axes: Axes, table: pd.DataFrame) -> None:
    """Draw precision against recall."""
    for name, part, how in _lines(table):
        axes.plot(part["recall"], part["precision"], label=name, drawstyle="steps-post", **how)  # type: ignore[arg-type]
    axes.set(xlabel="recall: share of its rows found", ylabel="precision: share that is right")
    _square(axes)
    _legend(axes)


def calibration(axes: Axes, table: pd.DataFrame) -> None:
    """Draw what came true against what was said, with intervals."""
    axes.plot([0, 1], [0, 1], color=MUTED, linewidth=1, linestyle=":")
    spread = [table["observed"] - table["low"], table["high"] - table["observed"]]
    axes.errorbar(
        table["predicted"], table["observed"], yerr=np.clip(spread, 0, None), color=COLOURS[0], marker="o", markersize=4
    )
    axes.set(xlabel="predicted probability", ylabel="share that came true")
    _square(axes)


def gain(axes: Axes, table: pd.DataFrame) -> None:
    """Draw the share found against the share of rows looked at."""
    axes.plot([0, 1], [0, 1], color=MUTED, linewidth=1, linestyle=":")
    for name, part, how in _lines(table):
        axes.plot(part["share_of_rows"], part["gain"], label=name, **how)  # type: ignore[arg-type]
    axes.set(xlabel="share of rows looked at, most probable first", ylabel="share of its rows found")
    _square(axes)
    _legend(axes)


def lift(axes: Axes, table: pd.DataFrame) -> None:
    """Draw how many times better than chance the first rows are."""
    axes.axhline(1, color=MUTED, linewidth=1, linestyle=":")
    for name, part, how in _lines(table.dropna()):
        axes.plot(part["share_of_rows"], part["lift"], label=name, **how)  # type: ignore[arg-type]
    axes.set(xlabel="share of rows looked at, most probable first", ylabel="times as many as by chance", ylim=(0, None))
    _legend(axes)


def threshold(axes: Axes, table: pd.DataFrame) -> None:
    """Draw what each threshold trades."""
    part = table[table["threshold"] <= 1]
    for place, name in enumerate(("precision", "recall", "f1", "share_positive")):
        axes.plot(part["threshold"], part[name], label=name.replace("_", " "), **style(place))
    axes.set(xlabel="threshold", ylabel="share")
    _square(axes)
    _legend(axes)


def confusion(axes: Axes, table: pd.DataFrame) -> None:
    """Draw the table of true and given labels, each line as shares of its rows."""
    cells = table.to_numpy(dtype=float)
    total = cells.sum(axis=1, keepdims=True)
    shares = np.divide(cells, total, out=np.zeros_like(cells), where=total > 0)
    axes.imshow(shares, cmap=SEQUENTIAL, vmin=0, vmax=1, aspect="auto")
    axes.grid(False)
    names = [one_line(label, 16) for label in table.index]
    places = range(len(names))
    if len(names) <= 30:
        axes.set_xticks(places, names, rotation=45 if len(names) > 3 else 0, ha="right" if len(names) > 3 else "center")
        axes.set_yticks(places, names)
    if len(names) <= 10:
        for i in places:
            for j in places:
                pale = shares[i, j] > 0.6
                axes.text(j, i, f"{cells[i, j]:,.0f}", ha="center", va="center", color=INK if pale else "white")
    axes.set(xlabel="given label", ylabel="true label")


def _dots(table: pd.DataFrame) -> pd.DataFrame:
    return table if len(table) <= _DOTS else table.sample(_DOTS, random_state=0)


def truth(axes: Axes, table: pd.DataFrame) -> None:
    """Draw predictions against the truth."""
    dots = _dots(table)
    axes.scatter(dots["prediction"], dots["truth"], s=9, color=COLOURS[0], alpha=0.35, linewidths=0)
    ends = [table[["truth", "prediction"]].min().min(), table[["truth", "prediction"]].max().max()]
    axes.plot(ends, ends, color=MUTED, linewidth=1, linestyle=":")
    axes.locator_params(axis="x", nbins=5)  # numbers may be long
    axes.set(xlabel="prediction", ylabel="truth")


def residuals(axes: Axes, table: pd.DataFrame) -> None:
    """Draw residuals against predictions, with the middle half and the median of each band."""
    dots = _dots(table)
    axes.scatter(dots["prediction"], dots["residual"], s=9, color=COLOURS[0], alpha=0.3, linewidths=0)
    axes.axhline(0, color=MUTED, linewidth=1, linestyle=":")
    if table["prediction"].nunique() > _BANDS:
        bands = table.groupby(pd.qcut(table["prediction"], _BANDS, duplicates="drop"), observed=True)
        middle = bands["prediction"].median()
        quarter = bands["residual"].quantile(np.array([0.25, 0.5, 0.75])).unstack()
        axes.plot(middle, quarter[0.5], color=COLOURS[3], label="median")
        axes.fill_between(middle, quarter[0.25], quarter[0.75], color=COLOURS[3], alpha=0.25, label="middle half")
        _legend(axes)
    axes.locator_params(axis="x", nbins=5)
    axes.set(xlabel="prediction", ylabel="truth − prediction")


DRAWINGS: Mapping[str, Callable[[Axes, pd.DataFrame], None]] = MappingProxyType(
    {
        "roc": roc,
        "pr": pr,
        "calibration": calibration,
        "gain": gain,
        "lift": lift,
        "threshold": threshold,
        "confusion": confusion,
        "truth": truth,
        "residuals": residuals,
    }
)
"""What draws each curve."""
