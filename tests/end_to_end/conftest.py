"""Programs as a user would start them, the algorithms that misbehave in them, and who is left when they end.

A test writes the body of a program; ``program`` runs it as a script, from standard input, with ``-c`` or in a module
made on the spot, and says how it ended. Every process that such a program starts inherits a mark in its environment,
by which those that outlive it are found.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import psutil
import pytest

ROOT = Path(__file__).parents[2]
MARK = "AUTOML_TEST_MARK"
PATIENCE = 120.0

# What programs begin with. Nothing heavy is imported, so that a budget pays for the imports as it would for a user.
PRELUDE = """
import ctypes, json, os, signal, sys, time
began = time.monotonic()
import automl

def own(name, model, **settings):
    settings.setdefault("space", lambda shape: automl.SearchSpace(automl.Int("k", 1, 8)))
    return automl.Algorithm(name, build=lambda config, context: model(**config), **settings)

def fits(action):
    class Model:
        def __init__(self, k=1):
            self.k = k
        def fit(self, X, y):
            action()
            return self
    return Model

def tree(k=1):
    from sklearn.tree import DecisionTreeClassifier
    return DecisionTreeClassifier(max_depth=k, random_state=0)

def spin():
    while True:
        pass

def eat():
    import numpy as np
    held = []
    while True:
        held.append(np.zeros(50_000_000))

def crash():
    import faulthandler
    faulthandler.disable()
    ctypes.string_at(0)

stuck = own("stuck", fits(lambda: ctypes.PyDLL(None).sleep(600)))  # native, with the interpreter lock held
spinning = own("spinning", fits(spin))
hungry = own("hungry", fits(eat))
crashing = own("crashing", fits(crash))
trees = own("leafy", tree)

def say(run=None, **said):
    import psutil
    said["seconds"] = time.monotonic() - began
    said["children"] = [child.name() for child in psutil.Process().children(recursive=True)]
    if run is not None:
        columns = ["id", "algorithm", "score", "state", "reason"]
        said["rows"] = json.loads(run.leaderboard[columns].to_json(orient="records"))
        said["why_stopped"] = run.why_stopped
    print(json.dumps(said), flush=True)
"""

# A notebook's cells run in a ``__main__`` that was made for them and has no file.
NOTEBOOK = """
import sys, types
sys.modules["__main__"] = shell = types.ModuleType("__main__")
exec(compile({body!r}, "<cell>", "exec"), shell.__dict__)
"""


class Ended(NamedTuple):
    """How a program ended."""

    code: int
    out: str
    err: str

    @property
    def said(self) -> dict[str, Any]:
        """The last line that it printed, which is JSON."""
        assert self.code == 0, self.err
        said: dict[str, Any] = json.loads(self.out.splitlines()[-1])
        return said


class Program:
    """A program that a test starts; it and all its descendants carry the mark."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.mark = uuid.uuid4().hex
        self._started: list[subprocess.Popen[str]] = []

    def start(
        self, body: str, *arguments: object, way: str = "script", screen: int | None = None, **environment: str
    ) -> subprocess.Popen[str]:
        """Start prelude and ``body`` in a process group of their own; ``screen`` takes what they print."""
        text = PRELUDE + textwrap.dedent(body)
        if way == "notebook":
            text = NOTEBOOK.format(body=text)
        command = {"stdin": ["-"], "-c": ["-c", text]}.get(way, ["program.py"])
        (self.folder / "program.py").write_text(text, encoding="utf-8")
        started = subprocess.Popen(
            [sys.executable, "-W", "error", *command, *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE if screen is None else screen,
            stderr=subprocess.PIPE if screen is None else screen,
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": str(ROOT), MARK: self.mark, **environment},
            text=True,
            start_new_session=True,
        )
        self._started.append(started)
        if way == "stdin":
            assert started.stdin is not None
            started.stdin.write(text)
            started.stdin.close()
            started.stdin = None
        return started

    def run(self, body: str, *arguments: object, way: str = "script", **environment: str) -> Ended:
        """Start a program and wait for its end."""
        started = self.start(body, *arguments, way=way, **environment)
        out, err = started.communicate(timeout=PATIENCE)
        return self.ended(started, out, err)

    def ended(self, started: subprocess.Popen[str], out: str, err: str) -> Ended:
        """Return how a program ended."""
        return Ended(started.returncode, out, err)

    def left(self) -> list[str]:
        """Return the names of the processes that carry the mark."""
        names = []
        for process in psutil.process_iter():
            try:
                if process.environ().get(MARK) == self.mark and process.status() != psutil.STATUS_ZOMBIE:
                    names.append(process.name())
            except psutil.Error:
                continue
        return names

    def nothing_is_left(self, seconds: float = 3.0) -> bool:
        """Wait for the last process to end and tell whether it did."""
        until = time.monotonic() + seconds
        while self.left() and time.monotonic() < until:
            time.sleep(0.05)
        return not self.left()

    def close(self) -> None:
        """End what is still running."""
        for started in self._started:
            if started.poll() is None:
                started.kill()
            started.communicate()


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Program]:
    """Return what starts programs in a folder of their own; nothing of them outlives the test."""
    made = Program(tmp_path)
    yield made
    made.close()


@pytest.fixture(scope="module")
def shared_program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """Return the same for tests that look at the same programs."""
    made = Program(tmp_path_factory.mktemp("program"))
    yield made
    made.close()


@pytest.fixture(scope="session")
def flowers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a CSV file of two kinds of iris, 100 rows, target ``kind``."""
    from sklearn.datasets import load_iris

    frame = load_iris(as_frame=True).frame.query("target > 0").rename(columns={"target": "kind"})
    path = tmp_path_factory.mktemp("tables") / "flowers.csv"
    frame.assign(kind=frame["kind"].map({1: "versicolor", 2: "virginica"})).to_csv(path, index=False)
    return path


@pytest.fixture(scope="session")
def fast() -> dict[str, Any]:
    """Return options with which a search (a dummy, two linear models) takes a fraction of a second, in this process."""
    return {"engine": "inprocess", "algorithms": ["linear"], "n_trials": 3, "time_budget": None, "cv": 2, "verbose": 0}


@pytest.fixture
def people() -> pd.DataFrame:
    """Return 80 made-up people, as a table of its own for each test; target ``income``, of two labels."""
    rng = np.random.default_rng(0)
    table = pd.DataFrame(
        {"age": rng.normal(40, 10, 80), "city": rng.choice(["Oslo", "Rome", "Bern"], 80), "size": rng.normal(size=80)},
        index=[f"p{row}" for row in range(80)],
    )
    is_high = table["age"] + 5 * (table["city"] == "Rome") + rng.normal(0, 5, 80) > 42
    return table.assign(income=np.where(is_high, "high", "low"))


Scores = Callable[[Any], "list[tuple[str, str, float]]"]
