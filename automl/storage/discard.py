"""Making room for a fresh start: an earlier run's folder is deleted, anything else is left alone."""

from __future__ import annotations

import shutil
from pathlib import Path

from automl.errors import StorageError, telling
from automl.storage.folder import RunFolder

_FIRST_NAMES = {".lock", "run.log", "workers.log"}  # what a run leaves that ended before it had a plan


def discard_run(path: Path) -> None:
    """Delete the folder of an earlier run, if there is one.

    Raises
    ------
    StorageError
        If ``path`` is something else than a run's folder or an empty one, a live run is writing to it, or it can't be
        deleted.

    Examples
    --------
    >>> discard_run(Path("no such folder"))
    """
    if not path.exists():
        return
    with telling(path, "read"):
        is_ours = path.is_dir() and (RunFolder.is_run(path) or {each.name for each in path.iterdir()} <= _FIRST_NAMES)
    if not is_ours:
        raise StorageError(f"{path} exists and is not the folder of a run, so it is left alone. Give another folder.")
    with RunFolder.create(path):  # refuses a folder that another program is writing to
        pass
    with telling(path, "deleted"):
        shutil.rmtree(path)
