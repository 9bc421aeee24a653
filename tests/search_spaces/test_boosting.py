"""The rules that the boosting families share."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from automl.values.algorithm import Rows
from search_spaces import _boosting
from search_spaces._boosting import Deadline, Watch, longest_patience, loss_for, patience, with_every_label


@given(n_rows=st.integers(1, 10**8), best_round=st.integers(0, 10_000))
def test_patience_grows_with_rounds_and_stays_within_its_limit(n_rows, best_round):
    """Patience grows with the useful rounds and never exceeds max(20, 300 min(1, 10,000 / rows))."""
    limit = max(20, round(300 * min(1.0, 10_000 / n_rows)))
    assert longest_patience(n_rows) == limit
    assert 20 <= patience(n_rows, best_round) <= patience(n_rows, best_round + 1) <= limit


def test_a_watch_stops_after_its_patience_and_remembers_the_best_round():
    """Without an improvement the watch stops, and the best round is the one of the lowest loss."""
    watch = Watch(n_rows=1_000, seconds=None, learning_rate=0.05)
    losses = [1.0, 0.5, 0.3, *[0.4] * 1_000]
    stopped = next(number for number, loss in enumerate(losses) if watch.should_stop(number, loss))
    assert watch.best_round == 2
    assert stopped == 2 + patience(1_000, 2)


def test_improvements_too_small_to_matter_do_not_count():
    """A loss that falls by a millionth of its start each round, as on separable classes, ends the training."""
    watch = Watch(n_rows=1_000, seconds=None, learning_rate=0.05)
    assert any(watch.should_stop(number, 1.0 - 1e-7 * number) for number in range(200))


def test_few_rows_are_not_boosted_for_ever():
    """A loss that goes on falling ends the training after so many rounds as the rows and the learning rate allow."""
    watch = Watch(n_rows=100, seconds=None, learning_rate=0.1)
    assert next(number for number in range(10_000) if watch.should_stop(number, 0.99**number)) == 549


def test_a_watch_without_losses_runs_to_the_end():
    """Without validation rows every round is the best so far and nothing stops but the clock."""
    watch = Watch(n_rows=100_000, seconds=None, learning_rate=0.05)
    assert not any(watch.should_stop(number, None) for number in range(1_000))
    assert watch.best_round == 999


def test_a_deadline_leaves_room_for_another_round(monkeypatch):
    """A round that would end after the deadline, going by the longest of late, is not begun."""
    now = [0.0]
    monkeypatch.setattr(_boosting.time, "monotonic", lambda: now[0])
    deadline = Deadline(10.0)
    answers = []
    for now[0] in (3.0, 6.0, 9.0):
        answers.append(deadline.is_over())
    assert answers == [False, False, True]
    assert not Deadline(None).is_over()
    assert Deadline(None).left == float("inf")


@pytest.mark.parametrize(
    ("metric", "loss"),
    [
        ("rmse", "squared"),
        ("r2", "squared"),
        ("mae", "absolute"),
        ("d2", "absolute"),
        ("pinball", "absolute"),
        ("pinball_0.9", "quantile"),
        ("d2_pinball_0.1", "quantile"),
        ("gamma_deviance", "gamma"),
    ],
)
def test_the_loss_follows_the_metric(metric, loss):
    """A regressor is trained on the loss whose estimate the metric asks for."""
    assert loss_for(metric) == loss


def test_labels_that_a_fold_lacks_get_a_row_of_no_weight():
    """Labels are without gaps afterwards, the added rows weigh nothing, and nothing is copied without need."""
    train = Rows(np.array([[1.0], [2.0]]), np.array([0, 3]))
    valid = Rows(np.array([[3.0]]), np.array([4]))
    whole = with_every_label(train, valid)
    assert sorted(whole.y) == [0, 1, 2, 3, 4]
    assert whole.weight.tolist() == [1, 1, 0, 0, 0]
    assert np.isfinite(whole.X).all()
    complete = Rows(np.array([[1.0], [2.0]]), np.array([0, 1]))
    assert with_every_label(complete, None) is complete


def test_a_round_without_a_split_is_no_tree():
    """LightGBM keeps the trees up to the best round, also where rounds before it split nothing and added none.

    So the model that is kept has the lowest validation loss of all its beginnings and of all that was trained.
    """
    from automl.registry import algorithms
    from automl.values.algorithm import BuildContext

    rng = np.random.default_rng(0)
    X = rng.normal(size=(260, 3)).astype(np.float32)
    y = X[:, 0] + 0.5 * rng.normal(size=260)
    train, valid = Rows(X[:160], y[:160], None), Rows(X[160:], y[160:], None)
    family = algorithms()["lightgbm"]
    config = {"learning_rate": 0.1, "extra_trees": True, "min_data_in_leaf": 64, "num_leaves": 4}

    def fitted(rounds):
        context = BuildContext("regression", 0, 0, 1, 160, 3, rounds=rounds, metric="rmse")
        return family.fit(family.build(config, context), train, valid, None)

    first = fitted(None)
    booster = first.model.booster_
    assert booster.num_trees() < first.rounds  # some rounds split nothing
    losses = [
        ((booster.predict(valid.X, num_iteration=n) - valid.y) ** 2).mean() for n in range(1, booster.num_trees())
    ]
    assert ((booster.predict(valid.X) - valid.y) ** 2).mean() < min(losses)
    assert np.array_equal(fitted(first.rounds).model.predict(valid.X), first.model.predict(valid.X))


@pytest.mark.parametrize("name", ["extra_trees", "random_forest"])
def test_trees_of_a_forest_are_its_rounds(name):
    """A forest that the clock cut off counts its trees, and the first trees of a larger one are the same."""
    from automl.registry import algorithms
    from automl.values.algorithm import BuildContext

    rng = np.random.default_rng(0)
    X = rng.normal(size=(120, 3)).astype(np.float32)
    rows = Rows(X, X[:, 0] + rng.normal(size=120), None)
    family = algorithms()[name]

    def fitted(rounds):
        context = BuildContext("regression", 0, 0, 1, 120, 3, rounds=rounds, metric="rmse")
        return family.fit(family.build({}, context), rows, None, None)

    few, many = fitted(7), fitted(None)
    assert (few.rounds, many.rounds) == (7, 100)
    firsts = np.mean([tree.predict(X) for tree in many.model.estimators_[:7]], axis=0)
    assert few.model.predict(X) == pytest.approx(firsts)
