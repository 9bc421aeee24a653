"""One call of ``fit``, from what was asked for to the run: read this top to bottom.

The workers have been started before, and load their libraries while the table is being read. Here: describe the
table and state the task, plan, encode, hand over to the workers, search, combine, write, return. Everything that
stays on disk is written here, by way of :mod:`automl.storage`; the search only yields.
"""

from __future__ import annotations

import contextlib
import functools
import json
import math
import secrets
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd

from automl._version import __version__
from automl.assess.honest import NO_TIME, judge_honestly
from automl.clock import Clock
from automl.dashboard.publishing import Files, Publisher
from automl.dashboard.view import SearchView
from automl.data.dataset import WARNED
from automl.enlarging import SHARE, SelfTraining
from automl.ensemble.blend import average_out_of_fold, build_ensemble, wanted_for_more
from automl.ensemble.finishing import finish_rows
from automl.errors import PlanError, SearchError, StorageError, telling, warn
from automl.evaluation.leaderboard import (
    EnsembleRow,
    TableSpeed,
    broken_by,
    cost,
    keeps_to,
    pipeline_id,
    to_csv,
    why_unbound,
)
from automl.evaluation.limits import failure_of
from automl.evaluation.problem import Problem, encoded_directions
from automl.evaluation.scale import on_one_scale, shared_folds
from automl.evaluation.whole import asks_for_less, likely_measured, refit_whole
from automl.expecting import expected
from automl.pipeline.serial import to_bytes
from automl.preparing import ABSENT, DUMMY, Prepared, judges_by_first_fold, prepare
from automl.request import Request
from automl.run import Run
from automl.search.bench import Wanted
from automl.search.cost import CostModel
from automl.search.crew import Crew
from automl.search.engines import Engine, InProcessEngine, LocalEngine
from automl.search.interrupt import interruptible
from automl.search.ladder import Ladder
from automl.search.loop import Search, first_fold_of
from automl.search.planning import Layout
from automl.search.portfolio import by_worth, learned_of, portfolio
from automl.search.sampler import Sampler
from automl.storage.folder import RunFolder
from automl.storage.kept_rows import keep_rows
from automl.storage.predictions import keep_truth
from automl.storage.stores import MEMORY, anchored, shown
from automl.storage.study import StudyMirror
from automl.storage.versions import installed_versions
from automl.values.algorithm import DataShape
from automl.values.budget import format_duration
from automl.values.candidate import Candidate
from automl.values.evaluation import Evaluation, Failure, seconds_of
from automl.values.finish import Finished
from automl.values.honest import UNKNOWN, HonestLosses
from automl.values.metric import Metric
from automl.values.plan import Plan
from automl.values.refitted import Refitted, bag_of
from automl.watching import AnnouncingJournal, Teller
from automl.workplace import LOG, dashboard_for

SORTED = ("one_row_ms", "size_mb")  # what a study's viewer sorts trials by
MANY_ROWS = 1_000  # raw rows whose encoding is timed
REFIT_SHARE = 0.1  # of the search's time, kept for one model of all rows where constraints may ask for it
REFIT_RESERVE = 0.8  # seconds of the budget that such a fit leaves
MODELS_MOST = 4 << 30  # bytes of fold models that a run folder keeps


def run_session(request: Request, folder: RunFolder, engine: Engine, clock: Clock) -> Run:
    """Return the run that ``request`` asks for; ``clock`` has been running since the call."""
    prepared = prepare(request, _earlier_plan(request, folder))
    if isinstance(engine, LocalEngine):
        engine.open(prepared.layout.workers)
    return _search_and_finish(request, prepared, folder, engine, clock)


def _earlier_plan(request: Request, folder: RunFolder) -> Plan | None:
    """Return the plan of the run that is gone on with, if there is one."""
    is_resumed = request.resume and folder.is_run(folder.path)
    return Plan.from_json(folder.read_plan()) if is_resumed else None


def make_plan(request: Request) -> Plan:
    """Return what :func:`run_session` would do, without starting a worker or writing a file."""
    return expected(prepare(request))


