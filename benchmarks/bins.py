"""How finely a booster should cut its columns: the same default with fewer bins, on few and on many rows.

    python benchmarks/bins.py [--tables diamonds,adult] [--rows 300,1000] [--seeds 0,1] [--data FOLDER]

A booster looks for the best of a column's cuts, so what a round costs grows with the bins; on few rows that is nearly
all of its cost, and most cuts separate a row or two. For every table, a sample of so many rows learns (a third as many
watch, for early stopping) and the loss on rows that neither saw is compared: log loss for labels, RMSE for quantities.
The seconds are the processor's. One JSON line for each; what is recorded already is not run again.

``--summary`` prints the table of the README: by family, rows and bins the geometric means of loss and of seconds beside
those of the library's own number of bins, and on how many tables the loss is lower.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
from features import encoded, loss
from harness.tables import Table, find_tables
from reporting.readme import insert
from sklearn.model_selection import train_test_split
from threadpoolctl import threadpool_limits

from automl.features.preparation import Preparation
from automl.pipeline.blend import predict_matrix
from automl.registry import algorithms
from automl.values.algorithm import BuildContext, DataShape, Rows

HERE = Path(__file__).resolve().parent
RECORDS = HERE / "records" / "bins.jsonl"
TABLES = (
    "california_housing,diamonds,abalone,house_prices,bike_sharing,pol,adult,credit_g,telco_churn,mammography,sick,"
    "wine_quality_white,breast_cancer,diabetes"
)
NAMES = {"catboost": "border_count", "xgboost": "max_bin", "hist_gradient_boosting": "max_bins", "lightgbm": "max_bin"}
OWN = {"catboost": 254, "xgboost": 256, "hist_gradient_boosting": 255, "lightgbm": 255}
BINS = (128, 64, 32)
MOST_UNSEEN = 2_000


def measured(table: Table, rows: int, seed: int, family: str, bins: int) -> dict[str, float] | None:
    """Return the loss on unseen rows and the seconds of a fit, ``None`` where the table has too few rows."""
    dataset, encoder, Z = encoded(table)
    task, y = dataset.task, dataset.y
    if len(y) < 1.8 * rows:
        return None
    shuffled = np.random.default_rng(seed).permutation(len(y))
    seen, unseen = shuffled[: rows * 4 // 3], shuffled[rows * 4 // 3 :][:MOST_UNSEEN]
    learn, watch = train_test_split(
        seen, test_size=0.25, random_state=seed, stratify=y[seen] if few_of(y[seen]) else None
    )
    algorithm = algorithms()[family]
    n_coded = sum(1 for levels in encoder.n_levels_ if levels)
    config = algorithm.space(DataShape(task.kind, len(learn), Z.shape[1], n_coded, task.n_classes)).default()
    with threadpool_limits(1):
        preparation = Preparation.from_needs(algorithm.needs_for(config), encoder.n_levels_, task, seed)
        X = preparation.fit_transform(Z[learn], y[learn])
        metric = "log_loss" if task.is_classification else "rmse"
        context = BuildContext(
            task.kind, task.n_classes, seed, 1, *X.shape, categorical=tuple(preparation.categorical_), metric=metric
        )
        model = algorithm.build(config, context)
        getattr(model, "model", model).set_params(**{NAMES[family]: bins})
        began = time.process_time()
        fitted = algorithm.fit(model, Rows(X, y[learn]), Rows(preparation.transform(Z[watch]), y[watch]), None)
        seconds = time.process_time() - began
        predicted = predict_matrix(fitted.model, preparation.transform(Z[unseen]), task.kind, task.n_classes)
    return {"loss": loss(y[unseen], predicted), "seconds": seconds, "rounds": fitted.rounds}


def few_of(y: Any) -> bool:
    """Tell whether a target holds labels that can be dealt out in proportion."""
    return y.dtype.kind in "iu" and bool(np.bincount(y).min() > 3)


def summary(path: Path) -> str:
    """Return a Markdown table: what fewer bins cost and save."""
    found: dict[tuple[str, int, int], dict[str, list[tuple[float, float]]]] = defaultdict(lambda: defaultdict(list))
    records = [json.loads(line) for line in path.read_text().splitlines()]
    own = {(r["family"], r["rows"], r["table"], r["seed"]): r for r in records if r["bins"] == OWN[r["family"]]}
    for r in records:
        if r["bins"] != OWN[r["family"]]:
            plain = own[r["family"], r["rows"], r["table"], r["seed"]]
            pair = (np.log(r["loss"] / plain["loss"]), np.log(r["seconds"] / plain["seconds"]))
            found[r["family"], r["rows"], r["bins"]][r["table"]].append(pair)
    lines = ["| family | rows | bins | loss | better on | seconds |", "| --- | ---: | ---: | ---: | ---: | ---: |"]
    for (family, rows, bins), tables in sorted(found.items()):
        means = [[statistics.fmean(each) for each in zip(*pairs, strict=True)] for pairs in tables.values()]
        losses, seconds = zip(*means, strict=True)
        better = sum(each < 0 for each in losses)
        lines.append(
            f"| {family} | {rows:,} | {bins} | {np.exp(statistics.fmean(losses)):.3f} | {better} of {len(losses)} "
            f"| {np.exp(statistics.fmean(seconds)):.2f} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Measure what is missing, or print the summary."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tables", default=TABLES)
    parser.add_argument("--rows", default="300,1000")
    parser.add_argument("--seeds", default="0,1")
    parser.add_argument("--families", default="catboost,xgboost,hist_gradient_boosting")
    parser.add_argument("--data", type=Path)
    parser.add_argument("--out", type=Path, default=RECORDS)
    parser.add_argument("--summary", action="store_true")
    options = parser.parse_args()
    if options.summary:
        print(summary(options.out))
        insert(HERE / "README.md", "bins", summary(options.out))
        return
    lines = options.out.read_text().splitlines() if options.out.exists() else []
    done = {tuple(json.loads(line)[name] for name in ("table", "rows", "seed", "family", "bins")) for line in lines}
    for table in find_tables(options.tables.split(","), options.data):
        for rows in map(int, options.rows.split(",")):
            for seed in map(int, options.seeds.split(",")):
                for family in options.families.split(","):
                    for bins in (OWN[family], *BINS):
                        key = (table.name, rows, seed, family, bins)
                        found = None if key in done else measured(table, rows, seed, family, bins)
                        if found is None:
                            continue
                        record = dict(zip(("table", "rows", "seed", "family", "bins"), key, strict=True)) | found
                        with options.out.open("a") as file:
                            file.write(json.dumps(record) + "\n")
        print(table.name, flush=True)


if __name__ == "__main__":
    main()
