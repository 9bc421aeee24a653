"""How long a report takes for half a million rows, and how large its page is, written as a record.

    python benchmarks/report_time.py [--rows 500000] [--kinds binary,regression] [--only technical,executive]
    python benchmarks/report_time.py --summary

A table of numbers and categories is made, searched for a minute and a half, and reported for all three kinds of
readers, as a card, and once more with a test table of a fifth of its rows. Beside the seconds on the clock stand those
of the processor, which say more where other programs run; the load when it began and ended is in the record,
`benchmarks/records/report_time.json`.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

RECORD = Path(__file__).parent / "records" / "report_time.json"


def make_table(n_rows: int, kind: str, seed: int = 0) -> pd.DataFrame:
    """Return a table of twelve numbers and four categories, and a target that some of them decide."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({f"number_{k}": rng.normal(size=n_rows) for k in range(12)})
    for k, levels in enumerate((3, 12, 50, 300)):
        frame[f"category_{k}"] = pd.Categorical.from_codes(
            rng.integers(0, levels, n_rows), [f"level {level}" for level in range(levels)]
        )
    signal = frame["number_0"] + 0.5 * frame["number_1"] ** 2 + 0.8 * (frame["category_0"] == "level 1")
    if kind == "regression":
        return frame.assign(target=signal + rng.normal(size=n_rows))
    return frame.assign(target=np.where(rng.random(n_rows) < 1 / (1 + np.exp(1 - signal)), "yes", "no"))


def measure(n_rows: int, kind: str, budget: str, folder: Path, only: list[str]) -> dict[str, Any]:
    """Search a table and time its reports, or some of them."""
    import automl

    frame = make_table(n_rows, kind)
    test = make_table(n_rows // 5, kind, seed=1)
    automl.fit(frame, "target", time_budget=budget, out=folder / "run", verbose=0)
    run = automl.load(folder / "run")  # as a report of a run of yesterday finds it
    found: dict[str, Any] = {
        "rows": n_rows,
        "kind": kind,
        "models": sum(len(each.losses) for each, _ in run.members()),
        "pipeline": run.row()["id"],
        "seconds": {},
        "cpu_seconds": {},
        "bytes": {},
    }
    page = folder / "page.html"
    reports: dict[str, Callable[[], Any]] = {
        "technical": lambda: run.report(page),
        "executive": lambda: run.report(page, audience="executive"),
        "audit": lambda: run.report(page, audience="audit"),
        "technical, with a test table": lambda: run.report(page, data=test),
        "model card": lambda: run.model_card(page),
        "technical, interactive": lambda: run.report(page, interactive=True),
    }
    for name, write in reports.items():
        if only and name not in only:
            continue
        started, used = time.perf_counter(), time.process_time()
        write()
        found["seconds"][name] = round(time.perf_counter() - started, 2)
        found["cpu_seconds"][name] = round(time.process_time() - used, 2)
        print(f"{kind}, {name}: {found['seconds'][name]} s, {found['cpu_seconds'][name]} s of processor", flush=True)
        found["bytes"][name] = page.stat().st_size
    return found


def summary(path: Path) -> str:
    """Return the table of a record."""
    if not path.exists():
        return "No runs are recorded yet."
    record = json.loads(path.read_text(encoding="utf-8"))
    lines = [
        f"Load {record['load']} when it began, {record['load_at_end']} when it ended, {record['cores']} cores.",
        "",
        "| table | fold models | what is written | seconds | of processor | kB |",
        "| --- | ---: | --- | ---: | ---: | ---: |",
    ]
    for each in record["tables"]:
        for name, seconds in each["seconds"].items():
            told = f"{each['rows']:,} rows, {each['kind']} | {each['models']}"
            spent = f"{seconds:.1f} | {each['cpu_seconds'][name]:.1f} | {each['bytes'][name] / 1000:,.0f}"
            lines.append(f"| {told} | {name} | {spent} |")
    return "\n".join(lines)


def main() -> None:
    """Measure and write the record, or print the table of one."""
    from reporting.readme import insert

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=500_000)
    parser.add_argument("--time-budget", default="90s")
    parser.add_argument("--kinds", default="binary,regression")
    parser.add_argument("--only", default="", help="names of what is written, by default all")
    parser.add_argument("--summary", action="store_true", help="print the table of the record and end")
    given = parser.parse_args()
    if not given.summary:
        tables, load = [], round(os.getloadavg()[0], 1)
        for kind in given.kinds.split(","):
            with tempfile.TemporaryDirectory() as folder:
                tables.append(
                    measure(given.rows, kind, given.time_budget, Path(folder), [*filter(None, given.only.split(","))])
                )
        record = {
            "command": f"python benchmarks/report_time.py --rows {given.rows} --time-budget {given.time_budget}",
            "date": time.strftime("%Y-%m-%d"),
            "python": platform.python_version(),
            "system": platform.system(),
            "cores": os.cpu_count(),
            "load": load,
            "load_at_end": round(os.getloadavg()[0], 1),
            "tables": tables,
        }
        RECORD.parent.mkdir(exist_ok=True)
        RECORD.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
        insert(Path(__file__).with_name("README.md"), "report_time", summary(RECORD))
    print(summary(RECORD))


if __name__ == "__main__":
    main()
