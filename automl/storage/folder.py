"""The folder of a run: what lies where.

::

    study.db                     the Optuna study (SQLite, write-ahead log)
    study.json                   which study it is, in which store
    plan.json                    what was decided before the search
    run.log                      what happened, a line each
    leaderboard.csv              every trial, the best first
    table.skops                  the fitted table encoder
    ensemble.json                members and weights
    artifacts/                   what the study shows as files: leaderboard, plan, pictures
    rows.parquet                 some training rows, for explanations
    report.html                  the page that run.report() writes if it is given no path
    models/<number>/fold-<k>.skops   the model of a trial's fold
    oof/<number>-<k>.npy         its predictions of the fold's validation rows
    .lock                        held by the program that writes here
    .scratch                     what its workers share while it runs

A program that writes takes the lock first (:meth:`RunFolder.create`); one that reads doesn't need it
(:meth:`RunFolder.open`). Files are written whole or not at all.
"""

from __future__ import annotations

import contextlib
import json
import re
import secrets
import shutil
import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from automl._version import __version__
from automl.errors import StorageError, telling
from automl.storage.disk import read_bytes, write_bytes
from automl.storage.formats import FORMAT
from automl.storage.lock import FolderLock

# What a call writes before its plan; a call that is refused takes it away again.
_EARLY_NAMES = ("run.log", "workers.log", "study.json", "study.db", "study.db-wal", "study.db-shm", ".lock")
_UNFINISHED = re.compile(r"\..+\.[0-9a-f]{8}\.part|(fold-\d+|\d+-\d+)\.part")
_OWN_NAMES = (
    "study.db",
    "leaderboard.csv",
    "table.skops",
    "ensemble.json",
    "models",
    "oof",
    "artifacts",
    "rows.parquet",
)


