"""The picture of a running test: the gain over the first arm and its confidence sequence, as rows came in."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from automl.comparison.live.judging import gain
from automl.comparison.live.settings import Settings
from automl.comparison.live.totals import Totals
from automl.plotting import COLOURS, MUTED, Picture, look, new_figure, one_line, style

_MOST_POINTS = 500


@look()
def course_picture(settings: Settings, course: Sequence[Mapping[str, Totals]]) -> Picture:
    """Return the gain of each arm over the first, with its interval at every time.

    Parameters
    ----------
    course
        The sums of all arms, after each time that rows came.
    """
    first, *others = settings.arms
    chosen = np.unique(np.linspace(0, len(course) - 1, min(len(course), _MOST_POINTS)).astype(int)) if course else ()
    figure = new_figure(6.4, 3.6)
    axes = figure.subplots()
    axes.axhline(0, color=MUTED, linewidth=1, linestyle="--")
    if settings.effect:
        axes.axhspan(-settings.effect, settings.effect, color=COLOURS[5], alpha=0.2, linewidth=0)
    for place, arm in enumerate(others):
        points = []
        for totals in (course[k] for k in chosen):
            low, high = gain(settings, totals[first], totals[arm])
            if math.isfinite(low):
                rows = sum(each.n for each in totals.values())
                points.append((rows, settings.sign * (totals[arm].mean - totals[first].mean), low, high))
        if points:
            rows, center, low, high = np.array(points).T
            look_of = style(place)
            axes.fill_between(rows, low, high, color=look_of["color"], alpha=0.2, linewidth=0)
            axes.plot(rows, center, label=f"{one_line(arm)} over {one_line(first)}", **look_of)
    if axes.lines[1:]:
        axes.legend(loc="upper right")
    axes.set_xlabel("rows of all arms")
    axes.set_ylabel(f"gain in {settings.metric}")
    axes.set_title(f"{one_line(settings.name)}: interval at {settings.level:.3g}, at any time")
    return figure
