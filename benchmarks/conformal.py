"""Do intervals and sets cover what they promise: coverage on rows that no part of a run has seen.

    python benchmarks/conformal.py [--tables adult,abalone] [--seeds 0,…,9] [--keep FOLDER] [--out FILE] [--summary]

From each table of ``AUTOML_DATA`` 1,500 rows are drawn by seed for a short search (four trials of two families, five
folds, in this process, so that every machine does the same), and all others, at most 5,000, are kept from it. Nine
tenths are to be covered. The coverage is counted here, not by the package. One JSON line for a run and a method is
appended to the record file at once; runs that are in it already are skipped. Searches are kept in the folder of
``--keep``, so that another way to make intervals is measured on the same ones without searching again.
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
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.model_selection import train_test_split

import automl

HERE = Path(__file__).resolve().parent
DATA = Path(os.environ.get("AUTOML_DATA", HERE.parent.parent / "shared" / "data"))
TABLES = ("abalone", "california_housing", "employee_salaries", "adult", "wine_quality_white")
METHODS = {"regression": ("auto", "constant"), "classification": ("lac", "aps")}
COVERAGE = 0.9
TRAIN, TEST = 1_500, 5_000


def one_run(
    name: str, entry: dict[str, Any], seed: int, place: Path, methods: Sequence[str]
) -> Iterator[dict[str, Any]]:
    """Search one table with one seed, or open the search that was kept, and give a record for each method."""
    table = pd.read_parquet(DATA / entry["file"])
    target, task = entry["target"], entry["task"]
    labels = table[target] if task != "regression" and table[target].value_counts().min() > 1 else None
    train, test = train_test_split(
        table, train_size=TRAIN, test_size=min(TEST, len(table) - TRAIN), random_state=seed, stratify=labels
    )
    began = time.process_time()
    run = automl.load(place) if place.exists() else search(train, target, task, seed, place)
    for method in methods:
        conformal = run.conformal(COVERAGE, method=method)
        found = conformal.predict(test.drop(columns=target))
        truth = test[target].to_numpy()
        if task == "regression":
            is_covered = (found["low"].to_numpy() <= truth) & (truth <= found["high"].to_numpy())
            size = float((found["high"] - found["low"]).mean())
        else:
            is_covered = np.array([label in each for label, each in zip(truth, found["set"], strict=True)])
            size = float(found["size"].mean())
        yield {
            "table": name,
            "task": task,
            "seed": seed,
            "method": method,
            "chosen": conformal.method,
            "nominal": COVERAGE,
            "coverage": round(float(is_covered.mean()), 6),
            "out_of_fold": round(conformal.measured.measured, 6),
            "size": round(size, 6),
            "best": str(run.leaderboard["id"].iloc[0]),
            "n_train": len(train),
            "n_test": len(test),
            "cpu_seconds": round(time.process_time() - began, 2),
            "version": automl.__version__,
            "python": platform.python_version(),
        }


def search(train: pd.DataFrame, target: str, task: str, seed: int, place: Path) -> automl.Run:
    """Return a short search, the same on every machine; its folder is there when it has ended."""
    with tempfile.TemporaryDirectory(prefix="automl-conformal-") as folder:
        automl.fit(
            train,
            target,
            task=task,
            cv=5,
            n_trials=4,
            time_budget=None,
            algorithms=["linear", "lightgbm"],
            engine="inprocess",
            random_state=seed,
            out=Path(folder) / "run",
            verbose=0,
        )
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(Path(folder) / "run", place)
    return automl.load(place)


def summary(path: Path) -> str:
    """Return a table: the mean coverage of each table and method over its splits, beside what was asked for."""
    records = [json.loads(line) for line in path.read_text().splitlines()]
    lines = [
        "| table | task | method | splits | asked for | mean coverage | lowest | highest | mean size |",
        "| --- | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for table in TABLES:
        for method in dict.fromkeys(record["method"] for record in records if record["table"] == table):
            runs = [record for record in records if (record["table"], record["method"]) == (table, method)]
            found = [record["coverage"] for record in runs]
            mean = statistics.fmean(found)
            size = statistics.fmean(record["size"] for record in runs)
            told = f"{runs[0]['nominal']:.1%} | {mean:.1%} | {min(found):.1%} | {max(found):.1%} | {size:.5g}"
            lines.append(f"| {table} | {runs[0]['task']} | {method} | {len(runs)} | {told} |")
    return "\n".join(lines)


def main() -> None:
    """Run what is asked for and append a line a run and method."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tables", default=",".join(TABLES))
    parser.add_argument("--seeds", default=",".join(map(str, range(10))))
    parser.add_argument("--out", type=Path, default=HERE / "records" / "conformal.jsonl")
    parser.add_argument("--keep", type=Path, help="a folder for the searches; by default they are not kept")
    parser.add_argument("--summary", action="store_true", help="print the table of an existing record and end")
    options = parser.parse_args()
    if options.summary:
        print(summary(options.out))
        return
    index = {entry["name"]: entry for entry in json.loads((DATA / "index.json").read_text())["datasets"]}
    options.out.parent.mkdir(parents=True, exist_ok=True)
    lines = options.out.read_text().splitlines() if options.out.exists() else []
    done = {(each["table"], each["seed"], each["method"]) for each in map(json.loads, lines)}
    with tempfile.TemporaryDirectory(prefix="automl-conformal-") as passing:
        keep = options.keep or Path(passing)
        for seed in map(int, options.seeds.split(",")):
            for name in options.tables.split(","):
                kind = "regression" if index[name]["task"] == "regression" else "classification"
                methods = [each for each in METHODS[kind] if (name, seed, each) not in done]
                if not methods:
                    continue
                for record in one_run(name, index[name], seed, keep / f"{name}-{seed}", methods):
                    with options.out.open("a") as file:
                        file.write(json.dumps(record) + "\n")
                    told = f"{record['coverage']:.1%} covered by {record['method']} ({record['chosen']})"
                    print(f"{name} seed {seed}: {told}, size {record['size']:.5g}", flush=True)


if __name__ == "__main__":
    main()
