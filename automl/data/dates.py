"""Dates, times and lengths of time as people write them.

Dates held as strings are read with the one ``strptime`` format that fits a whole column (``09/22/1986``,
``2/25/15 5:24``, ``22 Sep 1986``), or as ISO 8601. Detection is strict, a day, a month and a year must be there, so
that codes such as ``1-2`` or ``2019`` never become dates. Where both ``month/day`` and ``day/month`` fit every value,
the American order is taken for ``/`` and ``-``, the European one for ``.``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pandas as pd

ISO = "ISO8601"
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}(:\d{2}(\.\d+)?)?( ?(Z|[+-]\d{2}(:?\d{2})?))?)?")
_DAYS = (
    "%Y-%m-%d",
    "%Y/%m/%d",
    "%Y.%m.%d",
    "%m/%d/%Y",
    "%d/%m/%Y",
    "%m/%d/%y",
    "%d/%m/%y",
    "%m-%d-%Y",
    "%d-%m-%Y",
    "%d.%m.%Y",
    "%d.%m.%y",
    "%d %b %Y",
    "%d %B %Y",
    "%d-%b-%Y",
    "%d-%b-%y",
    "%b %d, %Y",
    "%B %d, %Y",
    "%b %d %Y",
    "%a, %d %b %Y",
)
_TIMES = ("", " %H:%M", " %H:%M:%S", " %H:%M:%S.%f", " %I:%M %p", " %I:%M:%S %p", "T%H:%M", "T%H:%M:%S", " %H:%M:%S %z")
_WHOLE = ("%a %b %d %H:%M:%S %Y", "%a %b %d %H:%M:%S %z %Y", "%d/%b/%Y:%H:%M:%S %z")
_PATTERN = {
    "%Y": r"[12]\d{3}",
    "%y": r"\d{2}",
    "%m": r"\d{1,2}",
    "%d": r"\d{1,2}",
    "%b": r"[A-Za-z]{3}",
    "%B": r"[A-Za-z]{3,9}",
    "%a": r"[A-Za-z]{3}",
    "%H": r"\d{1,2}",
    "%I": r"\d{1,2}",
    "%M": r"\d{2}",
    "%S": r"\d{2}",
    "%f": r"\d{1,9}",
    "%p": r"[AaPp][Mm]",
    "%z": r"(?:Z|[+-]\d{2}:?\d{2})",
}
_CLOCK = re.compile(r"([+-])?(?:(\d+) days?,? \+?)?(\d{1,4}):([0-5]\d)(?::([0-5]\d(?:\.\d+)?))?")
_SECONDS = (86400.0, 3600.0, 60.0, 1.0)
_MIN_SHARE = 0.99  # of a column's distinct values must be dates


@lru_cache(maxsize=1)
def _formats() -> tuple[tuple[str, re.Pattern[str]], ...]:
    every = [day + time for day in _DAYS for time in _TIMES] + list(_WHOLE)
    return tuple((each, re.compile(re.sub("%[A-Za-z]", lambda m: _PATTERN[m[0]], re.escape(each)))) for each in every)


def _fitting(text: str) -> list[str]:
    return [each for each, pattern in _formats() if pattern.fullmatch(text)]


def find_date_format(texts: Sequence[str]) -> str | None:
    """Return the format in which these stripped, distinct texts are dates, or ``None`` if they aren't.

    :data:`ISO` stands for ISO 8601, and for a mixture of known formats.

    Examples
    --------
    >>> find_date_format(["2/25/15 5:24", "12/1/14 23:05"])
    '%m/%d/%y %H:%M'
    >>> find_date_format(["2011-01-01", "2012-12-31"])
    'ISO8601'
    >>> find_date_format(["1-2", "3-4"]) is None, find_date_format(["2019", "2020"]) is None
    (True, True)
    """
    few = texts[:: max(1, len(texts) // 50)][:50]
    if all(_ISO.fullmatch(each) for each in few) and _share(texts, ISO) >= _MIN_SHARE:
        return ISO
    fitting = [_fitting(each) for each in few]
    if sum(map(bool, fitting)) < _MIN_SHARE * len(few):
        return None
    best, share = None, 0.0
    for name in dict.fromkeys(each for formats in fitting[:5] for each in formats):
        fits = _share(texts, name)
        if fits > share:
            best, share = name, fits
    if share >= _MIN_SHARE:
        return best
    return ISO if np.mean(~np.isnat(parse_dates(texts, None))) >= _MIN_SHARE else None


def _share(texts: Sequence[str], date_format: str) -> float:
    return float(np.mean(~np.isnat(_parse(texts, date_format))))


def _parse(texts: Sequence[str], date_format: str) -> npt.NDArray[np.datetime64]:
    parsed = pd.to_datetime(list(texts), format=date_format, errors="coerce", utc=True, cache=False)
    return nanoseconds(parsed.tz_localize(None).to_numpy())


def parse_dates(texts: Sequence[str], date_format: str | None) -> npt.NDArray[np.datetime64]:
    """Return the points in time (``datetime64[ns]``, UTC) that stripped texts spell, NaT where they spell none.

    What ``date_format`` doesn't fit is read as ISO 8601; without one, every known format is tried.
    """
    dates = _parse(texts, date_format or ISO)
    rest = [int(i) for i in np.flatnonzero(np.isnat(dates))]
    if date_format and rest:
        dates[rest] = _parse([texts[i] for i in rest], ISO)
    else:
        for i in rest:
            dates[i] = _first_date(texts[i], _fitting(texts[i]))
    return dates


def _first_date(text: str, formats: Sequence[str]) -> np.datetime64:
    for each in formats:
        date: np.datetime64 = _parse([text], each)[0]
        if not np.isnat(date):
            return date
    return np.datetime64("NaT", "ns")


def nanoseconds(dates: npt.NDArray[np.datetime64]) -> npt.NDArray[np.datetime64]:
    """Return dates as ``datetime64[ns]``, NaT where they lie outside the years 1678 to 2261 that it can hold."""
    if dates.dtype == np.dtype("datetime64[ns]"):
        return dates.copy()
    days = dates.astype("datetime64[D]")
    outside = (days < np.datetime64("1678-01-01")) | (days > np.datetime64("2261-12-31"))
    within: npt.NDArray[np.datetime64] = np.where(outside, np.array("NaT", dtype=dates.dtype), dates).astype(
        "datetime64[ns]"
    )
    return within


def parse_duration_text(text: str) -> float:
    """Return the seconds that ``[days] HH:MM[:SS]`` spells, or NaN.

    Examples
    --------
    >>> parse_duration_text("1:30"), parse_duration_text("2 days 00:00:10.5"), parse_duration_text("16:9")
    (5400.0, 172810.5, nan)
    """
    match = _CLOCK.fullmatch(text)
    if match is None:
        return math.nan
    sign, *parts = match.groups()
    seconds = sum(float(part) * unit for part, unit in zip(parts, _SECONDS, strict=True) if part)
    return -seconds if sign == "-" else seconds


def is_duration_text(text: str) -> bool:
    """Tell whether a stripped text spells a length of time, or a time of day."""
    return _CLOCK.fullmatch(text) is not None
