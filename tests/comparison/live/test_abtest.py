"""``automl.ABTest``: states and sentences follow from the rows, whatever the portions they came in."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import automl
from automl.comparison.live.totals import Totals
from automl.errors import DataError, PlanError


def hits(share: float, n: int = 2000) -> list[int]:
    """Return values 0 and 1 with exactly this share of hits."""
    return [1] * round(share * n) + [0] * (n - round(share * n))


def test_a_winner() -> None:
    """The better arm wins, and the sentence has both means, the interval and the rows."""
    test = automl.ABTest("checkout", rows=2000)
    test.add("a", hits(0.10))
    test.add("b", hits(0.15))
    found = test.verdict()
    assert (found.state, found.is_final) == ("b wins", True)
    assert re.fullmatch(
        r"b wins after 2,000 and 2,000 rows: b is ahead of a by 0\.05, 0\.15 against 0\.1, interval 0\.0\d+ to 0\.0\d+ "
        r"\(95 %, at any time\)\.",
        str(found),
    )


def test_opposite_rows_opposite_verdicts() -> None:
    """What is said of b is said of a when they change places, and again of b when less is better."""
    said = []
    for first, second, kind in (("a", "b", "mean"), ("b", "a", "mean"), ("b", "a", "loss")):
        rng = np.random.default_rng(0)
        test = automl.ABTest("t", metric=kind, rows=500)
        test.add(first, rng.normal(1.0, 1, 500))
        test.add(second, rng.normal(2.0, 1, 500))
        said.append(test.verdict())
    assert [each.state for each in said] == ["b wins", "a wins", "b wins"]
    ahead = "b wins after 500 and 500 rows: b is ahead of a by 0.958, 1.931"
    assert said[0].sentence.startswith(ahead)
    assert said[2].sentence.startswith(ahead.replace("1.931", "0.9731"))
    assert said[1].sentence == said[0].sentence.replace("b wins", "a wins").replace(
        "b is ahead of a", "a is ahead of b"
    )


def test_no_winner_without_evidence() -> None:
    """A small difference keeps it running; the interval includes 0."""
    test = automl.ABTest("t", rows=5000)
    test.add("a", hits(0.10))
    test.add("b", hits(0.11))
    found = test.verdict()
    assert (found.state, found.is_final) == ("running", False)
    assert "5,000 an arm are planned: b is ahead of a by 0.01" in found.sentence
    assert "which includes 0" in found.sentence


def test_nothing_is_said_of_few_rows() -> None:
    """The asymptotic sequence waits for 100 rows an arm; the exact one need not."""
    test = automl.ABTest("t")
    test.add("a", [0] * 99)
    test.add("b", [1] * 99)
    assert test.verdict().sentence == "Still running, after 99 and 99 rows: nothing is said before each arm has 100."
    exact = automl.ABTest("t", exact=True)
    exact.add("a", [0] * 99)
    exact.add("b", [1] * 99)
    assert exact.verdict().state == "b wins"


def test_no_difference_that_matters() -> None:
    """Where the interval lies within the effect, the test ends without a winner."""
    test = automl.ABTest("t", effect=0.05, rows=4000)
    test.add("a", hits(0.10, 3000))
    test.add("b", hits(0.101, 3000))
    found = test.verdict()
    assert found.state == "no difference"
    assert found.sentence.startswith("No difference that matters after 3,000 and 3,000 rows: ")
    assert found.sentence.endswith("within ±0.05.")


def test_the_planned_rows_end_it() -> None:
    """Used up without a finding: no difference was found."""
    test = automl.ABTest("t", rows=2000)
    test.add("a", hits(0.10))
    test.add("b", hits(0.11))
    assert test.verdict().state == "no difference"
    assert test.verdict().sentence.startswith(
        "No difference was found in the planned rows, after 2,000 and 2,000 rows:"
    )


def test_an_answer_stays() -> None:
    """The first answer is the test's: later rows don't take it back."""
    test = automl.ABTest("t", rows=2000)
    test.add("a", hits(0.10))
    test.add("b", hits(0.15))
    first = test.verdict()
    test.add("a", hits(0.20))
    test.add("b", hits(0.10))
    assert test.verdict() == first


def test_sample_ratio_mismatch_comes_first() -> None:
    """Whoever loses rows can't win, and the alarm ends when the rows turn up."""
    test = automl.ABTest("t", rows=5000)
    test.add("a", hits(0.10, 5000))
    test.add("b", hits(0.20, 4000))
    found = test.verdict()
    assert (found.state, found.is_final) == ("stopped: sample ratio", False)
    assert found.sentence.startswith(
        "Stopped: sample ratio mismatch. The arms have a 5,000, b 4,000 rows, where 50 %, 50 % were meant (p below"
    )
    assert test.sample_ratio["p_at_any_time"] < 1e-3
    test.add("b", hits(0.20, 1000))
    assert test.verdict().state == "b wins"


