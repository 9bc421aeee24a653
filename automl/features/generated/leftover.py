"""What a quick model leaves unexplained, and how much of it a made column would tell.

Whether a ratio helps a boosted model can't be read off its correlation with the target: what the plain columns say
already is no news. So a quick booster is fitted crosswise on a sample of the fold's training rows, and a column is
judged by how much of the booster's held-out residual its cross-fitted means explain. A judgement costs a fraction of
a millisecond, which lets hundreds of columns stand for election.

References
----------
Zhang et al., "OpenFE: automated feature generation with expert-level performance" (2023), boosts on top of a model's
held-out predictions for the same purpose; means of bins take a hundredth of its time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from automl.features.target_means import fold_of_rows, target_means
from automl.values.task import TaskKind

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

SAMPLE_ROWS = 5_000
N_BINS = 24
N_PARTS = 3  # of the sample, each predicted by a booster that was fitted on the others
N_SHUFFLED = 10
MOST_DIRECTIONS = 4  # residuals of many classes are judged in their main directions


@dataclass(frozen=True, slots=True)
class Leftover:
    """Residuals of a quick booster.

    Attributes
    ----------
    sample
        The rows it was fitted and judged on, sorted.
    residual
        ``(n_sampled, n_directions)``: what held-out predictions miss.
    weight
        Sample weights of these rows or ``None``.
    importance
        How much each column of the encoded table helped the booster.
    folds
        Of cross-fitting the means.
    target
        ``(n_sampled, n_directions)``: the target, or indicators of the classes, less the mean.
    y, n_levels, kind, width
        What the booster was told.
    """

    sample: Ints
    residual: Floats
    weight: Floats | None
    importance: Floats
    folds: Ints
    target: Floats
    y: npt.NDArray[Any]
    n_levels: Ints
    kind: TaskKind
    width: int

    def told_by(self, column: npt.NDArray[Any], n_levels: int = 0) -> tuple[float, Floats]:
        """Return the share of the residual's variance that a column explains, and its prediction of the residual.

        Parameters
        ----------
        column
            Of the sampled rows: numbers, or codes if ``n_levels`` is given.
        """
        return self._told(self.residual, column, n_levels)

    def told_of_target(self, column: npt.NDArray[Any], n_levels: int = 0) -> float:
        """Return the share of the target's variance that a column explains by itself."""
        return self._told(self.target, column, n_levels)[0]

    def _told(self, of: Floats, column: npt.NDArray[Any], n_levels: int) -> tuple[float, Floats]:
        codes, n_codes = binned(column) if n_levels == 0 else (_coded(column, n_levels), n_levels + 1)
        told, _ = target_means(codes, n_codes, of, self.weight, self.folds)
        before, after = (float(np.average((each**2).sum(axis=1), weights=self.weight)) for each in (of, of - told))
        return (1.0 - after / before if before > 0 else 0.0), told

    def rank(self, rows: npt.NDArray[Any], columns: Sequence[Floats], n_levels: Ints, seed: int) -> list[int]:
        """Return the places of made columns that a booster uses beside the encoded ones, the most useful first.

        Shuffled columns take part, and what is used no more than the luckiest of them is left out. Codes take part as
        their cross-fitted target means.
        """
        random = np.random.default_rng(seed)
        given = [
            column[:, None] if not levels else self._told(self.target, column, int(levels))[1]
            for column, levels in zip(columns, n_levels, strict=True)
        ]
        shuffled = [random.permutation(given[i]) for i in random.choice(len(given), min(N_SHUFFLED, len(given)), False)]
        owner = np.repeat(np.arange(len(given) + len(shuffled)), [each.shape[1] for each in (*given, *shuffled)])
        X = np.concatenate([rows, *given, *shuffled], axis=1)
        levels = np.concatenate([self.n_levels, np.zeros(len(owner), dtype=np.int64)])
        booster = boosted(X, self.y, self.weight, levels, self.kind, self.width, seed)
        used = np.bincount(owner, booster.feature_importance("gain")[rows.shape[1] :])
        least = used[len(given) :].max()
        return [k for k in np.argsort(-used[: len(given)], kind="stable").tolist() if used[k] > least]

    def without(self, columns: Sequence[tuple[npt.NDArray[Any], int]]) -> Leftover:
        """Return what is left when each of these columns has told what it can by itself."""
        residual = self.residual
        for column, n_levels in columns:
            residual = residual - replace(self, residual=residual).told_by(column, n_levels)[1]
        return replace(self, residual=residual)


