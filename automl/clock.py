"""The time of one call: what is used, what is left, and when the search must stop."""

from __future__ import annotations

import math
import time


class Clock:
    """Seconds since the call and until the budget's end."""

    def __init__(self, started: float, seconds: float | None) -> None:
        self.started = started
        self._processor = time.process_time()
        self.end = None if seconds is None else started + seconds

    @property
    def used(self) -> float:
        """Wall seconds since the call."""
        return time.monotonic() - self.started

    @property
    def processor_seconds(self) -> float:
        """Processor time that this process has taken since then."""
        return time.process_time() - self._processor

    @property
    def left(self) -> float | None:
        """Wall seconds until the budget's end, ``None`` without one."""
        return None if self.end is None else self.end - time.monotonic()

    def has(self, seconds: float) -> bool:
        """Tell whether more than these seconds are left; without a budget they always are."""
        return self.left is None or self.left > seconds

    @property
    def honest_seconds(self) -> float:
        """How long scores may be made honest: a fiftieth of the budget, 10 s at most, more of what is left over."""
        if self.end is None:
            return math.inf
        return max(self._honest_share, 0.1 * (self.end - time.monotonic()))

    @property
    def _honest_share(self) -> float:
        return 0.0 if self.end is None else min(10.0, 0.02 * (self.end - self.started))

    def search_deadline(self, n_cells: int) -> float | None:
        """Return when the search must stop so that combining, judging and writing still fit in."""
        if self.end is None:
            return None
        budget = self.end - self.started
        reserve = min(0.3 * budget, 0.8 + 0.02 * budget + n_cells / 20e6 + self._honest_share)
        return self.end - reserve
