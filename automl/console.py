"""What a person watching a search sees: one live line on a terminal, a few plain lines anywhere else.

Everything goes to standard error, so that standard output stays free for results. On a terminal the line is redrawn
four times a second by rich, whatever the search does; between two events nothing of ours runs. In a pipe, a log file
or a notebook a line is written when the best score improves, and otherwise at most every ten seconds. A reader who
went away (a closed pipe) never costs a run: the console falls silent and the search goes on.
"""

from __future__ import annotations

import atexit
import os
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TextIO

from automl.values.progress import Update

if TYPE_CHECKING:
    from rich.live import Live
    from rich.table import Table

HEARTBEAT_SECONDS = 10.0
TOLD = ("planned", "dashboard", "self_trained", "ensembled", "finished")  # kinds whose text is a line
Clock = Callable[[], float]


def console_progress(verbose: int, stream: TextIO | None = None) -> Progress:
    """Return a callback that shows a search: silent at 0, one line at 1, each candidate at 2 and above.

    Parameters
    ----------
    verbose
        How much is shown.
    stream
        Where to; standard error when left out.

    Examples
    --------
    >>> import sys
    >>> show = console_progress(1, sys.stdout)
    >>> show(Update("evaluated", algorithm="ridge", score=0.5, best_score=0.5, n_finished=1, seconds_used=2.0))
    0:02  best 0.5 (ridge)  1 tried
    """
    stream = sys.stderr if stream is None else stream
    if verbose <= 0 or stream is None:  # a program without a console has no standard error
        return Progress()
    return _Line(stream, verbose) if _is_terminal(stream) else _Lines(stream, verbose)


class Progress:
    """A consumer of updates that shows nothing; the others build on it.

    Closing it twice, or using it in a ``with`` statement, is fine. It closes itself at the update ``"finished"``.
    """

    def __call__(self, update: Update) -> None:
        """Take one update."""

    def close(self) -> None:
        """Give the terminal back."""

    def __enter__(self) -> Progress:
        """Return itself."""
        return self

    def __exit__(self, *raised: object) -> None:
        """Give the terminal back, whatever happened."""
        self.close()


class _Lines(Progress):
    """Plain lines: the best score when it changes, and a sign of life now and then."""

    def __init__(self, stream: TextIO, verbose: int, clock: Clock = time.monotonic) -> None:
        self._stream: TextIO | None = stream
        self._verbose = verbose
        self._clock = clock
        self._best: float | None = None
        self._written = clock()

    def __call__(self, update: Update) -> None:
        """Write what is worth a line."""
        if update.kind in TOLD:
            self._write(update.text)
        elif update.kind == "evaluated" and self._verbose >= 2:
            self._write(describe_candidate(update))
        elif update.kind == "evaluated" and update.best_score is not None and update.best_score != self._best:
            self._best = update.best_score
            self._write(describe_standing(update, update.algorithm))
        elif self._clock() - self._written >= HEARTBEAT_SECONDS:
            self._write(describe_standing(update))

    def _write(self, text: str) -> None:
        self._written = self._clock()
        if not text or self._stream is None:
            return
        try:
            self._stream.write(text + "\n")
            self._stream.flush()
        except (OSError, ValueError):  # the reader is gone or the stream was closed: nobody is left to tell
            self._stream = None


