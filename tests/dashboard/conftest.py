"""A real search whose study the tests of the dashboard look at: good, bad, stopped and failed candidates."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer

import automl


class Broken:
    """A classifier that never works."""

    def __init__(self, k: int = 1) -> None:
        self.k = k

    def fit(self, X: Any, y: Any) -> Any:
        raise ValueError(f"no luck with k={self.k}")


class Guess:
    """A classifier that guesses; a second one is hopeless after a fold."""

    def __init__(self, k: int = 1) -> None:
        self.k = k

    def fit(self, X: Any, y: Any) -> Any:
        self.classes_ = np.unique(y)
        return self

    def predict_proba(self, X: Any) -> Any:
        share = np.random.default_rng(self.k).random((len(X), 1))
        return np.hstack([share, 1 - share])

    def predict(self, X: Any) -> Any:
        return self.classes_[self.predict_proba(X).argmax(axis=1)]


def own(model: type, name: str) -> automl.Algorithm:
    """Declare a classifier of ours with one hyperparameter, ``k``."""
    return automl.Algorithm(
        name,
        build=lambda config, context: model(**config),
        space=lambda shape: automl.SearchSpace(automl.Int("k", 1, 8)),
    )


@pytest.fixture(scope="session")
def tumours() -> pd.DataFrame:
    """Return 569 tumours, 30 measures of each; the target ``diagnosis`` is a word."""
    frame = load_breast_cancer(as_frame=True).frame
    words = frame.pop("target").map({0: "malignant", 1: "benign"})
    return frame.assign(diagnosis=words)


@pytest.fixture(scope="session")
def search(tumours: pd.DataFrame) -> Callable[..., automl.Run]:
    """Return what makes a short search in this process, always the same."""

    def search(**changes: Any) -> automl.Run:
        algorithms = ["linear", "naive_bayes", "discriminant_analysis", own(Broken, "broken"), own(Guess, "guess")]
        options = {"algorithms": algorithms, "n_trials": 24, "time_budget": None, "cv": 3, "engine": "inprocess"}
        return automl.fit(tumours, "diagnosis", **{**options, "verbose": 0, **changes})

    return search


@pytest.fixture(scope="session")
def seen_run(search: Callable[..., automl.Run], tmp_path_factory: pytest.TempPathFactory) -> automl.Run:
    """Return a run whose study has trials that are complete, stopped and failed."""
    run = search(out=Path(tmp_path_factory.mktemp("seen")) / "run")
    assert {each.state for each in run.evaluations} == {"complete", "stopped", "failed"}
    return run
