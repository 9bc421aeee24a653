"""A batch: jobs one after another, those that are recorded already left out, a line told for each.

Everything is in the record file at any moment, so a batch that was stopped goes on with the same command. The machine
is measured before the first run and again every few runs.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from statistics import fmean
from time import monotonic
from typing import Any

from harness import machine
from harness.environments import Environment, ensure, expected_version
from harness.errors import BadInput, EnvironmentFailure
from harness.records import Record, append_record, key, latest, mend, read_records
from harness.running import Job, blank_record, run_job

CALIBRATE_EVERY = 10
OVERHEAD = 20.0  # seconds that a run takes besides its budget, before any is known


def run_batch(
    jobs: Sequence[Job],
    out: Path,
    *,
    say: Callable[[str], None] = print,
    starting: Callable[[str], None] = lambda _: None,
    any_version: bool = False,
    again_failed: bool = False,
    logs: Path | None = None,
    calibration: Callable[[], float] = machine.calibrate,
) -> int:
    """Run jobs that aren't recorded yet, appending a record for each; return how many of these failed.

    Parameters
    ----------
    say, starting
        Take a line for what is done, and one for what is about to be.
    any_version
        Whether a record of another version of the same system counts as done.
    again_failed
        Whether runs that failed are tried again; those whose environment failed always are.
    calibration
        Measures the machine.

    Raises
    ------
    BadInput
        If ``out`` is no record file or can't be written.
    """
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.open("ab").close()
    except OSError as error:
        raise BadInput(f"Records can't be written to '{out}': {error.strerror}.") from None
    if mend(out):
        say(f"The last line of {out.name} was cut off; that run is done again.")
    left = _left(jobs, read_records(out), any_version=any_version, again_failed=again_failed)
    if len(left) < len(jobs):
        say(f"{len(jobs) - len(left)} of {len(jobs)} runs are in {out.name} already.")
    batch = _Batch(left, out, say, starting, logs, calibration)
    for number, job in enumerate(left):
        batch.run(number, job)
    return batch.failed


def _left(jobs: Sequence[Job], records: list[Record], *, any_version: bool, again_failed: bool) -> list[Job]:
    done = set()
    for record in latest(records):
        failure = record["failure"]
        if failure is None or not (again_failed or failure["kind"] == "environment"):
            done.add(_key(record, any_version))
    versions = {
        system.name: expected_version(system) for system in {job.system.name: job.system for job in jobs}.values()
    }
    return [job for job in jobs if _key(_identity(job, versions[job.system.name]), any_version) not in done]


def _identity(job: Job, version: str) -> dict[str, Any]:
    return {
        "system": job.system.name,
        "setting": job.setting,
        "version": version,
        "table": job.table.name,
        "table_hash": job.table.hash,
        "seed": job.seed,
        "budget": job.budget,
        "cores": job.cores,
    }


def _key(record: dict[str, Any], any_version: bool) -> tuple[Any, ...]:
    return key({**record, "version": ""} if any_version else record)


@dataclass
class _Batch:
    """What a batch knows while it goes on."""

    jobs: Sequence[Job]
    out: Path
    say: Callable[[str], None]
    starting: Callable[[str], None]
    logs: Path | None
    calibration: Callable[[], float]
    name: str = field(default_factory=lambda: f"{datetime.now():%Y-%m-%dT%H:%M:%S}-{uuid.uuid4().hex[:4]}")
    failed: int = 0
    _environments: dict[str, Environment | str] = field(default_factory=dict)
    _taken: dict[tuple[str, float], list[float]] = field(default_factory=lambda: defaultdict(list))
    _calibrated: float | None = None

    def run(self, number: int, job: Job) -> None:
        """Run a job, append its record and tell it."""
        if number % CALIBRATE_EVERY == 0:
            self.starting("Measuring the machine …")
            self._calibrated = self.calibration()
        environment = self._environment(job)
        left = _duration(self.seconds_left(number))
        self.starting(f"[{number + 1}/{len(self.jobs)}] {_told_job(job)} …; about {left} left")
        began = monotonic()
        settings: dict[str, Any] = {"batch": self.name, "calibration_seconds": self._calibrated}
        if isinstance(environment, Environment):
            record = run_job(job, environment, logs=self.logs, **settings)
            self._taken[job.system.name, job.budget].append(monotonic() - began)
        else:
            record = blank_record(job, expected_version(job.system), **settings)
            record["failure"] = {"kind": "environment", "reason": environment}
            self._taken[job.system.name, job.budget].append(0.0)
        append_record(self.out, record)
        self.failed += record["failure"] is not None
        left = _duration(self.seconds_left(number + 1))
        after = f"; about {left} left" if number + 1 < len(self.jobs) else ""
        self.say(f"[{number + 1}/{len(self.jobs)}] {told(record)}{after}")

    def seconds_left(self, number: int) -> float:
        """Return about how many seconds the jobs from a number on will take."""
        total = 0.0
        for job in self.jobs[number:]:
            taken = self._taken.get((job.system.name, job.budget))
            total += fmean(taken) if taken else job.budget + OVERHEAD
        return total

    def _environment(self, job: Job) -> Environment | str:
        """Return the environment of a job's system, made on first use; the reason where that failed."""
        name = job.system.name
        if name not in self._environments:
            try:
                self._environments[name] = ensure(job.system, self.say)
            except EnvironmentFailure as failure:
                self._environments[name] = str(failure)
        return self._environments[name]


def _told_job(job: Job) -> str:
    return _run_name(job.system.name, job.setting, job.table.name, job.seed, job.budget)


def _run_name(system: str, setting: str | None, table: str, seed: int, budget: float) -> str:
    name = f"{system} ({setting})" if setting else system
    return f"{name} · {table} · seed {seed} · {budget:g} s"


def told(record: Record) -> str:
    """Return a record in a line."""
    run = _run_name(*(record[name] for name in ("system", "setting", "table", "seed", "budget")))
    if record["failure"]:
        return f"{run}: failed ({record['failure']['kind']}): {record['failure']['reason']}"
    return f"{run}: {record['metric']} {record['score']:.5g}, fitted in {record['fit_seconds']:.1f} s"


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
