"""The allowlist is what our pipelines need: all of it, and nothing else."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import numpy as np
import pandas as pd
import pytest
import skops.io
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor
from threadpoolctl import threadpool_limits

import search_spaces
from automl.features.preparation import Preparation
from automl.pipeline.allowlist import ALLOWED
from automl.pipeline.blend import Member
from automl.pipeline.pipeline import make_pipeline
from automl.pipeline.serial import foreign_types, from_bytes, to_bytes
from automl.pipeline.table import TableEncoder
from automl.values.algorithm import Algorithm, BuildContext, DataShape, Needs, Rows
from automl.values.schema import Column, Schema
from automl.values.task import Task, TaskKind

N_ROWS = 120
RNG = np.random.default_rng(0)
NUMBERS = RNG.normal(size=(N_ROWS, 4))
Z = np.column_stack([NUMBERS, RNG.integers(0, 4, (N_ROWS, 2))])
AMOUNT = np.abs(NUMBERS[:, 0] + NUMBERS[:, 1] ** 2) + 0.1
TARGETS: dict[TaskKind, Any] = {
    "binary": (AMOUNT > 1).astype(int),
    "multiclass": np.digitize(AMOUNT, [0.5, 1.5]),
    "regression": AMOUNT,
}
TASKS: dict[TaskKind, Task] = {
    "binary": Task("binary", "y", ("no", "yes")),
    "multiclass": Task("multiclass", "y", ("a", "b", "c")),
    "regression": Task("regression", "y"),
}
COSTLY = {"catboost", "extra_trees", "hist_gradient_boosting", "lightgbm", "random_forest", "xgboost"}
NAMES = [each.name for each in pkgutil.iter_modules(search_spaces.__path__) if not each.name.startswith("_")]


class Draw:
    """Answers a space with values drawn at random, small numbers of rounds and trees preferred."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)

    def suggest_float(
        self, name: str, low: float, high: float, *, step: float | None = None, log: bool = False
    ) -> float:
        """Answer with a float."""
        return float(np.exp(self.rng.uniform(np.log(low), np.log(high)))) if log else float(self.rng.uniform(low, high))

    def suggest_int(self, name: str, low: int, high: int, *, step: int = 1, log: bool = False) -> int:
        """Answer with an int near the lower end."""
        return int(low + step * self.rng.integers(0, (min(high, low + 20 * step) - low) // step + 1))

    def suggest_categorical(self, name: str, choices: Any) -> Any:
        """Answer with one of the choices."""
        return choices[self.rng.integers(len(choices))]


def models(algorithm: Algorithm, kind: TaskKind) -> Iterator[Any]:
    """Fit an algorithm's default config and some random ones."""
    task = TASKS[kind]
    shape = DataShape(kind, N_ROWS, Z.shape[1], n_categorical=2, n_classes=task.n_classes)
    space = algorithm.space(shape)
    n_drawn = 1 if algorithm.name in COSTLY else 5
    for config in [space.default(), *(space.suggest(Draw(seed)) for seed in range(n_drawn))]:
        is_native = algorithm.needs_for(config).categories == "native"
        context = BuildContext(
            kind=kind,
            n_classes=task.n_classes,
            seed=0,
            threads=1,
            n_rows=90,
            n_features=Z.shape[1],
            categorical=(4, 5) if is_native else (),
        )
        y = TARGETS[kind]
        train, valid = Rows(Z[:90], y[:90]), Rows(Z[90:], y[90:])
        yield algorithm.fit(algorithm.build(config, context), train, valid, 0.3).model


@pytest.mark.contract
@pytest.mark.parametrize("name", NAMES)
def test_models_of_every_shipped_family_load_without_trust(name: str) -> None:
    """Whatever the config and task, a fitted model of ours is stored and read, and predicts the same."""
    algorithm = getattr(import_module(f"search_spaces.{name}"), "ALGORITHM", None)
    if algorithm is None:
        pytest.skip(f"search_spaces.{name} declares no algorithm")
    for module in algorithm.requires:
        pytest.importorskip(module)
    with threadpool_limits(1):
        for kind in algorithm.tasks:
            check_models(algorithm, kind)


def check_models(algorithm: Algorithm, kind: TaskKind) -> None:
    """Store, read and compare the models of a family."""
    for model in models(algorithm, kind):
        data = to_bytes(model)
        assert foreign_types(data) == ()
        method = "predict" if kind == "regression" else "predict_proba"
        before, after = getattr(model, method)(Z), getattr(from_bytes(data), method)(Z)
        np.testing.assert_array_equal(after, before)


FRAME = pd.DataFrame(
    {
        "age": NUMBERS[:, 0] * 10,
        "id_like": RNG.integers(10_000, 10_030, N_ROWS),
        "big": RNG.integers(2**40, 2**41, N_ROWS),
        "ok": np.where(NUMBERS[:, 1] > 0, "yes", "no"),
        "city": RNG.choice(["Oslo", "Bern", "Rome"], N_ROWS),
        "street": [f"street {number % 50}" for number in range(N_ROWS)],
        "since": pd.Timestamp("2024-01-01") + pd.to_timedelta(RNG.integers(0, 900, N_ROWS), unit="D"),
        "took": pd.to_timedelta(RNG.integers(0, 9000, N_ROWS), unit="s"),
        "words": [f"the {word} of {other}" for word, other in RNG.choice(["cat", "dog", "hat"], (N_ROWS, 2))],
    }
)
SCHEMA = Schema(
    (
        Column("age", "numeric", ""),
        Column("id_like", "numeric", "", code_like=True),
        Column("big", "numeric", ""),
        Column("ok", "boolean", "", truth="yes"),
        Column("city", "category", ""),
        Column("street", "high_cardinality", ""),
        Column("since", "datetime", ""),
        Column("took", "duration", ""),
        Column("words", "text", ""),
    )
)
NEEDS = [
    Needs(categories, missing=False, scaling=scaling, native_levels=10)
    for categories in ("native", "ordinal", "onehot", "target")
    for scaling in ("none", "standard", "robust", "quantile", "power")
]


@pytest.mark.parametrize("kind", list(TASKS))
def test_whole_pipelines_load_without_trust(kind: TaskKind) -> None:
    """A pipeline over columns of every role, prepared in every way, comes back and predicts the same raw rows."""
    task, y = TASKS[kind], TARGETS[kind]
    table = TableEncoder(SCHEMA.to_json())
    encoded = table.fit_transform(FRAME)
    members = []
    for needs in NEEDS:
        preparation = Preparation.from_needs(needs, table.n_levels_, task, 0)
        X = preparation.fit_transform(encoded, y)
        model = DecisionTreeClassifier(max_depth=3) if task.is_classification else DecisionTreeRegressor(max_depth=3)
        members.append(Member(preparation, model.fit(X, y), 1 / len(NEEDS)))
    pipeline = make_pipeline(table, members, task)
    data = to_bytes(pipeline)
    assert foreign_types(data) == ()
    again = from_bytes(data)
    rows = FRAME.iloc[:7].assign(city="Paris")
    np.testing.assert_array_equal(again.predict(rows), pipeline.predict(rows))
    if task.is_classification:
        np.testing.assert_array_equal(again.predict_proba(rows), pipeline.predict_proba(rows))
        assert again.classes_.tolist() == list(task.classes)


def test_our_own_entries_exist() -> None:
    """A class of ours that was renamed or removed leaves the list with it."""
    for name in ALLOWED:
        module, _, attribute = name.rpartition(".")
        if module.startswith("automl."):
            assert isinstance(getattr(import_module(module), attribute), type), name


def test_list_repeats_nothing_that_is_trusted_anyway() -> None:
    """scikit-learn's public estimators and plain containers need no entry."""
    trusted = {*skops.io._trusted_types.SKLEARN_ESTIMATOR_TYPE_NAMES, *skops.io._trusted_types.CONTAINER_TYPE_NAMES}
    assert not ALLOWED & trusted
