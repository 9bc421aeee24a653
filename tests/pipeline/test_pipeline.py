"""The whole artefact: raw rows in, predictions out, and scikit-learn's tools work on it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import skops.io
from hypothesis import given, settings
from hypothesis import strategies as st
from lightgbm import LGBMClassifier, LGBMRegressor
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import Pipeline

from automl.features.preparation import Preparation
from automl.pipeline.blend import Member
from automl.pipeline.pipeline import make_pipeline
from automl.pipeline.table import TableEncoder
from automl.values.algorithm import Needs
from automl.values.schema import Column, Schema
from automl.values.task import Task

SCHEMA = Schema(
    (
        Column("size", "numeric", ""),
        Column("shop", "category", ""),
        Column("post", "numeric", "", code_like=True),
        Column("title", "high_cardinality", ""),
        Column("day", "datetime", ""),
        Column("words", "text", ""),
        Column("open", "boolean", "", truth="y"),
    )
)
CLASSIFIED = Task("binary", "sold", ("no", "yes"))
MEASURED = Task("regression", "price")


def rows(n_rows: int = 400) -> tuple[pd.DataFrame, np.ndarray[Any, Any]]:
    """Return raw rows and a number that they determine."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "size": rng.normal(size=n_rows),
            "shop": rng.choice(["north", "south", "west"], n_rows),
            "post": rng.integers(1000, 1200, n_rows),
            "title": [
                f"{a} {b}"
                for a, b in zip(
                    rng.choice(["Big Red", "Small Blue", "Tiny Old"], n_rows), rng.integers(0, 60, n_rows), strict=True
                )
            ],
            "day": pd.Timestamp("2023-01-01") + pd.to_timedelta(rng.integers(0, 365, n_rows), unit="D"),
            "words": rng.choice(["fine and cheap", "cheap but broken", "good as new"], n_rows),
            "open": rng.choice(["y", "n"], n_rows),
        }
    )
    frame.loc[::17, "size"] = np.nan
    frame.loc[::19, "shop"] = None
    return frame, np.nan_to_num(frame["size"]) + (frame["shop"] == "north") * 2.0 + (frame["words"] == "good as new")


def fitted(task: Task, many: bool = True) -> tuple[Pipeline, pd.DataFrame, np.ndarray[Any, Any]]:
    """Return a pipeline of a booster (and a linear model), its rows and its target."""
    frame, value = rows()
    table = TableEncoder(SCHEMA.to_json())
    Z = table.fit_transform(frame)
    y = (value > 1).astype(int) if task.is_classification else np.asarray(value)
    members = []
    booster = LGBMClassifier if task.is_classification else LGBMRegressor
    native = Preparation.from_needs(Needs("native", missing=True), table.n_levels_, task, 0)
    X = native.fit_transform(Z, y)
    model = booster(n_estimators=30, verbose=-1, n_jobs=1, categorical_column=native.categorical_)
    members.append(Member(native, model.fit(X, y), 0.7))
    if many and task.is_classification:
        scaled = Preparation.from_needs(Needs("onehot", scaling="standard"), table.n_levels_, task, 0)
        members.append(Member(scaled, LogisticRegression(max_iter=500).fit(scaled.fit_transform(Z, y), y), 0.3))
    target = np.array(["no", "yes"], dtype=object)[y] if task.is_classification else y
    return make_pipeline(table, members, task), frame, target


@pytest.fixture(scope="module")
def sold() -> tuple[Pipeline, pd.DataFrame, np.ndarray[Any, Any]]:
    """Return a classifying pipeline."""
    return fitted(CLASSIFIED)


def test_predicts_raw_rows(sold: Any) -> None:
    """Labels are the original ones, probabilities stand in the order of ``classes_``."""
    pipeline, frame, y = sold
    assert pipeline.classes_.tolist() == ["no", "yes"]
    assert pipeline.score(frame, y) > 0.95
    proba = pipeline.predict_proba(frame)
    np.testing.assert_allclose(proba.sum(axis=1), 1)
    assert (pipeline.predict(frame) == pipeline.classes_[proba.argmax(axis=1)]).all()


def test_one_row_equals_the_row_among_all(sold: Any) -> None:
    """A prediction does not depend on the rows beside it."""
    pipeline, frame, _ = sold
    together = pipeline.predict_proba(frame)
    single = np.concatenate([pipeline.predict_proba(frame.iloc[[i]]) for i in range(80)])
    np.testing.assert_allclose(single, together[:80], rtol=1e-6)


CELL = st.one_of(st.none(), st.floats(), st.integers(-5, 5000), st.text(max_size=6), st.sampled_from(["north", "y"]))


@settings(max_examples=60, deadline=None)
@given(record=st.fixed_dictionaries({column.name: CELL for column in SCHEMA}))
def test_unseen_values_never_crash(sold: Any, record: dict[str, Any]) -> None:
    """Unseen categories, new missing values and other dtypes give a finite prediction."""
    frame = pd.DataFrame({name: pd.Series([cell], dtype=object) for name, cell in record.items()})
    assert np.isfinite(sold[0].predict_proba(frame)).all()
    assert sold[0].predict(frame)[0] in ("no", "yes")


@pytest.mark.parametrize("task", [CLASSIFIED, MEASURED], ids=["classifier", "regressor"])
def test_skops_round_trip_predicts_the_same(task: Task) -> None:
    """Stored without a pickle and loaded again, a pipeline predicts bit for bit the same."""
    pipeline, frame, _ = fitted(task)
    pipeline.predict(frame.iloc[[0]])  # look-ups made on first use must not end up in the file
    data = skops.io.dumps(pipeline)
    untrusted = skops.io.get_untrusted_types(data=data)
    assert not [name for name in untrusted if name.split(".")[0] not in ("automl", "lightgbm", "collections")]
    loaded = skops.io.loads(data, trusted=untrusted)
    np.testing.assert_array_equal(loaded.predict(frame), pipeline.predict(frame))
    np.testing.assert_array_equal(loaded.predict(frame.iloc[[3]]), pipeline.predict(frame.iloc[[3]]))


@pytest.mark.parametrize("task", [CLASSIFIED, MEASURED], ids=["classifier", "regressor"])
def test_scikit_learn_can_fit_it_again(task: Task) -> None:
    """``clone`` and ``cross_val_score`` learn everything again, encoder included, and score well."""
    pipeline, frame, y = fitted(task)
    assert not hasattr(clone(pipeline).named_steps["table"], "names_")
    assert cross_val_score(pipeline, frame, y, cv=3).mean() > 0.85


def test_fitted_again_it_takes_new_levels(sold: Any) -> None:
    """Refitted on rows with more levels than before, the pipeline knows them."""
    pipeline, frame, y = sold
    wider = frame.assign(shop=[f"shop {i % 7}" for i in range(len(frame))])
    again = clone(pipeline).fit(wider, y)
    assert again.score(wider, y) > 0.8
    assert again.named_steps["table"].names_ == pipeline.named_steps["table"].names_


def test_weights_go_through_the_pipeline(sold: Any) -> None:
    """Sample weights are given as ``model__sample_weight``, as in any pipeline."""
    pipeline, frame, y = sold
    again = clone(pipeline).fit(frame, y, model__sample_weight=np.where(y == "yes", 100.0, 1.0))
    assert again.predict_proba(frame)[:, 1].mean() > 0.3
