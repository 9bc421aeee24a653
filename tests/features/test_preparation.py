"""Preparation gives each model what its declaration asks for, and never looks ahead."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.base import clone

from automl.errors import DataError
from automl.features.preparation import Preparation
from automl.values.algorithm import Needs
from automl.values.task import Task

NAN = float("nan")
LEVELS = (0, 0, 3, 150)
BINARY = Task("binary", "y", ("no", "yes"))
ALL_NEEDS = [
    Needs(categories, missing, scaling, native_levels)
    for categories, native_levels in (("native", 100), ("native", 1000), ("ordinal", 0), ("onehot", 0), ("target", 0))
    for missing in (False, True)
    for scaling in ("none", "standard", "robust", "quantile", "clipped", "power")
]
ALL_NEEDS += [
    Needs(categories, missing, "quantile", numbers=numbers)
    for categories in ("native", "onehot")
    for missing in (False, True)
    for numbers in ("bins", "slopes")
]


def encoded(n_rows: int = 300, seed: int = 0) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Return an encoded table with two numbers, a small and a large category, and binary labels."""
    rng = np.random.default_rng(seed)
    Z = np.column_stack(
        [
            rng.normal(size=n_rows),
            rng.exponential(size=n_rows),
            rng.integers(0, 3, n_rows),
            rng.integers(0, 150, n_rows),
        ]
    ).astype(np.float32)
    Z[rng.random(Z.shape) < 0.1] = NAN
    return Z, rng.integers(0, 2, n_rows)


def prepared_by(**settings_: Any) -> Preparation:
    """Return an unfitted preparation of the columns of ``encoded``."""
    return Preparation(levels=LEVELS, **settings_)


@pytest.mark.parametrize("needs", ALL_NEEDS, ids=str)
def test_every_need_gives_a_dense_float32_matrix(needs: Needs) -> None:
    """Output is float32, C-contiguous, as wide as announced and named, and finite unless the model takes NaN."""
    Z, y = encoded()
    preparation = Preparation.from_needs(needs, LEVELS, BINARY, seed=0)
    train, new = preparation.fit_transform(Z, y), preparation.transform(Z[:7])
    for X in (train, new):
        assert X.dtype == np.float32
        assert X.flags.c_contiguous
        assert X.shape[1] == preparation.n_features_out_ == len(preparation.names_out(list("abcd")))
        assert needs.missing or np.isfinite(np.delete(X, preparation.categorical_, axis=1)).all()
        assert not np.isinf(X).any()


@pytest.mark.parametrize("needs", ALL_NEEDS, ids=str)
def test_rows_are_prepared_one_by_one_as_together(needs: Needs) -> None:
    """What a row becomes does not depend on the rows beside it."""
    Z, y = encoded(120)
    preparation = Preparation.from_needs(needs, LEVELS, BINARY, seed=0).fit(Z, y)
    single = np.concatenate([preparation.transform(row[None]) for row in Z])
    np.testing.assert_array_equal(single, preparation.transform(Z))


@settings(max_examples=60, deadline=None)
@given(
    Z=hnp.arrays(
        np.float32,
        (9, 4),
        elements=st.one_of(st.just(NAN), st.floats(-(2.0**99), 2.0**99, width=32), st.integers(-3, 400)),
    ),
    needs=st.sampled_from(ALL_NEEDS),
)
def test_unseen_codes_and_wild_numbers_never_crash(Z: np.ndarray[Any, Any], needs: Needs) -> None:
    """Any float, code or NaN at prediction time gives a row without infinity."""
    train, y = encoded(60)
    preparation = Preparation.from_needs(needs, LEVELS, BINARY, seed=0).fit(train, y)
    out = preparation.transform(Z)
    assert not np.isinf(out).any()
    assert needs.missing or not np.isnan(np.delete(out, preparation.categorical_, axis=1)).any()


@settings(max_examples=60, deadline=None)
@given(
    Z=hnp.arrays(
        np.float64,
        st.tuples(st.integers(1, 8), st.just(4)),
        elements=st.one_of(st.just(NAN), st.integers(0, 2), st.floats(-1e30, 1e30)),
    ),
    needs=st.sampled_from(ALL_NEEDS),
)
def test_any_few_rows_can_be_learned_from(Z: np.ndarray[Any, Any], needs: Needs) -> None:
    """One row, constant columns and columns without any value can be fitted on."""
    y = np.arange(len(Z)) % 2
    preparation = Preparation.from_needs(needs, LEVELS, BINARY, seed=0)
    out = preparation.fit_transform(Z, y)
    assert out.shape == (len(Z), preparation.n_features_out_)
    assert not np.isinf(out).any()


def test_native_codes_stay_and_unknown_ones_are_missing() -> None:
    """Codes go through as they are; one that the fold doesn't have becomes NaN."""
    Z = np.array([[0.0], [2.0], [NAN], [2.0]])
    preparation = Preparation(categories="native", missing=True, levels=(4,)).fit(Z)
    assert preparation.categorical_ == [0]
    out = preparation.transform([[0.0], [1.0], [2.0], [9.0], [NAN]]).ravel()
    np.testing.assert_array_equal(out, [0, NAN, 2, NAN, NAN])


