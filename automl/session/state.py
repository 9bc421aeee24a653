"""What one call of ``fit`` has open while it searches, and what several of its steps ask of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from automl.clock import Clock
from automl.dashboard.publishing import Publisher
from automl.dashboard.view import SearchView
from automl.evaluation.leaderboard import (
    EnsembleRow,
    TableSpeed,
    cost,
    keeps_to,
)
from automl.evaluation.problem import Problem
from automl.preparing import Prepared
from automl.request import Request
from automl.search.engines import Engine
from automl.storage.folder import RunFolder
from automl.storage.study import StudyMirror
from automl.values.evaluation import Evaluation, seconds_of
from automl.values.finish import Finished
from automl.values.honest import UNKNOWN, HonestLosses
from automl.values.refitted import Refitted
from automl.watching import Teller
from automl.workplace import LOG

SORTED = ("one_row_ms", "size_mb")  # what a study's viewer sorts trials by


@dataclass(frozen=True, slots=True)
class Session:
    """What one call has open while it searches."""

    request: Request
    prepared: Prepared
    problem: Problem
    folder: RunFolder
    clock: Clock
    engine: Engine
    mirror: StudyMirror
    publisher: Publisher
    tell: Teller
    history: tuple[Evaluation, ...]
    table_speed: Callable[[], TableSpeed]
    finished: dict[str, Finished] = field(default_factory=dict)
    refitted: list[Refitted] = field(default_factory=list)

    def view(
        self,
        evaluations: Sequence[Evaluation],
        ensemble: EnsembleRow | None = None,
        why_stopped: str = "",
        honest: HonestLosses = UNKNOWN,
    ) -> SearchView:
        """Return what is known of the search now."""
        return SearchView.of(
            self.prepared.plan,
            self.prepared.metric,
            evaluations,
            self.table_speed(),
            ensemble,
            seconds_of(self.history) + self.clock.used,
            why_stopped,
            honest,
            self.finished,
            self.refitted,
        )

    def keeps_to(self, members: Sequence[Evaluation]) -> bool:
        """Tell whether these members together keep to what is asked of the best pipeline."""
        return keeps_to(members, self.prepared.plan.constraints, self.table_speed())

    def sortable(self, evaluation: Evaluation) -> dict[str, float | None]:
        """Return what a study's viewer may sort trials by."""
        known = cost([evaluation], self.table_speed()) if evaluation.losses else {}
        return {**{name: each for name, each in known.items() if name in SORTED}, "complexity": evaluation.complexity}

    def log(self, evaluation: Evaluation) -> None:
        """Write a line about an evaluation."""
        metric = self.prepared.metric
        LOG.info(
            "trial %d %s %s: %s %.6g in %.1f s; %s%s",
            evaluation.number,
            evaluation.candidate.algorithm,
            evaluation.state,
            metric.name,
            metric.score_of(evaluation.loss),
            evaluation.seconds,
            evaluation.candidate.config,
            f"; {evaluation.reason}" if evaluation.reason else "",
        )
