"""Folds: what they promise on any table, how rare labels fare, and the sentences for what can't be split."""

from __future__ import annotations

import re
import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.model_selection import GroupKFold, KFold, LeaveOneGroupOut, StratifiedKFold, TimeSeriesSplit

from automl.data.splitting import default_holdout, make_folds
from automl.errors import AutoMLWarning, PlanError
from automl.values.task import Task

REGRESSION = Task("regression", "price")
BINARY = Task("binary", "bought", ("no", "yes"))


def task_of(n_classes: int) -> Task:
    """Make a classification task with this many labels."""
    kind: Any = "binary" if n_classes == 2 else "multiclass"
    return Task(kind, "label", tuple("abcdefghij"[:n_classes]))


@st.composite
def tables(draw: st.DrawFn, n_min: int = 12) -> dict[str, Any]:
    """Draw a task, a target with at least two labels, groups and times of many shapes."""
    n_rows = draw(st.integers(n_min, 80))
    rng = np.random.default_rng(draw(st.integers(0, 2**31)))
    n_classes = draw(st.sampled_from([0, 2, 3, 6]))
    y = rng.normal(size=n_rows).round(1) if n_classes == 0 else rng.integers(0, n_classes, n_rows)
    if n_classes:
        y[:2] = [0, 1]
    return {
        "task": task_of(n_classes) if n_classes else REGRESSION,
        "y": y,
        "groups": rng.integers(0, draw(st.integers(3, 30)), n_rows),
        "times": rng.integers(0, draw(st.integers(3, 60)), n_rows),
        "seed": draw(st.integers(0, 3)),
    }


def quietly(*args: Any, **options: Any) -> Any:
    """Make folds, warnings aside; ``None`` where the table can't be split that way."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AutoMLWarning)
        try:
            return make_folds(*args, **options)
        except PlanError:
            return None


@settings(deadline=None, max_examples=150)
@given(tables(), st.sampled_from(["auto", 2, 5, "holdout", 0.3, 0.8]), st.booleans(), st.booleans())
def test_folds_keep_their_promises_on_any_table(table: dict[str, Any], cv: Any, grouped: bool, timed: bool) -> None:
    """Parts are disjoint and not empty, no group stands on both sides, no training row is newer, seeds decide all."""
    groups, times = table.pop("groups") if grouped else None, table.pop("times") if timed else None
    table = {key: table[key] for key in ("task", "y", "seed")}
    folds = quietly(cv, groups=groups, times=times, **table)
    if folds is None:  # no two labels before a cut, groups over the whole time, …
        assert cv != "auto" or timed or table["task"].is_classification
        return
    assert folds.fingerprint() == quietly(cv, groups=groups, times=times, **table).fingerprint()
    for train, valid in folds:
        assert len(train)
        assert len(valid)
        assert not set(train) & set(valid)
        if grouped:
            assert not set(groups[train]) & set(groups[valid])
        if timed:
            assert times[train].max() < times[valid].min()
        elif not grouped or len(folds) > 1:
            assert len(train) + len(valid) == len(table["y"])


@settings(deadline=None, max_examples=150)
@given(tables(), st.integers(2, 8))
def test_every_row_is_validated_once_but_single_rows_of_a_label(table: dict[str, Any], n_folds: int) -> None:
    """Stratified folds are a partition; only a label's single row is never validated, and all labels train."""
    y, task = table["y"], table["task"]
    counts = np.bincount(y.astype(int)) if task.is_classification else np.array([len(y)])
    folds = quietly(n_folds, task=task, y=y, seed=table["seed"])
    if folds is None:
        assert n_folds > len(y) - (counts == 1).sum()
        return
    assert folds.is_partition == (not (counts == 1).any())
    assert len(folds.validated) == len(y) - (counts == 1).sum()
    for train, valid in folds:
        assert abs(len(valid) - len(folds.validated) / n_folds) < 1
        if task.is_classification:
            assert set(y[train]) == set(y)
            shares = counts[counts > 1] / n_folds
            assert (abs(np.bincount(y[valid].astype(int), minlength=len(counts))[counts > 1] - shares) < 1).all()


@settings(deadline=None, max_examples=40)
@given(tables(n_min=30))
def test_grouped_folds_are_a_partition(table: dict[str, Any]) -> None:
    """With groups every row is validated once as well."""
    folds = quietly(3, task=table["task"], y=table["y"], groups=table["groups"], seed=table["seed"])
    assert folds is None or folds.is_partition


