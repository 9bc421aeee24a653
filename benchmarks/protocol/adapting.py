"""What an adapter shares with the harness: the job it reads, the phases it goes through, the result it leaves.

An adapter subclasses :class:`Adapter` for one AutoML system and ends with ``run(ItsAdapter)``. The harness starts it as
``python adapter.py job.json`` inside the system's own environment. The phases are: import (and start what the system
needs running), fit, predict, then what is good to know: speed, one-row latency, saved size. The result file is replaced
after every phase, so what was measured before a run was stopped is kept. Nothing but the standard library, NumPy and
pandas is used here, and nothing newer than Python 3.9.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import signal
import statistics
import sys
import time
import traceback
from importlib import metadata
from pathlib import Path
from typing import Any

LATENCY_ROWS = 30
LATENCY_SECONDS = 10.0
BLOCK_ROWS = 10_000
BLOCK_SECONDS = 20.0


class Adapter:
    """One system: how it is imported, fitted, asked and saved.

    Attributes
    ----------
    libraries
        Distributions whose versions belong in the record; the first is the system itself.
    """

    libraries: tuple[str, ...] = ()

    def start(self, job: dict[str, Any]) -> None:
        """Import the system, and start what it needs running; counted apart from fitting."""

    def fit(self, X: Any, y: Any, job: dict[str, Any]) -> None:
        """Fit within ``job["budget"]`` seconds on ``job["cores"]`` cores for ``job["metric"]``."""
        raise NotImplementedError

    def predict(self, X: Any) -> Any:
        """Return a DataFrame of probabilities, a column per label; for regression, the values."""
        raise NotImplementedError

    def save(self, folder: Path) -> None:
        """Write what is needed to predict elsewhere into an empty folder."""
        raise NotImplementedError

    def told(self) -> dict[str, Any]:
        """Return a few numbers or words that the system says about its run."""
        return {}

    def close(self) -> None:
        """End what was started."""


def run(kind: type[Adapter]) -> None:
    """Take an adapter through its phases, as the job file named on the command line says."""
    job = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    if job["cpus"] and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, job["cpus"])
    _end_with_harness()
    _Course(kind(), job).run()


def _end_with_harness() -> None:
    """Let Linux end this process when the harness is gone, whatever ended that."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


class _Course:
    """An adapter's way through the phases, with the result so far."""

    def __init__(self, adapter: Adapter, job: dict[str, Any]) -> None:
        self.adapter = adapter
        self.job = job
        self.result: dict[str, Any] = {"phase": "import", "marks": {}, "failure": None}

    def run(self) -> None:
        try:
            self._run()
        except Exception as error:  # noqa: BLE001  # whatever a system raises is a record
            traceback.print_exc()
            self.result["failure"] = {"kind": self.result["phase"], "reason": told_shortly(error)}
        finally:
            self._note()
            self.adapter.close()

    def _run(self) -> None:
        self._note()
        began = time.perf_counter()
        self.adapter.start(self.job)
        self.result["import_seconds"] = time.perf_counter() - began
        self.result["versions"] = versions(self.adapter.libraries)
        self._fit()
        X = self._read("test")
        self._enter("predict")
        began = time.perf_counter()
        predicted = self.adapter.predict(X)
        self.result["predict_seconds"] = time.perf_counter() - began
        self._write(predicted)
        self.result["extra"] = self.adapter.told()
        self._enter("one row")
        self.result["one_row_ms"] = one_row_ms(self.adapter, X)
        self._enter("block")
        self.result["rows_per_second"] = rows_per_second(self.adapter, X, self.result["predict_seconds"])
        self._enter("save")
        self.result["size_mb"] = self._saved_size()
        self._enter("done")

    def _fit(self) -> None:
        X = self._read("train")
        y = X.pop(self.job["target"])
        self._enter("fit")
        self.result["marks"]["fit_began"] = time.time()
        cpu, began = cpu_seconds(), time.perf_counter()
        self.adapter.fit(X, y, self.job)
        self.result["fit_seconds"] = time.perf_counter() - began
        self.result["cpu_seconds"] = cpu_seconds() - cpu
        self.result["marks"]["fit_ended"] = time.time()

    def _saved_size(self) -> float | None:
        folder = Path(self.job["work"]) / "saved"
        folder.mkdir()
        try:
            self.adapter.save(folder)
        except Exception as error:  # noqa: BLE001  # a model that can't be saved has predicted all the same
            traceback.print_exc()
            self.result["extra"]["not_saved"] = told_shortly(error)
            return None
        return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6

    def _read(self, which: str) -> Any:
        import pandas as pd

        return pd.read_parquet(self.job[which])

    def _write(self, predicted: Any) -> None:
        import numpy as np
        import pandas as pd

        if isinstance(predicted, pd.DataFrame):
            frame = predicted.rename(columns=str).reset_index(drop=True)
        else:
            frame = pd.DataFrame({"value": np.asarray(predicted, dtype=float).ravel()})
        frame.astype(float).to_parquet(self.job["predictions"])

    def _enter(self, phase: str) -> None:
        self.result["phase"] = phase
        self._note()

    def _note(self) -> None:
        path = Path(self.job["result"])
        part = path.with_suffix(".part")
        part.write_text(json.dumps(self.result, default=str), encoding="utf-8")
        part.replace(path)


def probabilities(values: Any, labels: Any) -> Any:
    """Return probabilities as a DataFrame with a column per label; one column is the second label's."""
    import numpy as np
    import pandas as pd

    values = np.asarray(values, dtype=float)
    if values.ndim == 1 or values.shape[1] == 1:
        values = np.column_stack([1 - values.ravel(), values.ravel()])
    return pd.DataFrame(values, columns=[str(label) for label in labels])


def told_shortly(error: BaseException) -> str:
    """Return an error's kind and the last line of what it says."""
    lines = [line for line in str(error).strip().splitlines() if line.strip()]
    return f"{type(error).__name__}: {lines[-1].strip()[:300]}" if lines else type(error).__name__


def versions(names: tuple[str, ...]) -> dict[str, str]:
    """Return the versions of those distributions that are installed."""
    found = {}
    for name in names:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def cpu_seconds() -> float:
    """Return the CPU seconds of this process and of the children it has waited for."""
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def one_row_ms(adapter: Adapter, X: Any) -> float:
    """Return the median milliseconds of predicting one row, after two rows to warm up."""
    began, taken = time.perf_counter(), []
    for number in range(LATENCY_ROWS + 2):
        row = X.iloc[[number % len(X)]]
        before = time.perf_counter()
        adapter.predict(row)
        taken.append(time.perf_counter() - before)
        if time.perf_counter() - began > LATENCY_SECONDS and len(taken) > 2:
            break
    return 1000 * statistics.median(taken[2:])


def rows_per_second(adapter: Adapter, X: Any, seconds: float) -> float:
    """Return the rows predicted in a second, warm: of a block of ten thousand or more, where that doesn't take long.

    Parameters
    ----------
    seconds
        What the first prediction of these rows took; where that was long, it is all that is known.
    """
    import pandas as pd

    if seconds > BLOCK_SECONDS:
        return len(X) / seconds
    block, copies = X, -(-BLOCK_ROWS // len(X))
    taken = _seconds_of(adapter, block)
    if 1 < copies <= BLOCK_SECONDS / taken:
        block = pd.concat([X] * copies, ignore_index=True)
        taken = _seconds_of(adapter, block)
    return len(block) / taken


def _seconds_of(adapter: Adapter, X: Any) -> float:
    began = time.perf_counter()
    adapter.predict(X)
    return max(time.perf_counter() - began, 1e-9)
