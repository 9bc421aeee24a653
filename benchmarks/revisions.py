"""Whether a change to how a family learns pays: its default before and after the change, side by side.

    python benchmarks/revisions.py --change "mlp: cosine" --family mlp --before COMMIT [--after COMMIT] [--tables adult]
        [--rows 16000] [--seeds 0,1,2] [--data FOLDER] [--summary]

Both commits are unpacked into temporary folders, and each table and seed is done by one right after the other: a run
with that one family and nothing but its default, a fifth of the rows held out, on at most so many rows; the loss (log
loss for labels, RMSE for quantities) is that of the best pipeline on a quarter of the rows that it has not seen, the
seconds are the processor's of a fit, the rounds those that were kept. One JSON line for each pair is appended to the
record at once; what is in it is not done again. ``--summary`` puts the table into the README: by change the geometric
means over tables of the ratios of medians over seeds, after over before.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import statistics
import subprocess
import sys
import tarfile
import tempfile
from io import BytesIO
from pathlib import Path
from typing import Any

from harness.tables import Table, find_tables, split, write_rows
from reporting.readme import NOTHING, insert

HERE = Path(__file__).resolve().parent
RECORD = HERE / "records" / "revisions.jsonl"
TABLES = (
    "adult,bank_marketing,telco_churn,credit_g,mammography,letter,digits,soybean,wine_quality_white,shuttle,"
    "california_housing,diamonds,bike_sharing,abalone,house_prices,pol"
)
PROGRAM = """
import json, sys, tempfile
from pathlib import Path
import numpy as np, pandas as pd
from sklearn.metrics import log_loss, root_mean_squared_error
import automl

folder, commit, family, target, task, seed = sys.argv[1:]
assert Path(automl.__file__).is_relative_to(commit), automl.__file__
learn, unseen = (pd.read_parquet(Path(folder) / f"{name}.parquet") for name in ("learn", "unseen"))
with tempfile.TemporaryDirectory() as place:
    run = automl.fit(
        learn, target, task=task, metric="rmse" if task == "regression" else "log_loss", algorithms=[family], cv=0.2,
        n_trials=2, time_budget=None, n_jobs=1, ensemble=False, random_state=int(seed), out=place, verbose=0,
        strategy=automl.Strategy(racing=False),
    )
    (found,) = (each for each in run.evaluations if each.candidate.algorithm == family)
    row = next(name for name in run.leaderboard["id"] if name.startswith(family))
    X, y = unseen.drop(columns=target), unseen[target]
    if task == "regression":
        loss = root_mean_squared_error(y, run.pipeline(row).predict(X))
    else:
        predicted = np.clip(run.pipeline(row).predict_proba(X), 1e-15, 1)
        loss = log_loss(y, predicted / predicted.sum(axis=1, keepdims=True), labels=list(run.pipeline(row).classes_))
    (fold,) = found.folds
    print(json.dumps({"loss": float(loss), "seconds": fold.cpu_seconds, "rounds": fold.rounds}))
"""


def unpacked(commit: str, folder: Path) -> Path:
    """Unpack the engine as it was at a commit, and return where it is."""
    packed = subprocess.run(
        ["git", "archive", commit, "automl", "search_spaces", "pyproject.toml"],
        cwd=HERE.parent,
        check=True,
        stdout=subprocess.PIPE,
    ).stdout
    with tarfile.open(fileobj=BytesIO(packed)) as archive:
        archive.extractall(folder, filter="data")
    return folder


def measured(commit: Path, rows: Path, family: str, table: Table, seed: int) -> dict[str, float]:
    """Return the loss on unseen rows and the processor seconds of a family's default at a commit."""
    arguments = [str(rows), str(commit), family, table.target, table.task, str(seed)]
    environment = {**os.environ, "PYTHONPATH": str(commit), "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-P", "-c", PROGRAM, *arguments],
        cwd=commit,
        env=environment,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    told: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return told


def summary(path: Path) -> str:
    """Return a Markdown table: what each change did to losses and seconds."""
    if not path.exists():
        return NOTHING
    records: list[dict[str, Any]] = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    lines = [
        "| change | tables | seeds | loss | better on | most gained | most lost | seconds |",
        "| --- | ---: | ---: | ---: | ---: | --- | --- | ---: |",
    ]
    for change in dict.fromkeys(each["change"] for each in records):
        of_change = [each for each in records if each["change"] == change]
        ratios = {
            table: tuple(
                math.log(
                    statistics.median(each[f"{name}_after"] for each in of_change if each["table"] == table)
                    / statistics.median(each[f"{name}_before"] for each in of_change if each["table"] == table)
                )
                for name in ("loss", "seconds")
            )
            for table in dict.fromkeys(each["table"] for each in of_change)
        }
        order = sorted(ratios, key=lambda table: ratios[table][0])
        losses, seconds = zip(*ratios.values(), strict=True)
        ends = (f"{table} {math.exp(ratios[table][0]):.3f}" for table in (order[0], order[-1]))
        n_seeds = len({each["seed"] for each in of_change})
        lines.append(
            f"| {change} | {len(ratios)} | {n_seeds} | {math.exp(statistics.fmean(losses)):.3f} "
            f"| {sum(each < 0 for each in losses)} of {len(losses)} | {' | '.join(ends)} "
            f"| {math.exp(statistics.fmean(seconds)):.2f} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Measure what is missing, or print the summary."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--change", help="the name under which the pairs are recorded")
    parser.add_argument("--family")
    parser.add_argument("--before", help="a commit")
    parser.add_argument("--after", default="HEAD", help="a commit")
    parser.add_argument("--tables", default=TABLES)
    parser.add_argument("--rows", type=int, default=16_000)
    parser.add_argument("--seeds", default="0,1,2")
    parser.add_argument("--data", type=Path)
    parser.add_argument("--out", type=Path, default=RECORD)
    parser.add_argument("--summary", action="store_true")
    options = parser.parse_args()
    if options.summary:
        print(summary(options.out))
        insert(HERE / "README.md", "revisions", summary(options.out))
        return
    if not (options.change and options.family and options.before):
        parser.error("name the change, the family and the commit before it")
    lines = options.out.read_text(encoding="utf-8").splitlines() if options.out.exists() else []
    done = {tuple(json.loads(line)[name] for name in ("change", "table", "seed")) for line in lines}
    with tempfile.TemporaryDirectory() as place:
        commits = {name: unpacked(getattr(options, name), Path(place) / name) for name in ("before", "after")}
        for table in find_tables(options.tables.split(","), options.data):
            for seed in map(int, options.seeds.split(",")):
                if (options.change, table.name, seed) in done:
                    continue
                learn, unseen = split(table, seed)
                learn = learn.sample(min(len(learn), options.rows), random_state=seed)
                write_rows(learn, Path(place) / "learn.parquet")
                if table.task != "regression":  # a label that the sample lacks can't be learned from it
                    unseen = unseen[unseen[table.target].isin(learn[table.target])]
                write_rows(unseen, Path(place) / "unseen.parquet")
                record: dict[str, Any] = {"change": options.change, "family": options.family, "table": table.name}
                record |= {"table_hash": table.hash, "rows": len(learn), "seed": seed}
                for name, commit in commits.items():
                    found = measured(commit, Path(place), options.family, table, seed)
                    record |= {f"{key}_{name}": each for key, each in found.items()}
                with options.out.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(record) + "\n")
                print(
                    {key: round(each, 4) if isinstance(each, float) else each for key, each in record.items()},
                    flush=True,
                )


if __name__ == "__main__":
    main()
