"""The score over time: every trial, and the best so far."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from automl.dashboard.standing import Standing
from automl.dashboard.wording import count, duration, name, number
from automl.evaluation.leaderboard import FLOOR, pipeline_id

if TYPE_CHECKING:
    from automl.plotting import Picture

_COLUMNS = ("seconds", "trial", "algorithm", "score", "best")


@dataclass(frozen=True, eq=False)
class Progress:
    """When the search found what.

    Attributes
    ----------
    metric, greater_is_better
        What is scored.
    seconds
        How long the search lasted.
    table
        What :meth:`frame` gives.
    """

    metric: str
    greater_is_better: bool
    seconds: float
    table: pd.DataFrame

    def frame(self) -> pd.DataFrame:
        """Return ``seconds, trial, algorithm, score, best`` of each trial with a score and a known end, in time."""
        return self.table.copy()

    def plot(self) -> Picture:
        """Return a picture: a dot for each trial, a line for the best so far."""
        from automl.plotting import COLOURS, INK, look, new_figure

        table = self.table
        with look():
            figure = new_figure(6.4, 3.6)
            axes = figure.subplots()
            axes.set(xlabel="seconds of searching", ylabel=self.metric, title="Score over time")
            if table.empty:
                return figure
            low, high = _window(table, self.greater_is_better)
            seen = table["score"].clip(low, high)
            is_inside = (seen == table["score"]).to_numpy()
            look_of: dict[str, Any] = {"color": COLOURS[5], "edgecolors": COLOURS[0], "linewidths": 0.5}
            axes.scatter(table["seconds"][is_inside], seen[is_inside], s=16, label="a trial", **look_of)
            if not is_inside.all():
                mark = "v" if self.greater_is_better else "^"
                outside = (table["seconds"][~is_inside], seen[~is_inside])
                axes.scatter(*outside, s=22, marker=mark, label="a trial that is worse still", **look_of)
            last = pd.DataFrame({"seconds": [self.seconds], "best": [table["best"].iloc[-1]]})
            line = pd.concat([table[["seconds", "best"]], last], ignore_index=True)
            axes.plot(line["seconds"], line["best"], drawstyle="steps-post", color=INK, label="best so far")
            margin = 0.04 * (high - low) or 0.01
            axes.set_ylim(low - margin, high + margin)
            axes.legend()
        return figure

    def _repr_png_(self) -> bytes:
        return self.plot()._repr_png_()

    @property
    def sentence(self) -> str:
        """When the best was found, as a line of Markdown."""
        if self.table.empty:
            return "When trials ended is not known, so the score over time can't be told."
        best = self.table["best"].iloc[-1]
        when = float(self.table.loc[self.table["best"] == best, "seconds"].iloc[0])
        improved = int((self.table["best"].diff() != 0).sum())
        return (
            f"The best single pipeline ({name(self.metric)} {number(best)}) was found after {duration(when)} of "
            f"{duration(self.seconds)}; {count(improved, 'trial')} of {len(self.table):,} with a score improved on all "
            "before."
        )

    def __str__(self) -> str:
        """Tell when the best was found."""
        return self.sentence


def follow(standing: Standing) -> Progress:
    """Return the score over time."""
    view = standing.view
    score_of = view.metric.score_of
    timed = [each for each in view.evaluations if each.losses and math.isfinite(each.ended)]
    rows = []
    best = math.inf
    for each in sorted(timed, key=lambda each: each.ended):
        if each.counts:
            best = min(best, each.loss)
        if math.isfinite(best):
            told = (each.ended, pipeline_id(each), each.candidate.algorithm, score_of(each.loss), score_of(best))
            rows.append(told)
    table = pd.DataFrame(rows, columns=list(_COLUMNS))
    return Progress(view.metric.name, view.metric.greater_is_better, view.seconds, table)


def _window(table: pd.DataFrame, greater_is_better: bool) -> tuple[float, float]:
    """Return the scores between which the picture shows: the better ones, and at least three of four models."""
    models = table.loc[table["algorithm"] != FLOOR, "score"]
    scores = (models if len(models) else table["score"]).to_numpy()
    cut = float(np.quantile(scores, 0.25 if greater_is_better else 0.75))
    first = float(table["best"].iloc[min(1, len(table) - 1)])
    ends = [cut, first, float(scores.max() if greater_is_better else scores.min())]
    return min(ends), max(ends)
