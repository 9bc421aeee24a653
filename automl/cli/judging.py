"""``automl leaderboard``, ``automl compare`` and ``automl report``: what came out of a run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from automl.cli.command import EXIT_CODES, Command, main
from automl.cli.options import READING, given_reading, reading_options, storage_option, verbosity_options
from automl.cli.results import as_json_text, loaded, rank_or_id, rows_of
from automl.errors import ArtifactError, PlanError

_BRIEF = ["rank", "id", "algorithm", "score", "std", "fit_seconds", "one_row_ms", "size_mb", "state"]


@main.command(cls=Command, epilog=EXIT_CODES)
@click.argument("run_folder", metavar="RUN")
@click.option("--json", "form", flag_value="json", help="Print it as JSON.")
@click.option("--csv", "form", flag_value="csv", help="Print it as CSV.")
@click.option("--top", type=click.IntRange(min=1), metavar="N", help="Only the first N rows.")
@storage_option
@click.option("--verbose", "-v", count=True, help="Tracebacks of errors.")
def leaderboard(*, run_folder: str, form: str | None, top: int | None, storage: str | None, verbose: int) -> None:
    """Print the leaderboard of the run folder RUN, the best first."""
    run = loaded(run_folder, storage=storage)
    if not hasattr(run, "leaderboard"):
        raise ArtifactError(f"{run_folder} holds one model, not a run; give a run folder, such as runs/x.")
    board = run.leaderboard if top is None else run.leaderboard.head(top)
    if form == "json":
        click.echo(as_json_text(rows_of(board)))
    elif form == "csv":
        click.echo(board.to_csv(index=False), nl=False)
    else:
        brief = board[[name for name in _BRIEF if name in board.columns]]
        click.echo(brief.to_string(index=False, na_rep="", float_format="{:.5g}".format))


@main.command(cls=Command, epilog=EXIT_CODES)
@click.argument("a", metavar="RUN_A")
@click.argument("b", metavar="RUN_B")
@click.option("--data", metavar="FILE", help="Rows that neither has seen; by default what the folds predicted.")
@click.option("--target", "-t", metavar="COL", help="The column of FILE that was to be predicted; that of the run.")
@click.option("--metric", metavar="NAME", help="What to compare by; by default what the runs optimised.")
@click.option("--pick-a", metavar="RANK|ID", help="Another row of the first run than the best.")
@click.option("--pick-b", metavar="RANK|ID", help="Another row of the second run than the best.")
@click.option("--level", type=float, metavar="X", help="Of the interval; 0.95 by default.")
@click.option("--rope", type=float, metavar="X", help="Differences up to here don't matter in practice.")
@click.option("--seed", "random_state", type=int, metavar="N", help="Of the bootstrap.")
@click.option("--trust", "trusted", multiple=True, metavar="CLASS", help="A class of yours in a model; repeatable.")
@storage_option
@reading_options
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@click.option("--verbose", "-v", count=True, help="Tracebacks of errors.")
def compare(
    *,
    a: str,
    b: str,
    data: str | None,
    trusted: tuple[str, ...],
    storage: str | None,
    as_json: bool,
    verbose: int,
    **options: Any,
) -> None:
    """Say whether the run RUN_B is better than RUN_A, and how sure that is.

    Both may be the same folder, with --pick-b for another row of it. With --data they may also be saved models.
    """
    import automl

    reading = given_reading({name: options.pop(name) for name in READING})
    words = {name: value for name, value in options.items() if value is not None}
    for side in ("a", "b"):
        if f"pick_{side}" in words:
            words[f"which_{side}"] = rank_or_id(words.pop(f"pick_{side}"))
    first = loaded(a, trusted=trusted, storage=storage)
    second = first if a == b else loaded(b, trusted=trusted, storage=storage)
    table = None if data is None else automl.read(data, **reading)
    comparison = automl.compare(first, second, table, **words)
    click.echo(as_json_text(comparison.to_json()) if as_json else comparison)


@main.command(cls=Command, epilog=EXIT_CODES)
@click.argument("run_folder", metavar="RUN")
@click.option(
    "-o", "--output", required=True, metavar="FILE", help="A page (.html), a model card (.md), a script (.py)."
)
@click.option("--audience", metavar="NAME", help="technical (by default), executive or audit.")
@click.option("--data", metavar="FILE", help="Rows with known targets that the search has not seen, to judge by.")
@click.option("--pick", metavar="RANK|ID", help="Another row of the leaderboard than the best.")
@click.option("--fairness", multiple=True, metavar="COL", help="Compare the groups of this column; repeatable.")
@click.option("--interactive", is_flag=True, help="Charts that can be zoomed; the page is some 5 MB large.")
@click.option("--trust", "trusted", multiple=True, metavar="CLASS", help="A class of yours in a model; repeatable.")
@storage_option
@reading_options
@verbosity_options
def report(
    *,
    run_folder: str,
    output: str,
    audience: str | None,
    data: str | None,
    pick: str | None,
    fairness: tuple[str, ...],
    interactive: bool,
    trusted: tuple[str, ...],
    storage: str | None,
    quiet: bool,
    verbose: int,
    **reading: Any,
) -> None:
    """Write a page about the run folder RUN: what came out, how good it is, how sure that is, what to beware of.

    The ending of FILE says what is written: a page, a model card in Markdown, or a Python script that fits the same
    pipeline again.
    """
    import automl

    run = loaded(run_folder, trusted=trusted, storage=storage)
    if not hasattr(run, "leaderboard"):
        raise ArtifactError(f"{run_folder} holds one model, not a run; give a run folder, such as runs/x.")
    ending = Path(output).suffix.lower()
    words: dict[str, Any] = {"which": 1 if pick is None else rank_or_id(pick)}
    if ending != ".py":
        words |= {"data": None if data is None else automl.read(data, **given_reading(reading)), "fairness": fairness}
    if ending in (".html", ".htm"):
        run.report(output, audience=audience or "technical", interactive=interactive, **words)
    elif ending == ".md":
        run.model_card(output, **words)
    elif ending == ".py":
        from automl.storage.disk import write_bytes

        write_bytes(Path(output), run.script(**words).encode())
    else:
        raise PlanError(f"-o {output} has the ending {ending!r}; give a page (.html), a card (.md) or a script (.py).")
    if not quiet:
        click.echo(output)
