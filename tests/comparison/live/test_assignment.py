"""A unit's arm follows from its name and the salt alone, and arms get their shares."""

from __future__ import annotations

import subprocess
import sys

import numpy as np

import automl
from automl.comparison.live.assignment import assign, place_of
from automl.comparison.live.sample_ratio import chi_square_p


def test_the_same_in_another_process() -> None:
    """No process's hash seed has a say."""
    code = "import automl; t = automl.ABTest('x'); print(''.join(t.assign(k) for k in range(50)))"
    test = automl.ABTest("x")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "".join(test.assign(k) for k in range(50))


def test_arms_get_their_shares() -> None:
    """Of 20,000 users each arm has what it should, by a chi-square test."""
    arms = [assign(f"user-{k}", "s", ("a", "b", "c"), (0.2, 0.3, 0.5)) for k in range(20_000)]
    counts = [arms.count(arm) for arm in "abc"]
    assert chi_square_p(counts, (0.2, 0.3, 0.5)) > 0.001


def test_places_are_even() -> None:
    """From 0 to 1, all places alike."""
    places = np.array([place_of(k, "s") for k in range(10_000)])
    counts, _ = np.histogram(places, 20, (0, 1))
    assert chi_square_p(counts.tolist(), [0.05] * 20) > 0.001


def test_two_tests_are_independent() -> None:
    """Who is in b here is in b there half of the time."""
    one, other = automl.ABTest("one"), automl.ABTest("other")
    both = sum(one.assign(k) == other.assign(k) for k in range(4000))
    assert abs(both - 2000) < 4 * np.sqrt(1000)


def test_a_salt_outlives_a_name() -> None:
    """The same salt gives the same arms, whatever the test is called; salt and unit can't be mixed up."""
    assert [automl.ABTest("n", salt="s").assign(k) for k in range(50)] == [
        automl.ABTest("m", salt="s").assign(k) for k in range(50)
    ]
    assert place_of("b:c", "a") != place_of("c", "a:b")
