"""How every figure looks: one colour a family, no background, sentences as titles.

The dashboard draws a figure as it is told, on a white or a nearly black page, half a window wide and 450 pixels high.
So backgrounds are transparent and text and lines are of a grey that can be read on both. Where
there are more families than colours, the shape of a point or the hatching of a bar tells them apart.
"""

from __future__ import annotations

import html
import math
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from automl.dashboard.palette import COLOURS, GREY
from automl.dashboard.view import SearchView
from automl.evaluation.leaderboard import FLOOR

ENSEMBLE = "ensemble"
FAINT = "rgba(128,128,128,0.25)"
CLEAR = "rgba(0,0,0,0)"
SHAPES = ("circle", "diamond", "square", "cross")
HATCHES = ("", "/", "x", ".")
TITLE_WIDTH, SUBTITLE_WIDTH = 60, 86  # characters of a line that half a laptop's window holds, also in a wide font


@dataclass(frozen=True, slots=True)
class Look:
    """The colour, the shape of points and the hatching of bars of a family."""

    colour: str
    shape: str
    hatch: str


def looks(view: SearchView) -> dict[str, Look]:
    """Return the look of each family: by its place in the plan, so it is the same in every figure and at any time."""
    planned = [each.name for each in view.plan.algorithms]
    others = sorted({each.candidate.algorithm for each in view.evaluations} - set(planned))
    families = [name for name in [*planned, *others] if name not in (FLOOR, ENSEMBLE)]
    found = {FLOOR: Look(GREY, "x", ""), ENSEMBLE: Look(GREY, "star", "")}
    for place, name in enumerate(families):
        turn = place // len(COLOURS) % len(SHAPES)
        found[name] = Look(COLOURS[place % len(COLOURS)], SHAPES[turn], HATCHES[turn])
    return found


def hatching(shapes: Iterable[str]) -> dict[str, Any]:
    """Return the hatching of bars, in lines that leave their colour as it is."""
    return {"shape": list(shapes), "fillmode": "overlay", "fgcolor": "white", "fgopacity": 0.6, "size": 6}


def make_figure(traces: Sequence[Mapping[str, Any]], title: str, subtitle: str = "", **layout: Any) -> go.Figure:
    """Return a figure with the common look.

    Parameters
    ----------
    title, subtitle
        Plain text; broken into lines here.
    **layout
        What else plotly's layout is to say; ``xaxis`` and ``yaxis`` are added to the common ones.
    """
    text = f"<b>{_lines(title, TITLE_WIDTH)}</b>"
    if subtitle:
        text += f"<br><span style='font-size:11px'>{_lines(subtitle, SUBTITLE_WIDTH)}</span>"
    n_lines = text.count("<br>") + 1
    axis = {"gridcolor": FAINT, "zerolinecolor": FAINT, "linecolor": FAINT, "automargin": True}
    common = {
        "title": {"text": text, "font": {"size": 14}, "x": 0.02, "xanchor": "left", "y": 0.97, "yanchor": "top"},
        "font": {"color": GREY, "size": 11},
        "paper_bgcolor": CLEAR,
        "plot_bgcolor": CLEAR,
        "margin": {"l": 50, "r": 20, "t": 24 + 18 * n_lines, "b": 45},
        "legend": {"font": {"size": 10}, "bgcolor": CLEAR, "tracegroupgap": 2},
        "xaxis": {**axis, **layout.pop("xaxis", {})},
        "yaxis": {**axis, **layout.pop("yaxis", {})},
        "hovermode": "closest",
        "uirevision": "same",  # what a person has zoomed or hidden stays so when a running search brings a new figure
    }
    figure = go.Figure([dict(each) for each in traces], {**common, **layout})
    figure.update_xaxes(title_standoff=10).update_yaxes(title_standoff=10)  # clear of the numbers
    figure.layout.template = None  # 6 kB that say nothing
    return figure


def _lines(text: str, width: int) -> str:
    together = text.replace(" %", "\u00a0%")  # a percentage is not torn apart
    return "<br>".join(escaped(line) for line in textwrap.wrap(together, width))


def escaped(text: object) -> str:
    """Return text that plotly shows as it is, without tags of its own.

    Examples
    --------
    >>> escaped("<lambda> & more")
    '&lt;lambda&gt; &amp; more'
    """
    return html.escape(str(text), quote=False)


def short(value: float) -> float | None:
    """Return a number with five significant digits, ``None`` if it isn't finite: what a figure holds stays small.

    Examples
    --------
    >>> short(0.123456789), short(float("nan"))
    (0.12346, None)
    """
    return float(f"{value:.5g}") if math.isfinite(value) else None
