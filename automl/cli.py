"""The command line: the words of :func:`automl.fit`, parsed and printed, nothing decided here.

Every option carries the name of the parameter it becomes and is passed on only when it was given, so that defaults
stand in one place. Results go to standard output, everything else to standard error. Nothing heavy is imported
before a command runs: ``automl --help`` answers at once.
"""

from __future__ import annotations

import json
import shutil
import sys
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from automl._version import __version__
from automl.errors import ArtifactError, AutoMLError, AutoMLWarning, DataError, PlanError

if TYPE_CHECKING:
    import pandas as pd

    from automl.run import Run

FAILED, MISUSED, INTERRUPTED = 1, 2, 130
_EXIT_CODES = """
\b
Exit codes:
  0    done
  1    it failed while running: no model could be fitted, a model file is damaged, a disk is full
  2    the options or the table can't be used as they are
  130  interrupted with Ctrl-C; the best so far is saved
"""
_BRIEF = ["rank", "id", "algorithm", "score", "std", "fit_seconds", "one_row_ms", "size_mb", "state"]


class _Command(click.Command):
    """A command whose expected errors are one sentence and an exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; turn our errors into a sentence, and Ctrl-C into its usual code."""
        verbose = int(ctx.params.get("verbose") or 0)
        try:
            with _plain_warnings(verbose):
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
def _plain_warnings(verbose: int) -> Iterator[None]:
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


def _decorated(options: list[Callable[[Any], Any]]) -> Callable[[Any], Any]:
    def decorate(command: Any) -> Any:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


_SEPARATORS = {"tab": "\t", "\\t": "\t"}
_READING = {"separator", "encoding", "decimal", "header", "sheet"}
_reading_options = _decorated(
    [
        click.option("--separator", metavar="MARK", help="Between cells; 'tab' for a tab. Found out if left out."),
        click.option("--encoding", metavar="NAME", help="Such as utf-8 or latin-1. Found out if left out."),
        click.option("--decimal", metavar="MARK", help="Decimal mark, '.' or ','. Found out if left out."),
        click.option("--header/--no-header", default=None, help="Whether the first line names the columns."),
        click.option("--sheet", metavar="NAME", help="Sheet of an Excel file, by name or number from 0."),
    ]
)
_search_options = _decorated(
    [
        click.argument("data", metavar="DATA"),
        click.option("--target", "-t", required=True, metavar="COL", help="The column to predict."),
        click.option("--task", metavar="NAME", help="binary, multiclass or regression."),
        click.option("--metric", metavar="NAME", help="What to optimise, such as roc_auc, log_loss or rmse."),
        click.option("--time-budget", metavar="TIME", help="Such as 90s, 5m or 1h30m; 'none' for no limit."),
        click.option("--n-trials", type=int, metavar="N", help="Stop after this many candidates."),
        click.option("--patience", type=int, metavar="N", help="Stop after N candidates without improvement."),
        click.option("--target-score", type=float, metavar="X", help="Stop at this score."),
        click.option("--algorithms", metavar="A,B", help="Only these, separated by commas."),
        click.option("--cv", metavar="N|NAME", help="Number of folds, or the name of a way to split."),
        click.option("--groups", metavar="COL", help="Rows that share a value here stay in one fold."),
        click.option("--time-column", metavar="COL", help="Folds follow this column's order."),
        click.option("--sample-weight", metavar="COL", help="How much each row counts."),
        click.option("--role", "roles", multiple=True, metavar="COL=ROLE", help="Say what a column is; repeatable."),
        click.option("--keep", multiple=True, metavar="COL", help="Use a column though it looks like a leak."),
        click.option("--ensemble/--no-ensemble", default=None, help="Whether the best pipeline combines candidates."),
        click.option(
            "--constraint", "constraints", multiple=True, metavar="NAME=X", help="Such as one_row_ms=30; repeatable."
        ),
        click.option("--jobs", "n_jobs", type=int, metavar="N", help="Processor cores to use; -1 for all."),
        click.option("--memory-limit", metavar="SIZE", help="Of the workers together, such as 4GB."),
        click.option("--seed", "random_state", type=int, metavar="N", help="The same seed, the same decisions."),
    ]
)
_storage_option = click.option(
    "--storage", metavar="URL", help="The run's Optuna storage, where its address holds a password."
)
_verbosity_options = _decorated(
    [
        click.option("--quiet", "-q", is_flag=True, help="No progress; of results only what a script needs."),
        click.option("--verbose", "-v", count=True, help="A line for each candidate; tracebacks of errors."),
    ]
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]}, epilog=_EXIT_CODES)
@click.version_option(__version__, "--version", prog_name="automl", message="%(prog)s %(version)s")
def main() -> None:
    r"""Search for the best pipeline for a table: a leaderboard and a fitted pipeline come out.

    \b
    automl fit data.csv --target y --time-budget 5m --out runs/x
    automl predict runs/x new.csv -o out.csv
    """


