"""How the best trials of the best families were set: parallel axes, a panel for each family.

A hyperparameter exists only under its algorithm, so axes of all families together would have no line that crosses them
all. Each panel has the family's own axes: those that matter most first, where that is known; logarithmic ones in
powers of ten; categories by name; the score last, its best end on top. The lines are the family's best complete trials.

plotly's own kind of trace for this is not used: it writes black axes and white halos that a dark page shows as blots,
draws the lines of one panel only in the dashboard's release, and has no hover text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from automl.dashboard.figures.axes import Axis, hyperparameter_axis, score_axis
from automl.dashboard.figures.style import FAINT, Look, escaped, looks, make_figure, short
from automl.dashboard.importance import Importance
from automl.dashboard.palette import GREY
from automl.dashboard.view import SearchView
from automl.dashboard.wording import listed
from automl.evaluation.leaderboard import FLOOR
from automl.values.evaluation import Evaluation

MOST_FAMILIES = 2
MOST_AXES = 5
MOST_LINES = 24
FEW = 3  # trials below which a family has no panel
GAP = 0.14  # of the height, above each panel, for the names of axes


@dataclass(frozen=True, slots=True)
class Panel:
    """A family's best trials, the best first, and the axes that they cross."""

    family: str
    look: Look
    trials: Sequence[Evaluation]
    axes: Sequence[Axis]

    @property
    def places(self) -> list[float]:
        """Where the axes stand, 0 to 1."""
        return [at / (len(self.axes) - 1) for at in range(len(self.axes))]


def parallel_coordinates(view: SearchView, found: Importance) -> go.Figure | str:
    """Return the figure, or why there is none; ``found`` says which axes matter."""
    panels = _panels(view, found)
    if not panels:
        return f"No family with hyperparameters has {FEW} complete trials yet."
    height = 1 / len(panels)
    traces, names, axes = [], [], {}
    for place, panel in enumerate(panels):
        top = 1 - place * height
        suffix = str(place + 1) if place else ""
        traces += [{**trace, "yaxis": f"y{suffix}"} for trace in (*_lines(panel), _rulers(panel), _ticks(panel))]
        names.append(_name(panel, top))
        axes[f"yaxis{suffix}"] = {
            "domain": [round(max(0.0, top - height), 4), round(top - GAP, 4)],
            "range": [-0.06, 1.06],
            "visible": False,
            "fixedrange": True,
        }
    families = [panel.family for panel in panels]
    return make_figure(
        traces,
        f"How the best trials of {listed(families)} were set",
        "A line is a trial: thick the best, in colour the best third. The axes that matter most come first, where that "
        f"is known; the best {view.metric.name} is on top.",
        annotations=names,
        xaxis={"range": [-0.07, 1.08], "visible": False, "fixedrange": True},
        showlegend=False,
        **axes,
    )


def _panels(view: SearchView, found: Importance) -> list[Panel]:
    """Return the panels, that of the best family first."""
    done: dict[str, list[Evaluation]] = {}
    counting = [each for each in view.evaluations if each.counts and each.candidate.algorithm != FLOOR]
    for each in sorted(counting, key=lambda each: (each.loss, each.number)):
        done.setdefault(each.candidate.algorithm, []).append(each)
    spaces = {each.name: each.space for each in view.plan.algorithms}
    look = looks(view)
    panels: list[Panel] = []
    for family, trials in done.items():
        if len(trials) >= FEW and len(panels) < MOST_FAMILIES:
            best = trials[:MOST_LINES]
            axes = _axes(spaces.get(family, ()), list(found.within.get(family, ())), best)
            if axes:
                panels.append(Panel(family, look[family], best, [*axes, score_axis(view.metric, best)]))
    return panels


def _axes(space: Sequence[Mapping[str, Any]], important: Sequence[str], trials: Sequence[Evaluation]) -> list[Axis]:
    """Return the axes of the hyperparameters that matter most, else of the first ones that differ between trials."""
    place = {name: at for at, name in enumerate(important)}
    configs = [trial.candidate.config for trial in trials]
    axes: list[Axis] = []
    for each in sorted(space, key=lambda each: place.get(each["name"], len(place))):
        settings = {repr(config[each["name"]]) if each["name"] in config else "" for config in configs}
        if len(axes) < MOST_AXES and len(settings) > 1:
            axes.append(hyperparameter_axis(each, configs))
    return axes


def _lines(panel: Panel) -> list[dict[str, Any]]:
    """Return the lines in three strengths, the strongest last so that it lies on top."""
    third = max(2, round(len(panel.trials) / 3))
    return [
        _group(panel, range(third, len(panel.trials)), GREY, 1.0, 0.3),
        _group(panel, range(1, third), panel.look.colour, 1.2, 0.8),
        _group(panel, range(1), panel.look.colour, 3.0, 1.0),
    ]


def _group(panel: Panel, which: range, colour: str, width: float, opacity: float) -> dict[str, Any]:
    x: list[float | None] = []
    y: list[float | None] = []
    texts: list[str | None] = []
    numbers: list[int | None] = []
    for at in which:
        for place, axis in zip(panel.places, panel.axes, strict=True):
            x.append(short(place))
            y.append(short(axis.height(axis.values[at])))
            texts.append(axis.texts[at])
            numbers.append(panel.trials[at].number)
        for column in (x, y, texts, numbers):
            column.append(None)  # so that a line ends here
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "x": x[:-1],
        "y": y[:-1],
        "text": texts[:-1],
        "customdata": numbers[:-1],
        "line": {"color": colour, "width": width},
        "marker": {"size": 3 + width},
        "opacity": opacity,
        "hovertemplate": f"{escaped(panel.family)}-%{{customdata}}<br>%{{text}}<extra></extra>",
    }


def _rulers(panel: Panel) -> dict[str, Any]:
    """Return the axes themselves."""
    return {
        "type": "scatter",
        "mode": "lines",
        "x": [x for place in panel.places for x in (short(place), short(place), None)],
        "y": [0, 1, None] * len(panel.axes),
        "line": {"color": FAINT, "width": 1.5},
        "hoverinfo": "skip",
    }


def _ticks(panel: Panel) -> dict[str, Any]:
    """Return what stands beside the axes, and their names above them."""
    x: list[float | None] = []
    y: list[float | None] = []
    texts: list[str] = []
    sides: list[str] = []
    for place, axis in zip(panel.places, panel.axes, strict=True):
        marks = [*((axis.height(value), text) for value, text in axis.ticks), (1.0, f"<b>{axis.name}</b>")]
        x += [short(place)] * len(marks)
        y += [short(height) for height, _ in marks]
        texts += [text for _, text in marks]
        side = "middle left" if place < 1 else "middle right"
        sides += [*[side] * len(axis.ticks), "top center"]
    return {
        "type": "scatter",
        "mode": "text",
        "x": x,
        "y": y,
        "text": texts,
        "textposition": sides,
        "textfont": {"size": 9, "color": GREY},
        "cliponaxis": False,
        "hoverinfo": "skip",
    }


def _name(panel: Panel, top: float) -> dict[str, Any]:
    score = panel.axes[-1].texts[0]
    return {
        "text": f"<b>{escaped(panel.family)}</b>: its best {len(panel.trials)} trials, up to {score}",
        "font": {"size": 11, "color": panel.look.colour},
        "xref": "paper",
        "yref": "paper",
        "x": 0,
        "y": round(top, 4),
        "xanchor": "left",
        "yanchor": "top",
        "showarrow": False,
    }
