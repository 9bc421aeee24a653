"""The picture of an effect: a line with its band, or a dot a level, and below it where the rows are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from automl.explain.wording import told
from automl.plotting import COLOURS, MUTED, look, new_figure, one_line, style
from automl.plotting.figure import Picture

if TYPE_CHECKING:
    from automl.explain.effect import Effect

_MOST_LABELS = 6


@look()
def draw_effect(effect: Effect) -> Picture:
    """Return the picture; of many labels the ones that change most."""
    change = np.ptp(effect.effect, axis=0)
    shown = sorted(np.argsort(-change, kind="stable")[:_MOST_LABELS].tolist())
    by_level = not effect.is_ordered
    figure = new_figure(6.4, 1.4 + 0.3 * max(len(effect.values), 3) if by_level else 4.0)
    axes = figure.add_subplot()
    if by_level:
        _dots(axes, effect, shown)
    else:
        _lines(axes, effect, shown)
    if len(effect.labels) > 1:
        axes.legend(title=one_line(effect.target), loc="center left", bbox_to_anchor=(1.0, 0.5))
    name = "Accumulated local effect" if effect.kind == "ale" else "Partial dependence"
    axes.set_title(f"{name} of {one_line(effect.column, 24)}")
    return figure


def _unit(effect: Effect) -> str:
    return one_line(effect.units[0] if len(effect.labels) == 1 else f"probability of {effect.target}", 60)


def _lines(axes: Any, effect: Effect, shown: list[int]) -> None:
    first = effect.values[0]
    x = list(effect.values) if not hasattr(first, "total_seconds") else [each.total_seconds() for each in effect.values]
    for i, k in enumerate(shown):
        line = style(i)
        axes.fill_between(x, effect.low[:, k], effect.high[:, k], color=line["color"], alpha=0.18, linewidth=0)
        axes.plot(x, effect.effect[:, k], marker="o", markersize=3, label=one_line(effect.labels[k]), **line)
    bottom, _ = axes.get_ylim()
    axes.plot(x, np.full(len(x), bottom), "|", color=MUTED, markersize=9, clip_on=False)
    unit = " (seconds)" if hasattr(first, "total_seconds") else ""
    axes.set_xlabel(f"{one_line(effect.column)}{unit}\nband: {effect.band}", fontsize=8.5)
    axes.set_ylabel(_unit(effect))
    for text in axes.get_xticklabels() if hasattr(first, "year") else ():
        text.set_rotation(30)


def _dots(axes: Any, effect: Effect, shown: list[int]) -> None:
    places = np.arange(len(effect.values))
    for i, k in enumerate(shown):
        offset = (i - (len(shown) - 1) / 2) * 0.12
        reach = np.maximum([effect.effect[:, k] - effect.low[:, k], effect.high[:, k] - effect.effect[:, k]], 0.0)
        axes.errorbar(
            effect.effect[:, k],
            places + offset,
            xerr=reach,
            fmt="os^DvP"[i % 6],
            color=COLOURS[i],
            elinewidth=1.0,
            markersize=5,
            label=one_line(effect.labels[k]),
        )
    axes.set_yticks(
        places,
        [f"{one_line(told(each), 24)} ({rows:,})" for each, rows in zip(effect.values, effect.rows, strict=True)],
    )
    axes.set_ylim(len(places) - 0.5, -0.5)
    axes.set_xlabel(f"{_unit(effect)}\nbars: {effect.band}", fontsize=8.5)
