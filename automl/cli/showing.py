"""``automl dashboard``."""

from __future__ import annotations

import click

from automl.cli.command import EXIT_CODES, Command, main
from automl.cli.options import storage_option


@main.command(cls=Command, epilog=EXIT_CODES)
@click.argument("run", metavar="[RUN]", required=False)
@click.option("--port", type=click.IntRange(1, 65535), metavar="N", help="By default 8080, or another that is free.")
@click.option("--host", default="127.0.0.1", show_default=True, metavar="ADDRESS", help="Who may reach it.")
@click.option("--no-browser", is_flag=True, help="Print the address and open nothing.")
@storage_option
@click.option("--verbose", "-v", count=True, help="Tracebacks of errors.")
def dashboard(
    *, run: str | None, port: int | None, host: str, no_browser: bool, storage: str | None, verbose: int
) -> None:
    """Show a study in optuna-dashboard, until Ctrl-C.

    RUN is a run folder, a SQLite or journal file, or a storage URL; the newest run under runs/ if left out. A run
    that still searches is shown as it goes. A study that another program made can be read, but not changed.
    """
    from automl.dashboard.browser import open_browser
    from automl.dashboard.foreground import serve
    from automl.dashboard.opening import open_studies

    def announce(url: str) -> None:
        click.echo(f"Dashboard of {opened.name}: {url}")
        click.echo("Ctrl-C ends it.", err=True)
        if not no_browser:
            open_browser(url)

    opened = open_studies(run, storage)
    serve(opened, announce, host=host, port=port)
    click.echo("The dashboard is closed.", err=True)
