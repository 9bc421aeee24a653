"""Numbers as the sentences of a comparison write them."""

from __future__ import annotations

import math


def number(value: float, digits: int = 3) -> str:
    """Return a number with so many significant digits, as people write it.

    Examples
    --------
    >>> [number(each) for each in (0.0123456, -0.0, 1234567.0, -0.00004, math.inf)]
    ['0.0123', '0', '1,230,000', '-4e-05', 'infinity']
    """
    if not math.isfinite(value):
        return "unknown" if math.isnan(value) else ("infinity" if value > 0 else "minus infinity")
    rounded = float(f"{value:.{digits}g}")
    if rounded == 0:
        return "0"
    if not 1e-4 <= abs(rounded) < 1e12:
        return f"{rounded:.{digits}g}"
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(rounded))))
    text = f"{rounded:,.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def percent(share: float) -> str:
    """Return a share in hundredths, with as many digits as it needs to be neither all nor nothing.

    Examples
    --------
    >>> [percent(each) for each in (0.95, 0.999, 0.9874, 0.004, 0.99999, 0.00001, 1.0, 0.0)]
    ['95 %', '99.9 %', '98.7 %', '0.4 %', 'over 99.9 %', 'under 0.1 %', '100 %', '0 %']
    """
    if 0.999 < share < 1:
        return "over 99.9 %"
    if 0 < share < 0.001:
        return "under 0.1 %"
    return f"{100 * share:.3g} %"


def chance(p: float) -> str:
    """Return a p-value as a share of comparisons.

    Examples
    --------
    >>> chance(0.0312), chance(0.00004)
    ('3.1 %', 'less than 0.01 %')
    """
    return "less than 0.01 %" if p < 1e-4 else f"{100 * p:.2g} %"
