"""The same seed gives the same leaderboard and the same predictions, whatever process and hash seed it runs under."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sklearn.datasets import load_diabetes

import automl

pytestmark = pytest.mark.end_to_end

TIMINGS = ("fit_seconds", "one_row_ms", "rows_per_second")
N_TRIALS = 15

# Every family that does both kinds of task, and then candidates of the sampler.
BODY = """
from sklearn.datasets import load_diabetes, load_wine

families = ["additive", automl.algorithm("catboost", learning_rate=0.1, depth=4), "dummy", "extra_trees",
            "gaussian_process", "hist_gradient_boosting", automl.algorithm("lightgbm", learning_rate=(0.05, 0.1)),
            "linear", "mlp", "nearest_neighbors", "random_forest", "svm",
            automl.algorithm("xgboost", learning_rate=(0.05, 0.1))]

def search(table):
    frame = table(as_frame=True).frame
    run = automl.fit(frame, "target", algorithms=families, n_trials=int(sys.argv[1]), time_budget=None, cv=2, n_jobs=1,
                     out=f"{sys.argv[2]}-{table.__name__}", verbose=0)
    predicted = run.predict(frame.drop(columns="target"))
    return {"rows": json.loads(run.leaderboard.to_json(orient="records", double_precision=15)),
            "predicted": [float(each) for each in predicted], "fingerprints": dict(run.plan.fingerprints)}

say(classes=search(load_wine), values=search(load_diabetes))
"""


@pytest.fixture(scope="module")
def twice(shared_program: Any) -> list[dict[str, Any]]:
    """Return what the same program found under two hash seeds."""
    return [shared_program.run(BODY, N_TRIALS, seed, PYTHONHASHSEED=seed).said for seed in ("1", "2")]


@pytest.mark.parametrize("table", ["classes", "values"])
def test_the_same_seed(table: str, twice: list[dict[str, Any]]) -> None:
    """Two runs with the same seed, a number of trials and one worker differ in nothing but their timings."""
    one, two = (each[table] for each in twice)
    for row in one["rows"] + two["rows"]:
        for name in TIMINGS:
            row.pop(name, None)
    assert [row["reason"] for row in one["rows"] if row["state"] == "failed"] == []
    assert len(one["rows"]) == N_TRIALS + 1  # with the ensemble
    for ours, theirs in zip(one["rows"], two["rows"], strict=True):
        assert ours == theirs
    assert one == two


def test_another_seed(tmp_path: Path) -> None:
    """Another seed gives other folds, other candidates and other predictions of the same table."""
    frame = load_diabetes(as_frame=True).frame
    one, two = (
        automl.fit(
            frame,
            "target",
            algorithms=["extra_trees", "linear"],
            n_trials=8,
            time_budget=None,
            cv=2,
            engine="inprocess",
            random_state=seed,
            out=tmp_path / str(seed),
            verbose=0,
        )
        for seed in (0, 1)
    )
    assert one.plan.fingerprints["data"] == two.plan.fingerprints["data"]
    assert one.plan.fingerprints["folds"] != two.plan.fingerprints["folds"]
    assert one.evaluations[-1].candidate != two.evaluations[-1].candidate
    assert (one.predict(frame) != two.predict(frame)).any()
