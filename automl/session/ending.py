"""After the search, within its share of the time: temperature and thresholds, one model of all rows, honest scores."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

from automl.assess.honest import judge_honestly
from automl.ensemble.finishing import finish_rows
from automl.errors import StorageError, telling
from automl.evaluation.leaderboard import (
    EnsembleRow,
    broken_by,
    cost,
    pipeline_id,
)
from automl.evaluation.limits import failure_of
from automl.evaluation.whole import asks_for_less, likely_measured, refit_whole
from automl.preparing import DUMMY
from automl.session.state import Session
from automl.values.evaluation import Evaluation, Failure
from automl.values.finish import Finished
from automl.values.honest import HonestLosses
from automl.values.refitted import Refitted, bag_of
from automl.workplace import LOG

REFIT_RESERVE = 0.8  # seconds of the budget that a fit on all rows leaves


def end(
    session: Session, evaluations: Sequence[Evaluation], ensemble: EnsembleRow | None
) -> tuple[EnsembleRow | None, dict[str, Finished]]:
    """Return the ensemble and the best rows with what is done to their probabilities at the very end."""
    finished = finish_rows(
        session.problem,
        evaluations,
        ensemble,
        lambda: session.clock.has(0.5),
        session.keeps_to,
    )
    if ensemble is None or "ensemble" not in finished:
        return ensemble, finished
    mine = finished["ensemble"]
    LOG.info("the ensemble ends with %s", mine.finish.told(session.prepared.plan.task.classes))
    whole = replace(
        ensemble, loss=mine.loss, std=mine.std, further={**ensemble.further, **mine.further}, gaps=mine.gaps
    )
    return whole, finished


def refit_one(session: Session, evaluations: Sequence[Evaluation], ensemble: EnsembleRow | None) -> list[Refitted]:
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


def _refit_within(session: Session, chosen: Evaluation) -> list[Refitted]:
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


def judge(session: Session, evaluations: Sequence[Evaluation], ensemble: EnsembleRow | None) -> HonestLosses:
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
        keeps_to=session.keeps_to,
        finished=session.finished,
        seed=plan.seed,
        may_go_on=lambda: time.monotonic() < until and clock.has(0.5),
    )
    LOG.info("honest scores from %d resamples of %d rows. %s", honest.n_resamples, honest.n_rows, honest.reason)
    return honest
