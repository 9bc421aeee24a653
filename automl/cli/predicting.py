"""``automl predict``."""

from __future__ import annotations

from typing import Any

import click

from automl.cli.command import EXIT_CODES, Command, main
from automl.cli.options import READING, given_reading, reading_options, storage_option, verbosity_options
from automl.cli.results import joins_of, loaded, moved, pipeline_of


@main.command(cls=Command, epilog=EXIT_CODES)
@click.argument("model", metavar="RUN_OR_MODEL")
@click.argument("data", metavar="NEW")
@click.option("-o", "--output", required=True, metavar="FILE", help="CSV or Parquet by its name; '-' prints CSV.")
@click.option("--pick", metavar="RANK|ID", help="Another row of a run's leaderboard than the best.")
@click.option("--id", "ids", multiple=True, metavar="COL", help="Copy this column beside the prediction; repeatable.")
@click.option("--proba/--no-proba", default=None, help="Whether to add class probabilities; a classifier does.")
@click.option("--table", "tables", multiple=True, metavar="NAME=FILE", help="Where a joined table is now; repeatable.")
@click.option("--chunk-rows", type=click.IntRange(min=1), default=50_000, show_default=True, metavar="N")
@click.option("--trust", "trusted", multiple=True, metavar="CLASS", help="A class of yours in the model; repeatable.")
@storage_option
@reading_options
@verbosity_options
def predict(
    *,
    model: str,
    data: str,
    output: str,
    pick: str | None,
    tables: tuple[str, ...],
    trusted: tuple[str, ...],
    storage: str | None,
    quiet: bool,
    verbose: int,
    **how: Any,
) -> None:
    """Predict the rows of the table NEW with a run's best pipeline or a saved model.

    Tables that were joined to the training table are joined to the rows as well.

    CSV and Parquet are read and written in chunks, whatever their length. The output appears under its name only
    when it is complete.
    """
    from automl.batch import predict_file

    found = loaded(model, trusted=trusted, storage=storage)
    pipeline, joins = pipeline_of(found, model, pick), moved(joins_of(found, model), tables)
    reading = {name: how.pop(name) for name in READING}
    n_rows = predict_file(pipeline, data, output, joins=joins, reading=given_reading(reading), **how)
    if not quiet:
        click.echo(f"{n_rows:,} rows predicted" + ("." if output == "-" else f" into {output}."), err=True)