class _Line(Progress):
    """A live line at the foot of a terminal; what is worth keeping scrolls by above it."""

    def __init__(self, stream: TextIO, verbose: int, clock: Clock = time.monotonic) -> None:
        self._stream = stream
        self._verbose = verbose
        self._clock = clock
        self._live: Live | None = None
        self._is_closed = False
        self._update = Update("planned")
        self._came = clock()
        self._best_algorithm = ""
        self._running: dict[int, str] = {}

    def __call__(self, update: Update) -> None:
        """Remember how things stand; the line is redrawn by its own clock."""
        if self._is_closed:
            return
        self._note(update)
        try:
            self._show(update)
        except (OSError, ValueError):  # the terminal is gone: nobody is left to tell
            self._is_closed, self._live = True, None

    def _show(self, update: Update) -> None:
        live = self._live or self._start()
        if update.kind == "finished":
            self.close()
        if update.kind in TOLD:
            live.console.print(update.text, markup=False, highlight=False)
        elif update.kind == "evaluated" and self._verbose >= 2:
            live.console.print(describe_candidate(update), markup=False, highlight=False)

    def _note(self, update: Update) -> None:
        if update.kind == "started" and update.number is not None:
            self._running[update.number] = update.algorithm
        if update.kind == "evaluated":
            self._running.pop(-1 if update.number is None else update.number, None)
            if update.best_score is not None and update.best_score != self._update.best_score:
                self._best_algorithm = update.algorithm
        self._update, self._came = update, self._clock()

    def _start(self) -> Live:
        from rich.console import Console
        from rich.live import Live

        console = Console(file=self._stream)
        live = Live(console=console, get_renderable=self._render, refresh_per_second=4, transient=True)
        live.start()
        atexit.register(self.close)  # a terminal must not be left without its cursor, however the program ends
        self._live = live
        return live

    def _render(self) -> Table:
        from rich.progress_bar import ProgressBar
        from rich.table import Table
        from rich.text import Text

        update, since = self._update, self._clock() - self._came
        used = update.seconds_used + since
        line = Table.grid(padding=(0, 1))
        line.add_column(no_wrap=True)
        line.add_column(no_wrap=True, overflow="ellipsis")
        left, words = None, describe_standing(update, self._best_algorithm, used)
        if update.seconds_left is not None:
            left = max(update.seconds_left - since, 0.0)
            words += f"  {format_clock(left)} left"
        if self._running:
            words += f"  now {', '.join(dict.fromkeys(self._running.values()))}"
        bar: Any = "" if left is None else ProgressBar(total=max(used + left, 1e-9), completed=used, width=20)
        line.add_row(bar, Text(words))
        return line

    def close(self) -> None:
        """Take the line away and give the cursor back."""
        self._is_closed = True
        live, self._live = self._live, None
        if live is not None:
            atexit.unregister(self.close)
            live.stop()


def describe_standing(update: Update, algorithm: str = "", used: float | None = None) -> str:
    """Return how the search stands in one line.

    Examples
    --------
    >>> describe_standing(Update("started", best_score=0.91234567, n_finished=12, n_failed=1, seconds_used=65))
    '1:05  best 0.91235  12 tried  1 failed'
    """
    by = f" ({algorithm})" if algorithm else ""
    best = "no score yet" if update.best_score is None else f"best {update.best_score:.5g}{by}"
    parts = [format_clock(update.seconds_used if used is None else used), best, f"{update.n_finished:,} tried"]
    parts += [f"{update.n_failed:,} failed"] if update.n_failed else []
    return "  ".join(parts)


def describe_candidate(update: Update) -> str:
    """Return what came of one candidate in one line.

    Examples
    --------
    >>> describe_candidate(Update("evaluated", number=3, algorithm="svm", text="timed_out: 30s", seconds_used=65))
    '1:05  #3 svm  no score  timed_out: 30s'
    """
    number = "" if update.number is None else f"#{update.number} "
    score = "no score" if update.score is None else f"{update.score:.5g}"
    text = f"  {update.text}" if update.text else ""
    return f"{format_clock(update.seconds_used)}  {number}{update.algorithm}  {score}{text}"


def format_clock(seconds: float) -> str:
    """Return seconds as a clock shows them.

    Examples
    --------
    >>> format_clock(65.4), format_clock(3725)
    ('1:05', '1:02:05')
    """
    whole = int(seconds)
    if whole >= 3600:
        return f"{whole // 3600}:{whole % 3600 // 60:02}:{whole % 60:02}"
    return f"{whole // 60}:{whole % 60:02}"


def _is_terminal(stream: TextIO) -> bool:
    """Whether a line can be redrawn: a notebook's streams and dumb terminals can't."""
    return stream.isatty() and os.environ.get("TERM") != "dumb" and "ipykernel" not in sys.modules
