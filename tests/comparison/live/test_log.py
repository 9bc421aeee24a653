"""A test's log is all of it: whoever opens it goes on where it stopped, even after a crash."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import automl
from automl.errors import AutoMLWarning, PlanError, StorageError

WORDS = {
    "metric": "mean",
    "bounds": (0, 1),
    "exact": True,
    "guardrails": [automl.Guardrail("latency", 5.0)],
    "rows": 400,
}


def filled(path: Path | None) -> automl.ABTest:
    """Return a test with some rows."""
    rng = np.random.default_rng(0)
    test = automl.ABTest("t", log=path, **WORDS)
    for _ in range(3):
        for arm in "ab":
            test.add(arm, rng.random(50), {"latency": rng.normal(100, 5, 50)})
    return test


def test_it_goes_on(tmp_path: Path) -> None:
    """Reopened, it knows every sum, and goes on as if it had never stopped."""
    path = tmp_path / "deep" / "t.jsonl"
    test = filled(path)
    again = automl.ABTest("t", log=path, **WORDS)
    pd.testing.assert_frame_equal(again.frame(), test.frame())
    never, both = filled(None), automl.ABTest.open(path)
    for each in (never, both):
        each.add("a", [0.5] * 20)
    pd.testing.assert_frame_equal(never.frame(), both.frame())
    assert [event["event"] for event in automl.ABTest.open(path).log] == ["start"] + ["rows"] * 7
    assert both.settings == test.settings


def test_an_answer_is_kept(tmp_path: Path) -> None:
    """What was found once is found after the next start."""
    test = automl.ABTest("t", log=tmp_path / "t.jsonl", rows=500)
    test.add("a", [0] * 500)
    test.add("b", [1, 0] * 250)
    found = test.verdict()
    again = automl.ABTest.open(tmp_path / "t.jsonl")
    again.add("b", [0] * 400)
    again.add("a", [1] * 400)
    assert again.verdict() == found
    states = [event["state"] for event in again.log if event["event"] == "verdict"]
    assert states == ["b wins"]


def test_half_a_line_is_left_out(tmp_path: Path) -> None:
    """A program that died while it wrote costs its last rows, which is said, and nothing else."""
    path = tmp_path / "t.jsonl"
    filled(path)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:-1]) + lines[-1][:40])
    with pytest.warns(
        AutoMLWarning, match=r"The last line of .*t\.jsonl was cut off while it was written, so it is le"
    ):
        again = automl.ABTest.open(path)
    assert again.frame()["rows"].tolist() == [150, 150, 100, 100]
    again.add("b", [0.5], {"latency": [100.0]})
    assert automl.ABTest.open(path).frame()["rows"].tolist() == [150, 150, 101, 101]
    assert all(json.loads(line) for line in path.read_text().splitlines())


def test_it_holds_no_values(tmp_path: Path) -> None:
    """Only sums are written, so the log of many rows is short."""
    test = automl.ABTest("t", metric="mean", log=tmp_path / "t.jsonl")
    test.add("a", np.random.default_rng(0).random(100_000))
    assert (tmp_path / "t.jsonl").stat().st_size < 1000


def test_a_test_can_not_change_while_it_runs(tmp_path: Path) -> None:
    """Another level, other arms: another log."""
    filled(tmp_path / "t.jsonl")
    with pytest.raises(
        PlanError, match=r"was begun with level=0\.95, not 0\.9\. What a test is about can't change whi"
    ):
        automl.ABTest("t", log=tmp_path / "t.jsonl", level=0.9, **WORDS)


def test_no_log_and_foreign_files(tmp_path: Path) -> None:
    """One clear sentence each."""
    with pytest.raises(StorageError, match=r"There is no log of a test in .*t\.jsonl\. Check the path\."):
        automl.ABTest.open(tmp_path / "t.jsonl")
    (tmp_path / "t.jsonl").write_text('{"event":"other"}\n')
    with pytest.raises(StorageError, match=r"t\.jsonl is no log of an A/B test: it does not begin with a start\. Give"):
        automl.ABTest.open(tmp_path / "t.jsonl")


def test_two_writers(tmp_path: Path) -> None:
    """The second to write is refused, and neither sums nor log are spoiled."""
    one = filled(tmp_path / "t.jsonl")
    other = automl.ABTest.open(tmp_path / "t.jsonl")
    one.add("a", [0.5])
    with pytest.raises(
        StorageError, match=r"Another program has written to .*t\.jsonl meanwhile\. Open it again, and le"
    ):
        other.add("a", [0.5])
    assert other.frame()["rows"][0] == 150
    assert automl.ABTest.open(tmp_path / "t.jsonl").frame()["rows"][0] == 151
