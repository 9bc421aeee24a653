"""The picture of many explanations: a strip of dots a column, coloured by the column's value."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from automl.plotting import INK, MUTED, SEQUENTIAL, look, new_figure, one_line
from automl.plotting.figure import Picture
from automl.values.algorithm import FloatArray

if TYPE_CHECKING:
    from automl.explain.overview import RowContributions

_BINS = 60


@look()
def draw_overview(found: RowContributions, most: int) -> Picture:
    """Return strips of the ``most`` important columns; dots side by side where many rows add the same."""
    shown = found.frame()["column"].head(most).tolist()
    figure = new_figure(6.4, 1.4 + 0.36 * max(len(shown), 2))
    axes = figure.add_subplot()
    reach = float(found.values.abs().to_numpy().max(initial=0.0)) or 1.0
    dots = None
    for place, name in enumerate(shown):
        i = found.values.columns.get_loc(name)
        added, order = found.values[name].to_numpy(), found.position[:, i]
        height = place + _side_by_side(added, reach)
        plain = np.isnan(order)
        axes.scatter(added[plain], height[plain], s=9, color=MUTED, linewidths=0)
        dots = axes.scatter(
            added[~plain], height[~plain], s=9, c=order[~plain], cmap=SEQUENTIAL, vmin=0, vmax=1, linewidths=0
        )
    axes.axvline(0.0, color=INK, linewidth=0.8)
    axes.set_yticks(range(len(shown)), [one_line(name) for name in shown])
    axes.invert_yaxis()
    axes.grid(visible=False, axis="y")
    axes.set_xlabel(one_line(f"adds to the {found.unit}", 64))
    axes.set_title("What moves predictions, a dot a row")
    if dots is not None:
        bar = figure.colorbar(dots, ax=axes, fraction=0.04, pad=0.02, ticks=[0, 1])
        bar.ax.set_yticklabels(["low", "high"])
        bar.set_label("value of the column (grey: no order)", labelpad=-12)
    return figure


def _side_by_side(added: FloatArray, reach: float) -> FloatArray:
    """Return offsets that put dots of the same place beside each other, within a strip of 0.8."""
    bins = np.round(added / reach * _BINS).astype(int)
    offset = np.zeros(len(added))
    counts = {each: int((bins == each).sum()) for each in np.unique(bins)}
    widest = max(counts.values(), default=1)
    for each, count in counts.items():
        offset[bins == each] = (np.arange(count) - (count - 1) / 2) / max(widest, 8) * 0.8
    return offset
