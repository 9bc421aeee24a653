"""One candidate on one fold: prepare, fit, predict, score, keep.

This is the task that workers run. It is pure but for three files: the fold's model, its validation predictions and,
where it is the first to need them, the prepared matrices. Whatever goes wrong in it comes back as a value.
"""

from __future__ import annotations

import io
import statistics
import time
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from automl.errors import telling
from automl.evaluation.balancing import balanced
from automl.evaluation.cache import PreparedFold, prepared_fold
from automl.evaluation.complexity import complexity_of
from automl.evaluation.fairness_gap import fold_sums
from automl.evaluation.limits import BadPrediction, guarded
from automl.evaluation.problem import Problem
from automl.evaluation.pseudo_rows import joined, taught_rows
from automl.features.preparation import Preparation
from automl.pipeline.blend import predict_matrix
from automl.pipeline.serial import check_findable, foreign_types, to_bytes
from automl.values.algorithm import BuildContext, Estimator, Fitted, FloatArray, IntArray, Rows
from automl.values.candidate import Candidate
from automl.values.evaluation import Evaluation, Failure, FoldResult


def evaluate_fold(
    problem: Problem, number: int, candidate: Candidate, fold: int, threads: int, seconds: float | None
) -> FoldResult:
    """Return what ``candidate`` did on ``fold``; a failure of the candidate is part of the result, never raised.

    Parameters
    ----------
    number
        The trial's number, which names the files.
    threads
        Threads that the fit may use.
    seconds
        Wall time after which a model that is trained in rounds stops and keeps what it has; ``None``: no limit.

    Raises
    ------
    StorageError
        If its files can't be written, for which no candidate is to blame.
    """
    started = time.monotonic()
    with threadpool_limits(threads):
        outcome = guarded(_evaluate, problem, number, candidate, fold, threads, seconds)
    if isinstance(outcome, Failure):
        return FoldResult(fold, float("nan"), fit_seconds=time.monotonic() - started, failure=outcome)
    return outcome


def fold_seed(seed: int, candidate: Candidate, fold: int) -> int:
    """Return the seed of a fit, which depends on what is fitted and not on when."""
    return int(np.random.SeedSequence([seed, int(candidate.id, 16), fold]).generate_state(1)[0] % (2**31 - 1))


def _evaluate(
    problem: Problem, number: int, candidate: Candidate, fold: int, threads: int, seconds: float | None
) -> FoldResult:
    started, cpu, held_out = time.monotonic(), time.process_time(), problem.splits[fold][1]
    algorithm = problem.algorithms[candidate.algorithm]
    prepared = prepared_fold(problem, fold, algorithm.needs_for(candidate.config), candidate.rows)
    preparing_seconds = time.process_time() - cpu
    train, valid = _rows(problem, fold, prepared, candidate.rows)
    if candidate.self_trained:
        train = joined(problem, fold, prepared.preparation, train)
    learned, watched = _for_fit(problem, candidate, prepared.preparation, train, valid, fold)
    left = None if seconds is None else max(0.1, seconds - (time.monotonic() - started))
    context = _context(problem, candidate, prepared.preparation, learned.X, fold=fold, threads=threads)
    fitted = algorithm.fit(algorithm.build(candidate.config, context), learned, watched, left)
    fit_seconds = time.monotonic() - started

    started = time.monotonic()
    prediction = predict_matrix(fitted.model, valid.X, problem.task.kind, problem.task.n_classes)
    predict_seconds = time.monotonic() - started
    _check(prediction, len(valid.y), problem.task.width)
    loss = problem.metric.on(held_out).loss(valid.y, prediction, valid.weight)

    one_row_seconds = _one_row_seconds(problem, fold, prepared, fitted) if fold == 0 else float("nan")
    size_bytes, unpacked = _keep(problem, number, candidate, fold, prepared, fitted, prediction)
    return FoldResult(
        fold=fold,
        loss=loss,
        fit_seconds=fit_seconds,
        predict_seconds=predict_seconds,
        cpu_seconds=time.process_time() - cpu,
        preparing_seconds=preparing_seconds,
        saved_seconds=prepared.seconds if prepared.was_cached else None,
        n_predicted=len(valid.y),
        one_row_seconds=one_row_seconds,
        size_bytes=size_bytes,
        rounds=fitted.rounds,
        complexity=complexity_of(fitted.model) if fitted.complexity is None else fitted.complexity,
        further=tuple(
            (each.name, each.on(held_out).score(valid.y, prediction, valid.weight)) for each in problem.further
        ),
        sums=(("memory_mb", unpacked / 1e6), *_sums(problem, held_out, valid, prediction)),
    )


