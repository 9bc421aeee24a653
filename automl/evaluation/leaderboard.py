"""Every trial as a row, the best first.

The table is made from evaluations and out-of-fold predictions alone, so it is the same whatever order the
evaluations arrived in. Scores stand in the metric's own direction; rows without a score stand at the end with their
reason.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import pandas as pd

from automl.evaluation.fairness_gap import gaps_of
from automl.values.constraints import UNBOUND, Constraints
from automl.values.evaluation import Evaluation, State
from automl.values.finish import Finished
from automl.values.honest import UNKNOWN, HonestLoss, HonestLosses
from automl.values.metric import Metric
from automl.values.refitted import SUFFIX, Refitted, bag_of

COLUMNS_BEFORE = ("rank", "id", "algorithm", "score", "std", "honest_score", "honest_low", "honest_high", "tied")
COLUMNS_AFTER = ("fit_seconds", "one_row_ms", "rows_per_second", "size_mb", "state", "reason", "params", "finish")
FLOOR = "dummy"  # the algorithm that everything else is compared with
_ORDER: Mapping[State, int] = {"complete": 0, "partial": 1, "stopped": 2, "failed": 3}


def pipeline_id(evaluation: Evaluation) -> str:
    """Return the name of an evaluation's pipeline: the algorithm and the trial's number."""
    return f"{evaluation.candidate.algorithm}-{evaluation.number}"


@dataclass(frozen=True, slots=True)
class TableSpeed:
    """How long encoding raw rows takes, which every pipeline of a run does first."""

    one_row_seconds: float
    seconds_per_row: float


FREE = TableSpeed(0.0, 0.0)


@dataclass(frozen=True, slots=True)
class EnsembleRow:
    """What the leaderboard says of the ensemble: members, weights, loss, deviation, metrics and gaps between groups."""

    members: tuple[Evaluation, ...]
    weights: tuple[float, ...]
    loss: float
    std: float
    further: Mapping[str, float]
    gaps: Mapping[str, float] = field(default_factory=dict)


def make_leaderboard(
    evaluations: Sequence[Evaluation],
    metric: Metric,
    ensemble: EnsembleRow | None = None,
    table: TableSpeed = FREE,
    constraints: Constraints = UNBOUND,
    honest: HonestLosses = UNKNOWN,
    finished: Mapping[str, Finished] = MappingProxyType({}),
    classes: Sequence[Any] = (),
    refitted: Sequence[Refitted] = (),
) -> pd.DataFrame:
    """Return the leaderboard: rows that count, then other partial ones, then those that were given up or failed.

    Complete rows count, and those whose folds judged enough rows (:attr:`Evaluation.counts`). Rows are ordered by the
    score that they were chosen by; beside it stands the honest one, with its interval, and
    whether the row is tied with the best; NaN where that is not known. Where the dummy alone is complete, it has its
    place among the partial rows, by its score. Rows with a model that break a constraint stand after those that keep
    all, unless none but the dummy does.

    Parameters
    ----------
    table
        How long encoding raw rows takes, a part of every ``one_row_ms`` and ``rows_per_second``.
    finished
        By id, rows whose probabilities are tempered or whose labels are decided by a threshold, with their scores.
    classes
        The labels, for telling so in the column ``finish``.
    refitted
        Candidates that were fitted on all rows as well: a row each, with the score of their folds.
    """
    has_model = any(each.counts and each.candidate.algorithm != FLOOR for each in evaluations)
    rows = [_row(each, metric, table) for each in evaluations]
    if ensemble is not None:
        rows.append(_ensemble_row(ensemble, metric, table))
    by_number = {each.number: row for each, row in zip(evaluations, rows, strict=False)}
    rows += [_refitted_row(by_number[each.number], each, table) for each in refitted]
    for row in rows:
        _finish(row, finished.get(bag_of(row["id"])), metric, classes)
    names = list(dict.fromkeys(name for row in rows for name in row["_further"]))
    for row in rows:
        if row["algorithm"] == FLOOR and row["_state"] == _ORDER["complete"] and not has_model:
            row["_state"] = _ORDER["partial"]  # what took no time to complete is no better than a good start
        row.update({name: row["_further"].get(name, math.nan) for name in names})
    beyond = [name for name in constraints.limits if name not in COLUMNS_AFTER]
    for row in rows:
        row.update({name: row["_measured"].get(name, math.nan) for name in beyond})
    _hold_back(rows, constraints)
    rows.sort(key=lambda row: (row["_back"], row["_state"], _nan_last(row["_loss"]), row["_number"]))
    for rank, row in enumerate(rows, start=1):
        row["rank"] = rank
        row.update(_honestly(honest.of(bag_of(row["id"])), metric))
    return pd.DataFrame(rows, columns=_columns(names, beyond)).astype({"tied": "boolean"})


def _columns(names: Sequence[str], beyond: Sequence[str]) -> list[str]:
    """Return the columns: what constraints are about beyond the usual stands after the size."""
    place = COLUMNS_AFTER.index("size_mb") + 1
    return [*COLUMNS_BEFORE, *names, *COLUMNS_AFTER[:place], *beyond, *COLUMNS_AFTER[place:]]


def _honestly(honest: HonestLoss | None, metric: Metric) -> dict[str, Any]:
    if honest is None:
        return {"honest_score": math.nan, "honest_low": math.nan, "honest_high": math.nan, "tied": pd.NA}
    low, high = sorted((metric.score_of(honest.low), metric.score_of(honest.high)))
    return {
        "honest_score": metric.score_of(honest.loss),
        "honest_low": low,
        "honest_high": high,
        "tied": honest.is_tied,
    }


def _finish(row: dict[str, Any], finished: Finished | None, metric: Metric, classes: Sequence[Any]) -> None:
    """Let a row tell how its pipeline ends, and the scores that it has so."""
    row["finish"] = "" if finished is None else finished.finish.told(classes)
    if finished is not None:
        row.update(score=metric.score_of(finished.loss), std=finished.std, _loss=finished.loss)
        row["_further"] = {**row["_further"], **finished.further}
        row["_measured"] = {**row["_measured"], **finished.gaps}


def _hold_back(rows: Sequence[dict[str, Any]], constraints: Constraints) -> None:
    """Mark the rows that stand behind others: those that break a constraint, and behind them those without a model."""
    for row in rows:
        row["_back"] = 0 if row["_state"] < _ORDER["stopped"] else 2
        row["_broken"] = "" if row["_back"] else constraints.broken(_measured(row, constraints))
    if any(not row["_back"] and not row["_broken"] and row["algorithm"] != FLOOR for row in rows):
        for row in rows:
            row["_back"] = row["_back"] or int(bool(row["_broken"]))
    for row in rows:
        row["reason"] = "; ".join(part for part in (row["reason"], row["_broken"]) if part)


def _measured(row: Any, constraints: Constraints) -> dict[str, float]:
    return {name: row[name] for name in constraints.limits}


def broken_by(row: Any, constraints: Constraints) -> str:
    """Return which constraints a row of the leaderboard breaks, in words; empty if it keeps them all."""
    return constraints.broken(_measured(row, constraints))


def keeps_to(members: Sequence[Evaluation], constraints: Constraints, table: TableSpeed) -> bool:
    """Tell whether the bags of these evaluations together keep to the constraints."""
    return not constraints.limits or constraints.excess(cost(members, table)) <= 1


def why_unbound(leaderboard: pd.DataFrame, constraints: Constraints) -> str | None:
    """Say that no model keeps the constraints, and which comes closest; ``None`` where one does or none are given."""
    models = leaderboard[leaderboard["state"].isin(["complete", "partial"]) & (leaderboard["algorithm"] != FLOOR)]
    if not constraints.limits or models.empty:
        return None
    excess = [constraints.excess(_measured(row, constraints)) for row in models.to_dict("records")]
    closest = models.iloc[excess.index(min(excess))]
    if min(excess) <= 1:
        return None
    return (
        f"No pipeline keeps the constraints ({constraints}); the leaderboard is ordered without them. The closest is "
        f"{closest['id']}, with {constraints.broken(_measured(closest, constraints))}."
    )


def _nan_last(loss: float) -> tuple[bool, float]:
    return (math.isnan(loss), loss)


def speed(evaluations: Sequence[Evaluation], table: TableSpeed) -> tuple[float, float]:
    """Return milliseconds for one raw row, and raw rows a second, of the bags of these evaluations together."""
    one_row, a_row = table.one_row_seconds, table.seconds_per_row
    for evaluation in evaluations:
        done = [fold for fold in evaluation.folds if fold.is_ok]
        measured = [fold.one_row_seconds for fold in done if math.isfinite(fold.one_row_seconds)]
        one_row += len(done) * (measured[0] if measured else math.nan)
        a_row += sum(fold.predict_seconds / max(fold.n_predicted, 1) for fold in done)
    return 1000 * one_row, (1 / a_row if a_row > 0 else math.nan)


def cost(members: Sequence[Evaluation], table: TableSpeed) -> dict[str, float]:
    """Return what constraints are about, of the bags of these evaluations together.

    ``one_row_ms``, ``size_mb``, ``memory_mb`` and, of one alone, the gaps between groups.
    """
    return {
        "one_row_ms": speed(members, table)[0],
        "size_mb": sum(fold.size_bytes for member in members for fold in member.folds) / 1e6,
        "memory_mb": sum(member.sums.get("memory_mb", math.nan) for member in members),
        **(gaps_of(members[0].sums) if len(members) == 1 else {}),
    }


def _row(evaluation: Evaluation, metric: Metric, table: TableSpeed) -> dict[str, Any]:
    has_model = bool(evaluation.losses)
    one_row_ms, rows_per_second = speed([evaluation], table) if has_model else (math.nan, math.nan)
    return {
        "id": pipeline_id(evaluation),
        "algorithm": evaluation.candidate.algorithm,
        "score": metric.score_of(evaluation.loss),
        "std": evaluation.std,
        "fit_seconds": evaluation.fit_seconds,
        "one_row_ms": one_row_ms,
        "rows_per_second": rows_per_second,
        "size_mb": sum(fold.size_bytes for fold in evaluation.folds) / 1e6,
        "state": evaluation.state,
        "reason": evaluation.reason,
        "params": evaluation.candidate.config,
        "_state": _ORDER["complete" if evaluation.counts else evaluation.state],
        "_loss": evaluation.loss,
        "_number": evaluation.number,
        "_measured": cost([evaluation], table),
        "_further": _on_scale(evaluation.further, evaluation.loss, metric),
    }


def _refitted_row(bag: Mapping[str, Any], refitted: Refitted, table: TableSpeed) -> dict[str, Any]:
    """Return the row of a candidate's model of all rows: the scores are those of its folds, what it takes its own."""
    measured = refitted.measured(table.one_row_seconds)
    return {
        **bag,
        "id": f"{bag['id']}{SUFFIX}",
        "fit_seconds": refitted.fit_seconds,
        "one_row_ms": measured["one_row_ms"],
        "rows_per_second": refitted.rows_per_second(table.seconds_per_row),
        "size_mb": measured["size_mb"],
        "reason": "fitted on all rows; the score is that of its folds",
        "_measured": {**bag["_measured"], **measured},
    }


