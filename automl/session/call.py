"""One call of ``fit``, from what was asked for to the run: read this top to bottom.

The workers have been started before, and load their libraries while the table is being read. Here: describe the
table and state the task, plan, encode, hand over to the workers, search, combine, write, return. Everything that
stays on disk is written by way of :mod:`automl.storage`; the search only yields.
"""

from __future__ import annotations

import contextlib
import functools
import math
import time

import pandas as pd

from automl.assess.honest import NO_TIME
from automl.clock import Clock
from automl.dashboard.publishing import Publisher
from automl.ensemble.blend import build_ensemble
from automl.errors import PlanError, SearchError
from automl.evaluation.leaderboard import (
    TableSpeed,
)
from automl.evaluation.problem import Problem, encoded_directions
from automl.expecting import expected
from automl.pipeline.serial import to_bytes
from automl.preparing import Prepared, prepare
from automl.request import Request
from automl.run import Run
from automl.search.engines import Engine, LocalEngine
from automl.search.interrupt import interruptible
from automl.session.ending import end, judge, refit_one
from automl.session.naming import about, same_study, study_name, untold
from automl.session.searching import has_only_its_floor, search, search_end, self_train, why_nothing
from automl.session.state import Session
from automl.session.writing import finish
from automl.storage.folder import RunFolder
from automl.storage.kept_rows import keep_rows
from automl.storage.predictions import keep_truth
from automl.storage.stores import MEMORY, anchored, shown
from automl.storage.study import StudyMirror
from automl.values.budget import format_duration
from automl.values.evaluation import Evaluation
from automl.values.honest import HonestLosses
from automl.values.plan import Plan
from automl.watching import Teller
from automl.workplace import LOG, dashboard_for

MANY_ROWS = 1_000  # raw rows whose encoding is timed


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


def _search_and_finish(request: Request, prepared: Prepared, folder: RunFolder, engine: Engine, clock: Clock) -> Run:
    plan = prepared.plan
    deadline = clock.search_deadline(prepared.Z.size)
    _refuse_too_small(clock, deadline)
    storage = anchored(request.storage)
    study = same_study(storage, plan, folder, request.study_name or study_name(plan, folder, storage))
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
        mirror.describe(about(plan))
        problem = _problem(prepared, folder)
        keep_truth(folder, problem, prepared.dataset.groups)
        keep_rows(folder, prepared.dataset.X, plan.seed)
        earlier = mirror.finished()
        history = tuple(each for each in earlier if is_history(each, problem))
        tell = closing.enter_context(contextlib.closing(Teller(request, clock, prepared.metric, history)))
        tell("planned", untold(plan))
        url = closing.enter_context(dashboard_for(request, mirror.study, folder))
        if url:
            tell("dashboard", f"Dashboard: {url}")
        # Measured once, and not before the workers have their first tasks.
        table_speed = functools.cache(lambda: table_speed_of(prepared))
        session = Session(
            request, prepared, problem, folder, clock, engine, mirror, publisher, tell, history, table_speed
        )
        evaluations = search(session, search_end(prepared, deadline), is_interrupted)
        told = ""
        if prepared.unlabeled is not None:
            further, told = self_train(session, evaluations, deadline, is_interrupted)
            evaluations += further
            tell("self_trained", told)
        usable = [each for each in evaluations if each.losses]
        cancelled = [each for each in earlier if each not in history and not each.losses]
        evaluations = sorted([*cancelled, *evaluations], key=_number)
        if not usable or has_only_its_floor(evaluations):
            raise SearchError(why_nothing(evaluations, request, is_interrupted()))
        ensemble = None
        if plan.ensemble:
            ensemble = build_ensemble(problem, usable, lambda: clock.has(0.3), session.keeps_to)
            tell("ensembled", "" if ensemble is None else f"{len(ensemble.members)} candidates combined")
        ensemble, finished = end(session, usable, ensemble)
        session.finished.update(finished)
        if not is_interrupted():
            session.refitted.extend(refit_one(session, usable, ensemble))
        kept = {
            "self_training": told,
            "study_name": study["name"],
            "storage": shown(storage) if isinstance(storage, str) else None,
        }
        honest = HonestLosses(reason=NO_TIME)
        if not is_interrupted():
            honest = judge(session, evaluations, ensemble)
        run = finish(session, evaluations, ensemble, honest, kept)
        if storage == MEMORY or not isinstance(storage, str | None) or shown(storage or "") != (storage or ""):
            run.study = mirror.study  # it can't be opened by what is kept of its name
        return run


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


def is_history(evaluation: Evaluation, problem: Problem) -> bool:
    """Tell whether an evaluation of an earlier session still counts: it ended by itself and its files are there."""
    if evaluation.failure is not None and evaluation.failure.kind == "cancelled":
        return False
    return all(
        problem.prediction_path(evaluation.number, fold.fold).exists() for fold in evaluation.folds if fold.is_ok
    )


def _number(evaluation: Evaluation) -> int:
    return evaluation.number


def table_speed_of(prepared: Prepared) -> TableSpeed:
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
