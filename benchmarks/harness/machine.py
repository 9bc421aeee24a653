"""The machine of a record, and a fixed piece of work that tells how fast it was just then.

Shared machines are faster at night. Each batch fits the same scikit-learn model on the same synthetic rows, before it
begins and again every few runs; records whose calibration seconds lie further apart than 15 % were made under different
conditions and say so wherever they are put side by side.
"""

from __future__ import annotations

import os
import platform
import statistics
import time
from collections.abc import Mapping, Sequence
from typing import Any

import psutil

ROWS, COLUMNS, ROUNDS = 60_000, 20, 150
TOLERANCE = 0.15


def describe(cores: int) -> dict[str, Any]:
    """Return what a record says about the machine; ``cores`` are those that systems may use."""
    return {
        "cpu": _cpu(),
        "cores": cores,
        "all_cores": psutil.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 2**30, 1),
        "python": platform.python_version(),
        "platform": platform.platform(terse=True),
    }


def _cpu() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:  # noqa: PTH123  # absent outside Linux
            for line in file:
                if line.startswith("model name"):
                    return " ".join(line.partition(":")[2].split())
    except OSError:
        pass
    return platform.processor() or platform.machine()


def available_cpus() -> list[int]:
    """Return the numbers of the processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


def calibrate(times: int = 3) -> float:
    """Return the median seconds of a fixed fit on one core."""
    import numpy as np
    from sklearn.ensemble import HistGradientBoostingClassifier
    from threadpoolctl import threadpool_limits

    generator = np.random.default_rng(0)
    X = generator.normal(size=(ROWS, COLUMNS))
    y = (X[:, 0] * X[:, 1] + X[:, 2] + generator.normal(size=ROWS) > 0).astype(int)
    taken = []
    for _ in range(times):
        model = HistGradientBoostingClassifier(max_iter=ROUNDS, early_stopping=False, random_state=0)
        began = time.perf_counter()
        with threadpool_limits(1):
            model.fit(X, y)
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


def not_comparable(records: Sequence[Mapping[str, Any]], tolerance: float = TOLERANCE) -> list[str]:
    """Return why records can't be put side by side in what depends on speed, a sentence each; empty if they can.

    Parameters
    ----------
    tolerance
        By how much the calibration seconds may lie above the lowest, as a share.
    """
    found = []
    seconds = [record["calibration_seconds"] for record in records if record.get("calibration_seconds")]
    if seconds and max(seconds) > (1 + tolerance) * min(seconds):
        found.append(
            f"The calibration fit took between {min(seconds):.2f} s and {max(seconds):.2f} s, further apart than "
            f"{tolerance:.0%}: the machine was not equally fast, so times and what budgets bought don't compare."
        )
    for key, word in (("cpu", "processors"), ("cores", "numbers of cores")):
        values = sorted({str(record["machine"][key]) for record in records if record.get("machine")})
        if len(values) > 1:
            found.append(f"The records come from different {word}: {', '.join(values)}.")
    without = sum(not record.get("calibration_seconds") for record in records)
    if without:
        found.append(f"{without} of {len(records)} records have no calibration: how fast the machine was isn't known.")
    return found
