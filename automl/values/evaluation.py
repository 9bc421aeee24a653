"""What came of a candidate: fold losses and timings, or the reason why there are none.

A failure is a value. A candidate that crashes, hangs, eats memory or predicts nonsense becomes an
:class:`Evaluation` like any other and a row of the leaderboard; the search goes on.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal, get_args

from automl.values.candidate import Candidate

FailureKind = Literal["crashed", "timed_out", "out_of_memory", "bad_prediction", "cancelled"]
FAILURE_KINDS: tuple[FailureKind, ...] = get_args(FailureKind)
State = Literal["complete", "partial", "stopped", "failed"]
JUDGED_ROWS = 1_000  # validated rows from which on a partial bag competes with whole ones


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a fold has no score: a kind for programs, a message for people."""

    kind: FailureKind
    message: str

    def __str__(self) -> str:
        """Return ``kind: message``."""
        return f"{self.kind}: {self.message}"


@dataclass(frozen=True, slots=True)
class FoldResult:
    """What one candidate did on one fold.

    Attributes
    ----------
    fold
        Number of the fold, from 0.
    loss
        The run's metric turned so that lower is better; NaN when it failed.
    fit_seconds, predict_seconds
        Wall time of fitting (preparation included) and of predicting the validation rows.
    n_predicted
        Number of validation rows.
    one_row_seconds
        Wall time of preparing and predicting a single encoded row; NaN where it was not measured.
    size_bytes
        Size of the stored fold model.
    rounds
        Boosting rounds, epochs or trees kept, where a model is trained in them.
    complexity
        Splits of all trees together, or fitted numbers (:func:`automl.evaluation.complexity.complexity_of`); NaN if it
        was not counted.
    failure
        Why there is no loss, or ``None``.
    further
        Scores of the task's further metrics, by name.
    sums
        What is added up over folds for constraints, by name.
    cpu_seconds
        Time of all processors of the worker from the task's start to its end; what a loaded machine can't lengthen.
    preparing_seconds
        Of these, what preparing the fold took, or fetching it.
    saved_seconds
        What preparing took the candidate that had done it before; ``None`` where this one did it.
    """

    fold: int
    loss: float
    fit_seconds: float = 0.0
    predict_seconds: float = 0.0
    n_predicted: int = 0
    one_row_seconds: float = math.nan
    size_bytes: int = 0
    rounds: int | None = None
    complexity: float = field(default=math.nan, compare=False)  # NaN is not equal to itself
    failure: Failure | None = None
    further: tuple[tuple[str, float], ...] = ()
    sums: tuple[tuple[str, float], ...] = ()
    cpu_seconds: float = field(default=0.0, compare=False)
    preparing_seconds: float = field(default=0.0, compare=False)
    saved_seconds: float | None = field(default=None, compare=False)

    @property
    def is_ok(self) -> bool:
        """Whether it has a finite loss."""
        return self.failure is None and math.isfinite(self.loss)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What one candidate did in the whole search.

    Attributes
    ----------
    number
        Position in the study, from 0.
    candidate
        What was tried.
    folds
        Results of the folds that were run, in fold order.
    state
        ``"complete"``: every fold has a loss; ``"partial"``: some have, and the others got no time or too little;
        ``"stopped"``: racing gave it up; ``"failed"``: there is no usable fold, or one failed.
    reason
        One sentence for every state but ``"complete"``; for that one where it was trained on more rows.
    seconds
        Wall time from its first fold's start to its last fold's end.
    ended
        Seconds that the search had lasted when it ended, or had its first fold if others came later; earlier sessions
        of the same run included; NaN if unknown.
    shift
        What is added to the mean of the folds at hand, because those that are not there are easier or harder
        (:func:`automl.evaluation.scale.on_one_scale`).
    """

    number: int
    candidate: Candidate
    folds: tuple[FoldResult, ...]
    state: State
    reason: str = ""
    seconds: float = 0.0
    ended: float = field(default=math.nan, compare=False)
    shift: float = 0.0

    @property
    def losses(self) -> tuple[float, ...]:
        """Losses of the folds that have one, in fold order."""
        return tuple(fold.loss for fold in self.folds if fold.is_ok)

    @property
    def loss(self) -> float:
        """Mean loss over the folds that have one, on the scale of all folds; NaN if there is none."""
        return math.fsum(self.losses) / len(self.losses) + self.shift if self.losses else math.nan

    @property
    def counts(self) -> bool:
        """Whether it may be the best: it is complete, or its folds validated enough rows to tell."""
        if self.state != "partial":
            return self.state == "complete"
        return sum(fold.n_predicted for fold in self.folds if fold.is_ok) >= JUDGED_ROWS

    @property
    def std(self) -> float:
        """Standard deviation of the fold losses (denominator n - 1); NaN below two folds."""
        if len(self.losses) < 2:
            return math.nan
        mean = math.fsum(self.losses) / len(self.losses)
        return math.hypot(*(each - mean for each in self.losses)) / math.sqrt(len(self.losses) - 1)

    @property
    def fit_seconds(self) -> float:
        """Wall seconds of all fold fits together."""
        return math.fsum(fold.fit_seconds for fold in self.folds)

    @property
    def complexity(self) -> float:
        """Complexity of all fold models together; NaN if none was counted."""
        counted = [fold.complexity for fold in self.folds if math.isfinite(fold.complexity)]
        return math.fsum(counted) if counted else math.nan

    @property
    def further(self) -> dict[str, float]:
        """Means of the further metrics over the folds that have them, by name."""
        scores: dict[str, list[float]] = {}
        for fold in self.folds:
            for name, score in fold.further if fold.is_ok else ():
                scores.setdefault(name, []).append(score)
        return {name: math.fsum(values) / len(values) for name, values in scores.items()}

    @property
    def sums(self) -> dict[str, float]:
        """What its folds add up to, by name."""
        totals: dict[str, float] = {}
        for fold in self.folds:
            for name, value in fold.sums if fold.is_ok else ():
                totals[name] = totals.get(name, 0.0) + value
        return totals

    @property
    def failure(self) -> Failure | None:
        """The first failure among its folds."""
        return next((fold.failure for fold in self.folds if fold.failure is not None), None)


def seconds_of(evaluations: Iterable[Evaluation]) -> float:
    """Return how long the search of these evaluations had lasted when the last one ended; 0 if that is not known."""
    return max((each.ended for each in evaluations if math.isfinite(each.ended)), default=0.0)
