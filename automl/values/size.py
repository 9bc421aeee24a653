"""Amounts of memory, as people write them."""

from __future__ import annotations

from typing import Any

from automl.errors import PlanError

_UNITS = {"b": 1, "kb": 1e3, "mb": 1e6, "gb": 1e9, "kib": 2**10, "mib": 2**20, "gib": 2**30}


def parse_bytes(amount: Any, name: str) -> int:
    """Return a number of bytes, from a number or a text such as ``"4GB"``; ``name`` is the parameter's.

    Raises
    ------
    PlanError
        If it is neither, or not above 0.

    Examples
    --------
    >>> parse_bytes("1.5 kB", "memory"), parse_bytes(2e9, "memory")
    (1500, 2000000000)
    """
    size = float("nan")
    if isinstance(amount, str):
        text = amount.strip().lower()
        number = text.rstrip("abcdefghijklmnopqrstuvwxyz ")
        unit = text[len(number) :].strip() or "b"
        if unit in _UNITS and number.replace(".", "", 1).isdigit():
            size = float(number) * _UNITS[unit]
    elif hasattr(amount, "__float__") and not isinstance(amount, bool):
        size = float(amount)
    if not 0 < size < float("inf"):
        raise PlanError(f"{name}={amount!r}; give bytes or a text such as '4GB'.")
    return int(size)


def format_bytes(amount: float) -> str:
    """Return an amount of memory for a person.

    Examples
    --------
    >>> format_bytes(1_536), format_bytes(2.4e9), format_bytes(12)
    ('1.5 kB', '2.4 GB', '12 B')
    """
    for unit, size in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if amount >= size:
            return f"{amount / size:.1f} {unit}"
    return f"{amount:.0f} B"
