"""What happens, told to whoever watches: callbacks, the console, the study."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from automl.clock import Clock
from automl.console import console_progress
from automl.request import Request
from automl.storage.study import StudyMirror
from automl.values.candidate import Candidate
from automl.values.evaluation import Evaluation
from automl.values.metric import Metric
from automl.values.progress import Update


class Teller:
    """Turns what happens into updates for the callbacks."""

    def __init__(self, request: Request, clock: Clock, metric: Metric, history: Sequence[Evaluation]) -> None:
        self._console = console_progress(request.verbose)
        self._callbacks: list[Callable[[Update], object]] = [*request.callbacks, self._console]
        self._clock = clock
        self._metric = metric
        self._best: float | None = None
        self._finished = self._failed = 0
        self._told: set[int] = set()
        self.why_stopped = ""
        for evaluation in history:
            self._count(evaluation)

    def __call__(self, kind: Any, text: str = "") -> None:
        """Tell the callbacks."""
        self._send(Update(kind, text))

    def close(self) -> None:
        """Give the terminal back, also when the search ended with an error."""
        self._console.close()

    def started(self, number: int, candidate: Candidate) -> None:
        """Tell the callbacks of a candidate that is under way."""
        self._send(Update("started", number=number, algorithm=candidate.algorithm))

    def evaluated(self, evaluation: Evaluation) -> None:
        """Tell the callbacks of a finished candidate, or of one that has its first fold and may get further ones."""
        if evaluation.number in self._told:
            return
        self._count(evaluation)
        self._send(
            Update(
                "evaluated",
                evaluation.reason,
                number=evaluation.number,
                algorithm=evaluation.candidate.algorithm,
                score=self._metric.score_of(evaluation.loss) if evaluation.losses else None,
            )
        )

    def _count(self, evaluation: Evaluation) -> None:
        self._told.add(evaluation.number)
        self._finished += 1
        self._failed += evaluation.state == "failed"
        if evaluation.counts and (self._best is None or evaluation.loss < self._best):
            self._best = evaluation.loss

    def _send(self, update: Update) -> None:
        update = replace(
            update,
            best_score=None if self._best is None else self._metric.score_of(self._best),
            n_finished=self._finished,
            n_failed=self._failed,
            seconds_used=self._clock.used,
            seconds_left=self._clock.left,
        )
        for callback in self._callbacks:
            callback(update)


class AnnouncingJournal:
    """Announces trials in the study and to whoever watches."""

    def __init__(self, mirror: StudyMirror, tell: Teller) -> None:
        self._mirror = mirror
        self._tell = tell

    def start(self, candidate: Candidate) -> int:
        """Announce a trial and return its number."""
        number = self._mirror.start(candidate)
        self._tell.started(number, candidate)
        return number

    def report(self, number: int, fold: int, loss: float) -> None:
        """Announce the loss of one fold."""
        self._mirror.report(number, fold, loss)
