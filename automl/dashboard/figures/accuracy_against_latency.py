"""What a better score costs: milliseconds for one row against the score, and the front of those that nothing beats.

A pipeline is on the front if none is both as quick and better. Only complete trials are shown: a bag of fewer folds is
quicker for having fewer models.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from automl.dashboard.figures.leaderboard import axis_title
from automl.dashboard.figures.scale import Scale
from automl.dashboard.figures.style import escaped, looks, make_figure, short
from automl.dashboard.figures.thinning import thinned
from automl.dashboard.palette import GREY
from automl.dashboard.view import SearchView
from automl.dashboard.wording import count, number
from automl.evaluation.leaderboard import FLOOR

MUCH = 2.0  # times as quick
_Row = dict[Any, Any]


def accuracy_against_latency(view: SearchView) -> go.Figure | str:
    """Return the figure, or why there is none."""
    board = view.leaderboard
    is_shown = board["state"].isin(("complete", "partial")) & (board["algorithm"] != FLOOR)
    measured = board[is_shown & board["score"].notna() & (board["one_row_ms"] > 0)]
    if len(measured) < 2:
        return "Fewer than two candidates have a measured time for one row."
    rows: list[_Row] = measured[["id", "algorithm", "score", "one_row_ms"]].to_dict("records")
    for row in rows:
        row["loss"] = view.metric.loss_of(row["score"])
    front = pareto_front(rows)
    kept = [at for at, row in enumerate(rows) if row in front]
    shown = [rows[at] for at in thinned([row["loss"] for row in rows], kept)]
    scale = Scale.of(view.metric, [row["loss"] for row in rows])
    on = [row for row in shown if scale.holds(row["loss"])]
    off = [row for row in shown if not scale.holds(row["loss"])]
    hidden = len(rows) - len(shown)
    return make_figure(
        [
            _front_line(view, [row for row in front if scale.holds(row["loss"])]),
            *_points(view, on),
            *([_beyond(view, off, scale)] if off else []),
        ],
        _title(view, front),
        "Line: the front; nothing is both quicker and better. Time of the whole bag of fold models for one raw row."
        + (f" {count(hidden, 'point')} behind the front left out." if hidden else ""),
        xaxis={"title": {"text": "milliseconds for one row (log)"}, "type": "log", "dtick": "D2"},
        yaxis={"title": {"text": axis_title(view)}, "range": scale.range},
    )


def pareto_front(rows: Sequence[_Row]) -> list[_Row]:
    """Return the rows that no other beats in both ``loss`` and ``one_row_ms``, the quickest first.

    Examples
    --------
    >>> rows = [{"one_row_ms": ms, "loss": loss} for ms, loss in ((1, 0.5), (2, 0.6), (3, 0.1))]
    >>> [row["one_row_ms"] for row in pareto_front(rows)]
    [1, 3]
    """
    front: list[_Row] = []
    for row in sorted(rows, key=lambda row: (row["one_row_ms"], row["loss"])):
        if not front or row["loss"] < front[-1]["loss"]:
            front.append(row)
    return front


def _front_line(view: SearchView, front: list[_Row]) -> dict[str, Any]:
    named = {row["id"] for row in (front[0], front[-1], *_much_quicker(front))}
    side = "bottom" if view.metric.greater_is_better else "top"
    return {
        "type": "scatter",
        "mode": "lines+text",
        "name": "front",
        "x": [short(row["one_row_ms"]) for row in front],
        "y": [short(row["score"]) for row in front],
        "text": [escaped(row["id"]) if row["id"] in named else "" for row in front],
        "textposition": [f"{side} right"] * (len(front) - 1) + [f"{side} left"],
        "textfont": {"size": 10},
        "line": {"color": GREY, "width": 1.5, "shape": "hv"},
        "hoverinfo": "skip",
    }


def _points(view: SearchView, rows: list[_Row]) -> list[dict[str, Any]]:
    traces = []
    for name, look in looks(view).items():
        own = [row for row in rows if row["algorithm"] == name]
        if own:
            traces.append(
                {
                    "type": "scatter",
                    "mode": "markers",
                    "name": escaped(name),
                    "x": [short(row["one_row_ms"]) for row in own],
                    "y": [short(row["score"]) for row in own],
                    "text": [escaped(row["id"]) for row in own],
                    "marker": {"color": look.colour, "symbol": look.shape, "size": 12 if look.shape == "star" else 7},
                    "hovertemplate": f"%{{text}}<br>{escaped(view.metric.name)} %{{y}}<br>%{{x}} ms<extra></extra>",
                }
            )
    return traces


def _beyond(view: SearchView, rows: list[_Row], scale: Scale) -> dict[str, Any]:
    look = looks(view)
    return {
        "type": "scatter",
        "mode": "markers",
        "name": "worse than the axis",
        "x": [short(row["one_row_ms"]) for row in rows],
        "y": [short(scale.edge)] * len(rows),
        "text": [f"{escaped(row['id'])}<br>{number(row['score'])}" for row in rows],
        "marker": {
            "color": [look[row["algorithm"]].colour for row in rows],
            "size": 7,
            "symbol": "triangle-down-open" if view.metric.greater_is_better else "triangle-up-open",
        },
        "hovertemplate": "%{text}<extra></extra>",
    }


def _title(view: SearchView, front: list[_Row]) -> str:
    best = front[-1]
    told = f"{best['id']} scores best, {number(best['score'])}, and takes {number(best['one_row_ms'], 2)} ms a row"
    quicker = _much_quicker(front)
    if not quicker:
        return f"{told}; nothing is much quicker and nearly as good" if len(front) == 1 else told
    times = number(best["one_row_ms"] / quicker[0]["one_row_ms"], 2)
    return f"{told}; {quicker[0]['id']} is {times} times as quick with {number(quicker[0]['score'])}"


def _much_quicker(front: list[_Row]) -> list[_Row]:
    """Return the best of those on the front that are much quicker than the best of all, if there is one."""
    return [row for row in front[:-1] if row["one_row_ms"] <= front[-1]["one_row_ms"] / MUCH][-1:]
