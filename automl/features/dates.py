"""Points in time as numbers that a model can split on or add up.

A date becomes the days since the first training date and, as far as they vary in training, its year, month, day,
weekday, day of the year, hour and minute: daily data gets no hour, data of one year no year.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator

Dates = npt.NDArray[np.datetime64]

PARTS = ("elapsed days", "year", "month", "day", "weekday", "day of year", "hour", "minute")
DAY = 86_400 * 10**9  # nanoseconds


class DateParts(BaseEstimator):
    """Split dates into parts.

    Parameters
    ----------
    parts
        Which of :data:`PARTS` to give; ``None``: those that vary in training, the elapsed days at least.

    Attributes
    ----------
    parts_ : list[str]
        Names of the output columns.
    start_ : int
        Nanoseconds since 1970 of the first training date.

    Examples
    --------
    >>> dates = np.array(["2024-02-28", "2024-03-01", "NaT"], dtype="datetime64[ns]")
    >>> parts = DateParts().fit(dates)
    >>> parts.parts_
    ['elapsed days', 'month', 'day', 'weekday', 'day of year']
    >>> parts.transform(dates)[:2].tolist()
    [[0.0, 2.0, 28.0, 2.0, 59.0], [2.0, 3.0, 1.0, 4.0, 61.0]]
    """

    def __init__(self, parts: list[str] | None = None) -> None:
        self.parts = parts

    def fit(self, dates: Dates) -> DateParts:
        """Learn from training dates ``(n_rows,)`` which parts vary."""
        known = dates[~np.isnat(dates)]
        self.start_ = int(known.min().astype("datetime64[ns]").astype(np.int64)) if len(known) else 0
        self.parts_ = list(PARTS[:1] if self.parts is None else self.parts)
        if len(known) and self.parts is None:
            parts = self._all(known)
            self.parts_ += [name for name in PARTS[1:] if np.ptp(parts[name]) > 0]
        return self

    def transform(self, dates: Dates) -> npt.NDArray[np.float64]:
        """Return the parts ``(n_rows, n_parts)``, NaN for a missing date."""
        out = np.full((len(dates), len(self.parts_)), np.nan)
        known = ~np.isnat(dates)
        if known.any():
            parts = self._all(dates[known], tuple(self.parts_))
            for i, name in enumerate(self.parts_):
                out[known, i] = parts[name]
        return out

    def _all(self, dates: Dates, wanted: tuple[str, ...] = PARTS) -> dict[str, npt.NDArray[np.floating[Any]]]:
        nanoseconds = dates.astype("datetime64[ns]").astype(np.int64)
        days = dates.astype("datetime64[D]")
        found: dict[str, npt.NDArray[np.floating[Any]]] = {"elapsed days": (nanoseconds - self.start_) / DAY}
        if any(name in wanted for name in ("year", "day of year")):
            years = days.astype("datetime64[Y]")
            found["year"] = years.astype(np.float64) + 1970
            found["day of year"] = (days - years.astype("datetime64[D]")).astype(np.float64) + 1
        if any(name in wanted for name in ("month", "day")):
            months = days.astype("datetime64[M]")
            found["month"] = months.astype(np.int64) % 12 + 1.0
            found["day"] = (days - months.astype("datetime64[D]")).astype(np.float64) + 1
        found["weekday"] = (days.astype(np.int64) + 3) % 7.0  # Monday is 0; 1970 began on a Thursday
        minutes = nanoseconds % DAY // (60 * 10**9)
        found["hour"] = minutes // 60.0
        found["minute"] = minutes % 60.0
        return found

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "parts_")
