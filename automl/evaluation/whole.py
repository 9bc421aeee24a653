"""One candidate on all rows: fit, measure, keep. The task behind a leaderboard's row of a single refitted model."""

from __future__ import annotations

import io
import time
import zipfile
from collections.abc import Mapping

from threadpoolctl import threadpool_limits

from automl.evaluation.fold import fit_on_all_rows, write_file
from automl.evaluation.limits import guarded
from automl.evaluation.problem import Problem
from automl.pipeline.blend import predict_matrix
from automl.pipeline.serial import to_bytes
from automl.values.constraints import Constraints
from automl.values.evaluation import Evaluation, Failure
from automl.values.refitted import Refitted

_MANY_ROWS = 2_000


def refit_whole(problem: Problem, evaluation: Evaluation, threads: int) -> Refitted | Failure:
    """Return what fitting a complete candidate on all rows came to; its model is kept beside those of its folds.

    Raises
    ------
    StorageError
        If its file can't be written.
    """
    with threadpool_limits(threads):
        return guarded(_refit, problem, evaluation, threads)


def _refit(problem: Problem, evaluation: Evaluation, threads: int) -> Refitted:
    started = time.monotonic()
    preparation, model = fit_on_all_rows(problem, evaluation, threads)
    fit_seconds = time.monotonic() - started

    def seconds(n_rows: int, times: int) -> float:
        best = float("inf")
        for _ in range(times):  # the first call warms caches up
            began = time.perf_counter()
            X = preparation.transform(problem.Z[:n_rows])
            predict_matrix(model, X, problem.task.kind, problem.task.n_classes)
            best = min(best, time.perf_counter() - began)
        return best

    data = to_bytes({"preparation": preparation, "model": model})
    write_file(problem.whole_model_path(evaluation.number), data)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        unpacked = sum(each.file_size for each in archive.infolist())
    many = min(_MANY_ROWS, len(problem.Z))
    return Refitted(evaluation.number, fit_seconds, seconds(1, 3), seconds(many, 1) / many, len(data), unpacked / 1e6)


def likely_measured(evaluation: Evaluation, bag: Mapping[str, float], one_row_ms: float) -> dict[str, float]:
    """Return what a candidate fitted on all rows will take, going by its bag: a share for each fold.

    Parameters
    ----------
    bag
        What the bag takes, by the names of constraints.
    one_row_ms
        Milliseconds of encoding a raw row, which are not shared.
    """
    n_folds = max(len(evaluation.losses), 1)
    shared = {name: bag[name] / n_folds for name in ("size_mb", "memory_mb")}
    return {**shared, "one_row_ms": one_row_ms + (bag["one_row_ms"] - one_row_ms) / n_folds}


def asks_for_less(constraints: Constraints) -> bool:
    """Tell whether constraints limit what a single model takes less of than a bag."""
    return any(each is not None for each in (constraints.one_row_ms, constraints.size_mb, constraints.memory_mb))
