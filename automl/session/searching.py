"""From the problem to evaluations: who is tried first, who gets further folds, what is kept of each as it ends."""

from __future__ import annotations

import functools
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

from automl.enlarging import SHARE, SelfTraining
from automl.ensemble.blend import wanted_for_more
from automl.errors import telling
from automl.evaluation.problem import Problem
from automl.evaluation.scale import on_one_scale
from automl.evaluation.whole import asks_for_less
from automl.preparing import DUMMY, Prepared, judges_by_first_fold
from automl.request import Request
from automl.search.bench import Wanted
from automl.search.cost import CostModel
from automl.search.crew import Crew
from automl.search.engines import LocalEngine
from automl.search.ladder import Ladder
from automl.search.loop import Search, first_fold_of
from automl.search.planning import Layout
from automl.search.portfolio import by_worth, learned_of, portfolio
from automl.search.sampler import Sampler
from automl.session.state import Session
from automl.storage.folder import RunFolder
from automl.values.algorithm import DataShape
from automl.values.candidate import Candidate
from automl.values.evaluation import Evaluation, seconds_of
from automl.watching import AnnouncingJournal
from automl.workplace import LOG

MODELS_MOST = 4 << 30  # bytes of fold models that a run folder keeps
REFIT_SHARE = 0.1  # of the search's time, kept for one model of all rows where constraints may ask for it


def search(session: Session, deadline: float | None, is_interrupted: Callable[[], bool]) -> list[Evaluation]:
    """Return the evaluations of an earlier session and of this one, each written and told as it ends."""
    prepared, mirror, tell = session.prepared, session.mirror, session.tell
    shape = _fold_shape(session.problem)
    costs = CostModel(prepared.algorithms, prepared.spaces, shape, prepared.layout.threads)
    supervised = tuple(each for each in session.history if not each.candidate.self_trained)
    orphans = [each for each in mirror.orphans() if not each.self_trained and each.rows is None]
    wanted = _wanted(session)
    sampler = Sampler(
        prepared.spaces,
        [*orphans, *_opening(prepared)],
        prepared.plan.seed,
        [each if wanted is None else first_fold_of(each) for each in supervised if each.candidate.rows is None],
        prepared.plan.strategy,
        in_order=list if deadline is None else _order(prepared, costs),
        prior=() if prepared.plan.warm_start is None else prepared.plan.warm_start.prior,
        counts_seconds=deadline is not None,
    )
    evaluations = list(session.history)
    earlier = {each.number for each in evaluations}
    before = seconds_of(session.history)
    with telling(session.folder.path, "written"):
        handed_over = session.engine.put(session.problem)
    regroup = session.engine.open if isinstance(session.engine, LocalEngine) else None
    search = Search(
        engine=session.engine,
        problem=handed_over,
        sampler=sampler,
        algorithms=prepared.algorithms,
        costs=costs,
        journal=AnnouncingJournal(mirror, tell),
        metric=prepared.metric,
        n_folds=len(prepared.folds),
        budget=prepared.plan.budget,
        clock=time.monotonic,
        deadline=deadline,
        crew=Crew(Layout(session.engine.n_workers, prepared.layout.threads), prepared.most_workers, regroup),
        history=supervised,
        races=prepared.plan.strategy.racing,
        ladder=_ladder(session.problem),
        wanted=wanted,
        is_interrupted=is_interrupted,
    )
    for evaluation in search.evaluations():
        known = {each.number: each for each in evaluations}
        judged = known.get(evaluation.number)  # of what got further folds, the moment counts at which it was judged
        evaluation = replace(evaluation, ended=before + session.clock.used if judged is None else judged.ended)
        evaluations = list({**known, evaluation.number: evaluation}.values())
        mirror.finish(evaluation, session.sortable(evaluation))
        tell.evaluated(evaluation)
        session.publisher.update(functools.partial(session.view, tuple(on_one_scale(evaluations))))
        session.log(evaluation)
        _keep_small(session.folder, evaluations)
    evaluations = on_one_scale(evaluations)
    for each in evaluations:
        if each.state == "partial" and each.number not in earlier:
            mirror.finish(each, session.sortable(each))
    mirror.settle()
    if isinstance(session.engine, LocalEngine) and session.engine.n_workers != prepared.layout.workers:
        session.engine.open(prepared.layout.workers)  # what comes after the search works as planned
    tell.why_stopped = search.why_stopped
    return evaluations


def search_end(prepared: Prepared, deadline: float | None) -> float | None:
    """Return when the search itself ends: earlier where more is to be fitted after it."""
    if deadline is None:
        return None
    share = SHARE if prepared.unlabeled is not None else 0.0
    share += REFIT_SHARE if asks_for_less(prepared.plan.constraints) else 0.0
    return deadline - share * (deadline - time.monotonic())


