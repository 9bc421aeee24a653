"""Which study is meant: of a run folder, of a file, or behind a URL."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from optuna.storages import BaseStorage
from sqlalchemy.exc import SQLAlchemyError

from automl.errors import PlanError, StorageError
from automl.storage.archive import kept_study, store_of
from automl.storage.existing import disconnect, is_ours, open_existing, study_names
from automl.storage.folder import RunFolder
from automl.storage.stores import shown, told


@dataclass(frozen=True, slots=True)
class OpenStudies:
    """What a dashboard is to show.

    Attributes
    ----------
    storage
        The Optuna storage.
    name
        What it is called in a message.
    study_id
        The study whose page comes first; ``None``: the list of all of them.
    artifacts
        Folder of the study's files; ``None`` where nobody knows it.
    others
        Names of the studies that another program made.
    """

    storage: BaseStorage
    name: str
    study_id: int | None
    artifacts: Path | None
    others: tuple[str, ...]


def open_studies(given: str | None = None, storage: str | None = None) -> OpenStudies:
    """Open what a person named.

    Parameters
    ----------
    given
        A run folder, a SQLite or journal file, or a storage URL; ``None``: the newest run under ``runs/``.
    storage
        The storage of a run whose stored address lacks the password.

    Raises
    ------
    StorageError
        If there is no such thing, no study in it, or it can't be read.
    PlanError
        If ``storage`` is given beside a file or URL.
    """
    if given is None:
        return _of_run(newest_run(), storage)
    if "://" not in given:
        path = Path(given).expanduser()
        if path.is_dir():
            return _of_run(path, storage)
        if not path.exists():
            raise StorageError(
                f"There is nothing at {path}. Give a run folder, such as runs/x, a SQLite or journal file, or a "
                "storage URL."
            )
    if storage is not None:
        raise PlanError(f"storage={shown(storage)!r} goes with a run folder; {shown(given)} is a store already.")
    return _of_store(given)


def newest_run(runs: Path = Path("runs")) -> Path:
    """Return the run folder that was written last.

    Raises
    ------
    StorageError
        If there is none.
    """
    folders = [each for each in sorted(runs.glob("*")) if RunFolder.is_run(each)] if runs.is_dir() else []
    if not folders:
        raise StorageError(
            f"There are no runs in {runs.absolute()} yet. Name a run's folder, or make one with `automl fit` or "
            "`automl demo`."
        )
    return max(folders, key=_written)


def _written(folder: Path) -> float:
    return max(each.stat().st_mtime for each in (folder / "plan.json", folder / "run.log") if each.exists())


def _of_run(path: Path, given: str | None) -> OpenStudies:
    folder = RunFolder.open(path)
    kept = kept_study(folder.path)
    is_beside = given is None and (kept["store"] == folder.study.name or kept["store"].startswith("the given "))
    where = store_of(folder.path, None if is_beside else given or kept["store"])
    storage = open_existing(where)
    names = _names(storage, where)
    study_id = next((number for number, name in names.items() if name == kept["name"]), None)
    if study_id is None:
        disconnect(storage)
        raise StorageError(
            f"The run in {path} keeps its trials in the study {kept['name']!r}, and there is none of that name in "
            f"{shown(where)}. Was it renamed or deleted?"
        )
    return OpenStudies(storage, str(path), study_id, folder.artifacts, _others(storage, names, where))


def _of_store(given: str) -> OpenStudies:
    storage = open_existing(given)
    names = _names(storage, given)
    if not names:
        disconnect(storage)
        raise StorageError(f"There is no study in {shown(given)} yet. Name a run's folder or another store.")
    beside = Path(given).expanduser().parent
    return OpenStudies(
        storage,
        shown(given),
        next(iter(names)) if len(names) == 1 else None,
        RunFolder.open(beside).artifacts if "://" not in given and RunFolder.is_run(beside) else None,
        _others(storage, names, given),
    )


def _names(storage: BaseStorage, where: str | Path) -> dict[int, str]:
    try:
        return study_names(storage, where)
    except StorageError:
        disconnect(storage)
        raise


def _others(storage: BaseStorage, names: dict[int, str], where: str | Path) -> tuple[str, ...]:
    try:
        return tuple(name for number, name in names.items() if not is_ours(storage.get_study_user_attrs(number)))
    except (SQLAlchemyError, OSError) as error:
        disconnect(storage)
        raise StorageError(f"The store {shown(where)} can't be read: {told(error, where)}") from None
