"""How accurate a default run is after a minute: the tables and figures that the project aims at.

    python benchmarks/aims.py [--tables adult,letter] [--seeds 0,1,2] [--time-budget 60] [--out FILE] [--summary]

Each table of ``AUTOML_DATA`` is split once per seed: a quarter of the rows (stratified by label for a classifier) is
kept from the run, which gets the rest, its task from ``index.json`` and default settings. The score is computed here,
by scikit-learn, on the rows that were kept. One JSON line a run is appended to the record file at once; runs that are
in it already are skipped.
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

import numpy as np
import pandas as pd
from sklearn.metrics import accuracy_score, log_loss, r2_score, roc_auc_score, root_mean_squared_error
from sklearn.model_selection import train_test_split

import automl
from automl.search.engines import available_cores

HERE = Path(__file__).resolve().parent
DATA = Path(os.environ.get("AUTOML_DATA", HERE.parent.parent / "shared" / "data"))
AIMS = {
    "adult": ("auc", 0.925),
    "telco_churn": ("auc", 0.84),
    "house_prices": ("r2", 0.85),
    "california_housing": ("rmse", 48_500),
    "letter": ("accuracy", 0.955),
    "soybean": ("accuracy", 0.92),
    "employee_salaries": ("r2", 0.91),
}


def scores(run: automl.Run, test: pd.DataFrame, target: str) -> dict[str, float]:
    """Return the scores of a run's best pipeline on rows that it has not seen."""
    y, X = test[target], test.drop(columns=target)
    if run.task.kind == "regression":
        predicted = run.predict(X)
        return {"r2": r2_score(y, predicted), "rmse": root_mean_squared_error(y, predicted)}
    proba = run.predict_proba(X)
    found = {
        "accuracy": accuracy_score(y.astype(str), run.predict(X).astype(str)),
        "log_loss": log_loss(y, np.clip(proba, 1e-15, 1), labels=list(proba.columns)),
    }
    if run.task.kind == "binary":
        found["auc"] = roc_auc_score(y == proba.columns[1], proba.iloc[:, 1])
    return found


def one_run(name: str, entry: dict[str, object], seed: int, budget: float) -> dict[str, object]:
    """Run one table with one seed and return its record."""
    table = pd.read_parquet(DATA / str(entry["file"]))
    target, task = str(entry["target"]), str(entry["task"])
    labels = table[target] if task != "regression" and table[target].value_counts().min() > 1 else None
    train, test = train_test_split(table, test_size=0.25, random_state=seed, stratify=labels)
    place = tempfile.mkdtemp(prefix="automl-aims-")
    began = time.monotonic()
    run = automl.fit(train, target, task=task, time_budget=budget, random_state=seed, out=place, verbose=0)
    seconds = time.monotonic() - began
    record = {
        "table": name,
        "seed": seed,
        "budget": budget,
        "seconds": round(seconds, 2),
        **{key: round(float(value), 6) for key, value in scores(run, test, target).items()},
        "best": str(run.leaderboard["id"].iloc[0]),
        "validation": float(run.leaderboard["score"].iloc[0]),
        "trials": len(run.evaluations),
        "folds": run.plan.folds.n_folds,
        "one_row_ms": round(float(run.leaderboard["one_row_ms"].iloc[0]), 1),
        "version": automl.__version__,
        "python": platform.python_version(),
        "cores": available_cores(),
    }
    shutil.rmtree(place, ignore_errors=True)
    return record


def summary(path: Path) -> str:
    """Return a table: the median score of each table over its seeds, beside the aim."""
    records = [json.loads(line) for line in path.read_text().splitlines()]
    lines = [
        "| table | score | aim | median | lowest | highest | longest run, s |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for name, (metric, aim) in AIMS.items():
        runs = [record for record in records if record["table"] == name]
        found = [record[metric] for record in runs]
        if found:
            told = " | ".join(f"{value:.6g}" for value in (aim, statistics.median(found), min(found), max(found)))
            lines.append(f"| {name} | {metric} | {told} | {max(record['seconds'] for record in runs):.1f} |")
    return "\n".join(lines)


def main() -> None:
    """Run what is asked for and append a line a run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tables", default=",".join(AIMS))
    parser.add_argument("--seeds", default="0,1,2")
    parser.add_argument("--time-budget", type=float, default=60.0)
    parser.add_argument("--out", type=Path, default=HERE / "records" / "aims.jsonl")
    parser.add_argument("--summary", action="store_true", help="print the table of an existing record and end")
    options = parser.parse_args()
    if options.summary:
        print(summary(options.out))
        return
    index = {entry["name"]: entry for entry in json.loads((DATA / "index.json").read_text())["datasets"]}
    options.out.parent.mkdir(parents=True, exist_ok=True)
    lines = options.out.read_text().splitlines() if options.out.exists() else []
    done = {(each["table"], each["seed"], each["budget"]) for each in map(json.loads, lines)}
    for seed in map(int, options.seeds.split(",")):
        for name in options.tables.split(","):
            if (name, seed, options.time_budget) in done:
                continue
            record = one_run(name, index[name], seed, options.time_budget)
            with options.out.open("a") as file:
                file.write(json.dumps(record) + "\n")
            metric, aim = AIMS.get(name, ("log_loss" if "log_loss" in record else "rmse", None))
            print(f"{name} seed {seed}: {metric} {record[metric]} (aim {aim}) in {record['seconds']} s", flush=True)


if __name__ == "__main__":
    main()
