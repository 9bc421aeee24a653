"""What tests of checks share: a subject of a table, and the findings of one code."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest

from automl.checks.subject import Subject
from automl.data.dataset import make_dataset
from automl.data.splitting import make_folds
from automl.values.finding import Finding

N = 400
Look = Callable[..., list[Finding]]


@pytest.fixture
def plain() -> pd.DataFrame:
    """Return a table with nothing to notice: 400 rows, two numbers, a category, a balanced target ``y``."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=N)
    return pd.DataFrame(
        {
            "x": x,
            "size": rng.normal(20, 5, N),
            "city": rng.choice(["Oslo", "Rome", "Bern"], N),
            "y": np.where(x + rng.normal(size=N) > 0, "yes", "no"),
        }
    )


def subject_of(table: pd.DataFrame, target: str = "y", *, cv: Any = 5, **more: Any) -> Subject:
    """Return what checks look at, with folds as ``fit`` makes them."""
    told = {name: more.pop(name) for name in ("metric", "test", "from_file") if name in more}
    dataset = make_dataset(table, target, **more)
    folds = make_folds(cv, task=dataset.task, y=dataset.y, groups=dataset.groups, times=dataset.times)
    return Subject(dataset, folds, **told)


@pytest.fixture
def look() -> Look:
    """Return what asks one check about a table: ``look(check, table)``."""

    def ask(check: Callable[[Subject], Iterator[Finding]], table: pd.DataFrame, **more: Any) -> list[Finding]:
        return list(check(subject_of(table, **more)))

    return ask
