"""``automl demo``."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import click

from automl.cli.command import EXIT_CODES, Command, main
from automl.cli.options import verbosity_options


@main.command(cls=Command, epilog=EXIT_CODES)
@click.option("--out", default="runs/demo", show_default=True, metavar="FOLDER")
@click.option("--time-budget", default="60s", show_default=True, metavar="TIME")
@verbosity_options
def demo(*, out: str, time_budget: str, quiet: bool, verbose: int) -> None:
    """Watch a real search on a table that comes with scikit-learn; takes about a minute.

    An earlier run in the folder is removed first.
    """
    import automl
    from automl.demo import load_demo_table
    from automl.storage.discard import discard_run
    from automl.storage.rows import RowFile

    discard_run(Path(out))
    table = load_demo_table()
    click.echo(table.story, err=True)
    run = automl.fit(
        table.train,
        table.target,
        roles=table.roles,
        time_budget=time_budget,
        out=out,
        verbose=0 if quiet else 1 + verbose,
    )
    new, model = Path(out) / "new_rows.csv", Path(out) / "best.automl"
    with RowFile(new) as file:
        file.write(table.new.drop(columns=table.target))
    run.save(model)
    click.echo(run)
    click.echo(
        f"On {len(table.new)} rows that the search never saw, the best pipeline scores "
        f"{run.score(table.new):.4f} ({run.plan.metric}).\n\n"
        "What to type next:\n"
        f"  {_typed('automl')} leaderboard {out}\n"
        f"  {_typed('automl')} predict {out} {new} -o predictions.csv\n"
        f"  {_typed('automl')} predict {model} {new} -o predictions.csv\n"
        f"  {_typed('automl')} dashboard {out}\n"
        f"  {_typed('automl')} fit your.csv --target your_column --time-budget 5m"
    )


def _typed(command: str) -> str:
    """Return how a command of this environment is typed here: by its name only where the shell finds it so."""
    script = Path(sys.executable).with_name(command)
    if shutil.which(command) is not None or not script.exists():
        return command
    return str(script.relative_to(Path.cwd())) if script.is_relative_to(Path.cwd()) else str(script)
