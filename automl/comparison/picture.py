"""The picture of comparisons: an interval each, beside the line where neither is better."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from automl.comparison.result import outcome_of
from automl.plotting import BAD, COLOURS, MUTED, Picture, look, new_figure, one_line

if TYPE_CHECKING:
    from automl.comparison.result import Comparison

_SIGN = {"a": ("s", BAD), "b": ("o", COLOURS[0]), "same": ("D", COLOURS[2]), "undecided": ("o", MUTED)}


@look()
def interval_picture(comparisons: Sequence[Comparison]) -> Picture:
    """Return intervals of gains, one a test of a single comparison, or one a comparison of several.

    Signs tell the outcomes as well as colours do: a disc where B is better, a square where A is, a diamond where both
    are practically the same, a ring where it is undecided.
    """
    first = comparisons[0]
    if len(comparisons) == 1:
        lines = [(test.name, test.gain, test.bounds(first.level)) for test in first.tests]
    else:
        lines = [(f"{each.b} over {each.a}", each.gain, each.interval) for each in comparisons]
    figure = new_figure(6.4, 1.4 + 0.38 * len(lines))
    axes = figure.subplots()
    if first.rope:
        axes.axvspan(-first.rope, first.rope, color=COLOURS[5], alpha=0.25, linewidth=0)
    axes.axvline(0, color=MUTED, linewidth=1, linestyle="--")
    for place, (_, gain, (low, high)) in enumerate(lines):
        outcome = outcome_of((low, high), first.rope)
        marker, colour = _SIGN[outcome]
        axes.plot([low, high], [place, place], color=colour)
        axes.plot([gain], [place], marker, color=colour, markerfacecolor="white" if outcome == "undecided" else colour)
    axes.set_yticks(range(len(lines)), [one_line(name, 40) for name, *_ in lines])
    axes.set_ylim(len(lines) - 0.5, -0.5)
    axes.grid(visible=False, axis="y")
    if len(comparisons) == 1:
        axes.set_xlabel(f"← {one_line(first.a)} better    gain in {first.metric}    {one_line(first.b)} better →")
        axes.set_title(f"Is {one_line(first.b)} better than {one_line(first.a)}?")
    else:
        axes.set_xlabel(f"gain in {first.metric}")
        axes.set_title("Which is better?")
    return figure
