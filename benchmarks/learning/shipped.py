"""From the records to the file that searches open with, and to the ones that know nothing of a table.

A benchmark on a table that the shipped portfolio was learned from would judge it on what it was chosen for; such a run
gets a portfolio that was chosen without the table.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from harness.errors import BadInput

from automl.search.portfolio import FEW_ROWS, size_of
from learning.moments import Kind, Moments
from learning.pool import Entry, read_pool
from learning.selection import Judge, select

HERE = Path(__file__).resolve().parents[1]
RECORDS = HERE / "records" / "portfolio"
KEPT = HERE / ".predictions"
KINDS: tuple[Kind, ...] = ("binary", "multiclass", "regression")
SIZES = (FEW_ROWS, FEW_ROWS + 1)  # a table of each size


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


def without(table: str, folder: Path = RECORDS, kept: Path = KEPT) -> Path | None:
    """Return the file of a portfolio that knows nothing of a table, ``None`` if the shipped one knows nothing of it."""
    if not (folder / f"{table}.npz").exists():
        return None
    path = kept / "without" / f"{table}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(as_text(portfolio_of(judges(folder), read_pool(folder / "pool.jsonl"), [table])), encoding="utf-8")
    return path


def held_out(table: str, options: dict[str, Any]) -> dict[str, Any]:
    """Return options of ``automl.fit`` with a portfolio that knows nothing of the table, unless they name one."""
    strategy = options.get("strategy", {})
    learned = None if "portfolio" in strategy else without(table)
    return options if learned is None else {**options, "strategy": {**strategy, "portfolio": str(learned)}}
