"""What families share that can do something about rare labels: one hyperparameter and what it needs.

``balance`` stands in a space only where it can win: for a metric that judges decided labels, on a table where one
label has many times the rows of another. Where probabilities or ranks are judged, rows that count more than they are
make every probability of a rare label too high and gained nothing on any table that it was measured on
(``benchmarks/enlarging.py``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from importlib.util import find_spec
from typing import cast

from automl.values.algorithm import Balance, DataShape, Needs
from automl.values.space import Categorical, Config, Value

IMBALANCED = 3.0
"""Rows of the most frequent label for each row of the rarest, from which a table counts as imbalanced."""
MOST_ROWS = 50_000
"""Beyond this many rows none are made: finding their neighbours takes time with the square of the rare rows."""


def balancing(shape: DataShape) -> tuple[Categorical, ...]:
    """Return the hyperparameter ``balance`` where it can win, else nothing.

    Synthetic rows are a choice where imbalanced-learn is installed.
    """
    if shape.imbalance < IMBALANCED or not shape.judges_labels:
        return ()
    can_oversample = find_spec("imblearn") is not None and shape.n_rows <= MOST_ROWS
    return (Categorical("balance", ("none", "weights", "oversample") if can_oversample else ("none", "weights")),)


def balance_needs(needs: Needs, config: Config) -> Needs:
    """Return the needs of a config: rows are made from rows without missing numbers."""
    how = cast(Balance, config.get("balance", "none"))
    return replace(needs, balance=how, missing=needs.missing and how != "oversample")


def without_balance(config: Config) -> Mapping[str, Value]:
    """Return the hyperparameters that are the model's own."""
    return {name: value for name, value in config.items() if name != "balance"}