@dataclass(frozen=True, slots=True)
class _Session:
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


def _search_and_finish(request: Request, prepared: Prepared, folder: RunFolder, engine: Engine, clock: Clock) -> Run:
    plan = prepared.plan
    deadline = clock.search_deadline(prepared.Z.size)
    _refuse_too_small(clock, deadline)
    storage = anchored(request.storage)
    study = _same_study(storage, plan, folder, request.study_name or _study_name(plan, folder, storage))
    with (
        contextlib.closing(
            StudyMirror.open(
                storage,
                folder,
                name=study["name"],
                metric=prepared.metric,
                algorithms=prepared.spaces,
                fingerprint=plan.fingerprints,
                resume=request.resume,
            )
        ) as mirror,
        Publisher(mirror.study, folder.artifacts) as publisher,
        interruptible() as is_interrupted,
        contextlib.ExitStack() as closing,
    ):
        folder.write_json(folder.study_name, study)
        folder.write_plan(plan.to_json())
        folder.write_bytes(folder.table, to_bytes(prepared.table))
        LOG.info("%s", plan)
        mirror.describe(_about(plan))
        problem = _problem(prepared, folder)
        keep_truth(folder, problem, prepared.dataset.groups)
        keep_rows(folder, prepared.dataset.X, plan.seed)
        earlier = mirror.finished()
        history = tuple(each for each in earlier if _is_history(each, problem))
        tell = closing.enter_context(contextlib.closing(Teller(request, clock, prepared.metric, history)))
        tell("planned", _untold(plan))
        url = closing.enter_context(dashboard_for(request, mirror.study, folder))
        if url:
            tell("dashboard", f"Dashboard: {url}")
        # Measured once, and not before the workers have their first tasks.
        table_speed = functools.cache(lambda: _table_speed(prepared))
        session = _Session(
            request, prepared, problem, folder, clock, engine, mirror, publisher, tell, history, table_speed
        )
        evaluations = _search(session, _search_end(prepared, deadline), is_interrupted)
        told = ""
        if prepared.unlabeled is not None:
            further, told = _self_train(session, evaluations, deadline, is_interrupted)
            evaluations += further
            tell("self_trained", told)
        usable = [each for each in evaluations if each.losses]
        cancelled = [each for each in earlier if each not in history and not each.losses]
        evaluations = sorted([*cancelled, *evaluations], key=_number)
        if not usable or _has_only_its_floor(evaluations):
            raise SearchError(_why_nothing(evaluations, request, is_interrupted()))
        ensemble = None
        if plan.ensemble:
            ensemble = build_ensemble(problem, usable, lambda: clock.has(0.3), functools.partial(_keeps_to, session))
            tell("ensembled", "" if ensemble is None else f"{len(ensemble.members)} candidates combined")
        ensemble, finished = _end(session, usable, ensemble)
        session.finished.update(finished)
        if not is_interrupted():
            session.refitted.extend(_refit_one(session, usable, ensemble))
        kept = {
            "self_training": told,
            "study_name": study["name"],
            "storage": shown(storage) if isinstance(storage, str) else None,
        }
        honest = HonestLosses(reason=NO_TIME)
        if not is_interrupted():
            honest = _judge(session, evaluations, ensemble)
        run = _finish(session, evaluations, ensemble, honest, kept)
        if storage == MEMORY or not isinstance(storage, str | None) or shown(storage or "") != (storage or ""):
            run.study = mirror.study  # it can't be opened by what is kept of its name
        return run


def _about(plan: Plan) -> dict[str, str | int | float]:
    """Return what a study is about, in a few words."""
    return {
        "target": plan.task.target,
        "task": plan.task.kind,
        "metric": f"{plan.metric}, {'higher' if plan.greater_is_better else 'lower'} is better",
        "rows": plan.n_rows,
        "columns": len(plan.schema),
        "validation": plan.folds.name,
        "made by": f"automl {__version__}",
    }


