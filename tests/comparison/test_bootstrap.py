"""The paired bootstrap holds for any metric, with weights and with rows that belong together."""

from __future__ import annotations

import numpy as np
import pytest

from automl.comparison.bootstrap import bootstrap
from automl.comparison.rows import row_test
from automl.errors import DataError
from automl.evaluation.metrics import METRICS

RNG = np.random.default_rng(0)
Y = RNG.normal(0, 1, 400)
A, B = (Y + RNG.normal(0, 0.6, 400))[:, None], (Y + RNG.normal(0, 0.5, 400))[:, None]


def test_of_a_mean_it_is_the_paired_t_test() -> None:
    """For a mean of row losses, standard error and p-value are those of the paired z-test."""
    found = bootstrap(Y, A, B, None, METRICS["mae"])
    gains = np.abs(A[:, 0] - Y) - np.abs(B[:, 0] - Y)
    assert found.gain == pytest.approx(gains.mean())
    assert found.standard_error == pytest.approx(gains.std() / 20, rel=0.1)
    low, high = found.bounds(0.95)
    assert (high - low) / 2 == pytest.approx(1.96 * gains.std() / 20, rel=0.1)


def test_weights_count() -> None:
    """A row of weight 0 changes nothing, and whole weights are rows that stand there so often."""
    weight = np.repeat([1.0, 0.0], 200)
    whole = bootstrap(Y, A, B, weight, METRICS["rmse"])
    half = bootstrap(Y[:200], A[:200], B[:200], None, METRICS["rmse"])
    assert whole.gain == pytest.approx(half.gain)
    assert "with their weights" in whole.reason


def test_rows_that_belong_together_are_drawn_together() -> None:
    """Each row standing there ten times adds nothing: by groups the error stays, by rows it would shrink."""
    many = [np.repeat(each, 10, axis=0) for each in (Y, A, B)]
    once = bootstrap(Y, A, B, None, METRICS["mae"]).standard_error
    grouped = bootstrap(*many, None, METRICS["mae"], groups=np.repeat(np.arange(400), 10)).standard_error
    blind = bootstrap(*many, None, METRICS["mae"]).standard_error
    assert grouped == pytest.approx(once, rel=0.1)
    assert blind < 0.5 * once


def test_the_same_seed_draws_the_same() -> None:
    """And another seed does not."""
    one, again, other = (bootstrap(Y, A, B, None, METRICS["mae"], seed=seed).p for seed in (1, 1, 2))
    bounds = [bootstrap(Y, A, B, None, METRICS["mae"], seed=seed).bounds(0.9) for seed in (1, 2)]
    assert one == again
    assert bounds[0] != bounds[1]
    assert other == pytest.approx(one, abs=0.05)


def test_a_class_too_rare_to_be_drawn() -> None:
    """Draws without a score are left out; if most are, the table is too small."""
    y = np.array([0] * 99 + [1])
    p = np.column_stack([np.linspace(1, 0, 100), np.linspace(0, 1, 100)])
    drawn = bootstrap(y, p, p[::-1], None, METRICS["roc_auc"])
    assert np.isfinite(drawn.standard_error)
    with pytest.raises(DataError, match=r"roc_auc is not defined on most draws of these 100 rows.*Give more rows"):
        bootstrap(y, p, p, np.where(y, 1e-300, 0.0), METRICS["roc_auc"], groups=np.arange(100) // 60 + y)


@pytest.mark.parametrize(
    ("metric", "weight", "groups", "name"),
    [
        ("accuracy", None, None, "McNemar's test"),
        ("roc_auc", None, None, "DeLong's test"),
        ("log_loss", None, None, "paired bootstrap"),
        ("roc_auc", np.ones(300), None, "paired bootstrap"),
        ("accuracy", None, np.arange(300) // 3, "paired bootstrap"),
    ],
)
def test_the_test_follows_from_the_situation(metric: str, weight: object, groups: object, name: str) -> None:
    """McNemar for accuracy, DeLong for areas, the bootstrap for the rest, for weights and for groups."""
    rng = np.random.default_rng(0)
    y, (p, q) = rng.integers(0, 2, 300), rng.random((2, 300))
    a, b = (np.column_stack([1 - each, each]) for each in (p, q))
    assert row_test(y, a, b, weight, METRICS[metric], groups=groups).name == name
