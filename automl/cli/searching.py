"""``automl fit`` and ``automl plan``."""

from __future__ import annotations

import warnings
from typing import Any

import click

from automl.cli.command import EXIT_CODES, INTERRUPTED, Command, main
from automl.cli.options import reading_options, search_options, verbosity_options, words_for_fit
from automl.cli.results import as_json_text, run_as_json
from automl.errors import FindingWarning


@main.command(cls=Command, epilog=EXIT_CODES)
@search_options
@click.option("--out", metavar="FOLDER", help="The run folder; a new one under runs/ if left out.")
@click.option("--storage", metavar="URL", help="An Optuna storage for the study, instead of SQLite in the folder.")
@click.option("--study-name", metavar="NAME", help="The study's name in that storage.")
@click.option("--resume/--no-resume", default=None, help="Whether an earlier run in the folder goes on.")
@click.option("--dashboard/--no-dashboard", default=None, help="Show the search in optuna-dashboard while it runs.")
@reading_options
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@verbosity_options
def fit(*, data: str, as_json: bool, quiet: bool, verbose: int, **options: Any) -> None:
    """Search for the best pipeline for the table DATA.

    DATA is a file (CSV, Parquet, Feather, JSON lines, Excel, ARFF), a folder or pattern of such files, a URL, or
    with --query a database. The columns of a file without header are called by their number from 0. Ctrl-C ends the
    search early and keeps the best so far.
    """
    import automl

    table, words = words_for_fit(data, options)
    run = automl.fit(table, verbose=0 if quiet else 1 + verbose, **words)
    if as_json:
        click.echo(as_json_text(run_as_json(run)))
    else:
        click.echo(run.folder if quiet else run)
    if "interrupted" in run.why_stopped:
        click.echo(f"Interrupted; the best so far is saved in {run.folder}.", err=True)
        click.get_current_context().exit(INTERRUPTED)


@main.command(cls=Command, epilog=EXIT_CODES)
@search_options
@reading_options
@click.option("--json", "as_json", is_flag=True, help="Print the plan as JSON.")
@click.option("--verbose", "-v", count=True, help="Tracebacks of errors.")
def plan(*, data: str, as_json: bool, verbose: int, **options: Any) -> None:
    """Say what fit would do with the table DATA, and why, without fitting anything."""
    import automl

    table, words = words_for_fit(data, options)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FindingWarning)  # the plan lists them
        decided = automl.plan(table, **words)
    click.echo(as_json_text(decided.to_json()) if as_json else decided)
