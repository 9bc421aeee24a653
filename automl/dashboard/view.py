"""What is known of a search at one moment: the one thing that notes, figures and files are made from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from automl.evaluation.leaderboard import EnsembleRow, TableSpeed, make_leaderboard
from automl.values.evaluation import Evaluation
from automl.values.honest import UNKNOWN, HonestLosses
from automl.values.metric import Metric
from automl.values.plan import Plan


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
    """

    plan: Plan
    metric: Metric
    evaluations: tuple[Evaluation, ...]
    leaderboard: pd.DataFrame
    ensemble: EnsembleRow | None = None
    seconds: float = 0.0
    why_stopped: str = ""

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
    ) -> SearchView:
        """Return the view of these evaluations; ``table`` tells how long encoding raw rows takes."""
        ordered = tuple(sorted(evaluations, key=lambda each: each.number))
        return cls(
            plan,
            metric,
            ordered,
            make_leaderboard(ordered, metric, ensemble, table, plan.constraints, honest),
            ensemble,
            seconds,
            why_stopped,
        )

    @property
    def is_running(self) -> bool:
        """Whether the search goes on."""
        return not self.why_stopped
