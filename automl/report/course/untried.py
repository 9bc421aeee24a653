"""What was never tried: algorithms left out, not asked for or not reached, and recommended settings not reached."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import pandas as pd

from automl.dashboard.view import SearchView
from automl.dashboard.wording import count, listed, name, plain
from automl.evaluation.leaderboard import FLOOR
from automl.registry import algorithms as known_algorithms
from automl.search.portfolio import portfolio
from automl.values.candidate import Candidate
from automl.values.space import SearchSpace

if TYPE_CHECKING:
    from automl.plotting import Picture

Kind = Literal["left out", "not asked for", "not reached", "without a score", "setting not reached"]


@dataclass(frozen=True, slots=True)
class Gap:
    """One thing that the search says nothing about.

    Attributes
    ----------
    algorithm
        Which family it is, or of.
    kind
        Why it wasn't tried, for programs.
    reason
        Why, for people, after "it": "takes at most 1,500 rows, the table has 5,000".
    setting
        The hyperparameters, where it is a setting.
    """

    algorithm: str
    kind: Kind
    reason: str
    setting: str = ""


@dataclass(frozen=True, eq=False)
class Untried:
    """What was never tried, and how often what was tried was; ``trials`` by algorithm."""

    gaps: tuple[Gap, ...]
    trials: dict[str, int]

    def frame(self) -> pd.DataFrame:
        """Return ``algorithm, kind, reason, setting``."""
        rows = [(each.algorithm, each.kind, each.reason, each.setting) for each in self.gaps]
        return pd.DataFrame(rows, columns=["algorithm", "kind", "reason", "setting"])

    def plot(self) -> Picture:
        """Return the number of trials of each known algorithm, with the reason where it is none."""
        from automl.plotting import COLOURS, MUTED, look, new_figure, one_line

        reasons = {each.algorithm: each.reason for each in self.gaps if not each.setting}
        names = [*sorted(self.trials, key=lambda each: -self.trials[each]), *(reasons.keys() - self.trials.keys())]
        names = [each for each in names if each != FLOOR]
        with look():
            figure = new_figure(6.4, 1.1 + 0.3 * max(len(names), 2))
            axes = figure.subplots()
            places = range(len(names))
            tried = [self.trials.get(each, 0) for each in names]
            axes.barh(places, tried, color=COLOURS[0], height=0.65)
            for place, each in zip(places, names, strict=True):
                if not self.trials.get(each):
                    axes.text(0.02, place, one_line(reasons[each], 60), color=MUTED, va="center", fontsize=8.5)
            axes.set_yticks(places, [one_line(each) for each in names])
            axes.set_xlim(0, max([1, *tried]) * 1.05)
            axes.locator_params(axis="x", integer=True)
            axes.invert_yaxis()
            axes.grid(visible=False, axis="y")
            axes.set(xlabel="trials", title="What was tried, and what was not")
        return figure

    def _repr_png_(self) -> bytes:
        return self.plot()._repr_png_()

    @property
    def sentences(self) -> tuple[str, ...]:
        """What was not tried and why, as lines of Markdown."""
        told = [f"Left out: {name(each.algorithm)}, which {plain(each.reason)}." for each in self._of("left out")]
        for kind, words in (
            ("not asked for", "Not asked for"),
            ("not reached", "Never reached in the time"),
            ("without a score", "Tried, but without a score"),
        ):
            if found := [name(each.algorithm) for each in self._of(kind)]:
                told.append(f"{words}: {listed(found, 12)}.")
        settings = self._of("setting not reached")
        if settings:
            families = [f"{name(family)} ({n})" for family, n in Counter(each.algorithm for each in settings).items()]
            verb = "was" if len(settings) == 1 else "were"
            told.append(
                f"{count(len(settings), 'setting')} that did well on other tables {verb} not reached: "
                f"{listed(families, 8)}."
            )
        return tuple(told) or ("Everything that is known for such a table was tried.",)

    def _of(self, kind: str) -> list[Gap]:
        return [each for each in self.gaps if each.kind == kind]

    def __str__(self) -> str:
        """Tell what was not tried."""
        return " ".join(self.sentences)


def find_untried(view: SearchView) -> Untried:
    """Return what the search says nothing about."""
    plan = view.plan
    trials = Counter(each.candidate.algorithm for each in view.evaluations)
    scored = {each.candidate.algorithm for each in view.evaluations if each.losses}
    planned = {each.name: each.space for each in plan.algorithms}
    gaps = [Gap(family, "left out", reason) for family, reason in plan.left_out.items()]
    for family in known_algorithms(plan.task.kind):
        if family not in planned and family not in plan.left_out and family != FLOOR:
            gaps.append(Gap(family, "not asked for", "was not among the algorithms asked for"))
    for family in sorted(planned.keys() - {FLOOR}):
        if not trials[family]:
            gaps.append(Gap(family, "not reached", "the search ended before its turn"))
        elif family not in scored:
            gaps.append(Gap(family, "without a score", "no trial of it has a score"))
    if plan.strategy.portfolio:
        tried = {each.candidate for each in view.evaluations}
        spaces = {name: SearchSpace.from_json(space) for name, space in planned.items()}
        for candidate in portfolio(spaces, plan.task.kind, plan.n_rows, plan.strategy.learned):
            if candidate not in tried and trials[candidate.algorithm]:
                gaps.append(Gap(candidate.algorithm, "setting not reached", "not reached", _told(candidate)))
    return Untried(tuple(gaps), dict(trials))


def _told(candidate: Candidate) -> str:
    return ", ".join(f"{key}={value}" for key, value in candidate.settings) or "the default"
