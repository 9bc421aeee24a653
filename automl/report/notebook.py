"""A run in a notebook: what it is in three lines, a picture of the best rows, and the leaderboard."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from automl.dashboard.wording import number
from automl.plotting import to_svg
from automl.report.sections.leaderboard import draw_leaderboard

if TYPE_CHECKING:
    from automl.run import Run

_ROWS = 10


def show(run: Run) -> str:
    """Return the HTML of a run."""
    summary = html.escape(repr(run).split("\n  ")[0].rsplit("\n", 1)[0])
    board = run.leaderboard
    top = board.drop(columns=["params", "reason"]).head(_ROWS)
    top["tied"] = top["tied"].map({True: "yes", False: "no"}).fillna("")
    table = top.to_html(index=False, float_format=number, na_rep="", escape=True)
    drawing = ""
    if board["score"].notna().sum() > 1:
        alt = f"The best rows of the leaderboard by {run.plan.metric}"
        drawing = f'<div style="max-width: 40em">{to_svg(draw_leaderboard(board, run.plan.metric), alt, "run-")}</div>'
    return f"<pre>{summary}</pre>{drawing}{table}"
