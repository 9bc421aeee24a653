"""Runs and models by their path, and results as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from automl.errors import PlanError, suggest
from automl.values.join import JoinedTable

if TYPE_CHECKING:
    import pandas as pd

    from automl.run import Run


def loaded(path: str, **options: Any) -> Any:
    """Return the run or the pipeline at ``path``, with the options that were given."""
    import automl

    return automl.load(path, **{name: value for name, value in options.items() if value})


def pipeline_of(opened: Any, model: str, pick: str | None) -> Any:
    """Return the pipeline that is meant: a model file's, or a row of a run's leaderboard."""
    if not hasattr(opened, "leaderboard"):
        if pick is not None:
            raise PlanError(f"--pick {pick} needs a run folder; {model} holds one model.")
        return opened
    if pick is None:
        return opened.best_pipeline
    return opened.pipeline(rank_or_id(pick))


def joins_of(opened: Any, model: str) -> tuple[JoinedTable, ...]:
    """Return what was joined to the training table of a run or of a model file."""
    if hasattr(opened, "leaderboard"):
        joins: tuple[JoinedTable, ...] = opened.plan.joins
        return joins
    from automl.storage.artifact import read_manifest

    return tuple(JoinedTable.from_json(each) for each in read_manifest(model).get("joins", ()))


def moved(joins: Sequence[JoinedTable], tables: Sequence[str]) -> tuple[JoinedTable, ...]:
    """Return joins whose tables are elsewhere now: ``NAME=FILE`` each."""
    places = {}
    for text in tables:
        name, equals, place = text.partition("=")
        if not equals or not place:
            raise PlanError(
                f"--table {text!r} is not of the form NAME=FILE; write for example --table customers=c.csv."
            )
        if name not in [each.name for each in joins]:
            raise PlanError(f"No table {name!r} was joined. {suggest(name, [each.name for each in joins])}")
        places[name] = place
    return tuple(replace(each, source=places.get(each.name, each.source)) for each in joins)


def rank_or_id(pick: str) -> int | str:
    """Return the rank that a number is, or the id."""
    return int(pick) if pick.isdecimal() and len(pick) < 8 else pick


def run_as_json(run: Run) -> dict[str, Any]:
    """Return a run as plain data."""
    rows = rows_of(run.leaderboard)
    return {
        "folder": str(run.folder),
        "target": run.plan.task.target,
        "task": run.plan.task.kind,
        "metric": run.plan.metric,
        "greater_is_better": run.plan.greater_is_better,
        "best": rows[0],
        "leaderboard": rows,
    }


def rows_of(board: pd.DataFrame) -> list[dict[str, Any]]:
    """Return a leaderboard's rows as plain data."""
    rows: list[dict[str, Any]] = json.loads(board.to_json(orient="records", double_precision=15))
    return rows


def as_json_text(value: Any) -> str:
    """Return plain data as JSON; NumPy's scalars as numbers, paths and dates as text."""
    return json.dumps(value, indent=2, ensure_ascii=False, default=_plain)


def _plain(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else str(value)  # a NumPy scalar; a path or a date
