"""The picture of a single explanation: from the base, step by step, to the prediction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automl.explain.wording import number, signed, told
from automl.plotting import BAD, COLOURS, INK, MUTED, look, new_figure, one_line
from automl.plotting.figure import Picture

if TYPE_CHECKING:
    from automl.explain.row import RowExplanation


@look()
def draw_row(explanation: RowExplanation, most: int) -> Picture:
    """Return a waterfall: the ``most`` important columns, the largest on top, and all others in one step first."""
    ordered = sorted(explanation.contributions.items(), key=lambda each: -abs(each[1]))
    steps = [
        (f"{one_line(name, 24)} = {one_line(told(explanation.row[name]), 18)}", added) for name, added in ordered[:most]
    ]
    rest = sum(added for _, added in ordered[most:])
    if len(ordered) > most:
        steps.append((f"{len(ordered) - most} other columns", rest))
    steps.reverse()  # from the bottom up, ending with the largest
    figure = new_figure(6.4, 1.3 + 0.34 * max(len(steps), 2))
    axes = figure.add_subplot()
    here = explanation.base
    for place, (_, added) in enumerate(steps):
        axes.barh(place, added, left=here, height=0.62, color=COLOURS[0] if added >= 0 else BAD)
        end = here + added
        axes.annotate(
            signed(added),
            (max(here, end), place),
            xytext=(3, 0),
            textcoords="offset points",
            va="center",
            fontsize=8.5,
            color=INK,
        )
        if place + 1 < len(steps):
            axes.plot([end, end], [place - 0.31, place + 1.31], color=MUTED, linewidth=0.8)
        here = end
    axes.axvline(explanation.base, color=MUTED, linestyle="--", linewidth=1.0)
    axes.axvline(explanation.prediction, color=INK, linewidth=1.0)
    axes.set_yticks(range(len(steps)), [name for name, _ in steps])
    axes.margins(x=0.14)
    axes.grid(visible=False, axis="y")
    axes.set_xlabel(one_line(explanation.unit, 60))
    axes.set_title(f"From {number(explanation.base)} to {number(explanation.prediction)}")
    return figure
