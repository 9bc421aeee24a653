"""Learn the portfolio: which configurations a search tries first, and in which order.

    python benchmarks/portfolio.py pool                      # write the pool of configurations (once)
    python benchmarks/portfolio.py collect --tables adult,letter --rows 3000    # resumable: a file a table
    python benchmarks/portfolio.py select                    # write search_spaces/portfolio.json from the records
    python benchmarks/portfolio.py check                     # leave one table out: is it better than by hand?

``collect`` runs every configuration of the pool on a sample of each table and keeps second moments of what was
predicted (``records/portfolio/``), from which the loss of every ensemble can be computed. ``select`` orders them,
greedily for the ensemble's regret per second of fitting. ``check`` selects anew without each table and judges on it.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from harness import errors
from harness.errors import BadInput
from harness.records import append_record
from harness.tables import find_tables
from learning.moments import Kind, Moments
from learning.pool import Entry, make_pool, read_pool, write_pool
from learning.selection import Judge, regret_at, select

import automl
from automl.search.portfolio import FEW_ROWS, LAST, size_of

HERE = Path(__file__).resolve().parent
RECORDS = HERE / "records" / "portfolio"
KEPT = HERE / ".predictions"
RESULT = HERE.parent / "search_spaces" / "portfolio.json"
KINDS: tuple[Kind, ...] = ("binary", "multiclass", "regression")
SIZES = (FEW_ROWS, FEW_ROWS + 1)  # a table of each size
CHECKED_AT = (2.0, 5.0, 10.0, 20.0, 40.0)  # default fits of LightGBM


def collect(tables: Sequence[str] | None, rows: int, folder: Path = RECORDS, kept: Path = KEPT) -> None:
    """Collect what is not there yet of each table."""
    from learning.collecting import Collected
    from learning.collecting import collect as collect_one

    pool = read_pool(folder / "pool.jsonl")
    for table in find_tables(tables):
        predictions = kept / f"{table.name}.npz"
        earlier = Collected.read(predictions) if predictions.exists() else None
        tried = {each["name"] for each in fits(folder) if each["table"] == table.name} if earlier else set()
        missing = [entry for entry in pool if entry.name not in tried and entry.is_for(table.task)]
        if not missing:
            continue
        began = time.monotonic()
        found, records = collect_one(table, missing, rows, earlier)
        found.write(predictions)
        found.moments().write(folder / f"{table.name}.npz")
        for record in records:
            append_record(folder / "fits.jsonl", {**record, "version": automl.__version__})
        print(f"{table.name}: {len(records)} fitted in {time.monotonic() - began:.0f} s", flush=True)


def fits(folder: Path = RECORDS) -> list[dict[str, Any]]:
    """Return the record of every configuration that was fitted on a table."""
    path = folder / "fits.jsonl"
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []


def judges(folder: Path = RECORDS) -> list[Judge]:
    """Return a judge for every table that was collected, by name.

    Raises
    ------
    BadInput
        If none was.
    """
    found = [Judge(Moments.read(path)) for path in sorted(folder.glob("*.npz"))]
    if not found:
        raise BadInput(f"'{folder}' holds no table's moments; run 'portfolio.py collect' first.")
    return found


def portfolio_of(found: Sequence[Judge], pool: Sequence[Entry], without: Sequence[str] = ()) -> dict[str, Any]:
    """Return the portfolios of all kinds of task and sizes of tables, as they are written."""
    entries = {entry.name: entry for entry in pool}
    chosen: dict[str, Any] = {}
    for kind in KINDS:
        for n_rows in SIZES:
            steps = select(found, kind, list(entries), n_rows=n_rows, without=without)
            chosen[size_of(kind, n_rows)] = [
                {
                    "algorithm": entries[step.name].family,
                    "config": entries[step.name].config_for(kind),
                    "regret": round(step.regret, 4),
                    "seconds": round(step.seconds, 3),
                }
                for step in steps
            ]
    tables: dict[str, list[str]] = {name: [] for name in chosen}
    for judge in found:
        if judge.moments.table not in without:
            tables[size_of(judge.moments.kind, judge.moments.n_rows)].append(judge.moments.table)
    return {
        "made_by": "benchmarks/portfolio.py select",
        "from": "benchmarks/records/portfolio",
        "tables": tables,
        "portfolios": chosen,
    }


def without(table: str, folder: Path = RECORDS, kept: Path = KEPT) -> Path | None:
    """Return the file of a portfolio that knows nothing of a table, ``None`` if the shipped one knows nothing of it."""
    if not (folder / f"{table}.npz").exists():
        return None
    path = kept / "without" / f"{table}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(as_text(portfolio_of(judges(folder), read_pool(folder / "pool.jsonl"), [table])), encoding="utf-8")
    return path


def as_text(portfolio: dict[str, Any]) -> str:
    """Return a portfolio as it stands in its file: an entry a line."""
    lines = ["{"]
    for key in ("made_by", "from", "tables"):
        lines.append(f' "{key}": {json.dumps(portfolio[key])},')
    lines.append(' "portfolios": {')
    for place, (kind, entries) in enumerate(portfolio["portfolios"].items()):
        lines.append(f'  "{kind}": [')
        lines.append(",\n".join(f"   {json.dumps(entry)}" for entry in entries))
        lines.append("  ]" + ("," if place + 1 < len(portfolio["portfolios"]) else ""))
    return "\n".join([*lines, " }", "}"]) + "\n"


def check(found: Sequence[Judge], pool: Sequence[Entry]) -> list[dict[str, Any]]:
    """Return each table's regrets: of a portfolio chosen without it, of the one by hand, of one that knows it."""
    by_hand = [_name_of(pool, family, config) for family, config in BY_HAND]
    records = []
    for judge in found:
        table, kind = judge.moments.table, judge.moments.kind
        names, n_rows = [entry.name for entry in pool], judge.moments.n_rows
        learned = _with_defaults([step.name for step in select(found, kind, names, n_rows=n_rows, without=[table])])
        told = _with_defaults([step.name for step in select(found, kind, names, n_rows=n_rows)])
        for seconds in CHECKED_AT:
            records.append(
                {
                    "table": table,
                    "kind": kind,
                    "lightgbm_fits": seconds,
                    "learned_without": round(regret_at(judge, learned, seconds), 4),
                    "by_hand": round(regret_at(judge, [name for name in by_hand if name], seconds), 4),
                    "learned_with": round(regret_at(judge, told, seconds), 4),
                }
            )
    return records