def _ensemble_row(ensemble: EnsembleRow, metric: Metric, table: TableSpeed) -> dict[str, Any]:
    one_row_ms, rows_per_second = speed(ensemble.members, table)
    return {
        "id": "ensemble",
        "algorithm": "ensemble",
        "score": metric.score_of(ensemble.loss),
        "std": ensemble.std,
        "fit_seconds": math.fsum(member.fit_seconds for member in ensemble.members),
        "one_row_ms": one_row_ms,
        "rows_per_second": rows_per_second,
        "size_mb": sum(fold.size_bytes for member in ensemble.members for fold in member.folds) / 1e6,
        "state": "complete",
        "reason": "",
        "params": {
            pipeline_id(each): round(weight, 4) for each, weight in zip(ensemble.members, ensemble.weights, strict=True)
        },
        "_state": 0,
        "_loss": ensemble.loss,
        "_number": -1,
        "_measured": {**cost(ensemble.members, table), **ensemble.gaps},
        "_further": _on_scale(ensemble.further, ensemble.loss, metric),
    }


def _on_scale(further: Mapping[str, float], loss: float, metric: Metric) -> dict[str, float]:
    """Return further metrics, the one that is optimised on the scale of all folds, as the score is."""
    return {name: metric.score_of(loss) if name == metric.name else score for name, score in further.items()}


def to_csv(leaderboard: pd.DataFrame) -> str:
    """Return the leaderboard as CSV, its params as JSON."""
    return leaderboard.assign(params=[json.dumps(each) for each in leaderboard["params"]]).to_csv(index=False)
