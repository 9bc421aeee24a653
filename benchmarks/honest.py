"""How far the score that a search chose by is from what is true, and how far the honest one is.

    python benchmarks/honest.py [--parts noise,signal] [--seeds 0,…,9] [--out FILE] [--summary]

*noise*: tables of 200 rows and ten columns whose labels are a coin's, so that every true AUC is .5; twice as many
seeds.
*signal*: 300 rows drawn by seed from tables of ``AUTOML_DATA``, and at most 5,000 others that no part of the run has
seen, on which the models of each fold are scored, as the leaderboard's score is a mean over folds. Every run has 40
trials of five cheap families in five folds, without racing and without a time limit, in this process, so that every
machine does the same. One JSON line a run is appended to the record file at once; runs that are in it already are
skipped.
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
from sklearn.model_selection import train_test_split

import automl

HERE = Path(__file__).resolve().parent
DATA = Path(os.environ.get("AUTOML_DATA", HERE.parent.parent / "shared" / "data"))
TABLES = ("adult", "credit_g", "wine_quality_white", "california_housing")
FAMILIES = ["linear", "naive_bayes", "nearest_neighbors", "discriminant_analysis"]
TRIALS = 25
TRAIN, TEST = 300, 5_000


def search(table: pd.DataFrame, target: str, task: str, seed: int, place: str) -> automl.Run:
    """Return a run of cheap trials."""
    return automl.fit(
        table,
        target,
        task=task,
        cv=5,
        n_trials=TRIALS,
        time_budget=None,
        algorithms=FAMILIES,
        strategy=automl.Strategy(racing=False),
        engine="inprocess",
        random_state=seed,
        out=place,
        verbose=0,
    )


def told(run: automl.Run, truth: float) -> dict[str, Any]:
    """Return what the run says of its first row beside the truth, as losses less the true loss."""
    honest = run.honest()
    sign = -1.0 if run.metric.greater_is_better else 1.0
    chosen = float(run.leaderboard["score"].iloc[0])
    plain = run.evaluate().frame().set_index("metric").loc[run.metric.name]
    return {
        "metric": run.metric.name,
        "best": honest.best,
        "true": round(truth, 6),
        "chosen": round(chosen, 6),
        "honest": round(honest.score, 6),
        "chosen_error": round(sign * (chosen - truth), 6),
        "honest_error": round(sign * (honest.score - truth), 6),
        "interval": [round(each, 6) for each in honest.interval],
        "plain_interval": [round(float(plain["low"]), 6), round(float(plain["high"]), 6)],
        "tied": len(honest.tied),
        "rows": int(run.leaderboard["honest_score"].notna().sum()),
        "simplest": honest.simplest,
        "version": automl.__version__,
        "python": platform.python_version(),
    }


def on_noise(seed: int, place: str) -> dict[str, Any]:
    """Run on a table without a signal."""
    rng = np.random.default_rng(seed)
    table = pd.DataFrame(rng.normal(size=(200, 10)), columns=[f"x{k}" for k in range(10)])
    run = search(table.assign(y=rng.permutation(np.arange(200) % 2)), "y", "binary", seed, place)
    return told(run, 0.5)


def on_signal(entry: dict[str, Any], seed: int, place: str) -> dict[str, Any]:
    """Run on few rows of a real table and score its fold models on others."""
    table, target, task = pd.read_parquet(DATA / entry["file"]), entry["target"], entry["task"]
    labels = None
    if task != "regression":
        table = table[table[target].map(table[target].value_counts()) >= 40]
        labels = table[target]
    test_size = min(TEST, len(table) - TRAIN)
    train, test = train_test_split(table, train_size=TRAIN, test_size=test_size, random_state=seed, stratify=labels)
    run = search(train, target, task, seed, place)
    dataset = run.labelled(test)
    scores = []
    for pipeline in run.fold_pipelines().values():
        found = pipeline.predict(dataset.X) if task == "regression" else pipeline.predict_proba(dataset.X)
        scores.append(run.metric.score(dataset.y, np.asarray(found).reshape(len(test), -1)))
    return {**told(run, statistics.fmean(scores)), "bag": round(run.score(test), 6), "n_test": len(test)}


def summary(path: Path) -> str:
    """Return a table: how wrong the two scores are on average, and how often their intervals hold the truth."""
    records = [json.loads(line) for line in path.read_text().splitlines()]
    lines = [
        "| table | metric | runs | true | as chosen | honest | chosen − true | honest − true "
        "| holds the truth, as chosen | holds the truth, honest | rows tied with the best |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for table in dict.fromkeys(record["table"] for record in records):
        runs = [record for record in records if record["table"] == table]
        true, chosen, honest = (
            statistics.fmean(record[key] for record in runs) for key in ("true", "chosen", "honest")
        )
        holds = [
            sum(record[key][0] <= record["true"] <= record[key][1] for record in runs)
            for key in ("plain_interval", "interval")
        ]
        tied = statistics.fmean(record["tied"] / record["rows"] for record in runs)
        lines.append(
            f"| {table} | {runs[0]['metric']} | {len(runs)} | {true:.5g} | {chosen:.5g} | {honest:.5g} "
            f"| {chosen - true:+.3g} | {honest - true:+.3g} | {holds[0]} of {len(runs)} | {holds[1]} of {len(runs)} "
            f"| {tied:.0%} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Run what is asked for and append a line a run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parts", default="noise,signal")
    parser.add_argument("--seeds", default=",".join(map(str, range(10))))
    parser.add_argument("--out", type=Path, default=HERE / "records" / "honest.jsonl")
    parser.add_argument("--summary", action="store_true", help="print the table of an existing record and end")
    options = parser.parse_args()
    if options.summary:
        print(summary(options.out))
        return
    options.out.parent.mkdir(parents=True, exist_ok=True)
    lines = options.out.read_text().splitlines() if options.out.exists() else []
    done = {(each["table"], each["seed"]) for each in map(json.loads, lines)}
    seeds = [int(seed) for seed in options.seeds.split(",")]
    jobs: list[tuple[str, int]] = []
    if "noise" in options.parts:
        jobs += [("noise", seed) for seed in [*seeds, *(seed + 1000 for seed in seeds)]]
    index = {}
    if "signal" in options.parts:
        index = {entry["name"]: entry for entry in json.loads((DATA / "index.json").read_text())["datasets"]}
        jobs += [(name, seed) for name in TABLES for seed in seeds]
    for name, seed in jobs:
        if (name, seed) in done:
            continue
        began, place = time.monotonic(), tempfile.mkdtemp(prefix="automl-honest-")
        found = on_noise(seed, place) if name == "noise" else on_signal(index[name], seed, place)
        shutil.rmtree(place, ignore_errors=True)
        record = {"table": name, "seed": seed, **found, "seconds": round(time.monotonic() - began, 2)}
        with options.out.open("a") as file:
            file.write(json.dumps(record) + "\n")
        print(
            f"{name} seed {seed}: true {record['true']}, chosen {record['chosen']}, honest {record['honest']}",
            flush=True,
        )


if __name__ == "__main__":
    main()
