"""What each step of features and cleaning is worth: the same model on the same rows, with the step and without.

    python benchmarks/features.py [--tables diamonds,adult] [--seeds 0,1,2] [--steps arithmetic,crosses] [--data FOLDER]

For every table and seed a quarter of the rows is kept, and a quarter of the rest watches the training (early stopping)
and tells which of two is better, as the search does. A family's default configuration learns from what is left, plain
and with the step, with the same seed; the loss on the rows that were kept is compared (log loss for labels, RMSE for
quantities). Nothing is timed against a clock, so a busy machine tells the same. Tables are encoded once from at most
6,000 rows, or ``--rows``. One JSON line for each table, seed, family and step; what is recorded already is not run
again.

``--summary`` prints the table of the README: for each step and family the geometric mean over tables of the loss
beside the plain model's (below 1 is better), on how many tables it is better, the chance of so many or so few by luck
(sign test), the best and the worst table; then what comes of keeping the step where the watching rows say so: on how
many of those tables it is better, and the mean ratio over all tables.
"""

from __future__ import annotations

import argparse
import json
import math
import re
import statistics
import time
import warnings
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pandas as pd
from harness.tables import Table, find_tables
from reporting.readme import insert
from scipy.stats import binomtest
from sklearn.metrics import log_loss, root_mean_squared_error
from sklearn.model_selection import train_test_split
from threadpoolctl import threadpool_limits

from automl.data.dataset import Dataset, make_dataset
from automl.features.preparation import Preparation
from automl.pipeline import codes
from automl.pipeline.blend import predict_matrix
from automl.pipeline.table import TableEncoder
from automl.registry import algorithms
from automl.values.algorithm import BuildContext, DataShape, Rows

HERE = Path(__file__).resolve().parent
RECORDS = HERE / "records" / "features.jsonl"
TABLES = (
    "california_housing,diamonds,abalone,house_prices,bike_sharing,adult,amazon_employee,credit_g,telco_churn,titanic,"
    "mammography,wine_quality_white"
)
MOST_ROWS = 6_000
EVERY_TASK = ("binary", "multiclass", "regression")


@dataclass(frozen=True)
class Step:
    """A step, and what it is measured with.

    Attributes
    ----------
    needs
        What it changes in what the model needs from preparation.
    config
        What it changes in the configuration.
    noise
        What was done to a twentieth of the words of the tables that it is measured on: ``"spellings"``, other capitals
        and blanks, beside an encoder that does not read these as the common level; ``"typing errors"``, one in a word.
    unread
        The role of columns that are left out without the step: what reading them is worth.
    """

    needs: Mapping[str, Any] = field(default_factory=dict)
    config: Mapping[str, Any] = field(default_factory=dict)
    families: tuple[str, ...] = ("lightgbm", "linear")
    tasks: tuple[str, ...] = EVERY_TASK
    noise: str = ""
    unread: str = ""


