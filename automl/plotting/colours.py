"""Colours that people with any colour vision can tell apart, and line styles that need no colour.

The eight of Okabe and Ito, "Color Universal Design" (2008), in an order whose first four also differ in grey; black is
left to text and reference lines, yellow comes last because it is pale on white. Line styles change with the colours,
so that a picture printed in grey can be read.
"""

from __future__ import annotations

from typing import Any

COLOURS = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#F0E442")
"""Blue, orange, bluish green, vermilion, reddish purple, sky blue, yellow."""

INK = "#222222"
"""Texts, axes, and what is drawn as the main thing where there is only one."""
MUTED = "#767676"
"""What stands for comparison: chance, the ideal line, an average; light enough to step back, dark enough to read."""
GRID = "#DDDDDD"
BAD = COLOURS[3]
"""What is to be noticed as worse: a failed slice, a gap."""
SEQUENTIAL = "cividis"
"""The colour map of quantities; its lightness rises evenly for every kind of colour vision."""

_LINES = ("-", "--", "-.", ":")


def style(place: int) -> dict[str, Any]:
    """Return colour and line style of the ``place``-th line of a picture, as options of ``axes.plot``.

    Examples
    --------
    >>> style(0), style(1)
    ({'color': '#0072B2', 'linestyle': '-'}, {'color': '#E69F00', 'linestyle': '--'})
    """
    return {"color": COLOURS[place % len(COLOURS)], "linestyle": _LINES[place % len(_LINES)]}
