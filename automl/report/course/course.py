"""The course of a search: its six questions, answered together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from automl.dashboard.findings import findings
from automl.dashboard.learned import Finding, Settled, StillImproving
from automl.dashboard.standing import Standing
from automl.dashboard.view import SearchView
from automl.report.course.families import Families, sum_up
from automl.report.course.influence import Influence, weigh
from automl.report.course.outlook import Outlook, look_ahead
from automl.report.course.progress import Progress, follow
from automl.report.course.ranges import Ranges, locate
from automl.report.course.untried import Untried, find_untried

if TYPE_CHECKING:
    from automl.plotting import Picture


@dataclass(frozen=True, eq=False)
class SearchCourse:
    """How a search went. Every part has ``frame()`` and ``plot()``, and tells itself as text.

    Attributes
    ----------
    view
        The search.
    progress
        The score over time.
    families
        Trials, time and best score of each algorithm.
    influence
        What made a difference: the algorithm, and hyperparameters.
    untried
        What was never tried, and why.
    ranges
        Where the best pipeline lies in its ranges, and which of them should grow.
    outlook
        Whether more time is worth it.

    Examples
    --------
    >>> course = demo_run.course()
    >>> course.families.frame().columns.tolist()[:3]
    ['algorithm', 'trials', 'complete']
    >>> course.untried.frame().columns.tolist()
    ['algorithm', 'kind', 'reason', 'setting']
    """

    view: SearchView
    progress: Progress
    families: Families
    influence: Influence
    untried: Untried
    ranges: Ranges
    outlook: Outlook

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What was learned besides, the most important first; what the outlook tells better is left out."""
        found = findings(Standing.of(self.view))
        return tuple(each for each in found if not isinstance(each, StillImproving | Settled))

    @property
    def sentences(self) -> tuple[str, ...]:
        """All of it in words, as lines of Markdown."""
        return (
            self.progress.sentence,
            self.families.sentence,
            *self.influence.sentences,
            *self.untried.sentences,
            *self.ranges.sentences,
            self.outlook.sentence,
        )

    def frame(self) -> pd.DataFrame:
        """Return the score over time."""
        return self.progress.frame()

    def plot(self) -> Picture:
        """Return a picture of the score over time and how it is likely to go on."""
        return self.progress.plot() if self.outlook.reason else self.outlook.plot()

    def _repr_png_(self) -> bytes:
        return self.plot()._repr_png_()

    def __str__(self) -> str:
        """Tell how the search went."""
        return "\n".join(self.sentences)

    def __repr__(self) -> str:
        """Tell the same as ``str``."""
        return str(self)


def tell_course(view: SearchView) -> SearchCourse:
    """Return how a search went."""
    standing = Standing.of(view)
    return SearchCourse(
        view=view,
        progress=follow(standing),
        families=sum_up(standing),
        influence=weigh(view),
        untried=find_untried(view),
        ranges=locate(standing),
        outlook=look_ahead(standing),
    )
