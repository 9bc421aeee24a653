"""Tests on folds are the published formulas."""

from __future__ import annotations

import math
from statistics import mean, variance

import numpy as np
import pytest
from scipy import stats

from automl.comparison.folds import corrected_t, correlated_t, posterior_chances

GAINS = [0.010, 0.030, -0.005, 0.020, 0.015, 0.025, 0.000, 0.012, 0.018, 0.005]  # ten folds, by hand


def test_corrected_t_is_nadeau_and_bengio() -> None:
    """The variance of the mean is (1/k + n_test/n_train) times that of the folds; k - 1 degrees of freedom."""
    found = corrected_t(np.array(GAINS), 1 / 9)
    t = mean(GAINS) / math.sqrt((1 / 10 + 1 / 9) * variance(GAINS))
    assert t == pytest.approx(2.5852, abs=1e-4)  # 0.013 / sqrt(0.21111 * 0.00011978)
    assert found.gain == pytest.approx(0.013)
    assert found.p == pytest.approx(2 * stats.t.sf(t, 9))
    assert found.effect_size == pytest.approx(mean(GAINS) / math.sqrt(variance(GAINS)))


def test_interval_and_p_value_agree() -> None:
    """The interval at 1 - p ends at 0."""
    found = corrected_t(np.array(GAINS), 1 / 9)
    assert found.bounds(1 - found.p)[0] == pytest.approx(0, abs=1e-12)


def test_correction_is_wider_than_the_plain_paired_t() -> None:
    """What the plain test takes for a finding, the corrected one may not."""
    plain = stats.ttest_1samp(GAINS, 0).pvalue
    assert corrected_t(np.array(GAINS), 1 / 9).p > 5 * plain
    assert corrected_t(np.array(GAINS), 0.0).p == pytest.approx(plain)


def test_bayesian_posterior_is_that_of_the_correlated_t_test() -> None:
    """With rho = 1/k the posterior is a Student t of scale sqrt((1/k + rho/(1 - rho)) s²) (Benavoli et al.)."""
    rho, rope = 1 / 10, 0.01
    scale = math.sqrt((1 / 10 + rho / (1 - rho)) * variance(GAINS))
    posterior = stats.t(9, mean(GAINS), scale)
    chances = correlated_t(np.array(GAINS), 1 / 9).chances
    assert chances is not None
    expected = (posterior.cdf(-rope), posterior.cdf(rope) - posterior.cdf(-rope), posterior.sf(rope))
    assert chances(rope) == pytest.approx(expected)


def test_without_a_region_b_better_is_one_minus_half_of_p() -> None:
    """The Bayesian and the corrected test read the same distribution."""
    found, bayes = corrected_t(np.array(GAINS), 1 / 9), correlated_t(np.array(GAINS), 1 / 9)
    assert bayes.chances is not None
    assert bayes.chances(0.0)[2] == pytest.approx(1 - found.p / 2)


@pytest.mark.parametrize(("gain", "expected"), [(-0.1, (1, 0, 0)), (0.0, (0, 1, 0)), (0.1, (0, 0, 1))])
def test_folds_that_do_not_vary_are_certain(gain: float, expected: tuple[float, ...]) -> None:
    """A posterior without width lies in one place."""
    assert posterior_chances(gain, 0.0, 4, 0.01) == expected


@pytest.mark.slow
def test_corrected_t_keeps_its_level_on_real_folds() -> None:
    """Two equally good ways of training are told apart in about 5 % of tables or fewer; plain t-tests do much worse."""
    rng = np.random.default_rng(0)
    corrected = plain = 0
    for _ in range(400):  # A uses one noisy feature, B another that is as good, 5 folds twice
        y = rng.integers(0, 2, 200)
        X = y[:, None] + rng.normal(0, 1.5, (200, 2))
        gains = []
        for _ in range(2):
            for valid in np.array_split(rng.permutation(200), 5):
                train = np.setdiff1d(np.arange(200), valid)
                cut = [(X[train][y[train] == 1].mean(0) + X[train][y[train] == 0].mean(0)) / 2]
                right = ((X[valid] > cut) == y[valid, None]).mean(0)
                gains.append(right[1] - right[0])
        corrected += corrected_t(np.array(gains), 0.25).p < 0.05
        plain += stats.ttest_1samp(gains, 0).pvalue < 0.05
    assert corrected <= 400 * 0.05 + 3 * math.sqrt(400 * 0.05 * 0.95)
    assert plain > 2 * corrected