class RunFolder:
    """A run's folder and the files in it.

    Make one with :meth:`create` (to write) or :meth:`open` (to read). It is a context manager that lets go of the
    lock at the end. If an error ends it before a plan is there, it takes away what it has made since :meth:`create`:
    a call that is refused leaves nothing.

    Attributes
    ----------
    path
        The folder.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as above, RunFolder.create(Path(above) / "run") as folder:
    ...     folder.write_plan({"seed": 0})
    ...     folder.read_plan()
    {'seed': 0}
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = FolderLock(path)
        self._made: list[Path] = []  # folders that this object made, the deepest first
        self._found: frozenset[str] = frozenset()  # what stood in the folder before

    @classmethod
    def create(cls, out: Path | str | None = None) -> RunFolder:
        """Return the folder ``out`` to write to, made if need be, and locked.

        Parameters
        ----------
        out
            The folder, new or of an earlier run; ``None`` makes a new one under ``runs/`` of the working directory,
            named by the time.

        Raises
        ------
        StorageError
            If it can't be made or written, another live run is writing to it, or it is no run's folder but holds
            files that a run would overwrite.
        """
        path = _new_path() if out is None else Path(out).expanduser()
        with telling(path, "made into a run folder"):
            made = [each for each in (path, *path.parents) if not each.exists()]
            path.mkdir(parents=True, exist_ok=True)
            found = frozenset(each.name for each in path.iterdir())
        path = path.resolve()
        folder = cls(path)
        folder._made, folder._found = [each.resolve() for each in made], found
        if not cls.is_run(path) and not (path / ".lock").exists():
            taken = [name for name in _OWN_NAMES if (path / name).exists()]
            if taken:
                raise StorageError(
                    f"The folder {path} is no run's folder, but holds {', '.join(taken)}, which a run would overwrite. "
                    "Give a new or an empty folder."
                )
        try:
            folder._lock.acquire()
        except StorageError:
            folder._take_away()
            raise
        folder._take_unfinished_away()
        return folder

    def _take_unfinished_away(self) -> None:
        """Remove what a program that was killed left half written; files of other names are not ours."""
        with telling(self.path, "written"):
            for pattern in ("", "oof", "artifacts", "models/*"):
                for unfinished in self.path.glob(f"{pattern}/*.part".lstrip("/")):
                    if _UNFINISHED.fullmatch(unfinished.name):
                        unfinished.unlink(missing_ok=True)

    @classmethod
    def open(cls, path: Path | str) -> RunFolder:
        """Return the folder of an earlier run to read from, without a lock.

        Raises
        ------
        StorageError
            If there is no such folder or it is not the folder of a run.
        """
        path = Path(path).expanduser()
        if not path.exists():
            raise StorageError(f"There is no folder {path}. Check the path; `automl fit … --out` told it.")
        if not path.is_dir():
            raise StorageError(f"{path} is a file, not the folder of a run. Give the folder that holds plan.json.")
        if not cls.is_run(path):
            raise StorageError(f"{path} is not the folder of a run: it holds no plan.json. Give the folder of a run.")
        return cls(path.resolve())

    @staticmethod
    def is_run(path: Path | str) -> bool:
        """Tell whether a run has been planned in this folder."""
        return (Path(path) / "plan.json").is_file()

    def close(self) -> None:
        """Let go of the lock."""
        self._lock.release()

    def __enter__(self) -> RunFolder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None and not self.is_run(self.path):
            self._take_away()
        self.close()

    def _take_away(self) -> None:
        """Remove what was made here since :meth:`create`; what stood here before stays."""
        if sys.platform == "win32":
            self.close()  # an open file can't be deleted there; elsewhere the lock is held to the end
        with contextlib.suppress(OSError):  # the error on its way is the one to tell
            for name in _EARLY_NAMES:
                if name not in self._found:
                    (self.path / name).unlink(missing_ok=True)
            for folder in self._made:
                folder.rmdir()

    @property
    def study(self) -> Path:
        """Path of the SQLite study."""
        return self.path / "study.db"

    @property
    def plan(self) -> Path:
        """Path of the plan."""
        return self.path / "plan.json"

    @property
    def log(self) -> Path:
        """Path of the log."""
        return self.path / "run.log"

    @property
    def leaderboard(self) -> Path:
        """Path of the leaderboard."""
        return self.path / "leaderboard.csv"

    @property
    def study_name(self) -> Path:
        """Path of what tells the name and the store of the study."""
        return self.path / "study.json"

    @property
    def table(self) -> Path:
        """Path of the fitted table encoder."""
        return self.path / "table.skops"

    @property
    def ensemble(self) -> Path:
        """Path of the ensemble's members and weights."""
        return self.path / "ensemble.json"

    @property
    def artifacts(self) -> Path:
        """Path of the folder with the study's files, as optuna-dashboard shows them."""
        return self.path / "artifacts"

    @property
    def scratch(self) -> Path:
        """Path of the folder for what workers share, which lasts no longer than the program."""
        return self.path / ".scratch"

    @property
    def truth(self) -> Path:
        """Path of what is true of the rows that folds validate."""
        return self.path / "oof" / "truth.npz"

    @property
    def rows(self) -> Path:
        """Path of the training rows that are kept for explanations."""
        return self.path / "rows.parquet"

    def fold_prediction(self, number: int, fold: int) -> Path:
        """Path of what a trial's fold predicts for its validation rows."""
        return self.path / "oof" / f"{number}-{fold}.npy"

    def fold_model(self, number: int, fold: int) -> Path:
        """Path of the model of a trial's fold."""
        return self.path / "models" / str(number) / f"fold-{fold}.skops"

    def whole_model(self, number: int) -> Path:
        """Return where a trial's model of all rows is kept, if there is one."""
        return self.path / "models" / str(number) / "all-rows.skops"

    def write_bytes(self, path: Path, data: bytes | memoryview) -> None:
        """Write a file whole or not at all; raises :class:`StorageError` as every method here that writes."""
        write_bytes(path, data)

    def write_text(self, path: Path, text: str) -> None:
        """Write a text in UTF-8."""
        write_bytes(path, text.encode("utf-8"))

    def write_json(self, path: Path, data: Any) -> None:
        """Write plain data as indented JSON."""
        self.write_text(path, json.dumps(data, indent=2, ensure_ascii=False) + "\n")

    def read_bytes(self, path: Path) -> bytes:
        """Return a file's content; raises :class:`StorageError` as every method here that reads."""
        return read_bytes(path)

    def read_json(self, path: Path) -> Any:
        """Return what :meth:`write_json` wrote."""
        data = read_bytes(path)
        try:
            return json.loads(data)
        except ValueError as error:
            raise StorageError(f"{path} is damaged: {error}. Start again in another folder.") from error

    def write_plan(self, plan: Mapping[str, Any]) -> None:
        """Write the plan, with the form in which all that follows is kept."""
        self.write_json(self.plan, {"format": FORMAT, "automl": __version__, **plan})

    def read_plan(self) -> dict[str, Any]:
        """Return the plan.

        Raises
        ------
        StorageError
            If it can't be read, or the run is kept in another form than this version's.
        """
        plan = self.read_json(self.plan)
        told, writer = plan.pop("format", 1), plan.pop("automl", __version__)
        if told != FORMAT:
            raise StorageError(
                f"The run in {self.path} was kept in format {told} by automl {writer}; this version ({__version__}) "
                f"reads format {FORMAT}. Open it with that version, or search again in another folder."
            )
        return dict(plan)

    def drop_models(self, numbers: Iterable[int]) -> None:
        """Delete the fold models of these trials; their predictions and their rows in the study stay."""
        for number in numbers:
            path = self.path / "models" / str(number)
            with telling(path, "deleted"):
                if path.is_dir():
                    shutil.rmtree(path)


def _new_path() -> Path:
    while True:
        path = Path.cwd() / "runs" / f"{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(2)}"
        if not path.exists():
            return path
