"""What the records come from, and whether they may be compared: machines, calibration, versions.

The rule on machines and calibration is :func:`harness.machine.not_comparable`'s; here batches are described, and
systems named of which several versions are mixed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from harness.machine import not_comparable

from reporting.results import Record, label


@dataclass(frozen=True, slots=True)
class Batch:
    """Runs that were made one after another on one machine.

    Attributes
    ----------
    name
        What the records call it.
    machine
        Processor, cores, memory, Python and platform, in words.
    calibration
        Lowest and highest seconds of the calibration fits, ``None`` if the records don't tell.
    n_runs
        Number of its runs.
    systems
        What ran in it.
    """

    name: str
    machine: str
    calibration: tuple[float, float] | None
    n_runs: int
    systems: tuple[str, ...]


def batches(records: Sequence[Record]) -> list[Batch]:
    """Return the batches, the earliest first."""
    grouped: dict[str, list[Record]] = defaultdict(list)
    for record in sorted(records, key=lambda each: str(each.get("started") or "")):
        grouped[str(record.get("batch") or "unnamed")].append(record)
    return [_batch(name, runs) for name, runs in grouped.items()]


def objections(records: Sequence[Record]) -> list[str]:
    """Return why the records can't be compared, a sentence each; nothing if they can.

    Runs with different numbers of cores are never put side by side, so that these differ is no objection.
    """
    by_cores = [[record for record in records if record["cores"] == n] for n in sorted({r["cores"] for r in records})]
    said = dict.fromkeys(sentence for same in by_cores for sentence in not_comparable(same))
    return [*said, *_mixed_versions(records)]


def versions(records: Sequence[Record]) -> dict[str, list[str]]:
    """Return the versions of each system, in the order of their names."""
    found: dict[str, set[str]] = defaultdict(set)
    for record in records:
        found[label(record)].add(str(record.get("version") or "unknown"))
    return {name: sorted(found[name]) for name in sorted(found)}


def _mixed_versions(records: Sequence[Record]) -> list[str]:
    return [
        f"The runs of {name} are of several versions ({', '.join(each)})."
        for name, each in versions(records).items()
        if len(each) > 1
    ]


def _batch(name: str, runs: Sequence[Record]) -> Batch:
    seconds = [run["calibration_seconds"] for run in runs if run.get("calibration_seconds")]
    told = sorted({machine_in_words(run) for run in runs})
    return Batch(
        name,
        " and ".join(told),
        (min(seconds), max(seconds)) if seconds else None,
        len(runs),
        tuple(sorted({label(run) for run in runs})),
    )


def machine_in_words(record: Record) -> str:
    """Return a record's machine in words."""
    machine = record.get("machine") or {}
    parts = [
        str(machine.get("cpu") or "unknown processor"),
        f"{machine['cores']} cores" if machine.get("cores") else "",
        f"{machine['memory_gb']:g} GB" if machine.get("memory_gb") else "",
        str(machine.get("platform") or ""),
    ]
    return ", ".join(part for part in parts if part)
