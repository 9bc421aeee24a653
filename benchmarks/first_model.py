"""How soon there is a model: seconds from the call to the first candidate, beside the dummy, that is fitted and judged.

    python benchmarks/first_model.py [--tables adult,letter,california_housing] [--repeats 5] [--out FILE] [--summary]
        [--into README.md]

10,000 rows of each table, default settings. Each repetition is a fresh interpreter that fits twice: the first time it
has to load the libraries as well (cold: they may still be in the system's cache of files), the second time they are
there (warm). The tables take turns, so that a slow moment hits all. One JSON line a repetition is appended to the
record file at once; what is in it already is not done again.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from pathlib import Path

from reporting.readme import NOTHING, insert

HERE = Path(__file__).resolve().parent
DATA = Path(os.environ.get("AUTOML_DATA", HERE.parent.parent / "shared" / "data"))
RECORD = HERE / "records" / "first_model.jsonl"
ROWS, BUDGET = 10_000, 12.0
PROGRAM = """
import time
began = time.monotonic()
import json, sys, tempfile
import pandas as pd
import automl

file, target, task, rows, budget = sys.argv[1:]
table = pd.read_parquet(file).sample(int(rows), random_state=0)
told = {}
for name in ("cold", "warm"):
    def note(update, name=name):
        if update.kind == "evaluated" and update.algorithm != "dummy" and update.score is not None:
            told.setdefault(name, time.monotonic() - began)
            told.setdefault(name + "_family", update.algorithm)
    with tempfile.TemporaryDirectory() as place:
        began = time.monotonic() if name == "warm" else began
        automl.fit(table, target, task=task, time_budget=float(budget), out=place, verbose=0, callbacks=[note])
print(json.dumps(told))
"""


def one_run(entry: dict[str, str]) -> dict[str, object]:
    """Return the seconds of one fresh interpreter."""
    arguments = [str(DATA / entry["file"]), entry["target"], entry["task"], str(ROWS), str(BUDGET)]
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments], check=True, stdout=subprocess.PIPE, text=True, timeout=300
    )
    told = json.loads(done.stdout.splitlines()[-1])
    return {name: round(each, 2) if isinstance(each, float) else each for name, each in told.items()}


def summary(path: Path) -> str:
    """Return a table: medians and the longest, cold and warm."""
    if not path.exists():
        return NOTHING
    records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    lines = [
        "| table | repetitions | cold, s | longest | warm, s | longest | first family |",
        "| --- | ---: | ---: | ---: | ---: | ---: | --- |",
    ]
    for table in dict.fromkeys(each["table"] for each in records):
        found = [each for each in records if each["table"] == table]
        cold, warm = ([each[name] for each in found] for name in ("cold", "warm"))
        times = f"{statistics.median(cold):.1f} | {max(cold):.1f} | {statistics.median(warm):.1f} | {max(warm):.1f}"
        lines.append(f"| {table} | {len(found)} | {times} | {found[-1]['warm_family']} |")
    return "\n".join(lines)


def main() -> None:
    """Run what is asked for and append a line for each repetition."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tables", default="adult,letter,california_housing")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--out", type=Path, default=RECORD)
    parser.add_argument("--summary", action="store_true", help="print the table of an existing record and end")
    parser.add_argument("--into", type=Path, help="put the table into the section 'first_model' of this page and end")
    options = parser.parse_args()
    if options.summary:
        print(summary(options.out))
        return
    if options.into:
        insert(options.into, "first_model", summary(options.out))
        return
    index = {entry["name"]: entry for entry in json.loads((DATA / "index.json").read_text())["datasets"]}
    lines = options.out.read_text().splitlines() if options.out.exists() else []
    done = {(each["table"], each["repetition"]) for each in map(json.loads, lines)}
    for repetition in range(options.repeats):
        for name in options.tables.split(","):
            if (name, repetition) in done:
                continue
            load = os.getloadavg()[0]
            record = {"table": name, "repetition": repetition, **one_run(index[name]), "load": round(load, 1)}
            record |= {"python": platform.python_version(), "when": time.strftime("%Y-%m-%dT%H:%M:%S")}
            with options.out.open("a", encoding="utf-8") as file:
                file.write(json.dumps(record) + "\n")
            print(f"{name}: {record['cold']} s cold, {record['warm']} s warm", flush=True)


if __name__ == "__main__":
    main()
