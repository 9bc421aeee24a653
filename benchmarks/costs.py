"""What is won by saying what mistakes cost: a search for the lowest cost against one for the area under the curve.

    python benchmarks/costs.py [--seeds 0,…,9] [--out FILE] [--summary]

On credit_g, whose documentation gives the costs: a bad risk taken for a good one costs 5, a good one taken for a bad
one 1. By seed, 70 % of the rows are searched (eight trials of three families in this process, so that every machine
does the same) and 30 % are kept from it. Three ways to decide are compared on them: the search for the area under the
curve with the most probable label; the same search with a threshold chosen afterwards for these costs
(``run.threshold(costs=…)``); and ``automl.fit(…, costs=…)``, whose ``predict`` decides by the costs. The cost is
counted here, not by the package. One JSON line a split is appended to the record file at once; splits that are in it
already are skipped.
"""

from __future__ import annotations

import argparse
import json
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
from scipy.stats import t
from sklearn.model_selection import train_test_split

import automl

HERE = Path(__file__).resolve().parent
DATA = Path(os.environ.get("AUTOML_DATA", HERE.parent.parent / "shared" / "data"))
TABLE, TARGET = "credit_g", "class"
COSTS = {"bad": {"good": 5}, "good": {"bad": 1}}
SEARCH: dict[str, Any] = {
    "n_trials": 8,
    "time_budget": None,
    "algorithms": ["linear", "lightgbm", "extra_trees"],
    "engine": "inprocess",
    "verbose": 0,
}
WAYS = {
    "auc": "best area under the curve, most probable label",
    "threshold": "the same, threshold chosen afterwards for the costs",
    "costs": "`costs=`: lowest cost, decided by the costs",
}


def mean_cost(truth: Any, given: Any) -> float:
    """Return what the decisions cost, a row."""
    truth, given = np.asarray(truth), np.asarray(given)
    return float(np.mean(5 * ((truth == "bad") & (given == "good")) + ((truth == "good") & (given == "bad"))))


def one_split(seed: int) -> dict[str, Any]:
    """Search one split in both ways and return its record."""
    table = pd.read_parquet(DATA / f"{TABLE}.parquet")
    train, test = train_test_split(table, test_size=0.3, random_state=seed, stratify=table[TARGET])
    place, began = Path(tempfile.mkdtemp(prefix="automl-costs-")), time.monotonic()
    by_auc = automl.fit(train, TARGET, random_state=seed, out=place / "auc", **SEARCH)
    by_costs = automl.fit(train, TARGET, costs=COSTS, random_state=seed, out=place / "costs", **SEARCH)
    matrix = [[COSTS.get(true, {}).get(given, 0) for given in by_auc.task.classes] for true in by_auc.task.classes]
    rows = test.drop(columns=TARGET)
    pipelines = {
        "auc": by_auc.best_pipeline,
        "threshold": by_auc.threshold(costs=matrix).pipeline(),
        "costs": by_costs.best_pipeline,
    }
    found = {way: mean_cost(test[TARGET], pipeline.predict(rows)) for way, pipeline in pipelines.items()}
    shutil.rmtree(place, ignore_errors=True)
    return {
        "table": TABLE,
        "seed": seed,
        "n_train": len(train),
        "n_test": len(test),
        "cost": {way: round(each, 6) for way, each in found.items()},
        "all_good": mean_cost(test[TARGET], np.full(len(test), "good")),
        "all_bad": mean_cost(test[TARGET], np.full(len(test), "bad")),
        "out_of_fold": round(float(by_costs.leaderboard["score"].iloc[0]), 6),
        "best": {"auc": str(by_auc.leaderboard["id"].iloc[0]), "costs": str(by_costs.leaderboard["id"].iloc[0])},
        "seconds": round(time.monotonic() - began, 1),
        "version": automl.__version__,
        "python": platform.python_version(),
    }


def summary(path: Path) -> str:
    """Return a table: the mean cost of a held-out row of each way, and how much lower it is than the first's."""
    records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    lines = [
        f"Mean of {len(records)} splits of {TABLE}; a row of the held-out {records[0]['n_test']}.",
        "",
        "| decided by | cost a row | lower than the first | 95 % interval | splits where lower |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    first = [each["cost"]["auc"] for each in records]
    for way, words in WAYS.items():
        costs = [each["cost"][way] for each in records]
        gains = [a - b for a, b in zip(first, costs, strict=True)]
        told = f"| {words} | {statistics.fmean(costs):.3f} |"
        if way == "auc":
            lines.append(f"{told} | | |")
            continue
        share = statistics.fmean(gains) / statistics.fmean(first)
        reach = float(t.ppf(0.975, len(gains) - 1)) * statistics.stdev(gains) / len(gains) ** 0.5
        mean, wins = statistics.fmean(gains), sum(gain > 0 for gain in gains)
        lines.append(f"{told} {share:.0%} | {mean - reach:.3f} to {mean + reach:.3f} | {wins} of {len(gains)} |")
    for name, words in (("all_good", "always good"), ("all_bad", "always bad")):
        lines.append(f"| {words} | {statistics.fmean(each[name] for each in records):.3f} | | | |")
    return "\n".join(lines)


def main() -> None:
    """Run what is asked for and append a line a split."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", default=",".join(map(str, range(10))))
    parser.add_argument("--out", type=Path, default=HERE / "records" / "costs.jsonl")
    parser.add_argument("--summary", action="store_true", help="print the table of an existing record and end")
    options = parser.parse_args()
    if options.summary:
        print(summary(options.out))
        return
    options.out.parent.mkdir(parents=True, exist_ok=True)
    lines = options.out.read_text(encoding="utf-8").splitlines() if options.out.exists() else []
    done = {json.loads(line)["seed"] for line in lines}
    for seed in map(int, options.seeds.split(",")):
        if seed in done:
            continue
        record = one_split(seed)
        with options.out.open("a", encoding="utf-8") as file:
            file.write(json.dumps(record) + "\n")
        print(f"seed {seed}: {record['cost']}, {record['seconds']} s", flush=True)


if __name__ == "__main__":
    main()
