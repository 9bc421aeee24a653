"""A file of events only grows, and survives a program that dies while it writes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from automl.errors import AutoMLWarning, StorageError
from automl.storage.journal import Journal


def test_events_come_back_in_order(tmp_path: Path) -> None:
    """Whatever text they hold, one line each; folders above are made."""
    path = tmp_path / "a" / "log.jsonl"
    journal = Journal(path)
    events = [{"k": k, "text": "ü\n\u2028"} for k in range(3)]
    for event in events:
        journal.append(event)
    assert Journal(path).events == events
    assert len(path.read_bytes().split(b"\n")) == 4


@pytest.mark.parametrize("kept", range(1, 12))
def test_every_cut_of_the_last_line_is_left_out(tmp_path: Path, kept: int) -> None:
    """Wherever a line was cut, the lines before it are read and the next one stands whole after them."""
    path = tmp_path / "log.jsonl"
    path.write_bytes(b'{"k":0}\n' + b'{"k":123456}\n'[:kept])
    with pytest.warns(AutoMLWarning, match=r"The last line of .*log\.jsonl was cut off while it was written"):
        journal = Journal(path)
    journal.append({"k": 2})
    assert path.read_bytes() == b'{"k":0}\n{"k":2}\n'


def test_damage_elsewhere_is_told(tmp_path: Path) -> None:
    """A broken line before others is not passed over."""
    path = tmp_path / "log.jsonl"
    path.write_bytes(b'{"k":0}\n{"k":\n{"k":2}\n')
    with pytest.raises(StorageError, match=r"log\.jsonl is damaged in line 2\. Mend that line, or start another log\."):
        Journal(path)


def test_a_failed_write_leaves_no_half_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk is one sentence; the file is as it was, and the next event is written."""
    journal = Journal(tmp_path / "log.jsonl")
    journal.append({"k": 0})

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(StorageError, match=r"log\.jsonl can't be written: the disk is full"):
            journal.append({"k": 1})
    journal.append({"k": 2})
    assert Journal(tmp_path / "log.jsonl").events == journal.events == [{"k": 0}, {"k": 2}]


def test_two_writers_are_refused(tmp_path: Path) -> None:
    """What another program wrote is not written over."""
    one, other = Journal(tmp_path / "log.jsonl"), Journal(tmp_path / "log.jsonl")
    one.append({"k": 0})
    with pytest.raises(StorageError, match=r"Another program has written to .*log\.jsonl meanwhile\."):
        other.append({"k": 1})
    assert Journal(tmp_path / "log.jsonl").events == [{"k": 0}]
