"""What each algorithm was given, and what it gave back: trials, time, and its best score."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from automl.dashboard.findings import seconds_by_family
from automl.dashboard.standing import Standing
from automl.dashboard.wording import duration, listed, name, percent
from automl.evaluation.leaderboard import FLOOR
from automl.report.tables import records

if TYPE_CHECKING:
    from automl.plotting import Picture

_COLUMNS = ("algorithm", "trials", "complete", "stopped", "failed", "seconds", "share", "best_score")


@dataclass(frozen=True, eq=False)
class Families:
    """Time and trials by algorithm; ``table`` is what :meth:`frame` gives."""

    metric: str
    table: pd.DataFrame

    def frame(self) -> pd.DataFrame:
        """Return ``algorithm, trials, complete, stopped, failed, seconds, share, best_score``, the most time first."""
        return self.table.copy()

    def plot(self) -> Picture:
        """Return bars of the seconds that each algorithm's fits took."""
        from automl.plotting import COLOURS, look, new_figure, one_line

        table = self.table
        with look():
            figure = new_figure(6.4, 1.1 + 0.32 * max(len(table), 2))
            axes = figure.subplots()
            places = range(len(table))
            bars = axes.barh(places, table["seconds"], color=COLOURS[0], height=0.65)
            axes.bar_label(bars, [f"{n} trials" if n != 1 else "1 trial" for n in table["trials"]], padding=3)
            axes.set_yticks(places, [one_line(each) for each in table["algorithm"]])
            axes.invert_yaxis()
            axes.margins(x=0.18)
            axes.grid(visible=False, axis="y")
            axes.set(xlabel="seconds of fitting and predicting, all folds", title="Time by algorithm")
        return figure

    def _repr_png_(self) -> bytes:
        return self.plot()._repr_png_()

    @property
    def sentence(self) -> str:
        """Where the time went, as a line of Markdown."""
        most = self.table[self.table["share"] > 0].head(3)
        if most.empty:
            return "No algorithm took any time worth a word."
        told = [
            f"{name(row['algorithm'])} ({percent(row['share'])}, {duration(row['seconds'])})" for row in records(most)
        ]
        return f"Most of the fitting time went to {listed(told)}."

    def __str__(self) -> str:
        """Tell where the time went."""
        return self.sentence


def sum_up(standing: Standing) -> Families:
    """Return what each algorithm was given and gave back, without the dummy."""
    view = standing.view
    seconds = seconds_by_family(view.evaluations)
    total = sum(seconds.values())
    trials = Counter(each.candidate.algorithm for each in view.evaluations)
    states = Counter((each.candidate.algorithm, each.state) for each in view.evaluations)
    rows = []
    for family in sorted(trials.keys() - {FLOOR}, key=lambda each: (-seconds.get(each, 0.0), each)):
        took, best = seconds.get(family, 0.0), standing.families.get(family)
        counts = (states[family, state] for state in ("complete", "stopped", "failed"))
        score = float("nan") if best is None else standing.score(best)
        rows.append((family, trials[family], *counts, took, took / total if total > 0 else 0.0, score))
    return Families(view.metric.name, pd.DataFrame(rows, columns=list(_COLUMNS)))
