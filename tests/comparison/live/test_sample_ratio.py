"""The check of the arms' shares may be looked at any time and finds what is off."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import gammaln

from automl.comparison.live.sample_ratio import ALPHA, chi_square_p, sample_ratio_p


def test_bayes_factor_by_hand() -> None:
    """For even shares it is the beta-binomial against the binomial."""
    a, b = 6000, 5400
    log_beta = gammaln([500 + a, 500 + b]).sum() - gammaln(1000 + a + b) - 2 * gammaln(500) + gammaln(1000)
    assert sample_ratio_p([a, b], [0.5, 0.5]) == pytest.approx(math.exp(-(log_beta - (a + b) * math.log(0.5))))


def test_hardly_ever_a_false_alarm() -> None:
    """Of 300 tests that are looked at 40 times none says that even arms are off; many do by chi-square at 5 %."""
    rng = np.random.default_rng(0)
    first = rng.binomial(250, 0.5, (300, 40)).cumsum(axis=1)
    n = 250 * np.arange(1, 41)
    alarms = [
        min(sample_ratio_p([k, m - k], [0.5, 0.5]) for k, m in zip(row, n.tolist(), strict=True))
        for row in first.tolist()
    ]
    assert sum(p < ALPHA for p in alarms) <= 2  # 0.3 are expected at most
    usual = np.abs(first - n / 2) / np.sqrt(n / 4) > 1.96
    assert usual.any(axis=1).mean() > 0.2


def test_what_is_off_is_found() -> None:
    """A twentieth of one arm's rows lost shows within 40,000."""
    assert sample_ratio_p([20_000, 19_000], [0.5, 0.5]) < ALPHA
    assert sample_ratio_p([20_000, 19_900], [0.5, 0.5]) == 1


def test_nothing_yet() -> None:
    """Without rows there is no mismatch."""
    assert (sample_ratio_p([0, 0], [0.5, 0.5]), chi_square_p([0, 0], [0.5, 0.5])) == (1, 1)
