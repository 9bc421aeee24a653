"""The variance of areas under ROC curves that were measured on the same rows.

DeLong, DeLong and Clarke-Pearson, "Comparing the areas under two or more correlated receiver operating characteristic
curves" (1988), write an area as a mean over positive rows and as a mean over negative rows; the covariances of these
parts give the variance of a difference of areas without any assumption on the scores. Sun and Xu, "Fast implementation
of DeLong's algorithm" (2014), get the parts from ranks, in the time of a sort.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

FloatArray = npt.NDArray[np.floating[Any]]


def delong(is_positive: npt.NDArray[np.bool_], scores: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return areas under the ROC curve and their covariance.

    Parameters
    ----------
    is_positive
        Which rows are positive, ``(n_rows,)``; at least two are and two are not.
    scores
        Of each candidate, ``(n_candidates, n_rows)``; ties count half.

    Returns
    -------
    tuple of arrays
        Areas ``(n_candidates,)`` and their covariance ``(n_candidates, n_candidates)``.

    Examples
    --------
    >>> areas, covariance = delong(np.array([False, False, True, True]), np.array([[0.1, 0.4, 0.35, 0.8]]))
    >>> areas.tolist(), covariance.round(3).tolist()
    ([0.75], [[0.125]])
    """
    positive, negative = scores[:, is_positive], scores[:, ~is_positive]
    n_positive, n_negative = positive.shape[1], negative.shape[1]
    together = rankdata(np.concatenate([positive, negative], axis=1), axis=1)
    # For each positive row the share of negative rows below it, and for each negative row that of positive rows above.
    above = (together[:, :n_positive] - rankdata(positive, axis=1)) / n_negative
    below = 1 - (together[:, n_positive:] - rankdata(negative, axis=1)) / n_positive
    covariance = np.cov(above).reshape(len(scores), -1) / n_positive + np.cov(below).reshape(len(scores), -1) / (
        n_negative
    )
    return above.mean(axis=1), covariance
