"""Prepared folds, computed once and shared.

Two candidates whose algorithms need the same preparation would otherwise impute, scale and encode the same rows
twice. The first one to need a fold's variant computes it and leaves the matrices in the cache folder; everybody else
maps them into memory. A file lock makes a second worker wait instead of computing the same; the lock of a killed
worker is released by the operating system.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from automl.errors import telling
from automl.evaluation.problem import Problem
from automl.features.preparation import Preparation
from automl.values.algorithm import FloatArray, Needs

KEEP_FREE = 2 << 30  # bytes of disk that the cache leaves alone


@dataclass(frozen=True, slots=True)
class PreparedFold:
    """One fold after preparation: the fitted preparation and both matrices."""

    preparation: Preparation
    train: FloatArray
    valid: FloatArray
    was_cached: bool


def prepared_fold(problem: Problem, fold: int, needs: Needs) -> PreparedFold:
    """Return the fold prepared as ``needs`` says, from the cache where it is there already."""
    preparation = Preparation.from_needs(needs, problem.n_levels, problem.task, problem.seed, problem.misspelt)
    if not problem.shares_preparation:
        return PreparedFold(preparation, *_fitted(problem, fold, preparation), False)
    place = problem.cache / f"fold-{fold}-{preparation.variant}"
    if not place.is_dir():
        with _exclusive(place.with_suffix(".lock")):
            if not place.is_dir():
                return _prepare(problem, fold, preparation, place)
    with (place / "preparation.pickle").open("rb") as file:
        # Written by this run's own workers into a folder of this process's user, and removed with the run.
        preparation = pickle.load(file)
    return PreparedFold(
        preparation, np.load(place / "train.npy", mmap_mode="c"), np.load(place / "valid.npy", mmap_mode="c"), True
    )


def _fitted(problem: Problem, fold: int, preparation: Preparation) -> tuple[FloatArray, FloatArray]:
    """Fit the preparation on the fold's training rows and return these and the validation rows, prepared."""
    rows, held_out = problem.splits[fold]
    weight = None if problem.weight is None else problem.weight[rows]
    train = preparation.fit_transform(problem.Z[rows], problem.y[rows], sample_weight=weight)
    return train, preparation.transform(problem.Z[held_out])


def _prepare(problem: Problem, fold: int, preparation: Preparation, place: Path) -> PreparedFold:
    train, valid = _fitted(problem, fold, preparation)
    if shutil.disk_usage(problem.cache).free > KEEP_FREE + train.nbytes + valid.nbytes:
        with telling(place, "written"):
            unfinished = Path(tempfile.mkdtemp(dir=problem.cache, prefix="unfinished-"))
            np.save(unfinished / "train.npy", train)
            np.save(unfinished / "valid.npy", valid)
            (unfinished / "preparation.pickle").write_bytes(pickle.dumps(preparation, protocol=5))
            unfinished.rename(place)
    return PreparedFold(preparation, train, valid, False)


@contextlib.contextmanager
def _exclusive(path: Path) -> Iterator[None]:
    if os.name != "posix":  # without file locks two workers may compute the same; the first rename wins
        yield
        return
    import fcntl

    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
