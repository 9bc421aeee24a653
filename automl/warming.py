"""Reading what ``warm_start`` names: a run, a run's folder, or an Optuna study of one."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Any

from automl.errors import PlanError
from automl.search.warm_start import take
from automl.storage.archive import kept_study, stored_evaluations
from automl.storage.existing import is_ours
from automl.storage.folder import RunFolder
from automl.storage.study import evaluations_in
from automl.values.earlier import Earlier
from automl.values.space import SearchSpace


def earlier_search(given: Any, spaces: Mapping[str, SearchSpace], out: str | Path | None) -> Earlier | None:
    """Return what the search that is named lends to one in these spaces; ``None`` if none is.

    Parameters
    ----------
    given
        An :class:`automl.Run`, the path of a run's folder (also of one that did not end), or an Optuna study.
    out
        The folder of the run that asks.

    Raises
    ------
    PlanError
        If it is this run itself, no search of this package's, or nothing in it fits.
    StorageError
        If there is no such run, or its study can't be read.
    """
    if given is None:
        return None
    folder = given if isinstance(given, str | PathLike) else getattr(given, "folder", None)
    if (
        folder is not None
        and out is not None
        and Path(folder).expanduser().resolve() == Path(out).expanduser().resolve()
    ):
        raise PlanError(
            f"warm_start={str(folder)!r} is the folder that this run is written to. Leave warm_start out: the same "
            "call goes on with its own run."
        )
    if hasattr(given, "evaluations"):
        return _taken(f"the run in {given.folder}", given.task.target, given.evaluations, spaces)
    if isinstance(given, str | PathLike):
        path = RunFolder.open(Path(given)).path
        kept = kept_study(path)
        store = None if (path / kept["store"]).exists() else kept["store"]
        return _taken(f"the run in {given}", kept["target"], stored_evaluations(store, kept["name"], path), spaces)
    if not is_ours(given.user_attrs):
        raise PlanError(
            f"warm_start: the study {given.study_name!r} was not made by this package, so its parameters can't be "
            "read. Give a run, a run's folder, or a study of one."
        )
    target = str(given.user_attrs.get("target", ""))
    return _taken(f"the study {given.study_name!r}", target, evaluations_in(given), spaces)


def _taken(source: str, target: str, evaluations: Any, spaces: Mapping[str, SearchSpace]) -> Earlier:
    return take(f"{source} (target {target!r}, {len(evaluations)} trials)", evaluations, spaces)
