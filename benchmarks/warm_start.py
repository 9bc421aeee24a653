"""What a warm start is worth: half of a table as last month, the other half now, warm beside cold.

    python benchmarks/warm_start.py [--tables adult,credit_g] [--seeds 0,1] [--out FILE] [--summary]

By seed, 1,600 rows at most are drawn from a table of ``AUTOML_DATA`` and halved. One half is searched for 20 trials;
then the other for 15, once cold and once with ``warm_start``. All searches take the same four families, three folds,
no racing and no time limit, in this process, so that every machine does the same. Compared is the best validation loss
so far (1 − AUC, log loss, RMSE). One JSON line a run is appended to the record file at once; runs that are in it
already are skipped.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import shutil
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import automl

HERE = Path(__file__).resolve().parent
DATA = Path(os.environ.get("AUTOML_DATA", HERE.parent.parent / "shared" / "data"))
TABLES = ("adult", "credit_g", "wine_quality_white", "california_housing", "abalone", "telco_churn")
FAMILIES = ["linear", "lightgbm", "nearest_neighbors", "naive_bayes"]
AFTER = (5, 10, 15)
ROWS = 1_600


def search(table: pd.DataFrame, entry: dict[str, Any], seed: int, n_trials: int, place: Path, **options: Any) -> Any:
    """Return a run of that many trials."""
    return automl.fit(
        table,
        entry["target"],
        task=entry["task"],
        cv=3,
        n_trials=n_trials,
        time_budget=None,
        algorithms=FAMILIES,
        strategy=automl.Strategy(racing=False),
        engine="inprocess",
        ensemble=False,
        random_state=seed,
        out=place,
        verbose=0,
        **options,
    )


def best_so_far(run: automl.Run) -> list[float]:
    """Return the lowest loss after each number of trials of :data:`AFTER`, an area as what is missing to 1."""
    losses = [each.loss if each.state == "complete" else math.inf for each in run.evaluations]
    offset = 1.0 if run.metric.name == "roc_auc" else 0.0
    return [round(offset + min(losses[:n]), 6) for n in AFTER]


def one_run(name: str, entry: dict[str, Any], seed: int) -> dict[str, Any]:
    """Search one half, then the other cold and warm."""
    table = pd.read_parquet(DATA / entry["file"])
    if entry["task"] != "regression":
        table = table[table[entry["target"]].map(table[entry["target"]].value_counts()) >= 100]
    order = np.random.default_rng(seed).permutation(len(table))[:ROWS]
    before, now = table.iloc[order[::2]], table.iloc[order[1::2]]
    began, place = time.monotonic(), Path(tempfile.mkdtemp(prefix="automl-warm-start-"))
    may = search(before, entry, seed, 20, place / "may")
    cold = search(now, entry, seed, max(AFTER), place / "cold")
    warm = search(now, entry, seed, max(AFTER), place / "warm", warm_start=may)
    record = {
        "table": name,
        "seed": seed,
        "metric": may.metric.name,
        "rows": len(now),
        "cold": best_so_far(cold),
        "warm": best_so_far(warm),
        "seconds": round(time.monotonic() - began, 2),
        "version": automl.__version__,
        "python": platform.python_version(),
    }
    shutil.rmtree(place, ignore_errors=True)
    return record


def summary(path: Path) -> str:
    """Return a table: the warm loss as a share of the cold one after so many trials, by table and over all runs."""
    records = [json.loads(line) for line in path.read_text().splitlines()]
    told = " | ".join(f"after {n} trials" for n in AFTER)
    lines = [f"| table | metric | runs | {told} |", "| --- | --- | ---: |" + " ---: |" * len(AFTER)]

    def ratios(runs: list[dict[str, Any]]) -> list[list[float]]:
        return [[record["warm"][k] / record["cold"][k] for record in runs] for k in range(len(AFTER))]

    for table in dict.fromkeys(record["table"] for record in records):
        runs = [record for record in records if record["table"] == table]
        cells = " | ".join(f"{statistics.median(each):.3f}" for each in ratios(runs))
        lines.append(f"| {table} | {runs[0]['metric']} | {len(runs)} | {cells} |")
    everything = ratios(records)
    cells = " | ".join(f"{statistics.geometric_mean(each):.3f}" for each in everything)
    lines.append(f"| all, geometric mean | | {len(records)} | {cells} |")
    wins = " | ".join(
        f"{sum(each < 0.9999 for each in column)} better, {sum(each > 1.0001 for each in column)} worse"
        for column in everything
    )
    return "\n".join([*lines, f"| all, warm was | | {len(records)} | {wins} |"])


def main() -> None:
    """Run what is asked for and append a line a run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tables", default=",".join(TABLES))
    parser.add_argument("--seeds", default="0,1")
    parser.add_argument("--out", type=Path, default=HERE / "records" / "warm_start.jsonl")
    parser.add_argument("--summary", action="store_true", help="print the table of an existing record and end")
    options = parser.parse_args()
    if options.summary:
        print(summary(options.out))
        return
    index = {entry["name"]: entry for entry in json.loads((DATA / "index.json").read_text())["datasets"]}
    options.out.parent.mkdir(parents=True, exist_ok=True)
    lines = options.out.read_text().splitlines() if options.out.exists() else []
    done = {(each["table"], each["seed"]) for each in map(json.loads, lines)}
    for seed in map(int, options.seeds.split(",")):
        for name in options.tables.split(","):
            if (name, seed) in done:
                continue
            record = one_run(name, index[name], seed)
            with options.out.open("a") as file:
                file.write(json.dumps(record) + "\n")
            print(
                f"{name} seed {seed}: cold {record['cold']}, warm {record['warm']}, {record['seconds']} s", flush=True
            )


if __name__ == "__main__":
    main()
