"""Names that examples may use: ``tmp_path``, ``demo_run`` with rows for it, ``demo_frame``, and its ``demo_view``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import pandas as pd

    import automl
    from automl.dashboard.view import SearchView

FIXTURES = ("demo_frame", "demo_run", "demo_view", "tmp_path")


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
        algorithms=["discriminant_analysis"],
        engine="inprocess",
        ensemble=False,
        out=tmp_path_factory.mktemp("demo") / "run",
        verbose=0,
    )


@pytest.fixture(scope="session")
def demo_view(demo_run: automl.Run) -> SearchView:
    """Return what is known of that search."""
    return demo_run.view


@pytest.fixture(autouse=True)
def _names_of_examples(request: pytest.FixtureRequest, doctest_namespace: dict[str, Any]) -> None:
    """Give an example the fixtures that it mentions."""
    if isinstance(request.node, pytest.DoctestItem):
        source = "".join(example.source for example in request.node.dtest.examples)
        for name in FIXTURES:
            if name in source:
                doctest_namespace[name] = request.getfixturevalue(name)
