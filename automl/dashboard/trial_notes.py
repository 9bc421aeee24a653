"""The note of one trial: what it was, how it did on each fold, where it stands, and why it stopped or failed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from automl.dashboard.causes import CUT_OFF, OTHER, STOPPED, advice, kind_of, message_of, words_of
from automl.dashboard.composing import Section, compose
from automl.dashboard.standing import compare, folds_told
from automl.dashboard.view import SearchView
from automl.dashboard.wording import duration, name, number, percent, plain, score_with_spread, table
from automl.evaluation.leaderboard import pipeline_id
from automl.values.evaluation import Evaluation, FoldResult
from automl.values.refitted import bag_of
from automl.values.space import Value

TRIAL_BYTES = 1500


def trial_note(evaluation: Evaluation, view: SearchView) -> str:
    """Return the note of a trial: Markdown of less than 1,500 bytes."""
    why = _why(evaluation)
    title = f"# Trial {evaluation.number}: {name(evaluation.candidate.algorithm)}"
    sections = [
        Section(title, tuple(_place(evaluation, view)), kept=4),
        Section("## Why it ended", (why,) if why else ()),
        Section("## Hyperparameters", tuple(_hyperparameters(evaluation, view)), kept=4),
        Section("## Folds", tuple(_folds(evaluation, view)), kept=4),
    ]
    return compose(sections, TRIAL_BYTES)


def _place(evaluation: Evaluation, view: SearchView) -> list[str]:
    ids = view.leaderboard["id"].tolist()
    own = pipeline_id(evaluation)
    metric = view.metric
    lines = []
    if evaluation.losses:
        score = score_with_spread(metric.score_of(evaluation.loss), evaluation.std)
        lines.append(f"- {name(metric.name)} **{score}** over {folds_told(evaluation, view)}.")
    if own in ids:
        place = f"- Place {ids.index(own) + 1} of {len(ids)} on the leaderboard"
        lines.append(f"{place}{_distance(evaluation, view, ids)}.")
    took = f"- It took {duration(evaluation.seconds)}"
    ended = f" and ended {duration(evaluation.ended)} into the search" if math.isfinite(evaluation.ended) else ""
    return [*lines, *_membership(evaluation, view), f"{took}{ended}."]


def _distance(evaluation: Evaluation, view: SearchView, ids: list[str]) -> str:
    """Tell how far the best row of a single trial is."""
    at = next((at for at, each in enumerate(ids) if each != "ensemble"), None)
    if at is None or not evaluation.losses:
        return ""
    if bag_of(ids[at]) == pipeline_id(evaluation):
        return ", the best single pipeline"
    best = next(each for each in view.evaluations if pipeline_id(each) == bag_of(ids[at]))
    gap = compare(best, evaluation).size
    if not math.isfinite(gap):
        return ""
    where = "behind" if gap > 0 else "ahead of" if gap < 0 else "level with"
    much = f"{number(abs(gap), 2)} " if gap else ""
    few = " on the folds that both have" if len(evaluation.losses) < len(best.losses) else ""
    return f", {much}{where} the best, {name(ids[at])}{few}"


def _membership(evaluation: Evaluation, view: SearchView) -> list[str]:
    if view.ensemble is None:
        return []
    for member, weight in zip(view.ensemble.members, view.ensemble.weights, strict=True):
        if member.number == evaluation.number:
            return [f"- A member of the ensemble, with {percent(weight)} of the weight."]
    return []


def _why(evaluation: Evaluation) -> str:
    if evaluation.state == "complete":
        return ""
    if evaluation.counts and evaluation.failure is None:
        return f"It was **{evaluation.reason}**; its score stands on the scale of all."
    kind, message = kind_of(evaluation), message_of(evaluation)
    what = words_of(kind)
    told = f": {plain(message, 300)}" if message else ""
    state = " What it finished counts." if evaluation.state == "partial" else ""
    start = "It was" if kind in (STOPPED, CUT_OFF) else "It"
    sentence = f"{start} **{what}**{told}".rstrip(".")
    return f"{sentence}.{state} {advice(kind) if kind != OTHER else ''}".rstrip()


def _hyperparameters(evaluation: Evaluation, view: SearchView) -> list[str]:
    config = evaluation.candidate.config
    if not config:
        return ["It has none."]
    declared = _declared(evaluation.candidate.algorithm, view)
    changed = {key: value for key, value in config.items() if not _is_default(value, declared.get(key))}
    if not changed:
        return ["All at their defaults."]
    header = ["hyperparameter", "value", "default"]
    rows = [
        [name(key, 40), _value(value), _value(declared[key]["default"]) if key in declared else "unknown"]
        for key, value in changed.items()
    ]
    return table(header, rows)


def _declared(algorithm: str, view: SearchView) -> Mapping[str, Mapping[str, Any]]:
    plans = [each for each in view.plan.algorithms if each.name == algorithm]
    return {each["name"]: each for each in plans[0].space} if plans else {}


def _is_default(value: Value, declared: Mapping[str, Any] | None) -> bool:
    if declared is None:
        return False
    default = declared["default"]
    return isinstance(value, bool) == isinstance(default, bool) and value == default


def _value(value: Value) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return number(value)
    return plain("none" if value is None else value, 40)


def _folds(evaluation: Evaluation, view: SearchView) -> list[str]:
    if not evaluation.folds:
        return []
    has_rounds = any(fold.rounds is not None for fold in evaluation.folds)
    rows = [_fold(fold, view, has_rounds) for fold in evaluation.folds]
    return table(["fold", "score", "seconds", *(["rounds"] if has_rounds else [])], rows)


def _fold(fold: FoldResult, view: SearchView, has_rounds: bool) -> list[str]:
    failed = "failed" if fold.failure is None else words_of(fold.failure.kind)
    score = number(view.metric.score_of(fold.loss)) if fold.is_ok else failed
    seconds = number(fold.fit_seconds + fold.predict_seconds, 3)
    rounds = "" if fold.rounds is None else f"{fold.rounds:,}"
    return [str(fold.fold), score, seconds, *([rounds] if has_rounds else [])]
