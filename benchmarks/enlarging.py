"""What enlarging the training set is worth: balancing rare labels, unlabelled rows, noise and mixup for the network.

    python benchmarks/enlarging.py [--parts balance,mlp,unlabeled] [--tables sick] [--seeds 0,1] [--out FILE]

Nothing here depends on time: each family is fitted with its default hyperparameters on the same folds, once plainly and
once with the option, and both are compared fold by fold by every metric of the task. For unlabelled rows, the labels of
nine rows in ten are hidden; the same trials are run with and without those rows, and both are also scored on rows that
neither saw. One JSON line a run; ``--summary`` prints the tables of a record file, ``--into`` renews a page's section.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import sys
import tempfile
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from reporting.readme import insert
from sklearn.metrics import log_loss, root_mean_squared_error
from sklearn.model_selection import train_test_split

import automl
from automl.values.algorithm import Algorithm, DataShape
from automl.values.space import Categorical, SearchSpace, Value

HERE = Path(__file__).resolve().parent
DATA = Path(os.environ.get("AUTOML_DATA", HERE.parent.parent / "shared" / "data"))
MOST_ROWS = 2_500
IMBALANCED = ("mammography", "sick", "amazon_employee", "bank_marketing", "thyroid_anomaly")
VARIED = ("sonar", "credit_g", "eucalyptus", "wine_quality_white", "abalone", "bank_marketing")
FAMILIES = (
    "lightgbm",
    "linear",
    "extra_trees",
    "mlp",
    "catboost",
    "xgboost",
    "hist_gradient_boosting",
    "random_forest",
)
AUGMENTED: dict[str, dict[str, Value]] = {
    "plain": {},
    "noise 0.05": {"noise": 0.05},
    "noise 0.2": {"noise": 0.2},
    "mixup 0.1": {"mixup": 0.1},
    "mixup 0.4": {"mixup": 0.4},
}


def with_options(name: str, options: dict[str, Value]) -> Algorithm:
    """Return a family whose options have these values, whether or not its space offers them on this table."""
    family = automl.algorithm(name)

    def space(shape: DataShape) -> SearchSpace:
        own = [each for each in family.space(shape) if each.name not in ("balance", "noise", "mixup")]
        return SearchSpace(*own, *(Categorical(key, (value,)) for key, value in options.items()))

    return replace(family, space=space)


def read_table(entry: dict[str, Any]) -> tuple[pd.DataFrame, str]:
    """Return a table of at most :data:`MOST_ROWS` rows, its labels in the shares they have."""
    table, target = pd.read_parquet(DATA / entry["file"]), entry["target"]
    if len(table) > MOST_ROWS:
        labels = None if entry["task"] == "regression" else table[target]
        table, _ = train_test_split(table, train_size=MOST_ROWS, random_state=0, stratify=labels)
    return table.reset_index(drop=True), target


def default_folds(name: str, options: dict[str, Value], table: pd.DataFrame, target: str, task: str, seed: int) -> Any:
    """Return every metric of every fold of a family's default, fitted with these options."""
    place = tempfile.mkdtemp(prefix="automl-enlarging-")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", automl.AutoMLWarning)
            run = automl.fit(
                table,
                target,
                task=task,
                algorithms=[with_options(name, options)],
                ensemble=False,
                n_trials=2,
                cv=3,
                random_state=seed,
                engine="inprocess",
                out=place,
                verbose=0,
            )
        first = next(each for each in run.evaluations if each.candidate.algorithm == name)
        if first.state != "complete":
            raise SystemExit(f"{name} with {options} on {target}: {first.reason}")
        return [{key: round(value, 6) for key, value in fold.further} for fold in first.folds]
    finally:
        shutil.rmtree(place, ignore_errors=True)


def balance_runs(tables: Sequence[str], seeds: Sequence[int]) -> Iterator[dict[str, Any]]:
    """Name the runs of the families with each way of balancing."""
    for seed in seeds:
        for family in FAMILIES:
            for table in tables:
                for how in ("none", "weights", "oversample"):
                    yield {"part": "balance", "table": table, "seed": seed, "family": family, "option": how}


def mlp_runs(tables: Sequence[str], seeds: Sequence[int]) -> Iterator[dict[str, Any]]:
    """Name the runs of the network with each augmentation."""
    for seed in seeds:
        for table in tables:
            for option in AUGMENTED:
                yield {"part": "mlp", "table": table, "seed": seed, "family": "mlp", "option": option}


def unlabeled_runs(tables: Sequence[str], seeds: Sequence[int]) -> Iterator[dict[str, Any]]:
    """Name the runs with nine labels in ten hidden."""
    for seed in seeds:
        for table in tables:
            yield {"part": "unlabeled", "table": table, "seed": seed, "family": "three", "option": "self-training"}