def test_native_columns_of_many_levels_become_means_and_frequency() -> None:
    """Beyond ``native_levels`` a column is given as target mean and log frequency, not as a code."""
    Z, y = encoded()
    preparation = prepared_by(categories="native", missing=True, native_levels=100).fit(Z, y)
    assert preparation.names_out(list("abcd")) == ["a", "b", "d mean", "d frequency", "c"]
    assert preparation.categorical_ == [4]
    wide = prepared_by(categories="native", missing=True, native_levels=1000).fit(Z, y)
    assert wide.names_out(list("abcd")) == ["a", "b", "c", "d"]
    assert wide.categorical_ == [2, 3]


def test_missing_numbers_get_the_median_and_one_indicator() -> None:
    """Columns that are missing together share an indicator; a column complete in training has none."""
    Z = np.array([[1.0, 10, 0], [NAN, NAN, 1], [3.0, 30, 2], [5.0, 50, 3]])
    preparation = Preparation(levels=(0, 0, 0)).fit(Z)
    assert preparation.names_out(list("abc")) == ["a", "b", "c", "a missing"]
    assert preparation.transform([[NAN, 7, NAN]]).tolist() == [[3, 7, 1.5, 1]]


def test_rare_levels_share_a_column() -> None:
    """A level with one row has no column of its own; unseen levels count as rare."""
    codes = np.array([0] * 5 + [1] * 4 + [2, 3])[:, None].astype(float)
    preparation = Preparation(levels=(6,)).fit(codes)
    assert preparation.names_out(["c"], {0: list("uvwxyz")}) == ["c=u", "c=v", "c=rare"]
    out = preparation.transform([[0.0], [2.0], [5.0], [NAN]])
    assert out.tolist() == [[1, 0, 0], [0, 0, 1], [0, 0, 1], [0, 0, 0]]


def test_ordinal_codes_without_missing_have_a_place_for_the_unknown() -> None:
    """Where the model takes no NaN, an unknown code is -1."""
    preparation = Preparation(categories="ordinal", levels=(3,)).fit([[0.0], [1.0], [2.0]])
    assert preparation.transform([[2.0], [NAN], [7.0]]).ravel().tolist() == [2, -1, -1]


def test_training_rows_do_not_see_their_own_target() -> None:
    """Target means of training rows are cross-fitted: on noise they don't correlate with the target."""
    rng = np.random.default_rng(1)
    Z, y = rng.integers(0, 800, (2000, 1)).astype(float), rng.integers(0, 2, 2000)
    preparation = Preparation(categories="target", levels=(800,))
    cross_fitted = preparation.fit_transform(Z, y)[:, 0]
    own = preparation.transform(Z)[:, 0]
    assert abs(np.corrcoef(cross_fitted, y)[0, 1]) < 0.1
    assert np.corrcoef(own, y)[0, 1] > 0.3


@pytest.mark.parametrize(("n_classes", "names"), [(3, 3), (11, 0)])
def test_means_for_few_classes_only(n_classes: int, names: int) -> None:
    """A share for each class up to ten classes; beyond, the code and its frequency."""
    rng = np.random.default_rng(0)
    Z, y = rng.integers(0, 300, (500, 1)).astype(float), np.arange(500) % n_classes
    preparation = Preparation(categories="onehot", levels=(300,), kind="multiclass", n_classes=n_classes).fit(Z, y)
    told = preparation.names_out(["c"])
    assert sum("share" in name for name in told) == names
    assert told[-1] == "c frequency"


@pytest.mark.parametrize("scaling", ["standard", "robust", "quantile"])
def test_constant_columns_go_where_columns_are_scaled(scaling: Any) -> None:
    """A column without variation in the fold is left out of scaled output and kept for trees."""
    Z = np.array([[1.0, 5.0, 0], [2.0, 5.0, 0], [4.0, 5.0, 0]])
    assert Preparation(levels=(0, 0, 2), scaling=scaling).fit(Z).names_out(list("abc")) == ["a"]
    assert Preparation(levels=(0, 0, 2), categories="ordinal").fit(Z).names_out(list("abc")) == ["a", "b", "c"]


def test_large_integers_stay_apart() -> None:
    """Numbers beyond float32's exact integers are shifted, so that neighbours stay different."""
    Z = np.array([[1_600_000_000.0], [1_600_000_001.0], [1_600_000_002.0]])
    out = Preparation(levels=(0,), missing=True).fit_transform(Z)
    assert out.ravel().tolist() == [0, 1, 2]


def test_weights_count() -> None:
    """A row of weight w counts in a target mean like w rows."""
    Z, y = np.array([[0.0], [0.0], [1.0], [1.0]] * 20), np.array([0, 1, 0, 1] * 20)
    heavy = np.where(y == 1, 9.0, 1.0)
    preparation = Preparation(categories="target", levels=(2,)).fit(Z, y, sample_weight=heavy)
    assert preparation.transform([[0.0]])[0, 0] == pytest.approx(0.9, abs=0.01)


