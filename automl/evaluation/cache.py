"""Prepared folds, computed once and shared.

Two candidates whose algorithms need the same preparation would otherwise impute, scale and encode the same rows
twice. The first one to need a fold's variant computes it and leaves the matrices in the cache folder; everybody else
maps them into memory. A file lock makes a second worker wait instead of computing the same; the lock of a killed
worker is released by the operating system.

The folder takes so many bytes and no more: what was not used for the longest time makes room for what is new. Who has
it mapped into memory keeps it.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from automl.errors import telling
from automl.evaluation.problem import Problem
from automl.features.preparation import Preparation
from automl.values.algorithm import FloatArray, Needs

KEEP_FREE = 2 << 30  # bytes of disk that the cache leaves alone
MOST = 8 << 30  # bytes that the cache takes
_PLACE = "fold-"


@dataclass(frozen=True, slots=True)
class PreparedFold:
    """One fold after preparation: the fitted preparation and both matrices.

    Attributes
    ----------
    seconds
        Processor time that preparing took, whoever did it.
    was_cached
        Whether somebody else had done it.
    """

    preparation: Preparation
    train: FloatArray
    valid: FloatArray
    seconds: float
    was_cached: bool


def prepared_fold(problem: Problem, fold: int, needs: Needs, n_rows: int | None = None) -> PreparedFold:
    """Return the fold prepared as ``needs`` says, from the cache where it is there already.

    Parameters
    ----------
    n_rows
        Training rows, where that is more than the sample.
    """
    preparation = Preparation.from_needs(needs, problem.n_levels, problem.task, problem.seed, problem.misspelt)
    if not problem.shares_preparation:
        return _fitted(problem, fold, preparation, n_rows)
    rows = "" if n_rows is None else f"-{n_rows}"
    place = problem.cache / f"{_PLACE}{fold}-{preparation.variant}{rows}"
    found = _shared(place)
    if found is None:
        with _exclusive(place.with_suffix(".lock")):
            found = _shared(place) or _prepare(problem, fold, preparation, n_rows, place)
    return found


def _shared(place: Path) -> PreparedFold | None:
    """Return what lies there, or ``None``; it may be cleared away at any moment."""
    try:
        with (place / "preparation.pickle").open("rb") as file:
            # Written by this run's own workers into a folder of this process's user, and removed with the run.
            preparation, seconds = pickle.load(file)
        train, valid = (np.load(place / name, mmap_mode="c") for name in ("train.npy", "valid.npy"))
        os.utime(place)
    except FileNotFoundError:
        return None
    return PreparedFold(preparation, train, valid, seconds, True)


def _fitted(problem: Problem, fold: int, preparation: Preparation, n_rows: int | None) -> PreparedFold:
    """Fit the preparation on the fold's training rows and return these and the validation rows, prepared."""
    began = time.process_time()
    rows, held_out = problem.training_rows(fold, n_rows), problem.splits[fold][1]
    weight = None if problem.weight is None else problem.weight[rows]
    train = preparation.fit_transform(problem.Z[rows], problem.y[rows], sample_weight=weight)
    valid = preparation.transform(problem.Z[held_out])
    return PreparedFold(preparation, train, valid, time.process_time() - began, False)


def _prepare(problem: Problem, fold: int, preparation: Preparation, n_rows: int | None, place: Path) -> PreparedFold:
    prepared = _fitted(problem, fold, preparation, n_rows)
    if _has_room(problem.cache, prepared.train.nbytes + prepared.valid.nbytes):
        with telling(place, "written"):
            unfinished = Path(tempfile.mkdtemp(dir=problem.cache, prefix="unfinished-"))
            np.save(unfinished / "train.npy", prepared.train)
            np.save(unfinished / "valid.npy", prepared.valid)
            told = pickle.dumps((preparation, prepared.seconds), protocol=5)
            (unfinished / "preparation.pickle").write_bytes(told)
            unfinished.rename(place)
    return prepared


def _has_room(cache: Path, wanted: int) -> bool:
    """Tell whether so many bytes may be added, once what was not used for the longest time is cleared away."""
    places = sorted((each for each in cache.glob(f"{_PLACE}*") if each.is_dir()), key=_last_use)
    sizes = [_size(each) for each in places]
    held = sum(sizes)
    for place, size in zip(places, sizes, strict=True):
        if held + wanted <= MOST:
            break
        _clear(place)
        held -= size
    return held + wanted <= MOST and shutil.disk_usage(cache).free > KEEP_FREE + wanted


def _last_use(place: Path) -> float:
    try:
        return place.stat().st_mtime
    except OSError:  # another worker has just cleared it away
        return 0.0


def _size(place: Path) -> int:
    try:
        return sum(each.stat().st_size for each in place.iterdir())
    except OSError:
        return 0


def _clear(place: Path) -> None:
    """Remove a prepared fold: out of sight first, so that nobody finds half of it."""
    gone = place.with_name(f"cleared-{os.getpid()}-{place.name}")
    with contextlib.suppress(OSError):  # another worker clears it, or (not on Linux) one still reads it
        place.rename(gone)
        shutil.rmtree(gone, ignore_errors=True)


@contextlib.contextmanager
def _exclusive(path: Path) -> Iterator[None]:
    if os.name != "posix":  # without file locks two workers may compute the same; the first rename wins
        yield
        return
    import fcntl

    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
