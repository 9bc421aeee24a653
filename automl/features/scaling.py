"""Scaling of dense columns, for the models whose result depends on units.

Five ways beside none: ``standard`` (mean 0, deviation 1), ``clipped`` (the same, after the farthest values were brought
to the nearest of the others), ``robust`` (median 0, quartile range 1, and outliers squashed smoothly so that nothing
leaves the interval from -3 to 3), ``quantile`` (to a normal distribution by rank), ``power`` (the power that makes a
column most like a normal distribution, then standard). Everything fitted is a plain array, and NaN stays NaN.

These are a few lines of numpy and not scikit-learn's scalers because of one-row latency: each of those validates its
input again (100-300 µs a call), more than the whole preparation of a row may take.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri
from sklearn.base import BaseEstimator

from automl.values.algorithm import FloatArray, Scaling

N_QUANTILES = 1000
POWER_ROWS = 10_000  # a power that is found from more rows differs by less than a model can notice
SAMPLE_ROWS = 100_000  # quantiles of more rows than this differ by less than a model can notice
OUTSIDE = 0.005  # of the values, on either side, that clipping brings to the nearest other
FARTHEST = 1e6  # standard deviations; a wilder value at prediction time would only overflow in a model
STEEPEST = 5.0  # the power, whatever seems best: steeper ones send the next new value anywhere
NORMAL_EDGE = 5.199337582605575  # where scikit-learn's QuantileTransformer clips as well: ndtri(1 - 1e-7)


class Scaler(BaseEstimator):
    """Bring columns to comparable units.

    Parameters
    ----------
    kind
        ``"none"``, ``"standard"``, ``"robust"``, ``"quantile"``, ``"clipped"`` or ``"power"``.

    Attributes
    ----------
    center_, scale_
        ``(n_columns,)``: what is subtracted, then multiplied.
    low_, high_
        ``(n_columns,)``: where values are clipped, for ``"clipped"``.
    units_, powers_
        ``(n_columns,)``: what values are divided by and the power that they are bent with, for ``"power"``.
    quantiles_
        ``(n_quantiles, n_columns)`` for ``"quantile"``, else empty.

    References
    ----------
    The squashing ``x / sqrt(1 + (x / 3)^2)`` after a robust scale is from Holzmüller, Grinsztajn and Steinwart,
    "Better by default: strong pre-tuned MLPs and boosted trees on tabular data" (2024). The power is Yeo and Johnson's,
    "A new family of power transformations to improve normality or symmetry" (2000).

    Examples
    --------
    >>> block = np.array([[1.0], [2.0], [3.0], [4.0], [1000.0]], dtype=np.float32)
    >>> [f"{each:.2f}" for each in Scaler("robust").fit(block).apply(block.copy()).ravel()]
    ['-0.95', '-0.49', '0.00', '0.49', '3.00']
    """

    def __init__(self, kind: Scaling = "none") -> None:
        self.kind = kind

    def fit(self, block: FloatArray, seed: int = 0) -> Scaler:
        """Learn from ``block`` (n_rows, n_columns); rows beyond 100,000 are sampled where quantiles are needed."""
        n_columns = block.shape[1]
        self.center_: npt.NDArray[np.float32] = np.zeros(n_columns, dtype=np.float32)
        self.scale_: npt.NDArray[np.float32] = np.ones(n_columns, dtype=np.float32)
        self.quantiles_: npt.NDArray[np.float64] = np.empty((0, n_columns))
        self.low_: npt.NDArray[np.float32] = np.full(n_columns, -np.inf, dtype=np.float32)
        self.high_: npt.NDArray[np.float32] = np.full(n_columns, np.inf, dtype=np.float32)
        self.units_: npt.NDArray[np.float64] = np.ones(n_columns)
        self.powers_: npt.NDArray[np.float64] = np.ones(n_columns)
        if self.kind == "none" or n_columns == 0:
            return self
        most = POWER_ROWS if self.kind == "power" else SAMPLE_ROWS
        if self.kind != "standard" and len(block) > most:
            block = block[np.sort(np.random.default_rng(seed).choice(len(block), most, replace=False))]
        if self.kind == "quantile":
            self.quantiles_ = np.empty((min(N_QUANTILES, max(2, len(block))), n_columns))
        for j in range(n_columns):
            column = block[:, j].astype(np.float64)
            column = column[~np.isnan(column)]
            if len(column):
                self._fit_column(j, column)
            elif self.kind == "quantile":
                self.quantiles_[:, j] = 0.0
        return self

    def _fit_column(self, j: int, column: npt.NDArray[np.float64]) -> None:
        if self.kind in ("standard", "clipped", "power"):
            if self.kind == "clipped":
                self.low_[j], self.high_[j] = np.quantile(column, OUTSIDE), np.quantile(column, 1 - OUTSIDE)
                column = np.clip(column, self.low_[j], self.high_[j])
            elif self.kind == "power":
                column = self._fit_power(j, column)
            deviation = float(column.std())
            self.center_[j] = column.mean()
            self.scale_[j] = 1.0 / deviation if deviation > 1e-12 * max(1.0, float(np.abs(column).max())) else 0.0
        elif self.kind == "robust":
            low, middle, high = np.quantile(column, (0.25, 0.5, 0.75))
            spread = high - low
            if spread <= 0:  # more than half of the values are the same: let the rarer ones reach up to 2
                spread = (column.max() - column.min()) / 2
            self.center_[j] = middle
            self.scale_[j] = 1.0 / spread if spread > 1e-30 else 0.0
        else:
            self.quantiles_[:, j] = np.quantile(column, np.linspace(0.0, 1.0, len(self.quantiles_)))

    def _fit_power(self, j: int, column: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        from sklearn.preprocessing import PowerTransformer

        sizes = np.abs(column[column != 0])
        self.units_[j] = float(np.median(sizes)) if len(sizes) else 1.0
        plain = column / self.units_[j]
        if plain.min() < plain.max():
            power = float(PowerTransformer(standardize=False).fit(plain[:, None]).lambdas_[0])
            self.powers_[j] = np.clip(power, -STEEPEST, STEEPEST) if np.isfinite(power) else 1.0
        return _bent(plain, self.powers_[j : j + 1])

    def apply(self, block: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Scale ``block`` in place and return it."""
        if self.kind == "none" or block.shape[1] == 0:
            return block
        if self.kind == "quantile":
            return self._apply_quantiles(block)
        if self.kind == "clipped":
            np.clip(block, self.low_, self.high_, out=block)
        elif self.kind == "power":
            largest = np.finfo(np.float32).max
            block[:] = np.clip(_bent(block / self.units_, self.powers_), -largest, largest)
        with np.errstate(over="ignore"):  # an overflow is infinite for one line, then clipped or squashed
            block -= self.center_
            block *= self.scale_
        edge = NORMAL_EDGE if self.kind == "power" else FARTHEST
        np.clip(block, -edge, edge, out=block)
        if self.kind == "robust":
            block /= np.sqrt(1.0 + np.square(block / 3.0))
        return block

    def _apply_quantiles(self, block: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        places = np.linspace(0.0, 1.0, len(self.quantiles_))
        for j in range(block.shape[1]):
            column, quantiles = block[:, j].astype(np.float64), self.quantiles_[:, j]
            # A value that fills several quantiles gets the middle of them, so both directions are averaged. At the
            # least and the greatest value too, where scikit-learn would send most of a zero-inflated column to -5.2.
            rank = np.interp(column, quantiles, places) - np.interp(-column, -quantiles[::-1], -places[::-1])
            block[:, j] = ndtri(rank / 2)
        return np.clip(block, -NORMAL_EDGE, NORMAL_EDGE, out=block)

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "center_")


def _bent(values: npt.NDArray[np.float64], powers: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return values ``(..., n_columns)`` bent by Yeo and Johnson's powers ``(n_columns,)``; NaN stays NaN."""
    above = values >= 0
    power = np.where(above, powers, 2.0 - powers)
    logarithm = np.log1p(np.abs(values))
    is_log = np.abs(power) < 1e-8
    with np.errstate(over="ignore"):  # what overflows is infinite for one line, then clipped
        bent = np.where(is_log, logarithm, np.expm1(power * logarithm) / np.where(is_log, 1.0, power))
    return np.where(above, bent, -bent)


def same_everywhere(column: npt.NDArray[Any]) -> bool:
    """Tell whether a column has one value only, NaN counting as one.

    Examples
    --------
    >>> same_everywhere(np.array([np.nan, np.nan])), same_everywhere(np.array([1.0, np.nan]))
    (True, False)
    """
    missing = np.isnan(column)
    if missing.any():
        return bool(missing.all())
    return bool(column.min() == column.max())
