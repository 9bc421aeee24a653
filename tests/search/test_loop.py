"""The search loop, with an engine that answers from a table and a clock that only the engine moves."""

import math
from concurrent.futures import Future
from dataclasses import replace

import pytest

from automl.evaluation.limits import TaskTimedOut, WorkerDied
from automl.search.cost import CostModel
from automl.search.crew import Crew
from automl.search.ladder import Ladder
from automl.search.loop import Search
from automl.search.planning import Layout
from automl.search.racing import is_hopeless
from automl.search.sampler import Sampler
from automl.values.algorithm import Algorithm, DataShape
from automl.values.budget import Budget
from automl.values.candidate import Candidate
from automl.values.evaluation import Evaluation, Failure, FoldResult
from automl.values.metric import Metric
from automl.values.space import Int, SearchSpace

METRIC = Metric("rmse", lambda y, p, w: 0.0, greater_is_better=False)
SHAPE = DataShape("regression", 100, 5)


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


class Engine:
    """Runs a fold at submit: asks ``answer(candidate, fold)`` and moves the clock by ``seconds``."""

    def __init__(self, answer, clock, seconds=1.0, n_workers=1):
        self.n_workers = n_workers
        self.threads = []
        self.answer, self.clock, self.seconds = answer, clock, seconds
        self.submitted, self.killed, self.allowed, self.timeouts = [], [], [], []

    def put(self, value):
        return value

    def submit(self, function, problem, number, candidate, fold, threads, seconds, *, timeout=None):
        future = Future()
        self.submitted.append((candidate, fold))
        self.threads.append(threads)
        self.allowed.append(seconds)
        self.timeouts.append(timeout)
        self.clock.now += self.seconds
        outcome = self.answer(candidate, fold)
        if outcome is None:
            return future  # hangs
        if isinstance(outcome, BaseException):
            future.set_exception(outcome)
        else:
            future.set_result(outcome)
        return future

    def kill(self, future):
        self.killed.append(future)
        future.cancel()

    def close(self):
        """Nothing to close."""


class Journal:
    def __init__(self, first=0):
        self.next, self.reports = first, []

    def start(self, candidate):
        self.next += 1
        return self.next - 1

    def report(self, number, fold, score):
        self.reports.append((number, fold, score))


def space(name):
    return SearchSpace() if name == "dummy" else SearchSpace(Int("k", 0, 1000))


def search(
    answer,
    *,
    names=("dummy", "a", "b"),
    n_folds=3,
    seconds=1.0,
    deadline=None,
    history=(),
    declared=1.0,
    races=True,
    n_workers=1,
    threads=1,
    ladder=None,
    regroup=None,
    most_workers=1,
    wanted=None,
    **limits,
):
    clock = Clock()
    engine = Engine(answer, clock, seconds, n_workers)
    algorithms = {
        name: Algorithm(
            name, lambda shape, name=name: space(name), lambda config, context: None, seconds=lambda shape: declared
        )
        for name in names
    }
    spaces = {name: space(name) for name in names}
    first = [Candidate.of(name, each.default()) for name, each in spaces.items()]
    journal = Journal(len(history))
    loop = Search(
        engine=engine,
        problem="problem",
        sampler=Sampler(spaces, first, 0, history),
        algorithms=algorithms,
        costs=CostModel(algorithms, spaces, SHAPE, threads),
        journal=journal,
        metric=METRIC,
        n_folds=n_folds,
        budget=Budget(seconds=deadline, **limits),
        clock=clock,
        deadline=deadline,
        crew=Crew(Layout(n_workers, threads), most_workers, regroup),
        history=tuple(history),
        races=races,
        ladder=ladder,
        wanted=wanted,
    )
    return loop, engine, journal


def ok(loss):
    return lambda candidate, fold: FoldResult(fold, loss, fit_seconds=1.0)


