"""The picture of groups: a panel a measure, a dot a group with its interval."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from automl.evaluation.rates import COMPARED
from automl.plotting import COLOURS, MUTED, look, new_figure, one_line
from automl.plotting.figure import Picture

if TYPE_CHECKING:
    from automl.explain.fairness import Fairness

_ACROSS = 3


@look()
def draw_fairness(found: Fairness) -> Picture:
    """Return the panels; a group that is too small to be compared is grey."""
    shown = [m for m, name in enumerate(found.measures) if name in COMPARED]
    down = -(-len(shown) // _ACROSS)
    across = min(_ACROSS, len(shown))
    figure = new_figure(6.8, 0.7 + down * (0.75 + 0.24 * len(found.groups)))
    panels = figure.subplots(down, across, sharey=True, squeeze=False)
    places = np.arange(len(found.groups))
    clear = {gap.measure for gap in found.gaps if gap.is_clear}
    for axes, m in zip(panels.flat, shown, strict=False):
        name = found.measures[m]
        for g in places[np.isfinite(found.values[:, m])]:
            axes.errorbar(
                found.values[g, m],
                g,
                xerr=[[found.values[g, m] - found.low[g, m]], [found.high[g, m] - found.values[g, m]]],
                fmt="o",
                markersize=5,
                elinewidth=1.4,
                color=COLOURS[0] if found.comparable[g, m] else MUTED,
                fillstyle="full" if found.comparable[g, m] else "none",
            )
        axes.set_title(f"{name.replace('_', ' ')}{' *' if name in clear else ''}", fontsize=8.5)
        axes.margins(x=0.15)
    for axes in list(panels.flat)[len(shown) :]:
        axes.set_axis_off()
    labels = [f"{one_line(name, 20)} ({size:,})" for name, size in zip(found.groups, found.sizes, strict=True)]
    panels[0, 0].set_yticks(places, labels)
    panels[0, 0].set_ylim(len(places) - 0.5, -0.5)
    figure.supxlabel(f"{found.level:.0%} intervals; * a clear difference; grey: too few rows", fontsize=8)
    return figure
