"""What a page is made of: sections of sentences, tables, figures and code, as plain values.

Nothing here knows HTML; :mod:`automl.report.page` draws the blocks, and tests read them.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

from automl.report.sentence import Sentence


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a table: what is shown, and the number behind it."""

    text: str
    value: float | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A table.

    Attributes
    ----------
    caption
        What it holds.
    header, rows
        Names of the columns, and cells.
    note
        What to know about it, such as which rows are left out; may be empty.
    key
        Names it for programs.
    """

    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class Figure:
    """A picture with its numbers.

    Attributes
    ----------
    key
        Names it in the page.
    title
        What it shows.
    alt
        What a person who doesn't see it should know.
    svg, png
        One of them: an ``<svg>`` element, or the file.
    numbers
        The table behind it.
    data
        The same numbers whole, for an interactive chart; ``None`` where there is none.
    """

    key: str
    title: str
    alt: str
    svg: str = ""
    png: bytes = b""
    numbers: Table | None = None
    data: pd.DataFrame | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Paragraphs:
    """Sentences, each on a line of its own."""

    sentences: tuple[Sentence, ...]


@dataclass(frozen=True, slots=True)
class Code:
    """A program or a text that is shown letter by letter."""

    caption: str
    text: str
    is_folded: bool = False


Block = Paragraphs | Table | Figure | Code


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading inside a section."""

    text: str


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a page; ``key`` names it in addresses."""

    key: str
    title: str
    blocks: tuple[Block | Heading, ...]


def told(*sentences: Sentence) -> Paragraphs:
    """Return sentences as a block."""
    return Paragraphs(sentences)
