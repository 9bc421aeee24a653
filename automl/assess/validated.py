"""What the folds of a run validated, read from its folder: of many rows a sample, of many candidates the best."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from automl.assess.drawn import Entries
from automl.errors import telling
from automl.storage.folder import RunFolder
from automl.storage.predictions import Validation, kept_validation
from automl.values.algorithm import FloatArray, IntArray
from automl.values.evaluation import Evaluation
from automl.values.task import Task

FEWEST_UNITS, MOST_UNITS = 100, 2_000
MOST_CELLS = 40_000_000  # of all predictions together


def load_entries(folder: RunFolder, candidates: Sequence[Evaluation], task: Task, seed: int) -> Entries:
    """Return what these candidates predicted for rows that they had not trained on.

    Raises
    ------
    StorageError
        If an earlier version made the run, which kept no truth, or a file can't be read.
    """
    kept = kept_validation(folder)
    unit_of = np.arange(len(kept.y)) if kept.group is None else kept.group
    validated = np.unique(np.concatenate(kept.valid))
    n_all = len(np.unique(unit_of[validated]))
    most = min(MOST_UNITS, max(FEWEST_UNITS, MOST_CELLS // (len(candidates) * task.width)))
    is_in = (
        _sample(kept, validated, unit_of, most, seed) if n_all > most else np.isin(np.arange(len(kept.y)), validated)
    )
    places = [np.flatnonzero(is_in[valid]) for valid in kept.valid]
    rows = np.concatenate([valid[place] for valid, place in zip(kept.valid, places, strict=True)])
    return Entries(
        task=task,
        y=kept.y[rows],
        weight=None if kept.weight is None else kept.weight[rows],
        fold=np.repeat(np.arange(len(places)), [len(each) for each in places]),
        unit=np.unique(unit_of[rows], return_inverse=True)[1],
        predictions=_predictions(folder, candidates, places, task.width),
        n_all=n_all,
        row=rows,
    )


def _sample(kept: Validation, validated: IntArray, unit_of: IntArray, most: int, seed: int) -> npt.NDArray[np.bool_]:
    """Return which rows are of the units drawn; where units are rows, each label keeps its share."""
    rng = np.random.default_rng(seed)
    units, first = np.unique(unit_of[validated], return_index=True)
    order = np.lexsort([rng.random(len(units)), kept.y[validated[first]]])
    drawn = units[order[np.linspace(0, len(order) - 1, most).round().astype(np.intp)]]
    return np.asarray(np.isin(unit_of, drawn))


def _predictions(
    folder: RunFolder, candidates: Sequence[Evaluation], places: Sequence[IntArray], width: int
) -> FloatArray:
    """Return ``(n_candidates, n, width)``, NaN for folds that a candidate lacks."""
    ends = np.cumsum([len(each) for each in places])
    found = np.full((len(candidates), int(ends[-1]), width), np.nan, dtype=np.float32)
    for row, candidate in zip(found, candidates, strict=True):
        for fold in (each.fold for each in candidate.folds if each.is_ok):
            path = folder.fold_prediction(candidate.number, fold)
            with telling(path, "read"):
                row[ends[fold] - len(places[fold]) : ends[fold]] = np.load(path, mmap_mode="r")[places[fold]]
    return found
