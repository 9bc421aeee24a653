"""How pictures look: size, colours, fonts, and the way from a figure to a file.

Every matplotlib picture of this package is drawn inside :func:`look` on a figure of :func:`new_figure` and leaves it
through :func:`to_png` or :func:`to_svg`. ``pyplot`` is never imported, so no figure is kept alive and nothing has to be
closed; settings of the caller's matplotlib neither change our pictures nor are changed by them.
"""

from automl.plotting.colours import BAD, COLOURS, GRID, INK, MUTED, SEQUENTIAL, style
from automl.plotting.figure import Picture, new_figure
from automl.plotting.files import to_png, to_svg
from automl.plotting.look import look, one_line

__all__ = [
    "BAD",
    "COLOURS",
    "GRID",
    "INK",
    "MUTED",
    "SEQUENTIAL",
    "Picture",
    "look",
    "new_figure",
    "one_line",
    "style",
    "to_png",
    "to_svg",
]
