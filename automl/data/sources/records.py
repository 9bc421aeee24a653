"""JSON: one record on each line, or one array of records."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path
from typing import Any

import pandas as pd

from automl.data.sources.packing import opened
from automl.errors import DataError


def json_pieces(path: Path, packing: str, where: str, rows: int | None) -> Iterator[pd.DataFrame]:
    """Yield a file of records whole (``rows=None``) or in pieces; an array is always read whole.

    A record that lacks a key has a missing value there.

    Raises
    ------
    DataError
        If it is not UTF-8, no JSON, or holds anything but records.
    """
    try:
        with opened(path, packing, where) as stream, io.TextIOWrapper(stream, "utf-8-sig") as text:
            lines = (line for line in text if line.strip())
            first = next(lines, "")
            if first.lstrip().startswith("["):
                yield _frame(json.loads(first + text.read()), where)
                return
            yield from _batches(map(json.loads, chain([first] if first else [], lines)), rows, where)
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise DataError(f"{where} is neither JSON lines nor a JSON array of records ({error}).") from error


def _batches(records: Iterator[Any], rows: int | None, where: str) -> Iterator[pd.DataFrame]:
    if rows is None:
        yield _frame(list(records), where)
        return
    while batch := list(islice(records, rows)):
        yield _frame(batch, where)


def _frame(records: Any, where: str) -> pd.DataFrame:
    if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
        raise DataError(f"{where} is no list of records; give one JSON object for each row.")
    return pd.DataFrame.from_records(records)
