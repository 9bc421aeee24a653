"""Which study a search is kept in, what it is about, and whether the folder's is the same."""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import Any

from automl._version import __version__
from automl.data.dataset import WARNED
from automl.errors import PlanError
from automl.preparing import ABSENT
from automl.storage.folder import RunFolder
from automl.storage.stores import MEMORY, shown
from automl.values.plan import Plan


def about(plan: Plan) -> dict[str, str | int | float]:
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


def untold(plan: Plan) -> str:
    """Tell the plan in words, without what was given as a warning already."""
    left_out = {name: reason for name, reason in plan.left_out.items() if reason != ABSENT}
    return replace(plan, notes=(), left_out=left_out).told(without=WARNED)


def study_name(plan: Plan, folder: RunFolder, storage: Any) -> str:
    """Return the name of a study that was given none; in a store of several runs it has to be like no other."""
    name = f"{plan.task.target} · {folder.path.name}"
    if storage is None or storage == MEMORY:
        return name
    earlier = folder.read_json(folder.study_name)["name"] if folder.study_name.exists() else ""
    return earlier if earlier.startswith(name) else f"{name} · {secrets.token_hex(3)}"


def same_study(storage: Any, plan: Plan, folder: RunFolder, name: str) -> dict[str, str]:
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
