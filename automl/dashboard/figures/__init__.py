"""Six figures that say what a search has found, made from a view of it alone.

Each is a file of this package with one function that returns the figure, or the reason why there is nothing to show
yet. They are plotly figures of plain lists, a few thousand characters of JSON each, because a study keeps them as
attributes that a dashboard reads again at every poll.
"""

from __future__ import annotations

import plotly.graph_objects as go

from automl.dashboard.figures.accuracy_against_latency import accuracy_against_latency
from automl.dashboard.figures.importance import importance
from automl.dashboard.figures.leaderboard import leaderboard
from automl.dashboard.figures.parallel_coordinates import parallel_coordinates
from automl.dashboard.figures.score_over_time import score_over_time
from automl.dashboard.figures.time_by_algorithm import time_by_algorithm
from automl.dashboard.importance import importance_of
from automl.dashboard.view import SearchView


def make_figures(view: SearchView) -> dict[str, go.Figure]:
    """Return the figures that have something to show, by id.

    Examples
    --------
    >>> figures = make_figures(demo_view)
    >>> "leaderboard" in figures, "importance" in figures  # two trials do not tell what matters
    (True, False)
    """
    return {name: made for name, made in all_figures(view).items() if not isinstance(made, str)}


def all_figures(view: SearchView) -> dict[str, go.Figure | str]:
    """Return each figure by the id under which a study keeps it, or one sentence that says why there is none yet."""
    found = importance_of(view)
    return {
        "leaderboard": leaderboard(view),
        "score-over-time": score_over_time(view),
        "importance": importance(view, found),
        "parallel-coordinates": parallel_coordinates(view, found),
        "time-by-algorithm": time_by_algorithm(view),
        "accuracy-against-latency": accuracy_against_latency(view),
    }
