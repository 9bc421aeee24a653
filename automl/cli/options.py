"""Options that several commands have, and the words of :func:`automl.fit` that they become.

Every option carries the name of the parameter it becomes and is passed on only when it was given, so that defaults
stand in one place.
"""

from __future__ import annotations

import time
from typing import Any

import click

from automl.cli.command import decorated
from automl.errors import PlanError
from automl.values.address import shown

_SEPARATORS = {"tab": "\t", "\\t": "\t"}
READING = {"separator", "encoding", "decimal", "header", "sheet", "query"}
reading_options = decorated(
    [
        click.option("--separator", metavar="MARK", help="Between cells; 'tab' for a tab. Found out if left out."),
        click.option("--encoding", metavar="NAME", help="Such as utf-8 or latin-1. Found out if left out."),
        click.option("--decimal", metavar="MARK", help="Decimal mark, '.' or ','. Found out if left out."),
        click.option("--header/--no-header", default=None, help="Whether the first line names the columns."),
        click.option("--sheet", metavar="NAME", help="Sheet of an Excel file, by name or number from 0."),
        click.option("--query", metavar="SQL", help="A SELECT statement or a table, where the table is a database."),
    ]
)
search_options = decorated(
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
        click.option("--unlabeled", metavar="FILE", help="Rows without a target, to learn from after the search."),
        click.option("--role", "roles", multiple=True, metavar="COL=ROLE", help="Say what a column is; repeatable."),
        click.option(
            "--join", multiple=True, metavar="FILE=COL", help="Add another table's columns by this key; repeatable."
        ),
        click.option("--keep", multiple=True, metavar="COL", help="Use a column though it looks like a leak."),
        click.option("--test", metavar="FILE", help="A table to be predicted later, checked against DATA."),
        click.option("--strict", is_flag=True, default=None, help="Warnings about the table stop, as errors do."),
        click.option("--ignore", multiple=True, metavar="CODE", help="Leave out findings of this code; repeatable."),
        click.option("--ensemble/--no-ensemble", default=None, help="Whether the best pipeline combines candidates."),
        click.option(
            "--constraint", "constraints", multiple=True, metavar="NAME=X", help="Such as one_row_ms=30; repeatable."
        ),
        click.option("--warm-start", metavar="RUN", help="Folder of an earlier run that tells where to begin."),
        click.option("--jobs", "n_jobs", type=int, metavar="N", help="Processor cores to use; -1 for all."),
        click.option("--memory-limit", metavar="SIZE", help="Of the workers together, such as 4GB."),
        click.option("--seed", "random_state", type=int, metavar="N", help="The same seed, the same decisions."),
    ]
)
storage_option = click.option(
    "--storage", metavar="URL", help="The run's Optuna storage, where its address holds a password."
)
verbosity_options = decorated(
    [
        click.option("--quiet", "-q", is_flag=True, help="No progress; of results only what a script needs."),
        click.option("--verbose", "-v", count=True, help="A line for each candidate; tracebacks of errors."),
    ]
)


def words_for_fit(data: str, options: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """Return the table (a path, or a frame where reading options were given) and the words for ``fit``."""
    words = {name: value for name, value in options.items() if value is not None and value != ()}
    reading = given_reading({name: words.pop(name, None) for name in READING})
    if "algorithms" in words:
        words["algorithms"] = [name.strip() for name in words["algorithms"].split(",") if name.strip()]
    if "roles" in words:
        words["roles"] = dict(_role(text) for text in words["roles"])
    if "join" in words:
        words["join"] = dict(_joined(text) for text in words["join"])
    if "constraints" in words:
        words["constraints"] = dict(_limit(text) for text in words["constraints"])
    if "cv" in words:
        words["cv"] = _number_or_name(words["cv"])
    if words.get("time_budget", "").lower() == "none":
        words["time_budget"] = None
    if set(reading) <= {"query"}:
        return data, words | reading
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


def _joined(text: str) -> tuple[str, list[str]]:
    place, equals, columns = text.rpartition("=")
    names = [name.strip() for name in columns.split(",") if name.strip()]
    if not equals or not place or not names:
        raise PlanError(
            f"--join {shown(text)!r} is not of the form FILE=COL; write for example --join customers.csv=id."
        )
    return place, names


def _role(text: str) -> tuple[str, str]:
    column, equals, role = text.rpartition("=")
    if not equals or not column or not role:
        raise PlanError(f"--role {text!r} is not of the form COL=ROLE; write for example --role zip=category.")
    return column, role


def given_reading(reading: dict[str, Any]) -> dict[str, Any]:
    """Return the reading options that were given, as :func:`automl.read` takes them."""
    given = {name: value for name, value in reading.items() if value is not None}
    if "separator" in given:
        given["separator"] = _SEPARATORS.get(given["separator"], given["separator"])
    if given.get("sheet", "").isdecimal():
        given["sheet"] = int(given["sheet"])
    return given
