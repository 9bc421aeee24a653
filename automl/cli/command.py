"""What all commands share: exit codes, errors as one sentence, warnings as one line."""

from __future__ import annotations

import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click

from automl._version import __version__
from automl.errors import AutoMLError, AutoMLWarning, DataError, PlanError

FAILED, MISUSED, INTERRUPTED = 1, 2, 130
EXIT_CODES = """
\b
Exit codes:
  0    done
  1    it failed while running: no model could be fitted, a model file is damaged, a disk is full
  2    the options or the table can't be used as they are
  130  interrupted with Ctrl-C; the best so far is saved
"""


class Command(click.Command):
    """A command whose expected errors are one sentence and an exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; turn our errors into a sentence, and Ctrl-C into its usual code."""
        verbose = int(ctx.params.get("verbose") or 0)
        try:
            with plain_warnings(verbose):
                return super().invoke(ctx)
        except AutoMLError as error:
            if verbose:
                click.echo("".join(traceback.format_exception(error)), err=True, nl=False)
            click.echo(f"Error: {error}", err=True)
            ctx.exit(MISUSED if isinstance(error, DataError | PlanError) else FAILED)
        except KeyboardInterrupt:
            click.echo("Interrupted.", err=True)
            ctx.exit(INTERRUPTED)


@contextmanager
def plain_warnings(verbose: int) -> Iterator[None]:
    """Show each of our own warnings once, as one line; show those of libraries only with ``-v``."""
    shown: set[str] = set()

    def show(message: Warning | str, category: type[Warning], *where: Any, **more: Any) -> None:
        if str(message) not in shown:
            shown.add(str(message))
            click.echo(f"Note: {message}", err=True)

    with warnings.catch_warnings():
        warnings.simplefilter("default" if verbose else "ignore")
        warnings.simplefilter("always", AutoMLWarning)
        warnings.showwarning = show
        yield


def decorated(options: list[Callable[[Any], Any]]) -> Callable[[Any], Any]:
    """Return a decorator that gives a command these options, in this order."""

    def decorate(command: Any) -> Any:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


@click.group(context_settings={"help_option_names": ["-h", "--help"]}, epilog=EXIT_CODES)
@click.version_option(__version__, "--version", prog_name="automl", message="%(prog)s %(version)s")
def main() -> None:
    r"""Search for the best pipeline for a table: a leaderboard and a fitted pipeline come out.

    \b
    automl fit data.csv --target y --time-budget 5m --out runs/x
    automl predict runs/x new.csv -o out.csv
    """