def _rows(problem: Problem, fold: int, prepared: PreparedFold, n_rows: int | None) -> tuple[Rows, Rows]:
    rows, held_out = problem.training_rows(fold, n_rows), problem.splits[fold][1]
    weight = problem.weight
    return (
        Rows(prepared.train, problem.y[rows], None if weight is None else weight[rows]),
        Rows(prepared.valid, problem.y[held_out], None if weight is None else weight[held_out]),
    )


def _for_fit(
    problem: Problem, candidate: Candidate, preparation: Preparation, train: Rows, valid: Rows | None, fold: int
) -> tuple[Rows, Rows | None]:
    """Return rows as the algorithm takes them: balanced as it asks, without weights where it has no use for them.

    The validation rows stay what they are; only the weights of a loss that is watched on them may change.
    """
    algorithm = problem.algorithms[candidate.algorithm]
    how = algorithm.needs_for(candidate.config).balance if problem.task.is_classification else "none"
    seed = fold_seed(problem.seed, candidate, fold)
    train, valid = balanced(train, valid, how, preparation.categorical_, seed)
    if algorithm.weights:
        return train, valid
    return replace(train, weight=None), None if valid is None else replace(valid, weight=None)


def _check(prediction: FloatArray, n_rows: int, width: int) -> None:
    if prediction.shape != (n_rows, width):
        raise BadPrediction(f"predictions have the shape {prediction.shape}, not {(n_rows, width)}")
    if not np.isfinite(prediction).all():
        raise BadPrediction(f"{int((~np.isfinite(prediction)).sum())} of {prediction.size} predictions are not finite")


def _one_row_seconds(problem: Problem, fold: int, prepared: PreparedFold, fitted: Fitted) -> float:
    row = problem.Z[problem.splits[fold][1][:1]]
    best = float("inf")
    for _ in range(3):  # the first call warms caches up
        started = time.perf_counter()
        predict_matrix(fitted.model, prepared.preparation.transform(row), problem.task.kind, problem.task.n_classes)
        best = min(best, time.perf_counter() - started)
    return best


def _keep(
    problem: Problem,
    number: int,
    candidate: Candidate,
    fold: int,
    prepared: PreparedFold,
    fitted: Fitted,
    prediction: FloatArray,
) -> tuple[int, int]:
    """Write what a fold leaves; return the bytes that its model takes on disk, and unpacked."""
    data = to_bytes({"preparation": prepared.preparation, "model": fitted.model})
    if not problem.algorithms[candidate.algorithm].is_shipped:
        # A worker's __main__ is not the caller's, who finds there what a script or a notebook defines.
        check_findable([name for name in foreign_types(data) if not name.startswith("__main__.")])
    write_file(problem.model_path(number, fold), data)
    rows = io.BytesIO()
    np.save(rows, prediction.astype(np.float32))
    write_file(problem.prediction_path(number, fold), rows.getvalue())
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return len(data), sum(each.file_size for each in archive.infolist())


def _sums(problem: Problem, held_out: IntArray, valid: Rows, prediction: FloatArray) -> list[tuple[str, float]]:
    """Return what is added up over folds to tell how far groups are apart."""
    if not problem.fairness:
        return []
    decided = problem.decided(held_out, prediction)
    parts = (problem.task, held_out, valid.y, prediction, valid.weight, decided)
    return [each for rule in problem.fairness for each in fold_sums(rule, *parts)]


