"""How the budget is laid out before anything is timed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from automl.data.thinning import KEEP_OF_LABEL, thin
from automl.errors import PlanError
from automl.search.cost import CostModel
from automl.search.planning import (
    LEAST_ROWS,
    Layout,
    fold_count,
    lay_out,
    regrouped,
    training_rows,
    workers_for,
)
from automl.values.algorithm import Algorithm, DataShape
from automl.values.candidate import Candidate
from automl.values.space import Int, SearchSpace

SHAPE = DataShape("binary", 1_000, 10)


@given(st.integers(10, 10**7), st.floats(1, 10**5), st.floats(0.01, 10**4), st.booleans())
def test_more_time_never_means_fewer_folds(n_rows, seconds, fit_seconds, by_first_fold):
    """The fold count grows with the budget, from a hold-out to what the rows ask for."""
    shape = DataShape("binary", n_rows, 10)
    order = {"holdout": 1}
    asked = (shape, seconds, fit_seconds, Layout(2, 1)), (shape, 2 * seconds, fit_seconds, Layout(2, 1))
    few, many = (fold_count(*each, by_first_fold=by_first_fold) for each in asked)
    assert order.get(few, few) <= order.get(many, many)


def test_without_a_time_budget_the_rows_decide():
    """Many folds on few rows, few on many."""
    counts = [fold_count(DataShape("binary", n, 5), None, 1.0, Layout(2, 1)) for n in (50, 500, 5_000, 50_000)]
    assert counts == [5, 8, 5, 3]


def test_where_the_first_fold_judges_most_folds_are_trained_for_few():
    """As many as leave a thousand rows to judge by, unless not even single fits of all rows are affordable."""
    counts = [
        fold_count(DataShape("binary", n, 5), 60, seconds, Layout(2, 1), by_first_fold=True)
        for n, seconds in ((4_000, 0.1), (5_000, 10.0), (20_000, 10.0), (200_000, 10.0), (200_000, 100.0))
    ]
    assert counts == [5, 5, 8, 8, "holdout"]


@given(st.integers(10, 10**7), st.floats(1, 10**5), st.floats(0.01, 10**5))
def test_a_sample_is_smaller_than_the_table_and_never_tiny(n_rows, seconds, fit_seconds):
    """All rows are used unless that is clearly too dear."""
    rows = training_rows(DataShape("binary", n_rows, 10), seconds, fit_seconds, Layout(2, 1))
    assert rows is None or LEAST_ROWS <= rows < n_rows


def test_large_tables_get_all_cores_for_one_fit():
    """Small fits run side by side with one thread each."""
    assert lay_out(SHAPE, 8) == Layout(8, 1)
    assert lay_out(DataShape("binary", 10**6, 50), 8) == Layout(1, 8)


@given(
    st.sampled_from([(1, 1), (2, 1), (1, 2), (4, 1), (2, 2), (1, 4), (16, 1), (4, 4), (1, 16)]),
    st.integers(1, 8),
    st.floats(0.001, 10**4),
    st.floats(1, 10**4),
    st.integers(1, 20),
)
def test_regrouping_keeps_the_cores_and_settles(layout, n_folds, fold_seconds, seconds, most):
    """All cores stay in use, no more fits side by side than memory takes, and a second look changes nothing."""
    found = regrouped(Layout(*layout), n_folds, fold_seconds, seconds, most)
    assert found.workers * found.threads == layout[0] * layout[1]
    assert found.workers <= most
    assert regrouped(found, n_folds, fold_seconds, seconds, most) == found


def test_short_fits_go_side_by_side_and_long_ones_share():
    """Many generations of candidates: one thread each; hardly two: all cores for a fit."""
    assert regrouped(Layout(1, 8), 5, 0.1, 60, 8) == Layout(8, 1)
    assert regrouped(Layout(8, 1), 5, 100.0, 60, 8) == Layout(1, 8)
    assert regrouped(Layout(8, 1), 5, 1.0, 60, 8) == Layout(8, 1)
    assert regrouped(Layout(1, 8), 5, 0.1, 60, 2) == Layout(2, 4)


def test_as_many_workers_as_the_memory_takes():
    """Each worker needs the libraries and some copies of the table; where none has room, it says how much is needed."""
    table = 200 * 10**6
    assert workers_for(table, 4 * 10**9) == 4
    assert workers_for(table, 700 * 10**6) == 1
    assert lay_out(SHAPE, 8, workers=3) == Layout(2, 4)
    with pytest.raises(PlanError) as refused:
        workers_for(table, 300 * 10**6)
    assert str(refused.value) == (
        "A memory limit of 300 MB is too small for this table: a worker needs 558 MB (158 MB for the libraries). "
        "Give a higher memory_limit, or fewer rows or columns."
    )


@given(st.integers(0, 1000), st.integers(200, 2000))
def test_thinning_keeps_rare_labels_and_touches_no_validation_row(seed, most):
    """Every row of a rare label stays; the others keep their shares roughly."""
    rng = np.random.default_rng(seed)
    y = rng.choice(3, 3_000, p=[0.7, 0.28, 0.02])
    train, valid = np.arange(2_500), np.arange(2_500, 3_000)
    ((thinned, same),) = thin(((train, valid),), y, most, is_classification=True, seed=0)
    assert (same == valid).all()
    assert set(thinned) <= set(train)
    assert len(thinned) <= most + 3 * KEEP_OF_LABEL
    kept, had = np.bincount(y[thinned], minlength=3), np.bincount(y[train], minlength=3)
    assert (kept >= np.minimum(had, KEEP_OF_LABEL)).all()


def test_thinning_a_regression_takes_a_plain_sample():
    """Exactly as many rows as asked for, without repetition."""
    ((thinned, _),) = thin(
        ((np.arange(500), np.array([], int)),), np.arange(500.0), 50, is_classification=False, seed=1
    )
    assert len(np.unique(thinned)) == 50


def algorithm(name, seconds):
    return Algorithm(
        name,
        lambda shape: SearchSpace(),
        lambda config, context: None,
        seconds=lambda shape: seconds,
        effort=lambda config: 5 / config["rate"],
    )


def costs(**seconds):
    algorithms = {name: algorithm(name, each) for name, each in seconds.items()}
    return CostModel(algorithms, {name: SearchSpace(Int("rate", 1, 9)) for name in algorithms}, SHAPE, 1)


def candidate(name, rate=5):
    return Candidate.of(name, {"rate": rate})


def test_declared_costs_are_corrected_by_what_was_timed():
    """A family's own timings decide; the others are scaled by how slow the machine was."""
    model = costs(a=1.0, b=2.0)
    assert model.fold_seconds(candidate("b")) == 2.0
    for _ in range(3):
        model.observe(candidate("a"), 4.0)
    assert model.fold_seconds(candidate("a")) == 4.0
    assert model.fold_seconds(candidate("b")) == 8.0
    assert model.is_known(candidate("a"))
    assert not model.is_known(candidate("b"))


def test_what_was_timed_with_more_threads_took_longer_alone():
    """A fold is predicted for the threads that it will have, whatever those were that it was timed with."""
    model = costs(a=1.0)
    model.observe(candidate("a"), 2.0, threads=4)
    assert model.fold_seconds(candidate("a")) == pytest.approx(5.6)
    model.threads = 2
    assert model.fold_seconds(candidate("a")) == pytest.approx(4.0)
    assert model.typical_seconds is None  # one family tells nothing


def test_a_config_that_trains_longer_is_predicted_to():
    """Timings of one config carry over to another by the effort that the family declares."""
    model = costs(a=1.0)
    assert model.fold_seconds(candidate("a", rate=1)) == 5.0
    model.observe(candidate("a", rate=1), 20.0)
    assert model.fold_seconds(candidate("a", rate=2)) == 10.0