def test_uneven_shares_are_meant() -> None:
    """A tenth of traffic in b is no mismatch where it was decided."""
    test = automl.ABTest("t", shares=(0.9, 0.1), rows=2000)
    test.add("a", hits(0.10, 9000))
    test.add("b", hits(0.20, 1000))
    assert test.verdict().state == "b wins"


def test_a_broken_guardrail_stops_it() -> None:
    """Even a winner is stopped by what must not get worse."""
    rng = np.random.default_rng(0)
    test = automl.ABTest("t", guardrails=[automl.Guardrail("latency", 5.0)], rows=2000)
    test.add("a", hits(0.10), {"latency": rng.normal(100, 10, 2000)})
    test.add("b", hits(0.20), {"latency": rng.normal(110, 10, 2000)})
    found = test.verdict()
    assert found.state == "stopped: guardrail"
    assert re.match(
        r"Stopped: the guardrail latency is worse in b than in a by \d+\.\d+ to 1\d\.\d+ \(95 %", str(found)
    )
    assert found.sentence.endswith("more than the 5 that it may.")


def test_a_guardrail_that_holds_lets_it_win() -> None:
    """Within the margin nothing is said; while that is not sure, the winner's sentence says so."""
    for spread, ends in ((1.0, "(95 %, at any time)."), (200.0, "Not yet sure: latency in b.")):
        rng = np.random.default_rng(0)
        test = automl.ABTest("t", guardrails=[automl.Guardrail("latency", 5.0)], rows=2000)
        test.add("a", hits(0.10), {"latency": rng.normal(100, spread, 2000)})
        test.add("b", hits(0.20), {"latency": rng.normal(102, spread, 2000)})
        assert test.verdict().state == "b wins"
        assert test.verdict().sentence.endswith(ends)


def test_a_guardrail_has_a_direction() -> None:
    """Of a rate, less is worse."""
    test = automl.ABTest("t", guardrails=[automl.Guardrail("kept", 0.01, "rate")], rows=2000)
    test.add("a", hits(0.10), {"kept": hits(0.9)})
    test.add("b", hits(0.10), {"kept": hits(0.7)})
    assert test.verdict().state == "stopped: guardrail"


def test_a_guardrail_that_breaks_later_still_stops_it() -> None:
    """An answer on the metric does not end the watch."""
    rng = np.random.default_rng(0)
    test = automl.ABTest("t", guardrails=[automl.Guardrail("latency", 5.0)], rows=2000)
    test.add("a", hits(0.10), {"latency": rng.normal(100, 10, 2000)})
    test.add("b", hits(0.20), {"latency": rng.normal(100, 10, 2000)})
    assert test.verdict().state == "b wins"
    test.add("a", hits(0.10), {"latency": rng.normal(100, 10, 2000)})
    test.add("b", hits(0.20), {"latency": rng.normal(130, 10, 2000)})
    assert test.verdict().state == "stopped: guardrail"


