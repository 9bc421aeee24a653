"""Levels of a category that look like another, misspelt: "Techncian" beside twenty times as many "Technician".

Careful, because what differs by a letter may be two things. A level counts as misspelt only if another is at least
twenty times as frequent and a single typing error away: a letter left out, put in, put wrongly, or two exchanged
(Damerau 1964), in a word of seven letters or more, not at its beginning and not at its end, where letters carry meaning
("atypical", "employer" and "employee"). Everything but that one word is the same, numbers and signs too, so
"Technician I" and "Technician II" stay apart; and no second level may be as near. Even so it is a guess, so it is no
cleaning that everybody gets but a choice of the search space (``Needs.respelled``), kept where it wins.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence

from automl.features.spellings import spelling_key

_PARTS = re.compile(r"[^\W\d_]+|[\W\d_]+")  # words, and what stands between them

RARER = 20  # times as many rows that the right spelling has
SHORTEST = 7  # letters of a word in which an error can be told from another word: INLAND is no ISLAND
MOST_LEVELS = 10_000


def misspelt_levels(levels: Sequence[str], counts: Sequence[int]) -> dict[str, str]:
    """Return for each level that looks misspelt the level that is meant.

    Parameters
    ----------
    levels, counts
        Distinct levels, and how many training rows have each.

    Examples
    --------
    >>> misspelt_levels(["Technician", "Techncian", "Iowa", "Ohio", "Employer", "Employee"], [90, 2, 90, 2, 90, 2])
    {'Techncian': 'Technician'}
    """
    if len(levels) > MOST_LEVELS:
        return {}
    alike: dict[tuple[str, ...], list[tuple[int, str, list[str]]]] = defaultdict(list)
    for level, count in zip(levels, counts, strict=True):
        words = _PARTS.findall(spelling_key(level))
        for place, word in enumerate(words):
            if len(word) >= SHORTEST - 1 and word.isalpha():
                frame = (*words[:place], f"{word[0]}…{word[-1]}", *words[place + 1 :])
                alike[frame].append((int(count), level, words))
    near: dict[str, set[str]] = defaultdict(set)
    for group in alike.values():
        least = RARER * min(count for count, _, _ in group)
        common = [each for each in group if each[0] >= least]
        for count, rare, words in group if common else ():
            for frequent, level, other in common:
                if frequent >= RARER * count and _are_one_error_apart(words, other):
                    near[rare].add(level)
    found = {rare: next(iter(levels)) for rare, levels in sorted(near.items()) if len(levels) == 1}
    return {rare: meant for rare, meant in found.items() if meant not in near}


def _are_one_error_apart(words: Sequence[str], meant: Sequence[str]) -> bool:
    """Tell whether two levels of as many words differ in one long word, by one typing error."""
    different = [(one, other) for one, other in zip(words, meant, strict=True) if one != other]
    return len(different) == 1 and len(different[0][1]) >= SHORTEST and is_typing_error(*different[0])


def is_typing_error(word: str, meant: str) -> bool:
    """Tell whether one letter was left out, put in or put wrongly, or two neighbours were exchanged.

    Examples
    --------
    >>> [is_typing_error(word, "plumber") for word in ("plumer", "plumbber", "plunber", "plubmer", "lumberr")]
    [True, True, True, True, False]
    """
    if word == meant or abs(len(word) - len(meant)) > 1:
        return False
    start = 0
    while start < min(len(word), len(meant)) and word[start] == meant[start]:
        start += 1
    end = 0
    while end < min(len(word), len(meant)) - start and word[-1 - end] == meant[-1 - end]:
        end += 1
    one, other = word[start : len(word) - end], meant[start : len(meant) - end]
    return max(len(one), len(other)) == 1 or (len(one) == len(other) == 2 and one == other[::-1])
