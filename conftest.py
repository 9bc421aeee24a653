"""Names that examples in docstrings may use: ``tmp_path``, and ``demo_run`` with its table ``demo_frame``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import pandas as pd

    import automl

FIXTURES = ("demo_frame", "demo_run", "tmp_path")


@pytest.fixture(scope="session")
def demo_frame() -> pd.DataFrame:
    """Return a small table to look at: three kinds of iris."""
    from sklearn.datasets import load_iris

    frame: pd.DataFrame = load_iris(as_frame=True).frame
    return frame


@pytest.fixture(scope="session")
def demo_run(demo_frame: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> automl.Run:
    """Return a finished run on ``demo_frame``, made once and in this process, so that it comes quickly."""
    import automl

    out = tmp_path_factory.mktemp("demo") / "run"
    return automl.fit(
        demo_frame, "target", n_trials=2, time_budget=None, engine="inprocess", ensemble=False, out=out, verbose=0
    )


@pytest.fixture(autouse=True)
def _names_of_examples(request: pytest.FixtureRequest, doctest_namespace: dict[str, Any]) -> None:
    """Give an example the fixtures that it mentions."""
    if isinstance(request.node, pytest.DoctestItem):
        source = "".join(example.source for example in request.node.dtest.examples)
        for name in FIXTURES:
            if name in source:
                doctest_namespace[name] = request.getfixturevalue(name)
