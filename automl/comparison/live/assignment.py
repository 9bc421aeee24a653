"""Which arm a unit is in: a hash decides, so that it is the same in every process and needs no memory."""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate


def place_of(unit: object, salt: str) -> float:
    """Return a number from 0 to 1 that the unit's text and the salt give, evenly spread over units.

    Another salt gives a number that has nothing to do with it, so that the arms of two tests don't go together.

    Examples
    --------
    >>> place_of(42, "checkout") == place_of("42", "checkout")
    True
    """
    digest = hashlib.sha256(f"{len(salt)}:{salt}:{unit}".encode()).digest()
    return int.from_bytes(digest[:7], "big") / (1 << 56)


def assign(unit: object, salt: str, arms: Sequence[str], shares: Sequence[float]) -> str:
    """Return the arm of a unit.

    Parameters
    ----------
    shares
        Of each arm; they sum to 1.

    Examples
    --------
    >>> assign("user-17", "checkout", ("a", "b"), (0.5, 0.5))
    'a'
    """
    limits = list(accumulate(shares))[:-1]
    return arms[bisect_right(limits, place_of(unit, salt))]
