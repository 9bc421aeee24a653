"""A regressor that learns a bent target and predicts in the target's own unit.

Prices, amounts and durations spread over orders of magnitude; with squared loss a model then learns the few largest
rows and little of the rest. Learned on a logarithm, a power or a rank, every row counts. Whether that lowers the loss
in the target's own unit is for cross-validation to say: the mean of a logarithm is not the logarithm of the mean.

Every number has a transform and every transform a way back: the logarithm is the inverse hyperbolic sine, which is a
logarithm above its unit (a tenth of the least target where all are positive) and a straight line through zero, so
zeros and negative targets need no exception; and what is predicted beyond the training targets is held near them,
because a small step too far on a bent scale is a large one on the straight.
"""

from __future__ import annotations

import warnings
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, RegressorMixin, clone

from automl.errors import PlanError

Floats = npt.NDArray[np.float64]
Bend = Literal["log", "yeo_johnson", "quantile"]

BENDS: tuple[Bend, ...] = ("log", "yeo_johnson", "quantile")
UNIT_SHARE = (
    0.05  # of the training targets lie, without their sign, below the logarithm's unit, if not all are positive
)
BEYOND = 0.1  # of the range of training targets, bent, that predictions may exceed it on either side
N_QUANTILES = 1000


class TargetBend(BaseEstimator):
    """From a target to what is learned, and back.

    Parameters
    ----------
    kind
        ``"log"``, ``"yeo_johnson"`` (the power that makes it most like a normal distribution) or ``"quantile"`` (to a
        normal distribution by rank).

    Attributes
    ----------
    unit_
        What counts as 1: of the logarithm its unit, else the way from the least training target to their median.
    center_
        What is subtracted first: nothing, or the least training target.
    low_, high_
        Between these lies what is predicted, bent.

    Examples
    --------
    >>> y = np.array([0.0, 1.0, 10.0, 100.0, 1000.0])
    >>> bend = TargetBend("log").fit(y)
    >>> bend.bend(y).round(1).tolist()
    [0.0, 0.2, 1.5, 3.8, 6.1]
    >>> bend.unbend(bend.bend(y)).round(6).tolist()
    [0.0, 1.0, 10.0, 100.0, 1000.0]
    """

    def __init__(self, kind: Bend = "log") -> None:
        self.kind = kind

    def fit(self, y: npt.ArrayLike) -> TargetBend:
        """Learn from training targets ``(n_rows,)``.

        Raises
        ------
        PlanError
            If there is no such kind.
        """
        from sklearn.preprocessing import PowerTransformer, QuantileTransformer

        if self.kind not in BENDS:
            raise PlanError(f"A target can't be bent by {self.kind!r}; give one of {', '.join(BENDS)}.")
        target = np.asarray(y, dtype=np.float64).reshape(-1)
        self.center_, self.unit_ = 0.0, 1.0
        self.transformer_: Any = None
        if self.kind == "log" or np.ptp(target) == 0:  # a power or a rank needs two different values
            sizes = np.abs(target[target != 0])
            if len(sizes):
                is_positive = len(sizes) == len(target) and float(target.min()) > 0
                self.unit_ = float(sizes.min()) / 10 if is_positive else float(np.quantile(sizes, UNIT_SHARE))
        else:
            self.center_ = float(target.min())
            self.unit_ = float(np.median(target)) - self.center_ or float(target.std())
            self.transformer_ = (
                PowerTransformer()
                if self.kind == "yeo_johnson"
                else QuantileTransformer(
                    n_quantiles=min(N_QUANTILES, len(target)), output_distribution="normal", subsample=None
                )
            )
            self.transformer_.fit(self._plain(target)[:, None])
        bent = self._forward(target)
        margin = BEYOND * float(np.ptp(bent))
        self.low_, self.high_ = float(bent.min()) - margin, float(bent.max()) + margin
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # of scikit-learn's: some powers have no way back from there
            if not np.isfinite(self.unbend([self.low_, self.high_])).all():
                self.low_, self.high_ = float(bent.min()), float(bent.max())
        return self

    def _plain(self, y: Floats) -> Floats:
        return (y - self.center_) / self.unit_

    def _forward(self, y: Floats) -> Floats:
        plain = self._plain(y)
        if self.transformer_ is None:
            return np.arcsinh(plain / 2)
        bent: Floats = self.transformer_.transform(plain[:, None])[:, 0]
        return bent

    def bend(self, y: npt.ArrayLike) -> Floats:
        """Return targets as they are learned; those far beyond the training targets are held near them."""
        return np.clip(self._forward(np.asarray(y, dtype=np.float64)), self.low_, self.high_)

    def unbend(self, bent: npt.ArrayLike) -> Floats:
        """Return predictions in the target's own unit."""
        held = np.clip(np.asarray(bent, dtype=np.float64).reshape(-1), self.low_, self.high_)
        if self.transformer_ is None:
            return 2 * np.sinh(held) * self.unit_ + self.center_
        plain: Floats = self.transformer_.inverse_transform(held[:, None])[:, 0]
        return plain * self.unit_ + self.center_


class BentTarget(RegressorMixin, BaseEstimator):
    """Learn a bent target with ``regressor`` and predict the target itself.

    Parameters
    ----------
    regressor
        Any regressor; after ``fit`` it is the fitted one.
    bend
        How the target is bent.
    """

    def __init__(self, regressor: Any, bend: TargetBend) -> None:
        self.regressor = regressor
        self.bend = bend

    def fit(self, X: npt.ArrayLike, y: npt.ArrayLike, sample_weight: npt.ArrayLike | None = None) -> BentTarget:
        """Fit bend and regressor on rows and targets."""
        options = {} if sample_weight is None else {"sample_weight": sample_weight}
        self.bend = clone(self.bend).fit(y)
        self.regressor = clone(self.regressor).fit(X, self.bend.bend(y), **options)
        return self

    def predict(self, X: npt.NDArray[Any]) -> Floats:
        """Return predictions ``(n_rows,)`` in the target's own unit."""
        return self.bend.unbend(self.regressor.predict(X))

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self.bend, "low_")
