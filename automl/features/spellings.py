"""Spellings of a category's levels that mean the same: "oslo " and "Oslo".

Only capitals and blanks are looked past. Signs stay (TPL and TPL+ are two coverages), and so do two spellings that are
both common, since somebody may mean something by each: a rare spelling is read as the common one, at least ten times as
frequent. Likewise a spelling that training rows don't have is read as the only level that it could be.

Letters put wrongly are not mended: "Technician I" and "Technician II" differ by less than most typing errors.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

RARER = 10  # times as many rows that the common spelling has


def spelling_key(level: str) -> str:
    """Return what is the same for all spellings of a level.

    Examples
    --------
    >>> spelling_key(" New  York,NY") == spelling_key("new york, ny")
    True
    >>> spelling_key("TPL+") == spelling_key("TPL")
    False
    """
    return " ".join(level.casefold().replace(",", ", ").split())


def rare_spellings(levels: Sequence[str], counts: Sequence[int]) -> dict[str, str]:
    """Return for each rare spelling the common one.

    Parameters
    ----------
    levels, counts
        Distinct levels, and how many training rows have each.

    Examples
    --------
    >>> rare_spellings(["Oslo", "oslo ", "OSLO", "Bern", "bern"], [50, 2, 4, 20, 15])
    {'OSLO': 'Oslo', 'oslo ': 'Oslo'}
    """
    groups: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for level, count in zip(levels, counts, strict=True):
        groups[spelling_key(level)].append((-int(count), level))
    merged: dict[str, str] = {}
    for group in groups.values():
        (most, common), *others = sorted(group)
        merged |= {level: common for count, level in others if RARER * count >= most}
    return merged


def by_key(levels: Sequence[str]) -> Mapping[str, str]:
    """Return the level that a key stands for, where there is only one.

    Examples
    --------
    >>> by_key(["Oslo", "a", "A"])
    {'oslo': 'Oslo'}
    """
    found: dict[str, list[str]] = defaultdict(list)
    for level in levels:
        found[spelling_key(level)].append(level)
    return {key: same[0] for key, same in found.items() if len(same) == 1}
