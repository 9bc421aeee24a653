"""All that is needed to get the same again: versions, seed, hashes, the call, and a script of the pipeline."""

from __future__ import annotations

import pprint
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
    script = attempt(lambda: run.script(str(material.row["id"])))
    blocks.append(
        told(script.because("The script"))
        if isinstance(script, Absent)
        else Code("pipeline.py: the script of the pipeline", script, is_folded=depth.audience != "audit")
    )
    blocks += [
        Code("The call of the search", call_of(run.plan)),
        Heading("Versions"),
        table_of(_pairs(versions, "what", "version"), "Versions", key="versions"),
        Heading("Settings and hashes"),
        table_of(_pairs(settings(run), "what", "value"), "Settings and hashes", key="settings", longest=400),
    ]
    return Section("reproduction", "Reproduction", tuple(blocks))


def settings(run: Run) -> dict[str, str]:
    """Return what decided the search, and what tells whether a table is the same, in words."""
    plan = run.plan
    told_hashes = {f"hash of the {key}": value for key, value in plan.fingerprints.items() if key != "seed"}
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
    is_path = not plan.source.startswith(("a ", "an "))
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
        "constraints": plan.constraints.given or None,
        "random_state": plan.seed,
    }
    asked = {each.name: each.role for each in plan.schema if each.reason == "named by the caller"}
    words["roles"] = asked or None
    needed = ("time_budget",)  # None means something there
    words["algorithms"] = [each.name for each in plan.algorithms]
    given = [_argument(key, value) for key, value in words.items() if value is not None or key in needed]
    if plan.joins:
        given.append(f"    join={{{', '.join(map(_join, plan.joins))}}},")
    lines = ["import automl", "", "run = automl.fit("]
    lines += [f"    {plan.source!r}," if is_path else f"    table,  # {plan.source}", f"    {plan.task.target!r},"]
    return "\n".join([*lines, *given, ")"])


def _argument(key: str, value: Any) -> str:
    told = pprint.pformat(value, width=70, compact=True, sort_dicts=False)
    return f"    {key}=" + told.replace("\n", "\n" + " " * (5 + len(key))) + ","


def _join(table: JoinedTable) -> str:
    left, right = [one for one, _ in table.pairs], [other for _, other in table.pairs]
    if left == right and table.until is None and table.query is None:
        return f"{(table.source or table.name)!r}: {left!r}"
    words = {"key": right if right != left else None, "query": table.query, "data": table.source}
    if table.until is not None and table.time is not None:
        words |= {"until": table.until.name, "time": table.time.name}
    told = "".join(f", {key}={value!r}" for key, value in words.items() if value is not None)
    return f"{table.name!r}: automl.Join({left!r}{told})"


def _pairs(told_pairs: dict[str, str], left: str, right: str) -> pd.DataFrame:
    return pd.DataFrame({left: list(told_pairs), right: list(told_pairs.values())}, dtype=object)