def test_variant_names_what_matters() -> None:
    """Settings that make no difference share a variant, and so a cached fold; others don't."""
    numbers = {
        Preparation(categories=c, levels=[0, 0], native_levels=n).variant for c in ("native", "onehot") for n in (1, 9)
    }
    assert len(numbers) == 1
    several = {
        Preparation(categories="native", levels=[0, 5], native_levels=n, seed=s).variant for n in (1, 9) for s in (0, 1)
    }
    assert len(several) == 4
    assert Preparation(levels=(0, 5)).variant == Preparation(levels=[0, 5]).variant


def test_token_tells_what_was_learned() -> None:
    """The token is the same for the same rows, another one for other rows."""
    Z, y = encoded()
    tokens = [prepared_by(scaling="standard").fit(Z[:n], y[:n]).token_ for n in (300, 300, 200)]
    assert tokens[0] == tokens[1] != tokens[2]


def test_the_rows_given_are_not_changed() -> None:
    """Neither fitting nor transforming writes into its input, which may be read-only."""
    Z, y = encoded()
    Z.setflags(write=False)
    for needs in ALL_NEEDS:
        Preparation.from_needs(needs, LEVELS, BINARY, 0).fit(Z, y).transform(Z)


def test_a_clone_is_unfitted_and_equal() -> None:
    """``clone`` keeps the settings and drops what was learned."""
    Z, y = encoded()
    fitted = prepared_by(scaling="robust").fit(Z, y)
    again = clone(fitted)
    assert not again.__sklearn_is_fitted__()
    assert again.fit(Z, y).token_ == fitted.token_


def test_wrong_width_says_so() -> None:
    """Rows of another width, no rows, or an absent target are refused in one sentence."""
    with pytest.raises(DataError, match=r"have the shape \(2, 3\); this preparation is for 4 columns"):
        prepared_by().fit(np.zeros((2, 3)))
    with pytest.raises(DataError, match="There are no rows to learn from"):
        prepared_by().fit(np.zeros((0, 4)))
    with pytest.raises(DataError, match="Target means need the target"):
        prepared_by(categories="target").fit(encoded()[0])


def test_a_power_takes_the_skew_out_whatever_the_unit() -> None:
    """Amounts that spread over orders of magnitude become symmetric, and the same in pounds as in pence."""
    amounts = np.exp(np.random.default_rng(0).normal(0, 2, 500))[:, None]
    pounds, pence = (Preparation(scaling="power", levels=(0,)).fit_transform(unit * amounts) for unit in (1, 100))
    assert abs(float(np.mean(pounds**3))) < 0.5 < float(np.mean(((amounts - amounts.mean()) / amounts.std()) ** 3)) / 10
    assert abs(float(pounds.mean())) < 1e-5
    np.testing.assert_allclose(pounds, pence, atol=1e-3)


def test_bins_stand_for_the_numbers_they_cut() -> None:
    """Bins hold about as many rows each, take the number's place, and leave out who has no number."""
    Z = np.column_stack([np.arange(80.0), np.arange(80) % 2])
    Z[3, 0] = NAN
    preparation = Preparation(numbers="bins", levels=(0, 0))
    X = preparation.fit_transform(Z)
    names = preparation.names_out(["age", "flag"])
    assert names[0] == "flag"
    assert names[1].startswith("age from -inf to ")
    assert len(names) == 9
    assert X[:, 1:].sum(axis=0).tolist() == [10, 10, 10, 9, 10, 10, 10, 10]
    assert X[3, 1:].sum() == 0
    assert preparation.sources_out() == [(1,), *[(0,)] * 8]
    assert preparation.transform([[1e9, 0.0], [-1e9, 0.0]])[:, [1, 8]].tolist() == [[0, 1], [1, 0]]


def test_slopes_stand_beside_their_number_and_let_a_line_bend() -> None:
    """Each bin tells how far through it the value is; a sum of them is any piecewise line through the edges."""
    Z = np.linspace(-3, 3, 200)[:, None]
    preparation = Preparation(scaling="standard", numbers="slopes", levels=(0,))
    X = preparation.fit_transform(Z)
    assert X.shape == (200, 9)
    assert (np.diff(X[:, 1:], axis=0) >= 0).all()
    weights, *_ = np.linalg.lstsq(np.c_[X, np.ones(200)], np.abs(Z[:, 0]), rcond=None)
    assert np.abs(np.c_[X, np.ones(200)] @ weights - np.abs(Z[:, 0])).max() < 1e-3


def test_many_numbers_get_fewer_bins() -> None:
    """The bins of a wide table stay bounded together."""
    Z = np.random.default_rng(0).normal(size=(60, 200))
    assert Preparation(numbers="slopes", levels=(0,) * 200).fit(Z).n_features_out_ == 200 + 4 * 200
