"""``automl profile``."""

from __future__ import annotations

from typing import Any

import click

from automl.cli.command import EXIT_CODES, Command, main
from automl.cli.options import reading_options, words_for_fit


@main.command(cls=Command, epilog=EXIT_CODES)
@click.argument("data", metavar="DATA")
@click.option("--target", "-t", metavar="COL", help="The column to predict, if there is one.")
@click.option("-o", "--output", default="profile.html", show_default=True, metavar="FILE", help="The page.")
@click.option("--role", "roles", multiple=True, metavar="COL=ROLE", help="Say what a column is; repeatable.")
@click.option("--quiet", "-q", is_flag=True, help="Print the page's path only.")
@click.option("--verbose", "-v", count=True, help="Tracebacks of errors.")
@reading_options
def profile(*, data: str, output: str, quiet: bool, verbose: int, **options: Any) -> None:
    """Draw the table DATA on one page: what was noticed, what its columns are, how their values are distributed."""
    import automl

    table, words = words_for_fit(data, options)
    made = automl.profile(table, **words)
    place = made.save(output)
    click.echo(place if quiet else f"{made}\nThe page is in {place}.")
