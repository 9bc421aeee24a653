"""How many rows would tell: the textbook's formula, and it keeps its promise."""

from __future__ import annotations

import numpy as np

import automl
from automl.comparison.evidence import rows_needed


def test_formula() -> None:
    """N ((1.960 + 0.842) se / effect)²."""
    assert rows_needed(500, 0.02, 0.01) == 15698


def test_nothing_to_show() -> None:
    """Without an effect or without variance there is no number."""
    assert rows_needed(500, 0.02, 0.0) is None
    assert rows_needed(500, 0.0, 0.1) is None


def test_so_many_rows_find_it_so_often() -> None:
    """Tables of the size that one undecided table asked for are decided in about 80 of 100 cases."""
    rng = np.random.default_rng(5)

    def answers(n: int) -> automl.Comparison:
        y = rng.normal(0, 1, n)
        return automl.compare(y + rng.normal(0.0, 1.0, n), y + rng.normal(0.0, 0.9, n), target=y, metric="mse")

    first = answers(200)
    true_gain = 1.0 - 0.81
    needed = first.rows_needed(true_gain)
    assert needed is not None
    gains = rng.normal(0, 1.0, (300, needed)) ** 2 - rng.normal(0, 0.9, (300, needed)) ** 2
    z = gains.mean(axis=1) / (gains.std(axis=1) / np.sqrt(needed))
    assert 0.7 < (z > 1.96).mean() < 0.9
