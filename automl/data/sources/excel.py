"""Excel workbooks: one sheet, whose blank rows and columns around the table are passed over."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pandas as pd

from automl.data.sources.dialects import Header, has_header
from automl.errors import DataError, MissingDependency

_SAMPLE_ROWS = 200


def read_excel(path: Path, where: str, sheet: str | int, header: Header) -> pd.DataFrame:
    """Return a sheet's table.

    Raises
    ------
    MissingDependency
        If openpyxl is not installed.
    DataError
        If there is no such sheet, or nothing in it.
    """
    if find_spec("openpyxl") is None:
        raise MissingDependency(f"Reading {where} needs openpyxl; install the extra 'excel'.")
    with pd.ExcelFile(path, engine="openpyxl") as book:
        sheets = [str(name) for name in book.sheet_names]
        if sheet not in sheets and sheet not in range(len(sheets)):
            raise DataError(f"{where} has no sheet {sheet!r}. Its sheets: {', '.join(sheets)}.")
        cells = pd.read_excel(book, sheet_name=sheet, header=None, keep_default_na=False, na_values=[""])
    cells = cells.dropna(how="all").dropna(how="all", axis=1)
    if cells.empty:
        raise DataError(f"{where} is empty in sheet {sheet!r}; give a table with a line of names and at least one row.")
    shown = cells.head(_SAMPLE_ROWS).to_numpy(dtype=object)
    texts = [["" if pd.isna(cell) else str(cell) for cell in row] for row in shown]
    if not (has_header(texts) if header == "auto" else header):
        return cells.set_axis(range(cells.shape[1]), axis=1).reset_index(drop=True).infer_objects()
    names = [name or f"Unnamed: {position}" for position, name in enumerate(texts[0])]
    return cells.iloc[1:].set_axis(names, axis=1).reset_index(drop=True).infer_objects()
