"""Where the wall time of a fit goes: how much of it the cores spend on folds, and what the rest is spent on.

    python benchmarks/overhead.py [--tables breast_cancer,digits] [--budgets 10,60] [--cores 1,2]

Runs the engine with a stopwatch around its parts (``probes/overhead.py``). The thread that called ``fit`` is always in
one of them: loading libraries, preparation (reading, task, plan, encoding), starting workers and handing the table
over, waiting for folds, coordinating (choosing, predicting costs, ranking), writing the study, the run folder, notes
and figures, the ensemble, how its probabilities end, honest scores, the finish. While it waits, the workers work; what
it does otherwise is overhead only where a worker is idle meanwhile, so the share of the cores' time that folds get is
told beside. A run keeps the folds' models as they are: there is no refit to time.
"""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from harness import errors
from harness.records import Record, latest, read_records
from probing import carry_out, engine, grid, jobs, parser
from reporting.blocks import Block, Heading, Paragraph, Picture, Table
from reporting.comparability import objections
from reporting.pictures import bars_picture
from reporting.readme import NOTHING, as_section
from reporting.results import is_failed

ORDER = (
    "libraries",
    "preparation",
    "workers",
    "waiting for folds",
    "coordinator",
    "study",
    "run folder",
    "notes and figures",
    "ensemble",
    "end of probabilities",
    "honest scores",
    "finish",
    "other",
)


def blocks(records: Sequence[Record]) -> list[Block]:
    """Return the parts of each table's runs, and what the cores did meanwhile."""
    found: list[Block] = [Heading("Where the time goes", 1)]
    runs = [record for record in latest(records) if not is_failed(record) and "parts" in record["extra"]]
    if not runs:
        return [*found, Paragraph(NOTHING)]
    found += [Paragraph(sentence, is_warning=True) for sentence in objections(runs)]
    lacking = sorted({name for run in runs for name in run["extra"]["lacking"]})
    if lacking:
        said = f"The engine has no {', '.join(lacking)} any more, so their time is in other parts."
        found.append(Paragraph(said, is_warning=True))
    grouped: dict[tuple[str, float, int], list[Record]] = defaultdict(list)
    for run in runs:
        grouped[run["table"], run["budget"], run["cores"]].append(run)
    parts, use, drawn = [], [], {}
    for (table, budget, cores), same in sorted(grouped.items()):
        seconds = {part: statistics.median(run["extra"]["parts"].get(part, 0.0) for run in same) for part in ORDER}
        whole = statistics.median(run["fit_seconds"] for run in same)
        name = [table, f"{budget:g}", str(cores)]
        parts.append([*name, f"{whole:.1f}", *(f"{seconds[part]:.2f}" for part in ORDER)])
        use.append([*name, *_use(same)])
        drawn[f"{table}, {budget:g} s, {cores} cores"] = {part: seconds[part] / whole for part in ORDER}
    begin = ("table", "budget, s", "cores")
    said = "Wall seconds of the thread that called `fit`, by what it did; medians over the runs."
    found += [Paragraph(said), Table((*begin, "fit", *ORDER), parts)]
    found.append(Picture("overhead", bars_picture(drawn, "share of the fit's wall time"), "Parts of the fit's time."))
    said = (
        "Busy: CPU seconds of the workers ÷ (cores × wall seconds of the fit); in folds: the same with the wall "
        "seconds that workers spent in folds, which is more than 100 % only where a fold has several threads. "
        "Importing `automl` comes before the fit. Beside: seconds of the thread that draws figures while the search "
        "goes on."
    )
    header = (*begin, "import, s", "coordinator CPU, s", "workers CPU, s", "busy", "in folds", "beside, s", "trials")
    return [*found, Paragraph(said), Table(header, use)]


def _use(runs: Sequence[Record]) -> list[str]:
    wall = [run["cores"] * run["fit_seconds"] for run in runs]
    own = [run["extra"]["coordinator_cpu_seconds"] for run in runs]
    workers = [max(0.0, run["cpu_seconds"] - each) for run, each in zip(runs, own, strict=True)]
    busy = statistics.median(each / whole for each, whole in zip(workers, wall, strict=True))
    folds = statistics.median(run["extra"]["fold_seconds"] / whole for run, whole in zip(runs, wall, strict=True))
    beside = statistics.median(sum(run["extra"]["beside"].values()) for run in runs)
    return [
        f"{statistics.median(run['import_seconds'] for run in runs):.2f}",
        f"{statistics.median(own):.2f}",
        f"{statistics.median(workers):.1f}",
        f"{100 * busy:.0f} %",
        f"{100 * folds:.0f} %",
        f"{beside:.2f}",
        f"{statistics.median(run['extra']['trials'] for run in runs):g}",
    ]


def summary(path: Path) -> str:
    """Return what a record file says, as a section of a README."""
    return as_section(blocks(read_records(path)))


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says; return the exit code."""
    options = parser(__doc__, "overhead.jsonl").parse_args(arguments)
    return carry_out(options, lambda: jobs(engine("overhead", here=options.here), grid(options)), blocks)


if __name__ == "__main__":
    errors.script(main)
