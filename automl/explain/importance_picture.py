"""The picture of an importance: bars with intervals, groups of columns below the columns alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from automl.plotting import COLOURS, INK, MUTED, look, new_figure, one_line
from automl.plotting.figure import Picture

if TYPE_CHECKING:
    from automl.explain.importance import Importance


@look()
def draw_importance(importance: Importance, most: int) -> Picture:
    """Return bars of the ``most`` important columns and of the groups among them."""
    columns = list(importance.columns[:most])
    names = {each.columns[0] for each in columns}
    shown = columns + [each for each in importance.groups if names.intersection(each.columns)]
    figure = new_figure(6.4, 1.2 + 0.3 * max(len(shown), 2))
    axes = figure.add_subplot()
    places = np.arange(len(shown))
    values = np.array([each.importance for each in shown])
    reach = np.array([[each.importance - each.low, each.high - each.importance] for each in shown]).reshape(-1, 2)
    groups = [len(each.columns) > 1 for each in shown]
    fills = [
        MUTED if each.verdict != "helps" else COLOURS[1] if group else COLOURS[0]
        for each, group in zip(shown, groups, strict=True)
    ]
    bars = axes.barh(places, values, color=fills, height=0.65)
    for bar, group in zip(bars, groups, strict=True):
        bar.set_hatch("//" if group else "")
        bar.set_edgecolor("white")
    axes.errorbar(values, places, xerr=reach.T, fmt="none", ecolor=INK, elinewidth=1.2, capsize=3)
    axes.axvline(0.0, color=INK, linewidth=0.8)
    axes.set_yticks(places, [one_line(" + ".join(each.columns)) for each in shown])
    axes.invert_yaxis()
    axes.grid(visible=False, axis="y")
    worse = "drop" if importance.metric.greater_is_better else "rise"
    axes.set_xlabel(f"{worse} of {importance.metric.name} when shuffled, {importance.level:.0%} interval")
    axes.set_title(f"What {one_line(importance.target, 18)} depends on")
    return figure
