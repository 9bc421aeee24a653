"""How good the best pipeline is after how many seconds, as the study of a run tells.

    python benchmarks/anytime.py [--tables breast_cancer,digits] [--seeds 0,1] [--budgets 20,60]
    python benchmarks/anytime.py --systems automl,flaml                    # beside a peer that logs its improvements
    python benchmarks/anytime.py --from runs/my-run [--html page.html]     # of a run that was made already

Runs the engine and keeps, for each trial, when it ended and the best validation score so far; the ensemble, which is
built once at the end, is told beside. Of the peers FLAML alone tells when it found what; each system's validation is
its own. ``report.py`` draws these records too.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from harness import errors, systems
from harness.errors import BadInput
from harness.records import Record, latest, read_records
from harness.running import Job
from probes.curve import curve
from probing import carry_out, engine, grid, jobs, parser, probed
from reporting.blocks import Block, Heading, Paragraph, to_html, to_markdown
from reporting.comparability import objections
from reporting.curves import curves, is_curve
from reporting.readme import NOTHING, as_section

import automl

PROBED = {"automl": "anytime", "flaml": "anytime_flaml"}


def blocks(records: Sequence[Record]) -> list[Block]:
    """Return the scores over time, with a picture for each table."""
    runs = [record for record in latest(records) if is_curve(record)]
    if not runs:
        return [Heading("Score over time", 1), Paragraph(NOTHING)]
    warned = [Paragraph(sentence, is_warning=True) for sentence in objections(runs)]
    return [Heading("Score over time", 1), *warned, *curves(runs)[1:]]


def from_folder(path: Path) -> Record:
    """Return a record of a run that was made already.

    Raises
    ------
    BadInput
        If there is no run in the folder, or its trials don't tell when they ended.
    """
    try:
        run = automl.load(path)
    except (automl.AutoMLError, OSError) as error:
        raise BadInput(f"--from {path}: {error}") from None
    if not isinstance(run, automl.Run):
        raise BadInput(f"--from {path}: this is a model, not a run; give the folder that fit made (out=…).")
    extra = curve(run)
    if not extra["points"]:
        raise BadInput(
            f"--from {path}: its study does not say when trials ended; make the run again with this version."
        )
    return {
        "system": "automl",
        "setting": None,
        "version": automl.__version__,
        "table": path.resolve().name,
        "table_hash": run.plan.fingerprints.get("data", ""),
        "metric": extra["validation_metric"],
        "seed": run.plan.seed,
        "budget": run.plan.budget.seconds or run.seconds,
        "cores": None,
        "failure": None,
        "extra": extra,
    }


def summary(path: Path) -> str:
    """Return what a record file says, as a section of a README."""
    return as_section(blocks(read_records(path)))


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says; return the exit code."""
    found = parser(__doc__, "anytime.jsonl")
    found.add_argument("--systems", default="automl", help="automl, flaml, or both with a comma between (%(default)s)")
    found.add_argument("--from", dest="folder", type=Path, help="the folder of a run, to be shown without a new one")
    options = found.parse_args(arguments)
    if options.folder:
        return _show(options)
    return carry_out(options, lambda: chosen(options), blocks)


def chosen(options: argparse.Namespace) -> list[Job]:
    """Return what the options ask for, table by table.

    Raises
    ------
    BadInput
        If something asked for is unknown, or tells no times.
    """
    asked = grid(options)
    names = errors.names(options.systems, "systems") or []
    for name in names:
        if name not in PROBED:
            raise BadInput(f"'{name}' does not tell when it found what; --systems takes {' and '.join(PROBED)}.")
    found = {
        name: engine(PROBED[name], here=options.here)
        if name == "automl"
        else probed(systems.find_systems([name])[0], PROBED[name])
        for name in names
    }
    made = [job for system in found.values() for job in jobs(system, asked)]
    return sorted(made, key=lambda job: (job.budget, job.seed, asked.tables.index(job.table), job.cores))


def _show(options: argparse.Namespace) -> int:
    shown = curves([from_folder(options.folder)])
    print(to_markdown(shown), end="")
    if options.html:
        options.html.write_text(to_html(shown), encoding="utf-8")
    return 0


if __name__ == "__main__":
    errors.script(main)
