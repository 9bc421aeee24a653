"""What the boosting families share: when to stop, which loss to train, and labels that a fold lacks.

Boosters train up to :data:`MAX_ROUNDS` rounds and stop early on the validation rows. They always watch the loss that
they train (log loss for labels; squared, absolute, quantile, Poisson or gamma loss for quantities), also when the run
optimises ROC AUC or accuracy: a rank or count metric moves in steps and its best round on few rows is luck, while the
loss is smooth and its best round is within noise of theirs.

Patience follows AutoGluon's rule ``max(20, 300 · min(1, 10,000 / rows))``, which suits learning rates down to .005.
A larger learning rate reaches its best round sooner, so what is waited for also stays in proportion to the rounds
that were useful so far; see :func:`patience`.
"""

from __future__ import annotations

import time
from typing import Literal

import numpy as np

from automl.values.algorithm import Rows
from automl.values.space import Config
from automl.values.task import TaskKind

MAX_ROUNDS = 10_000
FEWEST_BINS = 64
Loss = Literal["squared", "absolute", "quantile", "poisson", "gamma"]


def longest_patience(n_rows: int) -> int:
    """Return how many rounds without improvement a booster may take on this many rows.

    Examples
    --------
    >>> longest_patience(1_000), longest_patience(40_000), longest_patience(1_000_000)
    (300, 75, 20)
    """
    return max(20, round(300 * min(1.0, 10_000 / max(n_rows, 1))))