def self_train(
    session: Session, evaluations: Sequence[Evaluation], deadline: float | None, is_interrupted: Callable[[], bool]
) -> tuple[list[Evaluation], str]:
    """Return what self-training adds, and what came of it in words."""
    work = SelfTraining(
        engine=session.engine,
        problem=session.problem,
        mirror=session.mirror,
        metric=session.prepared.metric,
        threads=session.prepared.layout.threads,
        deadline=deadline,
        is_interrupted=is_interrupted,
    )
    ended = seconds_of(session.history) + session.clock.used
    kept, told = work.run(evaluations, ended, session.sortable)
    for each in kept:
        session.tell.evaluated(each)
        session.log(each)
    LOG.info("%s", told)
    return kept, told


def _opening(prepared: Prepared) -> list[Candidate]:
    """Return what is tried before the sampler's own candidates."""
    plan = prepared.plan
    opening = portfolio(prepared.spaces, plan.task.kind, plan.n_rows, plan.strategy.learned)
    floor = [each for each in opening if each.algorithm == DUMMY]
    return [*floor, *(plan.warm_start.first if plan.warm_start else ()), *(opening if plan.strategy.portfolio else ())]


def _order(prepared: Prepared, costs: CostModel) -> Callable[[Sequence[Candidate]], Sequence[Candidate]]:
    """Return what orders the opening by what it promises per second; what a warm start brings stays first."""
    plan = prepared.plan
    brought = () if plan.warm_start is None else plan.warm_start.first
    learned = learned_of(prepared.spaces, plan.task.kind, plan.n_rows, plan.strategy.learned)
    learned = {candidate: each for candidate, each in learned.items() if candidate not in brought}
    return functools.partial(by_worth, learned=learned, seconds_of=costs.fold_seconds)


def _wanted(session: Session) -> Wanted | None:
    """Return what tells who is worth further folds; ``None`` where all folds of a candidate are to be trained."""
    plan = session.prepared.plan
    if not judges_by_first_fold(plan.strategy, session.prepared.dataset, session.problem.splits):
        return None
    keeps = session.keeps_to
    return functools.partial(wanted_for_more, session.problem, keeps, combines=plan.ensemble)


def _ladder(problem: Problem) -> Ladder | None:
    """Return what leads from the sample to all rows; ``None`` where candidates train on all rows."""
    if not problem.held_back:
        return None
    sample = max(len(train) for train, _ in problem.splits)
    return Ladder(sample, sample + min(len(rows) for rows in problem.held_back))


def _fold_shape(problem: Problem) -> DataShape:
    """Return the shape of the table that a fold trains on."""
    return replace(problem.shape, n_rows=max(len(train) for train, _ in problem.splits))


def _keep_small(folder: RunFolder, evaluations: Sequence[Evaluation]) -> None:
    """Drop the models of the worst trials when all models together grow beyond what a folder keeps."""
    sizes = {each.number: sum(fold.size_bytes for fold in each.folds) for each in evaluations}
    excess = sum(sizes.values()) - MODELS_MOST
    worst_first = sorted(evaluations, key=lambda each: (each.counts, -each.loss if each.losses else 0.0))
    dropped = []
    for each in worst_first[: max(0, len(evaluations) - 20)]:
        if excess <= 0:
            break
        excess -= sizes[each.number]
        dropped.append(each.number)
    folder.drop_models(dropped)


def has_only_its_floor(evaluations: Sequence[Evaluation]) -> bool:
    """Tell whether candidates were tried and every one but the dummy failed on its own account."""
    tried = [each for each in evaluations if each.candidate.algorithm != DUMMY]
    own = ("crashed", "out_of_memory", "bad_prediction")
    return bool(tried) and all(each.failure is not None and each.failure.kind in own for each in tried)


def why_nothing(evaluations: Sequence[Evaluation], request: Request, is_interrupted: bool) -> str:
    """Say why there is no model, and what to do."""
    if not evaluations or all(each.failure and each.failure.kind == "cancelled" for each in evaluations):
        if is_interrupted:
            return "The search was interrupted before any candidate was fitted. Let it run a little longer."
        return (
            f"The budget of {request.budget()} ended before any candidate was fitted. Give more time, fewer rows, or "
            "fast algorithms such as algorithms=['linear']."
        )
    failed = [each for each in evaluations if each.reason]
    causes = Counter(each.reason for each in failed)
    told = "; ".join(f"{cause} ({count}×)" for cause, count in causes.most_common(5))
    return (
        f"None of the {len(failed)} candidates could be fitted: {told}. Mend the cause, or name other algorithms "
        "in algorithms=."
    )