def hidden_labels(table: pd.DataFrame, target: str, task: str, seed: int) -> dict[str, Any]:
    """Return losses on kept rows of the same search without and with nine tenths of the rows, their labels hidden."""
    rest, test = train_test_split(table, test_size=0.25, random_state=seed)
    labelled, hidden = train_test_split(rest, train_size=0.1, random_state=seed)
    losses: dict[str, float] = {}
    pairs: list[dict[str, float]] = []
    for name, unlabelled in (("without", None), ("with", hidden.drop(columns=target))):
        place = tempfile.mkdtemp(prefix="automl-enlarging-")
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", automl.AutoMLWarning)
                run = automl.fit(
                    labelled,
                    target,
                    task=task,
                    metric="rmse" if task == "regression" else "log_loss",
                    algorithms=["linear", "extra_trees", "lightgbm"],
                    n_trials=4,
                    time_budget=None,
                    cv=3,
                    random_state=seed,
                    engine="inprocess",
                    unlabeled=unlabelled,
                    out=place,
                    verbose=0,
                )
                losses[name] = loss(run, "ensemble" if "ensemble" in set(run.leaderboard["id"]) else 1, test, target)
            candidates = {each.candidate: each for each in run.evaluations if not each.candidate.self_trained}
            for after in (each for each in run.evaluations if each.candidate.self_trained):
                before = candidates[after.candidate.plain]
                pairs.append(
                    {
                        "validation_without": before.loss,
                        "validation_with": after.loss,
                        "test_without": loss(run, f"{before.candidate.algorithm}-{before.number}", test, target),
                        "test_with": loss(run, f"{after.candidate.algorithm}-{after.number}", test, target),
                    }
                )
        finally:
            shutil.rmtree(place, ignore_errors=True)
    return {"labelled": len(labelled), "unlabelled": len(hidden), "tried": 3, "kept": pairs, **losses}


def loss(run: automl.Run, which: int | str, test: pd.DataFrame, target: str) -> float:
    """Return the loss of a row's pipeline on rows that it has not seen; a label that it can't know is left out."""
    pipeline = run.pipeline(which)
    X, y = test.drop(columns=target), test[target]
    if run.task.kind == "regression":
        return float(root_mean_squared_error(y, pipeline.predict(X)))
    labels = list(pipeline.classes_)
    known = y.isin(labels).to_numpy()
    proba = np.clip(pipeline.predict_proba(X[known]), 1e-6, 1)
    return float(log_loss(y[known], proba / proba.sum(axis=1, keepdims=True), labels=labels))


def outcome(run: dict[str, Any], entry: dict[str, Any]) -> dict[str, Any]:
    """Return what a run gave."""
    table, target = read_table(entry)
    task = "binary" if entry["task"] == "anomaly" else entry["task"]
    if run["part"] == "unlabeled":
        return hidden_labels(table, target, task, run["seed"])
    options = {"balance": run["option"]} if run["part"] == "balance" else AUGMENTED[run["option"]]
    return {"folds": default_folds(run["family"], options, table, target, task, run["seed"])}


METRICS = {
    "balanced_accuracy": True,
    "f1": True,
    "mcc": True,
    "roc_auc": True,
    "average_precision": True,
    "log_loss": False,
}
"""The metrics that are told of balancing, and whether higher is better."""


def balance_summary(records: Sequence[dict[str, Any]]) -> str:
    """Return, for each family and way of balancing, on how many tables a metric is better than without."""
    found = {(each["table"], each["seed"], each["family"], each["option"]): each["folds"] for each in records}
    tables = sorted({table for table, *_ in found})
    lines = [f"| family | balance | {' | '.join(METRICS)} |", f"| --- | --- |{' ---: |' * len(METRICS)}"]
    for family in FAMILIES:
        for how in ("weights", "oversample"):
            cells = []
            for metric, is_higher_better in METRICS.items():
                gains = []
                for table in tables:
                    pairs = [
                        (old[metric], new[metric])
                        for (place, seed, name, option), folds in found.items()
                        if (place, name, option) == (table, family, "none") and (table, seed, family, how) in found
                        for old, new in zip(folds, found[table, seed, family, how], strict=True)
                    ]
                    if pairs:
                        gain = statistics.fmean(new - old for old, new in pairs)
                        gains.append(gain if is_higher_better else -gain)
                cells.append(
                    f"{sum(gain > 0 for gain in gains)}/{len(gains)} ({statistics.fmean(gains):+.3f})" if gains else ""
                )
            if any(cells):
                lines.append(f"| {family} | {how} | {' | '.join(cells)} |")
    return "\n".join(lines)


