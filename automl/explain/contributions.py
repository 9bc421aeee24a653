"""What each column of the caller's table adds to predictions of a pipeline, and to which it adds up.

Each booster of the pipeline is explained by its own library, in its prepared columns, which are then counted for the
columns they were made from. All other members are explained together by sampling. Both are in the unit of the
prediction (a probability, or the target's unit), weighted as the members are; so ``base`` and contributions sum to what
the pipeline predicts.

The base of a booster is what it predicts where no column adds anything: its mean in log-odds, which for labels of
unequal frequency is not its mean probability. The base of sampled members is the mean prediction of the background.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from automl.errors import DataError
from automl.explain.boosters import booster_margins
from automl.explain.links import closed
from automl.explain.shapley import MOST_BACKGROUND, sampled_contributions
from automl.explain.subject import Subject
from automl.pipeline.blend import Member, predict_matrix
from automl.values.algorithm import FloatArray, IntArray
from automl.values.task import Task


@dataclass(frozen=True, slots=True)
class Contributions:
    """What columns add to predictions.

    Attributes
    ----------
    columns
        Names.
    base
        ``(n_rows, width)``: where it starts from.
    added
        ``(n_rows, n_columns, width)``; over columns they sum to ``prediction - base``.
    error
        Standard errors of ``added``; 0 where contributions are exact.
    prediction
        ``(n_rows, width)``.
    exact_share
        Weight of the members whose contributions are exact, from 0 to 1.
    """

    columns: tuple[str, ...]
    base: FloatArray
    added: FloatArray
    error: FloatArray
    prediction: FloatArray
    exact_share: float


def contributions_of(
    subject: Subject, frame: pd.DataFrame, background: Callable[[], pd.DataFrame], seed: int
) -> Contributions:
    """Return the contributions of all columns to the predictions of some rows.

    Parameters
    ----------
    frame
        Rows with the columns that models see.
    background
        Fetches rows to compare with, which only sampled members need.

    Raises
    ------
    DataError
        If the background has no row.
    """
    Z = subject.encode(frame)
    width, total = subject.task.width, sum(member.weight for member in subject.members)
    added, error = np.zeros((len(Z), len(subject.names), width)), np.zeros((len(Z), len(subject.names), width))
    base, others = np.zeros((len(Z), width)), []
    owner = np.repeat(np.arange(len(subject.blocks)), [block.stop - block.start for block in subject.blocks])
    with threadpool_limits(1 if len(Z) < 100 else None, user_api="openmp"):
        for member in subject.members:
            found = _of_booster(member, Z, subject.task, owner, len(subject.names))
            if found is None:
                others.append(member)
            else:
                base += member.weight / total * found[0]
                added += member.weight / total * found[1]
        exact = 1.0 - sum(member.weight for member in others) / total
        if others:
            rows = background()
            if not len(rows):
                raise DataError("The background has no row to compare with. Give at least one.")
            known = subject.encode(rows.sample(min(len(rows), 4 * MOST_BACKGROUND), random_state=seed))
            ask = _together(others, subject.task)
            for i, row in enumerate(Z):
                start, steps, noise = sampled_contributions(ask, row, known, subject.blocks, seed)
                base[i] += (1 - exact) * start
                added[i] += (1 - exact) * steps
                error[i] = (1 - exact) * noise
    prediction = subject.predict(Z)
    return Contributions(
        tuple(subject.names), base, closed(added, prediction - base), error, prediction, round(exact, 12)
    )


def _of_booster(
    member: Member, Z: FloatArray, task: Task, owner: IntArray, n_columns: int
) -> tuple[FloatArray, FloatArray] | None:
    """Return the base ``(width,)`` and what columns of the table add, ``(n_rows, n_columns, width)``."""
    margins = booster_margins(member.model, member.preparation.transform(Z), task)
    if margins is None:
        return None
    sources = member.preparation.sources_out()
    added = np.zeros((len(Z), n_columns, margins.added.shape[2]))
    for place, made_from in enumerate(sources):
        for source in made_from:  # a column made from two counts half for each
            added[:, owner[source]] += margins.added[:, place] / len(made_from)
    return margins.link.inverse(margins.base), margins.link.spread(margins.base, added)


def _together(members: list[Member], task: Task) -> Callable[[FloatArray], FloatArray]:
    """Return what these members predict together."""
    total = sum(member.weight for member in members)

    def predict(Z: FloatArray) -> FloatArray:
        out = np.zeros((len(Z), task.width))
        prepared: dict[str, FloatArray] = {}
        for member in members:
            token = member.preparation.token_
            if token not in prepared:
                prepared[token] = member.preparation.transform(Z)
            out += member.weight / total * predict_matrix(member.model, prepared[token], task.kind, task.n_classes)
        return out

    return predict
