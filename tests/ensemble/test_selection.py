"""Greedy ensemble selection."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from automl.ensemble.selection import candidate_cap, select_ensemble
from automl.values.metric import Metric

RMSE = Metric("rmse", lambda y, p, w: float(np.average((p[:, 0] - y) ** 2, weights=w) ** 0.5), False, ("regression",))


def loss(y, predictions, weights):
    return RMSE.loss(y, np.tensordot(weights, predictions, axes=1))


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 6), st.integers(5, 40))
def test_an_ensemble_is_never_worse_than_its_best_member_on_its_own_rows(seed, n_models, n_rows):
    """The first round already takes the best model, and later rounds only replace it by something better."""
    rng = np.random.default_rng(seed)
    y, predictions = rng.normal(size=n_rows), rng.normal(size=(n_models, n_rows, 1))
    weights = select_ensemble(RMSE, y, predictions)
    assert weights.sum() == pytest.approx(1)
    assert (weights >= 0).all()
    best = min(RMSE.loss(y, each) for each in predictions)
    assert loss(y, predictions, weights) <= best + 1e-5  # losses are rounded to six digits


def test_errors_that_cancel_out_are_combined():
    """Two models that err in opposite directions get half each."""
    y = np.arange(10.0)
    weights = select_ensemble(RMSE, y, np.stack([y + 1, y - 1, y + 5])[:, :, None])
    assert weights.tolist() == [0.5, 0.5, 0.0]


def test_of_two_equal_models_one_is_taken():
    """A tie goes to a model that is in already, so that no useless member is added."""
    y = np.arange(10.0)
    weights = select_ensemble(RMSE, y, np.stack([y + 1, y + 1])[:, :, None])
    assert weights.tolist() == [1.0, 0.0]


def test_a_model_without_a_finite_loss_is_never_taken():
    """NaN predictions lose against everything."""
    y = np.arange(4.0)
    weights = select_ensemble(RMSE, y, np.stack([np.full(4, np.nan), y + 1])[:, :, None])
    assert weights.tolist() == [0.0, 1.0]


def test_a_deadline_ends_the_selection_with_what_it_has():
    """The first round always runs; no second one after the deadline."""
    y = np.arange(10.0)
    weights = select_ensemble(RMSE, y, np.stack([y + 1, y - 1])[:, :, None], may_go_on=lambda: False)
    assert weights.tolist() == [1.0, 0.0]


def test_sample_weights_decide():
    """A model that is right where the weight lies wins."""
    y = np.zeros(4)
    left, right = np.array([0, 0, 9, 9.0]), np.array([9, 9, 0, 0.0])
    weights = select_ensemble(RMSE, y, np.stack([left, right])[:, :, None], np.array([1, 1, 0.001, 0.001]), rounds=1)
    assert weights.tolist() == [1.0, 0.0]


def test_few_rows_admit_few_candidates():
    """The cap grows with the rows and never falls below four."""
    caps = [candidate_cap(n) for n in (10, 100, 500, 2_500, 10_000, 100_000, 10**7)]
    assert caps == [4, 4, 8, 15, 40, 100, 100]


def test_members_may_be_limited():
    """Who may not join is never a member, however much it would help."""
    y = np.array([0.0, 1.0, 2.0, 3.0])
    predictions = np.stack([y - 1, y + 1, y + 1.2])[:, :, None]
    rmse = Metric("rmse", lambda y, p, w: float(((p[:, 0] - y) ** 2).mean() ** 0.5), False)
    assert select_ensemble(rmse, y, predictions).tolist() == [0.5, 0.5, 0.0]
    without = select_ensemble(rmse, y, predictions, may_join=lambda members: 1 not in members)
    assert without[1] == 0
    assert without[2] > 0


def test_what_nobody_could_reproduce_chooses_no_model():
    """Losses are rounded to six digits: a newcomer that is better by less gives way to a model that is in already."""
    y = np.arange(10.0)
    first, newcomer = y + 1, y + 1 - 1e-9
    assert select_ensemble(RMSE, y, np.stack([first, newcomer])[:, :, None]).tolist() == [1.0, 0.0]


def test_the_weights_are_those_of_the_best_round():
    """Rounds after the best one are taken back: an even number of two opposites is best, whatever the last one was."""
    y = np.arange(10.0)
    opposites = np.stack([y + 1, y - 1])[:, :, None]
    for rounds in (2, 3, 5, 25):
        assert select_ensemble(RMSE, y, opposites, rounds=rounds).tolist() == [0.5, 0.5]