def mlp_summary(records: Sequence[dict[str, Any]]) -> str:
    """Return, for each augmentation, on how many tables the network's loss is lower, and by what share."""
    found = {(each["table"], each["seed"], each["option"]): each["folds"] for each in records}
    lines = ["| option | tables | lower loss on | folds | lower loss on | change of the loss, median of tables |"]
    lines.append("| --- | ---: | ---: | ---: | ---: | ---: |")
    for option in [name for name in AUGMENTED if name != "plain"]:
        by_table: dict[str, list[tuple[float, float]]] = defaultdict(list)
        for (table, seed, name), folds in found.items():
            if name == option and (table, seed, "plain") in found:
                for old, new in zip(found[table, seed, "plain"], folds, strict=True):
                    metric = "log_loss" if "log_loss" in old else "rmse"
                    by_table[table].append((old[metric], new[metric]))
        changes = [
            statistics.fmean(new for _, new in pairs) / statistics.fmean(old for old, _ in pairs) - 1
            for pairs in by_table.values()
        ]
        if not changes:
            continue
        pairs = [pair for each in by_table.values() for pair in each]
        lines.append(
            f"| {option} | {len(changes)} | {sum(change < 0 for change in changes)} | {len(pairs)} | "
            f"{sum(new < old for old, new in pairs)} | {statistics.median(changes):+.1%} |"
        )
    return "\n".join(lines)


def unlabeled_summary(records: Sequence[dict[str, Any]]) -> str:
    """Return, table by table, what self-training changed out of fold and on rows that were kept from both."""
    lines = [
        "| table | runs | labelled rows | kept of tried | out-of-fold loss of those | their loss on kept rows | "
        "loss of the best pipeline on kept rows |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for table in sorted({each["table"] for each in records}):
        mine = [each for each in records if each["table"] == table]
        kept = [pair for each in mine for pair in each["kept"]]
        changes = [
            f"{statistics.fmean(pair[f'{place}_with'] / pair[f'{place}_without'] for pair in kept) - 1:+.1%}"
            if kept
            else ""
            for place in ("validation", "test")
        ]
        whole = statistics.fmean(each["with"] / each["without"] for each in mine) - 1
        tried = sum(each["tried"] for each in mine)
        lines.append(
            f"| {table} | {len(mine)} | {mine[0]['labelled']:,} | {len(kept)} of {tried} | {' | '.join(changes)} | "
            f"{whole:+.1%} |"
        )
    return "\n".join(lines)


def summary(path: Path) -> str:
    """Return the tables of a record file."""
    records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    told = []
    for part, (title, tell) in SUMMARIES.items():
        mine = [each for each in records if each["part"] == part]
        if mine:
            told.append(f"{title}\n\n{tell(mine)}")
    return "\n\n".join(told)


SUMMARIES: dict[str, tuple[str, Callable[[Sequence[dict[str, Any]]], str]]] = {
    "balance": (
        "Balancing, on how many of the tables a metric is better than without (mean difference, above 0 is better):",
        balance_summary,
    ),
    "mlp": ("Noise and mixup for the network:", mlp_summary),
    "unlabeled": ("Nine labels in ten hidden, the same search without and with those rows:", unlabeled_summary),
}
KEYS = ("part", "table", "seed", "family", "option")


def main() -> None:
    """Run what is asked for and is not recorded yet, and append a line a run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parts", default="balance,mlp,unlabeled")
    parser.add_argument("--tables", default="")
    parser.add_argument("--families", default=",".join((*FAMILIES, "three")))
    parser.add_argument("--seeds", default="0,1")
    parser.add_argument("--out", type=Path, default=HERE / "records" / "enlarging.jsonl")
    parser.add_argument("--summary", action="store_true", help="print the tables of an existing record and end")
    parser.add_argument("--into", type=Path, help="put the tables into the section 'enlarging' of this page and end")
    options = parser.parse_args()
    if options.summary or options.into:
        print(summary(options.out))
        if options.into:
            insert(options.into, "enlarging", summary(options.out))
        return
    index = {entry["name"]: entry for entry in json.loads((DATA / "index.json").read_text())["datasets"]}
    done = set()
    if options.out.exists():
        records = map(json.loads, options.out.read_text(encoding="utf-8").splitlines())
        done = {tuple(record[key] for key in KEYS) for record in records}
    seeds = [int(each) for each in options.seeds.split(",")]
    runs = {
        "balance": (balance_runs, IMBALANCED),
        "mlp": (mlp_runs, VARIED),
        "unlabeled": (unlabeled_runs, VARIED),
    }
    for part in options.parts.split(","):
        make, tables = runs[part]
        for run in make(options.tables.split(",") if options.tables else tables, seeds):
            if run["family"] not in options.families.split(",") or tuple(run[key] for key in KEYS) in done:
                continue
            record = {**run, **outcome(run, index[run["table"]]), "version": automl.__version__}
            with options.out.open("a", encoding="utf-8") as file:
                file.write(json.dumps(record) + "\n")
            print(*(run[key] for key in KEYS), file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
