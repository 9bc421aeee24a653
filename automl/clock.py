"""The time of one call: what is used, what is left, and when the search must stop."""

from __future__ import annotations

import time


class Clock:
    """Seconds since the call and until the budget's end."""

    def __init__(self, started: float, seconds: float | None) -> None:
        self.started = started
        self.end = None if seconds is None else started + seconds

    @property
    def used(self) -> float:
        """Wall seconds since the call."""
        return time.monotonic() - self.started

    @property
    def left(self) -> float | None:
        """Wall seconds until the budget's end, ``None`` without one."""
        return None if self.end is None else self.end - time.monotonic()

    def has(self, seconds: float) -> bool:
        """Tell whether more than these seconds are left; without a budget they always are."""
        return self.left is None or self.left > seconds

    def search_deadline(self, n_cells: int) -> float | None:
        """Return when the search must stop so that combining and writing still fit in."""
        if self.end is None:
            return None
        budget = self.end - self.started
        reserve = min(0.3 * budget, 0.8 + 0.02 * budget + n_cells / 20e6)
        return self.end - reserve
