"""Self-training: the best candidates once more, with rows that have no target.

After the search, the best candidate of each of several families becomes a teacher. For each fold the teachers are
fitted on the fold's training rows and predict the unlabelled ones; then each of the candidates is fitted again on the
training rows and the predicted ones, and scored on the fold's validation rows, which no teacher has seen. What comes
out are pairs: a candidate as it was, and as it became. Who is kept is not decided here.

Everything runs on the search's engine and ends at its deadline; what does not fit into the time that is left, going by
how long the candidates took, is not begun.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, replace
from typing import Any

from automl.errors import StorageError
from automl.evaluation.fold import evaluate_fold
from automl.evaluation.limits import failure_of
from automl.evaluation.problem import Problem
from automl.evaluation.teaching import teach
from automl.search.engines import Engine
from automl.values.algorithm import Algorithm
from automl.values.evaluation import Evaluation, FoldResult

MOST = 3
"""Candidates that teach, and that are trained again."""
CAUTION = 1.5  # times as long as predicted that it may take and still be begun
TICK = 0.5  # seconds after which an interruption is looked for


@dataclass(frozen=True, slots=True)
class Attempt:
    """A candidate as the search left it, and trained with unlabelled rows, numbered from 0 among the attempts."""

    before: Evaluation
    after: Evaluation

    @property
    def is_better(self) -> bool:
        """Whether it is complete and its out-of-fold loss is lower."""
        return self.after.state == "complete" and self.after.loss < self.before.loss


def students(
    evaluations: Sequence[Evaluation], algorithms: Mapping[str, Algorithm], most: int = MOST
) -> list[Evaluation]:
    """Return who is trained again: the best candidate of each family that takes weights, the best first.

    A candidate that was trained again in an earlier session of the run is left out.
    """
    done = {each.candidate.plain for each in evaluations if each.candidate.self_trained}
    best: dict[str, Evaluation] = {}
    for each in sorted(evaluations, key=lambda each: (each.loss, each.number)):
        may = each.counts and each.candidate not in done and not each.candidate.self_trained
        name = each.candidate.algorithm
        if may and name != "dummy" and name in algorithms and algorithms[name].weights:
            best.setdefault(name, each)
    return list(best.values())[:most]


def teachers_of(evaluations: Sequence[Evaluation], algorithms: Mapping[str, Algorithm]) -> list[Evaluation]:
    """Return who taught in a run that has ended."""
    return students([each for each in evaluations if not each.candidate.self_trained], algorithms)


def likely_seconds(problem: Problem, chosen: Sequence[Evaluation], n_workers: int) -> float:
    """Return the wall seconds that self-training these candidates will take, teachers included."""
    assert problem.unlabeled is not None
    growth = 1.0 + len(problem.unlabeled) / min(len(train) for train, _ in problem.splits)
    one_fold = math.fsum(each.fit_seconds / len(each.losses) for each in chosen)
    waves = math.ceil(len(problem.splits) / n_workers)
    return waves * one_fold * (1.0 + growth)


def self_train(
    engine: Engine,
    problem: Problem,
    chosen: Sequence[Evaluation],
    threads: int,
    deadline: float | None,
    is_interrupted: Callable[[], bool],
) -> tuple[list[Attempt], str]:
    """Return what came of training these candidates with the unlabelled rows, and why there is nothing if not.

    Parameters
    ----------
    problem
        With unlabelled rows; the files of the attempts go into its folder, under their numbers from 0.
    deadline
        Value of the monotonic clock at which nothing may run any more; ``None``: no limit.

    Raises
    ------
    StorageError
        If a file can't be written.
    """
    held = engine.put(problem)
    work = _Work(engine, deadline, is_interrupted)
    folds = range(len(problem.splits))
    teaching = {("teacher", fold): (teach, held, tuple(chosen), fold, threads) for fold in folds}
    taught = work.run(teaching)
    if (why := work.why_not(taught, len(teaching))) is not None:
        return [], why
    began = time.monotonic()
    candidates = [replace(each.candidate, self_trained=True) for each in chosen]
    training = {
        (number, fold): (evaluate_fold, held, number, candidate, fold, threads, None)
        for number, candidate in enumerate(candidates)
        for fold in folds
    }
    results = work.run(training)
    attempts = []
    for number, (before, candidate) in enumerate(zip(chosen, candidates, strict=True)):
        done = [results[number, fold] for fold in folds if (number, fold) in results]
        found = tuple(each for each in done if isinstance(each, FoldResult))
        is_whole = len(found) == len(folds) and all(each.is_ok for each in found)
        after = Evaluation(
            number,
            candidate,
            found,
            "complete" if is_whole else "failed",
            "" if is_whole else work.why_not(done, len(folds)) or "a fold failed",
            time.monotonic() - began,
        )
        attempts.append(Attempt(before, after))
    return attempts, ""


class _Work:
    """Tasks on an engine until a deadline or an interruption; whatever goes wrong in one is its outcome."""

    def __init__(self, engine: Engine, deadline: float | None, is_interrupted: Callable[[], bool]) -> None:
        self._engine = engine
        self._deadline = deadline
        self._is_interrupted = is_interrupted

    def run(self, tasks: Mapping[Any, tuple[Any, ...]]) -> dict[Any, Any]:
        """Return the outcomes of the tasks that ended, by key."""
        outcomes: dict[Any, Any] = {}
        waiting = list(tasks.items())
        running: dict[Future[Any], Any] = {}
        try:
            while (waiting or running) and not self._is_over():
                while waiting and len(running) < self._engine.n_workers and not self._is_over():
                    key, (function, *arguments) = waiting.pop(0)
                    running[self._engine.submit(function, *arguments, timeout=self._left())] = key
                left = self._left()
                done, _ = wait(running, timeout=TICK if left is None else min(TICK, left), return_when=FIRST_COMPLETED)
                for future in done:
                    outcomes[running.pop(future)] = _outcome(future)
        finally:
            for future in running:
                self._engine.kill(future)
        return outcomes

    def why_not(self, outcomes: Any, expected: int) -> str | None:
        """Say why there are not as many good outcomes as expected; ``None`` where there are."""
        values = list(outcomes.values()) if isinstance(outcomes, dict) else list(outcomes)
        failed = [str(each) for each in map(_failure, values) if each]
        if failed:
            return failed[0]
        if len(values) == expected:
            return None
        return "the search was interrupted" if self._is_interrupted() else "the time budget ended first"

    def _left(self) -> float | None:
        return None if self._deadline is None else max(0.01, self._deadline - time.monotonic())

    def _is_over(self) -> bool:
        is_late = self._deadline is not None and time.monotonic() >= self._deadline
        return is_late or self._is_interrupted()


def _outcome(future: Future[Any]) -> Any:
    error = future.exception()
    if isinstance(error, StorageError):
        raise error
    return future.result() if error is None else failure_of(error)


def _failure(outcome: Any) -> Any:
    """Return why an outcome is none, ``None`` for a good one."""
    if isinstance(outcome, FoldResult):
        return None if outcome.is_ok else outcome.failure or "the loss is not finite"
    return None if isinstance(outcome, float) else outcome
