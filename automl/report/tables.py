"""From data frames to tables of a page: short, readable, and with the whole number behind each cell."""

from __future__ import annotations

import numbers
from typing import Any

import numpy as np
import pandas as pd

from automl.dashboard.wording import number
from automl.report.blocks import Cell, Table

MOST_ROWS = 120
_LONGEST = 80  # characters of a cell


def table_of(
    frame: pd.DataFrame,
    caption: str,
    *,
    key: str = "",
    most: int = MOST_ROWS,
    first: bool = False,
    as_is: bool = False,
    longest: int = _LONGEST,
) -> Table:
    """Return a frame as a table.

    Parameters
    ----------
    most
        Rows beyond which some are left out.
    first
        Whether the first rows are kept; by default every so many-th, as suits a curve.
    as_is
        Whether the names of columns are the caller's own, to be shown as they are.
    longest
        Characters of a cell beyond which it is cut.

    Examples
    --------
    >>> table = table_of(pd.DataFrame({"fold_number": [0, 1], "score": [0.123456, None]}), "Scores")
    >>> table.header, [[cell.text for cell in row] for row in table.rows]
    (('fold number', 'score'), [['0', '0.1235'], ['1', '']])
    """
    note = ""
    shown = frame
    if len(frame) > most:
        if first:
            shown, note = frame.head(most), f"The first {most:,} of {len(frame):,} rows."
        else:
            shown = frame.iloc[np.unique(np.linspace(0, len(frame) - 1, most).round().astype(int))]
            note = f"{len(shown):,} of {len(frame):,} rows, evenly spaced."
    header = tuple(str(name) if as_is else str(name).replace("_", " ") for name in shown.columns)
    columns = [shown.iloc[:, place].tolist() for place in range(shown.shape[1])]
    rows = tuple(tuple(cell_of(each, longest) for each in row) for row in zip(*columns, strict=True))
    return Table(caption, header, rows, note, key)


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a frame as dicts."""
    return [{str(key): value for key, value in row.items()} for row in frame.to_dict("records")]


def cell_of(value: Any, longest: int = _LONGEST) -> Cell:
    r"""Return a value as a cell.

    Examples
    --------
    >>> [cell_of(each).text for each in (True, 12345, 0.1 + 0.2, float("nan"), None, "a\nb")]
    ['yes', '12,345', '0.3', '', '', 'a b']
    """
    if value is None or value is pd.NaT or value is pd.NA:
        return Cell("")
    if isinstance(value, bool | np.bool_):
        return Cell("yes" if value else "no")
    if isinstance(value, numbers.Integral):
        return Cell(f"{int(value):,}", float(value))
    if isinstance(value, numbers.Real):
        found = float(value)
        return Cell("" if found != found else number(found), None if found != found else found)
    text = " ".join(str(value).split())
    return Cell(text if len(text) <= longest else text[: longest - 1] + "…")
