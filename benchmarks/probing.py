"""What the scripts share that measure this engine against itself: their options, their jobs, and how they end.

They run jobs as ``compare.py`` does, one after another, with a record each: the engine's own adapter, or a probe, which
is that adapter with something measured besides (``probes/``). ``--here`` runs them with the interpreter that runs the
script, on the code as it stands, instead of an environment of their own.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path

from harness import batches, errors, machine, systems
from harness.errors import BadInput, closest
from harness.records import Record, read_records
from harness.running import Job
from harness.systems import CURRENT, System
from harness.tables import Table, find_tables
from reporting.blocks import Block, to_html
from reporting.readme import as_section, insert

HERE = Path(__file__).resolve().parent
PROBES = HERE / "probes"
RECORDS = HERE / "records"
TABLES = "breast_cancer,digits,diabetes"


@dataclass(frozen=True)
class Probe(System):
    """A system, run by another script than its own adapter.

    Attributes
    ----------
    script
        That script.
    """

    script: Path = PROBES

    @property
    def adapter(self) -> Path:
        """The script that runs inside the environment."""
        return self.script


def engine(probe: str | None = None, *, here: bool = False) -> System:
    """Return this checkout's engine as a system, run by a probe if one is named."""
    (own,) = systems.find_systems(["automl"])
    if here:
        own = replace(own, python=CURRENT)
    return own if probe is None else probed(own, probe)


def probed(system: System, probe: str) -> Probe:
    """Return a system that is run by a probe instead of its own adapter."""
    return Probe(**{each.name: getattr(system, each.name) for each in fields(system)}, script=PROBES / f"{probe}.py")


def parser(doc: str | None, out: str, *, tables: str = TABLES, budgets: str = "20") -> errors.Parser:
    """Return a parser with the options that all of these scripts have."""
    found = errors.Parser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False)
    found.add_argument("--tables", default=tables, help="names with commas between (%(default)s)")
    found.add_argument("--data", type=Path, help="a folder of tables with an index.json")
    found.add_argument("--seeds", default="0", help="with commas between (%(default)s)")
    found.add_argument("--budgets", default=budgets, help="seconds, with commas between (%(default)s)")
    found.add_argument("--cores", default="2", help="processors that a run may use (%(default)s)")
    found.add_argument("--out", type=Path, default=RECORDS / out, help="the record file (%(default)s)")
    found.add_argument("--here", action="store_true", help="use this interpreter and the code as it stands")
    found.add_argument("--any-version", action="store_true", help="count records of other versions as done")
    found.add_argument("--again-failed", action="store_true", help="do runs again that failed")
    found.add_argument("--logs", type=Path, help="a folder for what each run prints")
    found.add_argument("--summary", action="store_true", help="print the tables of the record file, and end")
    found.add_argument("--into", type=Path, help="also put them between the markers of this Markdown file")
    found.set_defaults(marker=Path(out).stem)
    found.add_argument("--html", type=Path, help="write the tables with pictures as one page")
    return found


@dataclass(frozen=True)
class Grid:
    """What a script's options ask for, checked."""

    tables: Sequence[Table]
    seeds: Sequence[int]
    budgets: Sequence[float]
    cores: Sequence[int]


def grid(options: argparse.Namespace, tables: Sequence[Table] | None = None) -> Grid:
    """Return what the options ask for.

    Parameters
    ----------
    tables
        The tables, where they are not to be found by name.

    Raises
    ------
    BadInput
        If something asked for is unknown or can't be.
    """
    cores = [int(each) for each in errors.checked(options.cores, "cores", int, 1)]
    if max(cores) > (there := len(machine.available_cpus())):
        raise BadInput(
            f"--cores {options.cores} is more than the {there} that this machine gives; ask for at most {there}."
        )
    return Grid(
        find_tables(errors.names(options.tables), options.data) if tables is None else tables,
        [int(each) for each in errors.checked(options.seeds, "seeds", int)],
        errors.checked(options.budgets, "budgets", float, 1),
        cores,
    )


def jobs(system: System, asked: Grid) -> list[Job]:
    """Return a job for everything that was asked for."""
    return [
        Job(system, table, seed, budget, cores)
        for budget in asked.budgets
        for seed in asked.seeds
        for table in asked.tables
        for cores in asked.cores
    ]


def carry_out(
    options: argparse.Namespace,
    make_jobs: Callable[[], Sequence[Job]],
    make_blocks: Callable[[Sequence[Record]], Sequence[Block]],
) -> int:
    """Run the jobs that are not recorded yet, unless only a summary is wanted; then print what the records say.

    Raises
    ------
    BadInput
        If a summary is wanted of a file that is not there.
    """
    if not options.summary:
        batches.run_batch(
            make_jobs(),
            options.out,
            say=lambda line: print(line, flush=True),
            any_version=options.any_version,
            again_failed=options.again_failed,
            logs=options.logs,
        )
    elif not options.out.is_file():
        near = closest(options.out.name, sorted(each.name for each in options.out.parent.glob("*.jsonl")))
        raise BadInput(f"There is no record file '{options.out}'.{near}")
    blocks = make_blocks(read_records(options.out))
    print(as_section(blocks))
    if options.html:
        options.html.write_text(to_html(blocks), encoding="utf-8")
    if options.into:
        insert(options.into, options.marker, as_section(blocks))
    return 0