def test_every_fold_of_a_candidate_is_run_in_order():
    """Folds of a candidate already begun go before a new candidate."""
    loop, engine, journal = search(ok(1.0), n_trials=3)
    evaluations = list(loop.evaluations())
    assert [each.state for each in evaluations] == ["complete"] * 3
    assert [fold for _, fold in engine.submitted] == [0, 1, 2] * 3
    assert [each.number for each in evaluations] == [0, 1, 2]
    assert journal.reports[:3] == [(0, 0, 1.0), (0, 1, 1.0), (0, 2, 1.0)]


def test_the_number_of_trials_is_kept():
    """Exactly ``n_trials`` candidates are begun and finished."""
    loop, engine, _ = search(ok(1.0), n_trials=5)
    assert len(list(loop.evaluations())) == 5
    assert loop.why_stopped == "5 trials are finished"
    assert len(engine.submitted) == 15


def test_earlier_trials_count():
    """Evaluations of an earlier session count towards the number of trials."""
    history = [Evaluation(0, Candidate.of("a", {"k": 5}), (FoldResult(0, 1.0),), "complete")]
    loop, _, _ = search(ok(1.0), n_trials=3, history=history)
    assert [each.number for each in loop.evaluations()] == [1, 2]


def test_a_failed_candidate_is_a_row_and_the_search_goes_on():
    """A fold that fails ends its candidate, with the reason, and nothing else."""

    def answer(candidate, fold):
        if candidate.algorithm == "a":
            return FoldResult(fold, math.nan, failure=Failure("crashed", "no luck"))
        return FoldResult(fold, 1.0)

    loop, engine, _ = search(answer, n_trials=3)
    states = {each.candidate.algorithm: each for each in loop.evaluations()}
    assert states["a"].state == "failed"
    assert states["a"].reason == "crashed: no luck"
    assert states["b"].state == "complete"
    assert sum(candidate.algorithm == "a" for candidate, _ in engine.submitted) == 1


@pytest.mark.parametrize(
    ("error", "reason"),
    [(TaskTimedOut(5.0), "timed_out: ran past its limit of 5s"), (WorkerDied(-11), "crashed: ")],
)
def test_what_an_engine_reports_is_a_value(error, reason):
    """A killed task or a dead worker becomes the reason of its row."""
    loop, _, _ = search(lambda candidate, fold: error, names=("dummy", "a"), n_trials=2)
    evaluations = list(loop.evaluations())
    assert [each.state for each in evaluations] == ["failed", "failed"]
    assert evaluations[0].reason.startswith(reason)


def test_a_loss_that_is_not_finite_is_a_failure():
    """Infinity is no score."""
    loop, _, _ = search(ok(math.inf), names=("dummy",), n_trials=1)
    assert [each.state for each in loop.evaluations()] == ["failed"]


def test_a_hopeless_candidate_loses_its_other_folds():
    """After the first fold that is worse than the incumbent's worst, a family's later candidates are stopped."""

    def answer(candidate, fold):
        return FoldResult(fold, 1.0 if candidate.config.get("k") == 500 else 9.0)

    loop, _, _ = search(answer, names=("dummy", "a"), n_trials=8)
    evaluations = list(loop.evaluations())
    late = evaluations[2:]
    assert {each.state for each in late} == {"stopped"}
    assert all(len(each.folds) == 1 for each in late)
    assert late[0].reason == "hopeless after 1 of 3 folds against a (trial 1)"


def test_without_racing_every_fold_is_run():
    """Who switches racing off gets every candidate's every fold."""

    def answer(candidate, fold):
        return FoldResult(fold, 1.0 if candidate.config.get("k") == 500 else 9.0)

    loop, _, _ = search(answer, names=("dummy", "a"), n_trials=8, races=False)
    assert {(each.state, len(each.folds)) for each in loop.evaluations()} == {("complete", 3)}


def test_the_rule_is_forgiving():
    """A candidate is kept while its mean is no worse than the incumbent's worst fold."""
    best = Evaluation(0, Candidate.of("a", {}), (FoldResult(0, 0.1), FoldResult(1, 0.5)), "complete")
    assert not is_hopeless([0.5], best)
    assert is_hopeless([0.4, 0.7], best)
    assert not is_hopeless([], best)