def test_grouped_folds_are_alike_in_size_and_labels() -> None:
    """Groups of unequal size and label still give folds of nearly equal size and share of the positive label."""
    rng = np.random.default_rng(0)
    groups = (rng.random(3000) ** 2 * 200).astype(int)  # from 7 % of the rows down to a few
    y = (rng.random(3000) < (groups % 7 + 1) / 20).astype(int)
    folds = make_folds(5, task=BINARY, y=y, groups=groups)
    sizes = np.array([len(valid) for _, valid in folds])
    shares = np.array([y[valid].mean() for _, valid in folds])
    assert np.ptp(sizes) < 30
    assert np.ptp(shares) < 0.02


def test_regression_folds_have_like_targets() -> None:
    """The rows of each tenth of a regression target are spread evenly over the folds."""
    y = np.random.default_rng(0).lognormal(sigma=2, size=1000)
    folds = make_folds(5, task=REGRESSION, y=y)
    tenth = np.argsort(np.argsort(y)) // 100
    assert all((np.bincount(tenth[valid]) == 20).all() for _, valid in folds)
    assert folds.name == "5-fold stratified"
    assert folds.reason == (
        "5 folds (as asked for): shuffled, with equal shares of low and high targets; every row is validated once."
    )


def test_a_single_row_label_always_trains_and_is_named() -> None:
    """A label with one row is never validated, always trained on, and a warning names it."""
    y = np.array([0] * 20 + [1] * 20 + [2] * 3 + [3])
    with pytest.warns(AutoMLWarning, match=r"single row are always trained on and never validated: 'd'\."):
        folds = make_folds(5, task=task_of(4), y=y)
    assert all(43 in train for train, _ in folds)
    assert not folds.is_partition
    assert "labels with fewer rows than folds (2) are missing from some validations" in folds.reason


def test_a_single_row_label_is_not_held_out() -> None:
    """A hold-out leaves a row of every label to train on, whatever the fraction."""
    y = np.array([0] * 20 + [1] * 2 + [2])
    with pytest.warns(AutoMLWarning, match="single row"):
        folds = make_folds(0.9, task=task_of(3), y=y)
    assert set(y[folds.splits[0][0]]) == {0, 1, 2}


def test_automatic_folds_are_no_more_than_rows_of_the_rarer_label() -> None:
    """With three positive rows ``auto`` takes three folds, so that each validates one."""
    y = np.array([0] * 60 + [1] * 3)
    folds = make_folds("auto", task=BINARY, y=y)
    assert [y[valid].sum() for _, valid in folds] == [1, 1, 1]


def test_the_planner_may_say_what_auto_stands_for() -> None:
    """What the planner gives for ``auto`` is taken, but lowered to what the table allows, and the reason says so."""
    folds = make_folds("auto", task=REGRESSION, y=np.arange(60.0), auto=3)
    assert folds.reason.startswith("3 folds (chosen for 60 rows and the time there is)")
    assert len(make_folds("auto", task=REGRESSION, y=np.arange(60.0), auto=5, groups=np.arange(60) % 2)) == 2
    assert len(make_folds("auto", task=REGRESSION, y=np.arange(60.0), auto="holdout")) == 1


def test_a_hold_out_of_a_large_table_is_smaller() -> None:
    """A fifth of a small table is held out, 2 % of a very large one."""
    assert default_holdout(1000) == 0.2
    assert default_holdout(100_000) == 0.1
    assert default_holdout(5_000_000) == 0.02
    folds = make_folds("holdout", task=BINARY, y=np.arange(100) % 2)
    assert [len(part) for part in folds.splits[0]] == [80, 20]


def test_folds_along_time_grow() -> None:
    """Each fold trains on all that came before it; dates in any order of rows, as strings or timestamps."""
    days = pd.Series(pd.date_range("2024-01-01", periods=60)).sample(frac=1, random_state=0)
    for times in (days, days.dt.strftime("%Y-%m-%d")):
        folds = make_folds(5, task=REGRESSION, y=np.arange(60.0), times=times)
        assert [len(train) for train, _ in folds] == [10, 20, 30, 40, 50]
        assert folds.name == "5-fold forward"
        assert not folds.is_partition


def test_ties_in_time_stay_together() -> None:
    """Rows of the same time are never on both sides, even where that makes folds unequal."""
    times = np.array([1] * 30 + [2] * 5 + [3] * 5)
    folds = make_folds("auto", task=REGRESSION, y=np.arange(40.0), times=times)
    assert [len(train) for train, _ in folds] == [30, 35]


