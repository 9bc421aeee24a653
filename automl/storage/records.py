"""A candidate as a trial of a study, and what came of it as text, both ways.

A trial's parameters are ``algorithm`` and ``<algorithm>:<hyperparameter>``, with the ranges of the search space.
Optuna's ranges can't hold everything that a config can (a value outside its range, an unlisted choice), and what a
viewer sees must not decide what is evaluated, so the config itself and the result of every fold stand in one system
attribute, the details, as JSON. From it a run is resumed.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from automl.values.candidate import Candidate
from automl.values.evaluation import Evaluation, Failure, FoldResult
from automl.values.space import Categorical, Hyperparameter, Int, SearchSpace, Value


def as_params(
    candidate: Candidate, space: SearchSpace | None, algorithms: Sequence[str]
) -> tuple[dict[str, Any], dict[str, BaseDistribution], dict[str, str]]:
    """Return a candidate's parameters, their ranges, and the values that no range can hold, as texts.

    Parameters
    ----------
    candidate
        What is tried.
    space
        The space of its algorithm; ``None`` if it has none.
    algorithms
        Every algorithm of the study, in the order that the study froze.
    """
    params: dict[str, Any] = {}
    ranges: dict[str, BaseDistribution] = {}
    others: dict[str, str] = {}
    if candidate.algorithm in algorithms:
        params["algorithm"] = candidate.algorithm
        ranges["algorithm"] = CategoricalDistribution(list(algorithms))
    else:
        others["algorithm"] = candidate.algorithm
    declared = {each.name: each for each in space or ()}
    for name, value in candidate.settings:
        distribution = _range_of(declared[name], value) if name in declared else None
        if distribution is None:
            others[f"{candidate.algorithm}:{name}"] = str(value)
        else:
            params[f"{candidate.algorithm}:{name}"] = value
            ranges[f"{candidate.algorithm}:{name}"] = distribution
    return params, ranges, others


def _range_of(declared: Hyperparameter, value: Value) -> BaseDistribution | None:
    """Return the declared range, widened for a value outside it; ``None`` if it can't be."""
    if isinstance(declared, Categorical):
        return CategoricalDistribution(list(declared.choices)) if declared.contains(value) else None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    if declared.log and value <= 0:
        return None
    # Steps are left out: they only matter to a sampler, and a value may lie between two of them.
    low, high = min(declared.low, value), max(declared.high, value)
    if not isinstance(declared, Int):
        return FloatDistribution(float(low), float(high), log=declared.log)
    return IntDistribution(int(low), int(high), log=declared.log) if value == int(value) else None


def begun(candidate: Candidate) -> str:
    """Return the details of a trial that has just started."""
    return _dump(_told(candidate))


def _told(candidate: Candidate) -> dict[str, Any]:
    told: dict[str, Any] = {"algorithm": candidate.algorithm, "config": candidate.config}
    beyond: dict[str, Any] = {"self_trained": True} if candidate.self_trained else {}
    return {**told, **beyond, **({} if candidate.rows is None else {"rows": candidate.rows})}


def details_of(evaluation: Evaluation) -> str:
    """Return everything about an evaluation as JSON."""
    folds = []
    for fold in evaluation.folds:
        told = {field.name: getattr(fold, field.name) for field in fields(fold)}
        if fold.failure is not None:
            told["failure"] = [fold.failure.kind, fold.failure.message]
        told["further"] = [[name, score] for name, score in fold.further if math.isfinite(score)]
        folds.append({name: value for name, value in told.items() if value is not None and not _is_odd(value)})
    return _dump(
        {
            **_told(evaluation.candidate),
            "state": evaluation.state,
            "reason": evaluation.reason,
            "seconds": evaluation.seconds,
            **({} if math.isnan(evaluation.ended) else {"ended": evaluation.ended}),
            **({"shift": evaluation.shift} if evaluation.shift else {}),
            "folds": folds,
        }
    )


def candidate_from(details: Mapping[str, Any]) -> Candidate:
    """Return the candidate that the details tell."""
    found = Candidate.of(details["algorithm"], details["config"])
    return replace(found, self_trained=bool(details.get("self_trained")), rows=details.get("rows"))


def evaluation_from(number: int, details: Mapping[str, Any]) -> Evaluation:
    """Return the evaluation that the details tell.

    Examples
    --------
    >>> done = Evaluation(7, Candidate.of("ridge", {"alpha": 1.0}), (FoldResult(0, 0.5),), "complete", seconds=1.5)
    >>> evaluation_from(7, json.loads(details_of(done))).losses
    (0.5,)
    """
    known = {field.name for field in fields(FoldResult)}
    folds = []
    for fold in details["folds"]:
        kept = {name: value for name, value in fold.items() if name in known}
        if "failure" in kept:
            kept["failure"] = Failure(*kept["failure"])
        kept["further"] = tuple((name, score) for name, score in kept.get("further", ()))
        kept["sums"] = tuple((name, value) for name, value in kept.get("sums", ()))
        folds.append(FoldResult(**{"loss": math.nan, **kept}))
    return Evaluation(
        number=number,
        candidate=candidate_from(details),
        folds=tuple(folds),
        state=details["state"],
        reason=details["reason"],
        seconds=details["seconds"],
        ended=details.get("ended", math.nan),
        shift=details.get("shift", 0.0),
    )


def storable(attrs: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a study can show: plain numbers and texts; ``None`` and numbers that are not finite are left out.

    A column of a viewer sorts only if all its values are numbers. They are for people, so six digits are kept of them.

    Examples
    --------
    >>> storable({"size_bytes": 10, "score_std": float("nan"), "note": None, "id": "a1", "one_row_ms": 2 / 3})
    {'size_bytes': 10, 'id': 'a1', 'one_row_ms': 0.666667}
    """
    plain = {name: value.item() if hasattr(value, "item") else value for name, value in attrs.items()}
    kept: dict[str, Any] = {}
    for name, value in plain.items():
        if value is None or _is_odd(value):
            continue
        if isinstance(value, float):
            value = float(f"{value:.6g}")
        kept[name] = value if isinstance(value, bool | int | float | str) else _dump(value)
    return kept


def _is_odd(value: Any) -> bool:
    return isinstance(value, float) and not math.isfinite(value)


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str, separators=(",", ":"))
