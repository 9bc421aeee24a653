"""From drawings to figures of a page: an SVG where that is small, otherwise a PNG; always with words and numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from automl.report.blocks import Figure, Table
from automl.report.tables import table_of

if TYPE_CHECKING:
    from automl.plotting import Picture

LARGEST_SVG = 60_000
"""Bytes beyond which a PNG is smaller: clouds of points."""


def figure_of(
    picture: Picture,
    key: str,
    title: str,
    alt: str,
    frame: pd.DataFrame | None = None,
    *,
    first: bool = False,
    as_is: bool = False,
) -> Figure:
    """Return a drawing as a figure.

    Parameters
    ----------
    frame
        The numbers behind it.
    first, as_is
        How they become a table (:func:`automl.report.tables.table_of`).
    """
    from automl.plotting import to_png, to_svg

    numbers: Table | None = None
    if frame is not None:
        numbers = table_of(frame, f"The numbers: {title}", key=key, first=first, as_is=as_is)
    svg = to_svg(picture, title=alt, prefix=f"{key}-")
    if len(svg) <= LARGEST_SVG:
        return Figure(key, title, alt, svg=svg, numbers=numbers, data=frame)
    return Figure(key, title, alt, png=to_png(picture), numbers=numbers, data=frame)