def test_time_folds_wait_for_a_second_label() -> None:
    """The first cut comes after two labels have been seen."""
    y = np.array([0] * 50 + [1, 0] * 5)
    folds = make_folds("auto", task=BINARY, y=y, times=np.arange(60))
    assert all(set(y[train]) == {0, 1} for train, _ in folds)


def test_groups_leave_training_when_folds_follow_time() -> None:
    """With groups and times, folds follow time and a validated group's earlier rows are not trained on."""
    times = np.repeat(np.arange(20), 3)
    groups = np.concatenate([np.arange(60)[:30], np.arange(60)[:30][::-1]])
    folds = make_folds("auto", task=REGRESSION, y=np.arange(60.0), groups=groups, times=times)
    assert "rows of a validated group leave training" in folds.reason
    for train, valid in folds:
        assert times[train].max() < times[valid].min()
        assert not set(groups[train]) & set(groups[valid])


def test_missing_groups_and_times_are_told() -> None:
    """Rows without a group are one group, rows without a time train first; both with a warning."""
    values = np.array([np.nan] * 4 + list(range(16)))
    with pytest.warns(AutoMLWarning, match="4 rows have no group"):
        folds = make_folds(3, task=REGRESSION, y=np.arange(20.0), groups=values)
    assert sum(len({0, 1, 2, 3} & set(valid)) == 4 for _, valid in folds) == 1
    with pytest.warns(AutoMLWarning, match="4 rows have no time"):
        folds = make_folds(3, task=REGRESSION, y=np.arange(20.0), times=values)
    assert all({0, 1, 2, 3} <= set(train) for train, _ in folds)


@pytest.mark.parametrize("cv", [KFold(4), StratifiedKFold(4, shuffle=True, random_state=0), TimeSeriesSplit(4)])
def test_any_splitter_of_scikit_learn_is_taken(cv: Any) -> None:
    """A splitter's folds are used as they are."""
    y = np.arange(40) % 2
    folds = make_folds(cv, task=BINARY, y=y)
    wanted = list(cv.split(np.zeros((40, 1)), y))
    assert all((train == a).all() and (valid == b).all() for (train, valid), (a, b) in zip(folds, wanted, strict=True))
    assert folds.name == f"4-fold {type(cv).__name__}"


def test_a_splitter_gets_the_groups() -> None:
    """Groups are handed on to the caller's splitter."""
    groups = np.repeat(["a", "b", "c"], 10)
    folds = make_folds(LeaveOneGroupOut(), task=REGRESSION, y=np.arange(30.0), groups=groups)
    assert len(folds) == 3
    assert folds.is_partition


def test_pairs_may_be_masks_and_generators() -> None:
    """Pairs of row numbers or boolean masks are taken from any iterable."""
    mask = np.arange(10) < 7
    folds = make_folds(((mask, ~mask) for _ in range(2)), task=REGRESSION, y=np.arange(10.0))
    assert len(folds) == 2
    assert (folds.splits[1][1] == [7, 8, 9]).all()


def test_splits_are_read_only() -> None:
    """Folds are a frozen value down to their arrays."""
    folds = make_folds(2, task=REGRESSION, y=np.arange(10.0))
    with pytest.raises(ValueError, match="read-only"):
        folds.splits[0][0][0] = 3


def test_broken_promises_of_a_splitter_are_told() -> None:
    """A splitter that splits groups or looks into the future is used, with a warning."""
    y = np.arange(20.0)
    with pytest.warns(AutoMLWarning, match="KFold put rows of one group on both sides"):
        make_folds(KFold(2), task=REGRESSION, y=y, groups=np.arange(20) % 3)
    with pytest.warns(AutoMLWarning, match="KFold train on rows that are not older"):
        make_folds(KFold(2), task=REGRESSION, y=y, times=np.arange(20))


def test_labels_missing_from_training_are_told() -> None:
    """A label that stands in one group only can't be learnt where that group is validated."""
    groups = np.repeat(np.arange(4), 5)
    y = np.where(groups == 3, 2, np.arange(20) % 2)
    with pytest.warns(AutoMLWarning, match="no training row of a label that stands elsewhere: 'c'"):
        make_folds(2, task=task_of(3), y=y, groups=groups)


