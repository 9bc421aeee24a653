"""DeLong's covariance by ranks is that of the original definition."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from automl.comparison.delong import delong
from automl.comparison.rows import row_test
from automl.evaluation.metrics import METRICS


def by_definition(is_positive: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return areas and covariance from all pairs of rows, as the paper of 1988 writes them."""
    kernels = []
    for score in scores:
        gap = score[is_positive][:, None] - score[~is_positive][None, :]
        kernels.append((gap > 0) + 0.5 * (gap == 0))
    kernel = np.array(kernels)  # (candidates, positive, negative)
    areas = kernel.mean(axis=(1, 2))
    of_positive, of_negative = kernel.mean(axis=2), kernel.mean(axis=1)
    m, n = kernel.shape[1:]
    s10 = (of_positive - areas[:, None]) @ (of_positive - areas[:, None]).T / (m - 1)
    s01 = (of_negative - areas[:, None]) @ (of_negative - areas[:, None]).T / (n - 1)
    return areas, s10 / m + s01 / n


@settings(deadline=None, max_examples=60)
@given(st.integers(2, 20), st.integers(2, 20), st.integers(1, 3), st.integers(0, 10_000))
def test_ranks_give_the_covariance_of_the_definition(m: int, n: int, candidates: int, seed: int) -> None:
    """For any scores, ties included, the fast algorithm is the definition."""
    rng = np.random.default_rng(seed)
    is_positive = rng.permutation(np.repeat([True, False], [m, n]))
    scores = rng.integers(0, 6, (candidates, m + n)) / 5
    areas, covariance = delong(is_positive, scores)
    expected_areas, expected = by_definition(is_positive, scores)
    assert areas == pytest.approx(expected_areas)
    assert covariance == pytest.approx(expected, abs=1e-12)


def test_areas_are_those_of_scikit_learn() -> None:
    """To 1e-12."""
    rng = np.random.default_rng(0)
    is_positive, scores = rng.random(500) < 0.3, rng.random((1, 500)).round(2)
    assert delong(is_positive, scores)[0][0] == pytest.approx(roc_auc_score(is_positive, scores[0]), abs=1e-12)


def test_by_hand() -> None:
    """Positive 3, 1 against negative 2, 0: the area is 3/4, and its variance (1/2)²/2/2 + (1/2)²/2/2."""
    areas, covariance = delong(np.array([True, True, False, False]), np.array([[3.0, 1.0, 2.0, 0.0]]))
    assert (areas[0], covariance[0, 0]) == (0.75, 0.125)


def test_the_variance_is_that_of_tables_drawn_anew() -> None:
    """The standard error that one table gives is the spread of the difference over many tables."""
    rng = np.random.default_rng(1)
    gains, errors = [], []
    for _ in range(400):
        y = np.repeat([0, 1], [120, 80])
        shared = y + rng.normal(0, 1, 200)
        a, b = shared + rng.normal(0, 0.8, 200), shared + rng.normal(0, 0.5, 200)
        areas, covariance = delong(y == 1, np.stack([a, b]))
        gains.append(areas[1] - areas[0])
        errors.append(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1])
    assert np.sqrt(np.mean(errors)) == pytest.approx(np.std(gains), rel=0.1)


def test_without_variance_the_bootstrap_answers() -> None:
    """A perfect area beside a constant one has no variance by DeLong; that is not taken for certainty."""
    y = np.array([0, 1] * 20)
    perfect, constant = np.column_stack([1 - y, y]).astype(float), np.full((40, 2), 0.5)
    assert row_test(y, constant, perfect, None, METRICS["roc_auc"]).name == "paired bootstrap"
