"""What has to be known of predictions so that the loss of every weighted average of them can be computed.

Keeping every configuration's predictions on every table would be hundreds of megabytes. Second moments are enough for
losses that are quadratic in the predictions, and they are a matrix a table:

* quantities: ``G[i, j]`` is the mean product of the residuals of i and j, in units of the target's deviation; an
  average with weights w has the squared error ``w' G w``;
* many labels: the same with the residuals of all probabilities (the Brier score);
* two labels: predictions are turned into normal scores first. With ``d`` the difference between the means of the two
  labels and ``G`` the sum of the two covariances, a weighted average has the AUC ``Φ(d'w / √(w'Gw))`` if its scores
  are normal within each label, which they nearly are.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Kind = Literal["binary", "multiclass", "regression"]


@dataclass(frozen=True)
class Moments:
    """The moments of a table's configurations.

    Attributes
    ----------
    names
        The configurations that have predictions, ``(n,)``.
    G
        ``(n, n)``.
    d
        ``(n,)``; zeros but for two labels.
    seconds
        Processor seconds of fitting and predicting once, ``(n,)``.
    """

    table: str
    kind: Kind
    n_rows: int
    names: tuple[str, ...]
    G: Array
    d: Array
    seconds: Array

    def write(self, path: Path) -> None:
        """Write them in single precision."""
        with path.open("wb") as file:
            np.savez_compressed(
                file,
                about=np.array([self.table, self.kind, str(self.n_rows)]),
                names=np.array(self.names),
                G=self.G.astype(np.float32),
                d=self.d.astype(np.float32),
                seconds=self.seconds.astype(np.float32),
            )

    @classmethod
    def read(cls, path: Path) -> Moments:
        """Read what :meth:`write` wrote."""
        with np.load(path) as kept:
            table, kind, n_rows = kept["about"].tolist()
            G, d, seconds = (kept[name].astype(np.float64) for name in ("G", "d", "seconds"))
            return cls(table, kind, int(n_rows), tuple(kept["names"].tolist()), G, d, seconds)


def moments_of(kind: Kind, y: npt.NDArray[Any], predictions: npt.NDArray[Any]) -> tuple[Array, Array]:
    """Return ``G`` and ``d``.

    Parameters
    ----------
    y
        Labels ``0..K-1`` or quantities, ``(n_rows,)``.
    predictions
        ``(n_configurations, n_rows, width)``.
    """
    n = len(predictions)
    if kind == "binary":
        scores = np.stack([_normal_scores(each[:, -1]) for each in predictions])
        low, high = scores[:, y == 0], scores[:, y == 1]
        return np.cov(low).reshape(n, n) + np.cov(high).reshape(n, n), high.mean(axis=1) - low.mean(axis=1)
    if kind == "multiclass":
        truth = np.eye(predictions.shape[2])[y.astype(int)]
        errors = (predictions - truth).reshape(n, -1)
        return errors @ errors.T / len(y), np.zeros(n)
    errors = (predictions[:, :, 0] - y) / y.std()
    return errors @ errors.T / len(y), np.zeros(n)


def _normal_scores(prediction: npt.NDArray[Any]) -> Array:
    from scipy.stats import norm, rankdata

    scores: Array = norm.ppf((rankdata(prediction) - 0.5) / len(prediction))
    deviation = scores.std()  # many ties leave less than 1
    return scores / deviation if deviation > 0 else scores
