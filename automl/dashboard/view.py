"""What is known of a search at one moment: the one thing that notes, figures and files are made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from automl.evaluation.leaderboard import EnsembleRow, TableSpeed, make_leaderboard
from automl.values.evaluation import Evaluation
from automl.values.finish import PLAIN, Finish, Finished
from automl.values.honest import UNKNOWN, HonestLosses
from automl.values.metric import Metric
from automl.values.plan import Plan
from automl.values.refitted import Refitted, bag_of


@dataclass(frozen=True, slots=True)
class SearchView:
    """A search so far, or one that has ended.

    Attributes
    ----------
    plan, metric
        What was decided before it.
    evaluations
        What came of the candidates, by number.
    leaderboard
        The same as rows, the best first.
    ensemble
        The combination of candidates, once there is one.
    seconds
        How long the search has lasted, earlier sessions of the same run included.
    why_stopped
        What ended it; empty while it runs.
    finished
        By id, what is done to the probabilities of rows at the very end.
    """

    plan: Plan
    metric: Metric
    evaluations: tuple[Evaluation, ...]
    leaderboard: pd.DataFrame
    ensemble: EnsembleRow | None = None
    seconds: float = 0.0
    why_stopped: str = ""
    finished: Mapping[str, Finished] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        plan: Plan,
        metric: Metric,
        evaluations: Sequence[Evaluation],
        table: TableSpeed,
        ensemble: EnsembleRow | None = None,
        seconds: float = 0.0,
        why_stopped: str = "",
        honest: HonestLosses = UNKNOWN,
        finished: Mapping[str, Finished] | None = None,
        refitted: Sequence[Refitted] = (),
    ) -> SearchView:
        """Return the view of these evaluations; ``table`` tells how long encoding raw rows takes."""
        finished = finished or {}
        ordered = tuple(sorted(evaluations, key=lambda each: each.number))
        return cls(
            plan,
            metric,
            ordered,
            make_leaderboard(
                ordered, metric, ensemble, table, plan.constraints, honest, finished, plan.task.classes, refitted
            ),
            ensemble,
            seconds,
            why_stopped,
            finished,
        )

    def finish(self, name: str) -> Finish:
        """Return how the pipeline of that id ends."""
        return self.finished[bag_of(name)].finish if bag_of(name) in self.finished else PLAIN

    @property
    def is_running(self) -> bool:
        """Whether the search goes on."""
        return not self.why_stopped
