"""What is tried first: an ordered list of complete configurations across families, learned on other tables.

A dummy opens every search, so that there is a floor to compare with and something to return. Then comes the portfolio
of the task's kind and the table's size, ``search_spaces/portfolio.json``, in the order in which an ensemble of all that
was fitted so far gains the most per second (``benchmarks/portfolio.py`` learns it; the file says from which tables).
Last come the defaults of families that it leaves out: an ensemble likes members of different kinds, and a table may be
unlike all others. What comes after the portfolio is the sampler's. Where time is the budget, entries that take long on
the table at hand wait (:func:`by_worth`).
"""

from __future__ import annotations

import json
import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from automl.errors import PlanError
from automl.values.candidate import Candidate
from automl.values.space import SearchSpace, Value
from automl.values.task import TaskKind

FEW_ROWS = 1_500  # up to here a table has the portfolio of small ones
OVERHEAD = 0.1  # of the fit that costs are counted in: what any candidate costs beside its fit
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


@dataclass(frozen=True, slots=True)
class Learned:
    """What an entry of a portfolio did on the tables that it was learned from.

    Attributes
    ----------
    gain
        What it took off the regret of the ensemble of all before it, per second; no entry has more than those before.
    seconds
        Of a fit, in fits of LightGBM's default.
    """

    gain: float
    seconds: float


@dataclass(frozen=True, slots=True)
class _Entry:
    algorithm: str
    config: Mapping[str, Value]
    learned: Learned | None


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
    named = [_Entry("dummy", {}, None), *_entries(learned)[size_of(kind, n_rows)]]
    known = {each.algorithm for each in named} | set(LAST)
    own = [_Entry(name, {}, None) for name in sorted(spaces) if name not in known]  # a caller's comes right away
    last = [_Entry(name, {}, None) for name in LAST]
    found = (_candidate(spaces, each) for each in (*named[:OPENERS], *own, *named[OPENERS:], *last))
    return list(dict.fromkeys(each for each in found if each is not None))


def learned_of(
    spaces: Mapping[str, SearchSpace], kind: TaskKind, n_rows: int, learned: str | None = None
) -> dict[Candidate, Learned]:
    """Return what is known of the entries of :func:`portfolio`; empty for a file that tells nothing but the order.

    Parameters
    ----------
    spaces, kind, n_rows, learned
        As for :func:`portfolio`.
    """
    entries = _entries(learned)[size_of(kind, n_rows)]
    if any(each.learned is None for each in entries):
        return {}
    found = {_candidate(spaces, each): each.learned for each in reversed(entries)}
    return {candidate: known for candidate, known in found.items() if candidate is not None and known is not None}


def by_worth(
    opening: Sequence[Candidate], learned: Mapping[Candidate, Learned], seconds_of: Callable[[Candidate], float]
) -> list[Candidate]:
    """Return an opening in the order of what its candidates promise per second on this table.

    A portfolio is in the order of what its entries gained per second where it was learned. On another table they gain
    about the same, but families whose cost grows faster with rows or labels take more of the time: neighbours are cheap
    among 3,000 rows and dear among 50,000. What was not learned keeps its place: before the portfolio, or behind it.

    Parameters
    ----------
    learned
        Of the entries of the portfolio.
    seconds_of
        What a fit of a candidate takes on this table.

    Examples
    --------
    >>> opening = [Candidate.of(name, {}) for name in ("dummy", "linear", "mlp", "lightgbm", "svm", "mine")]
    >>> gains = (0.5, 0.2, 0.1, 0.05)
    >>> learned = {each: Learned(gain, 1.0) for each, gain in zip(opening[1:5], gains, strict=True)}
    >>> seconds = {"mlp": 8.0}
    >>> [each.algorithm for each in by_worth(opening, learned, lambda each: seconds.get(each.algorithm, 1.0))]
    ['dummy', 'linear', 'lightgbm', 'svm', 'mlp', 'mine']
    """
    known = [each for each in opening if each in learned]
    if not known:
        return list(opening)
    now = {each: seconds_of(each) for each in known}
    pace = statistics.median(now[each] / max(0.01, learned[each].seconds - OVERHEAD) for each in known)

    def worth(candidate: Candidate) -> float:
        entry = learned[candidate]
        return entry.gain * entry.seconds / (now[candidate] / max(1e-9, pace) + OVERHEAD)

    ordered = iter(sorted(known, key=worth, reverse=True))
    return [next(ordered) if each in learned else each for each in opening]


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


def _candidate(spaces: Mapping[str, SearchSpace], entry: _Entry) -> Candidate | None:
    """Return the whole candidate of an entry; ``None`` if the caller's spaces exclude it."""
    space = spaces.get(entry.algorithm)
    config = None if space is None else _completed(space, entry.config)
    return None if config is None else Candidate.of(entry.algorithm, config)


def _entries(learned: str | None) -> Mapping[str, Sequence[_Entry]]:
    if learned is None:
        return _shipped()
    try:
        return _read(Path(learned).read_text(encoding="utf-8"), learned)
    except OSError as error:
        raise PlanError(f"The portfolio '{learned}' can't be read: {error.strerror}. Give the path of one.") from error


@cache
def _shipped() -> Mapping[str, Sequence[_Entry]]:
    return _read((files("search_spaces") / "portfolio.json").read_text(encoding="utf-8"), "portfolio.json")


def _read(text: str, name: str) -> Mapping[str, Sequence[_Entry]]:
    try:
        return {size: _in_order(entries) for size, entries in json.loads(text)["portfolios"].items()}
    except (ValueError, KeyError, TypeError) as error:
        raise PlanError(f"'{name}' holds no portfolios; give a file that benchmarks/portfolio.py wrote.") from error


def _in_order(entries: Sequence[Mapping[str, Any]]) -> list[_Entry]:
    """Return a portfolio's entries with what each gained per second, as far as the file tells."""
    found, before, least = [], 1.0, math.inf
    for each in entries:
        learned = None
        if "regret" in each and "seconds" in each:
            least = min(least, max(0.0, before - each["regret"]) / each["seconds"])
            learned, before = Learned(least, each["seconds"]), each["regret"]
        found.append(_Entry(each["algorithm"], each["config"], learned))
    return found