def _with_defaults(names: list[str]) -> list[str]:
    """Return a portfolio as a search goes on from it: with the defaults of the families that it leaves out."""
    return [*names, *(name for family in LAST if (name := f"{family}-0") not in names)]


BY_HAND: tuple[tuple[str, dict[str, Any]], ...] = (
    ("lightgbm", {}),
    ("linear", {}),
    ("catboost", {}),
    ("extra_trees", {}),
    ("xgboost", {}),
    ("lightgbm", {"extra_trees": True, "feature_fraction": 0.46, "learning_rate": 0.018, "num_leaves": 39}),
    ("mlp", {}),
    ("additive", {}),
    ("svm", {}),
    ("nearest_neighbors", {}),
    ("gaussian_process", {}),
    ("xgboost", {"max_depth": 10, "learning_rate": 0.0181, "colsample_bynode": 0.69}),
    ("random_forest", {}),
    ("hist_gradient_boosting", {}),
    ("catboost", {"depth": 8, "learning_rate": 0.031, "l2_leaf_reg": 2.8}),
    ("lightgbm", {"learning_rate": 0.0114, "num_leaves": 84, "feature_fraction": 0.53}),
    ("discriminant_analysis", {}),
    ("naive_bayes", {}),
    ("extra_trees", {"max_features": 0.75}),
    ("lightgbm", {"learning_rate": 0.018, "num_leaves": 180, "feature_fraction": 0.404, "extra_trees": True}),
    ("xgboost", {"max_depth": 5, "learning_rate": 0.088}),
    ("catboost", {"depth": 4, "learning_rate": 0.049, "l2_leaf_reg": 4.6}),
    ("lightgbm", {"learning_rate": 0.0079, "num_leaves": 8, "feature_fraction": 0.94}),
)
"""The order that was set by hand before one was learned, for comparison."""


def _name_of(pool: Sequence[Entry], family: str, config: dict[str, Any]) -> str | None:
    return next((each.name for each in pool if each.family == family and dict(each.config) == config), None)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line."""
    parser = errors.Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("do", choices=("pool", "collect", "select", "check"))
    parser.add_argument("--tables", help="names with commas between; without, the bundled ones")
    parser.add_argument("--rows", type=int, default=3_000, help="the most rows of a table's sample")
    parser.add_argument("--without", default="", help="select: tables that don't count, with commas between")
    parser.add_argument("--out", type=Path, help="select: the file; without, the one that searches use")
    options = parser.parse_args(arguments)
    if options.do == "pool":
        RECORDS.mkdir(parents=True, exist_ok=True)
        write_pool(make_pool(), RECORDS / "pool.jsonl")
    elif options.do == "collect":
        collect(errors.names(options.tables), options.rows)
    else:
        pool = read_pool(RECORDS / "pool.jsonl")
        if options.do == "select":
            text = as_text(portfolio_of(judges(), pool, [each for each in options.without.split(",") if each]))
            (options.out or RESULT).write_text(text, encoding="utf-8")
        else:
            records = check(judges(), pool)
            (RECORDS.parent / "portfolio_check.jsonl").write_text("".join(json.dumps(each) + "\n" for each in records))
            for seconds in CHECKED_AT:
                at = [each for each in records if each["lightgbm_fits"] == seconds]
                means = {
                    name: statistics.fmean(each[name] for each in at)
                    for name in ("learned_without", "by_hand", "learned_with")
                }
                print(
                    f"{seconds:>4.0f} LightGBM fits: " + ", ".join(f"{name} {mean:.3f}" for name, mean in means.items())
                )
    return 0


if __name__ == "__main__":
    errors.script(main)