PLAIN = "plain"
FORESTS = ("random_forest", "extra_trees")
STRAIGHT = ("linear", "mlp", "nearest_neighbors", "svm")
SMOOTH = ("naive_bayes", "discriminant_analysis", "additive", "gaussian_process")
BOOSTERS = ("lightgbm", "xgboost", "catboost", "hist_gradient_boosting")
STEPS = {
    "arithmetic": Step({"generated": ("arithmetic",)}),
    "group statistics": Step({"generated": ("groups",)}),
    "counts": Step({"generated": ("counts",)}),
    "crosses": Step({"generated": ("crosses",)}),
    "places": Step({"generated": ("places",)}),
    "arithmetic and groups and places": Step(
        {"generated": ("arithmetic", "groups", "places")}, families=(*BOOSTERS, "linear")
    ),
    "arithmetic and groups": Step({"generated": ("arithmetic", "groups")}),
    "selection": Step({"selected": True}, families=("lightgbm", "linear", "nearest_neighbors")),
    "scaling: standard": Step({"scaling": "standard"}, families=(*STRAIGHT, *SMOOTH)),
    "scaling: robust": Step(
        {"scaling": "robust"}, families=("mlp", "nearest_neighbors", "additive", "gaussian_process")
    ),
    "scaling: clipped": Step({"scaling": "clipped"}, families=("linear", "nearest_neighbors")),
    "scaling: quantile": Step({"scaling": "quantile"}, families=("linear", "svm", "discriminant_analysis")),
    "scaling: power": Step({"scaling": "power"}, families=(*STRAIGHT, *SMOOTH)),
    "bins": Step({"numbers": "bins"}, families=("linear", "mlp", "naive_bayes")),
    "slopes": Step({"numbers": "slopes"}, families=("linear", "mlp", "svm")),
    "spellings": Step(noise="spellings"),
    "typing errors": Step({"respelled": True}, families=(*BOOSTERS, *FORESTS, *STRAIGHT), noise="typing errors"),
    "dates": Step(unread="datetime", families=("lightgbm", "linear", "mlp")),
    "text": Step(unread="text", families=("lightgbm", "linear", "mlp")),
    "codes of many levels": Step({"native_levels": 1_000_000}, families=("lightgbm", "catboost")),
    "target: log": Step(config={"target": "log"}, families=(*BOOSTERS, "linear"), tasks=("regression",)),
    "target: yeo_johnson": Step(
        config={"target": "yeo_johnson"}, families=(*BOOSTERS, "linear"), tasks=("regression",)
    ),
    "target: quantile": Step(config={"target": "quantile"}, families=(*BOOSTERS, "linear"), tasks=("regression",)),
}


def written_otherwise(table: Table, noise: str) -> pd.DataFrame:
    """Return the table with a twentieth of its words in other capitals or blanks, or with a typing error."""
    frame, random = table.frame.copy(), np.random.default_rng(0)
    changes = {
        "spellings": (str.upper, str.lower, lambda word: f" {word} "),
        "typing errors": (lambda word: mistyped(word, random),),
    }[noise]
    for name in frame.columns.drop(table.target):
        if not pd.api.types.is_numeric_dtype(frame[name].dtype):
            words = frame[name].astype(object)
            for change in changes:
                hit = random.random(len(words)) < 0.05 / len(changes)
                some = hit & words.map(lambda word: isinstance(word, str)).to_numpy()
                words[some] = words[some].map(change)
            frame[name] = words
    return frame


def mistyped(text: str, random: np.random.Generator) -> str:
    """Return the text with a letter left out, doubled, put wrongly or exchanged with the next, inside a long word."""
    words = list(re.finditer(r"[^\W\d_]{5,}", text))
    if not words:
        return text
    start, end = words[random.integers(len(words))].span()
    place = int(random.integers(start + 1, end - 2))
    before, letter, after = text[:place], text[place], text[place + 1 :]
    kinds = ("", letter + letter, "abcdefghijklmnopqrstuvwxyz"[random.integers(26)], after[0] + letter)
    kind = int(random.integers(len(kinds)))
    return before + kinds[kind] + (after[1:] if kind == 3 else after)


