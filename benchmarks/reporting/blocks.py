"""What a report is made of, and how it is written: as Markdown, or as one HTML page that needs nothing else.

Text may hold ``**bold**`` and ``code in backticks``; both are written properly in either form. Pictures are SVG; the
page carries them inside itself and asks no other address for anything.
"""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading, of level 1 to 3."""

    text: str
    level: int = 2


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph; a warning stands out."""

    text: str
    is_warning: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table; the first ``n_left`` columns are flush left, numbers follow flush right."""

    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    n_left: int = 1


@dataclass(frozen=True, slots=True)
class Picture:
    """An SVG picture: its file name, what it shows, and what to say to who can't see it."""

    name: str
    svg: str
    caption: str


Block = Heading | Paragraph | Table | Picture

_STYLE = """
:root { color-scheme: light; }
body { font: 15px/1.5 system-ui, sans-serif; color: #1c1c1c; background: #fff;
  max-width: 72rem; margin: 2rem auto; padding: 0 1rem; }
h1, h2, h3 { line-height: 1.2; margin: 2em 0 .6em; } h1 { margin-top: 0; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: 14px; }
th, td { padding: .25rem .7rem; border-bottom: 1px solid #ddd; text-align: right; vertical-align: top; }
th { border-bottom: 2px solid #888; } .left { text-align: left; } tbody tr:hover { background: #f4f6f8; }
code { background: #f2f2f2; padding: 0 .2em; }
.warning { border-left: 4px solid #b3541e; background: #fdf3ec; padding: .5rem .9rem; }
figure { margin: 1.5rem 0; } figure img { max-width: 100%; height: auto; } figcaption { color: #444; font-size: 14px; }
"""


def to_markdown(blocks: Iterable[Block], pictures: str | None = None) -> str:
    """Return the report as Markdown.

    Parameters
    ----------
    pictures
        Folder in which the pictures lie, as the Markdown is to name it; without it they are left out.
    """
    parts = []
    for block in blocks:
        if isinstance(block, Heading):
            parts.append(f"{'#' * block.level} {block.text}")
        elif isinstance(block, Paragraph):
            parts.append(f"> **Beware.** {block.text}" if block.is_warning else block.text)
        elif isinstance(block, Table):
            parts.append(_markdown_table(block))
        elif pictures is not None:
            parts.append(f"![{block.caption}]({pictures}/{block.name}.svg)")
    return "\n\n".join(parts) + "\n"


def to_html(blocks: Sequence[Block]) -> str:
    """Return the report as one page."""
    title = next((block.text for block in blocks if isinstance(block, Heading)), "Report")
    body = "\n".join(map(_html, blocks))
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{html.escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n{body}\n</main>\n"
        "</body>\n</html>\n"
    )


def _markdown_table(table: Table) -> str:
    aligned = ["---" if index < table.n_left else "---:" for index in range(len(table.header))]
    rows = [table.header, aligned, *table.rows]
    return "\n".join("| " + " | ".join(_cell(cell) for cell in row) + " |" for row in rows)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _html(block: Block) -> str:
    if isinstance(block, Heading):
        return f"<h{block.level}>{_inline(block.text)}</h{block.level}>"
    if isinstance(block, Paragraph):
        kind = ' class="warning"' if block.is_warning else ""
        return f"<p{kind}>{_inline(block.text)}</p>"
    if isinstance(block, Picture):
        inside = base64.b64encode(block.svg.encode()).decode()
        told = html.escape(block.caption, quote=True)
        return (
            f'<figure id="{html.escape(block.name)}"><img alt="{told}" src="data:image/svg+xml;base64,{inside}">'
            f"<figcaption>{_inline(block.caption)}</figcaption></figure>"
        )
    head = _html_row(block.header, block.n_left, "th")
    body = "".join(f"<tr>{_html_row(row, block.n_left, 'td')}</tr>" for row in block.rows)
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _html_row(cells: Sequence[str], n_left: int, tag: str) -> str:
    return "".join(
        f'<{tag} class="left">{_inline(cell)}</{tag}>' if index < n_left else f"<{tag}>{_inline(cell)}</{tag}>"
        for index, cell in enumerate(cells)
    )


def _inline(text: str) -> str:
    escaped = html.escape(text, quote=False)
    escaped = re.sub(r"`([^`]+)`", r"<code>\1</code>", escaped)
    return re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", escaped)
