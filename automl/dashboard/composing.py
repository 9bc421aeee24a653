"""Sections that become one Markdown text of a bounded size.

A section is a heading and lines, the most important first. Where all of them together would be too large, the last
line of the section that has most to spare is left out, again and again, and the reader is told how many were.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Section:
    """A heading (or none) and its lines, of which the first ``kept`` are left out last."""

    title: str
    lines: tuple[str, ...]
    kept: int = 1


def compose(sections: Sequence[Section], most: int) -> str:
    r"""Return the sections as Markdown of less than ``most`` bytes of UTF-8; a section without lines is left out.

    Examples
    --------
    >>> print(compose([Section("# A note", ("- one", "- two words", "- three words"))], 40), end="")
    # A note
    <BLANKLINE>
    - one
    <BLANKLINE>
    …and 2 more.
    """
    shown = [list(each.lines) for each in sections if each.lines]
    sections = [each for each in sections if each.lines]
    while (excess := len((text := _text(sections, shown)).encode()) - most + 1) > 0:
        spare = [_size(lines[each.kept :]) for each, lines in zip(sections, shown, strict=True)]
        if not any(spare):
            spare = [_size(lines) for lines in shown]
        if not any(spare):
            return ""
        while excess > 0 and max(spare) > 0:  # telling how many were left out takes room too: the outer loop sees to it
            at = spare.index(max(spare))
            size = _size(shown[at][-1:])
            shown[at].pop()
            spare[at] -= size
            excess -= size
    return text


def _size(lines: Sequence[str]) -> int:
    return sum(len(line.encode()) + 1 for line in lines)


def _text(sections: Sequence[Section], shown: Sequence[Sequence[str]]) -> str:
    blocks: list[str] = []
    for section, lines in zip(sections, shown, strict=True):
        left_out = len(section.lines) - len(lines)
        blocks += [section.title] if section.title and lines else []
        blocks += ["\n".join(lines)] if lines else []
        blocks += [f"…and {left_out:,} more."] if left_out and lines else []
    return "\n\n".join(blocks) + "\n" if blocks else ""
