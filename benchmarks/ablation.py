"""What each part of the engine is worth: runs with a part switched off, beside runs with everything.

    python benchmarks/ablation.py                                          # all parts, small tables, 20 s a run
    python benchmarks/ablation.py --tables adult,letter --budgets 60 --seeds 0,1,2
    python benchmarks/ablation.py --settings default,no_ensemble,only_lightgbm
    python benchmarks/ablation.py --setting 'fast={"algorithms": ["linear", "lightgbm"]}'

A setting is a name and options for ``automl.fit``; ``default`` has none and is always among them. Every table and seed
is run with all settings, one after another in an order that turns with each table and seed, so that a slow hour of the
machine meets all of them. ``only_NAME`` searches one family alone.
"""

from __future__ import annotations

import argparse
import inspect
import json
import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from harness import errors
from harness.errors import BadInput, closest
from harness.records import Record, read_records
from harness.running import Job
from harness.systems import System
from probing import Grid, carry_out, engine, grid, parser
from reporting.blocks import Block, Heading, Paragraph, Picture, Table
from reporting.comparability import objections
from reporting.contents import failed
from reporting.pictures import ratios_picture
from reporting.readme import NOTHING, as_section
from reporting.results import Results, arrange, is_failed, score_of
from reporting.standing import pairs, rank, ratios

import automl

BASE = "default"
SETTINGS: dict[str, dict[str, Any]] = {
    BASE: {},
    "no_ensemble": {"ensemble": False},
    "no_portfolio": {"strategy": {"portfolio": False}},
    "no_bandit": {"strategy": {"bandit": False}},
    "random_tuner": {"strategy": {"tuner": "random"}},
    "no_racing": {"strategy": {"racing": False}},
    "no_first_fold": {"strategy": {"first_fold": False}},
    "no_shared_preparation": {"strategy": {"shared_preparation": False}},
    "no_ladder": {"strategy": {"ladder": False}},
    "no_generated_features": {"strategy": {"generated_features": False}},
    "only_lightgbm": {"algorithms": ["lightgbm"]},
}
TAKEN = ("data", "target", "task", "metric", "time_budget", "n_jobs", "random_state", "out", "verbose", "callbacks")


