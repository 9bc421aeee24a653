"""Charts of plotly for an interactive page, made from the same numbers as the pictures.

A chart's labels are shown by plotly, which reads a few HTML tags in them: brackets of foreign names become their
entities first. Whatever has no chart here keeps its picture.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from automl.dashboard.figures import make_figures
from automl.dashboard.view import SearchView
from automl.plotting import COLOURS, MUTED
from automl.report.blocks import Figure, Section

if TYPE_CHECKING:
    import plotly.graph_objects as go

_POINTS = 2_000
_OF_SEARCH = {
    "leaderboard": "leaderboard",
    "progress": "score-over-time",
    "influence": "importance",
    "families": "time-by-algorithm",
}


def plotly_program() -> str:
    """Return plotly's own program, to stand in the page once."""
    from plotly.offline import get_plotlyjs

    program: str = get_plotlyjs()
    return program


def charts_of(sections: Sequence[Section], view: SearchView) -> dict[str, str]:
    """Return an HTML fragment for each figure that can be a chart, by the figure's key."""
    of_search = make_figures(view)
    found: dict[str, go.Figure] = {}
    for section in sections:
        for block in section.blocks:
            if not isinstance(block, Figure):
                continue
            if block.key in _OF_SEARCH and _OF_SEARCH[block.key] in of_search:
                found[block.key] = of_search[_OF_SEARCH[block.key]]
            elif block.data is not None and (make := _maker(block.key)) is not None:
                found[block.key] = make(block.data, block.title)
    return {key: _fragment(chart, key) for key, chart in found.items()}


def _fragment(chart: go.Figure, key: str) -> str:
    from plotly.io import to_html

    chart.update_layout(template="plotly_white", paper_bgcolor="white", plot_bgcolor="white", font_color="#222222")
    text: str = to_html(
        chart,
        full_html=False,
        include_plotlyjs=False,
        div_id=f"chart-{key}",
        config={"displaylogo": False, "responsive": True},
    )
    return text


def _maker(key: str) -> Callable[[pd.DataFrame, str], go.Figure] | None:
    if key.startswith("effect-"):
        return _effect
    lines = {
        "curve-roc": ("false_positive_rate", ("true_positive_rate",)),
        "curve-pr": ("recall", ("precision",)),
        "curve-gain": ("share_of_rows", ("gain",)),
        "curve-calibration": ("predicted", ("observed",)),
        "curve-threshold": ("threshold", ("precision", "recall", "f1", "share_positive")),
    }
    if key in lines:
        x, ys = lines[key]
        return lambda frame, title: _lines(frame, title, x, ys)
    others: dict[str, Callable[[pd.DataFrame, str], go.Figure]] = {
        "curve-truth": lambda frame, title: _dots(frame, title, "prediction", "truth"),
        "curve-residuals": lambda frame, title: _dots(frame, title, "prediction", "residual"),
        "curve-confusion": _cells,
        "importance": _bars,
    }
    return others.get(key)


def _lines(frame: pd.DataFrame, title: str, x: str, ys: Sequence[str]) -> go.Figure:
    import plotly.graph_objects as go

    chart = _empty(title, x, ys[0] if len(ys) == 1 else "share")
    groups = [("", frame)] if "label" not in frame else [(str(key), part) for key, part in frame.groupby("label")]
    for label, part in groups:
        shown = part.iloc[np.unique(np.linspace(0, len(part) - 1, min(len(part), _POINTS)).round().astype(int))]
        for y in ys:
            name = html.escape(label) if len(ys) == 1 else y.replace("_", " ")
            chart.add_trace(go.Scatter(x=shown[x].tolist(), y=shown[y].tolist(), mode="lines", name=name))
    return chart


def _dots(frame: pd.DataFrame, title: str, x: str, y: str) -> go.Figure:
    import plotly.graph_objects as go

    shown = frame if len(frame) <= _POINTS else frame.sample(_POINTS, random_state=0)
    dots = go.Scatter(x=shown[x].tolist(), y=shown[y].tolist(), mode="markers", marker={"size": 5, "opacity": 0.5})
    return _empty(title, x, y).add_trace(dots)


def _cells(frame: pd.DataFrame, title: str) -> go.Figure:
    import plotly.graph_objects as go

    names = [html.escape(str(each)) for each in frame.columns[1:]]
    truth = [html.escape(str(each)) for each in frame.iloc[:, 0]]
    cells = go.Heatmap(x=names, y=truth, z=frame.iloc[:, 1:].to_numpy(dtype=float).tolist(), colorscale="Cividis")
    chart = _empty(title, "given label", "true label").add_trace(cells)
    return chart.update_xaxes(type="category").update_yaxes(type="category", autorange="reversed")


def _bars(frame: pd.DataFrame, title: str) -> go.Figure:
    import plotly.graph_objects as go

    shown = frame.head(30)
    reach = {"type": "data", "symmetric": False, "color": MUTED}
    bars = go.Bar(
        x=shown["importance"].tolist(),
        y=[html.escape(str(each)) for each in shown["column"]],
        orientation="h",
        error_x={
            **reach,
            "array": (shown["high"] - shown["importance"]).tolist(),
            "arrayminus": (shown["importance"] - shown["low"]).tolist(),
        },
    )
    return _empty(title, "importance", "").add_trace(bars).update_yaxes(autorange="reversed", type="category")


def _effect(frame: pd.DataFrame, title: str) -> go.Figure:
    import plotly.graph_objects as go

    chart = _empty(title, "value", "prediction")
    groups = [("", frame)] if "label" not in frame else [(str(key), part) for key, part in frame.groupby("label")]
    for label, part in groups:
        is_number = pd.api.types.is_numeric_dtype(part["value"])
        x = part["value"].tolist() if is_number else [html.escape(str(each)) for each in part["value"]]
        mode = "lines+markers" if is_number else "markers"
        chart.add_trace(go.Scatter(x=x, y=part["effect"].tolist(), mode=mode, name=html.escape(label)))
    return chart


def _empty(title: str, x: str, y: str) -> go.Figure:
    import plotly.graph_objects as go

    return go.Figure(
        layout={
            "title": {"text": html.escape(title), "font": {"size": 15}},
            "colorway": list(COLOURS),
            "xaxis": {"title": {"text": html.escape(x.replace("_", " "))}},
            "yaxis": {"title": {"text": html.escape(y.replace("_", " "))}, "automargin": True},
            "margin": {"l": 60, "r": 20, "t": 50, "b": 50},
        }
    )