def test_the_deadline_ends_the_search():
    """Nothing is submitted after the deadline, and what is under way is killed."""
    loop, engine, _ = search(ok(1.0), deadline=10.5, n_folds=3)
    evaluations = list(loop.evaluations())
    assert len(engine.submitted) <= 11
    assert loop.why_stopped in ("the time budget is spent", "nothing more fitted into the time that was left")
    assert {each.state for each in evaluations} <= {"complete", "partial"}


def test_a_bag_that_the_deadline_cuts_is_kept():
    """Folds that were finished count: the evaluation is partial, not lost."""

    def answer(candidate, fold):
        return FoldResult(fold, 1.0, fit_seconds=0.1)  # claims to be quick, so that it is begun

    loop, _, _ = search(answer, names=("dummy",), deadline=2.0, seconds=1.5, declared=0.1)
    (evaluation,) = loop.evaluations()
    assert evaluation.state == "partial"
    assert len(evaluation.losses) == 2
    assert evaluation.reason == "the search ended after 2 of 3 folds"


def test_what_hangs_is_killed_at_the_deadline_and_told():
    """A fold that never ends is killed; its trial is failed as cancelled."""
    loop, engine, _ = search(lambda candidate, fold: None, names=("dummy",), deadline=1.0, seconds=1.0, declared=0.1)
    (evaluation,) = loop.evaluations()
    assert evaluation.state == "failed"
    assert evaluation.failure.kind == "cancelled"
    assert len(engine.killed) == 1


def test_what_hangs_is_given_up_long_before_the_deadline():
    """A fold is killed when all folds like it would take half of the time; without a deadline it never is."""
    loop, engine, _ = search(ok(1.0), names=("dummy",), deadline=1000.0, n_folds=4, n_trials=1, declared=0.1)
    list(loop.evaluations())
    assert engine.timeouts[0] == pytest.approx(0.5 * 1000 / 4)
    loop, engine, _ = search(ok(1.0), names=("dummy",), deadline=1000.0, n_folds=4, n_trials=1, declared=100.0)
    list(loop.evaluations())
    assert engine.timeouts[0] == pytest.approx(5 * 100)  # it was said to be slow
    loop, engine, _ = search(ok(1.0), names=("dummy",), n_folds=4, n_trials=1)
    list(loop.evaluations())
    assert set(engine.timeouts) == {None}


def test_what_a_hanging_candidate_finished_is_kept():
    """A candidate of which a fold was killed keeps the folds that it has; one without any has failed."""

    def answer(candidate, fold):
        hangs = candidate.algorithm == "b" or (candidate.algorithm == "a" and fold == 1)
        return TaskTimedOut(4.0) if hangs else FoldResult(fold, 1.0, fit_seconds=1.0)

    loop, _, _ = search(answer, deadline=100.0, n_trials=3)
    _, halfway, failed = loop.evaluations()
    assert (halfway.state, halfway.losses) == ("partial", (1.0,))
    assert (failed.state, failed.losses) == ("failed", ())
    assert halfway.reason == "timed_out: ran past its limit of 4s and was killed"


def test_what_cannot_finish_is_not_begun():
    """A candidate whose folds are predicted to take longer than what is left is left out."""
    loop, engine, _ = search(ok(1.0), names=("dummy",), deadline=2.0, n_folds=3)
    assert list(loop.evaluations()) == []
    assert engine.submitted == []
    assert loop.why_stopped == "nothing more fitted into the time that was left"


def test_a_fold_is_told_how_long_it_may_train():
    """No candidate may take more than its share of the time that is left."""
    loop, engine, _ = search(ok(1.0), names=("dummy",), deadline=100.0, n_folds=4, n_trials=1)
    list(loop.evaluations())
    assert engine.allowed == [pytest.approx(0.3 * 100 / 4)] * 4


def test_without_a_deadline_nothing_is_decided_by_time():
    """A reproducible run gives no fold a time limit."""
    loop, engine, _ = search(ok(1.0), n_trials=4)
    list(loop.evaluations())
    assert set(engine.allowed) == {None}