@main.command(cls=_Command, epilog=_EXIT_CODES)
@_search_options
@click.option("--out", metavar="FOLDER", help="The run folder; a new one under runs/ if left out.")
@click.option("--storage", metavar="URL", help="An Optuna storage for the study, instead of SQLite in the folder.")
@click.option("--study-name", metavar="NAME", help="The study's name in that storage.")
@click.option("--resume/--no-resume", default=None, help="Whether an earlier run in the folder goes on.")
@click.option("--dashboard/--no-dashboard", default=None, help="Show the search in optuna-dashboard while it runs.")
@_reading_options
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@_verbosity_options
def fit(*, data: str, as_json: bool, quiet: bool, verbose: int, **options: Any) -> None:
    """Search for the best pipeline for the table DATA.

    DATA is a CSV, TSV, Parquet, Feather, JSON-lines or Excel file. The columns of a file without header are
    called by their number from 0. Ctrl-C ends the search early and keeps the best so far.
    """
    import automl

    table, words = _words(data, options)
    run = automl.fit(table, verbose=0 if quiet else 1 + verbose, **words)
    if as_json:
        click.echo(_as_json(_run_as_json(run)))
    else:
        click.echo(run.folder if quiet else run)
    if "interrupted" in run.why_stopped:
        click.echo(f"Interrupted; the best so far is saved in {run.folder}.", err=True)
        click.get_current_context().exit(INTERRUPTED)


@main.command(cls=_Command, epilog=_EXIT_CODES)
@_search_options
@_reading_options
@click.option("--json", "as_json", is_flag=True, help="Print the plan as JSON.")
@click.option("--verbose", "-v", count=True, help="Tracebacks of errors.")
def plan(*, data: str, as_json: bool, verbose: int, **options: Any) -> None:
    """Say what fit would do with the table DATA, and why, without fitting anything."""
    import automl

    table, words = _words(data, options)
    decided = automl.plan(table, **words)
    click.echo(_as_json(decided.to_json()) if as_json else decided)


