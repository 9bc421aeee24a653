"""A study that was written earlier, opened to read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import optuna
from sqlalchemy.exc import SQLAlchemyError

from automl.errors import StorageError
from automl.storage.disk import read_bytes
from automl.storage.stores import MEMORY, open_store, shown, told
from automl.storage.study import Store, evaluations_in
from automl.values.evaluation import Evaluation


def store_of(folder: Path, store: Store | None) -> Any:
    """Return where the study of a run is: ``store``, or ``study.db`` in its folder.

    Raises
    ------
    StorageError
        If it is gone, or its address lacks the password.
    """
    where: Any = folder / "study.db" if store is None else store
    if isinstance(where, str) and where == shown(where) and "***" in where:
        raise StorageError(
            f"The run in {folder} keeps its study in {where}, and passwords are not kept with a run. Give the whole "
            "address: automl.load(folder, storage=…), or --storage on the command line."
        )
    kept = kept_study(folder)["store"] if (folder / "study.json").exists() else None
    if where == MEMORY or (store is None and kept not in (None, where.name) and not where.exists()):
        raise StorageError(
            f"The run in {folder} kept its study in {kept}, which is gone. Only a study whose storage= was left out, a "
            "URL or a path can be opened again."
        )
    if store is None and not where.exists():
        raise StorageError(f"The run in {folder} has no study: {where.name} is missing.")
    return where


def kept_study(folder: Path) -> dict[str, str]:
    """Return what a run's folder tells of its study: ``target``, ``name`` and ``store`` (without a password).

    Raises
    ------
    StorageError
        If it tells nothing.
    """
    path = folder / "study.json"
    if not path.exists():
        raise StorageError(f"The run in {folder} has no study: {path.name} is missing.")
    try:
        told_study = json.loads(read_bytes(path))
        return {key: str(told_study[key]) for key in ("target", "name", "store")}
    except (ValueError, LookupError, TypeError) as error:
        raise StorageError(f"{path} is damaged: {error}. Start again in another folder.") from error


def open_study(store: Store | None, name: str, folder: Path) -> optuna.Study:
    """Return the study ``name`` of a run, from its own store or ``study.db`` in its folder.

    Raises
    ------
    StorageError
        If there is no such study or the store can't be reached.
    """
    where = store_of(folder, store)
    try:
        return optuna.load_study(study_name=name, storage=open_store(where), sampler=optuna.samplers.RandomSampler())
    except KeyError:
        raise StorageError(f"There is no study {name!r} in {shown(where)}.") from None
    except (SQLAlchemyError, OSError) as error:
        raise StorageError(f"The study in {shown(where)} can't be read: {told(error, where)}") from None


def stored_evaluations(store: Store | None, name: str, folder: Path) -> list[Evaluation]:
    """Return the evaluations that a run's study holds, by number."""
    return evaluations_in(open_study(store, name, folder))
