"""What is tried first: an ordered list of complete configurations across families, learned on other tables.

A dummy opens every search, so that there is a floor to compare with and something to return. Then comes the portfolio
of the task's kind and the table's size, ``search_spaces/portfolio.json``, in the order in which an ensemble of all that
was fitted so far gains the most per second (``benchmarks/portfolio.py`` learns it; the file says from which tables).
Last come the defaults of families that it leaves out: an ensemble likes members of different kinds, and a table may be
unlike all others. What comes after the portfolio is the sampler's.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from importlib.resources import files
from pathlib import Path

from automl.errors import PlanError
from automl.values.algorithm import Algorithm, DataShape
from automl.values.candidate import Candidate
from automl.values.space import SearchSpace, Value
from automl.values.task import TaskKind

Entry = tuple[str, Mapping[str, Value]]

FEW_ROWS = 1_500  # up to here a table has the portfolio of small ones
LEARNED_ROWS = 3_300  # that a fit learned from where the portfolio was chosen
MOST_GROWTH = 2.0  # times that of the middle family
OPENERS = 2  # entries before a caller's own families: the dummy and the first of the portfolio
LAST = (
    "lightgbm",
    "linear",
    "catboost",
    "extra_trees",
    "xgboost",
    "mlp",
    "additive",
    "svm",
    "nearest_neighbors",
    "gaussian_process",
    "random_forest",
    "hist_gradient_boosting",
    "discriminant_analysis",
    "naive_bayes",
)
"""The shipped families: in this order come the defaults of those that a portfolio leaves out."""


def portfolio(
    spaces: Mapping[str, SearchSpace], kind: TaskKind, n_rows: int, learned: str | None = None
) -> list[Candidate]:
    """Return the candidates to try first, in order, each complete and inside its space.

    Parameters
    ----------
    n_rows
        Rows of the table.
    learned
        Another file than the shipped one.

    Raises
    ------
    PlanError
        If such a file is not there or holds no portfolios.

    Examples
    --------
    >>> from automl.values.space import Float
    >>> spaces = {"linear": SearchSpace(Float("C", 0.1, 10, log=True)), "dummy": SearchSpace()}
    >>> [each.algorithm for each in portfolio(spaces, "binary", 900)][:2]
    ['dummy', 'linear']
    """
    named: list[Entry] = [("dummy", {}), *_entries(learned)[size_of(kind, n_rows)]]
    known = {name for name, _ in named} | set(LAST)
    own: list[Entry] = [(name, {}) for name in sorted(spaces) if name not in known]  # a caller's comes right away
    chosen: dict[Candidate, None] = {}
    for name, config in [*named[:OPENERS], *own, *named[OPENERS:], *((name, {}) for name in LAST)]:
        if name in spaces and (complete := _completed(spaces[name], config)) is not None:
            chosen[Candidate.of(name, complete)] = None
    return list(chosen)


def slow_ones_last(
    opening: Sequence[Candidate], algorithms: Mapping[str, Algorithm], shape: DataShape
) -> list[Candidate]:
    """Return an opening with shipped families at its end whose cost grows much faster with the rows than others' do.

    What a fit gains per second was measured on samples: neighbours are cheap among 3,000 rows and dear among 50,000.

    Parameters
    ----------
    shape
        The table that a fold trains on.

    Examples
    --------
    >>> from automl.registry import algorithms
    >>> names = ("nearest_neighbors", "linear", "lightgbm")
    >>> opening = [Candidate.of(name, {}) for name in names]
    >>> known = {name: algorithms()[name] for name in names}
    >>> [each.algorithm for each in slow_ones_last(opening, known, DataShape("binary", 40_000, 9))]
    ['linear', 'lightgbm', 'nearest_neighbors']
    """
    sample = replace(shape, n_rows=LEARNED_ROWS)
    growth = {name: each.seconds(shape) / each.seconds(sample) for name, each in algorithms.items()}
    limit = MOST_GROWTH * statistics.median(growth.values())
    slow = {name for name, factor in growth.items() if algorithms[name].is_shipped and factor > max(1.0, limit)}
    return sorted(opening, key=lambda each: each.algorithm in slow)


def size_of(kind: TaskKind, n_rows: int) -> str:
    """Return the name of the portfolio for such a table.

    Examples
    --------
    >>> size_of("binary", 900), size_of("regression", 20_000)
    ('binary, few rows', 'regression, many rows')
    """
    return f"{kind}, {'few' if n_rows <= FEW_ROWS else 'many'} rows"


def _completed(space: SearchSpace, config: Mapping[str, Value]) -> dict[str, Value] | None:
    """Return the whole config without what this table's space doesn't have; ``None`` if a value is outside of it."""
    known = {each.name for each in space}
    try:
        return space.complete({name: value for name, value in config.items() if name in known})
    except PlanError:  # the caller's space excludes this entry
        return None


def _entries(learned: str | None) -> Mapping[str, Sequence[Entry]]:
    if learned is None:
        return _shipped()
    try:
        return _read(Path(learned).read_text(encoding="utf-8"), learned)
    except OSError as error:
        raise PlanError(f"The portfolio '{learned}' can't be read: {error.strerror}. Give the path of one.") from error


@cache
def _shipped() -> Mapping[str, Sequence[Entry]]:
    return _read((files("search_spaces") / "portfolio.json").read_text(encoding="utf-8"), "portfolio.json")


def _read(text: str, name: str) -> Mapping[str, Sequence[Entry]]:
    try:
        portfolios = json.loads(text)["portfolios"]
        return {size: [(each["algorithm"], each["config"]) for each in entries] for size, entries in portfolios.items()}
    except (ValueError, KeyError, TypeError) as error:
        raise PlanError(f"'{name}' holds no portfolios; give a file that benchmarks/portfolio.py wrote.") from error
