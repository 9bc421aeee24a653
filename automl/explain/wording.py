"""How names, values and numbers are written in sentences and on axes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

SHOWN = 6


def listed(names: Sequence[str], most: int = SHOWN) -> str:
    """Return names joined by commas and "and", at most ``most`` of them.

    Examples
    --------
    >>> listed(["a", "b", "c"]), listed(["a", "b", "c"], most=2)
    ('a, b and c', 'a, b and 1 more')
    """
    if len(names) > most:
        return f"{', '.join(map(str, names[:most]))} and {len(names) - most} more"
    return (
        " and ".join([", ".join(map(str, names[:-1])), str(names[-1])]) if len(names) > 1 else "".join(map(str, names))
    )


def told(value: Any) -> str:
    """Return a cell as a person writes it.

    Examples
    --------
    >>> told("Doctorate"), told(60.0), told(None), told(True)
    ("'Doctorate'", '60', 'missing', 'True')
    """
    if is_missing(value):
        return "missing"
    if isinstance(value, bool | np.bool_):
        return str(bool(value))
    if isinstance(value, int | float | np.number):
        return number(float(value))
    if isinstance(value, pd.Timestamp):
        return str(value.date()) if value == value.normalize() else str(value)
    return repr(value) if isinstance(value, str) else str(value)


def number(value: float, digits: int = 4) -> str:
    """Return a number with so many significant digits, a whole one in full; from ten thousand in groups of three.

    Examples
    --------
    >>> number(0.123456), number(1234567.0), number(1998.0), number(18812.7, 3)
    ('0.1235', '1,234,567', '1998', '18,813')
    """
    if abs(value) >= 1e4:
        return f"{value:,.0f}" if abs(value) < 1e15 else f"{value:.{digits}g}"
    if abs(value) >= 10 ** (digits - 1) or float(value).is_integer():
        return f"{value:.0f}"
    return f"{value:.{digits}g}"


def signed(value: float, digits: int = 2) -> str:
    """Return a number with its sign and so many significant digits, with a true minus.

    Examples
    --------
    >>> signed(0.1234), signed(-1234.0)
    ('+0.12', '−1,234')
    """
    text = f"{abs(value):.{digits}g}" if abs(value) < 100 else f"{abs(value):,.0f}"
    return f"{'−' if value < 0 else '+'}{text}"


def is_missing(value: Any) -> bool:
    """Tell whether a cell holds nothing."""
    found = pd.isna(value)
    return isinstance(found, bool | np.bool_) and bool(found)
