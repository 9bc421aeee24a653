"""Finished searches as matrices: what each candidate predicted out of fold, and for rows that no search saw.

    python benchmarks/ends_harvest.py --cache DIR [--tables adult,…] [--rows 3000,400] [--seeds 0,1]

:mod:`ends` asks what can be made of them at the end of a search. Searches have a number of trials and no time limit,
one process and no racing, so that a busy machine changes nothing; one file a search, and those that are there are not
made again.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import tempfile
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.model_selection import train_test_split

import automl

HERE = Path(__file__).resolve().parent
DATA = Path(os.environ.get("AUTOML_DATA", HERE.parent.parent / "shared" / "data"))
TABLES = (
    *("adult", "bank_marketing", "amazon_employee", "telco_churn", "mammography", "sick", "credit_g", "titanic"),
    *("wine_quality_white", "diabetes130", "eucalyptus"),
    *("california_housing", "bike_sharing"),
)
FAMILIES = ["linear", "lightgbm", "extra_trees", "mlp", "hist_gradient_boosting", "nearest_neighbors"]
TRIALS = 9
MOST_TEST = 8_000
FEWEST = 12  # rows of one of several labels that a sample has, or the label is left out


def split(entry: dict[str, Any], rows: int, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return rows for a search and others, labels in the shares they have."""
    table, target = pd.read_parquet(DATA / entry["file"]), entry["target"]
    labels = None
    if entry["task"] != "regression":
        counts = table[target].map(table[target].value_counts())
        if entry["task"] == "multiclass":
            table = table[counts >= FEWEST * len(table) / rows]
        labels = table[target]
    train, test = train_test_split(table, train_size=min(rows, len(table) * 4 // 5), random_state=seed, stratify=labels)
    return train, test.sample(min(MOST_TEST, len(test)), random_state=seed)


def harvest(entry: dict[str, Any], rows: int, seed: int) -> dict[str, np.ndarray]:
    """Search a table and return arrays."""
    train, test = split(entry, rows, seed)
    place = tempfile.mkdtemp(prefix="automl-ends-")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", automl.AutoMLWarning)
            run = automl.fit(
                train,
                entry["target"],
                task=entry["task"],
                metric="rmse" if entry["task"] == "regression" else "log_loss",
                algorithms=FAMILIES,
                cv=5,
                n_trials=TRIALS,
                time_budget=None,
                ensemble=False,
                strategy=automl.Strategy(racing=False),
                engine="inprocess",
                random_state=seed,
                out=place,
                verbose=0,
            )
            kept = [
                each for each in run.leaderboard["id"][run.leaderboard["state"] == "complete"] if "dummy" not in each
            ]
            known = [run.out_of_fold(each) for each in kept]
            data = run.labelled(test)
            unseen = []
            for each in kept:
                pipeline = run.pipeline(each)
                found = pipeline.predict_proba(data.X) if run.task.is_classification else pipeline.predict(data.X)
                unseen.append(np.asarray(found, dtype=np.float32).reshape(len(data.y), -1))
        scores = run.leaderboard.set_index("id")["score"]
        sign = -1.0 if run.metric.greater_is_better else 1.0
        return {
            "name": np.array(kept),
            "loss": np.array([sign * scores[each] for each in kept]),
            "y": known[0].y,
            "fold": known[0].fold,
            "prediction": np.stack([each.prediction for each in known]).astype(np.float32),
            "y_unseen": data.y,
            "unseen": np.stack(unseen),
        }
    finally:
        shutil.rmtree(place, ignore_errors=True)


def main() -> None:
    """Make what is asked for and not there."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--tables", default=",".join(TABLES))
    parser.add_argument("--rows", default="3000,400")
    parser.add_argument("--seeds", default="0,1")
    given = parser.parse_args()
    given.cache.mkdir(parents=True, exist_ok=True)
    entries = {each["name"]: each for each in json.loads((DATA / "index.json").read_text())["datasets"]}
    for seed in map(int, given.seeds.split(",")):
        for rows in map(int, given.rows.split(",")):
            for table in given.tables.split(","):
                path = given.cache / f"{table}-{rows}-{seed}.npz"
                if path.exists():
                    continue
                unfinished = path.with_suffix(".part")
                with unfinished.open("wb") as file:
                    np.savez_compressed(file, **harvest(entries[table], rows, seed))
                unfinished.replace(path)
                print(path.name, flush=True)


if __name__ == "__main__":
    main()
