"""Record files: half a line is taken out and done again, anything else that is broken is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from harness import machine
from harness.errors import BadInput
from harness.records import KEY, append_record, latest, mend, read_records
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st


def record(**changed: object) -> dict[str, object]:
    return {**dict.fromkeys(KEY, "a"), "seed": 0, "budget": 60, "cores": 2, "score": 0.5, **changed}


def written(path: Path, count: int) -> bytes:
    path.unlink(missing_ok=True)
    for seed in range(count):
        append_record(path, record(seed=seed))
    return path.read_bytes()


@given(st.integers(0, 10**6))
@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_file_cut_anywhere_keeps_its_whole_lines(tmp_path: Path, where: int) -> None:
    """Wherever a file is cut off, whole lines stay, reading and mending agree, and what is written next is read."""
    path = tmp_path / "records.jsonl"
    content = written(path, 3)
    cut = content[: where % (len(content) + 1)]
    path.write_bytes(cut)
    whole = cut.count(b"\n")
    assert len(read_records(path)) == whole
    assert mend(path) == (not (cut.endswith(b"\n") or not cut))
    assert not mend(path)
    append_record(path, record(seed=9))
    assert [each["seed"] for each in read_records(path)] == [*range(whole), 9]
    assert list(tmp_path.iterdir()) == [path]


def test_a_broken_line_before_the_last_is_told(tmp_path: Path) -> None:
    """A line in the middle that is no record is no accident of writing: its number is told."""
    path = tmp_path / "records.jsonl"
    lines = written(path, 3).splitlines()
    for broken in (b'{"system": ', b"[]", b"{}"):
        path.write_bytes(b"\n".join([lines[0], broken, lines[2]]) + b"\n")
        with pytest.raises(BadInput) as caught:
            read_records(path)
        assert str(caught.value) == f"Line 2 of '{path}' is no record of a run; mend or remove that line."


def test_a_file_that_is_not_there_is_empty(tmp_path: Path) -> None:
    """Reading and mending a file that isn't there find nothing, and don't make it."""
    path = tmp_path / "records.jsonl"
    assert read_records(path) == []
    assert mend(path) is False
    assert not path.exists()


def test_the_last_record_of_a_run_counts() -> None:
    """A run that was done again stands where it first stood, with its last record."""
    found = latest([record(score=None), record(seed=1), record(score=0.9, budget=60.0)])
    assert [(each["seed"], each["score"]) for each in found] == [(0, 0.9), (1, 0.5)]


def test_what_json_lacks_is_not_written(tmp_path: Path) -> None:
    """Not-a-number is no JSON: a record with it is refused before the file is touched."""
    path = tmp_path / "records.jsonl"
    content = written(path, 1)
    with pytest.raises(ValueError, match="Out of range float values are not JSON compliant"):
        append_record(path, record(score=float("nan")))
    assert path.read_bytes() == content
    assert json.loads(content)["score"] == 0.5


def test_records_of_unlike_speed_are_told() -> None:
    """Calibrations further apart than 15 %, missing ones, and unlike processors are told, a sentence each."""
    here = {"cpu": "one", "cores": 2}
    same = [{"calibration_seconds": seconds, "machine": here} for seconds in (1.0, 1.14)]
    assert machine.not_comparable(same) == []
    apart = machine.not_comparable([*same, {"calibration_seconds": 1.16, "machine": here}])
    assert apart == [
        "The calibration fit took between 1.00 s and 1.16 s, further apart than 15%: the machine was not equally fast, "
        "so times and what budgets bought don't compare."
    ]
    others = machine.not_comparable([*same, {"calibration_seconds": None, "machine": {"cpu": "two", "cores": 2}}])
    assert others == [
        "The records come from different processors: one, two.",
        "1 of 3 records have no calibration: how fast the machine was isn't known.",
    ]