def test_workers_without_work_leave_their_cores_to_others():
    """What is about to begin shares the cores that would idle; a reproducible search gives each fold the same."""
    one = {"names": ("dummy",), "n_folds": 3, "n_trials": 1, "n_workers": 2, "declared": 0.1}
    loop, engine, _ = search(ok(1.0), deadline=100.0, **one)
    list(loop.evaluations())
    assert engine.threads == [1, 1, 2]
    loop, engine, _ = search(ok(1.0), **one)
    list(loop.evaluations())
    assert engine.threads == [1, 1, 1]
    loop, engine, _ = search(ok(1.0), deadline=100.0, **{**one, "n_workers": 8})
    list(loop.evaluations())
    assert engine.threads == [3, 3, 2]


@pytest.mark.parametrize("n_workers", [1, 2, 3, 5])
@pytest.mark.parametrize("threads", [1, 2])
def test_never_more_threads_than_cores(n_workers, threads):
    """However folds end, the threads of those that run are no more than workers times threads."""
    pending, most = [], []

    class Slow(Engine):
        """Ends a fold only when the clock is looked at, every third time."""

        def submit(self, function, problem, number, candidate, fold, threads, seconds, *, timeout=None):
            future = Future()
            pending.append((future, fold, threads))
            most.append(sum(each[2] for each in pending))
            return future

    loop, engine, _ = search(ok(1.0), n_folds=3, deadline=1e6, n_trials=7, n_workers=n_workers, threads=threads)
    slow, clock, looks = Slow(None, engine.clock, n_workers=n_workers), loop._clock, [0]

    def look():
        looks[0] += 1
        if pending and looks[0] % 3 == 0:
            future, fold, _ = pending.pop(0)
            future.set_result(FoldResult(fold, 1.0, fit_seconds=1.0))
        return clock()

    loop._engine, loop._clock = slow, look
    assert len(list(loop.evaluations())) == 7
    assert max(most) <= n_workers * threads


def test_short_fits_that_share_the_cores_go_side_by_side():
    """A layout made for long fits is changed once they turn out short; a reproducible search keeps it."""
    asked = []
    settings = {"n_folds": 2, "n_trials": 6, "threads": 4, "most_workers": 4, "regroup": asked.append}
    loop, engine, _ = search(ok(1.0), deadline=1000.0, **settings)
    list(loop.evaluations())
    assert asked == [4]
    assert engine.threads[0] == 4
    assert set(engine.threads[8:]) == {1, 2}
    loop, engine, _ = search(ok(1.0), **settings)
    list(loop.evaluations())
    assert set(engine.threads) == {4}


def test_the_best_are_trained_with_more_rows_in_the_second_half():
    """The first half of the time goes to the sample; then promoted candidates have as many rows as time allows."""
    settings = {"n_folds": 2, "n_trials": 15, "declared": 1.0, "ladder": Ladder(1_000, 20_000)}
    loop, engine, _ = search(ok(1.0), deadline=30.0, **settings)
    began = [engine.clock.now for _ in ()]
    evaluations = []
    for each in loop.evaluations():
        evaluations.append(each)
        began.append(engine.clock.now)
    rows = [each.candidate.rows for each in evaluations]
    first = next(place for place, each in enumerate(rows) if each is not None)
    assert began[first] > 15
    assert rows[0] is None
    assert evaluations[first].candidate.algorithm != "dummy"
    assert 1_500 <= rows[first] <= 20_000
    assert evaluations[first].reason == f"trained on {rows[first]:,} rows of a fold"
    promoted = [each.candidate for each in evaluations if each.candidate.rows is not None]
    assert len(promoted) == len({replace(each, rows=None) for each in promoted})
    loop, _, _ = search(ok(1.0), **settings)
    assert {each.candidate.rows for each in loop.evaluations()} == {None}


def by_setting(candidate, fold):
    """Answer with a loss that the candidate's number decides, the same on all folds."""
    return FoldResult(fold, 1.0 + dict(candidate.settings).get("k", 0) / 1e6, fit_seconds=1.0)