def write_file(path: Path, data: bytes) -> None:
    """Write a file whole or not at all."""
    unfinished = path.with_suffix(".part")
    with telling(path, "written"):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            unfinished.write_bytes(data)
            unfinished.replace(path)
        finally:
            unfinished.unlink(missing_ok=True)


def fit_fold(
    problem: Problem, candidate: Candidate, fold: int, threads: int, rounds: int | None = None, *, watches: bool = True
) -> tuple[Preparation, Estimator]:
    """Return preparation and model of a candidate fitted on a fold's training rows, as :func:`evaluate_fold` does.

    Parameters
    ----------
    rounds
        What the model kept when it was fitted before; it is not trained beyond that, and then it is the same model.
    watches
        Whether the fold's validation rows tell a model when to stop, as they do in a search.
    """
    algorithm = problem.algorithms[candidate.algorithm]
    with threadpool_limits(threads):
        prepared = prepared_fold(problem, fold, algorithm.needs_for(candidate.config), candidate.rows)
        train, valid = _rows(problem, fold, prepared, candidate.rows)
        watched_rows = valid if watches else None
        learned, watched = _for_fit(problem, candidate, prepared.preparation, train, watched_rows, fold)
        context = _context(
            problem, candidate, prepared.preparation, learned.X, fold=fold, threads=threads, rounds=rounds
        )
        fitted = algorithm.fit(algorithm.build(candidate.config, context), learned, watched, None)
    return prepared.preparation, fitted.model


def fit_on_all_rows(
    problem: Problem, evaluation: Evaluation, threads: int, taught: FloatArray | None = None
) -> tuple[Preparation, Estimator]:
    """Return preparation and model of a candidate fitted on all rows of the problem.

    ``taught`` is what teachers predict for the unlabelled rows, if these are to be learned from as well. A model that
    is trained in rounds gets the mean of the rounds that its folds kept, and no early stopping.
    """
    candidate = evaluation.candidate
    algorithm = problem.algorithms[candidate.algorithm]
    preparation = Preparation.from_needs(
        algorithm.needs_for(candidate.config), problem.n_levels, problem.task, problem.seed, problem.misspelt
    )
    X = preparation.fit_transform(problem.Z, problem.y, sample_weight=problem.weight)
    rounds = [fold.rounds for fold in evaluation.folds if fold.rounds is not None]
    every = Rows(X, problem.y, problem.weight)
    if taught is not None:
        every = taught_rows(problem, preparation, every, taught)
    rows, _ = _for_fit(problem, candidate, preparation, every, None, len(evaluation.folds))
    context = _context(
        problem,
        candidate,
        preparation,
        rows.X,
        fold=len(evaluation.folds),
        threads=threads,
        rounds=round(statistics.fmean(rounds)) if rounds else None,
    )
    fitted = algorithm.fit(algorithm.build(candidate.config, context), rows, None, None)
    return preparation, fitted.model


def _context(
    problem: Problem,
    candidate: Candidate,
    preparation: Preparation,
    X: FloatArray,
    *,
    fold: int,
    threads: int,
    rounds: int | None = None,
) -> BuildContext:
    return BuildContext(
        kind=problem.task.kind,
        n_classes=problem.task.n_classes,
        seed=fold_seed(problem.seed, candidate, fold),
        threads=threads,
        n_rows=X.shape[0],
        n_features=X.shape[1],
        categorical=tuple(preparation.categorical_),
        rounds=rounds,
        metric=problem.metric.name,
        monotone=_monotone(problem, preparation, X.shape[1]),
    )


def _monotone(problem: Problem, preparation: Preparation, n_features: int) -> tuple[int, ...]:
    """Return for each prepared column in which direction the prediction may go with it: numbers stand first."""
    if not problem.monotone:
        return ()
    known = len(problem.monotone)
    found = [problem.monotone[column] if column < known else 0 for column in preparation.numbers_]
    return (*found, *[0] * (n_features - len(found)))
