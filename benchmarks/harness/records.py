"""Record files: one JSON object a line, one line a run, written at once and for good.

A program that is killed while it writes leaves half a line. Readers leave that last line out; whoever goes on writing
mends the file first, whole or not at all, and the run is done again.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from harness.errors import BadInput

Record = dict[str, Any]
KEY = ("system", "setting", "version", "table", "table_hash", "seed", "budget", "cores")


def key(record: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return what tells a run from others; a record with the same key repeats it."""
    return tuple(float(record[name]) if name == "budget" else record[name] for name in KEY)


def read_records(path: Path) -> list[Record]:
    """Return the records of a file; half a line at its end is left out, a file that isn't there is empty.

    Raises
    ------
    BadInput
        If any other line is no record.
    """
    if not path.is_file():
        return []
    lines = _whole_lines(path.read_bytes()).decode("utf-8").splitlines()
    records = []
    for number, line in enumerate(lines, 1):
        try:
            record = json.loads(line)
            key(record)
        except (ValueError, KeyError, TypeError):
            raise BadInput(f"Line {number} of '{path}' is no record of a run; mend or remove that line.") from None
        records.append(record)
    return records


def _whole_lines(content: bytes) -> bytes:
    """Return a file's content without what is left of a line that was cut off."""
    whole, end = content.rsplit(b"\n", 1) if b"\n" in content else (b"", content)
    whole += b"\n" if whole else b""
    last = whole.rstrip(b"\n").rsplit(b"\n", 1)[-1]
    if end or not last:
        return whole
    try:
        json.loads(last)
    except ValueError:  # cut off, and something was written behind it
        return whole[: len(whole.rstrip(b"\n")) - len(last)]
    return whole


def mend(path: Path) -> bool:
    """Take the line that was cut off out of a file; return whether there was one."""
    if not path.is_file():
        return False
    content = path.read_bytes()
    whole = _whole_lines(content)
    if whole == content:
        return False
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=path.name, delete=False) as file:
        file.write(whole)
        file.flush()
        os.fsync(file.fileno())
    Path(file.name).chmod(path.stat().st_mode)
    Path(file.name).replace(path)
    return True


def append_record(path: Path, record: Mapping[str, Any]) -> None:
    """Write a record behind the others, down to the disk."""
    with path.open("ab") as file:
        file.write(json.dumps(record, allow_nan=False).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())


def latest(records: Iterable[Record]) -> list[Record]:
    """Return the last record of every run, in the order of first appearance."""
    return list({key(record): record for record in records}.values())
