"""Contributions of columns add up to predictions, whoever predicts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lightgbm import LGBMClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression

from automl.errors import DataError
from automl.explain.contributions import contributions_of
from automl.explain.links import Link
from automl.explain.shapley import sampled_contributions

BOOSTER = LGBMClassifier(n_estimators=8, n_jobs=1, verbosity=-1)


def test_a_linear_model_is_told_exactly(subject_of: Any) -> None:
    """A column adds its coefficient times how far its value is from the background's mean."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"a": rng.normal(size=60), "b": rng.normal(size=60) * 5})
    frame["y"] = 3 * frame["a"] - 2 * frame["b"] + 1
    subject = subject_of(frame, "y", (LinearRegression(), "onehot", 1.0))
    background = frame[["a", "b"]].head(40)
    found = contributions_of(subject, frame[["a", "b"]].tail(5), lambda: background, 0)
    expected = (frame[["a", "b"]].tail(5) - background.mean()).to_numpy() * [3, -2]
    np.testing.assert_allclose(found.added[:, :, 0], expected, atol=1e-4)  # models take float32
    np.testing.assert_allclose(found.base[:, 0], 3 * background["a"].mean() - 2 * background["b"].mean() + 1, atol=1e-4)


@pytest.mark.parametrize("shares", [(1.0, 0.0), (0.0, 1.0), (0.3, 0.7)])
def test_they_sum_to_the_prediction(bought: pd.DataFrame, subject_of: Any, shares: tuple[float, float]) -> None:
    """Base and contributions of boosters, of other models and of both together are the pipeline's probabilities."""
    models = [(BOOSTER, "native", shares[0]), (LogisticRegression(), "onehot", shares[1])]
    subject = subject_of(bought, "bought", *(each for each in models if each[2]))
    rows = bought.drop(columns="bought")
    found = contributions_of(subject, rows.head(7), lambda: rows, 0)
    assert found.columns == ("x", "twin", "noise", "city", "sex")
    np.testing.assert_allclose(found.base + found.added.sum(axis=1), found.prediction, atol=1e-12)
    np.testing.assert_allclose(found.prediction, subject.pipeline.predict_proba(rows.head(7)), atol=1e-12)
    assert found.exact_share == shares[0]
    assert (found.error > 0).any() == (shares[1] > 0)


def test_encoded_columns_count_for_their_own(subject_of: Any) -> None:
    """0/1 columns, missing marks and date parts are counted for the column they were made from."""
    rng = np.random.default_rng(1)
    n = 200
    frame = pd.DataFrame(
        {
            "when": pd.Timestamp("2023-01-01") + pd.to_timedelta(rng.integers(0, 700, n), unit="D"),
            "city": rng.choice(["Oslo", "Bern", "Rome"], n),
            "gap": np.where(rng.random(n) < 0.3, np.nan, rng.normal(size=n)),
        }
    )
    frame["y"] = np.where((frame["city"] == "Oslo") ^ (rng.random(n) < 0.03), "yes", "no")
    rows = frame.drop(columns="y")
    models = [(LogisticRegression(max_iter=1000), "onehot", 1.0), (BOOSTER, "onehot", 1.0), (BOOSTER, "native", 1.0)]
    for model in models:
        found = contributions_of(subject_of(frame, "y", model), rows.head(3), lambda: rows, 0)
        assert found.columns == ("when", "city", "gap")
        assert np.abs(found.added[:, 1, 1]).min() > np.abs(found.added[:, [0, 2], 1]).max()
    subject = subject_of(frame, "y", *models)
    for member in subject.members:
        preparation, Z = member.preparation, subject.encode(rows)
        sources, before = preparation.sources_out(), preparation.transform(Z)
        for j in range(Z.shape[1]):
            changed = Z.copy()
            changed[:, j] = changed[::-1, j]
            moved = (preparation.transform(changed) != before).any(axis=0) & ~np.isnan(before).any(axis=0)
            assert set(np.flatnonzero(moved)) <= {k for k, made_from in enumerate(sources) if j in made_from}


def test_an_empty_background_is_refused(bought: pd.DataFrame, subject_of: Any) -> None:
    """There must be a row to come from."""
    subject = subject_of(bought, "bought", (LogisticRegression(), "onehot", 1.0))
    rows = bought.drop(columns="bought")
    with pytest.raises(DataError, match=r"The background has no row to compare with. Give at least one"):
        contributions_of(subject, rows.head(1), lambda: rows.head(0), 0)


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 5), st.integers(1, 8), st.integers(0, 1000))
def test_walks_add_up_and_idle_columns_get_nothing(n: int, n_background: int, seed: int) -> None:
    """For any function the parts sum to what it is worth beyond the background; a column that it ignores has none."""
    rng = np.random.default_rng(seed)
    a, b = rng.normal(size=(n, n)), rng.normal(size=n)
    a[0], a[:, 0], b[0] = 0, 0, 0  # it does not look at the first column

    def function(Z: Any) -> Any:
        return (np.sin(Z @ a).sum(axis=1) + Z @ b)[:, None]

    row, background = rng.normal(size=n), rng.normal(size=(n_background, n))
    base, added, error = sampled_contributions(function, row, background, [slice(j, j + 1) for j in range(n)], seed)
    assert added[0, 0] == pytest.approx(0, abs=1e-12)
    assert base[0] + added.sum() == pytest.approx(function(row[None])[0, 0])
    assert base[0] == pytest.approx(function(background).mean())
    assert np.isnan(error).all() == (n_background == 1)


def test_of_two_labels_the_link_keeps_proportions() -> None:
    """Contributions in probability are those in log-odds times one factor, and sum to the change exactly."""
    added = np.array([[[0.0, 1.5], [0.0, -4.0], [0.0, 0.25]]])
    parts = Link("log-odds").spread(np.array([0.0, 0.4]), added)
    factor = parts[0, :, 1] / added[0, :, 1]
    assert np.ptp(factor) < 1e-9
    before, after = 1 / (1 + np.exp(-0.4)), 1 / (1 + np.exp(-(0.4 - 2.25)))
    assert parts[0, :, 1].sum() == pytest.approx(after - before, abs=1e-14)
    np.testing.assert_allclose(parts[0, :, 0], -parts[0, :, 1])
