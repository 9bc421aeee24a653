"""The scikit-learn face keeps scikit-learn's contract."""

import inspect
import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.datasets import load_diabetes, load_iris
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import Pipeline
from sklearn.utils.estimator_checks import parametrize_with_checks

import automl
from automl.estimator import AutoMLClassifier, AutoMLRegressor

FAST = {"n_trials": 2, "time_budget": None, "engine": "inprocess", "algorithms": ["linear"]}
EXPECTED_FAILURES = {
    "check_sample_weight_equivalence_on_dense_data": (
        "a weight of 2 is not the same as the row twice: rows are dealt to folds by their number"
    ),
}


@parametrize_with_checks([AutoMLClassifier(**FAST)], expected_failed_checks=lambda estimator: EXPECTED_FAILURES)
@pytest.mark.filterwarnings("ignore")
def test_scikit_learn_s_own_checks(estimator, check):
    """The face is an estimator in scikit-learn's sense, but for what is listed with its reason."""
    check(estimator)


@parametrize_with_checks([AutoMLRegressor(**FAST)], expected_failed_checks=lambda estimator: EXPECTED_FAILURES)
@pytest.mark.thorough
@pytest.mark.filterwarnings("ignore")
def test_scikit_learn_s_own_checks_of_the_regressor(estimator, check):
    """The other face is one as well."""
    check(estimator)


def test_at_most_five_checks_are_expected_to_fail():
    """The list of exceptions stays short."""
    assert len(EXPECTED_FAILURES) <= 5


@pytest.fixture(scope="module")
def iris_model():
    """A classifier fitted on iris as a frame with text labels."""
    frame = load_iris(as_frame=True)
    labels = frame.target.map(dict(enumerate(frame.target_names)))
    return AutoMLClassifier(**FAST).fit(frame.data, labels), frame.data, labels


def test_labels_come_back_as_they_were(iris_model):
    """Text labels are predicted as text, probabilities stand in the order of ``classes_``."""
    model, X, y = iris_model
    assert model.classes_.tolist() == ["setosa", "versicolor", "virginica"]
    assert model.score(X, y) > 0.9
    proba = model.predict_proba(X)
    assert (model.classes_[proba.argmax(axis=1)] == model.predict(X)).all()


def test_what_is_kept_is_a_pipeline_and_a_leaderboard(iris_model):
    """Without ``out`` nothing stays on disk, and what prediction needs stays in memory."""
    model, _, _ = iris_model
    assert isinstance(model.pipeline_, Pipeline)
    assert model.folder_ is None
    assert model.leaderboard_["rank"].iloc[0] == 1


def test_a_fitted_estimator_can_be_pickled_and_cloned(iris_model):
    """A copy predicts the same; a clone is unfitted and has the same parameters."""
    model, X, _ = iris_model
    again = pickle.loads(pickle.dumps(model))
    assert (again.predict_proba(X) == model.predict_proba(X)).all()
    assert clone(model).get_params() == model.get_params()
    assert not hasattr(clone(model), "pipeline_")


def test_it_can_be_cross_validated():
    """A search is an estimator: scikit-learn's own cross-validation runs it."""
    X, y = load_diabetes(return_X_y=True)
    assert np.mean(cross_val_score(AutoMLRegressor(**FAST), X, y, cv=3)) > 0.35


def test_categories_and_missing_values_are_welcome():
    """A frame of mixed columns needs no preparation."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {"size": rng.normal(size=60), "colour": rng.choice(["red", "blue"], 60), "empty": [None, 1.0] * 30}
    )
    y = np.where((frame["colour"] == "red") ^ (rng.random(60) < 0.2), "yes", "no")
    model = AutoMLClassifier(**FAST).fit(frame, y)
    assert set(model.predict(frame)) <= {"yes", "no"}


def test_one_class_is_refused():
    """One sentence names the only class."""
    with pytest.raises(ValueError, match="only one class is present: 'a'"):
        AutoMLClassifier(**FAST).fit(np.zeros((5, 2)), ["a"] * 5)


def test_it_has_the_words_of_fit():
    """Every parameter of ``fit`` is one here, but for what scikit-learn says otherwise."""
    said_otherwise = {"data", "target", "task", "query", "groups", "sample_weight"}
    assert set(inspect.signature(automl.api.fit).parameters) - said_otherwise == set(AutoMLClassifier().get_params())


@pytest.mark.parametrize("place", ["a file", "memory"])
def test_tables_are_joined_to_new_rows_as_well(place, tmp_path):
    """A joined table is found again when the estimator predicts, also unpickled, wherever it was."""
    X = pd.DataFrame({"shop": np.arange(90) % 30, "noise": np.random.default_rng(0).normal(size=90)})
    shops = pd.DataFrame({"shop": range(30), "size": np.arange(30) * 1.5})
    shops.to_csv(tmp_path / "shops.csv", index=False)
    join = {str(tmp_path / "shops.csv"): "shop"} if place == "a file" else {"shops": automl.Join("shop", data=shops)}
    y = X["shop"] * 1.5
    model = AutoMLRegressor(**FAST, join=join, keep=["shops.size"], roles={"shop": "ignored"})
    model.fit(X, y)
    assert model.score(X, y) > 0.9
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_allclose(again.predict(X.head(7)), model.predict(X.head(7)))
    assert "shops.size" not in X.columns
