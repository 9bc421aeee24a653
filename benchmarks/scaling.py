"""What more rows, more columns and more cores cost and bring.

    python benchmarks/scaling.py [--rows 1000,10000,50000] [--columns 20,200,1000] [--cores 1,2] [--budgets 20]
    python benchmarks/scaling.py --tables adult --rows 1000,5000,20000     # a real table, thinned
    python benchmarks/scaling.py --tables adult --rows 5000 --trials 24    # the same trials with one core and with more

Made-up tables (a fifth of the columns are categories, a tenth of the values are missing, labels depend on a few
columns) grow in rows at the fewest columns, then in columns at the second number of rows; a real one is thinned by a
fixed seed. Each is run with each number of cores. Told are preparation, seconds a fold, memory of the whole process
tree, latency, and how many trials and how much work more cores get done in the same time. What a search tries depends
on the time that it has, so with ``--trials`` it has none: so many trials are the same on one core and on more, and the
seconds that they take are compared.
"""

from __future__ import annotations

import argparse
import statistics
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from harness import errors
from harness.errors import BadInput
from harness.records import Record, latest, read_records
from harness.running import Job
from harness.tables import Table, find_tables
from probing import carry_out, engine, grid, jobs, parser
from reporting import blocks as told
from reporting.comparability import objections
from reporting.pictures import lines_picture
from reporting.readme import NOTHING, as_section
from reporting.results import is_failed

ROWS, COLUMNS = "1000,10000,50000", "20,200,1000"
SAME = "same trials"


def made(n_rows: int, n_columns: int, seed: int = 0) -> pd.DataFrame:
    """Return a made-up table with numbers, categories, gaps, and a label that can be learnt in part."""
    drawn = np.random.default_rng([seed, n_rows, n_columns])
    X = drawn.normal(size=(n_rows, n_columns))
    signal = X[:, 0] * X[:, 1] + X[:, 2] + np.sin(2 * X[:, 3]) + drawn.normal(size=n_rows)
    frame = pd.DataFrame(X, columns=[f"x{number}" for number in range(n_columns)])
    for number in range(4, n_columns, 5):
        frame[f"x{number}"] = pd.Series(np.floor(np.abs(X[:, number]) * 4).astype(int)).map("c{}".format).astype("str")
    frame = frame.mask(drawn.random(frame.shape) < 0.1)
    return frame.assign(y=np.where(signal > 0, "yes", "no"))


def made_tables(rows: Sequence[int], columns: Sequence[int]) -> list[Table]:
    """Return the made-up tables: all rows at the fewest columns, all columns at the second number of rows."""
    beside = rows[min(1, len(rows) - 1)]
    sizes = [(each, columns[0]) for each in rows] + [(beside, each) for each in columns[1:]]
    return [
        Table(f"made_{n_rows}x{n_columns}", "binary", "y", lambda size=(n_rows, n_columns): made(*size))
        for n_rows, n_columns in sizes
    ]


def thinned(table: Table, rows: Sequence[int]) -> list[Table]:
    """Return a real table with so many rows, drawn once; numbers that it does not reach become all its rows."""
    whole = len(table.frame)
    return [
        Table(
            f"{table.name}_{n_rows}",
            table.task,
            table.target,
            lambda n_rows=n_rows: table.frame.sample(n_rows, random_state=0).sort_index(),
        )
        for n_rows in sorted({min(each, whole) for each in rows})
    ]


def blocks(records: Sequence[Record]) -> list[told.Block]:
    """Return cost by size, and what more cores brought."""
    found: list[told.Block] = [told.Heading("Cost by size", 1)]
    runs = [record for record in latest(records) if not is_failed(record) and "fold_seconds" in record["extra"]]
    if not runs:
        return [*found, told.Paragraph(NOTHING)]
    found += [told.Paragraph(sentence, is_warning=True) for sentence in objections(runs)]
    same_trials = [run for run in runs if run.get("setting") == SAME]
    runs = [run for run in runs if run.get("setting") != SAME]
    if not runs:
        return [*found, *the_same_faster(same_trials)]
    grouped: dict[tuple[int, int, str, float, int], list[Record]] = defaultdict(list)
    for run in runs:
        extra = run["extra"]
        grouped[run["n_train"], extra["columns"], run["table"], run["budget"], run["cores"]].append(run)
    rows = [_sized(key, same) for key, same in sorted(grouped.items())]
    said = (
        "Medians over the runs. A fold: the median wall seconds of fitting one fold of LightGBM's first configuration. "
        "Memory: the highest peak of the whole process tree."
    )
    header = ("table", "training rows", "columns", "cores", "budget, s", "fit, s", "preparation, s", "a fold, s")
    header += ("trials", "peak memory, MB", "one row, ms", "score")
    found += [told.Paragraph(said), told.Table(header, rows)]
    lines: dict[str, tuple[list[float], list[float]]] = defaultdict(lambda: ([], []))
    for (n_rows, n_columns, _, _, cores), same in sorted(grouped.items()):
        line = lines[f"{n_columns} columns, {cores} cores"]
        line[0].append(n_rows)
        line[1].append(max(run["peak_memory_mb"] for run in same))
    picture = lines_picture(lines, "training rows", "peak memory, MB", steps=False)
    found.append(told.Picture("scaling-memory", picture, "Peak memory of the process tree by rows."))
    return [*found, *more_cores(runs), *the_same_faster(same_trials)]


