"""A file of events that only grows: one JSON value a line, each written whole and kept through a crash.

A program that dies while it writes leaves half a line at the end. Whoever opens the file next leaves that half out,
says so, and writes over it; every line before it is complete. A line that is broken anywhere else is damage.
"""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path
from typing import Any

from automl.errors import StorageError, telling, warn


class Journal:
    """A file of events.

    Parameters
    ----------
    path
        The file; it is made with the first event.

    Raises
    ------
    StorageError
        If it can't be read, or is damaged.

    Warns
    -----
    AutoMLWarning
        If the last line was cut off.

    Examples
    --------
    >>> journal = Journal(tmp_path / "log.jsonl")
    >>> journal.append({"event": "start"})
    >>> Journal(tmp_path / "log.jsonl").events
    [{'event': 'start'}]
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.events: list[dict[str, Any]] = []
        data = b""
        if path.exists():
            with telling(path, "read"):
                data = path.read_bytes()
        self._size = len(data)  # of the file as it is
        self._good = 0  # of the lines that are complete
        for number, line in enumerate(data.splitlines(keepends=True), start=1):
            event = _read(line)
            if event is None:
                if self._good + len(line) == len(data):
                    warn(f"The last line of {path} was cut off while it was written, so it is left out.")
                    break
                raise StorageError(f"{path} is damaged in line {number}. Mend that line, or start another log.")
            self.events.append(event)
            self._good += len(line)

    def append(self, event: dict[str, Any]) -> None:
        """Write an event at the end; when this returns it is on the disk.

        Raises
        ------
        StorageError
            If it can't be written, or another program has written meanwhile.
        """
        line = json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        with telling(self.path, "written"):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("r+b" if self.path.exists() else "xb") as file:
                if file.seek(0, os.SEEK_END) != self._size:
                    raise StorageError(
                        f"Another program has written to {self.path} meanwhile. Open it again, and let one program "
                        "write."
                    )
                file.seek(self._good)
                file.truncate()
                self._size = self._good
                try:
                    file.write(line)
                    file.flush()
                    os.fsync(file.fileno())
                except OSError:
                    with contextlib.suppress(OSError):  # the error on its way is the one to tell
                        file.truncate(self._good)
                    raise
        self._size = self._good = self._good + len(line)
        self.events.append(event)


def _read(line: bytes) -> dict[str, Any] | None:
    """Return the event of a whole line, or ``None``."""
    try:
        event = json.loads(line)
    except ValueError:
        return None
    return event if line.endswith(b"\n") and isinstance(event, dict) else None
