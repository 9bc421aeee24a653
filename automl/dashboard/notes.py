"""The notes of a study in words: what a person reads first who opens it.

:func:`study_note` tells the whole search from its question to its end, :func:`trial_note` one trial, and
:func:`noted` which trials deserve a note. All three are pure: the same view makes the same text, so a note is written
again only when something changed. Sizes are bounded (6 kB and 1.5 kB), since a study's notes travel with each of its
pages.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from automl.dashboard.causes import CUT_OFF, STOPPED, causes
from automl.dashboard.composing import Section, compose
from automl.dashboard.findings import explains, findings, nothing_beats_guessing, seconds_by_family
from automl.dashboard.standing import Standing, folds_told
from automl.dashboard.trial_notes import trial_note
from automl.dashboard.view import SearchView
from automl.dashboard.wording import count, duration, listed, name, number, percent, plain, score_with_spread, table
from automl.evaluation.leaderboard import FLOOR, pipeline_id
from automl.values.evaluation import Evaluation
from automl.values.schema import Role
from automl.values.task import TaskKind

__all__ = ["STUDY_BYTES", "noted", "study_note", "trial_note"]

STUDY_BYTES = 6000
N_BEST = 10
N_CAUSES = 6
N_NOTICED = 6
N_LOST = 50  # failed trials that get a note, and stopped ones

_TASKS: Mapping[TaskKind, str] = MappingProxyType(
    {
        "binary": "a decision between two classes",
        "multiclass": "a choice among several classes",
        "regression": "a number (regression)",
    }
)
_ROLES: Mapping[Role, tuple[str, str]] = MappingProxyType(
    {
        "numeric": ("number", ""),
        "boolean": ("yes-or-no", "yes-or-no"),
        "category": ("category", "categories"),
        "high_cardinality": ("category of many levels", "categories of many levels"),
        "text": ("text", ""),
        "datetime": ("date", ""),
        "duration": ("duration", ""),
        "identifier": ("identifier", ""),
        "constant": ("constant", ""),
        "missing": ("empty", "empty"),
        "leak": ("that gives the target away", "that give the target away"),
        "ignored": ("left out on request", "left out on request"),
    }
)
_PARTS: Mapping[str, str] = MappingProxyType(
    {"sample_weight": "Rows are weighted by", "groups": "Rows are grouped by", "time_column": "Rows are in time by"}
)


def study_note(view: SearchView) -> str:
    """Return the note of a study: Markdown of less than 6,000 bytes, for a person who decides.

    In this order: the problem, the data, how it is validated, the best so far, the families, what was learned, what
    failed and why, and whether it goes on.
    """
    standing = Standing.of(view)
    title = f"# Predicting {name(view.plan.task.target)}"
    sections = [
        Section(title, (_problem(view),)),
        Section("## The data", tuple(_data(view)), kept=2),
        Section("## How it is validated", (plain(view.plan.folds.reason, 400),)),
        Section("## The best so far" if view.is_running else "## The best", tuple(_best(standing)), kept=2),
        Section("## The best of each family", tuple(_families(standing)), kept=3),
        Section("## What was learned", tuple(f"- {each.sentence}" for each in findings(standing)), kept=4),
        Section("## What failed or was stopped", tuple(_causes(view))),
        Section("## State", (_state(view),)),
    ]
    return compose(sections, STUDY_BYTES)


def noted(view: SearchView) -> list[int]:
    """Return the numbers of the trials that deserve a note, in rising order.

    They are the ten best that count, the ensemble's members, and of those that failed and those that were stopped
    the latest fifty each; one that time cut off counts as stopped.
    """
    by_id = {pipeline_id(each): each for each in view.evaluations}
    ranked = [by_id[row] for row in view.leaderboard["id"].tolist() if row in by_id]
    chosen = [each for each in ranked if each.counts][:N_BEST]
    chosen += view.ensemble.members if view.ensemble is not None else ()
    chosen += [each for each in view.evaluations if each.state == "failed"][-N_LOST:]
    chosen += [each for each in view.evaluations if each.state in ("stopped", "partial") and not each.counts][-N_LOST:]
    return sorted({each.number for each in chosen})


def _problem(view: SearchView) -> str:
    task, plan = view.plan.task, view.plan
    what = f"What is predicted is {_TASKS[task.kind]}"
    if task.is_classification:
        labels = listed([name(label, 40) for label in task.classes], 6)
        what += f": {labels}" if task.n_classes <= 6 else f", {task.n_classes:,} of them: {labels}"
    elif task.reason:
        what += f" ({plain(task.reason, 120)})"
    direction = "higher" if view.metric.greater_is_better else "lower"
    why = f": {plain(plan.metric_reason, 200)}" if plan.metric_reason else ""
    what += f". The table is {plain(plan.source, 120)}"
    return f"{what}. Models are judged by {name(view.metric.name)}, where {direction} is better{why}."


def _data(view: SearchView) -> list[str]:
    plan = view.plan
    rows = f"{count(plan.n_rows, 'row')} with a target, {count(len(plan.schema), 'column')}"
    used = Counter(column.role for column in plan.schema.used)
    roles = listed([count(n, *_ROLES[role]) for role, n in used.most_common()], 8)
    lines = [f"- {rows}." if not roles else f"- {rows}. Models see {roles}."]
    aside = plan.schema.set_aside
    if aside:
        told = [f"{name(column.name, 40)} ({_ROLES[column.role][0]})" for column in aside]
        lines.append(f"- Set aside: {listed(told, 5)}.")
    lines += [f"- {words} {name(plan.roles[role])}." for role, words in _PARTS.items() if plan.roles.get(role)]
    noticed = [each.sentence for each in plan.noticed if each.severity != "note"]
    return lines + [f"- {plain(note, 200)}" for note in [*noticed, *plan.notes][:N_NOTICED]]


def _best(standing: Standing) -> list[str]:
    best, dummy = standing.best, standing.dummy
    if best is None:
        if dummy is None:
            return ["No trial has a score yet." if standing.view.is_running else "No trial has a score."]
        score = number(standing.score(dummy))
        return [f"Only guessing (the dummy) has a score{' so far' * standing.view.is_running}: {score}."]
    lines = [
        f"- {name(best.candidate.algorithm)}, trial {best.number}: {name(standing.view.metric.name)} "
        f"**{score_with_spread(standing.score(best), best.std)}** over {folds_told(best, standing.view)}."
    ]
    explained = explains(standing)
    if explained is not None:
        lines.append(f"- {explained.sentence}")
    elif nothing_beats_guessing(standing) is not None and dummy is not None:
        lines.append(f"- That is no better than guessing (the dummy scores {number(standing.score(dummy))}).")
    return lines + _combined(standing) + _costs(standing, best) + _further(standing, best)


def _combined(standing: Standing) -> list[str]:
    ensemble = standing.view.ensemble
    if ensemble is None:
        return []
    members = [
        f"{name(pipeline_id(member), 40)} {percent(weight)}"
        for weight, member in sorted(zip(ensemble.weights, ensemble.members, strict=True), key=lambda each: -each[0])
    ]
    score = score_with_spread(standing.view.metric.score_of(ensemble.loss), ensemble.std)
    finish = standing.view.finish("ensemble").told(standing.view.plan.task.classes)
    ends = f" At the end: {name(finish, 80)}." if finish else ""
    return [f"- The ensemble of {count(len(members), 'pipeline')} ({listed(members, 4)}) scores **{score}**.{ends}"]


def _costs(standing: Standing, best: Evaluation) -> list[str]:
    row = _row(standing.view, pipeline_id(best))
    one_row_ms, size_mb = float(row["one_row_ms"]), float(row["size_mb"])
    parts = [f"one row takes {number(one_row_ms, 3)} ms"] if math.isfinite(one_row_ms) else []
    parts += [f"its fold models take {number(size_mb, 3)} MB"] if size_mb > 0 else []
    return [f"- To predict with it: {listed(parts)}."] if parts else []


def _further(standing: Standing, best: Evaluation) -> list[str]:
    scores = {key: score for key, score in best.further.items() if key != standing.view.metric.name}
    told = [f"{name(key, 40)} {number(score)}" for key, score in scores.items() if math.isfinite(score)]
    return [f"- Measured otherwise: {listed(told[:5])}."] if told else []


def _row(view: SearchView, row_id: str) -> dict[str, Any]:
    """Return the row of the leaderboard that has this id."""
    at = view.leaderboard["id"].tolist().index(row_id)
    return {str(key): value for key, value in view.leaderboard.iloc[at].items()}


def _families(standing: Standing) -> list[str]:
    view = standing.view
    trials = Counter(each.candidate.algorithm for each in view.evaluations)
    seconds = seconds_by_family(view.evaluations)
    rows = []
    for family, best in standing.families.items():
        score = score_with_spread(standing.score(best), best.std) + " (partial)" * (best.state == "partial")
        rows.append([name(family, 40), score, f"{trials[family]:,}", duration(seconds.get(family, 0.0))])
    for family in trials:
        if family not in standing.families and family != FLOOR:
            rows.append([name(family, 40), "none", f"{trials[family]:,}", duration(seconds.get(family, 0.0))])
    if standing.dummy is not None and rows:
        score = score_with_spread(standing.score(standing.dummy), standing.dummy.std)
        rows.append([f"{name(FLOOR)} (guesses)", score, f"{trials[FLOOR]:,}", ""])
    return table(["family", "best score", "trials", "time"], rows) if rows else []


def _causes(view: SearchView) -> list[str]:
    found = causes(view.evaluations)
    own = [each for each in found if each.kind not in (STOPPED, CUT_OFF)]
    lines = [f"- {each.sentence}" for each in own[:N_CAUSES]]
    if rest := own[N_CAUSES:]:
        trials = count(sum(each.n_trials for each in rest), "trial")
        lines.append(f"- {count(len(rest), 'other cause')}: {trials}.")
    return lines + [f"- {each.sentence}" for each in found if each.kind in (STOPPED, CUT_OFF)]


def _state(view: SearchView) -> str:
    n = len(view.evaluations)
    used = f"{duration(view.seconds)} used, {count(n, 'trial')} ended"
    if view.is_running:
        return f"The search is running: {used}; it may take {plain(view.plan.budget, 100)}."
    return f"The search has ended because {plain(view.why_stopped, 200)}: {used}."
