"""One run: a system on one table with one seed and one budget, measured from outside, told as one record.

The rows are written to a scratch folder, the adapter is started inside the system's environment with that folder as
its temporary one, and watched. It has two and a half times its budget and two minutes besides for everything: imports,
fitting, predicting. What takes longer, or more memory than there is, is ended with all its processes. Whatever happens,
the result is a record, and the scratch folder goes.
"""

from __future__ import annotations

import json
import math
import os
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import psutil
from learning.shipped import held_out

from harness import machine
from harness.environments import Environment
from harness.records import Record
from harness.scores import BadPrediction, score
from harness.systems import System
from harness.tables import Table, split, write_rows
from harness.watching import MARK, Watch, end_tree

PROTOCOL = Path(__file__).resolve().parents[1] / "protocol"
GRACE_FACTOR, GRACE_SECONDS = 2.5, 120.0
MEMORY_SHARE = 0.9
SCORED = ("one row", "block", "save", "done")  # the phases after the predictions are written
DIGITS = 6


@dataclass(frozen=True)
class Job:
    """What is to be run.

    Attributes
    ----------
    budget
        Seconds that the system is given for fitting.
    cores
        Processors that it may use.
    setting, options
        A name for options of the adapter other than by default, and the options; for ``automl`` those of ``fit``, with
        ``strategy`` as a dictionary.
    memory_limit_mb
        What all its processes may hold together; nine tenths of the machine's memory without.
    grace_seconds
        What it has besides two and a half budgets.
    """

    system: System
    table: Table
    seed: int = 0
    budget: float = 60.0
    cores: int = 2
    setting: str | None = None
    options: Mapping[str, object] = field(default_factory=dict)
    memory_limit_mb: float | None = None
    grace_seconds: float = GRACE_SECONDS

    @property
    def limit(self) -> float:
        """The seconds after which the run is ended."""
        return GRACE_FACTOR * self.budget + self.grace_seconds

    @property
    def most_memory(self) -> float:
        """The bytes that its processes may hold together."""
        if self.memory_limit_mb is not None:
            return self.memory_limit_mb * 1e6
        return MEMORY_SHARE * psutil.virtual_memory().total


def blank_record(job: Job, version: str, *, batch: str = "", calibration_seconds: float | None = None) -> Record:
    """Return a job's record before anything is measured."""
    measured = ("import_seconds", "fit_seconds", "predict_seconds", "cpu_seconds", "peak_memory_mb", "score")
    return {
        "system": job.system.name,
        "setting": job.setting,
        "version": version,
        "versions": {},
        "table": job.table.name,
        "table_hash": job.table.hash,
        "task": job.table.task,
        "metric": job.table.metric,
        "seed": job.seed,
        "budget": job.budget,
        "cores": job.cores,
        "n_train": None,
        "n_test": None,
        **dict.fromkeys(measured),
        "scores": {},
        "rows_per_second": None,
        "one_row_ms": None,
        "size_mb": None,
        "failure": None,
        "extra": {},
        "machine": machine.describe(job.cores),
        "calibration_seconds": _rounded(calibration_seconds),
        "batch": batch,
        "started": datetime.now().astimezone().isoformat(timespec="seconds"),
    }


def run_job(
    job: Job,
    environment: Environment,
    *,
    batch: str = "",
    calibration_seconds: float | None = None,
    logs: Path | None = None,
) -> Record:
    """Run a job and return its record; what goes wrong in it is part of the record.

    Parameters
    ----------
    logs
        A folder that gets what each run printed; without, that goes with the scratch folder.
    """
    record = blank_record(job, environment.version, batch=batch, calibration_seconds=calibration_seconds)
    train, test = split(job.table, job.seed)
    record |= {"n_train": len(train), "n_test": len(test)}
    scratch = Path(tempfile.mkdtemp(prefix="bench-"))  # short: sockets inside it have at most 107 letters
    try:
        _write_job(job, scratch, train, test)
        run = _Run(job, environment, scratch)
        stopped = run.go()
        record |= _measured(run)
        record["extra"] |= _unmeasured(run, stopped)
        record["failure"] = _failure(run, stopped)
        if record["failure"] is None:
            record |= _scored(job, scratch, test)
        if logs is not None:
            logs.mkdir(parents=True, exist_ok=True)
            parts = (job.system.name, job.setting or "default", job.table.name, str(job.seed), f"{job.budget:g}s")
            shutil.copy(scratch / "log.txt", logs / f"{'-'.join(parts)}.txt")
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return record


def _write_job(job: Job, scratch: Path, train: pd.DataFrame, test: pd.DataFrame) -> None:
    (scratch / "work").mkdir()
    (scratch / "tmp").mkdir()
    write_rows(train, scratch / "train.parquet")
    write_rows(test.drop(columns=job.table.target), scratch / "test.parquet")
    options = {**job.system.options, **job.options}
    described = {
        "train": str(scratch / "train.parquet"),
        "test": str(scratch / "test.parquet"),
        "target": job.table.target,
        "task": job.table.task,
        "metric": job.table.metric,
        "seed": job.seed,
        "budget": job.budget,
        "cores": job.cores,
        "cpus": machine.available_cpus()[: job.cores],
        "options": options if job.system.checkout is None else held_out(job.table.name, options),
        "work": str(scratch / "work"),
        "result": str(scratch / "result.json"),
        "predictions": str(scratch / "predictions.parquet"),
    }
    (scratch / "job.json").write_text(json.dumps(described), encoding="utf-8")


