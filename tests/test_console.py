"""What a search shows while it runs."""

from __future__ import annotations

import io
import re
import time

import pytest

from automl import console
from automl.console import HEARTBEAT_SECONDS, console_progress
from automl.values.progress import UPDATE_KINDS, Update


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Say so."""
        return True


def updates(n: int = 30) -> list[Update]:
    """Return a short search's updates; every tenth candidate improves and every seventh fails."""
    told = [Update("planned", "Predict 'y'.", seconds_left=3.0)]
    best, n_failed = 0.5, 0
    for number in range(n):
        common = {"number": number, "algorithm": "ridge", "seconds_used": number / 10, "seconds_left": 3 - number / 10}
        told.append(Update("started", best_score=best if number else None, n_finished=number, **common))
        best += 0.1 if number and number % 10 == 0 else 0.0
        n_failed += number % 7 == 6
        score = None if number % 7 == 6 else best
        told.append(
            Update("evaluated", score=score, best_score=best, n_finished=number + 1, n_failed=n_failed, **common)
        )
    return [*told, Update("ensembled", "Combined 3 candidates."), Update("finished", "Best: ridge.")]


def shown(stream: io.StringIO, verbose: int = 1) -> list[str]:
    """Return the lines that a short search leaves on ``stream``."""
    show = console_progress(verbose, stream)
    for update in updates():
        show(update)
    show.close()
    return stream.getvalue().splitlines()


def test_silent_at_zero(capfd: pytest.CaptureFixture[str]) -> None:
    """Nothing is shown at verbose=0, not even on a terminal."""
    assert shown(Terminal(), verbose=0) == []
    assert capfd.readouterr() == ("", "")


def test_default_stream_is_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    """Standard output stays free for results."""
    console_progress(1)(Update("finished", "done"))
    assert capsys.readouterr() == ("", "done\n")


def test_pipe_gets_a_line_per_improvement() -> None:
    """In a pipe: what was planned, each improvement once, the end."""
    assert shown(io.StringIO()) == [
        "Predict 'y'.",
        "0:00  best 0.5 (ridge)  1 tried",
        "0:01  best 0.6 (ridge)  11 tried  1 failed",
        "0:02  best 0.7 (ridge)  21 tried  3 failed",
        "Combined 3 candidates.",
        "Best: ridge.",
    ]


def test_pipe_gets_every_candidate_at_two() -> None:
    """At verbose=2 each candidate has its line, failed ones included."""
    lines = shown(io.StringIO(), verbose=2)
    assert len(lines) == 33
    assert "0:00  #6 ridge  no score" in lines


def test_pipe_gets_a_heartbeat(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without improvement a line comes when ten seconds have passed, and not before."""
    now = [0.0]
    stream = io.StringIO()
    show = console._Lines(stream, 1, clock=lambda: now[0])
    for second in range(35):
        now[0] = float(second)
        show(Update("started", algorithm="ridge", best_score=0.5, n_finished=second, seconds_used=now[0]))
    assert len(stream.getvalue().splitlines()) == int(35 // HEARTBEAT_SECONDS)


def test_terminal_keeps_sentences_and_clears_its_line() -> None:
    """On a terminal only the sentences stay; the cursor is given back."""
    stream = Terminal()
    shown(stream)
    text = stream.getvalue()
    assert text.count("\x1b[?25l") == text.count("\x1b[?25h") == 1
    assert re.search(r"best 0\.\d+ \(ridge\)|no score yet", text)
    assert text.rstrip().endswith("Best: ridge.")


def test_terminal_is_given_back_without_an_end() -> None:
    """A search that raises leaves no hidden cursor and no drawing thread behind."""
    stream = Terminal()
    with console_progress(1, stream) as show:
        show(updates()[0])
    assert stream.getvalue().count("\x1b[?25h") == 1
    length = len(stream.getvalue())
    show(updates()[1])
    time.sleep(0.3)
    assert len(stream.getvalue()) == length


@pytest.mark.parametrize("stream", [io.StringIO(), Terminal()])
def test_dead_stream_never_raises(stream: io.StringIO) -> None:
    """A reader who went away costs no run."""
    show = console_progress(1, stream)
    stream.close()
    for update in updates():
        show(update)


def test_notebook_gets_plain_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    """A notebook's streams can't redraw a line, whatever they say."""
    monkeypatch.setitem(__import__("sys").modules, "ipykernel", console)
    assert "\x1b" not in "".join(shown(Terminal()))


def test_text_is_shown_as_it_is() -> None:
    """Brackets in a column's name are no markup."""
    stream = Terminal()
    show = console_progress(1, stream)
    show(Update("planned", "Predict '[red]'."))
    show(Update("finished", "[bold] is a column."))
    assert "Predict '[red]'." in stream.getvalue()
    assert "[bold] is a column." in stream.getvalue()


def test_console_is_cheap() -> None:
    """A thousand updates in a pipe take less than a tenth of a second."""
    show = console_progress(1, io.StringIO())
    started = time.process_time()
    for _ in range(20):
        for update in updates(25):
            show(update)
    assert time.process_time() - started < 0.1


def test_kinds_are_closed() -> None:
    """Callbacks may rely on the five kinds."""
    assert UPDATE_KINDS == ("planned", "dashboard", "started", "evaluated", "self_trained", "ensembled", "finished")