def last_of_each(evaluations):
    """Return the evaluations by number, the last of those that came several times, and how often each came."""
    last, times = {}, {}
    for each in evaluations:
        assert len(each.folds) > len(last[each.number].folds) if each.number in last else True
        last[each.number] = each
        times[each.number] = times.get(each.number, 0) + 1
    return last, times


def test_dear_candidates_wait_after_their_first_fold():
    """Each is judged on one fold; when nothing else is to be begun, those that are wanted get one more at a time."""
    firsts = []

    def wanted(found):
        firsts.append(found)
        return {0: 0.6, 1: 0.4}

    loop, engine, _ = search(by_setting, n_folds=3, deadline=60.0, n_trials=12, wanted=wanted, races=False)
    last, times = last_of_each(loop.evaluations())
    assert [fold for _, fold in engine.submitted[:12]] == [0] * 12
    assert {len(each.folds) for each in firsts[0]} == {1}
    assert {number: each.state for number, each in last.items() if each.state == "complete"} == {
        0: "complete",
        1: "complete",
    }
    assert {last[number].reason for number in range(2, 12)} == {"judged on 1 of 3 folds"}
    assert (times[0], times[1], times[2]) == (3, 3, 1)
    assert len(engine.submitted) == 12 + 2 * 2
    assert loop.why_stopped == "12 trials are finished"


def test_the_last_part_of_the_time_belongs_to_those_that_are_wanted():
    """New candidates are begun in the first part; then come further folds, and new ones again when these are done."""
    loop, engine, _ = search(by_setting, n_folds=5, deadline=100.0, wanted=lambda found: {3: 1.0}, races=False)
    last, _ = last_of_each(loop.evaluations())
    again = [place for place, (_, fold) in enumerate(engine.submitted) if fold > 0]
    assert again == [60, 61, 62, 63]
    assert last[3].state == "complete"
    assert len(engine.submitted) > 90


def test_the_sampler_is_told_of_first_folds():
    """Of a candidate that has all folds as of one that has one: folds differ more than candidates."""
    told = []

    def harder(candidate, fold):
        return FoldResult(fold, 1.0 + fold, fit_seconds=1.0)

    loop, _, _ = search(harder, n_folds=3, deadline=60.0, n_trials=6, wanted=lambda found: {0: 1.0})
    tell = loop._sampler.tell
    loop._sampler.tell = lambda each: (told.append(each.loss), tell(each))
    last, _ = last_of_each(loop.evaluations())
    assert told == [1.0] * 6
    assert last[0].loss == 2.0


def test_what_turns_out_cheap_gets_all_its_folds():
    """A candidate that was thought dear and is not goes on at once; one that was thought cheap and is not waits."""
    quick = lambda candidate, fold: FoldResult(fold, 1.0, fit_seconds=0.01)  # noqa: E731
    loop, engine, _ = search(quick, n_folds=3, deadline=60.0, n_trials=2, wanted=lambda found: {}, declared=5.0)
    assert {each.state for each in loop.evaluations()} == {"complete"}
    assert [fold for _, fold in engine.submitted] == [0, 1, 2] * 2
    slow = lambda candidate, fold: FoldResult(fold, 1.0, fit_seconds=4.0)  # noqa: E731
    loop, engine, _ = search(slow, n_folds=3, deadline=60.0, n_trials=2, wanted=lambda found: {}, declared=0.01)
    assert {each.reason for each in loop.evaluations()} == {"judged on 1 of 3 folds"}


def test_a_further_fold_that_the_deadline_cuts_costs_nothing():
    """What a candidate had before it got another fold stays as it was told."""

    def answer(candidate, fold):
        return FoldResult(fold, 1.0, fit_seconds=1.0) if fold == 0 else None

    settings = {"names": ("dummy", "a"), "n_folds": 3, "deadline": 20.0, "n_trials": 2}
    loop, engine, _ = search(answer, **settings, wanted=lambda found: {1: 1.0})
    loop._engine.n_workers = 1
    looked = loop._is_interrupted
    loop._is_interrupted = lambda: len(engine.submitted) > 2 or looked()
    last, times = last_of_each(loop.evaluations())
    assert {(each.state, len(each.folds)) for each in last.values()} == {("partial", 1)}
    assert set(times.values()) == {1}
    assert len(engine.killed) == 1


