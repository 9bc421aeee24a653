"""A blend averages aligned predictions and gives the original labels back."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator
from sklearn.linear_model import LogisticRegression, Ridge, RidgeClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import LinearSVC

from automl.errors import AutoMLWarning, DataError
from automl.features.preparation import Preparation
from automl.pipeline.blend import BlendedClassifier, BlendedRegressor, Member, predict_matrix
from automl.values.task import Task

RNG = np.random.default_rng(0)
Z = RNG.normal(size=(150, 3))
Z[:, 0] += np.arange(150) % 3
LABELS = np.arange(150) % 3


def preparation(**settings: Any) -> Preparation:
    """Return an unfitted preparation of three numbers."""
    return Preparation(levels=(0, 0, 0), **settings)


class Labelling(BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """A model that only tells labels."""

    def fit(self, X: Any, y: Any) -> Labelling:
        """Remember the labels."""
        self.classes_ = np.unique(y)
        return self

    def predict(self, X: Any) -> Any:
        """Return the first label."""
        return np.full(len(X), self.classes_[0])


@pytest.mark.parametrize(
    "model", [LogisticRegression(), GaussianNB(), LinearSVC(), RidgeClassifier(), Labelling()], ids=lambda m: str(m)
)
@pytest.mark.parametrize("known", [(0, 1, 2), (0, 2), (1, 2)])
def test_models_are_aligned_to_all_classes(model: Any, known: tuple[int, ...]) -> None:
    """Columns are the task's classes also for a model that saw fewer; without probabilities, scores are turned."""
    rows = np.isin(LABELS, known)
    found = predict_matrix(model.fit(Z[rows], LABELS[rows]), Z, "multiclass", 3)
    assert found.shape == (150, 3)
    np.testing.assert_allclose(found.sum(axis=1), 1.0, rtol=1e-6)
    absent = sorted(set(range(3)) - set(known))
    assert not found[:, absent].any()


def test_what_is_not_finite_is_left_for_the_caller() -> None:
    """A regression becomes one column; NaN goes through."""

    class Broken:
        def predict(self, X: Any) -> Any:
            return np.full((len(X), 1), np.nan)

    assert np.isnan(predict_matrix(Broken(), Z, "regression", 0)).all()
    assert predict_matrix(Broken(), Z, "regression", 0).shape == (150, 1)


@pytest.mark.parametrize(
    "labels",
    [["a", "b", "c"], [10, 20, 30], [1.5, 2.5, 3.5], [np.int8(1), np.int8(2), np.int8(3)]],
    ids=["text", "int", "float", "int8"],
)
def test_labels_come_back_as_they_were(labels: list[Any]) -> None:
    """Predictions have the dtype and values of the training labels, fitted either way."""
    y = pd.Series([labels[k] for k in LABELS]).to_numpy()
    blend = BlendedClassifier([Member(preparation(), LogisticRegression())]).fit(Z, y)
    assert blend.predict(Z).dtype == y.dtype
    assert set(blend.predict(Z)) <= set(labels)
    fitted = Member(blend.members_[0].preparation, blend.members_[0].model, 1.0)
    kept = BlendedClassifier.from_fitted([fitted], Task("multiclass", "y", tuple(labels)))
    np.testing.assert_array_equal(kept.predict(Z), blend.predict(Z))
    assert kept.predict(Z).dtype == y.dtype


def test_truths_come_back_as_truths() -> None:
    """Boolean labels are predicted as booleans."""
    y = LABELS == 1
    assert BlendedClassifier([Member(preparation(), GaussianNB())]).fit(Z, y).predict(Z).dtype == bool


def test_average_is_weighted_and_sums_to_one() -> None:
    """Weights are shares, whatever their sum."""
    members = [
        Member(preparation(), GaussianNB(), 6.0),
        Member(preparation(scaling="standard"), LogisticRegression(), 2.0),
    ]
    blend = BlendedClassifier(members).fit(Z, LABELS)
    parts = [predict_matrix(m.model, m.preparation.transform(Z), "multiclass", 3) for m in blend.members_]
    np.testing.assert_allclose(blend.predict_proba(Z), 0.75 * parts[0] + 0.25 * parts[1], atol=1e-6)
    np.testing.assert_allclose(blend.predict_proba(Z).sum(axis=1), 1.0)


