"""What made a difference: the choice of the algorithm, and within the best families their own hyperparameters."""

from __future__ import annotations

from collections.abc import Mapping

import plotly.graph_objects as go

from automl.dashboard.figures.style import escaped, hatching, looks, make_figure, short
from automl.dashboard.importance import SINGLE, Importance
from automl.dashboard.palette import GREY
from automl.dashboard.view import SearchView
from automl.dashboard.wording import listed, percent

MOST_BARS = 5  # hyperparameters of a family
LEAST = 0.01  # share below which a bar can't be seen
LEAST_ROOM = 6  # bars, so that a single one does not fill the figure
MUCH = 0.5


def importance(view: SearchView, found: Importance) -> go.Figure | str:
    """Return the figure of what was found, or why there is none."""
    bars = list(_bars(view, found))
    if not bars:
        why = {reason for name, reason in found.unknown.items()}
        return f"What mattered is not known yet: {found.unknown.get(SINGLE) or listed(sorted(why)) or 'no trial yet'}."
    trace = {
        "type": "bar",
        "orientation": "h",
        "x": [short(share) for _, share, _, _ in bars],
        "y": [escaped(label) for label, _, _, _ in bars],
        "text": [percent(share) for _, share, _, _ in bars],
        "textposition": "outside",
        "cliponaxis": False,
        "marker": {
            "color": [colour for _, _, colour, _ in bars],
            "pattern": hatching(hatch for _, _, _, hatch in bars),
        },
        "hovertemplate": "%{y}: %{text}<extra></extra>",
    }
    return make_figure(
        [trace],
        _title(found),
        _subtitle(found),
        xaxis={
            "title": {"text": f"share of the variance of {escaped(view.metric.name)} explained"},
            "range": [0, 1.12],
            "tickvals": [0, 0.2, 0.4, 0.6, 0.8, 1],
            "tickformat": ".0%",
        },
        yaxis={"range": [max(len(bars), LEAST_ROOM) - 0.4, -0.6], "tickfont": {"size": 10}, "dtick": 1},
        bargap=0.25,
    )


def _bars(view: SearchView, found: Importance) -> list[tuple[str, float, str, str]]:
    """Return label, share, colour and hatching of each bar, from the top."""
    look = looks(view)
    bars = [] if found.algorithm is None else [(SINGLE, found.algorithm, GREY, "")]
    for family, shares in found.within.items():
        largest = [(name, share) for name, share in shares.items() if share >= LEAST][:MOST_BARS]
        bars += [(f"{family}:{name}", share, look[family].colour, look[family].hatch) for name, share in largest]
    return bars


def _title(found: Importance) -> str:
    share = found.algorithm
    if share is None:
        family, shares = next(iter(found.within.items()))
        return f"{next(iter(shares))} matters most to {family}"
    if share >= MUCH:
        return f"The choice of the algorithm makes most of the difference: {percent(share)} of the variance"
    return f"The choice of the algorithm makes {percent(share)} of the difference between trials"


def _subtitle(found: Importance) -> str:
    parts = []
    if found.within:
        parts.append(
            "algorithm: variance between families against within them, each family counting the same. Others: among "
            "the family's own trials."
        )
    parts += _unknown(found.unknown)
    return " ".join(parts)


def _unknown(unknown: Mapping[str, str]) -> list[str]:
    """Return what could not be told, the same reasons together."""
    few = [name for name, why in unknown.items() if why.startswith("too few") and name != SINGLE]
    others: dict[str, list[str]] = {}
    for name, why in unknown.items():
        if name not in few:
            others.setdefault(why, []).append(name)
    told = [f"{listed(names, 4)}: {why}." for why, names in others.items()]
    return [*told, f"Too few trials: {listed(few, 4)}."] if few else told
