"""Where predictions are worse than elsewhere: rows cut by one column at a time.

A numeric column, a date or a duration is cut into fifths of its rows, a category by its levels; missing cells are a
slice of their own. Each row has a loss: a wrong label where the metric judges labels, else the squared error of its
probabilities; the squared or the absolute error of a quantity, as the metric does. A slice is compared with all other
rows by the mean of these losses.

Looking at a hundred slices finds bad ones in pure noise, so the search asks how bad the worst of all slices gets when
losses are dealt to rows by chance (Westfall and Young 1993, the single-step max-T): a slice is reported if fewer than
one deal in twenty has any slice that stands out as much. With that, noise gives no slice in nineteen tables of twenty,
whatever the columns share. A slice must also hold at least 1 % of the rows (and :data:`FEWEST`), lose at least a tenth
more than the rest, and score no better than it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from automl.assess.judged import Judged
from automl.data.cells import as_numbers, as_strings
from automl.errors import DataError, PlanError, suggest
from automl.values.algorithm import FloatArray, IntArray
from automl.values.metric import Metric
from automl.values.schema import Column

FEWEST = 20
"""Rows that a slice has at least."""
LEVELS = 20
"""Levels of a category that are slices; the rarer ones are one together."""
_SHARE = 0.01
_FIFTHS = 5
_DEALS = 399
_MOST_ROWS = 20_000
_WORK = 400_000_000  # cells of slices times deals
_CHANCE = 0.05
_WORSE = 1.1
_MOST_FOUND = 20
_CUT = frozenset({"numeric", "datetime", "duration"})
_SEARCHED = _CUT | {"boolean", "category", "high_cardinality", "ignored"}

COLUMNS = ("column", "slice", "rows", "share", "score", "low", "high", "rest", "p_value")


@dataclass(frozen=True, slots=True)
class Cut:
    """A column's slices: a number for each row, -1 for none, and their names."""

    column: str
    codes: IntArray
    names: tuple[str, ...]


def cut(cells: pd.Series, column: Column) -> Cut:
    """Return the slices of a column.

    Examples
    --------
    >>> ages = cut(pd.Series([20, 30, 40, None]), Column("age", "numeric", ""))
    >>> ages.names, ages.codes.tolist()
    (('20', '30', '40', 'missing'), [0, 1, 2, 3])
    """
    if column.role in _CUT:
        codes, names = _fifths(as_numbers(cells, column), is_date=column.role == "datetime")
    else:
        texts = pd.Series(as_strings(cells, column), dtype=object)
        levels = texts.value_counts().index.tolist()
        kept = levels if len(levels) <= LEVELS else levels[: LEVELS - 1]
        names = [str(level) for level in kept] + (["other"] if len(kept) < len(levels) else [])
        place = {level: k for k, level in enumerate(kept)}
        codes = np.array([-1 if text is None else place.get(text, len(kept)) for text in texts], dtype=np.int64)
    if (codes < 0).any():
        codes = np.where(codes < 0, len(names), codes)
        names = [*names, "missing"]
    return Cut(column.name, codes, tuple(names))


def _fifths(numbers: FloatArray, is_date: bool) -> tuple[IntArray, list[str]]:
    known = numbers[~np.isnan(numbers)]
    if not len(known):
        return np.full(len(numbers), -1), []
    distinct = np.unique(known)
    if len(distinct) <= _FIFTHS:
        names = [_name(value, is_date) for value in distinct]
        return np.where(np.isnan(numbers), -1, np.searchsorted(distinct, numbers)), names
    edges = np.unique(np.quantile(known, np.linspace(0, 1, _FIFTHS + 1)[1:-1], method="nearest"))
    codes = np.where(np.isnan(numbers), -1, np.searchsorted(edges, numbers))  # up to and with an edge
    ends = [distinct[0], *edges, distinct[-1]]
    occurring = np.unique(codes[codes >= 0])
    names = [
        f"{'' if k == 0 else 'above '}{_name(ends[k], is_date)} to {_name(ends[k + 1], is_date)}" for k in occurring
    ]
    return np.where(codes < 0, -1, np.searchsorted(occurring, codes)), names


def _name(value: float, is_date: bool) -> str:
    return str(pd.Timestamp(value, unit="s").date()) if is_date else f"{value:.6g}"


def row_losses(judged: Judged, metric: Metric) -> FloatArray:
    """Return the loss of each row, ``(n,)``; lower is better."""
    if judged.task.is_classification:
        if metric.needs_labels:
            return np.asarray(judged.decided != judged.y, dtype=float)
        truth = np.eye(judged.task.n_classes)[judged.y]
        return np.asarray(((judged.prediction - truth) ** 2).sum(axis=1))
    residual = judged.y - judged.prediction[:, 0]
    return np.asarray(residual**2 if metric.name in ("rmse", "mse", "r2") else np.abs(residual))


