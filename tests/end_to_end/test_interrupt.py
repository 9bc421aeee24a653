"""Ctrl-C ends the search, not the program; a second one ends the call."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

import pytest

pytestmark = [
    pytest.mark.end_to_end,
    pytest.mark.alone,
    pytest.mark.skipif(sys.platform != "linux", reason="signals to a process group"),
]

BODY = """
def tell(update):
    if update.kind == "evaluated":
        print(update.algorithm, flush=True)

def search(**options):
    return automl.fit(sys.argv[1], "kind", verbose=0, out="run", callbacks=[tell], **options)
"""


def _press(pressed: Any) -> float:
    """Press Ctrl-C in the terminal of a program and return when that was."""
    os.killpg(pressed.pid, signal.SIGINT)
    return time.monotonic()


def _wait_for(line: str, started: Any) -> None:
    """Read what a program prints up to that line."""
    said = ""
    while said.strip() != line:
        said = started.stdout.readline()
        assert said, started.stderr.read()


def test_the_best_so_far_is_returned(program: Any, flowers: Path) -> None:
    """Ctrl-C during the search: the call returns soon with a leaderboard, and the program goes on."""
    body = (
        BODY
        + """
run = search(algorithms=[trees, stuck], time_budget=100, n_jobs=2)
before = signal.getsignal(signal.SIGINT) is signal.default_int_handler
say(run, predicted=run.predict(sys.argv[1]).nunique(), restored=before)
"""
    )
    started = program.start(body, flowers)
    _wait_for("leafy", started)
    pressed = _press(started)
    out, err = started.communicate(timeout=30)
    assert time.monotonic() - pressed < 10
    ended = program.ended(started, out, err)
    assert ended.said["why_stopped"] == "it was interrupted"
    assert ended.said["rows"][0]["score"] > 0.8
    assert ended.said["predicted"] == 2
    assert ended.said["restored"]
    assert ended.said["children"] == []
    assert program.nothing_is_left()


@pytest.mark.parametrize("engine", ["local", "inprocess"])
def test_a_second_press_raises(engine: str, program: Any, flowers: Path) -> None:
    """Who presses Ctrl-C twice gets KeyboardInterrupt at once; no process is left."""
    body = (
        BODY
        + """
import os
listen = signal.signal

def listen_aloud(number, handler):
    def heard(*about):
        os.write(1, b"heard\\n")
        handler(*about)
    return listen(number, heard if callable(handler) else handler)

signal.signal = listen_aloud  # two presses that come before Python looks are one

def sleep():
    print("sleeping", flush=True)
    time.sleep(60)

try:
    search(algorithms=[trees, own("sleepy", fits(sleep))], n_trials=50, time_budget=None, n_jobs=2, engine=sys.argv[2])
except KeyboardInterrupt:
    say(error="KeyboardInterrupt")
"""
    )
    started = program.start(body, flowers, engine)
    _wait_for("leafy" if engine == "local" else "sleeping", started)
    _press(started)
    _wait_for("heard", started)
    pressed = _press(started)
    out, err = started.communicate(timeout=30)
    assert time.monotonic() - pressed < 10
    ended = program.ended(started, out, err)
    assert ended.said["error"] == "KeyboardInterrupt"
    assert ended.said["children"] == []
    assert program.nothing_is_left()


def test_while_the_table_is_read(program: Any, flowers: Path) -> None:
    """Ctrl-C before there is anything to return raises, and leaves no process and no scratch file."""
    body = (
        BODY
        + """
import pandas as pd
frame = pd.read_csv(sys.argv[1])

class Slow:
    columns = frame.columns
    def to_pandas(self):
        print("reading", flush=True)
        time.sleep(60)

try:
    automl.fit(Slow(), "kind", time_budget=100, out="run", verbose=0)
except KeyboardInterrupt:
    say(error="KeyboardInterrupt")
"""
    )
    started = program.start(body, flowers)
    _wait_for("reading", started)
    time.sleep(0.3)
    _press(started)
    out, err = started.communicate(timeout=30)
    ended = program.ended(started, out, err)
    assert ended.said["error"] == "KeyboardInterrupt"
    assert ended.said["children"] == []
    assert program.nothing_is_left()
    assert not (program.folder / "run").exists()
