"""What every algorithm must do, as checks that its author can run.

A declaration promises: a space for a table of any size, whose configs can all be built; a fit that takes the tasks it
claims, leaves its inputs alone, uses no more threads than it was given and comes out the same for the same seed;
finite predictions of the right shape. One that is shipped can also be stored and read back by the exact list of
classes that model files may name.

::

    from automl.testing.algorithms import check_algorithm

    def test_my_algorithm():
        check_algorithm(MY_ALGORITHM)
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from automl.features.preparation import Preparation
from automl.pipeline.blend import predict_matrix
from automl.pipeline.serial import from_bytes, to_bytes
from automl.values.algorithm import Algorithm, BuildContext, DataShape, Fitted, Needs, Rows
from automl.values.space import Config
from automl.values.task import Task, TaskKind

_ROWS = (20, 2_000, 2_000_000)
_N_CLASSES: dict[TaskKind, int] = {"binary": 2, "multiclass": 3, "regression": 0}
_THREAD_NAMES = ("n_jobs", "nthread", "num_threads", "thread_count")


def check_algorithm(algorithm: Algorithm, n_sampled: int = 5, n_fitted: int = 1) -> None:
    """Run every check on a declaration.

    Parameters
    ----------
    algorithm
        The declaration.
    n_sampled
        Configs drawn from each space, to see that they lie in it and can be built.
    n_fitted
        Drawn configs that are also fitted, for each kind of task.

    Raises
    ------
    AssertionError
        At the first promise that is not kept, in a sentence.

    Examples
    --------
    >>> from automl.registry import algorithms
    >>> check_algorithm(algorithms()["dummy"])
    """
    check_space(algorithm, n_sampled)
    for kind in algorithm.tasks:
        for config in _configs(algorithm, _shape_of(small_table(kind)), 1 + n_fitted):
            check_fit(algorithm, kind, config)
        check_missing_class(algorithm, kind)
        check_rounds(algorithm, kind)


@dataclass(frozen=True, slots=True)
class RandomSuggester:
    """Answers a space's questions from a random generator, as an ``optuna.Trial`` would.

    Examples
    --------
    >>> RandomSuggester(np.random.default_rng(0)).suggest_categorical("kernel", ("linear",))
    'linear'
    """

    random: np.random.Generator

    def suggest_float(
        self, name: str, low: float, high: float, *, step: float | None = None, log: bool = False
    ) -> float:
        """Return a float in ``[low, high]``."""
        del name
        if log:
            return min(high, max(low, math.exp(self.random.uniform(math.log(low), math.log(high)))))
        value = float(self.random.uniform(low, high))
        return value if step is None else low + step * math.floor((value - low) / step)

    def suggest_int(self, name: str, low: int, high: int, *, step: int = 1, log: bool = False) -> int:
        """Return an int in ``[low, high]``."""
        if log:
            return round(self.suggest_float(name, low, high, log=True))
        return int(low + step * self.random.integers((high - low) // step + 1))

    def suggest_categorical(self, name: str, choices: Any) -> Any:
        """Return one of the choices."""
        del name
        return choices[int(self.random.integers(len(choices)))]


@dataclass(frozen=True, slots=True)
class Table:
    """A small encoded table: numbers with gaps, and codes; training rows first, validation rows behind."""

    Z: npt.NDArray[np.float64]
    y: npt.NDArray[Any]
    levels: tuple[int, ...]
    task: Task
    n_train: int


def small_table(kind: TaskKind, n_rows: int = 90, seed: int = 0) -> Table:
    """Return a table whose target depends on two numbers and a category, with missing values in both."""
    random = np.random.default_rng(seed)
    numbers = random.normal(size=(n_rows, 3))
    codes = np.column_stack([random.integers(0, 3, n_rows), random.integers(0, 12, n_rows)]).astype(float)
    signal = numbers[:, 0] + 0.5 * numbers[:, 1] + (codes[:, 0] == 1) + random.normal(size=n_rows)
    Z = np.column_stack([numbers, codes])
    Z[random.random(Z.shape) < 0.05] = np.nan
    n_classes = _N_CLASSES[kind]
    y = np.exp(signal / 2) if kind == "regression" else np.argsort(np.argsort(signal)) * n_classes // n_rows
    task = Task(kind, "target", tuple(f"label {k}" for k in range(n_classes)))
    return Table(Z, y, (0, 0, 0, 3, 12), task, n_rows * 2 // 3)


def check_space(algorithm: Algorithm, n_sampled: int = 5) -> None:
    """Check that the space stands for tables of any size and that its configs lie in it and can be built."""
    for shape in _shapes(algorithm):
        space = algorithm.space(shape)
        _say(space == algorithm.space(shape), algorithm, f"has two different spaces for the same shape {shape}")
        _say(bool(json.dumps(space.to_json())), algorithm, "has a space that can't be written as JSON")
        seconds = algorithm.seconds(shape)
        _say(math.isfinite(seconds) and seconds > 0, algorithm, f"says that a fit of {shape} takes {seconds} s")
        for config in _configs(algorithm, shape, 1 + n_sampled):
            _say(space.contains(config), algorithm, f"drew {config}, which lies outside its own space {space!r}")
            needs = algorithm.needs_for(config)
            _say(isinstance(needs, Needs), algorithm, f"needs {needs!r}, which is no automl.Needs")
            for threads in (1, 2):
                _check_threads(algorithm, algorithm.build(config, _context(shape, needs, threads)), threads)


def check_fit(algorithm: Algorithm, kind: TaskKind, config: Config) -> None:
    """Check fits of a small table: predictions, inputs, seed, weights, storage."""
    told = f"on a {kind} table with {dict(config)}"
    table = small_table(kind)
    train, valid, categorical = _prepared(algorithm, table, config)
    before = [each.tobytes() for each in (train.X, train.y, valid.X, valid.y)]
    fitted = _fit(algorithm, table, config, train, valid, categorical)
    after = [each.tobytes() for each in (train.X, train.y, valid.X, valid.y)]
    _say(before == after, algorithm, f"changed the rows that it was given {told}")

    prediction = predict_matrix(fitted.model, valid.X, kind, table.task.n_classes)
    shape = (len(valid.y), table.task.width)
    _say(prediction.shape == shape, algorithm, f"predicts the shape {prediction.shape} instead of {shape} {told}")
    _say(bool(np.isfinite(prediction).all()), algorithm, f"predicts values that are not finite {told}")
    if kind != "regression":
        sums = prediction.sum(axis=1)
        _say(bool((abs(sums - 1) < 1e-3).all()), algorithm, f"predicts probabilities that don't add up to 1 {told}")

    again = _fit(algorithm, table, config, train, valid, categorical)
    repeated = predict_matrix(again.model, valid.X, kind, table.task.n_classes)
    _say(np.array_equal(prediction, repeated), algorithm, f"predicts differently for the same seed {told}")
    if algorithm.weights:
        weighted = Rows(train.X, train.y, _frozen(np.linspace(0.1, 3.0, len(train.y))))
        by_weight = Rows(valid.X, valid.y, _frozen(np.ones(len(valid.y))))
        other = _fit(algorithm, table, config, weighted, by_weight, categorical)
        changed = predict_matrix(other.model, valid.X, kind, table.task.n_classes)
        _say(not np.array_equal(prediction, changed), algorithm, f"says that it takes weights and ignores them {told}")
    if algorithm.is_shipped:
        stored = from_bytes(to_bytes(fitted.model))
        restored = predict_matrix(stored, valid.X, kind, table.task.n_classes)
        _say(np.array_equal(prediction, restored), algorithm, f"predicts differently after it was stored {told}")


def check_missing_class(algorithm: Algorithm, kind: TaskKind) -> None:
    """Check that a fold may lack a class of the table."""
    if kind != "multiclass":
        return
    table = small_table(kind)
    config = algorithm.space(_shape_of(table)).default()
    train, valid, categorical = _prepared(algorithm, table, config)
    kept = train.y != 1
    fitted = _fit(algorithm, table, config, Rows(train.X[kept], train.y[kept]), valid, categorical)
    prediction = predict_matrix(fitted.model, valid.X, kind, table.task.n_classes)
    _say(
        bool(np.isfinite(prediction).all()), algorithm, "predicts values that are not finite where a fold lacks a class"
    )


def check_rounds(algorithm: Algorithm, kind: TaskKind) -> None:
    """Check that a model trained in rounds is the same again with the rounds it kept, and can be refitted with others.

    The first is what :func:`automl.rebuild` relies on, the second, without validation rows, what a refit does.
    """
    table = small_table(kind)
    config = algorithm.space(_shape_of(table)).default()
    train, valid, categorical = _prepared(algorithm, table, config)
    first = _fit(algorithm, table, config, train, valid, categorical)
    if first.rounds is None:
        return
    again = _fit(algorithm, table, config, train, valid, categorical, rounds=first.rounds)
    one, other = (predict_matrix(each.model, valid.X, kind, table.task.n_classes) for each in (first, again))
    _say(
        np.array_equal(one, other),
        algorithm,
        f"is another model when it is asked for the {first.rounds} rounds it kept",
    )
    rounds = _fit(algorithm, table, config, train, None, categorical, rounds=3).rounds
    _say(rounds == 3, algorithm, f"was asked for 3 rounds and kept {rounds}")


def _say(is_kept: bool, algorithm: Algorithm, broken: str) -> None:
    if not is_kept:
        raise AssertionError(f"The algorithm {algorithm.name!r} {broken}.")


def _shapes(algorithm: Algorithm) -> Iterator[DataShape]:
    for kind in algorithm.tasks:
        for n_rows in _ROWS:
            for n_categorical in (0, 5):
                yield DataShape(kind, n_rows, 12, n_categorical, _N_CLASSES[kind])


def _shape_of(table: Table) -> DataShape:
    n_categorical = sum(1 for each in table.levels if each)
    return DataShape(table.task.kind, table.n_train, len(table.levels), n_categorical, table.task.n_classes)


def _configs(algorithm: Algorithm, shape: DataShape, n: int) -> list[Config]:
    space = algorithm.space(shape)
    ask = RandomSuggester(np.random.default_rng(n + shape.n_rows))
    return [space.default(), *(space.suggest(ask) for _ in range(n - 1))]


def _context(shape: DataShape, needs: Needs, threads: int) -> BuildContext:
    categorical = tuple(range(shape.n_categorical)) if needs.categories == "native" else ()
    return BuildContext(shape.kind, shape.n_classes, 0, threads, shape.n_rows, shape.n_columns, categorical=categorical)


def _check_threads(algorithm: Algorithm, model: Any, threads: int) -> None:
    settings = model.get_params(deep=True) if hasattr(model, "get_params") else {}
    for name, value in settings.items():
        if name.rpartition("__")[2] in _THREAD_NAMES and value is not None:
            _say(1 <= value <= threads, algorithm, f"was given {threads} threads and built a model with {name}={value}")


def _frozen(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    array.setflags(write=False)  # as the memory-mapped tables of the workers are
    return array


def _prepared(algorithm: Algorithm, table: Table, config: Config) -> tuple[Rows, Rows, tuple[int, ...]]:
    preparation = Preparation.from_needs(algorithm.needs_for(config), table.levels, table.task, 0)
    y_train, y_valid = table.y[: table.n_train].copy(), table.y[table.n_train :].copy()
    train = preparation.fit_transform(table.Z[: table.n_train], y_train)
    valid = preparation.transform(table.Z[table.n_train :])
    return (
        Rows(_frozen(train), _frozen(y_train)),
        Rows(_frozen(valid), _frozen(y_valid)),
        tuple(preparation.categorical_),
    )


def _fit(
    algorithm: Algorithm,
    table: Table,
    config: Config,
    train: Rows,
    valid: Rows | None,
    categorical: tuple[int, ...],
    rounds: int | None = None,
) -> Fitted:
    task = table.task
    metric = "log_loss" if task.is_classification else "rmse"
    context = BuildContext(
        task.kind, task.n_classes, 0, 1, len(train.y), train.X.shape[1], categorical, rounds=rounds, metric=metric
    )
    with threadpool_limits(1):
        fitted = algorithm.fit(algorithm.build(config, context), train, valid, None)
    _say(isinstance(fitted, Fitted), algorithm, f"returns a {type(fitted).__name__} from fit; return an automl.Fitted")
    return fitted
