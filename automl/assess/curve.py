"""A curve: numbers as a table, and the picture of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from automl.plotting import Picture


@dataclass(frozen=True, eq=False)
class Curve:
    """What :meth:`Assessment.curve` gives.

    Attributes
    ----------
    name
        As it was asked for: ``"roc"``.
    title
        For people: "ROC curve".
    table
        Its numbers.

    Examples
    --------
    >>> curve = demo_run.evaluate().curve("calibration")
    >>> curve.frame().columns.tolist()[:4]
    ['label', 'predicted', 'observed', 'rows']
    >>> curve
    Curve('calibration', 7 rows)
    """

    name: str
    title: str
    table: pd.DataFrame

    def frame(self) -> pd.DataFrame:
        """Return its numbers."""
        return self.table.copy()

    def draw(self, axes: Axes) -> None:
        """Draw it on axes that are there, with its title."""
        from automl.assess.drawing import DRAWINGS

        DRAWINGS[self.name](axes, self.table)
        axes.set_title(self.title)

    def plot(self, width: float = 5.2, height: float = 4.0) -> Picture:
        """Return its picture."""
        from automl.plotting import look, new_figure

        with look():
            figure = new_figure(width, height)
            self.draw(figure.subplots())
        return figure

    def _repr_png_(self) -> bytes:
        return self.plot()._repr_png_()

    def __repr__(self) -> str:
        """Tell which curve it is."""
        return f"Curve({self.name!r}, {len(self.table)} rows)"