def _untold(plan: Plan) -> str:
    """Tell the plan in words, without what was given as a warning already."""
    left_out = {name: reason for name, reason in plan.left_out.items() if reason != ABSENT}
    return replace(plan, notes=(), left_out=left_out).told(without=WARNED)


def _study_name(plan: Plan, folder: RunFolder, storage: Any) -> str:
    """Return the name of a study that was given none; in a store of several runs it has to be like no other."""
    name = f"{plan.task.target} · {folder.path.name}"
    if storage is None or storage == MEMORY:
        return name
    earlier = folder.read_json(folder.study_name)["name"] if folder.study_name.exists() else ""
    return earlier if earlier.startswith(name) else f"{name} · {secrets.token_hex(3)}"


def _same_study(storage: Any, plan: Plan, folder: RunFolder, name: str) -> dict[str, str]:
    """Return which study this is; refuse a folder of another one, whose models would be overwritten."""
    now = {
        "target": plan.task.target,
        "name": name,
        "store": shown(folder.study.name if storage is None else storage),
    }
    if not folder.study_name.exists():
        return now
    then = folder.read_json(folder.study_name)
    if then["target"] != now["target"]:
        raise PlanError(
            f"The run in {folder.path} can't be gone on with, because the target changed since it began: it was "
            f"{then['target']!r}. Give another folder (out=…)."
        )
    if then != now:
        raise PlanError(
            f"The run in {folder.path} keeps its trials in the study {then['name']!r} in {then['store']}, not in "
            f"{now['name']!r} in {now['store']}. Give the same study_name and storage, or another folder (out=…)."
        )
    return now


def _refuse_too_small(clock: Clock, deadline: float | None) -> None:
    if deadline is not None and deadline <= time.monotonic():
        budget = (clock.end or 0) - clock.started
        raise PlanError(
            f"A time budget of {format_duration(budget)} is too small: reading and describing the table alone took "
            f"{clock.used:.1f} s. Give at least {max(5.0, 4 * clock.used):.0f} s."
        )


def _problem(prepared: Prepared, folder: RunFolder) -> Problem:
    dataset = prepared.dataset
    return Problem(
        Z=prepared.Z,
        y=dataset.y,
        weight=dataset.weight,
        n_levels=tuple(prepared.table.n_levels_),
        misspelt=prepared.table.misspelt_codes,
        splits=prepared.folds.splits,
        task=dataset.task,
        metric=prepared.metric,
        further=prepared.further,
        algorithms=prepared.algorithms,
        folder=folder.path,
        cache=folder.scratch,
        seed=prepared.plan.seed,
        shares_preparation=prepared.plan.strategy.shared_preparation,
        monotone=encoded_directions(prepared.table, prepared.plan.constraints.directions),
        rule=prepared.rule,
        fairness=prepared.fairness,
        unlabeled=prepared.unlabeled,
        held_back=prepared.held_back,
    )


def _is_history(evaluation: Evaluation, problem: Problem) -> bool:
    """Tell whether an evaluation of an earlier session still counts: it ended by itself and its files are there."""
    if evaluation.failure is not None and evaluation.failure.kind == "cancelled":
        return False
    return all(
        problem.prediction_path(evaluation.number, fold.fold).exists() for fold in evaluation.folds if fold.is_ok
    )


def _number(evaluation: Evaluation) -> int:
    return evaluation.number


