"""Folds for what is learned from out-of-fold predictions."""

from __future__ import annotations

import numpy as np
import pytest

from automl.assess.crossing import crossed, finely_crossed
from automl.assess.judged import Judged
from automl.values.task import Task


def judged(n: int) -> Judged:
    """Return ``n`` rows of four folds."""
    rng = np.random.default_rng(0)
    return Judged(Task("regression", "y"), rng.normal(size=n), rng.normal(size=(n, 1)), fold=np.arange(n) % 4)


@pytest.mark.parametrize(("n", "parts"), [(7, 7), (200, 20), (5_001, 4)])
def test_few_rows_are_judged_by_nearly_all_others(n: int, parts: int) -> None:
    """Each row is judged once, of few rows a twentieth at a time; of many the folds of the search are taken."""
    masks = list(finely_crossed(judged(n)))
    assert len(masks) == parts
    assert (np.sum([apply for _, apply in masks], axis=0) == 1).all()
    assert all((learn ^ apply).all() for learn, apply in masks)


def test_folds_of_the_search_stay_whole() -> None:
    """Rows of one fold, which may be of one group, are never on both sides."""
    rows = judged(200)
    for learn, apply in crossed(rows):
        assert not set(rows.fold[learn]) & set(rows.fold[apply])  # type: ignore[index]
