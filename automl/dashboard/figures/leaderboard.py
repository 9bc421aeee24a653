"""The best rows of the leaderboard as points with intervals, the dummy as a line to compare with.

Points, not bars: a bar begins at zero, which is no meaningful place for most metrics, and would hide the differences.
"""

from __future__ import annotations

import math
from typing import Any

import plotly.graph_objects as go

from automl.dashboard.figures.intervals import standard_errors
from automl.dashboard.figures.scale import Scale
from automl.dashboard.figures.style import escaped, looks, make_figure, short
from automl.dashboard.palette import GREY
from automl.dashboard.view import SearchView
from automl.dashboard.wording import count, number, score_with_spread
from automl.evaluation.leaderboard import FLOOR

MOST_ROWS = 20
_Row = dict[Any, Any]


def leaderboard(view: SearchView) -> go.Figure | str:
    """Return the figure, or why there is none."""
    board = view.leaderboard
    is_shown = board["state"].isin(("complete", "partial")) & (board["algorithm"] != FLOOR)
    models = board[is_shown & board["score"].notna()]
    if models.empty:
        return "No candidate has a score yet."
    rows: list[_Row] = models.head(MOST_ROWS).to_dict("records")
    errors = standard_errors(view)
    scale = Scale.of(view.metric, [view.metric.loss_of(row["score"]) for row in rows])
    on = [row for row in rows if scale.holds(view.metric.loss_of(row["score"]))]
    off = [row for row in rows if row not in on]
    dummy = _dummy_score(view)
    ends = _ends(scale, on, errors, dummy)
    title = f"{rows[0]['id']} is ahead: {view.metric.name} {_told(rows[0], errors)}"
    if len(models) > 1:
        title += f" (the best {min(len(models), MOST_ROWS)} of {count(len(board), 'row')})"
    return make_figure(
        [_points(view, on, errors), *([_beyond(view, off, ends)] if off else [])],
        title,
        "Points: mean over folds; open: not all folds. Lines: ± one standard error, widened because folds share "
        f"training rows.{_dummy_words(dummy, ends)}",
        xaxis={"title": {"text": axis_title(view)}, "range": ends},
        yaxis={
            "categoryorder": "array",
            "categoryarray": [escaped(row["id"]) for row in reversed(rows)],
            "range": [-0.6, len(rows) - 0.4],
            "tickfont": {"size": 10},
            "dtick": 1,
        },
        shapes=[_line(dummy)] if dummy is not None and ends[0] <= dummy <= ends[1] else [],
    )


def axis_title(view: SearchView) -> str:
    """Return the name of the axis of scores."""
    return f"{escaped(view.metric.name)} ({'higher' if view.metric.greater_is_better else 'lower'} is better)"


def _told(row: _Row, errors: dict[str, float]) -> str:
    return score_with_spread(row["score"], errors.get(row["id"], math.nan))


def _dummy_score(view: SearchView) -> float | None:
    dummies = [each for each in view.evaluations if each.candidate.algorithm == FLOOR and each.losses]
    return view.metric.score_of(dummies[0].loss) if dummies else None


def _ends(scale: Scale, rows: list[_Row], errors: dict[str, float], dummy: float | None) -> list[float]:
    """Return the ends of the axis: all points with their lines, and the dummy if it is near enough."""
    low, high = scale.range
    for row in rows:
        error = errors.get(row["id"], math.nan)
        if math.isfinite(error):
            low, high = min(low, row["score"] - 1.05 * error), max(high, row["score"] + 1.05 * error)
    width = high - low
    if dummy is not None and low - width <= dummy <= high + width:
        low, high = min(low, dummy - 0.03 * width), max(high, dummy + 0.03 * width)
    return [float(f"{low:.5g}"), float(f"{high:.5g}")]


def _points(view: SearchView, rows: list[_Row], errors: dict[str, float]) -> dict[str, Any]:
    look = looks(view)
    colours = [look[row["algorithm"]].colour for row in rows]
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [short(row["score"]) for row in rows],
        "y": [escaped(row["id"]) for row in rows],
        "error_x": {
            "type": "data",
            "array": [short(errors.get(row["id"], math.nan)) for row in rows],
            "color": GREY,
            "thickness": 1.2,
            "width": 3,
        },
        "marker": {
            "size": 10,
            "color": colours,
            "symbol": [look[row["algorithm"]].shape + ("-open" * (row["state"] != "complete")) for row in rows],
        },
        "customdata": [_told(row, errors) for row in rows],
        "hovertemplate": f"%{{y}}<br>{escaped(view.metric.name)} %{{customdata}}<extra></extra>",
        "showlegend": False,
    }


def _beyond(view: SearchView, rows: list[_Row], ends: list[float]) -> dict[str, Any]:
    """Return the rows whose scores lie beyond the axis, at its edge."""
    is_left = view.metric.greater_is_better
    look = looks(view)
    inset = 0.015 * (ends[1] - ends[0])
    return {
        "type": "scatter",
        "mode": "markers+text",
        "x": [short(ends[0] + inset if is_left else ends[1] - inset)] * len(rows),
        "y": [escaped(row["id"]) for row in rows],
        "text": [number(row["score"]) for row in rows],
        "textposition": "middle right" if is_left else "middle left",
        "textfont": {"size": 10},
        "marker": {
            "size": 10,
            "symbol": "triangle-left" if is_left else "triangle-right",
            "color": [look[row["algorithm"]].colour for row in rows],
        },
        "hovertemplate": "%{y}<br>%{text}, beyond the axis<extra></extra>",
        "showlegend": False,
    }


def _line(dummy: float) -> dict[str, Any]:
    return {
        "type": "line",
        "x0": short(dummy),
        "x1": short(dummy),
        "yref": "paper",
        "y0": 0,
        "y1": 1,
        "line": {"color": GREY, "width": 1.5, "dash": "dash"},
    }


def _dummy_words(dummy: float | None, ends: list[float]) -> str:
    if dummy is None:
        return ""
    if ends[0] <= dummy <= ends[1]:
        return f" Dashed: guessing (the dummy), {number(dummy)}."
    return f" Guessing (the dummy) scores {number(dummy)}, beyond the axis."
