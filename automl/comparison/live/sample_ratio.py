"""Whether the arms got the shares of rows that they should: if not, something loses rows, and nothing else counts.

Looked at often, a chi-square test would sooner or later cry wolf. Lindon and Malek, "Anytime-valid inference for
multinomial count data" (2022), hold a Dirichlet prior of the shares against the intended ones; the Bayes factor is a
martingale if all is right, so it reaches ``1 / alpha`` at *any* time with a chance of at most ``alpha``.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import stats
from scipy.special import gammaln

ALPHA = 0.001
"""Chance of a false alarm over the whole life of a test."""
_CONCENTRATION = 1000.0  # of the prior: shares that are off by a point or two are looked for


def sample_ratio_p(counts: Sequence[int], shares: Sequence[float]) -> float:
    """Return a p-value that holds at any time.

    Examples
    --------
    >>> sample_ratio_p([5000, 5030], [0.5, 0.5]), sample_ratio_p([5000, 5600], [0.5, 0.5]) < 1e-5
    (1.0, True)
    """
    n, share = np.asarray(counts, dtype=float), np.asarray(shares, dtype=float)
    prior = _CONCENTRATION * share
    log_factor = (
        gammaln(prior.sum())
        - gammaln(prior.sum() + n.sum())
        + (gammaln(prior + n) - gammaln(prior)).sum()
        - (n * np.log(share)).sum()
    )
    return float(np.exp(-max(log_factor, 0.0)))


def chi_square_p(counts: Sequence[int], shares: Sequence[float]) -> float:
    """Return Pearson's p-value, which holds for one look only.

    Examples
    --------
    >>> round(chi_square_p([5000, 5200], [0.5, 0.5]), 3)
    0.048
    """
    n = np.asarray(counts, dtype=float)
    if not n.sum():
        return 1.0
    return float(stats.chisquare(n, np.asarray(shares) * n.sum()).pvalue)
