"""A small tree in the place of a pipeline."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

import automl
from automl.errors import DataError, PlanError
from automl.explain.surrogate import fit_surrogate


def test_of_a_tree_it_is_perfect(subject_of: Any) -> None:
    """A pipeline that is a small tree is imitated without a fault, in its own questions."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {"x": rng.integers(0, 9, 300).astype(float), "city": rng.choice(["Oslo", "Bern", "Rome"], 300)}
    )
    frame["y"] = np.where(frame["city"] == "Oslo", np.where(frame["x"] > 4, 10.5, 20.5), 30.5) + rng.normal(size=300)
    subject = subject_of(frame, "y", (DecisionTreeRegressor(max_depth=2), "onehot", 1.0))
    found = fit_surrogate(subject, 2)
    assert found.r2 == pytest.approx(1)
    assert np.isnan(found.agreement)
    assert found.text().splitlines()[0] == "city is 'Oslo'"
    assert "x ≤ 4.5" in found.text()
    leaves = found.frame()
    assert leaves["share"].sum() == pytest.approx(1)
    assert leaves["prediction"].round(-1).unique().tolist() == [20, 10, 30]
    assert "explains 100% of the variance" in str(found)


def test_labels_are_imitated_by_their_probabilities(subject_of: Any) -> None:
    """The pipeline's label for nearly every row, and the way that missing values take is told."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {"x": np.where(rng.random(300) < 0.2, np.nan, rng.normal(size=300)), "z": rng.normal(size=300)}
    )
    frame["y"] = np.where(frame["x"].fillna(1) + rng.normal(size=300) * 0.2 > 0, "in", "out")
    tree = DecisionTreeClassifier(max_depth=1)
    found = fit_surrogate(subject_of(frame, "y", (tree, "native", 1.0)), 1)
    assert found.agreement > 0.95
    assert found.r2 > 0.9
    assert " or missing" in found.text()
    assert found.frame()["prediction"].tolist() == ["out", "in"]
    assert found.frame()["P(in)"].tolist() == sorted(found.frame()["P(in)"])


def test_a_poor_imitation_says_so(subject_of: Any) -> None:
    """Rules that explain little are not to be believed, and the sentence says it."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"a": rng.normal(size=300), "b": rng.normal(size=300)})
    frame["y"] = np.sin(6 * frame["a"]) * np.sin(6 * frame["b"])
    found = fit_surrogate(subject_of(frame, "y", (DecisionTreeRegressor(), "native", 1.0)), 1)
    assert found.r2 < 0.7
    assert "That is little" in str(found)


def test_it_is_drawn(demo_run: automl.Run) -> None:
    """A text for each leaf, also of several labels; the title tells the fidelity."""
    found = demo_run.surrogate(max_depth=2)
    (axes,) = found.plot().axes
    assert sum("of rows" in each.get_text() for each in axes.texts) == len(found.frame())
    assert f"same label in {found.agreement:.0%}" in axes.get_title("left")


def test_bad_input_is_told(demo_run: automl.Run, demo_frame: pd.DataFrame) -> None:
    """Depths that nobody reads and too few rows: one sentence each."""
    with pytest.raises(PlanError, match="max_depth=0: a tree that people can read has from 1 to 6 questions"):
        demo_run.surrogate(0)
    with pytest.raises(DataError, match=r"needs at least 10 rows, and there are 4. Give more with data="):
        demo_run.surrogate(data=demo_frame.head(4))
    with pytest.raises(DataError, match="lack 1 of the columns"):
        demo_run.surrogate(data=demo_frame.drop(columns="petal width (cm)"))