def cuts_by(judged: Judged, by: str | Sequence[str]) -> list[Cut]:
    """Return the slices of named columns.

    Raises
    ------
    DataError
        If no columns are known of these rows.
    PlanError
        If there is no such column.
    """
    columns = _columns(judged)
    found = []
    for name in [by] if isinstance(by, str) else list(by):
        if name not in columns:
            raise PlanError(f"There is no column {name!r} to cut the rows by. {suggest(name, map(str, columns))}")
        found.append(cut(columns[name], _described(judged, columns[name])))
    return found


def all_cuts(judged: Judged) -> list[Cut]:
    """Return the slices of every column that is worth cutting."""
    columns = _columns(judged)
    described = [(name, _described(judged, columns[name])) for name in columns]
    return [cut(columns[name], column) for name, column in described if column.role in _SEARCHED]


def _columns(judged: Judged) -> pd.DataFrame:
    if judged.columns is None:
        raise DataError("Nothing but predictions is known of these rows, so they can't be cut. Give a test table.")
    return judged.columns


def _described(judged: Judged, cells: pd.Series) -> Column:
    name = str(cells.name)
    if judged.schema is not None and name in judged.schema:
        return judged.schema[name]
    return Column(name, "numeric" if pd.api.types.is_numeric_dtype(cells.dtype) else "category", "")


def standing_out(judged: Judged, losses: FloatArray, cuts: Sequence[Cut], seed: int) -> pd.DataFrame:
    """Return ``column, code, slice, rows, loss, rest_loss, z, p_value`` of every slice of enough rows.

    ``z`` says by how many standard errors a slice loses more than all rows, ``p_value`` how often chance gives a slice
    that stands out as much, over all slices.

    Parameters
    ----------
    judged
        The rows that the cuts are of.
    losses
        Of these rows, ``(n,)``.
    """
    rng = np.random.default_rng(seed)
    kept = np.arange(len(losses))
    most = min(_MOST_ROWS, max(1_000, _WORK // (_DEALS * max(1, len(cuts)))))
    if len(kept) > most:
        kept = np.sort(rng.choice(kept, most, replace=False))
    weight = np.ones(len(kept)) if judged.weight is None else judged.weight[kept]
    lost = losses[kept]
    fewest = max(FEWEST, int(np.ceil(_SHARE * len(kept))))
    found = []
    for each in cuts:
        codes = each.codes[kept]
        counts = np.bincount(codes, minlength=len(each.names))
        total, mine = np.bincount(codes, weight, len(counts)), np.bincount(codes, weight * lost, len(counts))
        for k in np.flatnonzero((counts >= fewest) & (len(kept) - counts >= fewest) & (total > 0)):
            rest = weight.sum() - total[k]
            loss, rest_loss = mine[k] / total[k], (weight @ lost - mine[k]) / rest if rest > 0 else np.nan
            found.append((each.column, int(k), each.names[k], int(counts[k]), codes == k, loss, rest_loss))
    names = ["column", "code", "slice", "rows", "member", "loss", "rest_loss"]
    table = pd.DataFrame(found, columns=names)
    if table.empty:
        return table.drop(columns="member").assign(z=[], p_value=[])
    z, p_value = _max_t(np.array(table["member"].tolist()), weight * (lost - np.average(lost, weights=weight)), rng)
    return table.drop(columns="member").assign(z=z, p_value=p_value)


def _max_t(member: np.ndarray, excess: FloatArray, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    """Return how far each slice stands out, and its p-value corrected for all of them."""
    n, sizes = len(excess), member.sum(axis=1)
    spread = excess.std()
    if not spread > 0:
        return np.zeros(len(sizes)), np.ones(len(sizes))
    # A sum of k of n values drawn without replacement has this variance.
    error = spread * np.sqrt(sizes * (n - sizes) / (n - 1))
    cells = csr_array(member.astype(float))
    excess = excess - excess.mean()
    z = cells @ excess / error
    at_once = max(1, 4_000_000 // n)
    worst = []
    for start in range(0, _DEALS, at_once):
        dealt = np.column_stack([rng.permutation(excess) for _ in range(min(at_once, _DEALS - start))])
        worst.append((cells @ dealt / error[:, None]).max(axis=0))
    deals = np.concatenate(worst)
    return z, (1 + (deals[:, None] >= z[None, :] - 1e-12).sum(axis=0)) / (1 + len(deals))


def worst_of(table: pd.DataFrame) -> pd.DataFrame:
    """Return the slices that stand out and lose enough more, the furthest first."""
    is_worse = (table["p_value"] <= _CHANCE) & (table["loss"] >= _WORSE * table["rest_loss"])
    return table[is_worse].sort_values("z", ascending=False, kind="stable").head(_MOST_FOUND)
