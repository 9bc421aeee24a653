"""Target means, scaling, 0/1 columns and date parts do what their names say."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.preprocessing import QuantileTransformer, StandardScaler

from automl.features.dates import DateParts
from automl.features.onehot import MISSING, RARE, switches
from automl.features.scaling import Scaler
from automl.features.target_means import N_FOLDS, fold_of_rows, target_means


def test_cross_fitted_means_equal_the_slow_way() -> None:
    """A training row's mean is the shrunken mean over the rows of the other folds."""
    rng = np.random.default_rng(0)
    codes, y = rng.integers(0, 6, 200), rng.normal(size=200)
    y += codes
    folds = fold_of_rows(200, 3)
    encoded, table = target_means(codes, 7, y[:, None], None, folds)
    pull = (table[0, 0] * (codes == 0).sum() - y[codes == 0].sum()) / (y.mean() - table[0, 0])
    for fold in range(N_FOLDS):
        rest = folds != fold
        for code in range(6):
            here = rest & (codes == code)
            slow = (y[here].sum() + pull * y[rest].mean()) / (here.sum() + pull)
            np.testing.assert_allclose(encoded[(folds == fold) & (codes == code), 0], slow, rtol=1e-6)
    assert table[6, 0] == pytest.approx(y.mean())


def test_a_column_that_says_nothing_is_pulled_to_the_mean() -> None:
    """On noise, level means stay near the overall mean; on signal, they go to the levels' own."""
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 50, 1000)
    noise, signal = rng.normal(size=1000), codes.astype(float)
    _, of_noise = target_means(codes, 50, noise[:, None], None, fold_of_rows(1000, 0))
    _, of_signal = target_means(codes, 50, signal[:, None], None, fold_of_rows(1000, 0))
    own = np.array([noise[codes == code].mean() for code in range(50)])
    assert np.abs(of_noise - noise.mean()).max() < 0.5 * np.abs(own - noise.mean()).max()
    assert np.abs(of_signal[:, 0] - np.arange(50)).max() < 2.0


@settings(max_examples=50, deadline=None)
@given(n_rows=st.integers(1, 30), seed=st.integers(0, 10))
def test_means_are_finite_and_within_the_target(n_rows: int, seed: int) -> None:
    """However few rows there are, means lie between the least and the greatest target."""
    rng = np.random.default_rng(seed)
    codes, y = rng.integers(0, 4, n_rows), rng.random(n_rows)
    encoded, table = target_means(codes, 5, y[:, None], None, fold_of_rows(n_rows, seed))
    for means in (encoded, table):
        assert (means >= y.min() - 1e-9).all()
        assert (means <= y.max() + 1e-9).all()


def test_standard_scaling_is_scikit_learns() -> None:
    """Mean 0 and deviation 1, NaN kept, as StandardScaler does."""
    block = np.random.default_rng(0).gamma(2, 3, (100, 3)).astype(np.float32)
    block[3, 1] = np.nan
    expected = StandardScaler().fit_transform(block.astype(np.float64))
    np.testing.assert_allclose(Scaler("standard").fit(block).apply(block.copy()), expected, atol=1e-5)


def test_quantile_scaling_is_scikit_learns() -> None:
    """Distinct values go to a normal distribution by rank, as with QuantileTransformer."""
    block = np.random.default_rng(0).exponential(size=(400, 2)).astype(np.float32)
    theirs = QuantileTransformer(n_quantiles=400, output_distribution="normal").fit_transform(block)
    np.testing.assert_allclose(Scaler("quantile").fit(block).apply(block.copy()), theirs, atol=1e-4)


def test_a_value_that_many_rows_share_gets_the_middle_of_their_ranks() -> None:
    """Unlike scikit-learn's, the most common value of a column is not sent to the edge for being its least."""
    block = np.array([0.0] * 60 + list(range(1, 41)), dtype=np.float32)[:, None]
    out = Scaler("quantile").fit(block).apply(block.copy()).ravel()
    assert -0.7 < out[0] < -0.4  # rank .3
    assert out[-1] > 5


@given(values=hnp.arrays(np.float32, 20, elements=st.floats(-(2.0**99), 2.0**99, width=32)))
def test_robust_scaling_keeps_order_and_bounds(values: Any) -> None:
    """Squashing never leaves [-3, 3] and never swaps two values."""
    block = values[:, None]
    out = Scaler("robust").fit(block).apply(block.copy()).ravel()
    assert (np.abs(out) <= 3.0).all()
    assert (np.diff(out[np.argsort(values)]) >= 0).all()


@given(
    count=hnp.arrays(np.int64, st.integers(1, 40), elements=st.integers(0, 30)),
    least=st.integers(2, 10),
    most=st.integers(1, 20),
)
def test_switches_are_consistent(count: Any, least: int, most: int) -> None:
    """Columns are numbered from 0 without a gap, at most ``most`` levels have their own, rare ones share one."""
    found = switches(count, least, most)
    assert set(found.column[found.column >= 0]) <= set(range(len(found.meaning)))
    own = [level for level in found.meaning if level not in (RARE, MISSING)]
    assert len(own) <= most
    for column, level in enumerate(found.meaning):
        if level not in (RARE, MISSING):
            assert found.column[level] == column
            assert count[level] >= least


def test_dates_of_one_day_have_hours_and_no_year() -> None:
    """Only what varies in training becomes a column; a missing date is NaN in all of them."""
    hours = np.array(["2024-05-01T08:00", "2024-05-01T17:30", "NaT"], dtype="datetime64[ns]")
    parts = DateParts().fit(hours)
    assert parts.parts_ == ["elapsed days", "hour", "minute"]
    out = parts.transform(hours)
    np.testing.assert_allclose(out[1], [9.5 / 24, 17, 30])
    assert np.isnan(out[2]).all()


def test_dates_before_1970_count_right() -> None:
    """Parts are those of the calendar on either side of the epoch."""
    dates = np.array(["1912-04-15", "1969-12-31T23:59", "2024-02-29"], dtype="datetime64[ns]")
    parts = DateParts().fit(dates)
    told = [dict(zip(parts.parts_, row, strict=True)) for row in parts.transform(dates).tolist()]
    assert (told[0]["year"], told[0]["month"], told[0]["day"], told[0]["weekday"]) == (1912, 4, 15, 0)
    assert (told[1]["hour"], told[1]["minute"], told[1]["weekday"]) == (23, 59, 2)
    assert told[2]["day of year"] == 60


def test_no_date_at_all_still_gives_a_column() -> None:
    """A column of missing dates is one column of NaN."""
    nothing = np.array(["NaT", "NaT"], dtype="datetime64[ns]")
    assert np.isnan(DateParts().fit(nothing).transform(nothing)).tolist() == [[True], [True]]