def _search(session: _Session, deadline: float | None, is_interrupted: Callable[[], bool]) -> list[Evaluation]:
    prepared, mirror, tell = session.prepared, session.mirror, session.tell
    shape = _fold_shape(session.problem)
    # One learns from what is timed; a search that is to come out the same each time may only know what is declared.
    costs, declared = (
        CostModel(prepared.algorithms, prepared.spaces, shape, prepared.layout.threads) for _ in range(2)
    )
    supervised = tuple(each for each in session.history if not each.candidate.self_trained)
    orphans = [each for each in mirror.orphans() if not each.self_trained and each.rows is None]
    wanted = _wanted(session)
    sampler = Sampler(
        prepared.spaces,
        [*orphans, *_opening(prepared)],
        prepared.plan.seed,
        [each if wanted is None else first_fold_of(each) for each in supervised if each.candidate.rows is None],
        prepared.plan.strategy,
        in_order=_order(prepared, costs if deadline is not None else declared),
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
        mirror.finish(evaluation, _sortable(evaluation, session.table_speed()))
        tell.evaluated(evaluation)
        session.publisher.update(functools.partial(session.view, tuple(on_one_scale(evaluations))))
        _log_evaluation(evaluation, prepared.metric)
        _keep_small(session.folder, evaluations)
    evaluations = on_one_scale(evaluations)
    for each in evaluations:
        if each.state == "partial" and each.number not in earlier:
            mirror.finish(each, _sortable(each, session.table_speed()))
    mirror.settle()
    if isinstance(session.engine, LocalEngine) and session.engine.n_workers != prepared.layout.workers:
        session.engine.open(prepared.layout.workers)  # what comes after the search works as planned
    tell.why_stopped = search.why_stopped
    return evaluations


def _search_end(prepared: Prepared, deadline: float | None) -> float | None:
    """Return when the search itself ends: earlier where more is to be fitted after it."""
    if deadline is None:
        return None
    share = SHARE if prepared.unlabeled is not None else 0.0
    share += REFIT_SHARE if asks_for_less(prepared.plan.constraints) else 0.0
    return deadline - share * (deadline - time.monotonic())


def _self_train(
    session: _Session, evaluations: Sequence[Evaluation], deadline: float | None, is_interrupted: Callable[[], bool]
) -> tuple[list[Evaluation], str]:
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
    kept, told = work.run(evaluations, ended, lambda each: _sortable(each, session.table_speed()))
    for each in kept:
        session.tell.evaluated(each)
        _log_evaluation(each, session.prepared.metric)
    LOG.info("%s", told)
    return kept, told


def _opening(prepared: Prepared) -> list[Candidate]:
    """Return what is tried before the sampler's own candidates."""
    plan = prepared.plan
    opening = portfolio(prepared.spaces, plan.task.kind, plan.n_rows, plan.strategy.learned)
    floor = [each for each in opening if each.algorithm == DUMMY]
    return [*floor, *(plan.warm_start.first if plan.warm_start else ()), *(opening if plan.strategy.portfolio else ())]


def _order(prepared: Prepared, costs: CostModel) -> Callable[[Sequence[Candidate]], Sequence[Candidate]]:
    """Return what orders the opening by what its candidates promise per second."""
    plan = prepared.plan
    learned = learned_of(prepared.spaces, plan.task.kind, plan.n_rows, plan.strategy.learned)
    return functools.partial(by_worth, learned=learned, seconds_of=costs.fold_seconds)


def _wanted(session: _Session) -> Wanted | None:
    """Return what tells who is worth further folds; ``None`` where all folds of a candidate are to be trained."""
    plan = session.prepared.plan
    if not judges_by_first_fold(plan.strategy, session.prepared.dataset, session.problem.splits):
        return None
    keeps = functools.partial(_keeps_to, session)
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


def _sortable(evaluation: Evaluation, table: TableSpeed) -> dict[str, float | None]:
    return {
        **(
            {name: value for name, value in cost([evaluation], table).items() if name in SORTED}
            if evaluation.losses
            else {}
        ),
        "complexity": evaluation.complexity,
    }


def _log_evaluation(evaluation: Evaluation, metric: Metric) -> None:
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


def _has_only_its_floor(evaluations: Sequence[Evaluation]) -> bool:
    """Tell whether candidates were tried and every one but the dummy failed on its own account."""
    tried = [each for each in evaluations if each.candidate.algorithm != DUMMY]
    own = ("crashed", "out_of_memory", "bad_prediction")
    return bool(tried) and all(each.failure is not None and each.failure.kind in own for each in tried)


def _why_nothing(evaluations: Sequence[Evaluation], request: Request, is_interrupted: bool) -> str:
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


def _keeps_to(session: _Session, members: Sequence[Evaluation]) -> bool:
    return keeps_to(members, session.prepared.plan.constraints, session.table_speed())


def _end(
    session: _Session, evaluations: Sequence[Evaluation], ensemble: EnsembleRow | None
) -> tuple[EnsembleRow | None, dict[str, Finished]]:
    """Return the ensemble and the best rows with what is done to their probabilities at the very end."""
    finished = finish_rows(
        session.problem,
        evaluations,
        ensemble,
        lambda: session.clock.has(0.5),
        functools.partial(_keeps_to, session),
    )
    if ensemble is None or "ensemble" not in finished:
        return ensemble, finished
    mine = finished["ensemble"]
    LOG.info("the ensemble ends with %s", mine.finish.told(session.prepared.plan.task.classes))
    whole = replace(
        ensemble, loss=mine.loss, std=mine.std, further={**ensemble.further, **mine.further}, gaps=mine.gaps
    )
    return whole, finished


def _refit_one(session: _Session, evaluations: Sequence[Evaluation], ensemble: EnsembleRow | None) -> list[Refitted]:
    """Fit the best candidate on all rows whose bag takes too much and whose single model may not, within the time.

    Nothing is to be won where a row that keeps to the constraints is as good already.
    """
    constraints, table = session.prepared.plan.constraints, session.table_speed()
    if not asks_for_less(constraints):
        return []
    board = session.view(evaluations, ensemble).leaderboard
    by_id = {pipeline_id(each): each for each in evaluations if each.counts}
    for row in board.sort_values("score", ascending=not session.prepared.metric.greater_is_better).to_dict("records"):
        if not broken_by(row, constraints) and row["id"] == board["id"].iloc[0]:
            return []
        chosen = by_id.get(str(row["id"]))
        if chosen is None or chosen.candidate.algorithm == DUMMY or chosen.candidate.self_trained:
            continue
        bag = cost([chosen], table)
        if constraints.excess({**bag, **likely_measured(chosen, bag, 1000 * table.one_row_seconds)}) <= 1:
            return _refit_within(session, chosen)
    return []


def _refit_within(session: _Session, chosen: Evaluation) -> list[Refitted]:
    """Fit a candidate on all rows in a worker, which is killed when the time is up."""
    left = None if session.clock.left is None else session.clock.left - REFIT_RESERVE
    if left is not None and left <= 0:
        LOG.info("no time was left to fit %s on all rows", pipeline_id(chosen))
        return []
    with telling(session.folder.path, "written"):
        problem = session.engine.put(session.problem)
    threads = session.prepared.layout.threads
    future = session.engine.submit(refit_whole, problem, chosen, threads, timeout=left)
    error = future.exception()
    if isinstance(error, StorageError):
        raise error
    outcome = failure_of(error) if error is not None else future.result()
    if isinstance(outcome, Failure):
        LOG.info("%s could not be fitted on all rows: %s", pipeline_id(chosen), outcome)
        return []
    return [outcome]


def _judge(session: _Session, evaluations: Sequence[Evaluation], ensemble: EnsembleRow | None) -> HonestLosses:
    """Make the scores honest, within their share of the time."""
    plan, clock = session.prepared.plan, session.clock
    until = time.monotonic() + clock.honest_seconds
    honest = judge_honestly(
        session.folder,
        evaluations,
        session.prepared.metric,
        plan.task,
        best=bag_of(str(session.view(evaluations, ensemble).leaderboard["id"].iloc[0])),
        ensemble=ensemble,
        keeps_to=functools.partial(_keeps_to, session),
        finished=session.finished,
        seed=plan.seed,
        may_go_on=lambda: time.monotonic() < until and clock.has(0.5),
    )
    LOG.info("honest scores from %d resamples of %d rows. %s", honest.n_resamples, honest.n_rows, honest.reason)
    return honest


def _finish(
    session: _Session,
    evaluations: Sequence[Evaluation],
    ensemble: EnsembleRow | None,
    honest: HonestLosses,
    kept: Mapping[str, Any],
) -> Run:
    prepared, folder, clock, tell = session.prepared, session.folder, session.clock, session.tell
    outcome: dict[str, Any] = {
        **kept,
        "why_stopped": tell.why_stopped,
        "table": asdict(session.table_speed()),
        "seconds": clock.used,
        "coordinator_seconds": _own_seconds(session),
        "ensemble": None if ensemble is None else _as_outcome(ensemble),
        "finished": {name: each.to_json() for name, each in session.finished.items()},
        "refitted": [each.to_json() for each in session.refitted],
        "honest": honest.to_json(),
        "versions": installed_versions(),
        "ended": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    folder.write_json(folder.ensemble, outcome)
    run = Run(
        folder,
        prepared.plan,
        prepared.metric,
        evaluations,
        outcome,
        algorithms=prepared.algorithms,
        trusts_folder=True,
    )
    folder.write_text(folder.leaderboard, to_csv(run.leaderboard))
    if (nothing := why_unbound(run.leaderboard, prepared.plan.constraints)) is not None:
        warn(nothing)
    view = session.view(evaluations, ensemble, tell.why_stopped, honest)
    left_out = session.publisher.finish(view, _files(session, view), clock.has)
    if left_out:
        LOG.info("no time was left to write %s into the study", " and ".join(left_out))
    tell("finished", f"best: {run.leaderboard.iloc[0]['id']}")
    LOG.info("ended after %.1f s because %s", clock.used, tell.why_stopped)
    LOG.info("%s", run.statistics)
    return run


def _own_seconds(session: _Session) -> float | None:
    """Return the processor time of this process; ``None`` where it is not the coordinator's alone or not all of it."""
    is_whole = not session.history and not isinstance(session.engine, InProcessEngine)
    return session.clock.processor_seconds if is_whole else None


def _as_outcome(ensemble: EnsembleRow) -> dict[str, Any]:
    weights = zip(ensemble.members, ensemble.weights, strict=True)
    return {
        "weights": {pipeline_id(each): weight for each, weight in weights},
        "loss": ensemble.loss,
        "std": ensemble.std if np.isfinite(ensemble.std) else None,
        "further": dict(ensemble.further),
        "gaps": dict(ensemble.gaps),
    }


def _files(session: _Session, view: SearchView) -> list[Files]:
    """Return the files that belong to the study."""

    def tables() -> dict[str, bytes]:
        plan = json.dumps(view.plan.to_json(), indent=1)
        return {"leaderboard.csv": to_csv(view.leaderboard).encode(), "plan.json": plan.encode()}

    return [
        ("the leaderboard and the plan", 0.1, tables),
        ("the pictures", 1.0, functools.partial(_pictures, session, view)),
    ]


def _pictures(session: _Session, view: SearchView) -> dict[str, bytes]:
    """Return pictures of what the best row predicts, for the rows that all its members have predicted."""
    from automl.dashboard.pictures import best_pictures

    best = str(view.leaderboard["id"].iloc[0])
    members, shares = _best(view, best)
    folds = shared_folds(members)
    if not folds:
        return {}
    rows = session.problem.validated_in(folds)
    prediction = average_out_of_fold(session.problem, members, shares, rows, folds)
    return best_pictures(view, session.problem.y[rows], view.finish(best).tempered(prediction), title_of=best)


def _best(view: SearchView, name: str) -> tuple[Sequence[Evaluation], Sequence[float]]:
    """Return whose predictions the pipeline of that name averages, and with which weights."""
    if view.ensemble is not None and name == "ensemble":
        return view.ensemble.members, view.ensemble.weights
    return [each for each in view.evaluations if pipeline_id(each) == bag_of(name)], [1.0]


def _table_speed(prepared: Prepared) -> TableSpeed:
    """Return how long encoding raw rows takes: the best of three, for one row and for many."""

    def seconds(rows: pd.DataFrame) -> float:
        best = math.inf
        for _ in range(3):
            began = time.perf_counter()
            prepared.table.transform(rows)
            best = min(best, time.perf_counter() - began)
        return best

    X = prepared.dataset.X
    many = X.head(MANY_ROWS)
    return TableSpeed(one_row_seconds=seconds(X.head(1)), seconds_per_row=seconds(many) / len(many))
