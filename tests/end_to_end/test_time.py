"""Time is a contract: whatever candidates do, ``fit`` returns in time and leaves no process behind."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = [
    pytest.mark.end_to_end,
    pytest.mark.alone,
    pytest.mark.skipif(sys.platform != "linux", reason="memory limits and process groups of Linux"),
]


def test_bad_company(program: Any, flowers: Path) -> None:
    """Candidates that hang, eat memory or crash become rows with their reason; the others are tried all the same."""
    body = """
    folder = os.getcwd()

    def once(k=1):  # the first fold to come here hangs
        try:
            os.mkdir(f"{folder}/once")
        except FileExistsError:
            return tree(k)
        time.sleep(600)

    class Guess:  # fits, and predicts nothing that is a number
        def __init__(self, k=1):
            self.k = k
        def fit(self, X, y):
            return self
        def predict_proba(self, X):
            import numpy as np
            return np.full((len(X), 2), np.nan)

    guessing = own("guessing", Guess)
    halfway = own("halfway", once, space=lambda shape: automl.SearchSpace())
    run = automl.fit(sys.argv[1], "kind", algorithms=[crashing, guessing, halfway, hungry, spinning, stuck, trees],
                     time_budget=16, cv=3, n_jobs=2, memory_limit="1.6GB", out="run", verbose=0)
    say(run)
    """
    said = program.run(body, flowers).said
    assert said["seconds"] <= 16 + 1
    assert said["children"] == []
    (halfway,) = [row for row in said["rows"] if row["algorithm"] == "halfway"]
    assert halfway["state"] == "partial"
    assert halfway["reason"].startswith("timed_out: ran past its limit of ")
    reasons = {row["algorithm"]: row["reason"] for row in reversed(said["rows"]) if row["state"] == "failed"}
    assert reasons["crashing"] == "crashed: its process was killed by SIGSEGV (exit code -11)"
    assert reasons["guessing"].startswith("bad_prediction: ")
    assert reasons["hungry"].startswith("out_of_memory: ")
    assert reasons["spinning"].startswith("timed_out: ran past its limit of ")
    assert reasons["stuck"].startswith(("timed_out: ran past its limit of ", "cancelled: "))
    assert said["rows"][0]["algorithm"] in ("leafy", "ensemble")
    assert said["rows"][0]["score"] > 0.9
    assert program.nothing_is_left()


def test_stuck_at_the_deadline(program: Any, flowers: Path) -> None:
    """A candidate stuck in native code at the deadline delays nothing; what was found before is returned."""
    body = """
    trees = own("a_tree", tree, space=lambda shape: automl.SearchSpace())
    run = automl.fit(sys.argv[1], "kind", algorithms=[trees, stuck], time_budget=12, cv=2, n_jobs=2, out="run",
                     verbose=0)
    say(run)
    """
    said = program.run(body, flowers).said
    assert said["seconds"] <= 12 + 1
    assert said["children"] == []
    best, *others = said["rows"]
    assert best["algorithm"] == "a_tree"
    assert best["score"] > 0.8
    assert {row["state"] for row in others if row["algorithm"] == "stuck"} == {"failed"}
    assert program.nothing_is_left()


@pytest.mark.parametrize("budget", ["500ms", "3000ms"])
def test_a_budget_too_small_for_anything(budget: str, program: Any, flowers: Path) -> None:
    """A budget in which nothing can be fitted is told in one sentence, and in time."""
    body = """
    try:
        run = automl.fit(sys.argv[1], "kind", time_budget=sys.argv[2], out="run", verbose=0)
    except (automl.PlanError, automl.SearchError) as error:
        say(error=str(error))
    else:
        say(run)
    """
    said = program.run(body, flowers, budget).said
    assert said["seconds"] <= float(budget.removesuffix("ms")) / 1000 + 1
    assert said["children"] == []
    if "error" in said:
        assert "budget of" in said["error"]
        assert "Give" in said["error"]
        assert "\n" not in said["error"]
    assert program.nothing_is_left()
