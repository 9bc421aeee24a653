"""What systems took: seconds against the budget, cores kept busy, memory, latency, size, and why runs failed."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from reporting.results import Record, Results, is_failed

OVERRUN = "overrun"  # the kind of failure of a run that had to be stopped


@dataclass(frozen=True, slots=True)
class Took:
    """What one system's runs took; medians over the runs that tell, NaN where none does.

    Attributes
    ----------
    n_runs, n_failed
        Runs, and those without a score.
    n_over, worst
        Runs that took longer than allowed (:func:`allowed`), and the largest ratio of seconds taken to budget.
    fit_seconds, import_seconds, cpu_seconds, utilisation
        Wall seconds of the fit and of the imports; CPU seconds of the fit, by all its processes; CPU seconds ÷ (cores ×
        wall seconds of the fit).
    memory_mb
        Highest peak of the process tree.
    one_row_ms, rows_per_second, size_mb
        Latency of one row, throughput, and size of the saved model.
    """

    n_runs: int
    n_failed: int
    n_over: int
    worst: float
    fit_seconds: float
    import_seconds: float
    cpu_seconds: float
    utilisation: float
    memory_mb: float
    one_row_ms: float
    rows_per_second: float
    size_mb: float


def allowed(budget: float) -> float:
    """Return how long a fit may take: its budget and 1 s or 2 %, whichever is more."""
    return budget + max(1.0, 0.02 * budget)


def is_over(record: Record) -> bool:
    """Tell whether a run took longer than allowed or had to be stopped."""
    seconds = _number(record, "fit_seconds")
    stopped = (record.get("failure") or {}).get("kind") == OVERRUN
    return stopped or seconds > allowed(record["budget"])


def took(results: Results, system: str) -> Took:
    """Return what a system's runs took."""
    runs = results.of(system)
    times = [_number(run, "fit_seconds") / results.budget for run in runs]
    return Took(
        n_runs=len(runs),
        n_failed=sum(map(is_failed, runs)),
        n_over=sum(map(is_over, runs)),
        worst=max((each for each in times if math.isfinite(each)), default=math.nan),
        memory_mb=max(_told(runs, "peak_memory_mb"), default=math.nan),
        utilisation=_median(each for each in map(utilisation, runs) if math.isfinite(each)),
        **{
            name: _median(_told(runs, name))
            for name in (
                "fit_seconds",
                "import_seconds",
                "cpu_seconds",
                "one_row_ms",
                "rows_per_second",
                "size_mb",
            )
        },
    )


def utilisation(record: Record) -> float:
    """Return which share of the cores' time a fit used; NaN where a record does not tell."""
    wall = _number(record, "fit_seconds")
    return _number(record, "cpu_seconds") / (record["cores"] * wall) if wall > 0 else math.nan


def failures(results: Results) -> list[tuple[str, str, str, int]]:
    """Return system, table, reason and number of the failed runs."""
    counted: Counter[tuple[str, str, str]] = Counter()
    for (system, table, _), run in sorted(results.runs.items()):
        if is_failed(run):
            failure = run.get("failure") or {"kind": "no score", "reason": "the record holds no finite score"}
            counted[system, table, f"{failure['kind']}: {failure['reason']}"] += 1
    return [(*key, count) for key, count in counted.items()]


def _number(record: Record, name: str) -> float:
    value = record.get(name)
    return math.nan if value is None else float(value)


def _told(runs: Iterable[Record], name: str) -> list[float]:
    return [value for value in (_number(run, name) for run in runs) if math.isfinite(value)]


def _median(values: Iterable[float]) -> float:
    listed = list(values)
    return statistics.median(listed) if listed else math.nan