@main.command(cls=_Command, epilog=_EXIT_CODES)
@click.argument("model", metavar="RUN_OR_MODEL")
@click.argument("data", metavar="NEW")
@click.option("-o", "--output", required=True, metavar="FILE", help="CSV or Parquet by its name; '-' prints CSV.")
@click.option("--pick", metavar="RANK|ID", help="Another row of a run's leaderboard than the best.")
@click.option("--id", "ids", multiple=True, metavar="COL", help="Copy this column beside the prediction; repeatable.")
@click.option("--proba/--no-proba", default=None, help="Whether to add class probabilities; a classifier does.")
@click.option("--chunk-rows", type=click.IntRange(min=1), default=50_000, show_default=True, metavar="N")
@click.option("--trust", "trusted", multiple=True, metavar="CLASS", help="A class of yours in the model; repeatable.")
@_storage_option
@_reading_options
@_verbosity_options
def predict(
    *,
    model: str,
    data: str,
    output: str,
    pick: str | None,
    trusted: tuple[str, ...],
    storage: str | None,
    quiet: bool,
    verbose: int,
    **how: Any,
) -> None:
    """Predict the rows of the table NEW with a run's best pipeline or a saved model.

    CSV and Parquet are read and written in chunks, whatever their length. The output appears under its name only
    when it is complete.
    """
    from automl.batch import predict_file

    pipeline = _pipeline(_loaded(model, trusted=trusted, storage=storage), model, pick)
    reading = {name: how.pop(name) for name in _READING}
    n_rows = predict_file(pipeline, data, output, reading=_given_reading(reading), **how)
    if not quiet:
        click.echo(f"{n_rows:,} rows predicted" + ("." if output == "-" else f" into {output}."), err=True)


@main.command(cls=_Command, epilog=_EXIT_CODES)
@click.argument("run_folder", metavar="RUN")
@click.option("--json", "form", flag_value="json", help="Print it as JSON.")
@click.option("--csv", "form", flag_value="csv", help="Print it as CSV.")
@click.option("--top", type=click.IntRange(min=1), metavar="N", help="Only the first N rows.")
@_storage_option
@click.option("--verbose", "-v", count=True, help="Tracebacks of errors.")
def leaderboard(*, run_folder: str, form: str | None, top: int | None, storage: str | None, verbose: int) -> None:
    """Print the leaderboard of the run folder RUN, the best first."""
    run = _loaded(run_folder, storage=storage)
    if not hasattr(run, "leaderboard"):
        raise ArtifactError(f"{run_folder} holds one model, not a run; give a run folder, such as runs/x.")
    board = run.leaderboard if top is None else run.leaderboard.head(top)
    if form == "json":
        click.echo(_as_json(_rows(board)))
    elif form == "csv":
        click.echo(board.to_csv(index=False), nl=False)
    else:
        brief = board[[name for name in _BRIEF if name in board.columns]]
        click.echo(brief.to_string(index=False, na_rep="", float_format="{:.5g}".format))


@main.command(cls=_Command, epilog=_EXIT_CODES)
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
@_storage_option
@_reading_options
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

    reading = _given_reading({name: options.pop(name) for name in _READING})
    words = {name: value for name, value in options.items() if value is not None}
    for side in ("a", "b"):
        if f"pick_{side}" in words:
            words[f"which_{side}"] = _rank_or_id(words.pop(f"pick_{side}"))
    first = _loaded(a, trusted=trusted, storage=storage)
    second = first if a == b else _loaded(b, trusted=trusted, storage=storage)
    table = None if data is None else automl.read(data, **reading)
    comparison = automl.compare(first, second, table, **words)
    click.echo(_as_json(comparison.to_json()) if as_json else comparison)


@main.command(cls=_Command, epilog=_EXIT_CODES)
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
@_storage_option
@_reading_options
@_verbosity_options
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

    run = _loaded(run_folder, trusted=trusted, storage=storage)
    if not hasattr(run, "leaderboard"):
        raise ArtifactError(f"{run_folder} holds one model, not a run; give a run folder, such as runs/x.")
    ending = Path(output).suffix.lower()
    words: dict[str, Any] = {"which": 1 if pick is None else _rank_or_id(pick)}
    if ending != ".py":
        words |= {"data": None if data is None else automl.read(data, **_given_reading(reading)), "fairness": fairness}
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


@main.command(cls=_Command, epilog=_EXIT_CODES)
@click.argument("run", metavar="[RUN]", required=False)
@click.option("--port", type=click.IntRange(1, 65535), metavar="N", help="By default 8080, or another that is free.")
@click.option("--host", default="127.0.0.1", show_default=True, metavar="ADDRESS", help="Who may reach it.")
@click.option("--no-browser", is_flag=True, help="Print the address and open nothing.")
@_storage_option
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