def patience(n_rows: int, best_round: int) -> int:
    """Return how many rounds to wait for an improvement over ``best_round``.

    Half as many rounds as were useful plus 40, but never more than :func:`longest_patience`.

    Examples
    --------
    >>> patience(1_000, best_round=60), patience(1_000, best_round=2_000), patience(1_000_000, best_round=2_000)
    (70, 300, 20)
    """
    return min(longest_patience(n_rows), 40 + best_round // 2)


def most_rounds(n_rows: int, learning_rate: float | None) -> int:
    """Return how many rounds a booster may train while its loss on the validation rows still falls.

    Where few rows are nearly separable the loss falls for thousands of rounds by less and less, which is worth nothing
    and takes minutes; more rows have more to be learned from them.
    ``None`` is the library's own choice, without an end.

    Examples
    --------
    >>> most_rounds(400, 0.08), most_rounds(5_000, 0.05), most_rounds(100_000, 0.05)
    (875, 6000, 10000)
    """
    return MAX_ROUNDS if learning_rate is None else min(MAX_ROUNDS, round((1_000 + n_rows) * 0.05 / learning_rate))


def rounds_without_validation(learning_rate: float) -> int:
    """Return the rounds to train when there is neither a validation set nor a number of rounds.

    Examples
    --------
    >>> rounds_without_validation(0.05)
    300
    """
    return int(min(2_000, max(50, round(15 / learning_rate))))


def bins(n_rows: int, most: int) -> int:
    """Return into how many parts a booster cuts a column of numbers that it learns from so many rows.

    A round's cost grows with the bins, and on few rows hardly anything else does; a part of fewer than four rows says
    nothing. Measured in ``benchmarks/bins.py``.

    Examples
    --------
    >>> bins(150, most=254), bins(400, most=254), bins(10_000, most=254)
    (64, 100, 254)
    """
    return min(most, max(FEWEST_BINS, n_rows // 4))


def effort(config: Config) -> float:
    """Return how long a config trains, relative to others of its family.

    The rounds that a booster needs grow a little slower than its learning rate falls, and what a round costs grows
    with the square root of its leaves (of bins, not rows, once trees are deep).

    Examples
    --------
    >>> round(effort({"learning_rate": 0.025, "depth": 6}) / effort({"learning_rate": 0.05, "depth": 6}), 2)
    1.74
    """
    rate = float(config.get("learning_rate") or 0.05)
    leaves = config.get("num_leaves") or config.get("max_leaf_nodes")
    depth = config.get("max_depth") or config.get("depth")
    size = float(leaves) if leaves else 2.0 ** float(depth or 6)
    return float((0.05 / rate) ** 0.8 * size**0.5)


class Deadline:
    """The end of a fit's wall time, and whether another round still fits before it.

    Parameters
    ----------
    seconds
        Time from now; ``None`` never ends.
    """

    def __init__(self, seconds: float | None) -> None:
        self.seconds = seconds
        self._started = time.monotonic()
        self._last = self._started
        self._longest = 0.0

    @property
    def elapsed(self) -> float:
        """Seconds since it was made."""
        return time.monotonic() - self._started

    @property
    def left(self) -> float:
        """Seconds until the end; infinite without one."""
        return float("inf") if self.seconds is None else self.seconds - self.elapsed

    def is_over(self) -> bool:
        """Tell, at the end of a round, whether another one like the longest of late would end too late."""
        if self.seconds is None:
            return False
        now = time.monotonic()
        self._longest = max(0.9 * self._longest, now - self._last)
        self._last = now
        return now - self._started + self._longest > self.seconds


class Watch:
    """Follows a loss round by round and says when to stop.

    Parameters
    ----------
    n_rows
        Training rows, which settle the patience.
    seconds
        Wall time of the fit, ``None`` for no limit.
    learning_rate
        Of the booster; with the rows it settles how many rounds there are at most.

    Attributes
    ----------
    best_round
        Round with the lowest loss so far, from 0.
    """

    def __init__(self, n_rows: int, seconds: float | None, learning_rate: float | None) -> None:
        self.n_rows = n_rows
        self.most = most_rounds(n_rows, learning_rate)
        self.deadline = Deadline(seconds)
        self.best_round = 0
        self.best_loss = float("inf")
        self._least = 0.0

    def should_stop(self, number: int, loss: float | None) -> bool:
        """Take note of a finished round and its loss (``None`` without validation rows)."""
        if loss is None:
            self.best_round = number
        elif number == 0 or loss < self.best_loss - self._least:
            self.best_round, self.best_loss = number, loss
            # Separable classes improve by less and less for ever; that is not worth a round.
            self._least = 1e-5 * abs(loss) if number == 0 else self._least
        is_stale = number - self.best_round >= patience(self.n_rows, self.best_round)
        is_last = loss is not None and number + 1 >= self.most
        return self.deadline.is_over() or is_stale or is_last


def loss_for(metric: str) -> Loss:
    """Return the loss to train a regressor with, so that it estimates what the metric asks for.

    Examples
    --------
    >>> loss_for("rmse"), loss_for("mae"), loss_for("pinball_0.9"), loss_for("poisson_deviance")
    ('squared', 'absolute', 'quantile', 'poisson')
    """
    if metric in ("mae", "medae", "mape", "smape", "pinball", "d2", "d2_pinball"):
        return "absolute"
    if quantile_for(metric) is not None:
        return "quantile"
    if "poisson" in metric:
        return "poisson"
    return "gamma" if "gamma" in metric else "squared"


def quantile_for(metric: str) -> float | None:
    """Return the quantile that a metric names, ``None`` where it names none.

    Examples
    --------
    >>> quantile_for("pinball_0.9"), quantile_for("d2_pinball_0.1"), quantile_for("pinball")
    (0.9, 0.1, None)
    """
    stem, _, number = metric.rpartition("_")
    is_named = stem in ("pinball", "d2_pinball") and number.replace(".", "", 1).isdigit()
    return float(number) if is_named else None


def keeps_monotone(kind: TaskKind, metric: str) -> bool:
    """Tell whether boosted trees can keep columns monotone: not with several labels, nor where leaves hold medians.

    Examples
    --------
    >>> [keeps_monotone("binary", "roc_auc"), keeps_monotone("regression", "mae")]
    [True, False]
    """
    return kind == "binary" or (kind == "regression" and loss_for(metric) not in ("absolute", "quantile"))


def with_every_label(train: Rows, valid: Rows | None) -> Rows:
    """Return the training rows with a row of weight 0 for each label below the highest that a fold lacks.

    Boosters number their outputs by the labels that they see and some refuse gaps; a class of one or two rows is
    missing in some training folds. The added row changes nothing but the numbering.
    """
    seen = train.y if valid is None else np.concatenate([train.y, valid.y])
    missing = np.setdiff1d(np.arange(int(seen.max()) + 1), train.y)
    if not missing.size:
        return train
    weight = np.ones(len(train.y)) if train.weight is None else train.weight
    return Rows(
        np.concatenate([train.X, np.repeat(train.X[:1], missing.size, axis=0)]),
        np.concatenate([train.y, missing.astype(train.y.dtype)]),
        np.concatenate([weight, np.zeros(missing.size)]),
    )