Y = np.arange(12.0)
LABELS = np.arange(12) % 2


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"cv": "hold-out"}, "Unknown cv 'hold-out'. Did you mean 'holdout'? Or give a number of folds."),
        ({"cv": True}, "cv=True says nothing about folds; give 'auto', a number of folds or a splitter."),
        ({"cv": 1}, "cv=1 is too few folds; give at least 2, or 'holdout'."),
        ({"cv": 1.5}, "cv=1.5 is no fraction to hold out; give one between 0 and 1, or a number of folds."),
        (
            {"cv": 13},
            "13 folds need as many rows, and there are 12; lower cv or give a splitter of your own.",
        ),
        (
            {"cv": 5, "groups": np.arange(12) % 3},
            "5 folds need as many groups, and there are 3; lower cv or give a splitter of your own.",
        ),
        (
            {"cv": "auto", "groups": np.zeros(12)},
            "2 folds need as many groups, and there are 1; give more data or give a splitter of your own.",
        ),
        ({"cv": 2, "groups": [1, 2]}, "groups has 2 values for 12 rows; give one value a row."),
        ({"cv": 2, "times": [1, 2]}, "times has 2 values for 12 rows; give one value a row."),
        (
            {"cv": 2, "times": pd.Series([1, "a"] * 6)},
            "times are of several types (mixed-integer) and can't be ordered; give dates, numbers or texts.",
        ),
        ({"cv": 2, "weight": np.ones(3)}, "sample_weight has 3 values for 12 rows; give one value a row."),
        (
            {"cv": [(np.arange(6), np.arange(6, 12))], "weight": np.arange(12) < 6},
            "Fold 1 of cv has validation rows of no weight; give some a weight above zero.",
        ),
        (
            {"cv": 5, "times": np.arange(12) // 4},
            "Folds along time are cut between different times: 5 cuts wanted, 2 possible; lower cv or leave out the "
            "time column.",
        ),
        (
            {"cv": "auto", "times": np.zeros(12)},
            "Folds along time are cut between different times: 1 cuts wanted, 0 possible; lower cv or leave out the "
            "time column.",
        ),
        (
            {"cv": "auto", "times": np.arange(12), "groups": np.zeros(12)},
            "Along time no earlier rows are left to train on once the validated groups leave training; leave out "
            "groups or the time column, or give a splitter of your own.",
        ),
        ({"cv": []}, "The splits in cv are empty; give at least one pair of training and validation rows."),
        ({"cv": [3, 4]}, "Fold 1 of cv is no pair; give (training rows, validation rows) for each."),
        (
            {"cv": [([0, 1], [])]},
            "Fold 1 of cv has no validation rows; change the splitter so that no part is empty.",
        ),
        (
            {"cv": [([], [0, 1])]},
            "Fold 1 of cv has no training rows; change the splitter so that no part is empty.",
        ),
        (
            {"cv": [([0, 1], [2]), ([0, 1], [12])]},
            "Fold 2 of cv has the validation row 12, but rows are numbered 0 to 11; give positions in the table, not "
            "index labels.",
        ),
        (
            {"cv": [([0, -1], [2])]},
            "Fold 1 of cv has the training row -1, but rows are numbered 0 to 11; give positions in the table, not "
            "index labels.",
        ),
        (
            {"cv": [([0, 1, 2], [2, 1, 5])]},
            "Fold 1 of cv has row 1 in both training and validation (2 such rows); keep the two apart.",
        ),
        ({"cv": [([0, 1], [2, 2])]}, "Fold 1 of cv validates row 2 more than once; list it once."),
        (
            {"cv": [([0.5, 1], [2])]},
            "The training rows of fold 1 of cv are float64 of shape (2,); give row numbers from 0, or a mask with one "
            "boolean a row.",
        ),
        (
            {"cv": GroupKFold(2)},
            "The splitter GroupKFold can't split this table: The 'groups' parameter should not be None.",
        ),
    ],
)
def test_what_cannot_be_split_gets_one_sentence(options: dict[str, Any], sentence: str) -> None:
    """The message tells the offending value and what to do."""
    with pytest.raises(PlanError, match=f"^{re.escape(sentence)}$"):
        make_folds(options.pop("cv"), task=REGRESSION, y=Y, **options)


def test_training_on_one_label_is_refused() -> None:
    """A training part of one label is refused, with its number and the label."""
    pairs = [(np.arange(0, 12, 2), np.arange(1, 12, 2))]
    with pytest.raises(PlanError, match=r"Fold 1 of cv trains on the single label 'no'; change cv"):
        make_folds(pairs, task=BINARY, y=LABELS)


def test_an_object_that_is_no_splitter_is_refused() -> None:
    """An object without ``split`` that is not iterable is no cv."""
    with pytest.raises(PlanError, match="is neither a name, a number of folds, a splitter nor pairs"):
        make_folds(object(), task=REGRESSION, y=Y)