def test_a_further_fold_may_train_so_long_that_it_still_comes_in_time():
    """Beside training, a fold takes time to be prepared and stored; that is left to the next one as well."""
    stores = lambda candidate, fold: FoldResult(fold, 1.0, fit_seconds=4.0)  # noqa: E731
    loop, engine, _ = search(stores, n_folds=3, seconds=6.0, deadline=20.0, n_trials=2, wanted=lambda found: {1: 1.0})
    list(loop.evaluations())
    assert [fold for _, fold in engine.submitted] == [0, 0, 1]
    assert engine.allowed[2] == pytest.approx(0.9 * 8.0 - 1.3 * 2.0)  # 1.3 * 4.0 if there were more time
    assert engine.timeouts[2] >= engine.allowed[2]
    loop, engine, _ = search(stores, n_folds=3, seconds=6.0, deadline=19.0, n_trials=2, wanted=lambda found: {1: 1.0})
    list(loop.evaluations())
    assert [fold for _, fold in engine.submitted] == [0, 0]  # 7 s are left, and it took 6


def test_a_further_fold_that_fails_leaves_what_was_there():
    """A candidate that was judged well and crashes in a later fold keeps its place, and gets no more folds."""

    def answer(candidate, fold):
        return FoldResult(fold, 1.0, fit_seconds=1.0) if fold == 0 else WorkerDied(-11)

    loop, engine, _ = search(answer, n_folds=3, deadline=60.0, n_trials=2, wanted=lambda found: {1: 1.0})
    last, _ = last_of_each(loop.evaluations())
    assert (last[1].state, last[1].losses) == ("partial", (1.0,))
    assert last[1].reason.startswith("crashed: ")
    assert [fold for _, fold in engine.submitted] == [0, 0, 1]


def test_patience_ends_what_is_begun_and_not_what_is_wanted():
    """So many trials without improvement, and no new one is begun; those that are wanted still get their folds."""
    loop, _, _ = search(ok(1.0), n_folds=3, deadline=90.0, patience=3, wanted=lambda found: {0: 1.0})
    last, _ = last_of_each(loop.evaluations())
    assert len(last) == 4
    assert last[0].state == "complete"
    assert loop.why_stopped == "3 trials brought no improvement"


def test_cheap_candidates_get_all_their_folds_at_once():
    """Where the other folds take next to nothing, nobody waits."""
    loop, _, _ = search(by_setting, n_folds=3, deadline=10_000.0, n_trials=8, wanted=lambda found: {}, races=False)
    assert {each.state for each in loop.evaluations()} == {"complete"}


def test_nobody_waits_where_no_clock_ends_the_search():
    """A search that is to come out the same each time gives every candidate all its folds."""
    loop, _, _ = search(by_setting, n_folds=3, n_trials=8, wanted=lambda found: {}, races=False)
    assert {each.state for each in loop.evaluations()} == {"complete"}


def test_patience_ends_a_search_that_does_not_improve():
    """So many trials in a row without improvement, and it is over."""
    loop, _, _ = search(ok(1.0), n_trials=50, patience=3)
    assert len(list(loop.evaluations())) == 4  # the first one improves on nothing
    assert loop.why_stopped == "3 trials brought no improvement"


def test_a_score_that_is_reached_ends_the_search():
    """The score is compared in the metric's own direction."""
    loop, _, _ = search(ok(0.5), n_trials=50, target_score=0.6)
    assert len(list(loop.evaluations())) == 1
    assert loop.why_stopped == "the score 0.6 is reached"


def test_ctrl_c_winds_up():
    """An interrupted search yields what it has and begins nothing."""
    loop, engine, _ = search(ok(1.0), n_trials=50)
    loop._is_interrupted = lambda: len(engine.submitted) >= 4
    evaluations = list(loop.evaluations())
    assert [each.state for each in evaluations] == ["complete", "partial"]
    assert loop.why_stopped == "it was interrupted"