def test_several_arms() -> None:
    """The winner beats some arm, and no other may still be better by what matters."""
    test = automl.ABTest("t", arms=("old", "red", "blue"), rows=3000)
    for arm, share in (("old", 0.10), ("red", 0.20), ("blue", 0.30)):
        test.add(arm, hits(share, 3000))
    found = test.verdict()
    assert found.state == "blue wins"
    assert "blue is ahead of old by 0.2" in found.sentence
    assert "blue is ahead of red by 0.1" in found.sentence


def test_two_good_arms_need_to_be_told_apart_or_alike() -> None:
    """Where two beat the first, the better of them wins only when the other is beaten or as good."""
    shares = (("old", 0.10), ("red", 0.200), ("blue", 0.202))
    for words, state in (({}, "running"), ({"effect": 0.06}, "blue wins")):
        test = automl.ABTest("t", arms=("old", "red", "blue"), **words)
        for arm, share in shares:
            test.add(arm, hits(share, 3000))
        assert test.verdict().state == state


def test_pairs_share_the_level() -> None:
    """With three arms each of three pairs has a third of the doubt."""
    two, three = automl.ABTest("t"), automl.ABTest("t", arms=("a", "b", "c"))
    for test in (two, three):
        for arm in test.settings.arms:
            test.add(arm, hits(0.1))
    width = [(test.frame()["high"] - test.frame()["low"])[1] for test in (two, three)]
    assert width[1] > 1.1 * width[0]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 300), min_size=1, max_size=6), st.booleans())
def test_portions_do_not_matter(cuts: list[int], exact: bool) -> None:
    """Rows one by one, in portions or at once give the same sums and the same interval."""
    values = np.random.default_rng(0).random(300)
    tests = [automl.ABTest("t", metric="mean", bounds=(0.0, 2.0), exact=exact) for _ in range(2)]
    for test in tests:
        test.add("a", 1 - values)
    tests[0].add("b", values)
    for part in np.split(values, sorted(cuts)):
        tests[1].add("b", part)
    one, other = (test.frame() for test in tests)
    pd.testing.assert_frame_equal(one, other)


def test_sums_are_means_and_variances() -> None:
    """Of values far from 0 as well."""
    values = 1e6 + np.random.default_rng(0).normal(0, 1, 500)
    totals = Totals()
    for part in np.split(values, [1, 7, 300]):
        totals = totals.plus(part)
    assert (totals.mean, totals.variance("mean")) == (pytest.approx(values.mean()), pytest.approx(values.var(ddof=1)))


