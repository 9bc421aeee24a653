"""A run that is killed at twenty random moments, and each time gone on with by the same call."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pandas as pd
import pytest
from optuna.trial import FrozenTrial, TrialState
from sklearn.datasets import load_diabetes

import automl
from automl.storage.stores import open_store

pytestmark = [pytest.mark.slow, pytest.mark.end_to_end, pytest.mark.alone, pytest.mark.timeout(1800)]

SEED = 0
KILLS = 20
CALL = """
from pathlib import Path

def tell(update):
    print(update.kind, flush=True)

run = automl.fit(sys.argv[1], "target", algorithms=["dummy", "linear", "nearest_neighbors", "lightgbm"], cv=4,
                 time_budget=None, n_trials=int(sys.argv[3]), n_jobs=2, out=Path(sys.argv[2]), verbose=0,
                 callbacks=[tell])
say(run)
"""
# How a moment is chosen: at once, when a file is half written, or after so many events, and then a random while later.
MOMENTS = [
    ("start", 4.0),
    ("study.db", 0.05),
    ("study.db", 0.2),
    ("plan.json", 0.1),
    ("event 1", 0.3),
    ("event 1", 2.0),
    ("event 2", 0.1),
    ("event 3", 0.5),
    ("event 4", 0.2),
    ("event 5", 1.0),
    ("event 6", 0.05),
    ("part", 0.0),
    ("part", 0.0),
    ("part", 0.01),
    ("last trial", 0.05),
    ("last trial", 0.3),
    ("ensembled", 0.0),
    ("ensembled", 0.2),
    ("ensemble.json", 0.0),
    ("ensemble.json", 0.1),
]


class Watched:
    """A program under way: what it has said, and what stands in its folder."""

    def __init__(self, started: subprocess.Popen[str], folder: Path) -> None:
        self.started = started
        self.folder = folder
        self.events: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self._before = self._stamp()

    def _read(self) -> None:
        assert self.started.stdout is not None
        for line in self.started.stdout:
            self.events.append(line.strip())

    def _stamp(self) -> float:
        path = self.folder / "ensemble.json"
        return path.stat().st_mtime_ns if path.exists() else 0.0

    def has_come(self, moment: str, n_more: int) -> bool:
        """Tell whether the moment is there."""
        told = [each for each in self.events if each == "evaluated"]
        if moment == "start":
            return True
        if moment.startswith("event"):
            return len(self.events) >= int(moment.split()[1])
        if moment == "part":
            return next(self.folder.rglob("*.part"), None) is not None
        if moment == "last trial":
            return len(told) >= n_more
        if moment == "ensemble.json":
            return self._stamp() != self._before
        return moment in self.events or (self.folder / moment).exists()

    def kill(self) -> None:
        """End the whole process group at once, as `kill -9` does."""
        os.killpg(self.started.pid, signal.SIGKILL)
        self.started.wait()
        self._reader.join(10)


def trials_in(folder: Path) -> list[FrozenTrial]:
    """Return the trials of a run that may have ended before it had a study."""
    if not (folder / "study.db").exists():
        return []
    storage = open_store(folder / "study.db")
    names = [each.study_name for each in storage.get_all_studies()]
    trials = optuna.load_study(study_name=names[0], storage=storage).trials if names else []
    del storage
    return trials


def finished_in(trials: list[FrozenTrial]) -> dict[int, float | None]:
    """Return the values of the trials that ended by themselves."""
    return {
        each.number: each.value
        for each in trials
        if each.state.is_finished() and each.user_attrs.get("failure") != "orphaned"
    }


def wait_until(is_there: Callable[[], bool], is_alive: Callable[[], bool], seconds: float = 120) -> None:
    """Wait for a moment; a program that ends before has missed it."""
    until = time.monotonic() + seconds
    while is_alive() and not is_there() and time.monotonic() < until:
        time.sleep(0.002)


@pytest.fixture
def quiet_optuna() -> Iterator[None]:
    """Keep Optuna's announcements off the screen."""
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    yield
    optuna.logging.set_verbosity(before)


@pytest.mark.usefixtures("quiet_optuna")
def test_twenty_kills(program: Any) -> None:
    """Whenever it is killed, the same call goes on: nothing finished is lost, what was running is tried again."""
    rng = random.Random(SEED)
    table, folder = program.folder / "diabetes.csv", program.folder / "run"
    load_diabetes(as_frame=True).frame.to_csv(table, index=False)
    known: dict[int, float | None] = {}
    orphans: dict[str, int] = {}
    for place, (moment, later) in enumerate(MOMENTS[:KILLS]):
        n_more = 3 if moment.startswith(("last", "ens")) else 40
        watched = Watched(program.start(CALL, table, folder, len(known) + n_more), folder)
        wait_until(lambda: watched.has_come(moment, n_more), lambda: watched.started.poll() is None)  # noqa: B023
        time.sleep(rng.uniform(0, later))
        is_over = watched.started.poll() is not None
        watched.kill()
        assert not is_over or watched.started.returncode in (0, -signal.SIGKILL), (place, moment, watched.events)
        assert program.nothing_is_left(), (place, moment)
        trials = trials_in(folder)
        now = finished_in(trials)
        assert {number: now.get(number) for number in known} == known, (place, moment)
        known = now
        for each in trials:
            if each.state is TrialState.RUNNING:
                orphans[each.user_attrs["id"]] = each.number
    assert orphans
    n_trials = len(known) + len(orphans) + 2
    ended = program.run(CALL, table, folder, n_trials)
    run = automl.load(folder)
    trials = run.study.trials
    assert all(each.state.is_finished() for each in trials)
    assert {number: finished_in(trials)[number] for number in known} == known
    assert len(finished_in(trials)) == len(run.evaluations) == n_trials
    assert ended.said["why_stopped"] == f"{n_trials} trials are finished"
    tried = {trials[number].user_attrs["id"] for number in finished_in(trials)}
    assert tried >= orphans.keys()
    for each in trials:
        if each.user_attrs.get("failure") == "orphaned":
            assert each.state is TrialState.FAIL
    assert len({each.candidate for each in run.evaluations}) == n_trials
    rows = pd.read_csv(table).drop(columns="target")
    for each in run.evaluations:
        if each.losses:
            assert np.isfinite(run.pipeline(f"{each.candidate.algorithm}-{each.number}").predict(rows)).all()
    assert np.isfinite(run.predict(rows)).all()
    assert np.isfinite(run.honest().score)
    assert not list(folder.rglob("*.part"))
    assert not (folder / ".scratch").exists()
    assert json.loads((folder / "plan.json").read_text())["budget"]["n_trials"] == n_trials
