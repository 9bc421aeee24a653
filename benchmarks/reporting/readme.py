"""Tables in a README that come from records: put between two markers, and found there again by a test."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from harness.errors import BadInput

from reporting.blocks import Block, Heading, Picture, to_markdown

NOTHING = "No runs are recorded yet."


def as_section(blocks: Iterable[Block], lower: int = 2) -> str:
    """Return blocks as Markdown for a section of a README: headings some levels lower, no title, no pictures."""
    kept = [
        replace(block, level=min(6, block.level + lower)) if isinstance(block, Heading) else block
        for block in blocks
        if not isinstance(block, Picture) and not (isinstance(block, Heading) and block.level == 1)
    ]
    return to_markdown(kept).rstrip("\n")


def section(path: Path, marker: str) -> str:
    """Return what stands between ``<!-- NAME -->`` and ``<!-- /NAME -->`` of a Markdown file.

    Raises
    ------
    BadInput
        If the file lacks the markers.
    """
    return _parts(path, marker)[1].strip("\n")


def insert(path: Path, marker: str, text: str) -> None:
    """Put ``text`` between the two markers of a Markdown file.

    Raises
    ------
    BadInput
        If the file lacks the markers.
    """
    before, _, after = _parts(path, marker)
    path.write_text(f"{before}\n\n{text}\n\n{after}", encoding="utf-8")


def _parts(path: Path, marker: str) -> tuple[str, str, str]:
    first, last = f"<!-- {marker} -->", f"<!-- /{marker} -->"
    whole = path.read_text(encoding="utf-8") if path.exists() else ""
    before, found, rest = whole.partition(first)
    inside, ended, after = rest.partition(last)
    if not found or not ended:
        raise BadInput(f"{path} has no place for the tables. Write the lines {first} and {last} where they belong.")
    return before + first, inside, last + after
