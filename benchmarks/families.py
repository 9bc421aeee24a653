"""Whether tuning helps: for every family, its tuned best against its default.

    python benchmarks/families.py [--families lightgbm,linear] [--tables soybean,sonar] [--time-budget 20] [--out FILE]

Each table is split once per seed: a quarter of the rows is kept. A run with this one family (and no ensemble) searches
the rest; its first trial after the dummy is the default, its best is the tuned one. Both pipelines are scored on the
rows that were kept (log loss for labels, RMSE for quantities; lower is better) and by cross-validation. One JSON line
a run; ``--summary`` prints, for every family, on how many tables the tuned best has the lower validation loss and the
lower loss on the rows that were kept, averaged over the seeds.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import log_loss, root_mean_squared_error
from sklearn.model_selection import train_test_split

import automl

HERE = Path(__file__).resolve().parent
DATA = Path(os.environ.get("AUTOML_DATA", HERE.parent.parent / "shared" / "data"))
TABLES = "credit_g,sonar,eucalyptus,wine_quality_white,abalone,titanic,house_prices,soybean"
MOST_ROWS = 3_000


def loss(run: automl.Run, which: str, test: pd.DataFrame, target: str) -> float:
    """Return the loss of a row's pipeline on rows that it has not seen."""
    pipeline = run.pipeline(which)
    X, y = test.drop(columns=target), test[target]
    if run.task.kind == "regression":
        return float(root_mean_squared_error(y, pipeline.predict(X)))
    labels = list(pipeline.classes_)
    known = y.isin(labels).to_numpy()
    proba = np.clip(pipeline.predict_proba(X[known]), 1e-6, 1)
    return float(log_loss(y[known], proba / proba.sum(axis=1, keepdims=True), labels=labels))


def one_run(family: str, entry: dict[str, Any], seed: int, budget: float) -> dict[str, Any] | None:
    """Return the record of one family on one table, ``None`` where it can't be used."""
    table, target, task = pd.read_parquet(DATA / entry["file"]), entry["target"], entry["task"]
    labels = table[target] if task != "regression" and table[target].value_counts().min() > 3 else None
    if len(table) > MOST_ROWS:
        table, _ = train_test_split(table, train_size=MOST_ROWS, random_state=0, stratify=labels)
        labels = table[target] if labels is not None and table[target].value_counts().min() > 3 else None
    train, test = train_test_split(table, test_size=0.25, random_state=seed, stratify=labels)
    place = tempfile.mkdtemp(prefix="automl-families-")
    try:
        run = automl.fit(
            train,
            target,
            task=task,
            metric="rmse" if task == "regression" else "log_loss",
            algorithms=[family],
            ensemble=False,
            n_trials=31,
            time_budget=budget,
            cv=3,
            random_state=seed,
            out=place,
            verbose=0,
        )
        complete = run.leaderboard[run.leaderboard["state"] == "complete"]
        default = complete[complete["id"] == f"{family}-1"]
        if default.empty:
            return None
        best = str(complete["id"].iloc[0])
        return {
            "family": family,
            "table": entry["name"],
            "seed": seed,
            "budget": budget,
            "trials": len(run.evaluations),
            "best": best,
            "params": complete["params"].iloc[0],
            "default_validation": float(default["score"].iloc[0]),
            "tuned_validation": float(complete["score"].iloc[0]),
            "default_test": loss(run, f"{family}-1", test, target),
            "tuned_test": loss(run, best, test, target),
            "version": automl.__version__,
        }
    except automl.PlanError as error:
        print(f"{family} is not used for {entry['name']}: {error}", flush=True)
        return None
    finally:
        shutil.rmtree(place, ignore_errors=True)


def summary(path: Path) -> str:
    """Return a table: on how many tables tuning lowers a family's loss."""
    by_table: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for line in path.read_text().splitlines():
        record = json.loads(line)
        by_table[record["family"], record["table"]].append(record)
    lines = ["| family | tables | lower validation loss | lower loss on kept rows |", "| --- | ---: | ---: | ---: |"]
    for family in sorted({family for family, _ in by_table}):
        wins = {"validation": 0, "test": 0}
        groups = [records for (name, _), records in by_table.items() if name == family]
        for records in groups:
            for which in wins:
                tuned = statistics.fmean(record[f"tuned_{which}"] for record in records)
                wins[which] += tuned < statistics.fmean(record[f"default_{which}"] for record in records)
        lines.append(f"| {family} | {len(groups)} | {wins['validation']} | {wins['test']} |")
    return "\n".join(lines)


def main() -> None:
    """Run what is asked for and append a line a run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--families", default=",".join(name for name in automl.algorithms() if name != "dummy"))
    parser.add_argument("--tables", default=TABLES)
    parser.add_argument("--seeds", default="0,1")
    parser.add_argument("--time-budget", type=float, default=20.0)
    parser.add_argument("--out", type=Path, default=HERE / "records" / "families.jsonl")
    parser.add_argument("--summary", action="store_true", help="print the table of an existing record and end")
    options = parser.parse_args()
    if options.summary:
        print(summary(options.out))
        return
    index = {entry["name"]: entry for entry in json.loads((DATA / "index.json").read_text())["datasets"]}
    options.out.parent.mkdir(parents=True, exist_ok=True)
    done = set()
    if options.out.exists():
        records = map(json.loads, options.out.read_text().splitlines())
        done = {(record["family"], record["table"], record["seed"]) for record in records}
    for seed in map(int, options.seeds.split(",")):
        for table in options.tables.split(","):
            for family in options.families.split(","):
                if (family, table, seed) in done:
                    continue
                record = one_run(family, index[table], seed, options.time_budget)
                if record is not None:
                    with options.out.open("a") as file:
                        file.write(json.dumps(record) + "\n")
                    told = {key: record[key] for key in ("default_test", "tuned_test", "trials")}
                    print(family, table, seed, told, flush=True)


if __name__ == "__main__":
    main()
