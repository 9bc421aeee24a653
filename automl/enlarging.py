"""What a run does with rows that have no target, after its search: try them, keep what is better, say what came of it.

The attempts (:mod:`automl.search.self_training`) write into a folder of their own. Only one that is better out of fold
than the candidate it was becomes a trial of the study and a row of the leaderboard, with its files.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from automl.errors import telling
from automl.evaluation.leaderboard import pipeline_id
from automl.evaluation.problem import Problem
from automl.search.engines import Engine
from automl.search.self_training import CAUTION, Attempt, likely_seconds, self_train, students
from automl.storage.study import StudyMirror
from automl.values.evaluation import Evaluation
from automl.values.metric import Metric

SHARE = 0.25
"""Share of the search's time that is kept for self-training."""


@dataclass(frozen=True, slots=True)
class SelfTraining:
    """What self-training needs of a run."""

    engine: Engine
    problem: Problem
    mirror: StudyMirror
    metric: Metric
    threads: int
    deadline: float | None
    is_interrupted: Callable[[], bool]

    def run(
        self, evaluations: Sequence[Evaluation], ended: float, attrs: Callable[[Evaluation], Mapping[str, Any]]
    ) -> tuple[list[Evaluation], str]:
        """Return the evaluations that are better for the unlabelled rows, as trials of the study, and what came of it.

        Parameters
        ----------
        ended
            Seconds that the search has lasted.
        attrs
            What the study shows of an evaluation beside its score.
        """
        chosen = students(evaluations, self.problem.algorithms)
        if not chosen:
            return [], self._untried("there is no complete candidate that takes weights and was not tried yet")
        left = None if self.deadline is None else self.deadline - time.monotonic()
        while left is not None and CAUTION * likely_seconds(self.problem, chosen, self.engine.n_workers) > left:
            chosen = chosen[:-1]
            if not chosen:
                return [], self._untried("the time that was left is too short for it")
        place = self.problem.cache / "self-training"
        problem = replace(self.problem, folder=place)
        attempts, why_not = self_train(self.engine, problem, chosen, self.threads, self.deadline, self.is_interrupted)
        if why_not:
            return [], self._untried(why_not)
        kept = [self._keep(each, problem, ended, attrs) for each in attempts if each.is_better]
        with telling(place, "deleted"):
            shutil.rmtree(place)
        return kept, self._told(attempts)

    def _keep(
        self, attempt: Attempt, problem: Problem, ended: float, attrs: Callable[[Evaluation], Mapping[str, Any]]
    ) -> Evaluation:
        """Make a trial of an attempt, and give its files the names of one."""
        number = self.mirror.start(attempt.after.candidate)
        evaluation = replace(attempt.after, number=number, ended=ended, reason=self._compared(attempt))
        for fold in range(len(problem.splits)):
            for path, name in (
                (problem.model_path(attempt.after.number, fold), self.problem.model_path(number, fold)),
                (problem.prediction_path(attempt.after.number, fold), self.problem.prediction_path(number, fold)),
            ):
                with telling(name, "written"):
                    name.parent.mkdir(parents=True, exist_ok=True)
                    shutil.move(path, name)
        self.mirror.finish(evaluation, attrs(evaluation))
        return evaluation

    def _compared(self, attempt: Attempt) -> str:
        score, before = self.metric.score_of(attempt.after.loss), self.metric.score_of(attempt.before.loss)
        return (
            f"{self.metric.name} {score:.5g} with unlabelled rows, {before:.5g} without ({pipeline_id(attempt.before)})"
        )

    def _told(self, attempts: Sequence[Attempt]) -> str:
        better = [each for each in attempts if each.is_better]
        parts = [
            self._compared(each)
            if each.after.state == "complete"
            else f"{pipeline_id(each.before)}: {each.after.reason}"
            for each in attempts
        ]
        verdict = (
            f"made {len(better)} of {len(attempts)} candidates better out of fold, and those are on the leaderboard"
            if better
            else f"made none of {len(attempts)} candidates better out of fold, so none is on the leaderboard"
        )
        return f"{self._rows} {verdict}: {'; '.join(parts)}."

    def _untried(self, why: str) -> str:
        return f"{self._rows} were not used: {why}."

    @property
    def _rows(self) -> str:
        return f"{0 if self.problem.unlabeled is None else len(self.problem.unlabeled):,} unlabelled rows"
