"""Pictures as files: the same figure always gives the same bytes.

matplotlib writes the time and random names into its files; both are left out here, so that a report that is made twice
is the same file. An SVG comes without prologue and metadata, to be put into a page as it is.
"""

from __future__ import annotations

import io
import re
from xml.sax.saxutils import escape, quoteattr

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from automl.plotting.look import look

_OUTSIDE = re.compile(r"<\?xml.*?\?>\s*|<!DOCTYPE.*?>\s*|<metadata>.*?</metadata>\s*", re.DOTALL)
_NAMES = re.compile(r'(\bid="|url\(#|href="#)')


def to_png(figure: Figure, dpi: int = 110) -> bytes:
    """Return a figure as a PNG file.

    Parameters
    ----------
    dpi
        Dots an inch; 110 is sharp in a page, 220 on paper.

    Examples
    --------
    >>> from automl.plotting import new_figure
    >>> to_png(new_figure(2, 1)) == to_png(new_figure(2, 1))
    True
    """
    data = io.BytesIO()
    with look():
        FigureCanvasAgg(figure)
        figure.savefig(data, format="png", dpi=dpi, metadata={"Software": None})
    return data.getvalue()


def to_svg(figure: Figure, title: str = "", prefix: str = "") -> str:
    """Return a figure as an ``<svg>`` element.

    Parameters
    ----------
    title
        What is to be read aloud in its place.
    prefix
        Begins every name in it; needed where several pictures stand in one page, in which names must not stand twice.

    Examples
    --------
    >>> from automl.plotting import new_figure
    >>> to_svg(new_figure(2, 1), title="Nothing").startswith('<svg role="img" aria-label="Nothing"')
    True
    """
    data = io.StringIO()
    with look():
        FigureCanvasSVG(figure)
        figure.savefig(data, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    text = _OUTSIDE.sub("", data.getvalue()).strip()
    if prefix:
        text = _NAMES.sub(lambda found: found[1] + prefix, text)
    if title:
        text = text.replace("<svg ", f'<svg role="img" aria-label={quoteattr(title)} ', 1)
        text = re.sub(r"(<svg [^>]*>)", lambda found: f"{found[1]}<title>{escape(title)}</title>", text, count=1)
    return text
