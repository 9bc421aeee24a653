"""Who is trained again with unlabelled rows, and what becomes of tasks that fail or come too late."""

import time
from concurrent.futures import Future
from dataclasses import replace

from automl.evaluation.limits import WorkerDied
from automl.search.engines import InProcessEngine
from automl.search.self_training import Attempt, _Work, students
from automl.values.algorithm import Algorithm
from automl.values.candidate import Candidate
from automl.values.evaluation import Evaluation, FoldResult
from automl.values.space import SearchSpace


def _algorithm(name, weights=True):
    return Algorithm(name, lambda shape: SearchSpace(), lambda config, context: None, weights=weights)


KNOWN = {name: _algorithm(name) for name in ("a", "b", "c", "d", "dummy")} | {"heavy": _algorithm("heavy", False)}


def evaluation(number, name, loss, state="complete", self_trained=False, **config):
    candidate = replace(Candidate.of(name, config), self_trained=self_trained)
    return Evaluation(number, candidate, (FoldResult(0, loss),), state)


def test_the_best_of_each_family_is_trained_again():
    """Three families at most, the best first; no dummy, nothing partial, nothing that takes no weights."""
    told = [
        evaluation(0, "dummy", 0.1),
        evaluation(1, "a", 0.5),
        evaluation(2, "a", 0.4, x=1),
        evaluation(3, "b", 0.3),
        evaluation(4, "c", 0.2, state="partial"),
        evaluation(5, "c", 0.6),
        evaluation(6, "heavy", 0.1),
        evaluation(7, "d", 0.9),
    ]
    assert [each.number for each in students(told, KNOWN)] == [3, 2, 5]


def test_nobody_is_trained_again_twice():
    """What an earlier session of the run trained with unlabelled rows is not done again."""
    told = [evaluation(1, "a", 0.5), evaluation(2, "a", 0.4, self_trained=True), evaluation(3, "b", 0.6)]
    assert [each.number for each in students(told, KNOWN)] == [3]


def test_better_means_a_lower_loss_over_all_folds():
    """A candidate that lost a fold, or gained nothing, is not better."""
    before = evaluation(1, "a", 0.5)
    assert Attempt(before, evaluation(0, "a", 0.4)).is_better
    assert not Attempt(before, evaluation(0, "a", 0.5)).is_better
    assert not Attempt(before, evaluation(0, "a", 0.1, state="failed")).is_better


def _answer(value):
    if isinstance(value, BaseException):
        raise value
    return value


def test_a_failed_task_is_told():
    """What a task raises is its outcome, and the reason why there is nothing."""
    work = _Work(InProcessEngine(), None, lambda: False)
    outcomes = work.run({1: (_answer, 0.5), 2: (_answer, ValueError("no luck"))})
    assert outcomes[1] == 0.5
    assert work.why_not(outcomes, 2) == "crashed: ValueError: no luck"


class Hanging:
    """An engine whose tasks never end."""

    n_workers = 2

    def __init__(self):
        self.killed = []

    def submit(self, function, *args, timeout=None):
        return Future()

    def kill(self, future):
        self.killed.append(future)


def test_what_runs_at_the_deadline_is_killed():
    """At the deadline running tasks are killed, the rest is not begun, and it is said why."""
    engine = Hanging()
    work = _Work(engine, time.monotonic() + 0.05, lambda: False)
    outcomes = work.run(dict.fromkeys(range(5), (_answer, 0.5)))
    assert len(engine.killed) == 2
    assert work.why_not(outcomes, 5) == "the time budget ended first"


def test_an_interruption_ends_it():
    """Nothing is begun when the search was interrupted."""
    engine = Hanging()
    work = _Work(engine, None, lambda: True)
    assert work.why_not(work.run({1: (_answer, 0.5)}), 1) == "the search was interrupted"
    assert not engine.killed


def test_a_dead_worker_is_a_failure():
    """A worker that died takes its task with it, and the reason is told."""
    future = Future()
    future.set_exception(WorkerDied(-11))
    engine = Hanging()
    engine.submit = lambda function, *args, timeout=None: future
    work = _Work(engine, None, lambda: False)
    assert (work.why_not(work.run({1: (_answer, 0.5)}), 1) or "").startswith("crashed")
