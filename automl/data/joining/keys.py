"""Keys that match across tables, whatever types they arrive in.

``7``, ``7.0``, ``"7"`` and ``"007"`` are the same key: one file's reader sees numbers where another's sees texts, and a
file that is read in pieces may give either. A date is the same as its text. A missing part of a key matches nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from automl.data.cells import canonical

IntArray = npt.NDArray[np.intp]
_NUMBER = re.compile(r"[+-]?\d+(\.\d*)?")


def match_keys(left: Sequence[pd.Series], right: Sequence[pd.Series]) -> tuple[IntArray, IntArray]:
    """Return a whole number for each key of both tables, the same one for the same key; -1 where a part is missing.

    Examples
    --------
    >>> left, right = match_keys([pd.Series([7, 8, None])], [pd.Series(["007", "9", "8.0"])])
    >>> left.tolist(), right.tolist()
    ([0, 1, -1], [0, 2, 1])
    """
    n_left = len(left[0])
    codes = np.zeros(n_left + len(right[0]), dtype=np.intp)
    missing = np.zeros(len(codes), dtype=bool)
    for one, other in zip(left, right, strict=True):
        part, levels = pd.factorize(np.concatenate([_texts(one), _texts(other)]))
        missing |= part < 0
        codes, _ = pd.factorize(codes * (len(levels) + 1) + part + 1)  # compact again, so that it can't overflow
    codes[missing] = -1
    kept = codes >= 0
    codes[kept], _ = pd.factorize(codes[kept])
    return codes[:n_left], codes[n_left:]


def _texts(values: pd.Series) -> npt.NDArray[np.object_]:
    if values.dtype == object:
        return np.array([_text(cell) for cell in values], dtype=object)
    rows, distinct = pd.factorize(values)
    texts = np.array([*map(_text, distinct.tolist()), None], dtype=object)
    spread: npt.NDArray[np.object_] = texts[rows]
    return spread


def _text(cell: Any) -> str | None:
    if isinstance(cell, str):
        text = cell.strip()
        return canonical(text) if _NUMBER.fullmatch(text) else text or None  # 1e5 may be a name
    return canonical(cell)
