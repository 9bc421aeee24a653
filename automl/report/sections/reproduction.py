"""All that is needed to get the same again: versions, seed, hashes, the call, and a script of the pipeline."""

from __future__ import annotations

import pprint
import shlex
from typing import TYPE_CHECKING, Any

import pandas as pd

from automl.report.absent import Absent, attempt
from automl.report.audience import Depth
from automl.report.blocks import Block, Code, Heading, Section, told
from automl.report.material import Material
from automl.report.sentence import Sentence
from automl.report.tables import table_of
from automl.storage.versions import installed_versions
from automl.values.join import JoinedTable
from automl.values.plan import Plan

if TYPE_CHECKING:
    from automl.run import Run

_HASHED = ("data", "target", "folds")
_REPEATED = {"roles": "--role", "constraints": "--constraint"}


def reproduction(material: Material, depth: Depth) -> Section:
    """Return the section."""
    run = material.run
    versions = run.versions
    blocks: list[Block | Heading] = [
        told(
            Sentence(
                "The script fits the same pipeline from the same table, without searching, and predicts the same "
                "where the versions are the same. The call searches again; with a time limit it may try more or fewer "
                "candidates."
            )
        )
    ]
    if not versions:
        versions = installed_versions()
        said = "An earlier version made the run, which kept no versions: these are the ones installed now."
        blocks.append(told(Sentence(said, "caution")))
    command = command_of(run.plan)
    script = attempt(lambda: run.script(str(material.row["id"])))
    blocks.append(
        told(script.because("The script"))
        if isinstance(script, Absent)
        else Code("pipeline.py: the script of the pipeline", script, is_folded=depth.audience != "audit")
    )
    blocks += [
        Code("The call of the search", call_of(run.plan)),
        *([] if command is None else [Code("The same as a command", command)]),
        Heading("Versions"),
        table_of(_pairs(versions, "what", "version"), "Versions", key="versions"),
        Heading("Settings and hashes"),
        table_of(_pairs(settings(run), "what", "value"), "Settings and hashes", key="settings", longest=400),
    ]
    return Section("reproduction", "Reproduction", tuple(blocks))


def settings(run: Run) -> dict[str, str]:
    """Return what decided the search, and what tells whether a table is the same, in words."""
    plan = run.plan
    told_hashes = {f"hash of the {key}": value for key, value in plan.fingerprints.items() if key in _HASHED}
    constraints = {"constraints": str(plan.constraints)} if plan.constraints.given else {}
    strategy = {"strategy": str(plan.strategy)} if str(plan.strategy) else {}
    return {
        "run folder": run.folder.name,
        "table": plan.source,
        "metric": f"{plan.metric} ({plan.metric_reason})",
        "folds": plan.folds.name,
        "budget": str(plan.budget),
        "seed": str(plan.seed),
        "workers": f"{plan.workers} with {plan.threads} thread{'s' * (plan.threads > 1)} each",
        **constraints,
        **strategy,
        **told_hashes,
    }


def call_of(plan: Plan) -> str:
    """Return the call of ``automl.fit`` that searches like this, as far as the plan knows it.

    What was given as an object (a frame, a splitter, an algorithm of one's own) stands as a comment or a name.
    """
    given = [_argument(key, value) for key, value in _words(plan).items()]
    if plan.joins:
        given.append(f"    join={{{', '.join(map(_join, plan.joins))}}},")
    table = f"    {plan.source!r}," if _is_path(plan) else f"    table,  # {plan.source}"
    return "\n".join(["import automl", "", "run = automl.fit(", table, f"    {plan.task.target!r},", *given, ")"])


def command_of(plan: Plan) -> str | None:
    """Return the same call as a command; ``None`` where a table was not a file, or joined in more than one word."""
    if not _is_path(plan) or not all(map(_is_plain, plan.joins)):
        return None
    told = [f"automl fit {shlex.quote(plan.source)}", f"--target {shlex.quote(plan.task.target)}"]
    for key, value in _words(plan).items():
        if key == "time_budget":
            told.append("--time-budget " + ("none" if value is None else f"{value:g}s"))
        elif key == "ensemble":
            told.append("--no-ensemble")
        elif key == "algorithms":
            told.append(f"--algorithms {shlex.quote(','.join(value))}")
        elif key in _REPEATED:
            told += [f"{_REPEATED[key]} {shlex.quote(f'{name}={each}')}" for name, each in value.items()]
        else:
            option = "seed" if key == "random_state" else key.replace("_", "-")
            told.append(f"--{option} {shlex.quote(str(value))}")
    for each in plan.joins:
        told.append(f"--join {shlex.quote(f'{each.source}=' + ','.join(left for left, _ in each.pairs))}")
    return " \\\n    ".join(told)


def _is_path(plan: Plan) -> bool:
    return not plan.source.startswith(("a ", "an "))


def _words(plan: Plan) -> dict[str, Any]:
    """Return the arguments of the call that differ from what is left out, without table and target."""
    words: dict[str, Any] = {
        "task": plan.task.kind,
        "metric": plan.metric,
        "time_budget": plan.budget.seconds,
        "n_trials": plan.budget.n_trials,
        "patience": plan.budget.patience,
        "target_score": plan.budget.target_score,
        "cv": plan.folds.asked,
        **{role: plan.roles.get(role) for role in ("groups", "time_column", "sample_weight")},
        "ensemble": None if plan.ensemble else False,
        "constraints": dict(plan.constraints.given) or None,
        "random_state": plan.seed,
        "roles": {each.name: each.role for each in plan.schema if each.reason == "named by the caller"} or None,
        "algorithms": [each.name for each in plan.algorithms],
    }
    needed = ("time_budget",)  # None means something there
    return {key: value for key, value in words.items() if value is not None or key in needed}


def _argument(key: str, value: Any) -> str:
    told = pprint.pformat(value, width=70, compact=True, sort_dicts=False)
    return f"    {key}=" + told.replace("\n", "\n" + " " * (5 + len(key))) + ","


def _is_plain(table: JoinedTable) -> bool:
    """Tell whether a join is said by a file and columns that both tables have."""
    is_same_key = all(left == right for left, right in table.pairs)
    return is_same_key and table.source is not None and table.until is None and table.query is None


def _join(table: JoinedTable) -> str:
    left, right = [one for one, _ in table.pairs], [other for _, other in table.pairs]
    if _is_plain(table):
        return f"{table.source!r}: {left!r}"
    words = {"key": right if right != left else None, "query": table.query, "data": table.source}
    if table.until is not None and table.time is not None:
        words |= {"until": table.until.name, "time": table.time.name}
    told = "".join(f", {key}={value!r}" for key, value in words.items() if value is not None)
    return f"{table.name!r}: automl.Join({left!r}{told})"


def _pairs(told_pairs: dict[str, str], left: str, right: str) -> pd.DataFrame:
    return pd.DataFrame({left: list(told_pairs), right: list(told_pairs.values())}, dtype=object)
