"""Losses of candidates that have different folds, on one scale."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automl.evaluation.scale import fold_effects, on_one_scale, shared_folds, shift_of
from automl.values.candidate import Candidate
from automl.values.evaluation import Evaluation, FoldResult

LEVEL = st.floats(-1, 1)
HAD = st.sets(st.integers(0, 4)).map(lambda folds: folds | {0})


def having(number: int, level: float, hard: list[float], folds: set[int]) -> Evaluation:
    """Return a candidate that adds its level to what each of its folds adds."""
    results = tuple(FoldResult(fold, level + hard[fold]) for fold in sorted(folds))
    return Evaluation(number, Candidate.of("a", {}), results, "complete" if len(folds) == 5 else "partial")


@given(LEVEL, st.lists(st.tuples(LEVEL, HAD), max_size=12), st.lists(LEVEL, min_size=5, max_size=5))
def test_where_folds_add_the_same_to_all_scores_are_those_of_all_folds(
    whole: float, others: list[tuple[float, set[int]]], hard: list[float]
) -> None:
    """Whichever folds candidates have, each gets the loss that it would have on all, if one is complete."""
    levels = [whole, *(level for level, _ in others)]
    folds = [{0, 1, 2, 3, 4}, *(had for _, had in others)]
    made = [having(k, level, hard, had) for k, (level, had) in enumerate(zip(levels, folds, strict=True))]
    mean = sum(hard) / 5
    assert [each.loss for each in on_one_scale(made)] == [pytest.approx(level + mean, abs=1e-6) for level in levels]


def test_the_best_say_what_is_hard() -> None:
    """A fold that is hard for a poor candidate and easy for good ones is easy."""
    poor = having(0, 1.0, [0.0, 0.5, 0.0, 0.0, 0.0], {0, 1, 2, 3, 4})
    good = having(1, 0.0, [0.0, -0.5, 0.0, 0.0, 0.0], {0, 1})
    effects = fold_effects([poor, good])
    assert effects[1] - effects[0] == pytest.approx(-0.5, abs=0.2)
    assert set(effects) == {0, 1, 2, 3, 4}


def test_nothing_is_made_up_where_nothing_tells() -> None:
    """Candidates of one fold each stay as they are, and so do those that were given up or have no score."""
    single = [having(k, 0.1 * k, [0.3] * 5, {0}) for k in range(3)]
    assert fold_effects(single) == {}
    assert on_one_scale(single) == single
    assert shift_of([0], {}) == shift_of([7], {0: 1.0}) == 0.0
    failed = Evaluation(9, Candidate.of("a", {}), (), "failed", "no luck")
    assert on_one_scale([failed]) == [failed]


def test_shared_folds_are_those_that_all_have() -> None:
    """Ascending; none where nobody is asked about."""
    assert shared_folds([having(0, 0.0, [0.0] * 5, {0, 1, 3}), having(1, 0.0, [0.0] * 5, {0, 3, 4})]) == [0, 3]
    assert shared_folds([]) == []
