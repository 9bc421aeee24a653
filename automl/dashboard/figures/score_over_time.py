"""How the search went: every trial as a point of its family's colour, and the best complete one so far as a line."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from automl.dashboard.figures.leaderboard import axis_title
from automl.dashboard.figures.scale import Scale
from automl.dashboard.figures.style import escaped, looks, make_figure, short
from automl.dashboard.figures.thinning import thinned
from automl.dashboard.palette import GREY
from automl.dashboard.view import SearchView
from automl.dashboard.wording import count, duration, number
from automl.evaluation.leaderboard import pipeline_id
from automl.values.evaluation import Evaluation

_UNITS = ((180.0, 1.0, "seconds"), (3 * 3600.0, 60.0, "minutes"), (math.inf, 3600.0, "hours"))


def score_over_time(view: SearchView) -> go.Figure | str:
    """Return the figure, or why there is none."""
    scored = [each for each in view.evaluations if each.losses]
    if not scored:
        return "No candidate has a score yet."
    is_timed = all(math.isfinite(each.ended) for each in scored)
    scored.sort(key=lambda each: (each.ended if is_timed else 0.0, each.number))
    better = _improvements(scored)
    improved = {each.number for each in better}
    kept = [at for at, each in enumerate(scored) if each.number in improved]
    shown = [scored[at] for at in thinned([each.loss for each in scored], kept)]
    last = max([view.seconds, *(each.ended for each in scored)]) if is_timed else float(scored[-1].number)
    unit, unit_name = _unit(last) if is_timed else (1.0, "number of the trial")
    place = {each.number: short((each.ended if is_timed else each.number) / unit) for each in scored}
    scale = Scale.of(view.metric, [each.loss for each in scored])
    traces = [_line(view, better, place, short(last / unit))] if better else []
    traces += _points(view, [each for each in shown if scale.holds(each.loss)], place)
    off = [each for each in shown if not scale.holds(each.loss)]
    return make_figure(
        [*traces, *([_beyond(view, off, place, scale)] if off else [])],
        _title(view, scored, better, is_timed),
        _subtitle(view, len(scored) - len(shown)),
        xaxis={"title": {"text": f"time searched ({unit_name})" if is_timed else unit_name}, "rangemode": "tozero"},
        yaxis={"title": {"text": axis_title(view)}, "range": scale.range},
    )


def _improvements(scored: Sequence[Evaluation]) -> list[Evaluation]:
    """Return those that count and were better than all before them."""
    better: list[Evaluation] = []
    for each in scored:
        if each.counts and (not better or each.loss < better[-1].loss):
            better.append(each)
    return better


def _unit(seconds: float) -> tuple[float, str]:
    return next((unit, name) for most, unit, name in _UNITS if seconds <= most)


def _line(
    view: SearchView, better: Sequence[Evaluation], place: dict[int, float | None], end: float | None
) -> dict[str, Any]:
    scores = [short(view.metric.score_of(each.loss)) for each in better]
    return {
        "type": "scatter",
        "mode": "lines",
        "name": "best so far",
        "x": [*(place[each.number] for each in better), end],
        "y": [*scores, scores[-1]],
        "line": {"color": GREY, "width": 2, "shape": "hv"},
        "hoverinfo": "skip",
    }


def _points(view: SearchView, shown: Sequence[Evaluation], place: dict[int, float | None]) -> list[dict[str, Any]]:
    metric = escaped(view.metric.name)
    traces = []
    for name, look in looks(view).items():
        own = [each for each in shown if each.candidate.algorithm == name]
        if not own:
            continue
        opened = [look.shape + ("" if each.state == "complete" else "-open") for each in own]
        traces.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": escaped(name),
                "x": [place[each.number] for each in own],
                "y": [short(view.metric.score_of(each.loss)) for each in own],
                "customdata": [each.number for each in own],
                "marker": {"color": look.colour, "size": 7, "symbol": opened if len(set(opened)) > 1 else opened[0]},
                "hovertemplate": f"{escaped(name)}-%{{customdata}}<br>{metric} %{{y}}<extra></extra>",
            }
        )
    return traces


def _beyond(
    view: SearchView, off: Sequence[Evaluation], place: dict[int, float | None], scale: Scale
) -> dict[str, Any]:
    look = looks(view)
    return {
        "type": "scatter",
        "mode": "markers",
        "name": "worse than the axis",
        "x": [place[each.number] for each in off],
        "y": [short(scale.edge)] * len(off),
        "text": [f"{escaped(pipeline_id(each))}<br>{number(view.metric.score_of(each.loss))}" for each in off],
        "marker": {
            "color": [look[each.candidate.algorithm].colour for each in off],
            "size": 7,
            "symbol": "triangle-down-open" if view.metric.greater_is_better else "triangle-up-open",
        },
        "hovertemplate": "%{text}<extra></extra>",
    }


def _title(view: SearchView, scored: Sequence[Evaluation], better: Sequence[Evaluation], is_timed: bool) -> str:
    if not better:
        return f"No candidate has finished all its folds yet; {count(len(scored), 'candidate')} have begun"
    best = better[-1]
    score = f"{view.metric.name} {number(view.metric.score_of(best.loss))}"
    if not is_timed:
        return f"The best so far, {pipeline_id(best)} with {score}, was trial {best.number} of {len(view.evaluations)}"
    if view.seconds < best.ended:
        return f"The best so far, {pipeline_id(best)} with {score}, came after {duration(best.ended)}"
    return f"The best, {pipeline_id(best)} with {score}, came after {duration(best.ended)} of {duration(view.seconds)}"


def _subtitle(view: SearchView, n_hidden: int) -> str:
    failed = sum(not each.losses for each in view.evaluations)
    parts = ["Line: the best complete trial so far. Open points: given up or out of time, so on fewer folds."]
    parts += [f"{count(failed, 'trial')} without a score."] if failed else []
    parts += [f"{count(n_hidden, 'point')} of the middle field left out."] if n_hidden else []
    return " ".join(parts)
