"""What tests of explanations share: two small searches, and pipelines put together by hand."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression

import automl
from automl.data.dataset import make_dataset
from automl.evaluation.metrics import get_metric
from automl.explain.subject import Subject
from automl.features.preparation import Preparation
from automl.pipeline.blend import Member
from automl.pipeline.pipeline import make_pipeline
from automl.pipeline.table import TableEncoder
from automl.values.algorithm import Needs

LINE = automl.Algorithm(
    "line",
    space=lambda shape: automl.SearchSpace(automl.Int("k", 1, 2)),
    build=lambda config, context: LinearRegression(),
    needs=Needs(categories="onehot"),
    tasks=("regression",),
)
SubjectOf = Callable[..., Subject]


@pytest.fixture(scope="session")
def bought() -> pd.DataFrame:
    """Return rows in which x decides, its twin says the same, city helps, and noise and sex say nothing."""
    rng = np.random.default_rng(0)
    n = 240
    x = rng.normal(size=n)
    frame = pd.DataFrame(
        {
            "x": x,
            "twin": x + rng.normal(size=n) * 0.05,
            "noise": rng.normal(size=n),
            "city": rng.choice(["Oslo", "Bern", "Rome"], n),
            "sex": rng.choice(["f", "m"], n),
        }
    )
    odds = 2 * x + 2.0 * (frame["city"] == "Oslo") - 0.7
    frame["bought"] = np.where(rng.random(n) < 1 / (1 + np.exp(-odds)), "yes", "no")
    return frame


@pytest.fixture(scope="session")
def bought_run(bought: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> automl.Run:
    """Return a search with a booster, a linear model and their ensemble."""
    return automl.fit(
        bought,
        "bought",
        n_trials=5,
        time_budget=None,
        engine="inprocess",
        algorithms=["lightgbm", "linear"],
        cv=3,
        out=tmp_path_factory.mktemp("bought") / "run",
        verbose=0,
    )


@pytest.fixture(scope="session")
def price_run(tmp_path_factory: pytest.TempPathFactory) -> automl.Run:
    """Return a search for a price of 3 · size - 2 · age, by a plain linear model."""
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(
        {"size": rng.normal(size=120), "age": rng.normal(size=120), "side": rng.choice(["a", "b"], 120)}
    )
    frame["price"] = 3 * frame["size"] - 2 * frame["age"] + rng.normal(size=120) * 0.01
    return automl.fit(
        frame,
        "price",
        n_trials=2,
        time_budget=None,
        engine="inprocess",
        algorithms=[LINE],
        ensemble=False,
        cv=3,
        out=tmp_path_factory.mktemp("price") / "run",
        verbose=0,
    )


@pytest.fixture(scope="session")
def subject_of() -> SubjectOf:
    """Return what makes a subject of a table and unfitted models, each with the categories it needs and a weight."""

    def make(frame: pd.DataFrame, target: str, *models: tuple[Any, str, float], task: str = "auto") -> Subject:
        dataset = make_dataset(frame, target, task=task)
        table = TableEncoder(dataset.schema.to_json()).fit(dataset.X)
        Z = table.transform(dataset.X)
        members = []
        for model, categories, weight in models:
            needs = Needs(categories=categories, missing=categories == "native")  # type: ignore[arg-type]
            preparation = Preparation.from_needs(needs, table.n_levels_, dataset.task, 0)
            X = preparation.fit_transform(Z, dataset.y)
            members.append(Member(preparation, model.fit(X, dataset.y), weight))
        rows = np.arange(len(dataset.y))
        plan: Any = SimpleNamespace(task=dataset.task, roles=dataset.roles, schema=dataset.schema, costs=None, joins=())
        return Subject(
            name="by hand",
            pipeline=make_pipeline(table, members, dataset.task),
            bag=tuple((0, k) for k in range(len(members))),
            plan=plan,
            metric=get_metric("auto", dataset.task),
            kept_rows=lambda: (rows, dataset.X.reset_index(drop=True)),
            out_of_fold=lambda: pytest.fail("nothing was held out"),
            truth=lambda: (dataset.y, None, [(rows[:0], rows)] * len(members)),
        )

    return make