def test_a_table_of_rows() -> None:
    """Rows of all arms come at once, guardrails in columns of their names."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"arm": ["a", "b"] * 500, "value": rng.integers(0, 2, 1000), "latency": rng.random(1000)})
    test = automl.ABTest("t", guardrails=[automl.Guardrail("latency", 1.0)])
    test.add_frame(frame)
    other = automl.ABTest("t", guardrails=[automl.Guardrail("latency", 1.0)])
    for arm in "ab":
        mine = frame[frame.arm == arm]
        other.add(arm, mine["value"], {"latency": mine["latency"]})
    pd.testing.assert_frame_equal(test.frame(), other.frame())
    assert len(test.log) == 2
    with pytest.raises(DataError, match=r"The table has no column 'latency'; the test needs 'arm', 'value', 'latency'"):
        test.add_frame(frame.drop(columns="latency"))
    with pytest.raises(PlanError, match=r"The test 't' has no arm 'c'\. Known: a, b\."):
        test.add_frame(frame.assign(arm="c"))
    with pytest.raises(DataError, match=r"The column 'arm' is missing in 1 rows; leave them out\."):
        test.add_frame(frame.assign(arm=["a"] * 999 + [None]))


def test_bounds_scale_the_exact_interval() -> None:
    """Euros from 0 to 50 have the interval of shares from 0 to 1, times 50."""
    values = np.random.default_rng(0).random(400)
    widths = []
    for scale in (1.0, 50.0):
        test = automl.ABTest("t", metric="mean", bounds=(0, scale), exact=True)
        test.add("a", scale * values)
        test.add("b", scale * (1 - values))
        row = test.frame().iloc[1]
        widths.append((row["high"] - row["low"]) / scale)
    assert widths[0] == pytest.approx(widths[1])


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"arms": ("a",)}, "arms=('a',) must be at least two different names."),
        ({"arms": ("a", "a")}, "arms=('a', 'a') must be at least two different names."),
        ({"metric": "rates"}, "Unknown metric 'rates'. Did you mean 'rate'?"),
        ({"shares": (0.5, 0.6)}, "shares=(0.5, 0.6) must be 2 positive numbers that sum to 1."),
        ({"level": 95}, "level=95 is no confidence level; give a number between 0 and 1, such as 0.95."),
        ({"effect": 0}, "effect=0 is no difference that matters; give a positive number."),
        ({"rows": 0}, "rows=0: an arm takes at least one row."),
        ({"bounds": (1, 0), "metric": "mean"}, "bounds=(1, 0) must be a lower and a higher number."),
        ({"exact": True, "metric": "mean"}, "exact=True needs to know between which bounds values lie. Give bounds="),
    ],
)
def test_bad_settings(words: dict[str, Any], message: str) -> None:
    """One clear sentence each."""
    with pytest.raises(PlanError, match=re.escape(message)):
        automl.ABTest("t", **words)


def test_bad_guardrails() -> None:
    """One clear sentence each."""
    with pytest.raises(PlanError, match=r"The guardrail 'latency' has the margin -1; give a number from 0\."):
        automl.Guardrail("latency", -1)
    with pytest.raises(PlanError, match=r"Two guardrails have the same name; give each its own\."):
        automl.ABTest("t", guardrails=[automl.Guardrail("x", 1), automl.Guardrail("x", 2)])
    with pytest.raises(PlanError, match=r"The test 't' has no guardrail 'y'; it has \['x'\]\."):
        automl.ABTest("t", guardrails=[automl.Guardrail("x", 1)]).add("a", 1, {"y": 3})


@pytest.mark.parametrize(
    ("metric", "values", "message"),
    [
        ("rate", [0, 2], "The arm 'a' was given 2; a rate counts hits (1) and misses (0). For quantities use 'mean'."),
        ("rate", [0, None], "The arm 'a' has no value at position 1 of 2; leave such rows out, or say 0."),
        ("mean", ["much"], "The arm 'a' was given ['much'], which are no numbers."),
        ("mean", [11.0], "The arm 'a' was given 11, outside of its bounds 0 to 10."),
    ],
)
def test_bad_values(metric: str, values: list[Any], message: str) -> None:
    """One clear sentence each, and nothing is added."""
    test = automl.ABTest("t", metric=metric, bounds=(0, 10) if metric == "mean" else None)
    with pytest.raises(DataError, match=re.escape(message)):
        test.add("a", values)
    assert test.frame()["rows"].sum() == 0


def test_unknown_arm() -> None:
    """The closest name is offered."""
    with pytest.raises(PlanError, match=r"The test 't' has no arm 'bluee'\. Did you mean 'blue'\?"):
        automl.ABTest("t", arms=("red", "blue")).add("bluee", 1)


def test_picture_shows_the_course() -> None:
    """A line an arm, and its band; an empty test has a picture, too."""
    test = automl.ABTest("t", arms=("a", "b", "c"), effect=0.01)
    assert test.plot()._repr_png_()[:4] == b"\x89PNG"
    for _ in range(5):
        for arm in "abc":
            test.add(arm, hits(0.1, 100))
    axes = test.plot().axes[0]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["b over a", "c over a"]
    assert axes.lines[1].get_xdata()[-1] == 1500


def test_it_says_where_it_stands() -> None:
    """Printing asks without writing to the log."""
    test = automl.ABTest("t")
    assert str(test) == "A/B test 't': Still running, after 0 and 0 rows: nothing is said before each arm has 100."
    assert len(test.log) == 1
