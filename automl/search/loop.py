"""The search itself: ask, evaluate, tell, yield, until the budget is spent.

One coordinator owns the sampler, the clock and the decisions; workers receive one candidate and one fold at a time
and return a value. Folds of candidates already begun go first, so that few candidates are unfinished at any moment.
The consumer of :meth:`Search.evaluations` writes, prints and ranks; nothing here does.

Time: a task is killed at the deadline whatever it is doing. Before that, :mod:`automl.search.allowance` says how many
seconds a fold may take, whether a candidate is begun at all, and when one hangs; the folds that it finished are kept.

Cores: :mod:`automl.search.crew` says how many folds run side by side, with how many threads.

Folds: where a fold is dear, a candidate is judged on its first one and then waits for others
(:mod:`automl.search.bench`). Such a candidate is yielded as often as it gets a fold, under the same number. The sampler
is then told of every candidate what its first fold was, for folds differ more than candidates do.

Rows: where candidates train on a sample, the best are trained again with more rows in the second half of the time
(:mod:`automl.search.ladder`). That is no news about hyperparameters, so the sampler is not told.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from automl.errors import StorageError
from automl.evaluation.fold import evaluate_fold
from automl.evaluation.limits import TaskTimedOut, failure_of
from automl.search.allowance import Allowance
from automl.search.bench import BAG, Bench, Wanted
from automl.search.cost import CostModel
from automl.search.crew import Crew
from automl.search.engines import Engine, Ref
from automl.search.ladder import Ladder
from automl.search.racing import is_hopeless
from automl.search.sampler import Sampler
from automl.values.algorithm import Algorithm
from automl.values.budget import Budget
from automl.values.candidate import Candidate
from automl.values.evaluation import Evaluation, Failure, FoldResult, State
from automl.values.metric import Metric

LATE = 0.5  # share of the time that is left when candidates are promoted from the sample to more rows
TICK = 0.5  # seconds after which the coordinator looks up even if nothing ended
_LIKE = 1.3  # times as long as its first folds that a further one may train
_IN_TIME = 0.9  # share of what is left that a further fold may take, storing it included
PROTECTED_SHARE = 0.15  # a family's first candidate is not raced while it costs less than this share of the budget


class Journal(Protocol):
    """Where trials are announced; the study that people see."""

    def start(self, candidate: Candidate) -> int:
        """Announce a trial and return its number."""

    def report(self, number: int, fold: int, loss: float) -> None:
        """Announce the loss of one fold."""


@dataclass(slots=True)
class _Trial:
    """A candidate under way."""

    number: int
    candidate: Candidate
    started: float
    waiting: list[int]
    later: list[int]  # folds that it gets only if it is wanted
    allowance: float | None  # seconds that each of its folds may train, the same for all of them
    is_first_of_family: bool
    is_known: bool = False  # to the sampler and to who reads the evaluations
    running: set[int] = field(default_factory=set)
    results: dict[int, FoldResult] = field(default_factory=dict)
    walls: list[float] = field(default_factory=list)  # seconds from handing a fold over to having its result

    @property
    def losses(self) -> list[float]:
        return [result.loss for _, result in sorted(self.results.items()) if result.is_ok]

    @property
    def has_failed(self) -> bool:
        return any(not result.is_ok for result in self.results.values())

    @property
    def fold_seconds(self) -> float:
        """Mean seconds of the folds that ended."""
        return statistics.fmean(each.fit_seconds + each.predict_seconds for each in self.results.values())

    @property
    def wall_seconds(self) -> float:
        """Mean seconds of the folds that ended, with preparing and storing."""
        return statistics.fmean(self.walls)

    @property
    def beside_seconds(self) -> float:
        """Mean seconds of a fold in which nothing is trained."""
        return max(0.0, self.wall_seconds - statistics.fmean(each.fit_seconds for each in self.results.values()))

    def give_up(self) -> None:
        """Begin no further fold."""
        self.waiting.clear()
        self.later.clear()


@dataclass(frozen=True, slots=True)
class _Task:
    """A fold that is running, and its threads."""

    trial: _Trial
    fold: int
    threads: int
    began: float


class Search:
    """A stream of evaluations.

    Parameters
    ----------
    engine, problem
        Where tasks run, and the problem that was put there.
    sampler, algorithms, costs, journal
        What to try, the families it comes from, how long it will take, where it is announced.
    metric, n_folds
        For scores to reach and folds to run.
    budget
        When to stop; its seconds are counted by ``deadline``.
    clock
        Seconds that only grow.
    deadline
        Value of the clock at which no task may run any more; ``None``: no limit (and nothing is decided by time).
    crew
        How many folds run side by side, with how many threads.
    history
        Evaluations of an earlier session, which count towards ``n_trials``.
    races
        Whether hopeless candidates are given up before their last fold.
    ladder
        Leads from the sample that candidates train on to more rows; ``None``: they train on all.
    wanted
        Tells by their first folds which candidates an ensemble takes; ``None``: every candidate gets all its folds.
    is_interrupted
        Asked twice a second; the search winds up when it says so.
    """

    def __init__(
        self,
        *,
        engine: Engine,
        problem: Ref,
        sampler: Sampler,
        algorithms: Mapping[str, Algorithm],
        costs: CostModel,
        journal: Journal,
        metric: Metric,
        n_folds: int,
        budget: Budget,
        clock: Callable[[], float],
        deadline: float | None,
        crew: Crew,
        history: tuple[Evaluation, ...] = (),
        races: bool = True,
        ladder: Ladder | None = None,
        wanted: Wanted | None = None,
        is_interrupted: Callable[[], bool] = lambda: False,
    ) -> None:
        self._engine = engine
        self._problem = problem
        self._sampler = sampler
        self._costs = costs
        self._journal = journal
        self._metric = metric
        self._n_folds = n_folds
        self._budget = budget
        self._clock = clock
        self._deadline = deadline
        self._crew = crew
        self._allowance = Allowance(algorithms, costs, crew)
        self._races = races
        self._ladder = ladder
        self._promoted = {replace(each.candidate, rows=None) for each in history if each.candidate.rows is not None}
        self._evaluations: list[Evaluation] = []
        self._is_interrupted = is_interrupted
        self._began = clock()
        self._bench: Bench[_Trial] | None = None
        if wanted is not None and deadline is not None and n_folds > 1:
            self._bench = Bench(n_folds, deadline - self._began, wanted)
        self._trials: list[_Trial] = []
        self._futures: dict[Future[Any], _Task] = {}
        self._families = {evaluation.candidate.algorithm for evaluation in history}
        self._n_started = self._n_finished = len(history)
        self._incumbent: Evaluation | None = None  # the best that has all folds
        self._best_loss = math.inf
        self._since_improvement = 0
        for evaluation in history:
            self._take_note(evaluation)
            self._judge_first(evaluation)
        self.why_stopped = ""

    def evaluations(self) -> Iterator[Evaluation]:
        """Yield every evaluation as it ends, until the budget is spent; at the end the unfinished ones.

        One whose number came before takes the place of the earlier one: there are more folds in it.
        """
        try:
            while not self._is_over():
                self._fill()
                if not self._futures:
                    self.why_stopped = self._enough() or "nothing more fitted into the time that was left"
                    break
                yield from self._collect()
        finally:
            for future in self._futures:
                self._engine.kill(future)
        yield from self._wind_up()

    def _seconds_left(self) -> float | None:
        return None if self._deadline is None else self._deadline - self._clock()

    def _is_over(self) -> bool:
        left = self._seconds_left()
        if self._is_interrupted():
            self.why_stopped = "it was interrupted"
        elif left is not None and left <= 0:
            self.why_stopped = "the time budget is spent"
        elif self._bench is None and (enough := self._enough()):
            self.why_stopped = enough
        elif self._budget.target_score is not None and self._best_loss <= self._metric.loss_of(
            self._budget.target_score
        ):
            self.why_stopped = f"the score {self._budget.target_score} is reached"
        return bool(self.why_stopped)

    def _enough(self) -> str:
        """Say why no further trial is begun, though some may get further folds; empty if more are wished for."""
        if self._budget.n_trials is not None and self._n_finished >= self._budget.n_trials:
            return f"{self._n_finished} trials are finished"
        if self._budget.patience is not None and self._since_improvement >= self._budget.patience:
            return f"{self._since_improvement} trials brought no improvement"
        return ""

    def _fill(self) -> None:
        """Give every free worker a fold; where there are fewer folds than free workers, they share the free cores."""
        free = self._crew.free(task.threads for task in self._futures.values())
        folds: list[tuple[_Trial, int]] = []
        while len(folds) < free:
            trial = next((trial for trial in self._trials if trial.waiting), None)
            trial = trial or self._bring_back() or self._begin() or self._bring_back(at_once=True)
            if trial is None:
                break
            folds.append((trial, trial.waiting.pop(0)))
        shares = self._crew.shares(len(folds), free, is_timed=self._deadline is not None)
        for (trial, fold), threads in zip(folds, shares, strict=True):
            self._submit(trial, fold, threads)

    def _bring_back(self, *, at_once: bool = False) -> _Trial | None:
        """Return a trial that waited and is wanted, with one more of its folds to run."""
        left = self._seconds_left()
        if self._bench is None or left is None:
            return None
        trial = self._bench.take(left, at_once=at_once)
        if trial is None:
            return None
        trial.waiting.append(trial.later.pop(0))
        # What a fold took was thought to fit in; its fellows are not to learn less, nor to come too late.
        like = max(self._allowance.of_fold(trial.candidate, left, BAG), _LIKE * trial.fold_seconds)
        trial.allowance = max(0.0, min(like, _IN_TIME * left - _LIKE * trial.beside_seconds))
        if trial not in self._trials:
            self._trials.append(trial)
        return trial

    def _is_dear(self, candidate: Candidate, fold_seconds: float) -> bool:
        """Tell whether a candidate whose folds take so long waits after its first one."""
        if self._bench is None or candidate.rows is not None:
            return False
        return self._bench.is_dear(fold_seconds, self._crew.layout.workers)

    def _folds_of(self, candidate: Candidate) -> int:
        """Return how many folds a candidate is thought to have."""
        is_dear = self._is_dear(candidate, self._costs.fold_seconds(candidate))
        return min(BAG, self._n_folds) if is_dear else self._n_folds

    def _reconsider(self) -> None:
        """Share the cores out again where what was timed says so."""
        if self._deadline is None:
            return
        typical = self._costs.typical_seconds
        is_dear = typical is not None and self._bench is not None and self._bench.is_dear(typical, 1)
        n_folds = min(BAG, self._n_folds) if is_dear else self._n_folds
        if self._crew.reconsider(typical, n_folds, self._deadline - self._began):
            self._costs.threads = self._crew.layout.threads

    def _begin(self) -> _Trial | None:
        is_last = self._budget.n_trials is not None and self._n_started >= self._budget.n_trials
        if is_last or self._enough():
            return None
        left = self._seconds_left()
        candidate = self._promote(left) or self._sampler.ask(self._can_finish)
        if candidate is None:
            return None
        folds = list(range(self._n_folds))
        at_once = 1 if self._is_dear(candidate, self._costs.fold_seconds(candidate)) else self._n_folds
        trial = _Trial(
            number=self._journal.start(candidate),
            candidate=candidate,
            started=self._clock(),
            waiting=folds[:at_once],
            later=folds[at_once:],
            allowance=None if left is None else self._allowance.of_fold(candidate, left, self._folds_of(candidate)),
            is_first_of_family=candidate.algorithm not in self._families,
        )
        self._families.add(candidate.algorithm)
        self._n_started += 1
        self._trials.append(trial)
        return trial

    def _submit(self, trial: _Trial, fold: int, threads: int) -> None:
        left = self._seconds_left()
        seconds = None if left is None or trial.allowance is None else min(left, trial.allowance)
        timeout = None
        if left is not None:
            n_folds = self._folds_of(trial.candidate)
            timeout = self._allowance.until_killed(trial.candidate, left, n_folds, trial.allowance or 0.0)
        began = self._clock()
        future = self._engine.submit(
            evaluate_fold, self._problem, trial.number, trial.candidate, fold, threads, seconds, timeout=timeout
        )
        trial.running.add(fold)
        self._futures[future] = _Task(trial, fold, threads, began)

    def _promote(self, left: float | None) -> Candidate | None:
        """Return a candidate that is to be trained on more rows than the sample, once it is time for that."""
        if self._ladder is None or left is None or left > LATE * (left + self._clock() - self._began):
            return None
        seconds = self._allowance.of_promoted_fold(left, self._n_folds)
        found = self._ladder.promoted(self._evaluations, self._promoted, self._costs.fold_seconds, seconds)
        if found is not None:
            self._promoted.add(replace(found, rows=None))
        return found

    def _can_finish(self, candidate: Candidate) -> bool:
        left = self._seconds_left()
        if left is None:
            return True
        n_folds = self._folds_of(candidate)
        is_worthwhile = not self._n_finished or self._allowance.is_worthwhile(candidate, left, n_folds)
        at_once = 1 if n_folds < self._n_folds else n_folds
        return is_worthwhile and self._allowance.can_finish(candidate, left, at_once)

    def _collect(self) -> Iterator[Evaluation]:
        """Wait for folds to end and yield the evaluations that ended with them."""
        left = self._seconds_left()
        done, _ = wait(self._futures, timeout=TICK if left is None else min(TICK, left), return_when=FIRST_COMPLETED)
        for future in sorted(done, key=lambda each: (self._futures[each].trial.number, self._futures[each].fold)):
            task = self._futures.pop(future)
            task.trial.running.discard(task.fold)
            self._note_fold(task, _outcome(future, task.fold))
        for trial in [trial for trial in self._trials if not trial.running]:
            evaluation = self._ended(trial)
            if evaluation is not None:
                self._trials.remove(trial)
                self._take_note(evaluation)
                if not trial.is_known:
                    self._n_finished += 1
                    self._make_known(trial, evaluation)
                self._reconsider()
                yield evaluation

    def _make_known(self, trial: _Trial, evaluation: Evaluation) -> None:
        """Tell the sampler of a candidate, and put it on the bench where it may get further folds."""
        trial.is_known = True
        if trial.candidate.rows is None:
            self._sampler.tell(evaluation if self._bench is None else first_fold_of(evaluation))
        if self._bench is not None and trial.later:
            self._bench.put(trial, first_fold_of(evaluation), trial.wall_seconds, len(trial.results))
        else:
            self._judge_first(evaluation)

    def _judge_first(self, evaluation: Evaluation) -> None:
        """Take note of who has a first fold and may be in an ensemble."""
        if self._bench is None or evaluation.state not in ("complete", "partial") or not evaluation.losses:
            return
        if evaluation.folds[0].fold == 0 and evaluation.folds[0].is_ok:
            self._bench.judge(first_fold_of(evaluation))

    def _note_fold(self, task: _Task, result: FoldResult) -> None:
        trial = task.trial
        trial.results[result.fold] = result
        trial.walls.append(self._clock() - task.began)
        if result.is_ok:
            self._costs.observe(trial.candidate, result.fit_seconds + result.predict_seconds, task.threads)
            self._journal.report(trial.number, result.fold, result.loss)
            if self._is_dear(trial.candidate, trial.fold_seconds):
                trial.later, trial.waiting = [*trial.waiting, *trial.later], []
            elif not trial.is_known:
                trial.waiting, trial.later = [*trial.waiting, *trial.later], []
            if trial.waiting and self._races and self._may_race(trial) and is_hopeless(trial.losses, self._incumbent):
                trial.give_up()
        else:
            trial.give_up()  # a candidate that fails once is not worth its other folds
            if self._bench is not None:
                self._bench.drop(trial.number)
            if result.failure is not None and result.failure.kind == "timed_out":
                self._costs.observe(trial.candidate, result.fit_seconds, task.threads)

    def _may_race(self, trial: _Trial) -> bool:
        if not trial.is_first_of_family:
            return True
        left = self._seconds_left()
        if left is None:
            return False
        whole = left + self._clock() - self._began
        ahead = self._allowance.likely_seconds(trial.candidate, left, self._n_folds) * len(trial.waiting)
        return ahead > PROTECTED_SHARE * whole * self._crew.layout.workers

    def _ended(self, trial: _Trial) -> Evaluation | None:
        """Return the evaluation of a trial of which no fold is running or waiting."""
        if trial.waiting:
            return None
        if trial.has_failed:
            return self._failed(trial)
        if trial.later:
            return self._evaluation(trial, "partial", f"judged on {len(trial.results)} of {self._n_folds} folds")
        if len(trial.results) < self._n_folds:
            best = self._incumbent
            against = "" if best is None else f" against {best.candidate.algorithm} (trial {best.number})"
            return self._evaluation(
                trial, "stopped", f"hopeless after {len(trial.results)} of {self._n_folds} folds{against}"
            )
        rows = trial.candidate.rows
        return self._evaluation(trial, "complete", "" if rows is None else f"trained on {rows:,} rows of a fold")

    def _failed(self, trial: _Trial) -> Evaluation:
        """Return the evaluation of a trial of which a fold failed.

        What a hanging one had finished is kept, and what one had that was judged before.
        """
        first = next(result for _, result in sorted(trial.results.items()) if not result.is_ok)
        reason = str(first.failure or "bad_prediction: the loss is not finite")
        is_late = first.failure is not None and first.failure.kind == "timed_out"
        is_kept = trial.losses and (is_late or trial.is_known)
        return self._evaluation(trial, "partial" if is_kept else "failed", reason)

    def _wind_up(self) -> Iterator[Evaluation]:
        """Yield what the end of the search interrupted: bags that have some folds, and trials that have none."""
        for trial in self._trials:
            if trial.is_known and not trial.has_failed:
                continue  # what it had before its last fold began was told
            trial.give_up()
            if trial.candidate.rows is None and not trial.is_known:
                self._sampler.forget(trial.candidate)
            if trial.has_failed:
                yield self._failed(trial)
            elif trial.losses:
                yield self._evaluation(
                    trial, "partial", f"the search ended after {len(trial.results)} of {self._n_folds} folds"
                )
            else:
                trial.results.setdefault(
                    0, FoldResult(0, math.nan, failure=Failure("cancelled", "the search ended before its first fold"))
                )
                yield self._evaluation(trial, "failed", str(Failure("cancelled", "the search ended first")))
        self._trials.clear()

    def _evaluation(self, trial: _Trial, state: State, reason: str) -> Evaluation:
        folds = tuple(result for _, result in sorted(trial.results.items()))
        return Evaluation(trial.number, trial.candidate, folds, state, reason, self._clock() - trial.started)

    def _take_note(self, evaluation: Evaluation) -> None:
        is_new = all(each.number != evaluation.number for each in self._evaluations)
        self._evaluations = [*(each for each in self._evaluations if each.number != evaluation.number), evaluation]
        self._since_improvement += is_new
        is_rival = evaluation.state == "complete" or (self._bench is not None and evaluation.state == "partial")
        if is_rival and evaluation.loss < self._best_loss:
            self._best_loss = evaluation.loss
            self._since_improvement = 0
        if evaluation.state == "complete" and (self._incumbent is None or evaluation.loss < self._incumbent.loss):
            self._incumbent = evaluation


def first_fold_of(evaluation: Evaluation) -> Evaluation:
    """Return what is known of a candidate by its first fold alone."""
    return replace(evaluation, folds=evaluation.folds[:1], state="partial", shift=0.0)


def _outcome(future: Future[Any], fold: int) -> FoldResult:
    error = future.exception()
    if isinstance(error, StorageError):
        raise error  # nothing that is tried from now on could be kept
    if error is not None:
        seconds = error.seconds if isinstance(error, TaskTimedOut) else 0.0
        return FoldResult(fold, math.nan, fit_seconds=seconds, failure=failure_of(error))
    result: FoldResult = future.result()
    return result
