"""Permutation importance on held-out rows."""

from __future__ import annotations

import shutil
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from lightgbm import LGBMClassifier
from sklearn.linear_model import LogisticRegression

import automl
from automl.errors import DataError, PlanError, StorageError
from automl.explain.association import associations, groups_of
from automl.explain.importance import Importance, measure_importance
from automl.explain.sample import held_out_rows
from automl.storage.folder import RunFolder
from automl.values.schema import Column


@pytest.fixture(scope="module")
def importance(bought_run: automl.Run) -> Importance:
    """Return what the ensemble depends on."""
    return bought_run.importance(n_repeats=3)


def test_rows_are_predicted_by_models_that_had_not_seen_them(bought_run: automl.Run) -> None:
    """Unchanged rows get the out-of-fold predictions of the search, also of an ensemble."""
    for which in bought_run.leaderboard["id"]:
        sample = held_out_rows(bought_run._subject(which), 10**6, 0)
        Z = bought_run._subject(which).encode(sample.frame)
        found = sample.predict(Z, np.arange(len(Z)))
        np.testing.assert_allclose(found, bought_run.out_of_fold(which).prediction, atol=1e-6)


def test_noise_is_told_apart(importance: Importance) -> None:
    """What decides helps; the interval of noise holds 0."""
    found = importance.frame().set_index("column")
    assert found.loc["x", "verdict"] == found.loc["city", "verdict"] == "helps"
    for name in ("noise", "sex"):
        assert found.loc[name, "low"] <= 0 <= found.loc[name, "high"]
        assert found.loc[name, "verdict"] in ("no clear effect", "not used")
    assert importance.score == pytest.approx(0.9, abs=0.1)
    assert "No clear effect: " in str(importance)
    assert str(importance).startswith("Predictions of bought depend on ")


def test_twins_do_not_hide_each_other(importance: Importance) -> None:
    """Columns that say the same are measured together, which costs more than each alone."""
    (group,) = importance.groups
    assert set(group.columns) == {"x", "twin"}
    alone = {each.columns[0]: each.importance for each in importance.columns}
    assert group.importance > max(alone["x"], alone["twin"])
    assert "go together; shuffled at once they are worth" in str(importance)


def test_a_column_that_nothing_depends_on_is_told(bought: pd.DataFrame, subject_of: Any) -> None:
    """Where no prediction changes, the column is not used; it comes last."""
    model = LogisticRegression()
    subject = subject_of(bought, "bought", (model, "onehot", 1.0))
    model.coef_[:, 2] = 0  # noise
    found = measure_importance(subject, n_repeats=2)
    assert found.columns[-1].columns == ("noise",)
    assert found.columns[-1].verdict == "not used"
    assert "Not used at all: noise." in str(found)


@pytest.mark.slow
def test_the_interval_holds_the_truth_as_often_as_it_says(subject_of: Any) -> None:
    """Over many tables, the interval of a column of noise that a model uses leaves 0 out about one time in twenty."""
    wrong = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        frame = pd.DataFrame({"x": rng.normal(size=400), "noise": rng.normal(size=400)})
        frame["y"] = np.where(frame["x"] + rng.normal(size=400) > 0, "b", "a")
        model = LogisticRegression()
        subject = subject_of(frame.head(200), "y", (model, "onehot", 1.0))
        model.coef_[:, 1] = 0.6  # it believes in the noise
        found = measure_importance(subject, frame.tail(200), n_repeats=2, random_state=seed)
        noise = next(each for each in found.columns if each.columns == ("noise",))
        wrong += noise.verdict != "no clear effect"
    assert wrong <= 9  # 3 are expected; 10 or more have a chance of 0.1 %


