"""Tests of two candidates that were validated on the same folds.

Scores of folds are not independent: their training rows overlap. The plain paired t-test takes them for independent
and finds differences where there are none. Nadeau and Bengio, "Inference for the generalization error" (2003), widen
its variance by the ratio of validation to training rows. Corani and Benavoli, "A Bayesian approach for comparing
cross-validated algorithms on multiple data sets" (2015), and Benavoli et al., "Time for a change" (2017), read the same
quantity as a posterior: how likely is it that B is better, by more than what matters in practice.

Both ask whether the *way of training* B is better than that of A, on training rows drawn anew; tests on rows
(:mod:`automl.comparison.rows`) ask whether these very predictions are.
"""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import stats

from automl.comparison.evidence import PairedTest, in_deviations, student_bounds, two_sided

FloatArray = npt.NDArray[np.floating[Any]]


def corrected_scale(gains: FloatArray, ratio: float) -> float:
    """Return the standard error of a mean over folds, corrected for the overlap of their training rows.

    Parameters
    ----------
    gains
        One a fold, ``(n_folds,)``.
    ratio
        Validation rows over training rows of a fold: 1/4 for 5 folds.

    Examples
    --------
    >>> round(corrected_scale(np.array([0.01, 0.03, 0.02, 0.02, 0.02]), 0.25), 6)
    0.004743
    """
    return float(np.sqrt((1 / len(gains) + ratio) * np.var(gains, ddof=1)))


def corrected_t(gains: FloatArray, ratio: float) -> PairedTest:
    """Return the corrected resampled t-test of Nadeau and Bengio (2003)."""
    mean, scale, df = float(np.mean(gains)), corrected_scale(gains, ratio), len(gains) - 1
    return PairedTest(
        name="corrected resampled t-test",
        reason=(
            f"both were validated on the same {len(gains)} folds, whose training rows overlap, so their scores are "
            "paired but not independent"
        ),
        gain=mean,
        standard_error=scale,
        p=two_sided(mean, scale, df),
        effect_size=in_deviations(mean, float(np.std(gains, ddof=1))),
        n=len(gains),
        unit="folds",
        bounds=partial(student_bounds, mean, scale, df),
    )


def correlated_t(gains: FloatArray, ratio: float) -> PairedTest:
    """Return the Bayesian correlated t-test of Benavoli et al. (2017), which gives chances instead of a p-value."""
    mean, scale, df = float(np.mean(gains)), corrected_scale(gains, ratio), len(gains) - 1
    return PairedTest(
        name="Bayesian correlated t-test",
        reason="it says how likely each answer is",
        gain=mean,
        standard_error=scale,
        p=math.nan,
        effect_size=in_deviations(mean, float(np.std(gains, ddof=1))),
        n=len(gains),
        unit="folds",
        bounds=partial(student_bounds, mean, scale, df),
        chances=partial(posterior_chances, mean, scale, df),
    )


def posterior_chances(mean: float, scale: float, df: float, rope: float) -> tuple[float, float, float]:
    """Return the chances that A is better by more than ``rope``, that neither is, and that B is.

    Examples
    --------
    >>> [round(each, 3) for each in posterior_chances(0.02, 0.01, 4, 0.01)]
    [0.02, 0.167, 0.813]
    """
    if scale == 0:
        return (float(mean < -rope), float(abs(mean) <= rope), float(mean > rope))
    a = float(stats.t.cdf(-rope, df, mean, scale))
    b = float(stats.t.sf(rope, df, mean, scale))
    return a, max(0.0, 1 - a - b), b