def settings(named: str | None, own: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return the settings asked for, the default first.

    Parameters
    ----------
    named
        Names with commas between; without, all of :data:`SETTINGS`.
    own
        Further ones, as ``name={"option": value}``.

    Raises
    ------
    BadInput
        If a name or an option is unknown.
    """
    families = {f"only_{name}": {"algorithms": [name]} for name in automl.algorithms() if name != "dummy"}
    known = {**SETTINGS, **families}
    found = {BASE: known[BASE]}
    for name in list(SETTINGS) if named is None and not own else errors.names(named) or ():
        if name not in known:
            raise BadInput(f"There is no setting '{name}'.{closest(name, known)} Known are: {', '.join(known)}.")
        found[name] = known[name]
    return {**found, **dict(map(_own_setting, own))}


def _own_setting(text: str) -> tuple[str, dict[str, Any]]:
    name, _, written = text.partition("=")
    try:
        options = json.loads(written)
    except ValueError:
        options = None
    if not name or not isinstance(options, dict):
        raise BadInput(f"--setting {text}: write a name and options as JSON, such as fast='{{\"ensemble\": false}}'.")
    if name == BASE:
        raise BadInput(f"--setting {text}: '{BASE}' is what all others are compared with; give another name.")
    _check(text, options, [each for each in inspect.signature(automl.fit).parameters if each not in TAKEN])
    _check(text, options.get("strategy", {}), [part.name for part in fields(automl.Strategy)])
    return name, options


def _check(text: str, options: Mapping[str, Any], known: Sequence[str]) -> None:
    for option in options:
        if option not in known:
            raise BadInput(f"--setting {text}: there is no option '{option}' to set.{closest(option, known)}")


def interleaved(system: System, asked: Grid, chosen: Mapping[str, dict[str, Any]]) -> list[Job]:
    """Return the jobs, all settings of a table and seed together; who begins turns."""
    found, turn = [], 0
    for budget in asked.budgets:
        for seed in asked.seeds:
            for table in asked.tables:
                names = list(chosen)
                order = names[turn % len(names) :] + names[: turn % len(names)]
                turn += 1
                found += [
                    Job(system, table, seed, budget, cores, setting=name, options=chosen[name])
                    for cores in asked.cores
                    for name in order
                ]
    return found


def blocks(records: Sequence[Record]) -> list[Block]:
    """Return what each setting is worth beside the default, for every budget."""
    groups = arrange(records)
    found: list[Block] = [Heading("Parts of the search", 1)]
    if not groups:
        return [*found, Paragraph(NOTHING)]
    ran = [run for results in groups for run in results.runs.values()]
    found += [Paragraph(sentence, is_warning=True) for sentence in objections(ran)]
    for results in groups:
        found += beside_default(results)
    return found


def beside_default(results: Results) -> list[Block]:
    """Return the settings' ratios, wins and ranks under one budget."""
    named = {system: system.partition(":")[2] or BASE for system in results.systems}
    base = next((system for system, name in named.items() if name == BASE), None)
    heading = Heading(f"{results.budget:g} s on {results.cores} cores")
    if base is None:
        return [heading, Paragraph("There are no runs with the default, so nothing to compare with.")]
    ranking = rank(results)
    against = {pair.second: pair for pair in pairs(results, base)}
    rows, drawn = [], {}
    for system in sorted(results.systems, key=lambda each: (each != base, named[each])):
        mean = "–" if math.isnan(ranking.ranks[system]) else f"{ranking.ranks[system]:.2f}"
        shown = [named[system]]
        if system == base:
            shown += [str(len(results.common([base]))), "1", "", "", "", "", mean, trials_beside(results, system, base)]
        else:
            pair, beside = against[system], ratios(results, system, base)
            drawn[named[system]] = [each for each in beside if math.isfinite(each) and each > 0]
            median = f"{statistics.median(beside):.3f}" if beside else "–"
            counts = map(str, (pair.losses, pair.wins, pair.ties))
            p = "–" if math.isnan(pair.p) else f"{pair.p:.3f}"
            shown += [str(len(beside)), median, *counts, p, mean, trials_beside(results, system, base)]
        rows.append([*shown, str(sum(map(is_failed, results.of(system))))])
    header = (
        "setting",
        "tables",
        "error ÷ default's",
        "better",
        "worse",
        "same",
        "p",
        "mean rank",
        "trials ÷",
        "failed",
    )
    said = (
        "The median over the tables of a setting's error (1 − AUC, log loss, RMSE, on rows kept apart; medians over "
        "the seeds) divided by the default's: above 1, the part that is missing was worth something. Better, worse, "
        "same: tables, with Wilcoxon's signed-rank test (not corrected). Mean ranks are over the "
        f"{len(ranking.tables)} of {len(results.tables)} tables that all settings ran on. Trials: the median ratio."
    )
    picture = Picture(
        f"ablation-{results.budget:g}s-{results.cores}cores",
        ratios_picture(drawn, "error ÷ default's error; a point a table, the line is the median"),
        "Each setting's errors beside the default's: to the right of the line, the default is better.",
    )
    return [heading, Paragraph(said), Table(header, rows), picture, _scores(results, named), *failed(results)]


def trials_beside(results: Results, system: str, base: str) -> str:
    """Return the median ratio of a setting's trials to the default's, on the same tables and seeds."""
    found = []
    for (name, table, seed), run in results.runs.items():
        other = results.runs.get((base, table, seed))
        if name == system and other is not None and other["extra"].get("trials") and run["extra"].get("trials"):
            found.append(run["extra"]["trials"] / other["extra"]["trials"])
    return f"{statistics.median(found):.2f}" if found else "–"


def _scores(results: Results, named: Mapping[str, str]) -> Table:
    ordered = sorted(results.systems, key=lambda system: (named[system] != BASE, named[system]))
    rows = []
    for table in results.tables:
        metric, cells = results.metric(table), []
        for system in ordered:
            each = results.error(system, table)
            text = "–" if math.isnan(each) else "failed"
            cells.append(f"{score_of(each, metric):.5g}" if math.isfinite(each) else text)
        rows.append([table, metric, *cells])
    return Table(("table", "score", *(named[system] for system in ordered)), rows, n_left=2)


def summary(path: Path) -> str:
    """Return what a record file says, as a section of a README."""
    return as_section(blocks(read_records(path)))


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says; return the exit code."""
    found = parser(__doc__, "ablation.jsonl")
    found.add_argument("--settings", help="names with commas between (without: all parts)")
    found.add_argument("--setting", action="append", default=[], help='another one: NAME={"option": value}')
    options = found.parse_args(arguments)
    return carry_out(options, lambda: _jobs(options), blocks)


def _jobs(options: argparse.Namespace) -> list[Job]:
    chosen = settings(options.settings, options.setting)
    return interleaved(engine(here=options.here), grid(options), chosen)


if __name__ == "__main__":
    errors.script(main)
