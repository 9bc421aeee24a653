"""What a finished search leaves behind: the outcome, the leaderboard, the study's files; and the run."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import numpy as np

from automl.dashboard.publishing import Files
from automl.dashboard.view import SearchView
from automl.ensemble.blend import average_out_of_fold
from automl.errors import warn
from automl.evaluation.leaderboard import (
    EnsembleRow,
    pipeline_id,
    to_csv,
    why_unbound,
)
from automl.evaluation.scale import shared_folds
from automl.run import Run
from automl.search.engines import InProcessEngine
from automl.session.state import Session
from automl.storage.versions import installed_versions
from automl.values.evaluation import Evaluation
from automl.values.honest import HonestLosses
from automl.values.refitted import bag_of
from automl.workplace import LOG


def finish(
    session: Session,
    evaluations: Sequence[Evaluation],
    ensemble: EnsembleRow | None,
    honest: HonestLosses,
    kept: Mapping[str, Any],
) -> Run:
    """Write what was found into the folder and the study, and return the run."""
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


def _own_seconds(session: Session) -> float | None:
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


def _files(session: Session, view: SearchView) -> list[Files]:
    """Return the files that belong to the study."""

    def tables() -> dict[str, bytes]:
        plan = json.dumps(view.plan.to_json(), indent=1)
        return {"leaderboard.csv": to_csv(view.leaderboard).encode(), "plan.json": plan.encode()}

    return [
        ("the leaderboard and the plan", 0.1, tables),
        ("the pictures", 1.0, functools.partial(_pictures, session, view)),
    ]


def _pictures(session: Session, view: SearchView) -> dict[str, bytes]:
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
