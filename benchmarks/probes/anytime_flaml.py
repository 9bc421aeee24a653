"""FLAML's adapter, which also tells the score over time, from the log that FLAML writes of each improvement."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "systems" / "flaml"))

from adapter import METRICS, Flaml
from adapting import run
from flaml_log import logged_points


class Anytime(Flaml):
    """``AutoML.fit``, with the times of its improvements."""

    def fit(self, X: Any, y: Any, job: dict[str, Any]) -> None:
        """Search for the budget, with a log."""
        self.metric, self.seconds = METRICS[job["metric"]], job["budget"]
        with tempfile.NamedTemporaryFile(suffix=".log") as log:
            super().fit(X, y, {**job, "options": {**job["options"], "log_file_name": log.name}})
            self.points = logged_points(Path(log.name).read_text(encoding="utf-8").splitlines(), self.metric)

    def told(self) -> dict[str, Any]:
        """Return what the adapter tells, and the curve."""
        curve = {"points": self.points, "validation_metric": self.metric, "ensemble": None, "seconds": self.seconds}
        return {**super().told(), **curve}


if __name__ == "__main__":
    run(Anytime)