class _Run:
    """The adapter's process while it runs, and what is known of it afterwards."""

    def __init__(self, job: Job, environment: Environment, scratch: Path) -> None:
        self.job = job
        self.scratch = scratch
        self.mark = uuid.uuid4().hex
        self.code: int | None = None
        self._command = [str(environment.python), str(job.system.adapter), str(scratch / "job.json")]
        self._environment = _variables(environment, scratch, self.mark)

    def go(self) -> str | None:
        """Run to the end; return why it was ended before, ``None`` if it wasn't."""
        with (self.scratch / "log.txt").open("wb") as log:
            process = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self.scratch / "work",
                env=self._environment,
                start_new_session=True,
            )
            try:
                with Watch(process.pid, self.mark) as self.watch:
                    stopped = self._wait(process)
            finally:
                end_tree(process.pid, self.mark)
                self.code = process.wait()
        return stopped

    def _wait(self, process: subprocess.Popen[bytes]) -> str | None:
        ends = time.monotonic() + self.job.limit
        while True:
            try:
                process.wait(timeout=0.2)
                return None
            except subprocess.TimeoutExpired:
                if time.monotonic() > ends:
                    return "overrun"
                if self.watch.samples and self.watch.samples[-1].memory > self.job.most_memory:
                    return "memory"

    @property
    def result(self) -> dict[str, Any]:
        """What the adapter has left; the beginning of a result if it left nothing."""
        path = self.scratch / "result.json"
        if not path.is_file():
            return {"phase": "start", "marks": {}, "failure": None}
        read: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return read

    @property
    def last_line(self) -> str:
        """The last line that it printed."""
        text = (self.scratch / "log.txt").read_text(encoding="utf-8", errors="replace")
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        return lines[-1][:300] if lines else "it printed nothing"


def _variables(environment: Environment, scratch: Path, mark: str) -> dict[str, str]:
    """Return the environment variables of a run: everything temporary goes into its scratch folder."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in ("PYTHONPATH", "VIRTUAL_ENV", "PYTHONDONTWRITEBYTECODE", "PYTHONHOME")
    }
    temporary = str(scratch / "tmp")
    places = ("TMPDIR", "TMP", "TEMP", "RAY_TMPDIR", "JOBLIB_TEMP_FOLDER")
    paths = os.pathsep.join(map(str, (PROTOCOL, *environment.pythonpath)))
    return kept | dict.fromkeys(places, temporary) | {"PYTHONPATH": paths, "MPLBACKEND": "Agg", MARK: mark}


def _measured(run: _Run) -> dict[str, Any]:
    result = run.result
    found = {
        name: _rounded(result.get(name))
        for name in ("import_seconds", "fit_seconds", "predict_seconds", "rows_per_second", "one_row_ms", "size_mb")
    }
    marks = result["marks"]
    if "fit_ended" in marks:  # children that nobody waited for are known from samples only
        seen = run.watch.cpu_between(marks["fit_began"], marks["fit_ended"])
        found["cpu_seconds"] = _rounded(max(result["cpu_seconds"], seen))
    return {
        **found,
        "peak_memory_mb": _rounded(run.watch.peak / 1e6),
        "versions": result.get("versions", {}),
        "extra": {name: _finite(value) for name, value in result.get("extra", {}).items()},
    }


def _unmeasured(run: _Run, stopped: str | None) -> dict[str, str]:
    """Return what kept a run that had predicted from being measured to the end."""
    result = run.result
    if result["phase"] not in SCORED[:-1]:
        return {}
    reason = result["failure"]["reason"] if result["failure"] else stopped or f"ended with code {run.code}"
    return {"not_measured": f"{result['phase']}: {reason}"}


def _failure(run: _Run, stopped: str | None) -> dict[str, str] | None:
    """Return what went wrong before there was a prediction."""
    result = run.result
    phase = result["phase"]
    if phase in SCORED:
        return None
    if stopped == "overrun":
        reason = f"ended after {run.job.limit:.0f} s in the phase '{phase}' of a budget of {run.job.budget:g} s"
        return {"kind": "overrun", "reason": reason}
    if stopped == "memory":
        reason = f"its processes held more than {run.job.most_memory / 1e6:.0f} MB in the phase '{phase}'"
        return {"kind": "memory", "reason": reason}
    if result["failure"]:
        failure: dict[str, str] = result["failure"]
        return failure
    how = f"ended by {signal.Signals(-run.code).name}" if run.code and run.code < 0 else f"ended with code {run.code}"
    return {"kind": "crashed", "reason": f"{how} in the phase '{phase}': {run.last_line}"}


def _scored(job: Job, scratch: Path, test: pd.DataFrame) -> dict[str, Any]:
    try:
        scores = score(job.table.task, test[job.table.target], pd.read_parquet(scratch / "predictions.parquet"))
    except BadPrediction as error:
        return {"failure": {"kind": "prediction", "reason": str(error)}}
    rounded = {name: _rounded(value) for name, value in scores.items()}
    if job.table.metric not in rounded:
        reason = f"{job.table.metric} is not defined: the rows kept have one label only"
        return {"scores": rounded, "failure": {"kind": "prediction", "reason": reason}}
    return {"score": rounded[job.table.metric], "scores": rounded}


def _finite(value: Any) -> Any:
    """Return a value that JSON has; not-a-number and infinities become null."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _rounded(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else float(f"{value:.{DIGITS}g}")
