"""Whether large and wide tables finish in time and in memory.

    python benchmarks/large.py [--tables kddcup99,pd_speech] [--time-budget 100] [--out FILE]

Fits each whole table of ``AUTOML_DATA`` with default settings, in a process of its own whose tree's proportional set
size is sampled twice a second from outside. One JSON line a run is appended to the record file.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

from harness.memory import tree_memory

HERE = Path(__file__).resolve().parent
DATA = Path(os.environ.get("AUTOML_DATA", HERE.parent.parent / "shared" / "data"))
PROGRAM = """
import json, sys, tempfile, time
began = time.monotonic()
import automl
file, target, task, budget = sys.argv[1:]
with tempfile.TemporaryDirectory() as place:
    run = automl.fit(file, target, task=task, time_budget=float(budget), out=place, verbose=0)
    seconds = time.monotonic() - began
    best = run.leaderboard.iloc[0]
    print(json.dumps({"seconds": round(seconds, 2), "metric": run.plan.metric, "validation": float(best["score"]),
                      "best": str(best["id"]), "trials": len(run.evaluations), "folds": run.plan.folds.n_folds,
                      "complete": int((run.leaderboard["state"] == "complete").sum()), "rows": run.plan.n_rows,
                      "columns": len(run.plan.schema), "version": automl.__version__}))
"""


def one_run(entry: dict[str, str], budget: float) -> dict[str, object]:
    """Return the record of one fit."""
    command = [sys.executable, "-c", PROGRAM, str(DATA / entry["file"]), entry["target"], entry["task"], str(budget)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    peak, over = [0], threading.Event()

    def watch() -> None:
        while not over.wait(0.5):
            peak[0] = max(peak[0], tree_memory(process.pid))

    watcher = threading.Thread(target=watch)
    watcher.start()
    printed, _ = process.communicate()
    over.set()
    watcher.join()
    told = json.loads(printed.splitlines()[-1]) if process.returncode == 0 else {"failed": process.returncode}
    return {"table": entry["name"], "budget": budget, **told, "peak_pss_gb": round(peak[0] / 1e9, 3)}


def summary(path: Path) -> str:
    """Return a table: seconds and peak memory of the last run of each table."""
    last = {record["table"]: record for record in map(json.loads, path.read_text().splitlines())}
    lines = [
        "| table | rows | columns | budget, s | took, s | peak memory, GB | validation |",
        "| --- | ---: | ---: | ---: | ---: | ---: | --- |",
    ]
    for name, run in last.items():
        told = (
            f"{run['rows']:,} | {run['columns']} | {run['budget']:g} | {run['seconds']:.1f} | {run['peak_pss_gb']:.2f}"
        )
        lines.append(f"| {name} | {told} | {run['metric']} {run['validation']:.5g} |")
    return "\n".join(lines)


def main() -> None:
    """Run what is asked for and append a line a run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tables", default="kddcup99,pd_speech")
    parser.add_argument("--time-budget", type=float, default=100.0)
    parser.add_argument("--out", type=Path, default=HERE / "records" / "large.jsonl")
    parser.add_argument("--summary", action="store_true", help="print the table of an existing record and end")
    options = parser.parse_args()
    if options.summary:
        print(summary(options.out))
        return
    index = {entry["name"]: entry for entry in json.loads((DATA / "index.json").read_text())["datasets"]}
    options.out.parent.mkdir(parents=True, exist_ok=True)
    for name in options.tables.split(","):
        record = {**one_run(index[name], options.time_budget), "when": time.strftime("%Y-%m-%dT%H:%M:%S")}
        with options.out.open("a") as file:
            file.write(json.dumps(record) + "\n")
        print(record, flush=True)


if __name__ == "__main__":
    main()
