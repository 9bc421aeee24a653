"""Ctrl-C ends the search, not the program: the best so far is still returned."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType


@contextlib.contextmanager
def interruptible() -> Iterator[Callable[[], bool]]:
    """Give a function that tells whether Ctrl-C was pressed; a second press raises ``KeyboardInterrupt``.

    Signals reach the main thread only; called from another one, the function always answers ``False``.
    """
    is_pressed = False  # no Event: its lock would be taken twice by a handler that interrupts itself

    def note(signum: int, frame: FrameType | None) -> None:
        nonlocal is_pressed
        if is_pressed:
            raise KeyboardInterrupt
        is_pressed = True

    if threading.current_thread() is not threading.main_thread():
        yield lambda: False
        return
    before = signal.signal(signal.SIGINT, note)
    try:
        yield lambda: is_pressed
    finally:
        signal.signal(signal.SIGINT, signal.SIG_DFL if before is None else before)
