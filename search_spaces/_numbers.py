"""How numbers are given to a family that sees straight lines: as they are, or with slopes that change at quantiles.

One hyperparameter, ``numbers``, for every family that it was measured to help (``benchmarks/features.py``).
"""

from __future__ import annotations

from typing import cast

from automl.values.algorithm import DataShape, Numbers
from automl.values.space import Categorical, Config
from search_spaces._features import FEWEST_ROWS

MOST_BENT = 100
"""Columns beyond which numbers get no slopes: there is enough to learn already."""


def slopes(shape: DataShape) -> tuple[Categorical, ...]:
    """Return the choice, where there are rows to learn bends from and not too many columns; else nothing."""
    if shape.n_rows < FEWEST_ROWS or shape.n_columns > MOST_BENT:
        return ()
    return (Categorical("numbers", ("plain", "slopes")),)


def numbers_of(config: Config) -> Numbers:
    """Return what a configuration says; where there was no choice, plain numbers.

    Examples
    --------
    >>> numbers_of({"numbers": "slopes"}), numbers_of({})
    ('slopes', 'plain')
    """
    return cast(Numbers, config.get("numbers", "plain"))
