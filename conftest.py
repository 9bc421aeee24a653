"""Names that examples in docstrings may use: ``tmp_path``, and ``demo_run`` with rows for it, ``demo_frame``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import pandas as pd

    import automl

FIXTURES = ("demo_frame", "demo_run", "tmp_path")


@pytest.fixture(scope="session")
def demo_frame() -> pd.DataFrame:
    """Return measurements of irises."""
    from sklearn.datasets import load_iris

    frame: pd.DataFrame = load_iris(as_frame=True).data
    return frame


@pytest.fixture(scope="session")
def demo_run(tmp_path_factory: pytest.TempPathFactory) -> automl.Run:
    """Return a finished search for the kind of iris, made once and in this process, so that it comes quickly."""
    from sklearn.datasets import load_iris

    import automl

    return automl.fit(
        load_iris(as_frame=True).frame,
        "target",
        n_trials=2,
        time_budget=None,
        engine="inprocess",
        ensemble=False,
        out=tmp_path_factory.mktemp("demo") / "run",
        verbose=0,
    )


@pytest.fixture(autouse=True)
def _names_of_examples(request: pytest.FixtureRequest, doctest_namespace: dict[str, Any]) -> None:
    """Give an example the fixtures that it mentions."""
    if isinstance(request.node, pytest.DoctestItem):
        source = "".join(example.source for example in request.node.dtest.examples)
        for name in FIXTURES:
            if name in source:
                doctest_namespace[name] = request.getfixturevalue(name)
