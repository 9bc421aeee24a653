"""Where in its range each hyperparameter of the best pipeline lies; at an edge, the range should grow."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from automl.dashboard.findings import EDGE, TUNED, edges, place_in, ranges_of
from automl.dashboard.learned import AtEdge
from automl.dashboard.standing import Standing
from automl.dashboard.wording import name, number
from automl.report.tables import records

if TYPE_CHECKING:
    from automl.plotting import Picture

_COLUMNS = ("hyperparameter", "value", "low", "high", "log", "place", "at_edge")


@dataclass(frozen=True, eq=False)
class Ranges:
    """Numeric hyperparameters of the best pipeline in their ranges.

    Attributes
    ----------
    algorithm
        Whose they are; empty where no model has a score.
    table
        What :meth:`frame` gives.
    found
        Those at an edge that could grow.
    n_trials
        How often the algorithm was tried; from three on, an edge says something.
    """

    algorithm: str
    table: pd.DataFrame
    found: tuple[AtEdge, ...]
    n_trials: int

    def frame(self) -> pd.DataFrame:
        """Return ``hyperparameter, value, low, high, log, place, at_edge``; ``place`` goes from 0 (low) to 1."""
        return self.table.copy()

    def plot(self) -> Picture:
        """Return a line for each range with the value on it; those at an edge stand out."""
        from automl.plotting import BAD, COLOURS, GRID, look, new_figure, one_line

        table = self.table
        with look():
            figure = new_figure(6.4, 1.1 + 0.34 * max(len(table), 2))
            axes = figure.subplots()
            for place, row in enumerate(records(table)):
                axes.plot([0, 1], [place, place], color=GRID, linewidth=4, solid_capstyle="round", zorder=1)
                axes.scatter(
                    [row["place"]],
                    [place],
                    s=60,
                    color=BAD if row["at_edge"] else COLOURS[0],
                    marker="D" if row["at_edge"] else "o",
                    zorder=2,
                )
                told = f"{row['value']:.4g} in {row['low']:.4g} to {row['high']:.4g}"
                axes.text(1.05, place, told, va="center", fontsize=8.5)
            axes.set_yticks(range(len(table)), [one_line(each, 24) for each in table["hyperparameter"]])
            axes.set_xticks([0, 1], ["low end", "high end"])
            axes.set(xlim=(-0.05, 1.75), title=f"Where the best {one_line(self.algorithm, 20)} lies in its ranges")
            axes.invert_yaxis()
            axes.grid(visible=False)
            axes.spines["bottom"].set_visible(False)
        return figure

    def _repr_png_(self) -> bytes:
        return self.plot()._repr_png_()

    @property
    def sentences(self) -> tuple[str, ...]:
        """Which ranges should grow, and how that is written, as lines of Markdown."""
        if self.table.empty:
            return ("The best pipeline has no numeric hyperparameter that could lie at an edge.",)
        if self.found:
            wider = ", ".join(f"{each.hyperparameter}={_wider(each, self.table)}" for each in self.found)
            return (
                *(each.sentence for each in self.found),
                f"A search with wider ranges is given {name(f'automl.algorithm({self.algorithm!r}, {wider})', 300)} "
                "among its algorithms.",
            )
        if self.n_trials < TUNED:
            return (f"{name(self.algorithm)} was tried too rarely to tell whether its ranges are wide enough.",)
        return (
            f"The ranges are wide enough: nothing of the best {name(self.algorithm)} lies at an edge that could grow.",
        )

    def __str__(self) -> str:
        """Tell which ranges should grow."""
        return " ".join(self.sentences)


def locate(standing: Standing) -> Ranges:
    """Return where the best pipeline lies in its ranges."""
    best = standing.best
    if best is None:
        return Ranges("", pd.DataFrame(columns=list(_COLUMNS)), (), 0)
    family = best.candidate.algorithm
    found = tuple(each for each in edges(standing) if isinstance(each, AtEdge))
    outside = {each.hyperparameter for each in found}
    rows = [
        (
            *(declared["name"], value, declared["low"], declared["high"], bool(declared["log"])),
            *(_within(place_in(declared, value)), declared["name"] in outside),
        )
        for declared, value in ranges_of(standing, best)
    ]
    n_trials = sum(1 for each in standing.models if each.candidate.algorithm == family)
    return Ranges(family, pd.DataFrame(rows, columns=list(_COLUMNS)), found, n_trials)


def _within(place: float) -> float:
    return 0.0 if place < EDGE / 100 else 1.0 if place > 1 - EDGE / 100 else place


def _wider(edge: AtEdge, table: pd.DataFrame) -> tuple[float, float]:
    """Return a range that goes on beyond the edge: as far again, on a logarithmic one in its logarithm."""
    row: Mapping[str, Any] = dict(table[table["hyperparameter"] == edge.hyperparameter].iloc[0])
    low, high = float(row["low"]), float(row["high"])
    if row["log"]:
        step = math.sqrt(high / low)
        wider = (low, high * step) if edge.is_high else (low / step, high)
    else:
        step = (high - low) / 2
        wider = (low, high + step) if edge.is_high else (low - step if low - step > 0 or low <= 0 else low / 2, high)
    is_whole = isinstance(edge.value, int)
    return tuple(_rounded(each, is_whole, each in (low, high)) for each in wider)  # type: ignore[return-value]  # two


def _rounded(value: float, is_whole: bool, is_kept: bool) -> float:
    if is_whole:
        return max(1, round(value))
    return value if is_kept else float(number(value, 2).replace(",", ""))
