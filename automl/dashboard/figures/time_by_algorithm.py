"""Where the time went: seconds that workers spent on each family, and how much of it led to no score."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from automl.dashboard.figures.style import escaped, hatching, looks, make_figure, short
from automl.dashboard.view import SearchView
from automl.dashboard.wording import count, duration, percent
from automl.values.evaluation import Evaluation

LEAST_ROOM = 6  # bars, so that a single one does not fill the figure
LOST = ("stopped", "failed")
_UNITS = ((180.0, 1.0, "seconds"), (3 * 3600.0, 60.0, "minutes"), (math.inf, 3600.0, "hours"))


@dataclass(slots=True)
class Spent:
    """What one family took."""

    kept: float = 0.0
    lost: float = 0.0
    n_trials: int = 0

    @property
    def seconds(self) -> float:
        """All of it."""
        return self.kept + self.lost


def time_by_algorithm(view: SearchView) -> go.Figure | str:
    """Return the figure, or why there is none."""
    families: dict[str, Spent] = defaultdict(Spent)
    for each in view.evaluations:
        spent = families[each.candidate.algorithm]
        spent.n_trials += 1
        if each.state in LOST:
            spent.lost += seconds_of(each)
        else:
            spent.kept += seconds_of(each)
    total = math.fsum(spent.seconds for spent in families.values())
    if total <= 0:
        return "No candidate has taken any time yet."
    names = sorted(families, key=lambda name: (-families[name].seconds, name))
    unit, unit_name = next((size, word) for most, size, word in _UNITS if families[names[0]].seconds <= most)
    first = families[names[0]]
    lost = math.fsum(spent.lost for spent in families.values()) / total
    return make_figure(
        [_kept(view, families, names, unit), _lost(view, families, names, unit)],
        f"{names[0]} took {percent(first.seconds / total)} of the workers' {duration(total)}; {percent(lost)} of all "
        "went into trials without a result",
        "Full: trials with a result. Pale: trials that racing gave up or that failed. Training and predicting, summed "
        "over folds and workers.",
        xaxis={"title": {"text": f"{unit_name} of work"}, "range": [0, 1.3 * first.seconds / unit]},
        yaxis={"range": [max(len(names), LEAST_ROOM) - 0.4, -0.6], "tickfont": {"size": 10}, "dtick": 1},
        barmode="stack",
        bargap=0.25,
        showlegend=False,
    )


def seconds_of(evaluation: Evaluation) -> float:
    """Return seconds of work on a candidate; of one that was killed in a fold, at least how long it was there."""
    worked = math.fsum(fold.fit_seconds + fold.predict_seconds for fold in evaluation.folds)
    is_told = all(fold.fit_seconds > 0 for fold in evaluation.folds) and evaluation.folds
    return worked if is_told else max(worked, evaluation.seconds)


def _kept(view: SearchView, families: dict[str, Spent], names: list[str], unit: float) -> dict[str, Any]:
    look = looks(view)
    return {
        "type": "bar",
        "orientation": "h",
        "x": [short(families[name].kept / unit) for name in names],
        "y": [escaped(name) for name in names],
        "marker": {
            "color": [look[name].colour for name in names],
            "pattern": hatching(look[name].hatch for name in names),
        },
        "hovertemplate": "%{y}: %{x} with a result<extra></extra>",
    }


def _lost(view: SearchView, families: dict[str, Spent], names: list[str], unit: float) -> dict[str, Any]:
    look = looks(view)
    return {
        "type": "bar",
        "orientation": "h",
        "x": [short(families[name].lost / unit) for name in names],
        "y": [escaped(name) for name in names],
        "text": [_told(families[name]) for name in names],
        "textposition": "outside",
        "textfont": {"size": 10},
        "cliponaxis": False,
        "marker": {
            "color": [look[name].colour for name in names],
            "opacity": 0.35,
            "line": {"color": [look[name].colour for name in names], "width": 1},
        },
        "hovertemplate": "%{y}: %{x} without a result<extra></extra>",
    }


def _told(spent: Spent) -> str:
    trials = count(spent.n_trials, "trial")
    return f"{trials}, {percent(spent.lost / spent.seconds)} lost" if spent.lost > 0 else trials
