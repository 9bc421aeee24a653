"""What is told about honest scores: numbers, a table, a picture, a sentence."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import pandas as pd

from automl.evaluation.leaderboard import broken_by
from automl.values.constraints import Constraints
from automl.values.honest import HonestLosses
from automl.values.metric import Metric

if TYPE_CHECKING:
    from automl.plotting import Picture

_SHOWN = 12  # rows of the picture
_COLUMNS = ("id", "score", "honest_score", "honest_low", "honest_high", "tied", "one_row_ms")


@dataclass(frozen=True)
class HonestScores:
    """Scores without the luck of having been chosen.

    Attributes
    ----------
    leaderboard
        That of the run.
    losses
        What was found, as losses; with ``reason``, ``n_resamples``, ``n_rows`` and ``level``.
    metric
        Of the scores.
    constraints
        What the best pipeline must keep to.
    """

    leaderboard: pd.DataFrame
    losses: HonestLosses
    metric: Metric
    constraints: Constraints

    @property
    def best(self) -> str:
        """The id of the leaderboard's first row."""
        return str(self.leaderboard["id"].iloc[0])

    @property
    def score(self) -> float:
        """The honest score of the first row; NaN where there is none."""
        return float(self.leaderboard["honest_score"].iloc[0])

    @property
    def interval(self) -> tuple[float, float]:
        """Its interval."""
        return float(self.leaderboard["honest_low"].iloc[0]), float(self.leaderboard["honest_high"].iloc[0])

    @property
    def optimism(self) -> float:
        """By how much the first row's selection score is too good, in the metric's unit."""
        gap = float(self.leaderboard["score"].iloc[0]) - self.score
        return gap if self.metric.greater_is_better else -gap

    @cached_property
    def tied(self) -> tuple[str, ...]:
        """The ids of the rows that can't be told from the first, itself included, in the leaderboard's order."""
        board = self.leaderboard
        return tuple(str(each) for each in board.loc[board["tied"].fillna(False), "id"])

    @property
    def simplest(self) -> str:
        """The id of the fastest of them; where constraints are given, of those that keep to them, if any does.

        Where nothing is known, the first row.
        """
        rows = self.leaderboard[self.leaderboard["id"].isin(self.tied or (self.best,))].to_dict("records")
        kept = [row for row in rows if not broken_by(row, self.constraints)] or rows
        fastest = min(kept, key=lambda row: (math.isnan(row["one_row_ms"]), row["one_row_ms"], row["rank"]))
        return str(fastest["id"])

    def frame(self) -> pd.DataFrame:
        """Return a row for each pipeline that has an honest score, in the leaderboard's order."""
        board = self.leaderboard
        return board.loc[board["honest_score"].notna(), list(_COLUMNS)].reset_index(drop=True)

    def plot(self) -> Picture:
        """Return a picture of the best rows: the score they were chosen by, and the honest one with its interval."""
        from automl.plotting import COLOURS, look, new_figure

        told = self.frame().head(_SHOWN)[::-1].reset_index(drop=True)
        with look():
            figure = new_figure(6.4, 1.2 + 0.3 * max(len(told), 3))
            axes = figure.subplots()
            for place, row in enumerate(told.to_dict("records")):
                colour = COLOURS[0] if row["tied"] else "0.6"
                axes.plot([row["honest_low"], row["honest_high"]], [place, place], color=colour, linewidth=2)
                axes.plot(row["honest_score"], place, "o", color=colour)
                axes.plot(row["score"], place, "|", color="black", markersize=9)
            axes.set(xlabel=self.metric.name, title="Honest scores; | as chosen, grey: behind the best")
            axes.set_yticks(range(len(told)), list(told["id"]))
        return figure

    def _repr_png_(self) -> bytes:
        return self.plot()._repr_png_()

    def __repr__(self) -> str:
        """Tell it in a few sentences."""
        if math.isnan(self.score):
            return f"No honest score of {self.best}. {self.losses.reason}".strip()
        low, high = self.interval
        chosen = float(self.leaderboard["score"].iloc[0])
        others = len(self.tied) - 1
        ties = f"{others or 'No'} other row{'s are' if others > 1 else ' is'} tied with it"
        return (
            f"{self.best}: {self.metric.name} {self.score:.5g} ({low:.5g} to {high:.5g}) on rows that had no say, "
            f"{chosen:.5g} as it was chosen. {ties}; the simplest is {self.simplest}. {self.losses.reason}"
        ).strip()
