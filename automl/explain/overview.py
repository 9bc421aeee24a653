"""What columns add to the predictions of many rows: who is moved, how far, and in which direction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from automl.explain.boosters import is_booster
from automl.explain.contributions import contributions_of
from automl.explain.labels import place_of, unit_of
from automl.explain.overview_picture import draw_overview
from automl.explain.subject import Subject
from automl.explain.wording import listed, number
from automl.plotting.figure import Picture
from automl.values.algorithm import FloatArray, IntArray

EXACT_ROWS, SAMPLED_ROWS = 200, 30
"""How many rows are explained if it is not said, where boosters' libraries do it, and where walks must be sampled."""


@dataclass(frozen=True, slots=True)
class RowContributions:
    """Contributions of each column to the predictions of some rows.

    Attributes
    ----------
    target, label, unit
        What is predicted, the label whose probability is told (``None`` for a regression), and the unit in words.
    rows
        The rows themselves, ``positions`` where they stood among those given.
    values
        ``(n_rows, n_columns)``, a frame; over columns they sum to ``prediction - base``.
    base, prediction
        ``(n_rows,)``.
    position
        Of each value of ``rows`` among those of its column, from 0 (lowest) to 1; NaN where values have no order.
    exact_share
        Share of the pipeline whose contributions are exact; the rest is sampled.
    """

    target: str
    label: Any
    unit: str
    rows: pd.DataFrame
    positions: IntArray
    values: pd.DataFrame
    base: FloatArray
    prediction: FloatArray
    position: FloatArray
    exact_share: float

    def frame(self) -> pd.DataFrame:
        """Return one row a column, the largest first: ``column mean_size mean largest direction``.

        ``mean_size`` is the mean of the contributions without their sign; ``direction`` is the rank correlation of a
        column's values with what they add: near 1 where higher values raise the prediction, NaN for categories.
        """
        sizes = self.values.abs()
        found = pd.DataFrame(
            {
                "column": self.values.columns,
                "mean_size": sizes.mean().to_numpy(),
                "mean": self.values.mean().to_numpy(),
                "largest": sizes.max().to_numpy(),
                "direction": [
                    _direction(self.position[:, i], self.values.iloc[:, i].to_numpy())
                    for i in range(self.values.shape[1])
                ],
            }
        )
        return found.sort_values("mean_size", ascending=False, kind="stable", ignore_index=True)

    def plot(self, most: int = 12) -> Picture:
        """Draw a dot a row for each of the ``most`` important columns."""
        return draw_overview(self, most)

    def __str__(self) -> str:
        """Tell which columns move predictions, and in which direction."""
        found = self.frame()
        moving = found[found["mean_size"] > 0].head(5)
        if moving.empty:
            return f"No column moves the {self.unit}."
        words = [
            f"{name} (by {number(size, 2)} on average{_way(direction)})"
            for name, size, direction in zip(moving["column"], moving["mean_size"], moving["direction"], strict=True)
        ]
        return f"What moves the {self.unit} most: {listed(words)}."


def explain_rows(subject: Subject, data: Any, *, label: Any, most: int | None, random_state: int) -> RowContributions:
    """Return the contributions of columns to the predictions of at most ``most`` rows."""
    task = subject.task
    if most is None:
        most = EXACT_ROWS if all(is_booster(member.model) for member in subject.members) else SAMPLED_ROWS
    place = None if label is None else place_of(task, label)
    kept = subject.kept_rows
    frame = subject.rows(kept()[1] if data is None else subject.read(data))
    positions = np.arange(len(frame))
    if len(frame) > most:
        positions = np.sort(np.random.default_rng(random_state).choice(len(frame), most, replace=False))
    rows = frame.iloc[positions].reset_index(drop=True)
    background = frame if data is not None else None
    found = contributions_of(
        subject, rows, lambda: subject.rows(kept()[1]) if background is None else background, random_state
    )
    if place is None:
        place = 1 if task.kind == "binary" else int(np.bincount(found.prediction.argmax(axis=1)).argmax())
    return RowContributions(
        target=task.target,
        label=task.classes[place] if task.is_classification else None,
        unit=unit_of(task, place),
        rows=rows,
        positions=positions,
        values=pd.DataFrame(found.added[:, :, place], columns=list(found.columns)),
        base=found.base[:, place],
        prediction=found.prediction[:, place],
        position=_positions(subject, rows),
        exact_share=found.exact_share,
    )


def _positions(subject: Subject, rows: pd.DataFrame) -> FloatArray:
    """Return where each value stands in its column, from 0 to 1; NaN where it is missing or has no order."""
    Z = subject.encode(rows)
    out = np.full((len(rows), len(subject.names)), np.nan)
    for i, (column, block) in enumerate(zip(subject.columns, subject.blocks, strict=True)):
        if column.role in ("numeric", "boolean", "duration", "datetime"):
            ranks = pd.Series(Z[:, block.start]).rank().to_numpy()
            if np.nanmax(ranks, initial=0) > np.nanmin(ranks, initial=np.inf):
                out[:, i] = (ranks - np.nanmin(ranks)) / (np.nanmax(ranks) - np.nanmin(ranks))
    return out


def _direction(position: FloatArray, added: FloatArray) -> float:
    known = ~np.isnan(position)
    if known.sum() < 3:
        return float("nan")
    ranks = pd.Series(added[known]).rank().to_numpy()
    if np.ptp(ranks) == 0 or np.ptp(position[known]) == 0:
        return float("nan")
    return float(np.corrcoef(position[known], ranks)[0, 1])


def _way(direction: float) -> str:
    if direction > 0.5:
        return "; higher values raise it"
    return "; higher values lower it" if direction < -0.5 else ""
