"""Rare labels are weighed up or joined by synthetic rows, and validation rows stay what they are."""

import sys
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from automl.errors import MissingDependency, PlanError
from automl.evaluation.balancing import balanced
from automl.evaluation.fold import evaluate_fold
from automl.evaluation.metrics import get_metric
from automl.evaluation.problem import Problem, imbalance_of
from automl.registry import algorithms
from automl.values.algorithm import Algorithm, DataShape, Fitted, Needs, Rows
from automl.values.candidate import Candidate
from automl.values.space import Categorical, SearchSpace
from automl.values.task import Task
from search_spaces import _balancing

FAMILIES = {
    "lightgbm",
    "xgboost",
    "catboost",
    "hist_gradient_boosting",
    "extra_trees",
    "random_forest",
    "linear",
    "mlp",
}


def rows(n_rare=12, n_frequent=60, seed=0):
    """Return rows of a number, a column of codes and a switch."""
    rng = np.random.default_rng(seed)
    n = n_rare + n_frequent
    X = np.column_stack([rng.normal(size=n), rng.integers(0, 5, n), rng.integers(0, 2, n)]).astype(np.float32)
    y = np.repeat([0, 1], [n_frequent, n_rare])
    return Rows(X, y)


@given(st.lists(st.integers(0, 3), min_size=1, max_size=60), st.booleans())
def test_weights_make_every_label_count_the_same(labels, is_weighted):
    """Each label's weights sum to the same, all weights together stay what they were, the rows are the same."""
    y = np.array(labels)
    own = np.linspace(0.5, 2.0, len(y)) if is_weighted else None
    before = Rows(np.zeros((len(y), 1)), y, own)
    after, _ = balanced(before, None, "weights", (), 0)
    sums = np.array([after.weight[y == label].sum() for label in np.unique(y)])
    assert np.allclose(sums, sums[0])
    assert np.isclose(after.weight.sum(), len(y) if own is None else own.sum())
    assert after.X is before.X


def test_synthetic_rows_follow_the_rows_that_are_there():
    """Rare labels are brought to the most frequent one; the rows that were there come first and are the same."""
    before = rows()
    after, _ = balanced(before, None, "oversample", [1], 0)
    assert np.bincount(after.y).tolist() == [60, 60]
    assert np.array_equal(after.X[:72], before.X)
    made, rare = after.X[72:], before.X[before.y == 1]
    assert rare[:, 0].min() <= made[:, 0].min() <= made[:, 0].max() <= rare[:, 0].max()
    assert set(made[:, 1]) <= set(rare[:, 1])
    assert set(made[:, 2]) <= {0.0, 1.0}


def test_a_unit_does_not_decide_who_is_a_neighbour():
    """A column in other units gives the same synthetic rows in those units."""
    before = rows()
    X = np.column_stack([before.X[:, 0], before.X[:, 0] ** 2 + before.X[:, 1]]).astype(np.float64)
    plain, _ = balanced(Rows(X, before.y), None, "oversample", [], 0)
    scaled, _ = balanced(Rows(X * [1.0, 1024.0], before.y), None, "oversample", [], 0)
    assert np.allclose(scaled.X, plain.X * [1.0, 1024.0])


def test_unknown_codes_stay_unknown():
    """A code that is NaN may be NaN in a synthetic row, and never becomes a code that no row has."""
    before = rows()
    X = before.X.copy()
    X[before.y == 1, 1] = np.nan
    after, _ = balanced(replace(before, X=X), None, "oversample", [1], 0)
    assert np.isnan(after.X[72:, 1]).all()


def test_only_codes_and_switches():
    """A table without numbers can be joined by rows too."""
    before = rows()
    after, _ = balanced(replace(before, X=before.X[:, 1:]), None, "oversample", [0], 0)
    assert np.bincount(after.y).tolist() == [60, 60]


def test_a_label_of_one_row_gets_no_neighbours():
    """Nothing lies between a row and no other: such a label stays as it is."""
    after, _ = balanced(rows(n_rare=1), None, "oversample", [1], 0)
    assert np.bincount(after.y).tolist() == [60, 1]


def test_many_labels_do_not_multiply_the_table():
    """No label is brought beyond twice its even share."""
    y = np.repeat(np.arange(11), [500, *[50] * 10])
    before = Rows(np.random.default_rng(0).normal(size=(1000, 2)), y)
    after, _ = balanced(before, None, "oversample", [], 0)
    assert np.bincount(after.y).tolist() == [500, *[181] * 10]


def test_synthetic_rows_weigh_what_their_label_weighs():
    """Where rows have weights, a synthetic row gets its label's mean."""
    before = replace(rows(), weight=np.repeat([1.0, 3.0], [60, 12]))
    after, _ = balanced(before, None, "oversample", [1], 0)
    assert after.weight[72:].tolist() == [3.0] * 48


@pytest.mark.parametrize("how", ["weights", "oversample"])
def test_rows_to_watch_change_in_weight_alone(how):
    """Validation rows get the weights of the loss that is trained, and stay the same rows."""
    before, valid = rows(), rows(6, 20, seed=1)
    _, watched = balanced(before, valid, how, [1], 0)
    assert watched.X is valid.X
    assert watched.y is valid.y
    assert np.isclose(watched.weight[valid.y == 1][0] / watched.weight[valid.y == 0][0], 5.0)


