"""What made a difference: the choice of the algorithm, and within the best families their hyperparameters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from automl.dashboard.importance import SINGLE, Importance, importance_of
from automl.dashboard.view import SearchView
from automl.dashboard.wording import listed, name, percent

if TYPE_CHECKING:
    from automl.plotting import Picture

_MUCH, _LITTLE = 0.5, 0.1  # shares of variance
_SHOWN = 5  # hyperparameters of a family in the picture


@dataclass(frozen=True, eq=False)
class Influence:
    """Shares of the variance of losses (:mod:`automl.dashboard.importance`); ``found`` is what was measured."""

    found: Importance

    def frame(self) -> pd.DataFrame:
        """Return ``of, choice, share, unknown``: the share that a choice explains, or why that isn't known.

        ``of`` is ``"all"`` for the choice of the algorithm, else the algorithm whose hyperparameter it is.
        """
        rows: list[tuple[str, str, float, str]] = []
        share = self.found.algorithm
        rows.append(("all", SINGLE, float("nan") if share is None else share, self.found.unknown.get(SINGLE, "")))
        for family, shares in self.found.within.items():
            rows += [(family, hyperparameter, each, "") for hyperparameter, each in shares.items()]
        rows += [(family, "", float("nan"), why) for family, why in self.found.unknown.items() if family != SINGLE]
        return pd.DataFrame(rows, columns=["of", "choice", "share", "unknown"])

    def plot(self) -> Picture:
        """Return bars of the shares, the algorithm's first."""
        from automl.plotting import COLOURS, look, new_figure, one_line

        known = self.frame().dropna(subset="share")
        shown = known[(known["of"] == "all") | (known.groupby("of").cumcount() < _SHOWN)]
        with look():
            figure = new_figure(6.4, 1.1 + 0.3 * max(len(shown), 2))
            axes = figure.subplots()
            places = range(len(shown))
            colours = [COLOURS[1] if each == "all" else COLOURS[0] for each in shown["of"]]
            axes.barh(places, shown["share"], color=colours, height=0.65)
            told = [each.choice if each.of == "all" else f"{each.of}: {each.choice}" for each in shown.itertuples()]
            axes.set_yticks(places, [one_line(str(each)) for each in told])
            axes.invert_yaxis()
            axes.set(xlim=(0, 1), xlabel="share of the variance of losses explained", title="What made a difference")
            axes.grid(visible=False, axis="y")
        return figure

    def _repr_png_(self) -> bytes:
        return self.plot()._repr_png_()

    @property
    def sentences(self) -> tuple[str, ...]:
        """What mattered, as lines of Markdown."""
        share = self.found.algorithm
        if share is None:
            told = [f"How much the choice of the algorithm mattered isn't known: {self.found.unknown[SINGLE]}."]
        elif share >= _MUCH:
            told = [
                f"The choice of the algorithm mattered most: it explains {percent(share)} of what scores differed by."
            ]
        elif share >= _LITTLE:
            told = [f"The choice of the algorithm mattered: it explains {percent(share)} of what scores differed by."]
        else:
            told = [
                f"Which algorithm it was mattered little ({percent(share)} of what scores differed by); how each was "
                "set mattered more."
            ]
        for family, shares in self.found.within.items():
            most = [f"{name(each)} ({percent(found)})" for each, found in list(shares.items())[:3]]
            told.append(f"Within {name(family)} it was {listed(most)}.")
        return tuple(told)

    def __str__(self) -> str:
        """Tell what mattered."""
        return " ".join(self.sentences)


def weigh(view: SearchView) -> Influence:
    """Return what made a difference in a search."""
    return Influence(importance_of(view))