@main.command(cls=_Command, epilog=_EXIT_CODES)
@click.option("--out", default="runs/demo", show_default=True, metavar="FOLDER")
@click.option("--time-budget", default="60s", show_default=True, metavar="TIME")
@_verbosity_options
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


def _words(data: str, options: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """Return the table (a path, or a frame where reading options were given) and the words for ``fit``."""
    words = {name: value for name, value in options.items() if value is not None and value != ()}
    reading = _given_reading({name: words.pop(name, None) for name in _READING})
    if "algorithms" in words:
        words["algorithms"] = [name.strip() for name in words["algorithms"].split(",") if name.strip()]
    if "roles" in words:
        words["roles"] = dict(_role(text) for text in words["roles"])
    if "constraints" in words:
        words["constraints"] = dict(_limit(text) for text in words["constraints"])
    if "cv" in words:
        words["cv"] = _number_or_name(words["cv"])
    if words.get("time_budget", "").lower() == "none":
        words["time_budget"] = None
    if not reading:
        return data, words
    started = time.monotonic()
    import automl
    from automl.values.budget import parse_duration

    frame = automl.read(data, **reading)
    if words.get("time_budget") is not None:  # reading is inside the budget, as it is when fit reads
        left = parse_duration(words["time_budget"]) - (time.monotonic() - started)
        words["time_budget"] = max(left, 1e-3)
    return frame, words


def _limit(text: str) -> tuple[str, float]:
    name, equals, number = text.partition("=")
    try:
        return name, float(number)
    except ValueError:
        problem = "is not of the form NAME=NUMBER" if not equals else f"has no number after {name}="
        raise PlanError(f"--constraint {text!r} {problem}; write for example --constraint one_row_ms=30.") from None


def _number_or_name(text: str) -> int | float | str:
    if text.isdecimal():
        return int(text)
    try:
        return float(text)
    except ValueError:
        return text  # the name of a way to split


def _role(text: str) -> tuple[str, str]:
    column, equals, role = text.rpartition("=")
    if not equals or not column or not role:
        raise PlanError(f"--role {text!r} is not of the form COL=ROLE; write for example --role zip=category.")
    return column, role


def _given_reading(reading: dict[str, Any]) -> dict[str, Any]:
    given = {name: value for name, value in reading.items() if value is not None}
    if "separator" in given:
        given["separator"] = _SEPARATORS.get(given["separator"], given["separator"])
    if given.get("sheet", "").isdecimal():
        given["sheet"] = int(given["sheet"])
    return given


def _loaded(path: str, **options: Any) -> Any:
    import automl

    return automl.load(path, **{name: value for name, value in options.items() if value})


def _pipeline(loaded: Any, model: str, pick: str | None) -> Any:
    if not hasattr(loaded, "leaderboard"):
        if pick is not None:
            raise PlanError(f"--pick {pick} needs a run folder; {model} holds one model.")
        return loaded
    if pick is None:
        return loaded.best_pipeline
    return loaded.pipeline(_rank_or_id(pick))


def _rank_or_id(pick: str) -> int | str:
    return int(pick) if pick.isdecimal() and len(pick) < 8 else pick


def _run_as_json(run: Run) -> dict[str, Any]:
    rows = _rows(run.leaderboard)
    return {
        "folder": str(run.folder),
        "target": run.plan.task.target,
        "task": run.plan.task.kind,
        "metric": run.plan.metric,
        "greater_is_better": run.plan.greater_is_better,
        "best": rows[0],
        "leaderboard": rows,
    }


def _rows(board: pd.DataFrame) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(board.to_json(orient="records", double_precision=15))
    return rows


def _as_json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False, default=_plain)


def _plain(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else str(value)  # a NumPy scalar; a path or a date


if __name__ == "__main__":
    sys.exit(main())