def more_cores(runs: Sequence[Record]) -> list[told.Block]:
    """Return, for each table that was run with several numbers of cores, what the most bring beside one."""
    grouped: dict[tuple[str, float], dict[int, list[Record]]] = defaultdict(lambda: defaultdict(list))
    for run in runs:
        grouped[run["table"], run["budget"]][run["cores"]].append(run)
    rows, ratios = [], []
    for (table, budget), by_cores in sorted(grouped.items()):
        few, many = min(by_cores), max(by_cores)
        if few == many:
            continue
        trials = [statistics.median(run["extra"]["trials"] for run in by_cores[cores]) for cores in (few, many)]
        work = [statistics.median(_workers_cpu(run) for run in by_cores[cores]) for cores in (few, many)]
        ratios.append(trials[1] / trials[0])
        told_work = f"{work[1] / work[0]:.2f}" if work[0] > 0 else "–"
        rows.append(
            [table, f"{budget:g}", f"{few} → {many}", *(f"{each:g}" for each in trials), f"{ratios[-1]:.2f}", told_work]
        )
    if not rows:
        return []
    said = (
        f"Trials in the same time, and CPU seconds of the workers, with more cores beside fewer. The median ratio of "
        f"trials is {statistics.median(ratios):.2f}. Searches differ in what they try, so single tables vary."
    )
    header = ("table", "budget, s", "cores", "trials with fewer", "with more", "ratio", "ratio of CPU")
    return [told.Heading("More cores"), told.Paragraph(said), told.Table(header, rows)]


def the_same_faster(runs: Sequence[Record]) -> list[told.Block]:
    """Return how much sooner more cores are done with the same trials."""
    grouped: dict[tuple[str, int], dict[int, list[Record]]] = defaultdict(lambda: defaultdict(list))
    for run in runs:
        grouped[run["table"], run["extra"]["trials"]][run["cores"]].append(run)
    rows, ratios = [], []
    for (table, trials), by_cores in sorted(grouped.items()):
        few, many = min(by_cores), max(by_cores)
        if few == many:
            continue
        seconds = [statistics.median(run["fit_seconds"] for run in by_cores[cores]) for cores in (few, many)]
        ratios.append(seconds[0] / seconds[1])
        rows.append([table, str(trials), f"{few} → {many}", *(f"{each:.1f}" for each in seconds), f"{ratios[-1]:.2f}"])
    if not rows:
        return []
    said = (
        f"Seconds from call to return for the same trials, without a time budget. More cores get through "
        f"{statistics.median(ratios):.2f} times as many in a second (the median over tables)."
    )
    header = ("table", "trials", "cores", "s with fewer", "s with more", "ratio")
    return [told.Heading("The same trials"), told.Paragraph(said), told.Table(header, rows)]


def _sized(key: tuple[int, int, str, float, int], same: Sequence[Record]) -> list[str]:
    n_rows, n_columns, table, budget, cores = key
    folds = [run["extra"]["first_fold_seconds"].get("lightgbm") for run in same]
    fold = [each for each in folds if each is not None]
    latencies = [run["one_row_ms"] for run in same if run["one_row_ms"] is not None]
    return [
        table,
        f"{n_rows:,}",
        str(n_columns),
        str(cores),
        f"{budget:g}",
        f"{statistics.median(run['fit_seconds'] for run in same):.1f}",
        f"{statistics.median(run['extra']['parts']['preparation'] for run in same):.2f}",
        f"{statistics.median(fold):.2f}" if fold else "–",
        f"{statistics.median(run['extra']['trials'] for run in same):g}",
        f"{max(run['peak_memory_mb'] for run in same):,.0f}",
        f"{statistics.median(latencies):.1f}" if latencies else "–",
        f"{same[0]['metric']} {statistics.median(run['score'] for run in same):.4g}",
    ]


def _workers_cpu(run: Record) -> float:
    return max(0.0, run["cpu_seconds"] - run["extra"]["coordinator_cpu_seconds"])


def summary(path: Path) -> str:
    """Return what a record file says, as a section of a README."""
    return as_section(blocks(read_records(path)))


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says; return the exit code."""
    found = parser(__doc__, "scaling.jsonl")
    found.set_defaults(tables=None, cores="1,2")
    found.add_argument("--rows", default=ROWS, help="numbers of rows, with commas between (%(default)s)")
    found.add_argument("--columns", default=COLUMNS, help="of made-up tables, with commas between (%(default)s)")
    found.add_argument("--trials", help="so many trials without a time budget, the same on any number of cores")
    options = found.parse_args(arguments)
    return carry_out(options, lambda: _jobs(options), blocks)


def _jobs(options: argparse.Namespace) -> list[Job]:
    rows = sorted({int(each) for each in errors.checked(options.rows, "rows", int, 100)})
    columns = sorted({int(each) for each in errors.checked(options.columns, "columns", int, 5)})
    if options.tables is None:
        if options.data:
            raise BadInput("--data alone says no table; name with --tables which are to be thinned.")
        tables = made_tables(rows, columns)
    else:
        named = find_tables(errors.names(options.tables), options.data)
        tables = [each for table in named for each in thinned(table, rows)]
    made = jobs(engine("overhead", here=options.here), grid(options, tables))
    if options.trials is None:
        return made
    (trials,) = errors.checked(options.trials, "trials", int, 1)
    return [replace(job, setting=SAME, options={"time_budget": None, "n_trials": int(trials)}) for job in made]


if __name__ == "__main__":
    errors.script(main)
