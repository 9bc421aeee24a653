"""Several candidates: Holm's procedure, and a verdict that says who beats whom."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import automl
from automl.comparison.material import Candidate
from automl.comparison.pair import judge
from automl.comparison.several import Comparisons, holm
from automl.comparison.table import from_table
from automl.errors import PlanError

Y = np.random.default_rng(0).integers(0, 2, 400)


def answers(noise: float, seed: int) -> np.ndarray:
    """Return probabilities that know the truth up to so much noise."""
    return np.clip(0.5 + 0.2 * (2 * Y - 1) + np.random.default_rng(seed).normal(0, noise, 400), 0, 1)


CANDIDATES = {"poor": answers(1.5, 1), "fair": answers(0.4, 2), "good": answers(0.2, 3)}


def test_holm_gives_the_published_numbers() -> None:
    """0.01, 0.04, 0.03 and 0.005 become 0.03, 0.06, 0.06 and 0.02."""
    material = from_table([Candidate("a", CANDIDATES["poor"]), Candidate("b", CANDIDATES["good"])], None, Y, "auto")
    one = judge(material, 0, 1, level=0.95, rope=0.0, seed=0)
    given = [replace(one, tests=(replace(one.test, p=p),)) for p in (0.01, 0.04, 0.03, 0.005)]
    found = holm(given, 0.95)
    assert {each.p: round(each.p_adjusted, 10) for each in found} == {0.005: 0.02, 0.01: 0.03, 0.03: 0.06, 0.04: 0.06}
    assert [round(each.level, 6) for each in found] == [0.9875, 0.983333, 0.975, 0.975]  # it stops at the third


def test_verdict_says_who_beats_whom() -> None:
    """Each pair is compared; the clearest comes first."""
    found = automl.compare_all(CANDIDATES, target=Y)
    assert isinstance(found, Comparisons)
    assert found.verdict == "good is better than poor and fair. fair is better than poor."
    assert list(found.frame()["p"]) == sorted(found.frame()["p"])
    assert "3 comparisons in roc_auc on the 400 given rows, together at the level 95 % (Holm): DeLong's test." in str(
        found
    )
    assert found.plot().axes[0].get_xlabel() == "gain in roc_auc"


def test_adjusted_decisions_and_intervals_agree() -> None:
    """A comparison has a winner just where Holm's p-value is below one minus the level of all."""
    many = {f"c{k}": answers(0.5, k) for k in range(6)}
    found = automl.compare_all(many, target=Y)
    assert len(found.comparisons) == 15
    for each in found.comparisons:
        assert (each.outcome in ("a", "b")) == (each.p_adjusted < 0.05)


def test_chance_findings_are_held_down() -> None:
    """Among candidates that are all equally good, hardly any table has a winner; unadjusted, many have."""
    rng = np.random.default_rng(3)
    adjusted = plain = 0
    for _ in range(60):
        y = rng.integers(0, 2, 150)
        equal = {f"c{k}": np.clip(0.5 + 0.1 * (2 * y - 1) + rng.normal(0, 0.3, 150), 0, 1) for k in range(5)}
        found = automl.compare_all(equal, target=y)
        adjusted += any(each.outcome in ("a", "b") for each in found.comparisons)
        plain += any(each.p < 0.05 for each in found.comparisons)
    assert adjusted <= 8  # 3 are expected at most; more than 8 of 60 come once in 100
    assert plain > adjusted + 5


def test_against_one() -> None:
    """Each other candidate is compared with the named one."""
    found = automl.compare_all(CANDIDATES, target=Y, against="poor")
    assert {each.a for each in found.comparisons} == {"poor"}
    assert len(found.comparisons) == 2


def test_rows_of_a_run(demo_run: automl.Run) -> None:
    """A run gives its rows by rank."""
    found = automl.compare_all(demo_run, which=[1, 2])
    assert found.comparisons[0].test.name == "corrected resampled t-test"
    assert found.verdict == f"{demo_run.leaderboard['id'][0]} is better than {demo_run.leaderboard['id'][1]}."


def test_bad_candidates() -> None:
    """One clear sentence each."""
    with pytest.raises(PlanError, match=r"There is 1 candidate to compare; give at least two\."):
        automl.compare_all({"a": Y}, target=Y)
    with pytest.raises(PlanError, match=r"candidates is a list; give a dict of names and candidates, or a run\."):
        automl.compare_all([Y, Y], target=Y)
    with pytest.raises(PlanError, match=r"No candidate is called against='goood'\. Did you mean 'good'\?"):
        automl.compare_all(CANDIDATES, target=Y, against="goood")