def test_regression_is_averaged() -> None:
    """Predictions of regressors are averaged into one value a row."""
    y = Z @ [1.0, 2.0, 3.0]
    members = [Member(preparation(), Ridge(alpha), 1.0) for alpha in (0.1, 100.0)]
    blend = BlendedRegressor(members).fit(Z, y)
    expected = np.mean([m.model.predict(m.preparation.transform(Z)) for m in blend.members_], axis=0)
    np.testing.assert_allclose(blend.predict(Z), expected)
    assert blend.predict(Z).shape == (150,)
    assert blend.score(Z, y) > 0.9


def test_equal_preparations_are_done_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Members whose preparations learned the same share one, in memory and in prediction."""
    prepared = [preparation(scaling="standard").fit(Z) for _ in range(3)] + [preparation().fit(Z)]
    members = [Member(each, GaussianNB().fit(each.transform(Z), LABELS)) for each in prepared]
    blend = BlendedClassifier.from_fitted(members, Task("multiclass", "y", (0, 1, 2)))
    assert len({id(member.preparation) for member in blend.members_}) == 2
    calls: list[int] = []
    transform = Preparation.transform
    monkeypatch.setattr(Preparation, "transform", lambda self, Z: (calls.append(1), transform(self, Z))[1])
    blend.predict_proba(Z)
    assert len(calls) == 2


def test_long_tables_are_predicted_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cutting rows into chunks changes nothing; no rows give no predictions."""
    blend = BlendedClassifier([Member(preparation(), LogisticRegression())]).fit(Z, LABELS)
    whole = blend.predict_proba(Z)
    monkeypatch.setattr("automl.pipeline.blend.CHUNK", 40)
    np.testing.assert_allclose(blend.predict_proba(Z), whole)
    assert blend.predict_proba(Z[:0]).shape == (0, 3)
    assert blend.predict(Z[:0]).shape == (0,)


def test_classes_can_be_given() -> None:
    """Named classes set the order of columns; a class without rows has a column of zeros, an unknown one is refused."""
    blend = BlendedClassifier([Member(preparation(), GaussianNB())], classes=["c", "b", "a"])
    proba = blend.fit(Z, np.where(LABELS == 1, "b", "a")).predict_proba(Z)
    assert not proba[:, 0].any()
    with pytest.raises(DataError, match="The label 'd' is not among the classes"):
        blend.fit(Z, np.where(LABELS == 1, "d", "a"))


def test_weights_reach_models_that_take_them() -> None:
    """Sample weights are passed on; a model that takes none is fitted without, with a warning."""
    heavy = np.where(LABELS == 0, 50.0, 1.0)
    plain = BlendedClassifier([Member(preparation(), GaussianNB())])
    before, after = plain.fit(Z, LABELS).predict_proba(Z), plain.fit(Z, LABELS, sample_weight=heavy).predict_proba(Z)
    assert after[:, 0].mean() > before[:, 0].mean()
    with pytest.warns(AutoMLWarning, match="KNeighborsClassifier takes no sample weights"):
        BlendedClassifier([Member(preparation(), KNeighborsClassifier())]).fit(Z, LABELS, sample_weight=heavy)


def test_bad_targets_are_refused() -> None:
    """Missing labels, a table as a target, and a blend of nothing get one clear sentence."""
    blend = BlendedClassifier([Member(preparation(), GaussianNB())])
    with pytest.raises(DataError, match="1 target values are missing"):
        blend.fit(Z, np.array([None, *["a", "b"] * 74, "a"], dtype=object))
    with pytest.raises(DataError, match=r"The target has the shape \(150, 3\)"):
        blend.fit(Z, Z)
    with pytest.raises(DataError, match="needs members"):
        BlendedRegressor.from_fitted([], Task("regression", "y"))
