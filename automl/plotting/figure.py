"""The figure that pictures are drawn on: matplotlib's own, which looks the same wherever it is drawn.

Made without ``pyplot``, it shows itself in a notebook, and goes away with its last name.
"""

from __future__ import annotations

import warnings
from typing import Any

from matplotlib.figure import Figure
from matplotlib.text import Text

from automl.plotting.look import look


class Picture(Figure):
    r"""A matplotlib figure with the look of this package, however it is shown or saved.

    Examples
    --------
    >>> picture = new_figure(4, 3)
    >>> axes = picture.subplots()
    >>> picture._repr_png_()[:4]
    b'\x89PNG'
    """

    def add_subplot(self, *args: Any, **kwargs: Any) -> Any:
        """Add axes, as the figure of matplotlib does."""
        with look():
            return super().add_subplot(*args, **kwargs)

    def draw(self, renderer: Any) -> None:
        """Draw it, texts as they are written."""
        with look(), warnings.catch_warnings():
            # A name may be in a script that the font lacks: an SVG shows it all the same, a PNG shows boxes.
            warnings.filterwarnings("ignore", message="Glyph .* missing from", category=UserWarning)
            for text in self.findobj(Text):
                text.set_parse_math(False)  # made outside of the look
            super().draw(renderer)

    def savefig(self, fname: Any, **kwargs: Any) -> None:
        """Write it into a file, as the figure of matplotlib does."""
        with look():
            super().savefig(fname, **kwargs)

    def _repr_png_(self) -> bytes:
        from automl.plotting.files import to_png

        return to_png(self)


def new_figure(width: float = 6.4, height: float = 4.0) -> Picture:
    """Return an empty figure; its axes are laid out so that no label is cut off.

    Parameters
    ----------
    width, height
        In inches; 6.4 is the width of a column of text in a report.
    """
    with look():
        return Picture(figsize=(width, height))
