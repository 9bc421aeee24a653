"""Records put in order: one run for each system, table and seed, under one time budget and number of cores.

A system is called by its name, or by ``name:setting`` where a record has a setting. A table is called by its name;
where records of one name have different rows (another hash), the hash is added, because they are different tables. If
a run is there twice, the later record counts. Inside, every score is an **error**, lower is better: 1 − AUC, the log
loss, or the RMSE; a failed run has an infinite one. Where a system's environment could not be built, the system did
not run: that is a missing run, not a failed one, because it says nothing about the system.
"""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Record = Mapping[str, Any]


def label(record: Record) -> str:
    """Return what a record's system is called in a report."""
    setting = record.get("setting")
    return str(record["system"]) if setting is None else f"{record['system']}:{setting}"


def is_missing(record: Record) -> bool:
    """Tell whether a system did not run, because its environment could not be built."""
    return (record.get("failure") or {}).get("kind") == "environment"


def is_failed(record: Record) -> bool:
    """Tell whether a run gave no score."""
    return record.get("failure") is not None or record.get("score") is None or not math.isfinite(record["score"])


def error(record: Record) -> float:
    """Return a run's error, lower is better; infinite for a failed run."""
    if is_failed(record):
        return math.inf
    score = float(record["score"])
    # Rounded, so that scores which are equal as written are equal as errors.
    return round(1.0 - score, 12) if record["metric"] == "auc" else score


@dataclass(frozen=True, slots=True)
class Results:
    """Runs that were made under the same budget with the same number of cores.

    Attributes
    ----------
    budget, cores
        Seconds of wall time for a fit, and how many cores it might use.
    runs
        Records by system, table and seed.
    systems, tables
        Their names, in the order of the alphabet.
    """

    budget: float
    cores: int
    runs: Mapping[tuple[str, str, int], Record]
    systems: tuple[str, ...]
    tables: tuple[str, ...]

    def seeds(self, table: str, systems: Sequence[str] | None = None) -> tuple[int, ...]:
        """Return the seeds with which every one of the systems (all of them by default) ran on a table."""
        wanted = self.systems if systems is None else systems
        each = [{seed for name, where, seed in self.runs if name == system and where == table} for system in wanted]
        return tuple(sorted(set.intersection(*each))) if each else ()

    def common(self, systems: Sequence[str] | None = None) -> tuple[str, ...]:
        """Return the tables on which every one of the systems ran with at least one common seed."""
        return tuple(table for table in self.tables if self.seeds(table, systems))

    def error(self, system: str, table: str, seeds: Sequence[int] | None = None) -> float:
        """Return the median error over the seeds (all that the system has by default); NaN where there is no run."""
        chosen = self.seeds(table, [system]) if seeds is None else seeds
        found = [error(self.runs[system, table, seed]) for seed in chosen]
        return statistics.median(found) if found else math.nan

    def metric(self, table: str) -> str:
        """Return the metric of a table."""
        return next(str(run["metric"]) for (_, where, _), run in self.runs.items() if where == table)

    def of(self, system: str) -> list[Record]:
        """Return all runs of a system, by table and seed."""
        return [self.runs[key] for key in sorted(self.runs) if key[0] == system]


def score_of(value: float, metric: str) -> float:
    """Return the score of an error in the metric's own direction."""
    return 1.0 - value if metric == "auc" else value


def arrange(records: Iterable[Record]) -> list[Results]:
    """Return the results under each budget and number of cores, the shortest budget first."""
    listed = [record for record in records if not is_missing(record)]
    named = table_names(listed)
    grouped: dict[tuple[float, int], dict[tuple[str, str, int], Record]] = defaultdict(dict)
    for record in listed:
        key = label(record), named[rows_of(record)], int(record["seed"])
        grouped[float(record["budget"]), int(record["cores"])][key] = record
    return [
        Results(
            budget,
            cores,
            runs,
            tuple(sorted({key[0] for key in runs})),
            tuple(sorted({key[1] for key in runs})),
        )
        for (budget, cores), runs in sorted(grouped.items())
    ]


def table_names(records: Iterable[Record]) -> dict[tuple[str, str, str], str]:
    """Return what each table is called, by its name, hash and metric."""
    kinds = sorted({rows_of(record) for record in records})
    names = [kind[0] for kind in kinds]
    return {kind: kind[0] if names.count(kind[0]) == 1 else f"{kind[0]} ({kind[1][:6]}, {kind[2]})" for kind in kinds}


def rows_of(record: Record) -> tuple[str, str, str]:
    """Return what tells a table from another: its name, the hash of its rows, and the metric."""
    return str(record["table"]), str(record.get("table_hash") or ""), str(record["metric"])
