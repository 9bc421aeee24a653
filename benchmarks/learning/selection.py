"""Which configurations to try first, and in which order: greedily for what an ensemble gains per second.

After each step the portfolio is judged as a search would use it: by the loss of a greedily weighted ensemble of all its
members. On every table the loss is turned into a regret between 0 (the ensemble of the whole pool) and 1 (the pool's
middle configuration alone). The next member is the one that lowers the mean regret most per second of its fits, the
seconds of a table being counted in default fits of LightGBM there. Tables of the same kind of task and of the same size
(few rows or many) count fully, others less; a table whose name is left out does not count, so that nothing is judged on
what it was chosen for.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from automl.search.portfolio import FEW_ROWS
from learning.moments import Array, Kind, Moments

ROUNDS = 20  # members, with repetition, of the ensembles by which a portfolio is judged
OTHER_KINDS = 0.25  # weight of a table of another kind of task
OTHER_SIZES = 0.4  # of a table that has many rows where few are asked for, or the other way round
LONGEST = 24
LEAST_GAIN = 5e-4  # of regret, below which nothing more is worth an entry
OVERHEAD = 0.1  # of a default fit of LightGBM: what any candidate costs beside its fit
PACE = "lightgbm-0"


@dataclass(frozen=True)
class Step:
    """A member in the order of its choice, with what it did for the mean regret and what it costs."""

    name: str
    regret: float
    seconds: float


class Judge:
    """Judges portfolios on one table.

    Parameters
    ----------
    moments
        What the pool did there.
    """

    def __init__(self, moments: Moments) -> None:
        self.moments = moments
        self.place = {name: index for index, name in enumerate(moments.names)}
        everything = np.arange(len(moments.names))
        singles = self.losses([], everything)
        self.best = float(self.losses(everything[:-1].tolist(), everything[-1:])[0])
        self.middle = float(np.median(singles))
        pace = moments.seconds[self.place[PACE]] if PACE in self.place else float(np.median(moments.seconds))
        self.seconds = moments.seconds / pace + OVERHEAD

    def losses(self, chosen: Sequence[int], added: npt.NDArray[np.intp]) -> Array:
        """Return the loss of the ensemble of ``chosen`` and each of ``added``, ``(n_added,)``."""
        members = np.concatenate(
            [np.broadcast_to(np.asarray(chosen, dtype=np.intp), (len(added), len(chosen))), added[:, None]], axis=1
        )
        G, d = self.moments.G, self.moments.d
        own = np.diag(G)[members]  # (n_added, n_members)
        signal = d[members]
        among = G[members[:, :, None], members[:, None, :]]
        cross, square, mean = np.zeros_like(own), np.zeros(len(added)), np.zeros(len(added))
        best = np.full(len(added), np.inf)
        rows = np.arange(len(added))
        for n in range(1, ROUNDS + 1):
            quadratic = (square[:, None] + 2 * cross + own) / n**2
            linear = (mean[:, None] + signal) / n
            loss = self._loss(linear, quadratic)
            pick = loss.argmin(axis=1)
            square = quadratic[rows, pick] * n**2
            mean = linear[rows, pick] * n
            cross += among[rows, pick]
            best = np.minimum(best, loss[rows, pick])
        return best

    def _loss(self, linear: Array, quadratic: Array) -> Array:
        if self.moments.kind != "binary":
            return np.sqrt(np.maximum(quadratic, 0.0))
        from scipy.special import ndtr

        loss: Array = 1.0 - ndtr(linear / np.sqrt(np.maximum(quadratic, 1e-12)))
        return loss

    def regrets(self, chosen: Sequence[int], added: npt.NDArray[np.intp]) -> Array:
        """Return the regret after each of ``added``, ``(n_added,)``."""
        span = max(self.middle - self.best, 1e-9)
        regrets: Array = np.clip((self.losses(chosen, added) - self.best) / span, 0.0, 1.0)
        return regrets


def select(
    judges: Sequence[Judge],
    kind: Kind,
    names: Sequence[str],
    *,
    n_rows: int,
    without: Collection[str] = (),
    longest: int = LONGEST,
) -> list[Step]:
    """Return the portfolio for a kind of task and a size of table.

    Parameters
    ----------
    names
        The pool; a configuration that has no predictions on a table changes nothing there and costs what it cost.
    n_rows
        Rows of the table that it is for.
    without
        Tables that don't count.
    """
    judges = [judge for judge in judges if judge.moments.table not in without]
    weights = np.array([_weight(judge.moments, kind, n_rows) for judge in judges])
    weights /= weights.sum()
    own = [judge for judge in judges if judge.moments.kind == kind]
    left = [name for name in names if any(name in judge.place for judge in own)]
    regret = np.ones(len(judges))
    steps: list[Step] = []
    while left and len(steps) < longest:
        after = np.tile(regret[:, None], (1, len(left)))
        seconds = np.full((len(judges), len(left)), np.nan)
        for row, judge in enumerate(judges):
            chosen = [judge.place[step.name] for step in steps if step.name in judge.place]
            here = np.array([place for place, name in enumerate(left) if name in judge.place], dtype=np.intp)
            added = np.array([judge.place[left[place]] for place in here], dtype=np.intp)
            if len(added):
                after[row, here] = judge.regrets(chosen, added)
                seconds[row, here] = judge.seconds[added]
        cost = np.exp(np.nanmean(np.log(seconds), axis=0))
        gain = weights @ (regret[:, None] - after)
        pick = int(np.argmax(gain / cost))
        if gain.max() < LEAST_GAIN:
            break
        if gain[pick] < LEAST_GAIN:
            pick = int(np.argmax(np.where(gain >= LEAST_GAIN, gain / cost, -np.inf)))
        regret = after[:, pick]
        steps.append(Step(left.pop(pick), float(weights @ regret), float(cost[pick])))
    return steps


def _weight(moments: Moments, kind: Kind, n_rows: int) -> float:
    """Return how much a table counts."""
    of_kind = 1.0 if moments.kind == kind else OTHER_KINDS
    return of_kind * (1.0 if (moments.n_rows <= FEW_ROWS) == (n_rows <= FEW_ROWS) else OTHER_SIZES)


def course(judge: Judge, names: Sequence[str]) -> tuple[Array, Array]:
    """Return seconds (in default fits of LightGBM) and regret after each member of a portfolio on one table."""
    chosen: list[int] = []
    seconds, regrets = [0.0], [1.0]
    for name in names:
        if name not in judge.place:
            continue
        place = judge.place[name]
        regrets.append(float(judge.regrets(chosen, np.array([place]))[0]))
        seconds.append(seconds[-1] + float(judge.seconds[place]))
        chosen.append(place)
    return np.array(seconds), np.array(regrets)


def regret_at(judge: Judge, names: Sequence[str], seconds: float) -> float:
    """Return the regret that a portfolio has reached after so many seconds."""
    times, regrets = course(judge, names)
    return float(regrets[np.searchsorted(times, seconds, side="right") - 1])
