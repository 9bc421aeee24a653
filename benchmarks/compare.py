"""Compare AutoML systems: the same rows, cores and seconds for each, one record a run.

    python benchmarks/compare.py                              # scikit-learn's tables, three systems, a minute each
    python benchmarks/compare.py --quick                      # the same in less than five minutes
    python benchmarks/compare.py --data ../shared/data --tables adult,letter --systems automl,autogluon,flaml
    python benchmarks/compare.py --list                       # which systems and tables there are

A run that is in the record file is not done again, so a comparison that was stopped goes on with the same command, and
a longer list of tables adds to it. On a table that our portfolio was learned from, a search of ours opens with one that
was learned without it. A system's environment is made when it is first used. README.md tells what each number of a
record means.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from harness import batches, environments, errors, machine, systems, tables
from harness.errors import BadInput
from harness.running import Job

HERE = Path(__file__).resolve().parent
SYSTEMS = ("automl", "flaml", "random_forest")
BUDGET, QUICK_BUDGET = "60", "10"


def parser() -> argparse.ArgumentParser:
    """Return what the command line may say."""
    told = argparse.RawDescriptionHelpFormatter
    found = errors.Parser(description=__doc__, formatter_class=told, allow_abbrev=False)
    found.add_argument("--systems", help=f"names with commas between, or 'all' (without: {','.join(SYSTEMS)})")
    found.add_argument("--tables", help="names with commas between (without: all of --data, or scikit-learn's)")
    found.add_argument("--seeds", default="0", help="of the splits, and of systems that take one (%(default)s)")
    found.add_argument("--budgets", help=f"seconds of fitting, with commas between ({BUDGET})")
    found.add_argument("--cores", default="2", help="processors that a system may use (%(default)s)")
    found.add_argument("--data", type=Path, help="a folder of tables with an index.json")
    found.add_argument("--openml", help="numbers of OpenML data sets; needs a network")
    found.add_argument("--out", type=Path, help="the record file (records/compare.jsonl; --quick: records/quick.jsonl)")
    found.add_argument("--quick", action="store_true", help="three small tables for ten seconds each")
    found.add_argument("--list", action="store_true", help="show the systems and tables there are, and end")
    found.add_argument("--systems-from", type=Path, default=systems.FOLDER, help="another folder of systems")
    found.add_argument("--memory-limit", type=float, help="MB that a run's processes may hold together")
    found.add_argument("--grace", type=float, default=120.0, help="seconds a run has besides 2.5 budgets (%(default)s)")
    found.add_argument("--any-version", action="store_true", help="count records of other versions as done")
    found.add_argument("--again-failed", action="store_true", help="do runs again that failed")
    found.add_argument("--logs", type=Path, help="a folder for what each run prints")
    return found


def jobs(options: argparse.Namespace) -> list[Job]:
    """Return what the options ask for, table by table, so that systems meet a table side by side.

    Raises
    ------
    BadInput
        If something asked for is unknown or can't be.
    """
    default = options.systems_from.resolve() == systems.FOLDER
    wanted = None if options.systems == "all" else errors.names(options.systems, "systems")
    if options.systems is None and default:
        wanted = list(SYSTEMS)
    chosen = systems.find_systems(wanted, options.systems_from)
    names = errors.names(options.tables, "tables")
    openml = [int(number) for number in errors.checked(options.openml, "openml", int, 1)] if options.openml else []
    if options.quick and names is None and options.data is None and not openml:
        names = list(tables.QUICK)
    budgets = errors.checked(options.budgets or (QUICK_BUDGET if options.quick else BUDGET), "budgets", float, 1)
    seeds = errors.checked(options.seeds, "seeds", int)
    cores = int(errors.checked(options.cores, "cores", int, 1)[0])
    if cores > (there := len(machine.available_cpus())):
        raise BadInput(f"--cores {cores} is more than the {there} that this machine gives; ask for at most {there}.")
    found = tables.find_tables(names, options.data, openml)
    return [
        Job(
            system,
            table,
            int(seed),
            budget,
            cores,
            memory_limit_mb=options.memory_limit,
            grace_seconds=options.grace,
        )
        for budget in dict.fromkeys(budgets)
        for seed in dict.fromkeys(seeds)
        for table in found
        for system in chosen
    ]


def listing(options: argparse.Namespace) -> str:
    """Return the systems and tables there are."""
    lines = ["Systems:"]
    for system in systems.find_systems(None, options.systems_from):
        made = "ready" if environments.is_made(system) else "environment is made on first use"
        lines.append(f"  {system.name:<16} {environments.expected_version(system):<18} {made}")
    folder = options.data or tables.default_folder()
    groups = {"Tables of scikit-learn:": tables.bundled()}
    if folder is not None:
        groups[f"Tables of {folder}:"] = tables.folder_tables(folder)
    for title, group in groups.items():
        lines += [title, *(f"  {table.name:<20} {table.task:<11} {table.metric}" for table in group.values())]
    return "\n".join(lines)


@contextmanager
def telling() -> Iterator[tuple[Callable[[str], None], Callable[[str], None]]]:
    """Give two ways of telling: a line that stays, and one that a terminal shows until the next."""
    if not sys.stdout.isatty():
        yield (lambda line: print(line, flush=True)), (lambda _: None)
        return
    from rich.console import Console

    console = Console(highlight=False, markup=False)
    with console.status("") as status:
        yield console.print, (lambda line: status.update(line))


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says; return the exit code."""
    options = parser().parse_args(arguments)
    if options.list:
        print(listing(options))
        return 0
    out = options.out or HERE / "records" / ("quick.jsonl" if options.quick else "compare.jsonl")
    asked = jobs(options)
    with telling() as (say, starting):
        failed = batches.run_batch(
            asked,
            out,
            say=say,
            starting=starting,
            any_version=options.any_version,
            again_failed=options.again_failed,
            logs=options.logs,
            calibration=machine.calibrate,
        )
    print(f"The records are in {out}." + (f" {failed} runs failed; their records say why." if failed else ""))
    return 0


if __name__ == "__main__":
    errors.script(main)
