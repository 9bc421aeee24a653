"""Learn the portfolio: which configurations a search tries first, and in which order.

    python benchmarks/portfolio.py pool                      # write the pool of configurations (once)
    python benchmarks/portfolio.py collect --tables adult,letter --rows 5000    # resumable: a file a table
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
from harness.records import append_record
from harness.tables import find_tables
from learning.pool import Entry, make_pool, read_pool, write_pool
from learning.selection import Judge, regret_at, select
from learning.shipped import KEPT, RECORDS, as_text, judges, portfolio_of
from reporting.readme import insert

import automl
from automl.search.portfolio import LAST

HERE = Path(__file__).resolve().parent
RESULT = HERE.parent / "search_spaces" / "portfolio.json"
CHECKED = HERE / "records" / "portfolio_check.jsonl"
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


def summary(path: Path) -> str:
    """Return a Markdown table: the mean regret after so many fits, over tables none of which was learned from."""
    records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    kinds = list(dict.fromkeys(each["kind"] for each in records))
    lines = [
        "| fits of LightGBM | learned without the table | by hand | learned with the table | better than by hand |",
        "| ---: | ---: | ---: | ---: | ---: |",
    ]
    for fits in CHECKED_AT:
        at = [each for each in records if each["lightgbm_fits"] == fits]
        means = (statistics.fmean(each[name] for each in at) for name in ("learned_without", "by_hand", "learned_with"))
        better = sum(each["learned_without"] < each["by_hand"] for each in at)
        lines.append(f"| {fits:.0f} | {' | '.join(f'{mean:.3f}' for mean in means)} | {better} of {len(at)} |")
    tables = ", ".join(f"{len({each['table'] for each in records if each['kind'] == kind})} {kind}" for kind in kinds)
    return "\n".join([*lines, "", f"Tables: {tables}."])


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
    parser.add_argument("--rows", type=int, default=5_000, help="the most rows of a table's sample")
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
            CHECKED.write_text("".join(json.dumps(each) + "\n" for each in records), encoding="utf-8")
            print(summary(CHECKED))
            insert(HERE / "README.md", "portfolio_check", summary(CHECKED))
    return 0


if __name__ == "__main__":
    errors.script(main)