def test_many_shuffles_at_once_say_the_same_as_one_by_one(
    bought_run: automl.Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """How many shuffles a call of the model predicts changes no number."""
    together = bought_run.importance(n_repeats=3).frame()
    monkeypatch.setattr("automl.explain.permutation._ROWS_AT_ONCE", 1)
    pd.testing.assert_frame_equal(bought_run.importance(n_repeats=3).frame(), together)


def test_a_limit_tells_what_was_left_out(bought_run: automl.Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the time is up no other column is begun, those that move predictions most having gone first."""
    monkeypatch.setattr("automl.explain.permutation._ROWS_AT_ONCE", 1)
    whole = bought_run.importance(n_repeats=3).columns
    ticks = count()
    found = measure_importance(bought_run._subject(1), n_repeats=3, seconds=2.5, clock=lambda: float(next(ticks)))
    assert len(found.columns) == 3
    assert found.columns[0].columns == whole[0].columns
    assert set(found.left_out) | {each.columns[0] for each in found.columns} == {each.columns[0] for each in whole}
    assert f"{len(whole) - 3} columns were not measured: " in str(found)
    ticks = count()
    found = measure_importance(bought_run._subject(1), n_repeats=3, seconds=8, clock=lambda: float(next(ticks)))
    assert not found.left_out
    assert {each.repeats for each in found.columns} == {1, 3}


def test_a_test_table_is_predicted_by_the_pipeline(bought_run: automl.Run, bought: pd.DataFrame) -> None:
    """With rows of its own the score is that of the pipeline; rows without a target are left out."""
    with pytest.warns(automl.AutoMLWarning, match="rows have no target"):
        found = bought_run.importance(bought.assign(bought=bought["bought"].where(bought.index > 9)), n_repeats=1)
    assert found.n_rows == len(bought) - 10
    assert found.score == pytest.approx(bought_run.score(bought.tail(-10)))


def test_same_seed_same_answer(bought_run: automl.Run, importance: Importance) -> None:
    """It can be repeated."""
    pd.testing.assert_frame_equal(bought_run.importance(n_repeats=3).frame(), importance.frame())


def test_it_draws(importance: Importance) -> None:
    """A bar a column and one for the group, with names on the axis."""
    (axes,) = importance.plot().axes
    names = [each.get_text() for each in axes.get_yticklabels()]
    assert names[-1] in ("x + twin", "twin + x")
    assert len(names) == 6


def test_an_older_run_says_that_it_has_no_rows(price_run: automl.Run, tmp_path: Path) -> None:
    """Without kept rows a table is asked for."""
    shutil.copytree(price_run.folder, tmp_path / "old")
    run = automl.Run(RunFolder.open(tmp_path / "old"), price_run.plan, None, price_run.evaluations, price_run._outcome)
    run._folder.rows.unlink()
    with pytest.raises(StorageError, match=r"keeps no training rows; an earlier version made it. Give a table"):
        run.importance()


def test_bad_input_is_told(bought_run: automl.Run, bought: pd.DataFrame) -> None:
    """A table without target or columns, with one label, or no repeats: one sentence each."""
    with pytest.raises(PlanError, match=r"no column 'bought', which is the target. Add it"):
        bought_run.importance(bought.drop(columns="bought"))
    with pytest.raises(DataError, match="lack 1 of the columns that the model was trained on: 'city'"):
        bought_run.importance(bought.drop(columns="city"))
    with pytest.raises(DataError, match=r"roc_auc is not defined on these .* rows, which all have the label 'yes'"):
        bought_run.importance(bought[bought["bought"] == "yes"])
    with pytest.raises(PlanError, match="n_repeats=0: a column has to be shuffled at least once"):
        bought_run.importance(n_repeats=0)
    with pytest.raises(DataError, match="maybe"):
        bought_run.importance(bought.assign(bought="maybe"))


def test_association_knows_numbers_and_categories() -> None:
    """Twins of any kind are near 1, strangers near 0, and a category of many levels knows no more than it should."""
    rng = np.random.default_rng(0)
    n = 1000
    code = rng.integers(0, 5, n).astype(float)
    x = rng.normal(size=n)
    Z = np.column_stack([x, np.exp(x), code, 4 - code, code * 10 + rng.normal(size=n), rng.integers(0, 300, n)])
    roles = ("numeric", "numeric", "category", "category", "numeric", "high_cardinality")
    columns = tuple(Column(str(j), role, "") for j, role in enumerate(roles))
    found = associations(Z, columns, np.arange(6))
    assert found[0, 1] == pytest.approx(1)
    assert found[2, 3] == pytest.approx(1, abs=0.01)
    assert found[2, 4] > 0.95
    assert found[0, 2:].max() < 0.15
    assert found[5, :5].max() < 0.15
    np.testing.assert_allclose(found, found.T)
    assert groups_of(found) == [[0, 1], [2, 3, 4]]


def test_boosters_are_measured_too(bought: pd.DataFrame, subject_of: Any) -> None:
    """Native categories are shuffled like any other column."""
    subject = subject_of(bought, "bought", (LGBMClassifier(n_estimators=10, n_jobs=1, verbosity=-1), "native", 1.0))
    found = measure_importance(subject, n_repeats=1).frame().set_index("column")
    assert found["importance"].idxmax() in ("x", "twin")