def binned(column: npt.NDArray[Any]) -> tuple[Ints, int]:
    """Return bins of about equal size and their number; missing values are the last bin.

    Examples
    --------
    >>> codes, n_codes = binned(np.array([1.0, 2.0, np.nan, 2.0]))
    >>> codes.tolist(), n_codes
    ([0, 1, 2, 1], 3)
    """
    known = ~np.isnan(column)
    values = np.sort(column[known])
    edges = np.unique(values[np.linspace(0, len(values), N_BINS + 1)[1:-1].astype(np.int64)]) if len(values) else values
    codes = np.searchsorted(edges, column, side="right")
    codes[~known] = len(edges) + 1
    _, codes = np.unique(codes, return_inverse=True)
    return codes.astype(np.int64), int(codes.max(initial=-1)) + 1


def _coded(column: npt.NDArray[Any], n_levels: int) -> Ints:
    return np.where(np.isnan(column), n_levels, column).astype(np.int64)


def leftover(
    rows: npt.NDArray[Any],
    n_levels: Ints,
    y: npt.NDArray[Any],
    weight: Floats | None,
    kind: TaskKind,
    n_classes: int,
    seed: int,
) -> Leftover:
    """Fit a quick booster crosswise on a sample and return what it leaves.

    Parameters
    ----------
    rows
        Encoded training rows.
    n_levels
        For each column the number of levels of a code column, 0 for a number.
    """
    random = np.random.default_rng(seed)
    sample = np.arange(len(rows))
    if len(rows) > SAMPLE_ROWS:
        sample = np.sort(random.choice(len(rows), SAMPLE_ROWS, replace=False))
    X, target = rows[sample], y[sample]
    weight = None if weight is None else weight[sample]
    part = np.arange(len(sample)) % N_PARTS
    random.shuffle(part)
    width = n_classes if kind == "multiclass" else 1
    truth = target[:, None] == np.arange(width) if kind == "multiclass" else target[:, None]
    predicted = np.zeros((len(sample), width))
    importance = np.zeros(rows.shape[1])
    for k in range(N_PARTS):
        held = part == k
        booster = boosted(
            X[~held], target[~held], None if weight is None else weight[~held], n_levels, kind, width, seed
        )
        predicted[held] = np.asarray(booster.predict(X[held], num_threads=1)).reshape(int(held.sum()), width)
        importance += booster.feature_importance("gain")
    residual = truth.astype(np.float64) - predicted
    centred = truth - np.average(truth, axis=0, weights=weight)
    if width > MOST_DIRECTIONS:
        residual, centred = _main_directions(residual), _main_directions(centred)
    folds = fold_of_rows(len(sample), seed)
    return Leftover(sample, residual, weight, importance, folds, centred, target, n_levels, kind, width)


def _main_directions(values: Floats) -> Floats:
    _, _, directions = np.linalg.svd(values.T @ values)
    found: Floats = values @ directions[:MOST_DIRECTIONS].T
    return found


def boosted(
    X: npt.NDArray[Any],
    y: npt.NDArray[Any],
    weight: Floats | None,
    n_levels: Ints,
    kind: TaskKind,
    width: int,
    seed: int,
) -> Any:
    """Return a booster of the quick kind, fitted on one thread."""
    import lightgbm

    settings: dict[str, Any] = {
        "objective": "regression" if kind == "regression" else kind,
        "learning_rate": 0.15,
        "num_leaves": 15,
        "min_data_in_leaf": min(20, max(2, len(y) // 20)),
        "feature_fraction": min(1.0, max(0.5, 10 / X.shape[1])),
        "seed": seed,
        "num_threads": 1,
        "deterministic": True,
        "force_row_wise": True,
        "verbosity": -1,
    }
    if kind == "multiclass":
        settings["num_class"] = width
    coded = np.flatnonzero(n_levels).tolist()
    data = lightgbm.Dataset(X, y, weight=weight, categorical_feature=coded, params=settings)
    return lightgbm.train(settings, data, num_boost_round=max(8, round(60 / width**0.5)))
