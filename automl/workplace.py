"""What a run needs around it while it lasts: workers, a scratch folder, a log file, and a dashboard if asked for.

Nothing heavy is imported here: the workers begin to load their libraries before this process loads its own.
"""

from __future__ import annotations

import contextlib
import logging
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from automl.errors import PlanError, StorageError, telling, warn
from automl.registry import algorithms, resolve
from automl.request import Algorithms, Request
from automl.search.engines import PRELOAD, Engine, InProcessEngine, LocalEngine, available_cores, available_memory
from automl.storage.folder import RunFolder

if TYPE_CHECKING:
    import optuna

LOG = logging.getLogger("automl")
DASHBOARD_NICENESS = 10  # the search has the processor first


@contextlib.contextmanager
def workplace(request: Request) -> Iterator[tuple[RunFolder, Engine]]:
    """Give the run's folder, with its log and its scratch folder, and the workers."""
    with (
        RunFolder.create(request.out) as folder,
        log_to(folder),
        scratch_in(folder),
        engine_for(request, folder) as engine,
    ):
        yield folder, engine


@contextlib.contextmanager
def engine_for(request: Request, folder: RunFolder) -> Iterator[Engine]:
    """Start the workers, or use the caller's engine, which the caller closes."""
    if not isinstance(request.engine, str):
        yield request.engine
        return
    engine: Engine
    if request.engine == "inprocess":
        engine = InProcessEngine()
    else:
        cores = request.cores(available_cores())
        engine = LocalEngine(
            cores,
            preload=_preload(request.algorithms),
            memory_limit=request.memory(available_memory()),
            scratch=folder.scratch,
            log=folder.path / "workers.log",
        )
        engine.start()
    with contextlib.closing(engine):
        yield engine


def _preload(chosen: Algorithms) -> tuple[str, ...]:
    """Return the modules that workers import before their first task; not a booster that nobody asked for."""
    optional = {module for each in algorithms().values() for module in each.requires if module != "sklearn"}
    wanted = dict.fromkeys(module for each in resolve(chosen)[0] for module in each.requires)
    always = [module for module in PRELOAD if module not in optional]
    return tuple(dict.fromkeys([*always, *wanted, "automl.evaluation.fold"]))


@contextlib.contextmanager
def scratch_in(folder: RunFolder) -> Iterator[None]:
    """Give a folder for what workers share, on the run folder's disk; it is gone afterwards."""
    shutil.rmtree(folder.scratch, ignore_errors=True)  # of a program that was killed here
    with telling(folder.path, "written"):
        folder.scratch.mkdir()
    try:
        yield
    finally:
        shutil.rmtree(folder.scratch, ignore_errors=True)


@contextlib.contextmanager
def log_to(folder: RunFolder) -> Iterator[None]:
    """Write what the run does into its log file, a line a decision."""
    with telling(folder.log, "written"):
        handler = _LogFile(folder.log, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    before = LOG.level
    LOG.addHandler(handler)
    LOG.setLevel(logging.INFO)
    try:
        yield
    finally:
        LOG.setLevel(before)
        LOG.removeHandler(handler)
        handler.close()


class _LogFile(logging.FileHandler):
    """A log file whose disk errors are told like those of any other file, not printed."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  # logging's name
        """Raise what went wrong in writing ``record``."""
        del record
        with telling(Path(self.baseFilename), "written"):
            raise


@contextlib.contextmanager
def dashboard_for(request: Request, study: optuna.Study, folder: RunFolder) -> Iterator[str]:
    """Serve the study while the run lasts, if that was asked for, and give its address; empty if there is none.

    It costs the run nothing but a process that steps back behind the workers, and one that can't be served costs a
    warning.
    """
    if not request.dashboard:
        yield ""
        return
    from automl.dashboard.process import show

    try:
        dashboard = show(study, folder.artifacts, niceness=DASHBOARD_NICENESS)
    except (PlanError, StorageError) as error:
        warn(f"There is no dashboard; the search goes on without it. {error}")
        yield ""
        return
    with dashboard:
        if request.verbose and sys.stderr is not None and sys.stderr.isatty():
            dashboard.open()
        yield dashboard.url
    if dashboard.problem:
        warn(f"There was no dashboard during the search: {dashboard.problem}")
