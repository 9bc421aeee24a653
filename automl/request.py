"""What the caller asked for, checked once: the parameters of :func:`automl.fit` as one frozen value."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import MISSING, asdict, dataclass, fields
from numbers import Integral
from os import PathLike
from pathlib import Path
from typing import Any, Literal

from automl.errors import PlanError, suggest
from automl.values.address import shown
from automl.values.algorithm import Algorithm
from automl.values.availability import Availability
from automl.values.budget import Budget, parse_duration
from automl.values.constraints import Constraints
from automl.values.finding import check_codes
from automl.values.join import Join
from automl.values.metric import Metric
from automl.values.progress import Update
from automl.values.schema import Role
from automl.values.size import parse_bytes
from automl.values.strategy import EVERYTHING, Strategy

Algorithms = str | Algorithm | Sequence[str | Algorithm]
ENGINES = ("local", "inprocess")
NOT_PLAIN = object()
MEMORY_SHARE = 0.8  # of the free memory that workers may use together by default
_SECRET = re.compile(r"://[^/]*@")
LONGEST = 1_000  # values of a list that a file holds; one value per row is data


@dataclass(frozen=True, slots=True)
class Request:
    """The parameters of :func:`automl.fit`, which documents them.

    Raises
    ------
    PlanError
        If a parameter is out of its range, or neither time nor trials are limited.
    """

    data: Any
    target: Any
    task: str = "auto"
    metric: str | Metric | Callable[..., float] = "auto"
    time_budget: float | str | None = None
    n_trials: int | None = None
    algorithms: Algorithms = "auto"
    cv: Any = "auto"
    groups: Any = None
    time_column: Any = None
    sample_weight: Any = None
    roles: Mapping[str, Role] | None = None
    join: Mapping[str, Any] | None = None
    query: str | None = None
    keep: Sequence[str] = ()
    test: Any = None
    strict: bool = False
    ignore: Sequence[str] = ()
    ensemble: bool = True
    constraints: Mapping[str, Any] | None = None
    costs: Any = None
    gains: Any = None
    available_at: Any = None
    warm_start: Any = None
    storage: Any = None
    study_name: str | None = None
    resume: bool = True
    engine: Literal["local", "inprocess"] | Any = "local"
    n_jobs: int = -1
    memory_limit: float | str | None = None
    patience: int | None = None
    target_score: float | None = None
    random_state: int = 0
    strategy: Strategy = EVERYTHING
    callbacks: Sequence[Callable[[Update], object]] = ()
    out: str | Path | None = None
    dashboard: bool = False
    unlabeled: Any = None
    verbose: int = 1

    def __post_init__(self) -> None:
        """Check what can be checked without the table; NumPy's numbers become Python's."""
        for name in ("n_trials", "patience", "n_jobs", "random_state", "verbose"):
            value = getattr(self, name)
            if not isinstance(value, bool) and isinstance(value, Integral):
                object.__setattr__(self, name, int(value))
        self.budget()
        self.memory_bytes()
        Constraints.of(self.constraints)
        Availability.of(self.available_at)
        if self.costs is not None and self.gains is not None:
            raise PlanError("Both costs and gains are given; give one. A gain is a cost below zero.")
        if isinstance(self.engine, str) and self.engine not in ENGINES:
            raise PlanError(f"Unknown engine {self.engine!r}. {suggest(self.engine, ENGINES)}")
        whole = _is_whole(self.n_jobs)
        for name, is_right, advice in (
            (
                "engine",
                isinstance(self.engine, str) or hasattr(self.engine, "submit"),
                "'local', 'inprocess' or an engine",
            ),
            (
                "n_jobs",
                whole and (self.n_jobs == -1 or self.n_jobs > 0),
                "the number of cores to use, or -1 for all of them",
            ),
            ("random_state", _is_whole(self.random_state) and self.random_state >= 0, "a whole number of at least 0"),
            ("verbose", isinstance(self.verbose, int) and self.verbose >= 0, "0, 1 or 2"),
            ("keep", _is_listing(self.keep), "a list of column names"),
            ("strict", isinstance(self.strict, bool), "True or False"),
            ("ignore", _is_listing(self.ignore), "a list of finding codes, such as ['duplicate-rows']"),
            ("roles", self.roles is None or isinstance(self.roles, Mapping), "a dict such as {'zip': 'category'}"),
            ("join", self.join is None or isinstance(self.join, Mapping), "a dict such as {'customers.csv': 'id'}"),
            ("query", self.query is None or isinstance(self.query, str), "a SELECT statement or the name of a table"),
            ("callbacks", _is_listing(self.callbacks) and all(map(callable, self.callbacks)), "a list of functions"),
            ("strategy", isinstance(self.strategy, Strategy), "an automl.Strategy"),
            ("ensemble", isinstance(self.ensemble, bool), "True or False"),
            ("warm_start", _is_earlier(self.warm_start), "a run, the folder of one, or its Optuna study"),
            ("resume", isinstance(self.resume, bool), "True or False"),
            ("dashboard", isinstance(self.dashboard, bool), "True or False"),
            ("study_name", self.study_name is None or isinstance(self.study_name, str), "a name"),
            ("out", self.out is None or isinstance(self.out, str | PathLike), "the path of a folder"),
        ):
            if not is_right:
                raise PlanError(f"{name}={getattr(self, name)!r}; give {advice}.")
        check_codes(list(self.ignore), "finding code in ignore")
        for place, asked in (self.join or {}).items():
            try:
                Join.of(asked)
            except PlanError as error:
                raise PlanError(f"join of {shown(place)!r}: {error}") from error

    def told(self) -> tuple[dict[str, Any], tuple[str, ...]]:
        """Return what is given beyond the defaults: what can be written down, and the names of what can't."""
        written: dict[str, Any] = {}
        unwritten = []
        for each in fields(self):
            value = getattr(self, each.name)
            if each.default is not MISSING and _is_same(value, each.default):
                continue
            plain = _plain(value)
            if plain is NOT_PLAIN:
                unwritten.append(each.name)
            elif value is not None or each.name == "time_budget":
                written[each.name] = plain
        return written, tuple(unwritten)

    def budget(self) -> Budget:
        """Return when the search is to end."""
        seconds = None if self.time_budget is None else parse_duration(self.time_budget)
        return Budget(seconds, self.n_trials, self.patience, self.target_score)

    def memory_bytes(self) -> int | None:
        """Return the memory limit in bytes, from a number of bytes or a text such as ``"4GB"``."""
        return None if self.memory_limit is None else parse_bytes(self.memory_limit, "memory_limit")

    def memory(self, free: int) -> int:
        """Return the bytes that workers may hold together: what was given, or four fifths of what is ``free``."""
        return self.memory_bytes() or int(MEMORY_SHARE * free)

    def cores(self, available: int) -> int:
        """Return how many of the ``available`` cores may be used."""
        return available if self.n_jobs == -1 else min(self.n_jobs, available)


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_earlier(value: Any) -> bool:
    """Tell whether it may be an earlier search, without importing what could tell for sure."""
    is_run = hasattr(value, "evaluations") and hasattr(value, "folder")
    is_study = hasattr(value, "study_name") and hasattr(value, "trials")
    return value is None or isinstance(value, str | PathLike) or is_run or is_study


