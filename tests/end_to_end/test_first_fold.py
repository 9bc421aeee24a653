"""Where folds are dear: one fold of every candidate, more of those that an ensemble wants, and all of it counts."""

from __future__ import annotations

import os
import signal
from typing import Any

import numpy as np
import optuna
import pandas as pd
import pytest

import automl
from automl.storage.stores import open_store

pytestmark = [pytest.mark.end_to_end, pytest.mark.alone]

N_FOLDS = 8
SEARCH = """
def slow_tree(config, context):
    from sklearn.tree import DecisionTreeRegressor
    time.sleep(0.25)
    return DecisionTreeRegressor(max_depth=config["depth"], min_samples_leaf=config["leaf"], random_state=0)

def search(table, budget, **options):
    space = lambda shape: automl.SearchSpace(automl.Int("depth", 1, 12), automl.Int("leaf", 1, 100, log=True))
    slow = automl.Algorithm("slow", space, slow_tree, tasks=("regression",))
    return automl.fit(table, "y", algorithms=["dummy", slow], time_budget=budget, n_jobs=2, out="run",
                      verbose=0, **options)
"""
WHOLE = SEARCH + 'say(search(sys.argv[1], 14), folder="run")'
KILLED = (
    SEARCH
    + """
def tell(update):
    if update.kind == "evaluated":
        print(update.number, update.algorithm, update.text, flush=True)

search(sys.argv[1], 30, callbacks=[tell])
"""
)


def waves(seed: int) -> pd.DataFrame:
    """Return 9,000 rows of a curve that a deep tree follows better than a flat one."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(0, 6, (9_000, 2))
    return pd.DataFrame({"a": x[:, 0], "b": x[:, 1], "y": np.sin(3 * x[:, 0]) + x[:, 1] + rng.normal(0, 0.3, 9_000)})


@pytest.fixture(scope="module")
def searched(shared_program: Any) -> automl.Run:
    """Return a run whose candidates take longer than all their folds are worth."""
    table = shared_program.folder / "waves.csv"
    waves(0).to_csv(table, index=False)
    assert shared_program.run(WHOLE, table).said["children"] == []
    return automl.load(shared_program.folder / "run")


def test_many_candidates_are_judged_and_few_are_bagged(searched: automl.Run) -> None:
    """Most slow ones have one fold, those that are wanted more; what judged so many rows stands by its score."""
    slow = [each for each in searched.evaluations if each.candidate.algorithm == "slow" and each.losses]
    n_folds = [len(each.losses) for each in slow]
    assert len(searched.plan.folds.reason) > 0
    assert searched.plan.folds.n_folds == N_FOLDS
    assert sum(each == 1 for each in n_folds) >= 3
    assert max(n_folds) > 1
    assert {each.reason for each in slow if each.state == "partial"} <= {
        *(f"judged on {k} of {N_FOLDS} folds" for k in range(1, N_FOLDS)),
        *(f"the search ended after {k} of {N_FOLDS} folds" for k in range(1, N_FOLDS)),
    }
    board = searched.leaderboard
    assert board["algorithm"].iloc[0] in ("slow", "ensemble")
    assert board.loc[board["state"].isin(("complete", "partial")), "score"].is_monotonic_increasing


def test_partial_bags_are_pipelines_and_members(searched: automl.Run) -> None:
    """Whatever stands on the leaderboard predicts new rows with the models that it has, about as well as it says."""
    new = waves(1)
    for name in searched.leaderboard.loc[searched.leaderboard["state"] != "failed", "id"].tolist():
        row = searched.row(name)
        if row["algorithm"] in ("slow", "ensemble"):
            error = np.sqrt(np.mean((searched.pipeline(name).predict(new[["a", "b"]]) - new["y"]) ** 2))
            assert 0.75 * row["score"] < error < 1.1 * row["score"]  # the average of several models errs less
    members = searched.members("ensemble")
    assert any(each.state == "partial" for each, _ in members)


def test_what_is_told_of_an_ensemble_of_partial_bags(searched: automl.Run) -> None:
    """Its out-of-fold rows are those that all members have predicted; intervals and honest scores come from these."""
    found = searched.out_of_fold("ensemble")
    shared = set.intersection(*({fold.fold for fold in each.folds} for each, _ in searched.members("ensemble")))
    assert set(found.fold.tolist()) == shared
    assert len(found.rows) == pytest.approx(9_000 / N_FOLDS * len(shared), abs=N_FOLDS)
    honest = searched.honest()  # the budget leaves .3 s for them, which a busy machine may need otherwise
    assert honest.best == searched.leaderboard["id"].iloc[0]
    told = searched.row("ensemble")
    assert told["honest_low"] < told["honest_score"] < told["honest_high"]
    inside = searched.conformal(coverage=0.9).predict(waves(2))
    truth = waves(2)["y"].to_numpy()
    assert np.mean((inside["low"] <= truth) & (truth <= inside["high"])) == pytest.approx(0.9, abs=0.03)


def test_a_killed_program_loses_no_fold(program: Any) -> None:
    """Candidates that waited for further folds are there when the same call goes on, with what they had."""
    table = program.folder / "waves.csv"
    waves(0).to_csv(table, index=False)
    started = program.start(KILLED, table)
    waiting: set[int] = set()
    for line in started.stdout:
        number, _, *reason = line.split(maxsplit=2)
        waiting |= {int(number)} if "judged on" in "".join(reason) else set()
        if len(waiting) == 3:
            break
    os.killpg(started.pid, signal.SIGKILL)
    started.communicate()
    assert len(waiting) == 3
    trials = optuna.load_study(study_name=None, storage=open_store(program.folder / "run" / "study.db")).trials
    assert all(not trials[number].state.is_finished() for number in waiting)
    program.run(WHOLE, table)
    again = {each.number: each for each in automl.load(program.folder / "run").evaluations}
    assert all(again[number].losses and again[number].state == "partial" for number in waiting)
    repeated = [each.candidate for number, each in again.items() if number >= len(trials)]
    assert not {again[number].candidate for number in waiting} & set(repeated)
