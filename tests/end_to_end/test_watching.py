"""Whoever watches a search is told what happens, and gets the terminal back however it ends."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import automl

pytestmark = [pytest.mark.end_to_end, pytest.mark.alone]


def test_what_callbacks_are_told(flowers: Path, tmp_path: Path) -> None:
    """The plan, each candidate's start and end, the ensemble, the end; counts and times only grow."""
    updates: list[Any] = []
    run = automl.fit(
        flowers,
        "kind",
        algorithms=["linear", "nearest_neighbors"],
        n_trials=4,
        time_budget="60s",
        cv=2,
        engine="inprocess",
        callbacks=[updates.append],
        out=tmp_path / "run",
        verbose=0,
    )
    kinds = [update.kind for update in updates]
    assert kinds == ["planned", *["started", "evaluated"] * 4, "ensembled", "finished"]
    evaluated = [update for update in updates if update.kind == "evaluated"]
    assert [update.number for update in evaluated] == [0, 1, 2, 3]
    assert [update.algorithm for update in evaluated] == [each.candidate.algorithm for each in run.evaluations]
    assert [update.n_finished for update in evaluated] == [1, 2, 3, 4]
    used = [update.seconds_used for update in updates]
    assert used == sorted(used)
    complete = [each for each in run.evaluations if each.state == "complete"]
    assert updates[-1].best_score == run.metric.score_of(min(each.loss for each in complete))


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo terminals there")
def test_the_terminal_is_given_back(program: Any, flowers: Path) -> None:
    """A search that ends with an error takes its live line away and shows the cursor before the error is raised."""
    import pty

    body = """
    try:
        automl.fit(sys.argv[1], "kind", algorithms=[own("broken", fits(lambda: 1 / 0))], n_trials=3, time_budget=None,
                   cv=2, engine="inprocess", out="run")
    except automl.SearchError as error:
        print("ended:", error, flush=True)
    """
    ours, theirs = pty.openpty()
    started = program.start(body, flowers, screen=theirs, TERM="xterm")
    os.close(theirs)
    said = b"".join(_chunks(ours)).decode()
    os.close(ours)
    assert started.wait(30) == 0
    live, _, after = said.partition("ended: ")
    assert live.count("\x1b[?25l") == live.count("\x1b[?25h") == 1
    assert "ZeroDivisionError" in after
    assert "\x1b[" not in after


def _chunks(descriptor: int) -> Iterator[bytes]:
    while True:
        try:
            chunk = os.read(descriptor, 4096)
        except OSError:  # the other side has gone
            return
        if not chunk:
            return
        yield chunk