def test_absent_library_is_named(monkeypatch):
    """Without imbalanced-learn the error names the extra."""
    monkeypatch.setitem(sys.modules, "imblearn.over_sampling", None)
    with pytest.raises(MissingDependency, match=r"needs imbalanced-learn; install the extra 'imbalance'\."):
        balanced(rows(), None, "oversample", [1], 0)


def test_rows_with_missing_numbers_have_no_neighbours():
    """A declaration can't ask for synthetic rows and for missing numbers."""
    with pytest.raises(PlanError, match="rows are made from known numbers only"):
        Needs(balance="oversample", missing=True)


SEEN: list[tuple[Rows, Rows | None]] = []


class Idle:
    """A model that learns nothing."""

    def fit(self, X, y):
        return self

    def predict_proba(self, X):
        return np.full((len(X), 2), 0.5)


def _remember(model, train, valid, seconds):
    SEEN.append((train, valid))
    return Fitted(model)


@pytest.mark.parametrize("how", ["none", "weights", "oversample"])
def test_what_a_fold_validates_is_never_added_to(tmp_path, how):
    """The validation part holds its own rows and no other, whatever is done to the training rows; so does its score."""
    SEEN.clear()
    before = rows()
    spy = Algorithm(
        "spy",
        lambda shape: SearchSpace(),
        lambda config, context: Idle(),
        Needs(categories="native", balance=how),
        fit=_remember,
    )
    task = Task("binary", "y", ("no", "yes"))
    scored = []
    metric = replace(get_metric("log_loss", task), function=lambda y, p, w: scored.append((y, w)) or 0.0)
    parts = np.arange(72) % 3
    (tmp_path / "cache").mkdir()
    problem = Problem(
        Z=before.X,
        y=before.y,
        weight=None,
        n_levels=(0, 5, 0),
        splits=tuple((np.flatnonzero(parts != k), np.flatnonzero(parts == k)) for k in range(3)),
        task=task,
        metric=metric,
        further=(),
        algorithms={"spy": spy},
        folder=tmp_path,
        cache=tmp_path / "cache",
        seed=0,
    )
    for fold, (trained, held_out) in enumerate(problem.splits):
        evaluate_fold(problem, 0, Candidate.of("spy", {}), fold, 1, None)
        train, valid = SEEN[-1]
        # Preparation puts numbers before codes; the columns are those of the fold, in that order.
        assert valid.X.shape == (len(held_out), 3)
        assert np.array_equal(np.sort(valid.X[:, 0]), np.sort(before.X[held_out, 0]))
        assert np.array_equal(valid.y, before.y[held_out])
        assert not np.isin(train.X[:, 0], before.X[held_out, 0]).any()
        assert len(train.y) == (80 if how == "oversample" else len(trained))
        assert np.array_equal(scored[-1][0], before.y[held_out])
        assert scored[-1][1] is None


def shape(imbalance=20.0, judges_labels=True, n_rows=1_000):
    return DataShape("binary", n_rows, 5, 2, 2, imbalance=imbalance, judges_labels=judges_labels)


def offered(where):
    """Return the families that offer to balance a table of this shape."""
    spaces = {name: one.space(where) for name, one in algorithms("binary").items()}
    return {name for name, space in spaces.items() if "balance" in {each.name for each in space}}


def test_balance_is_searched_where_it_can_win():
    """The choice stands in the spaces of imbalanced tables judged by labels, and nowhere else."""
    assert offered(shape()) == FAMILIES
    assert not offered(shape(imbalance=1.5))
    assert not offered(shape(judges_labels=False))
    assert all(algorithms()[name].space(shape()).default()["balance"] == "none" for name in FAMILIES)


def test_without_the_library_the_choice_is_left_out(monkeypatch):
    """Where imbalanced-learn is absent, or rows are many, weights are left to choose."""
    one = _balancing.balancing(shape())[0]
    assert isinstance(one, Categorical)
    assert one.choices == ("none", "weights", "oversample")
    assert _balancing.balancing(shape(n_rows=1_000_000))[0].choices == ("none", "weights")
    monkeypatch.setattr(_balancing, "find_spec", lambda name: None)
    assert _balancing.balancing(shape())[0].choices == ("none", "weights")


@pytest.mark.parametrize("name", sorted(FAMILIES))
def test_needs_follow_the_choice(name):
    """A config that asks for synthetic rows has its numbers filled, and its model is built without the choice."""
    one = algorithms()[name]
    config = one.space(shape()).complete({"balance": "oversample"})
    assert one.needs_for(config).balance == "oversample"
    assert not one.needs_for(config).missing
    assert one.needs_for({**config, "balance": "weights"}).balance == "weights"


def test_imbalance_counts_labels_that_are_there():
    """A label without rows is not the rarest."""
    assert imbalance_of(np.array([0, 0, 2]), Task("multiclass", "y", ("a", "b", "c"))) == 2.0
    assert imbalance_of(np.array([0.5, 2.0]), Task("regression", "y", ())) == 1.0
