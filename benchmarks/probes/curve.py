"""A run's score over time, from the times at which its trials ended."""

from __future__ import annotations

import math
from typing import Any


def curve(run: Any) -> dict[str, Any]:
    """Return what a record keeps of a run: a point a trial, in the order of their ends, and the ensemble's score.

    A point has the ``seconds`` since the call, the ``trial`` and its ``algorithm``, its ``score`` (``None`` unless it
    counts), and the ``best`` score of a trial that counts so far. A trial that does not know when it ended has no
    point.
    """
    metric, points, best = run.metric, [], None
    for each in sorted((each for each in run.evaluations if math.isfinite(each.ended)), key=lambda each: each.ended):
        score = float(metric.score_of(each.loss)) if each.counts else None
        if score is not None and (best is None or metric.loss_of(score) < metric.loss_of(best)):
            best = score
        points.append(
            {
                "seconds": round(each.ended, 3),
                "trial": each.number,
                "algorithm": each.candidate.algorithm,
                "score": score,
                "best": best,
            }
        )
    board = run.leaderboard
    ensemble = board.loc[board["id"] == "ensemble", "score"]
    return {
        "points": points,
        "validation_metric": metric.name,
        "ensemble": None if ensemble.empty else float(ensemble.iloc[0]),
        "seconds": round(run.seconds, 3),
    }