@cache
def encoded(
    table: Table, noise: str = "", is_mended: bool = True, rows: int = MOST_ROWS, unread: str = ""
) -> tuple[Dataset, TableEncoder, Any]:
    """Return a table of at most so many rows, without columns of a role, its fitted encoder and the encoded rows."""
    frame = written_otherwise(table, noise) if noise else table.frame
    if len(frame) > rows:
        frame = frame.sample(rows, random_state=0).reset_index(drop=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset = make_dataset(frame, table.target, task=table.task)
        if unread:
            left_out = dict.fromkeys(having(dataset, unread), "ignored")
            dataset = make_dataset(frame, table.target, task=table.task, roles=left_out)
    encoder = TableEncoder(columns=dataset.schema.to_json(), seed=0)
    if is_mended or noise != "spellings":
        return dataset, encoder, encoder.fit_transform(dataset.X)
    with patch.object(codes, "rare_spellings", lambda levels, counts: {}):
        return dataset, encoder, encoder.fit_transform(dataset.X)


def having(dataset: Dataset, role: str) -> list[str]:
    """Return the columns of a role."""
    return [column.name for column in dataset.schema.columns if column.role == role]


def parts(dataset: Dataset, seed: int) -> tuple[Any, Any, Any]:
    """Return the rows to learn from, to watch and to keep."""
    is_labelled = dataset.task.kind != "regression"
    labels = dataset.y if is_labelled and np.bincount(dataset.y.astype(int)).min() > 5 else None
    rows = np.arange(len(dataset.y))
    learn, kept = train_test_split(rows, test_size=0.25, random_state=seed, stratify=labels)
    labels = None if labels is None else labels[learn]
    return *train_test_split(learn, test_size=0.25, random_state=seed, stratify=labels), kept


def measured(
    table: Table,
    seed: int,
    family: str,
    step: Step | None,
    *,
    noise: str = "",
    rows: int = MOST_ROWS,
    unread: str = "",
) -> dict[str, Any]:
    """Return the losses of a family's default with a step or, without one, plain, and the seconds it took."""
    dataset, encoder, Z = encoded(table, noise, step is not None, rows, unread)
    task, y = dataset.task, dataset.y
    learn, watch, kept = parts(dataset, seed)
    algorithm = algorithms()[family]
    n_coded = sum(1 for levels in encoder.n_levels_ if levels)
    space = algorithm.space(DataShape(task.kind, len(learn), Z.shape[1], n_coded, task.n_classes))
    config = space.complete(dict(step.config) if step else {})
    needs = replace(algorithm.needs_for(config), **(step.needs if step else {}))
    with threadpool_limits(1):
        started = time.process_time()
        preparation = Preparation.from_needs(needs, encoder.n_levels_, task, seed, encoder.misspelt_codes)
        X = preparation.fit_transform(Z[learn], y[learn])
        prepared = time.process_time()
        watched, unseen = preparation.transform(Z[watch]), preparation.transform(Z[kept])
        metric = "log_loss" if task.is_classification else "rmse"
        context = BuildContext(
            task.kind, task.n_classes, seed, 1, *X.shape, categorical=tuple(preparation.categorical_), metric=metric
        )
        begun = time.process_time()
        model = algorithm.fit(algorithm.build(config, context), Rows(X, y[learn]), Rows(watched, y[watch]), None).model
        ended = time.process_time()
    found = {}
    for name, given, part in (("watched", watched, watch), ("kept", unseen, kept)):
        found[name] = loss(y[part], predict_matrix(model, given, task.kind, task.n_classes))
    return {**found, "prepare_seconds": prepared - started, "fit_seconds": ended - begun, "columns": X.shape[1]}


def loss(y: Any, predicted: Any) -> float:
    """Return log loss or RMSE."""
    if predicted.shape[1] == 1:
        return float(root_mean_squared_error(y, predicted[:, 0]))
    proba = np.clip(predicted, 1e-6, 1)
    return float(log_loss(y, proba / proba.sum(axis=1, keepdims=True), labels=list(range(predicted.shape[1]))))


def read(path: Path) -> dict[tuple[str, str, int, str], dict[str, Any]]:
    """Return the records of a file by table, family, seed and step."""
    records = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    return {(each["table"], each["family"], each["seed"], each["step"]): each for each in records}


def summary(path: Path) -> str:
    """Return a Markdown table: what each step is worth for each family."""
    records = read(path)
    pairs: dict[tuple[str, str], dict[str, list[dict[str, float]]]] = defaultdict(lambda: defaultdict(list))
    for (table, family, seed, step), record in records.items():
        if step != PLAIN:
            plain = records[table, family, seed, PLAIN]
            pairs[step, family][table].append({name: record[name] / plain[name] for name in ("watched", "kept")})
    lines = [
        "| step | family | tables | loss | better on | by luck | best | worst | chosen, better | if chosen |",
        "| --- | --- | ---: | ---: | ---: | ---: | --- | --- | ---: | ---: |",
    ]
    for (step, family), tables in sorted(pairs.items()):
        lines.append(f"| {step} | {family} | {' | '.join(_told(tables))} |")
    return "\n".join(lines)


def _told(tables: Mapping[str, list[dict[str, float]]]) -> list[str]:
    kept, watched = (
        {table: _mean([each[name] for each in ratios]) for table, ratios in tables.items()}
        for name in ("kept", "watched")
    )
    better, worse = sum(each < 1 - 1e-9 for each in kept.values()), sum(each > 1 + 1e-9 for each in kept.values())
    luck = float(binomtest(better, better + worse).pvalue) if better + worse else 1.0
    best, worst = min(kept, key=lambda table: kept[table]), max(kept, key=lambda table: kept[table])
    chosen = [kept[table] for table in kept if watched[table] < 1 - 1e-9]
    overall = _mean([*chosen, *[1.0] * (len(kept) - len(chosen))])
    return [
        str(len(kept)),
        f"{_mean(list(kept.values())):.3f}",
        f"{better} of {better + worse}",
        f"{luck:.2f}",
        f"{best} {kept[best]:.3f}",
        f"{worst} {kept[worst]:.3f}",
        f"{len(chosen)}, {sum(each < 1 - 1e-9 for each in chosen)}",
        f"{overall:.3f}",
    ]


def _mean(ratios: list[float]) -> float:
    return math.exp(statistics.fmean(map(math.log, ratios)))


def main() -> None:
    """Run what is asked for and append a line for each table, seed, family and step."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tables", default=TABLES)
    parser.add_argument("--seeds", default="0,1,2")
    parser.add_argument("--steps", default=",".join(STEPS))
    parser.add_argument("--families", help="only these; default: all that a step is measured with")
    parser.add_argument("--rows", type=int, default=MOST_ROWS, help="at most so many rows of a table")
    parser.add_argument("--data", type=Path, help="folder of tables with an index.json; default: AUTOML_DATA")
    parser.add_argument("--out", type=Path, default=RECORDS)
    parser.add_argument("--summary", action="store_true", help="print the table of existing records and end")
    parser.add_argument("--readme", action="store_true", help="put that table into README.md and end")
    options = parser.parse_args()
    if options.summary:
        print(summary(options.out))
        return
    if options.readme:
        insert(HERE / "README.md", "features", summary(options.out))
        return
    done = set(read(options.out))
    seeds, names = [int(seed) for seed in options.seeds.split(",")], options.steps.split(",")
    for table in find_tables(options.tables.split(","), options.data):
        for name in names:
            step = STEPS[name]
            if table.task in step.tasks and (not step.unread or having(encoded(table)[0], step.unread)):
                _record(table, seeds, name, step, done, options)


NOISY = {"spellings": "misspelt", "typing errors": "mistyped"}


def _record(table: Table, seeds: list[int], name: str, step: Step, done: set[Any], options: argparse.Namespace) -> None:
    """Append a line for each family and seed with the step, and for those without it, if there is none yet."""
    told_name = f"{table.name} {NOISY[step.noise]}" if step.noise else table.name
    told_name = f"{table.name} ({step.unread})" if step.unread else told_name
    for family in step.families:
        if options.families and family not in options.families.split(","):
            continue
        if table.task not in algorithms()[family].tasks:
            continue
        for seed in seeds:
            for told_step in (PLAIN, name):
                key = (told_name, family, seed, told_step)
                if key in done:
                    continue
                is_plain = told_step == PLAIN
                told = measured(
                    table,
                    seed,
                    family,
                    None if is_plain else step,
                    noise=step.noise,
                    rows=options.rows,
                    unread=step.unread if is_plain else "",
                )
                record = {"table": told_name, "family": family, "seed": seed, "step": told_step, **told}
                if options.rows != MOST_ROWS:
                    record["rows"] = options.rows
                with options.out.open("a") as file:
                    file.write(json.dumps(record) + "\n")
                done.add(key)
            print(told_name, family, seed, name, flush=True)


if __name__ == "__main__":
    main()
