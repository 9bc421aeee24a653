"""Runs that tests of judging share: one with two labels, one of a quantity, both made once and in this process."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import automl

FAST: dict[str, Any] = {
    "engine": "inprocess",
    "algorithms": ["linear"],
    "n_trials": 2,
    "time_budget": None,
    "cv": 4,
    "verbose": 0,
}


def people(n: int, seed: int = 0) -> pd.DataFrame:
    """Return people with an income, ``high`` or ``low``; in Rome it is mostly chance."""
    rng = np.random.default_rng(seed)
    table = pd.DataFrame(
        {
            "age": rng.normal(40, 10, n).round(1),
            "city": rng.choice(["Oslo", "Rome", "Bern"], n),
            "size": rng.normal(size=n).round(3),
        }
    )
    noise = np.where(table["city"] == "Rome", 30, 4) * rng.normal(size=n)
    return table.assign(income=np.where(table["age"] + 8 * table["size"] + noise > 42, "high", "low"))


def houses(n: int, seed: int = 0) -> pd.DataFrame:
    """Return houses with a price whose spread grows with their area."""
    rng = np.random.default_rng(seed)
    area = rng.uniform(20, 200, n).round(1)
    price = 3 * area + 20 * rng.normal(size=n) * area / 100 + 50
    return pd.DataFrame({"area": area, "rooms": rng.integers(1, 6, n), "price": price})


@pytest.fixture
def fast() -> dict[str, Any]:
    """Return options of a search that takes a second."""
    return dict(FAST)


@pytest.fixture(scope="session")
def binary_run(tmp_path_factory: pytest.TempPathFactory) -> automl.Run:
    """Return a search for incomes."""
    return automl.fit(people(400), "income", out=tmp_path_factory.mktemp("binary") / "run", **FAST)


@pytest.fixture(scope="session")
def regression_run(tmp_path_factory: pytest.TempPathFactory) -> automl.Run:
    """Return a search for prices."""
    return automl.fit(houses(600), "price", out=tmp_path_factory.mktemp("regression") / "run", **FAST)


@pytest.fixture
def people_test() -> pd.DataFrame:
    """Return people that the search has not seen."""
    return people(300, seed=1)


@pytest.fixture
def houses_test() -> pd.DataFrame:
    """Return houses that the search has not seen."""
    return houses(2000, seed=1)
