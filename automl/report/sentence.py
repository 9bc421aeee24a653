"""A sentence of a report: one line of Markdown, and whether it is good news, bad news, or neither.

Sentences are written in the Markdown of :mod:`automl.dashboard.wording`, in which whatever a table or a library brings
is harmless already. A page takes them apart into plain, code and strong pieces and escapes each of them itself.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from automl.dashboard.wording import plain

Tone = Literal["good", "neutral", "caution"]
Kind = Literal["text", "code", "strong"]

_MARKED = re.compile(r"`([^`]*)`|\*\*(.+?)\*\*")


@dataclass(frozen=True, slots=True)
class Sentence:
    """One line.

    Attributes
    ----------
    markdown
        The line; what is foreign in it is escaped.
    tone
        Whether it is good news, a caution, or neither.
    """

    markdown: str
    tone: Tone = "neutral"

    @classmethod
    def of_text(cls, text: str, tone: Tone = "neutral", most: int = 900) -> Sentence:
        """Return a sentence of text that is not Markdown; what is longer than ``most`` bytes is cut.

        Examples
        --------
        >>> Sentence.of_text("a_b is <low>").text
        'a_b is <low>'
        """
        return cls(plain(text, most), tone)

    @property
    def parts(self) -> tuple[tuple[Kind, str], ...]:
        """Its pieces as they are to be read: nothing in them is escaped.

        Examples
        --------
        >>> Sentence("The best is `a`, by **2 &#60; 3**.").parts
        (('text', 'The best is '), ('code', 'a'), ('text', ', by '), ('strong', '2 < 3'), ('text', '.'))
        """
        found: list[tuple[Kind, str]] = []
        end = 0
        for marked in _MARKED.finditer(self.markdown):
            found.append(("text", html.unescape(self.markdown[end : marked.start()])))
            code, strong = marked.groups()
            found.append(("code", code) if strong is None else ("strong", html.unescape(strong.replace("`", ""))))
            end = marked.end()
        found.append(("text", html.unescape(self.markdown[end:])))
        return tuple((kind, text) for kind, text in found if text)

    @property
    def text(self) -> str:
        """It without any marks."""
        return "".join(text for _, text in self.parts)


def sentences(lines: Iterable[str], tone: Tone = "neutral") -> list[Sentence]:
    """Return lines of Markdown as sentences."""
    return [Sentence(line, tone) for line in lines]
