"""FLAML's score over time, from the log that it writes of each improvement."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any


def logged_points(lines: Iterable[str], metric: str) -> list[dict[str, Any]]:
    """Return the points of a log: FLAML minimises, and calls the area under the curve by what it lacks to 1."""
    points = []
    for line in lines:
        record = json.loads(line)
        if "validation_loss" not in record:  # the last line names the best record
            continue
        score = 1.0 - record["validation_loss"] if metric == "roc_auc" else record["validation_loss"]
        points.append(
            {
                "seconds": round(record["wall_clock_time"], 3),
                "trial": record["record_id"],
                "algorithm": record["learner"],
                "score": score,
                "best": score,
            }
        )
    return points
