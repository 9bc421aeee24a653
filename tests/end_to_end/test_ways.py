"""A search can be started from anywhere, with classes that are defined right there, and runs the program once."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.end_to_end

BODY = """
with open(sys.argv[1], "a") as counter:
    counter.write("once\\n")

from sklearn.base import BaseEstimator, ClassifierMixin
import numpy as np
import warnings

THRESHOLD = 0.5

class Nearest(ClassifierMixin, BaseEstimator):
    def __init__(self, k=1):
        self.k = k
    def fit(self, X, y):
        self.classes_ = np.unique(y)
        self.centres_ = np.stack([X[y == label].mean(axis=0) for label in self.classes_])
        return self
    def predict_proba(self, X):
        distance = np.square(X[:, None, :] - self.centres_[None]).sum(axis=2)
        closeness = np.exp(-THRESHOLD * distance / self.k)
        return closeness / closeness.sum(axis=1, keepdims=True)
    def predict(self, X):
        return self.classes_[self.predict_proba(X).argmax(axis=1)]

run = automl.fit(sys.argv[2], "kind", algorithms=[own("nearest", Nearest), "dummy"], n_trials=3, time_budget=None,
                 cv=3, n_jobs=2, out="run", verbose=0)
with warnings.catch_warnings():
    warnings.simplefilter("ignore", automl.AutoMLWarning)  # only this program can load it
    saved = run.save("model")
rows = automl.read(sys.argv[2]).drop(columns="kind")
predicted = run.predict(rows)
same = automl.load(saved, trusted=["__main__.Nearest"]).predict(rows) == predicted
try:
    automl.load(saved)
    refusal = ""
except automl.ArtifactError as error:
    refusal = str(error)
again = automl.load("run", trusted=["__main__.Nearest"])
say(run, same=bool(same.all()), refusal=refusal, has_file="__file__" in globals(),
    again=again.predict(rows).equals(predicted))
"""


@pytest.mark.parametrize("way", ["script", "stdin", "-c", "notebook"])
def test_the_program_runs_once(way: str, program: Any, flowers: Path) -> None:
    """A script without a guard, standard input, -c and a notebook's ``__main__``: own classes work, all runs once."""
    counter = program.folder / "counter.txt"
    said = program.run(BODY, counter, flowers, way=way).said
    assert counter.read_text() == "once\n"
    assert said["has_file"] == (way in ("script", "stdin"))
    assert {row["algorithm"] for row in said["rows"]} >= {"nearest", "dummy"}
    assert all(row["state"] in ("complete", "stopped") for row in said["rows"]), said["rows"]
    assert said["same"]
    assert said["again"]
    assert "__main__.Nearest" in said["refusal"]  # whoever loads it has to name it
    assert "trusted" in said["refusal"]
    assert said["children"] == []
    assert program.nothing_is_left()


@pytest.mark.skipif(sys.platform != "linux", reason="a thread has no signals of its own there")
def test_from_a_thread(program: Any, flowers: Path) -> None:
    """A search started in a thread that is not the main one works; it merely can't be interrupted."""
    body = """
    from concurrent.futures import ThreadPoolExecutor
    def search():
        return automl.fit(sys.argv[1], "kind", algorithms="linear", n_trials=2, time_budget=None, cv=2, n_jobs=1,
                          out="run", verbose=0)
    with ThreadPoolExecutor(1) as pool:
        say(pool.submit(search).result())
    """
    said = program.run(body, flowers).said
    assert len(said["rows"]) >= 2
    assert said["children"] == []
