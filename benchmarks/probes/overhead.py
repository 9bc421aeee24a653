"""The engine's adapter with a stopwatch: which part of ``fit`` the calling thread spends its wall time in.

Functions of the engine are wrapped while it runs, as soon as its libraries are loaded. The time of a part is its own:
what a wrapped function within it takes is not counted twice. Other threads (the publisher of notes and figures) are
counted apart, because they work beside. A name that is not there any more is told, not passed over.
"""

from __future__ import annotations

import statistics
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "systems" / "automl"))

from adapter import Automl
from adapting import run
from stopwatch import PARTS, Stopwatch


class Overhead(Automl):
    """``automl.fit`` with its parts timed."""

    def fit(self, X: Any, y: Any, job: dict[str, Any]) -> None:
        """Search for the budget, with the stopwatch in place once the libraries are loaded."""
        import automl.api

        watch, lacking = Stopwatch(), []
        load = watch.timed("libraries", automl.api._import_libraries)

        def load_and_wrap(*args: Any) -> None:
            load(*args)
            lacking.extend(f"{module}.{name}" for module, name, part in PARTS if not watch.wrap(module, name, part))

        automl.api._import_libraries = load_and_wrap
        cpu, began = time.process_time(), time.perf_counter()
        super().fit(X, y, job)
        wall = time.perf_counter() - began
        parts = {**watch.seconds, "other": wall - sum(watch.seconds.values())}
        self.measured = {
            "parts": {name: round(seconds, 4) for name, seconds in parts.items()},
            "beside": {name: round(seconds, 4) for name, seconds in watch.beside.items()},
            "lacking": lacking,
            "coordinator_cpu_seconds": round(time.process_time() - cpu, 3),
            "fold_seconds": round(self._fold_seconds(), 3),
            "first_fold_seconds": self._first_fold_seconds(),
            "columns": X.shape[1],
        }

    def _fold_seconds(self) -> float:
        """Return the wall seconds that workers spent in folds, as the trials tell."""
        return sum(fold.fit_seconds + fold.predict_seconds for each in self.run.evaluations for fold in each.folds)

    def _first_fold_seconds(self) -> dict[str, float]:
        """Return the median wall seconds of fitting a fold of each family's first candidate that was fitted."""
        found: dict[str, float] = {}
        for each in sorted(self.run.evaluations, key=lambda each: each.number):
            seconds = [fold.fit_seconds for fold in each.folds if fold.is_ok]
            if seconds:
                found.setdefault(each.candidate.algorithm, round(statistics.median(seconds), 4))
        return found

    def told(self) -> dict[str, Any]:
        """Return what the adapter tells, and the parts."""
        return {**super().told(), **self.measured}


if __name__ == "__main__":
    run(Overhead)
