"""Finds the algorithms: the files of ``search_spaces``, and what other distributions offer.

Each module of the package ``search_spaces`` whose name doesn't start with ``_`` declares one ``ALGORITHM`` of that
name. Other distributions declare theirs under the entry point group ``automl.algorithms``. Declarations are read
without importing any model library: whether a library is there is looked up, not tried. A user narrows a shipped
family with :func:`algorithm` and hands the result, or a declaration of their own, to ``fit(algorithms=[...])``.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib import import_module
from importlib.metadata import entry_points
from importlib.util import find_spec
from typing import Any, get_args

from automl.errors import MissingDependency, PlanError, suggest
from automl.values.algorithm import Algorithm, DataShape, Space
from automl.values.space import SearchSpace
from automl.values.task import TASK_KINDS, TaskKind

_PACKAGE = "search_spaces"
_GROUP = "automl.algorithms"
_DISTRIBUTION = "tabular-search"

Choice = str | Algorithm | Sequence[str | Algorithm]


def algorithms(kind: TaskKind | None = None) -> dict[str, Algorithm]:
    """Return all known algorithms by name, whether or not their libraries are installed.

    Parameters
    ----------
    kind
        Only those that do this kind of task.

    Raises
    ------
    PlanError
        If ``kind`` doesn't exist, or a declaration can't be used.

    Examples
    --------
    >>> "lightgbm" in algorithms()
    True
    >>> "naive_bayes" in algorithms("regression")
    False
    """
    if kind is not None and kind not in get_args(TaskKind):
        raise PlanError(f"Unknown task {kind!r}. {suggest(kind, TASK_KINDS)}")
    found = _known()
    return {name: found[name] for name in sorted(found) if kind is None or kind in found[name].tasks}


def algorithm(name: str, **changes: Any) -> Algorithm:
    """Return a known algorithm, its hyperparameters narrowed, widened or fixed.

    Parameters
    ----------
    name
        Its name.
    **changes
        A value fixes a hyperparameter, ``(low, high)`` sets its range, a list sets its choices, and a
        :class:`~automl.values.space.Float`, :class:`~automl.values.space.Int` or
        :class:`~automl.values.space.Categorical` takes its place. One that exists only for some tables (such as
        ``cat_smooth``, where there are categories) is changed where it exists.

    Raises
    ------
    PlanError
        If there is no such algorithm or no such hyperparameter, or a range is impossible.

    Examples
    --------
    >>> few_leaves = algorithm("lightgbm", num_leaves=31, learning_rate=(0.01, 0.3))
    >>> few_leaves.space(DataShape("regression", 1_000, 10))["learning_rate"].high
    0.3
    """
    found = _by_name(name)
    if not changes:
        return found
    spaces = [found.space(shape) for shape in _many_shapes(found)]
    known = {each.name for space in spaces for each in space}
    for changed in changes:
        if changed not in known:
            raise PlanError(f"{name!r} has no hyperparameter {changed!r}. {suggest(changed, known)}")
    narrowed = _Changed(found.space, tuple(changes.items()))
    for shape in _many_shapes(found):
        narrowed(shape)
    return replace(found, space=narrowed)


def resolve(algorithms: Choice) -> tuple[tuple[Algorithm, ...], tuple[str, ...]]:
    """Return the algorithms that were asked for, and the names of those left out because a library is absent.

    Parameters
    ----------
    algorithms
        ``"auto"`` for all known ones whose libraries are installed, a name, an :class:`Algorithm`, or a sequence of
        names and algorithms, whose order is kept.

    Raises
    ------
    PlanError
        If a name is unknown, one stands twice, or something else than names and algorithms was given.
    MissingDependency
        If an algorithm that was asked for by name or object lacks its library.

    Examples
    --------
    >>> [each.name for each in resolve(["linear", "dummy"])[0]]
    ['linear', 'dummy']
    """
    if isinstance(algorithms, str) and algorithms == "auto":
        known = _known()
        present = tuple(known[name] for name in sorted(known) if not _absent(known[name]))
        return present, tuple(name for name in sorted(known) if _absent(known[name]))
    asked = [algorithms] if isinstance(algorithms, str | Algorithm) else algorithms
    if not isinstance(asked, Sequence) or not asked:
        raise PlanError(f"algorithms={algorithms!r} names no algorithm; give 'auto', a name, or a list of names.")
    chosen: list[Algorithm] = []
    for each in asked:
        if not isinstance(each, str | Algorithm):
            raise PlanError(f"{each!r} in algorithms is no algorithm; give names or automl.Algorithm objects.")
        one = _by_name(each) if isinstance(each, str) else each
        if any(one.name == other.name for other in chosen):
            raise PlanError(f"The algorithm {one.name!r} was given twice; give it once, or rename one of the two.")
        _require(one)
        chosen.append(one)
    return tuple(chosen), ()


def _by_name(name: str) -> Algorithm:
    known = _known()
    if name not in known:
        raise PlanError(f"There is no algorithm {name!r}. {suggest(name, known)}")
    return known[name]


@lru_cache(maxsize=1)
def _known() -> dict[str, Algorithm]:
    found: dict[str, Algorithm] = {}
    for origin, one in [*_shipped(), *_offered()]:
        if one.name in found:
            raise PlanError(f"{origin} declares the algorithm {one.name!r}, a name that is taken; rename it.")
        found[one.name] = one
    return found


def _shipped() -> Iterator[tuple[str, Algorithm]]:
    package = import_module(_PACKAGE)
    if getattr(package, "BELONGS_TO", None) != "automl":
        where = next(iter(package.__path__), "an unknown place") if hasattr(package, "__path__") else package.__file__
        raise PlanError(
            f"The package {_PACKAGE!r} at {where} is not the one that comes with automl and hides it. "
            "Rename it, or start Python from another folder."
        )
    for module in pkgutil.iter_modules(package.__path__):
        if module.name.startswith("_"):
            continue
        place = f"{_PACKAGE}.{module.name}"
        declared = getattr(import_module(place), "ALGORITHM", None)
        if not isinstance(declared, Algorithm) or declared.name != module.name:
            raise PlanError(
                f"The module {place} declares no ALGORITHM = Algorithm(name={module.name!r}, ...). Add it, or start "
                "the file's name with '_' if it holds something else."
            )
        yield place, replace(declared, is_shipped=True)


def _offered() -> Iterator[tuple[str, Algorithm]]:
    for entry in entry_points(group=_GROUP):
        origin = f"The entry point {entry.name!r} of {entry.dist.name if entry.dist else 'an unknown distribution'}"
        try:
            declared = entry.load()
        except (ImportError, AttributeError) as error:
            raise PlanError(f"{origin} can't be loaded: {error}. Mend or uninstall that distribution.") from error
        if not isinstance(declared, Algorithm):
            raise PlanError(f"{origin} is a {type(declared).__name__}, no automl.Algorithm. Mend or uninstall it.")
        yield origin, declared


def _absent(one: Algorithm) -> tuple[str, ...]:
    """Return the required modules that are not installed, without importing any."""
    return tuple(module for module in one.requires if find_spec(module.partition(".")[0]) is None)


def _require(one: Algorithm) -> None:
    absent = _absent(one)
    if absent:
        wanted = f"'{_DISTRIBUTION}[{one.extra}]'" if one.extra else " ".join(absent)
        raise MissingDependency(
            f"The algorithm {one.name!r} needs {' and '.join(absent)}, which is not installed. "
            f"Install it with: pip install {wanted}"
        )


def _many_shapes(one: Algorithm) -> Iterator[DataShape]:
    """Shapes of tables that differ in everything that a space may depend on."""
    for kind in one.tasks:
        n_classes = {"binary": 2, "multiclass": 5, "regression": 0}[kind]
        for n_rows in (100, 1_000_000):
            for n_categorical in (0, 4):
                yield DataShape(kind, n_rows, 10, n_categorical, n_classes)
                if kind != "regression":
                    yield DataShape(kind, n_rows, 10, n_categorical, n_classes, imbalance=99.0, judges_labels=True)
                if n_categorical:
                    yield DataShape(kind, n_rows, 10, n_categorical, n_classes, n_misspelt=3)


@dataclass(frozen=True, slots=True)
class _Changed:
    """A space function whose hyperparameters are changed where they exist; a class, so that it can be pickled."""

    space: Space
    changes: tuple[tuple[str, Any], ...]

    def __call__(self, shape: DataShape) -> SearchSpace:
        space = self.space(shape)
        present = {each.name for each in space}
        return space.replace(**{name: change for name, change in self.changes if name in present})
