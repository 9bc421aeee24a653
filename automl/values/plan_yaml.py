"""A plan as a file that a person edits: what was asked for as YAML, what was found and decided as comments.

Only the request is data, for only that can be changed; each part stands below the decision that it led to. Values are
written as JSON, which YAML 1.2 reads as it stands, so that no label such as ``no`` or ``1e3`` becomes something else.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from automl.values.plan import Plan

WIDTH = 110
MOST_COLUMNS = 300
NEEDS = "needs"
"""The key under which parameters stand that no file can hold."""

_EXAMPLES: Mapping[str, Any] = {
    "n_trials": 50,
    "patience": 30,
    "target_score": 0.9,
    "groups": "customer",
    "time_column": "date",
    "sample_weight": "weight",
    "constraints": {"one_row_ms": 30, "size_mb": 50},
    "keep": ["column"],
    "join": {"customers.csv": "customer_id"},
    "unlabeled": "unlabelled.csv",
    "test": "later.csv",
    "ignore": ["duplicate-rows"],
    "available_at": {"column": "after"},
}

_TABLES = {
    "join": "Other tables whose columns are added, by a column that both have.",
    "unlabeled": "Rows without a target, to learn from after the search.",
    "test": "Rows that are predicted later, to compare these with.",
}


def plan_yaml(plan: Plan) -> str:
    """Return the text of the file."""
    return "\n".join([*_head(plan), *_problem(plan), *_columns(plan), *_search(plan), *_rest(plan)]) + "\n"


def _head(plan: Plan) -> list[str]:
    summary = f"Predict {plan.task.target!r} from {plan.source}: {plan.n_rows:,} rows, {len(plan.schema)} columns."
    lines = [
        *_comment('A plan. Edit it, then run it:  automl fit plan.yaml   or   automl.fit_plan("plan.yaml")'),
        *_comment(summary),
        "",
    ]
    if plan.unwritten:
        lines += _comment("These were given as objects, which a file can't hold; give them again to automl.fit_plan.")
        lines += [f"{NEEDS}: {_value(list(plan.unwritten))}", ""]
    if "data" in plan.request:
        lines += [_key(plan, "data")]
    for name, words in _TABLES.items():
        lines += ["", *_comment(words), *_or_example(plan, name)]
    return [*lines, ""]


def _problem(plan: Plan) -> list[str]:
    task = f"{plan.task.kind}: {plan.task.reason}" if plan.task.reason else plan.task.kind
    direction = "higher" if plan.greater_is_better else "lower"
    lines: list[str] = [_key(plan, "target"), "", *_comment(f"What is predicted. Found: {task}.")]
    if plan.task.is_classification:
        labels = ", ".join(map(repr, plan.task.classes[:20])) + (", …" if plan.task.n_classes > 20 else "")
        lines += _comment(f"Labels: {labels}.")
    lines += [_key(plan, "task", "auto"), ""]
    lines += _comment(f"What is optimised. Decided: {plan.metric}, {direction} is better ({plan.metric_reason}).")
    for sentence in plan.prospect.meaning if plan.prospect else ():
        lines += _comment(sentence)
    lines += [_key(plan, "metric", "auto"), ""]
    if plan.task.is_classification:
        lines += _comment("What decisions cost (or gains: …); it becomes the metric and decides the labels.")
        first, last = plan.task.classes[0], plan.task.classes[-1]
        example = {str(first): {str(last): 5}, str(last): {str(first): 1}}
        lines += _or_example(plan, "costs", example) if "gains" not in plan.request else [_key(plan, "gains")]
        lines += [""]
    lines += _comment("What the best pipeline must keep to.")
    return [*lines, *_or_example(plan, "constraints"), ""]


def _columns(plan: Plan) -> list[str]:
    lines = _comment(
        "What columns are. Found, or said; to say otherwise, write column: role (numeric, boolean, category, "
        "high_cardinality, text, datetime, duration, identifier, ignored)."
    )
    said: Mapping[str, Any] = plan.request.get("roles", {})
    lines += ["roles:"]
    names: list[str] = [column.name for column in plan.schema][:MOST_COLUMNS]
    for name in names:
        column = plan.schema[name]
        if name in said:
            lines += [f"  {_value(name)}: {_value(said[name])}"]
        else:
            lines += [f"  # {_value(name)}: {column.role}  # {column.reason}"]
    lines += [f"  {_value(name)}: {_value(role)}" for name, role in said.items() if name not in names]
    if len(plan.schema) > MOST_COLUMNS:
        lines += [f"  # and {len(plan.schema) - MOST_COLUMNS} more"]
    lines += ["", *_comment("Which columns are known when the prediction is made: before, after.")]
    lines += [*_or_example(plan, "available_at"), ""]
    lines += _comment("Columns to use although they seem to give the target away.")
    lines += [*_or_example(plan, "keep"), ""]
    lines += _comment("Rows of a group stay together; folds follow time; how much a row counts.")
    lines += [line for name in ("groups", "time_column", "sample_weight") for line in _or_example(plan, name)]
    noticed = [*plan.notes, *(each.told() for each in plan.noticed)]
    if noticed:
        lines += ["", "# Noticed:"]
        lines += [line for note in noticed for line in _comment(f"- {note}", indent="  ")]
        lines += [*_comment("Codes of findings to leave out."), *_or_example(plan, "ignore")]
    return [*lines, ""]


def _search(plan: Plan) -> list[str]:
    lines = _comment(f"How it is validated. Decided: {plan.folds.reason}")
    lines += [_key(plan, "cv", "auto"), ""]
    lines += _comment(f"Decided: {', '.join(each.name for each in plan.algorithms)}.")
    for name, reason in plan.left_out.items():
        lines += _comment(f"Left out: {name}, which {reason}.")
    lines += [_key(plan, "algorithms", "auto"), ""]
    lines += _comment("When it ends: whichever comes first; time_budget: none is no limit of time.")
    if plan.prospect:
        lines += _comment(f"Likely enough for {plan.prospect.coverage}.")
    lines += [_key(plan, "time_budget", "10m")]
    for name in ("n_trials", "patience", "target_score"):
        lines += _or_example(plan, name)
    lines += ["", _key(plan, "ensemble", True), _key(plan, "random_state", 0)]
    return lines


_TOLD = {
    *("data", "target", "task", "metric", "costs", "gains", "constraints", "roles", "available_at", "keep", "groups"),
    *("time_column", "sample_weight", "cv", "algorithms", "time_budget", "n_trials", "patience", "target_score"),
    *("ensemble", "random_state", "join", "unlabeled", "test", "ignore"),
}


def _rest(plan: Plan) -> list[str]:
    rest = [name for name in plan.request if name not in _TOLD]
    return ["", *(_key(plan, name) for name in rest)] if rest else []


def _key(plan: Plan, name: str, usual: Any = None) -> str:
    """Return the line of a parameter; as a comment where it was an object."""
    if name in plan.unwritten:
        return f"# {name}: given as an object"
    return f"{name}: {_value(plan.request.get(name, usual))}"


def _or_example(plan: Plan, name: str, example: Any = None) -> list[str]:
    if name in plan.request or name in plan.unwritten:
        return [_key(plan, name)]
    return [f"# {name}: {_value(_EXAMPLES[name] if example is None else example)}"]


def _value(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _comment(text: str, indent: str = "") -> list[str]:
    plain = " ".join(text.split())
    return [f"# {indent}{line}" for line in textwrap.wrap(plain, WIDTH, break_on_hyphens=False) or [""]]