def _is_listing(value: Any) -> bool:
    return isinstance(value, Iterable) and not isinstance(value, str | bytes | Mapping)


def _is_same(value: Any, default: Any) -> bool:
    return type(value) is type(default) and bool(value == default)


def _plain(value: Any) -> Any:
    """Return a value as a file can hold it, or ``NOT_PLAIN``."""
    if isinstance(value, str) and _SECRET.search(value):
        return NOT_PLAIN  # an address with a password
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, PathLike):
        return str(value)
    if isinstance(value, Strategy):
        return {name: part for name, part in asdict(value).items() if part != getattr(EVERYTHING, name)}
    if isinstance(value, Join):
        return _plain(value.parts)
    if isinstance(value, Algorithm):
        return value.name if value.is_shipped else NOT_PLAIN
    if isinstance(value, Mapping):
        if any(_plain(key) is NOT_PLAIN for key in value if isinstance(key, str)):
            return NOT_PLAIN
        pairs = {str(key): _plain(each) for key, each in value.items()}
        return NOT_PLAIN if any(each is NOT_PLAIN for each in pairs.values()) else pairs
    if isinstance(value, list | tuple) and len(value) <= LONGEST:
        parts = [_plain(each) for each in value]
        return NOT_PLAIN if any(each is NOT_PLAIN for each in parts) else parts
    if hasattr(value, "tolist") and getattr(value, "size", LONGEST + 1) <= LONGEST:
        return _plain(value.tolist())
    return NOT_PLAIN
