"""Bad input gets one clear sentence that says what to do, and loses nothing: no table is changed, no folder is left."""

from __future__ import annotations

import errno
import os
import re
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import GroupKFold, PredefinedSplit

import automl
from automl import AutoMLWarning, DataError, PlanError, SearchError, StorageError

pytestmark = pytest.mark.end_to_end

Options = dict[str, Any]
Change = Callable[[pd.DataFrame], "tuple[Any, Any, Options]"]


class EmptyFolds:
    """A splitter that validates nothing."""

    def split(self, X: Any, y: Any = None, groups: Any = None) -> Iterator[tuple[Any, Any]]:
        yield np.arange(len(X)), np.array([], dtype=int)


class NoFolds:
    """A splitter that gives no fold."""

    def split(self, X: Any, y: Any = None, groups: Any = None) -> Iterator[tuple[Any, Any]]:
        return iter(())


def on(people: Callable[[pd.DataFrame], Any] = lambda each: each, target: Any = "income", **options: Any) -> Change:
    """Return a call of ``fit`` on a changed table."""
    return lambda table: (people(table), target, options)


def squares(table: pd.DataFrame) -> pd.DataFrame:
    return table.drop(columns="income").assign(y=table["size"] ** 2 + table["age"] / 9)


def with_cell(row: int, column: str, value: Any) -> Callable[[pd.DataFrame], pd.DataFrame]:
    def changed(table: pd.DataFrame) -> pd.DataFrame:
        return table.assign(**{column: table[column].where(np.arange(len(table)) != row, value)})

    return changed


REFUSED: dict[str, tuple[Change, type[Exception], str]] = {
    "no such file": (
        on(lambda _: "nowhere/people.csv"),
        DataError,
        "There is no file 'nowhere/people.csv'. There is no folder 'nowhere' either; check the path.",
    ),
    "no rows": (on(lambda each: each.head(0)), DataError, "The table has no rows; give at least one."),
    "no columns": (on(lambda each: each[[]]), DataError, "The table has no columns; give at least one."),
    "only the target": (
        on(lambda each: each[["income"]]),
        DataError,
        "The table has no column besides the target 'income'; there is nothing to predict from.",
    ),
    "no such target": (
        on(target="incme"),
        PlanError,
        "There is no column 'incme' for target. Did you mean 'income'?",
    ),
    "no target": (
        on(target=None),
        PlanError,
        "target is None, but tasks without a target don't exist yet. Name the column to predict.",
    ),
    "a target of another length": (
        on(target=[1, 2, 3]),
        DataError,
        "target has 3 values, but the table has 80 rows; they must match.",
    ),
    "one label": (
        on(lambda each: each.assign(income="high")),
        DataError,
        "The target 'income' has one value only, 'high': a single class, with nothing to predict. "
        "Choose another column, or add rows with other values.",
    ),
    "one quantity": (
        on(lambda each: each.assign(income=3), task="regression"),
        DataError,
        "The target 'income' has one value only, 3; there is nothing to predict. "
        "Choose another column, or add rows with other values.",
    ),
    "a target that is missing in every row": (
        on(lambda each: each.assign(income=None)),
        DataError,
        "The target 'income' is missing in every row; there is nothing to learn from.",
    ),
    "an infinite target": (
        on(lambda each: with_cell(7, "y", np.inf)(squares(each)), "y"),
        DataError,
        "The target 'y' is infinite in 1 of 80 rows, the first at position 7; "
        "replace these values or leave the rows out.",
    ),
    "dates to predict": (
        on(lambda each: each.assign(income=pd.date_range("2024-01-01", periods=80))),
        DataError,
        "The target 'income' holds dates; turn it into numbers, such as days since an event.",
    ),
    "duplicate column names": (
        on(lambda each: pd.concat([each, each[["age"]]], axis=1)),
        DataError,
        "Column names stand more than once in the table: 'age'. Rename or drop the copies.",
    ),
    "names that are alike as texts": (
        on(lambda each: each.rename(columns={"age": 0, "size": "0"})),
        DataError,
        "Column names stand more than once in the table: '0'. Rename or drop the copies.",
    ),
    "only identifiers": (
        on(lambda each: each[["income"]].assign(id=[f"x{row:05d}" for row in range(80)])),
        DataError,
        "No column is left to predict from: 'id' is identifier (a different text in every row). "
        "Bring one back, for example with roles={'id': 'category'}.",
    ),
    "a task that contradicts the target": (
        on(task="regression"),
        PlanError,
        "task='regression' needs numbers, but the target 'income' holds 'high' and 'low'; "
        "use task='classification' or leave task='auto'.",
    ),
    "an unknown task": (on(task="binry"), PlanError, "Unknown task 'binry'. Did you mean 'binary'?"),
    "a metric of another task": (
        on(squares, "y", metric="accuracy"),
        PlanError,
        "Metric 'accuracy' does not fit a regression task; for regression: rmse, mse, mae, medae, r2, mape, smape, "
        "rmsle, poisson_deviance, gamma_deviance, pinball, d2, d2_pinball, d2_poisson, d2_gamma.",
    ),
    "a metric that needs an average": (
        on(target="city", metric="f1"),
        PlanError,
        "Metric 'f1' does not fit a multiclass task; say how labels are averaged: f1_macro, f1_micro, f1_weighted.",
    ),
    "an unknown metric": (on(metric="roc-auc"), PlanError, "Unknown metric 'roc-auc'. Did you mean 'roc_auc'?"),
    "a metric that is undefined on a fold": (
        on(lambda each: each.assign(income=np.where(np.arange(80) < 40, "a", "b")), cv=[(range(20, 60), range(20))]),
        PlanError,
        "Metric 'roc_auc' is not defined on the 20 validation rows of fold 1, which all have the label 'a'. "
        "Give more rows of other labels, or another metric.",
    ),
    "an unknown algorithm": (
        on(algorithms=["lightgbn"]),
        PlanError,
        "There is no algorithm 'lightgbn'. Did you mean 'lightgbm'?",
    ),
    "no algorithm": (
        on(algorithms=[]),
        PlanError,
        "algorithms=[] names no algorithm; give 'auto', a name, or a list of names.",
    ),
    "an algorithm for other tasks": (
        on(squares, "y", algorithms=["naive_bayes"]),
        PlanError,
        "None of the algorithms can be used for this table: naive_bayes: does not do regression. "
        "Name others in algorithms=.",
    ),
    "an algorithm twice": (
        on(algorithms=["linear", "linear"]),
        PlanError,
        "The algorithm 'linear' was given twice; give it once, or rename one of the two.",
    ),
    "a splitter that validates nothing": (
        on(cv=EmptyFolds()),
        PlanError,
        "Fold 1 of cv has no validation rows; change the splitter so that no part is empty.",
    ),
    "a splitter that gives no fold": (
        on(cv=NoFolds()),
        PlanError,
        "The splits in cv are empty; give at least one pair of training and validation rows.",
    ),
    "pairs that train on nothing": (
        on(cv=[([], range(10))]),
        PlanError,
        "Fold 1 of cv has no training rows; change the splitter so that no part is empty.",
    ),
    "pairs beyond the table": (
        on(cv=[(range(40), range(40, 90))]),
        PlanError,
        "Fold 1 of cv has the validation row 89, but rows are numbered 0 to 79; "
        "give positions in the table, not index labels.",
    ),
    "groups that a splitter needs": (
        on(cv=GroupKFold(3)),
        PlanError,
        "The splitter GroupKFold can't split this table: The 'groups' parameter should not be None.",
    ),
    "more folds than rows": (
        on(cv=500),
        PlanError,
        "500 folds need as many rows, and there are 80; lower cv or give a splitter of your own.",
    ),
    "an unknown name for folds": (
        on(cv="holdot"),
        PlanError,
        "Unknown cv 'holdot'. Did you mean 'holdout'? Or give a number of folds.",
    ),
    "no such groups": (
        on(groups="cty"),
        PlanError,
        "There is no column 'cty' for groups. Did you mean 'city'?",
    ),
    "the target as groups": (
        on(groups="income"),
        PlanError,
        "The column 'income' is the target already and can't be the groups as well.",
    ),
    "negative weights": (
        on(sample_weight=[-1.0] * 80),
        DataError,
        "sample_weight 'sample_weight' has values such as -1.0; weights are finite numbers of at least 0.",
    ),
    "a time that is none": (
        on(time_column="city"),
        DataError,
        "The time column 'city' has 80 values that are missing or no time; folds that follow time need one in every "
        "row. Fill or drop these rows.",
    ),
    "a role for no column": (
        on(roles={"agee": "numeric"}),
        PlanError,
        "roles names the column 'agee', which doesn't exist. Did you mean 'age'?",
    ),
    "an unknown role": (
        on(roles={"age": "numbr"}),
        PlanError,
        "roles gives 'age' the unknown role 'numbr'. Did you mean 'numeric'?",
    ),
    "a role that the values contradict": (
        on(roles={"city": "numeric"}),
        PlanError,
        "roles calls 'city' numeric, but none of its values is a number: 'Rome', 'Oslo', 'Bern'.",
    ),
    "no such column to keep": (
        on(keep=["agee"]),
        PlanError,
        "keep names the column 'agee', which doesn't exist. Did you mean 'age'?",
    ),
    "less memory than a worker needs": (
        on(memory_limit="1MB"),
        PlanError,
        "A memory limit of 1 MB is too small for this table: a worker needs 158 MB (158 MB for the libraries). "
        "Give a higher memory_limit, or fewer rows or columns.",
    ),
    "a store that is none": (
        on(storage=3),
        PlanError,
        "storage='3' is no store; give a database URL such as 'sqlite:///study.db' or "
        "'postgresql+psycopg://user@host/name', a path that ends in .db or .journal, or an Optuna storage.",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_in_one_sentence_that_says_what_to_do(
    case: str, people: pd.DataFrame, fast: Options, tmp_path: Path
) -> None:
    """The sentence names the offending value; the caller's table is as it was and no folder is left."""
    change, error, sentence = REFUSED[case]
    data, target, options = change(people)
    before = data.copy(deep=True) if isinstance(data, pd.DataFrame) else None
    with pytest.raises(error) as refused:
        automl.fit(data, target, out=tmp_path / "runs" / "new", **{**fast, **options})
    assert str(refused.value) == sentence
    assert isinstance(refused.value, ValueError)
    assert list(tmp_path.iterdir()) == []
    if before is not None:
        pd.testing.assert_frame_equal(data, before)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "is empty; give a table with a line of names and at least one row."),
        ("a,income\n", "has a line of names and no rows; give at least one row."),
    ],
)
def test_an_empty_file(content: str, sentence: str, fast: Options, tmp_path: Path) -> None:
    """A file without a row is refused by its name."""
    path = tmp_path / "people.csv"
    path.write_text(content)
    with pytest.raises(DataError, match=re.escape(f"{str(path)!r} {sentence}")):
        automl.fit(path, "income", **fast, out=tmp_path / "run")
    assert list(tmp_path.iterdir()) == [path]


def test_a_mistyped_file_name(people: pd.DataFrame, tmp_path: Path) -> None:
    """The closest file of the folder is offered."""
    people.to_csv(tmp_path / "people.csv")
    sentence = f"There is no file '{tmp_path}/peple.csv'. Did you mean '{tmp_path}/people.csv'?"
    with pytest.raises(DataError, match=re.escape(sentence)):
        automl.plan(tmp_path / "peple.csv", "income")


@pytest.mark.parametrize(
    ("option", "sentence"),
    [
        ({"n_jobs": 0}, "n_jobs=0; give the number of cores to use, or -1 for all of them."),
        ({"n_jobs": "2"}, "n_jobs='2'; give the number of cores to use, or -1 for all of them."),
        ({"n_jobs": 1.5}, "n_jobs=1.5; give the number of cores to use, or -1 for all of them."),
        ({"memory_limit": "4 apples"}, "memory_limit='4 apples'; give bytes or a text such as '4GB'."),
        ({"memory_limit": [1]}, "memory_limit=[1]; give bytes or a text such as '4GB'."),
        ({"memory_limit": float("inf")}, "memory_limit=inf; give bytes or a text such as '4GB'."),
        ({"memory_limit": -1}, "memory_limit=-1; give bytes or a text such as '4GB'."),
        ({"random_state": -1}, "random_state=-1; give a whole number of at least 0."),
        ({"random_state": None}, "random_state=None; give a whole number of at least 0."),
        ({"random_state": "a"}, "random_state='a'; give a whole number of at least 0."),
        ({"keep": "age"}, "keep='age'; give a list of column names."),
        ({"keep": 3}, "keep=3; give a list of column names."),
        ({"keep": None}, "keep=None; give a list of column names."),
        ({"roles": ["age"]}, "roles=['age']; give a dict such as {'zip': 'category'}."),
        ({"callbacks": [3]}, "callbacks=[3]; give a list of functions."),
        ({"callbacks": print}, f"callbacks={print!r}; give a list of functions."),
        ({"ensemble": "yes"}, "ensemble='yes'; give True or False."),
        ({"resume": 1}, "resume=1; give True or False."),
        ({"verbose": "loud"}, "verbose='loud'; give 0, 1 or 2."),
        ({"study_name": 3}, "study_name=3; give a name."),
        ({"out": 3}, "out=3; give the path of a folder."),
        ({"engine": "locl"}, "Unknown engine 'locl'. Did you mean 'local'?"),
        ({"engine": None}, "engine=None; give 'local', 'inprocess' or an engine."),
        ({"metric": 3}, "metric=3 is neither a name nor a function; give one, such as 'roc_auc'."),
        ({"algorithms": [3]}, "3 in algorithms is no algorithm; give names or automl.Algorithm objects."),
        ({"n_trials": 0}, "n_trials=0; it must be a whole number of at least 1."),
        ({"patience": 0}, "patience=0; it must be a whole number of at least 1."),
        ({"target_score": "high"}, "target_score='high'; it must be a finite number, in the metric's own direction."),
        (
            {"time_budget": "5 minuts"},
            "'5 minuts' is no duration; write seconds (60) or a text such as '90s', '5m' or '1h30m'.",
        ),
        ({"time_budget": 0}, "0 is no duration; write seconds (60) or a text such as '90s', '5m' or '1h30m'."),
        (
            {"time_budget": None},
            "Neither time_budget nor n_trials is given; the search would never end. Give one.",
        ),
        ({"cv": None}, "cv=None says nothing about folds; give 'auto', a number of folds or a splitter."),
        ({"cv": 1}, "cv=1 is too few folds; give at least 2, or 'holdout'."),
    ],
)
def test_an_option_of_the_wrong_kind(option: Options, sentence: str, people: pd.DataFrame) -> None:
    """It is refused before anything starts, by name and value; what may stand there is said."""
    with pytest.raises(PlanError) as refused:
        automl.plan(people, "income", **option)
    assert str(refused.value) == sentence


def test_numbers_of_numpy_are_numbers(people: pd.DataFrame) -> None:
    """A seed or a count that was drawn from an array is taken, and the plan can still be written as JSON."""
    plan = automl.plan(people, "income", n_trials=np.int64(3), n_jobs=np.int32(1), random_state=np.int64(7))
    assert (plan.budget.n_trials, plan.workers, plan.seed) == (3, 1, 7)
    assert {type(plan.seed), type(plan.budget.n_trials)} == {int}


def test_a_budget_too_small_to_fit_anything(people: pd.DataFrame, fast: Options, tmp_path: Path) -> None:
    """A budget that is spent before the search tells what it was spent on and how much to give."""
    told = (
        r"A time budget of 0\.001s is too small: (loading the libraries|reading and describing the table) alone "
        r"took \d+\.\d s\. Give at least \d+ s\.$"
    )
    with pytest.raises(PlanError, match=told):
        automl.fit(people, "income", out=tmp_path / "run", **{**fast, "time_budget": 0.001, "n_trials": None})
    assert not (tmp_path / "run").exists()


def test_a_folder_that_was_there_is_left_as_it_was(people: pd.DataFrame, fast: Options, tmp_path: Path) -> None:
    """A refused call takes away only what it has made itself."""
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(PlanError, match="There is no column"):
        automl.fit(people, "salary", out=tmp_path, **fast)
    assert [each.name for each in tmp_path.iterdir()] == ["notes.txt"]


def test_a_refused_call_leaves_an_earlier_run_alone(people: pd.DataFrame, fast: Options, tmp_path: Path) -> None:
    """Neither bad input nor another table harms the run that lies in the folder."""
    run = automl.fit(people, "income", out=tmp_path, **fast)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file() and path.name != ".lock"}
    for table, target, told in (
        (people, "salary", "There is no column 'salary'"),
        (people.head(60), "income", "can't be gone on with, because the data and the target and the folds changed"),
    ):
        with pytest.raises(PlanError, match=told):
            automl.fit(table, target, out=tmp_path, **fast)
    with pytest.raises(PlanError, match="exists already and resume=False forbids to go on with it"):
        automl.fit(people, "income", out=tmp_path, resume=False, **fast)
    after = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file() and path.name != ".lock"}
    assert after == before
    assert automl.load(tmp_path).predict(people).equals(run.predict(people))


def test_rows_without_a_target_are_dropped_and_counted(people: pd.DataFrame, fast: Options, tmp_path: Path) -> None:
    """The count is warned of and stands in the plan; the table of the caller keeps the rows."""
    people.loc[["p3", "p5"], "income"] = None
    before = people.copy(deep=True)
    told = "2 of 80 rows have no target and are left out."
    with pytest.warns(AutoMLWarning, match=re.escape(told)) as warned:
        run = automl.fit(people, "income", out=tmp_path, **fast)
    assert [each.filename for each in warned] == [__file__]
    assert told in run.plan.findings["sentence"].tolist()
    assert run.plan.n_rows == 78
    assert f"Warning: {told}" in str(run.plan)
    pd.testing.assert_frame_equal(people, before)


def test_infinite_values_are_read_as_missing(people: pd.DataFrame, fast: Options, tmp_path: Path) -> None:
    """They are counted by column, warned of, and stand in the plan; predicting them works as well."""
    people["size"] = people["size"].where(people["size"] < 2, np.inf).where(people["size"] > -2, -np.inf)
    people["age"] = people["age"].astype("Float64")
    people.loc["p7", "age"] = np.inf
    before = people.copy(deep=True)
    count = int(np.isinf(people["size"]).sum())
    told = f"Infinite values are read as missing, in 'age' (1), 'size' ({count})."
    with pytest.warns(AutoMLWarning, match=re.escape(told)):
        run = automl.fit(people, "income", out=tmp_path, **fast)
    assert told in run.plan.findings["sentence"].tolist()
    missing = people.replace([np.inf, -np.inf], np.nan)
    assert run.predict_proba(people).equals(run.predict_proba(missing))
    pd.testing.assert_frame_equal(people, before)


def test_given_pairs_count_the_rows_of_the_callers_table(people: pd.DataFrame) -> None:
    """Where rows without a target are left out, pairs and predefined folds still mean the rows that they meant."""
    people.iloc[[0, 1, 50], people.columns.get_loc("income")] = None
    valid = np.arange(80) >= 60
    whole = people.dropna(subset="income")
    pairs = [(np.flatnonzero(~valid), np.flatnonzero(valid))]
    left = valid[people["income"].notna()]
    wanted = automl.plan(whole, "income", cv=[(np.flatnonzero(~left), np.flatnonzero(left))]).fingerprints["folds"]
    for cv in (pairs, [(~valid, valid)], PredefinedSplit(np.where(valid, 0, -1))):
        with pytest.warns(AutoMLWarning, match="3 of 80 rows have no target"):
            assert automl.plan(people, "income", cv=cv).fingerprints["folds"] == wanted


def test_a_target_in_another_order_is_warned_of(people: pd.DataFrame) -> None:
    """A Series is taken by position, as scikit-learn does; where its index says otherwise, that is told."""
    shuffled = people["income"].sample(frac=1, random_state=0)
    with pytest.warns(AutoMLWarning, match="in another order; its values are taken by position"):
        automl.plan(people.drop(columns="income"), shuffled)
    automl.plan(people.drop(columns="income"), shuffled.set_axis(range(80)))  # another index altogether says nothing


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> automl.Run:
    """Return a run on numbers only."""
    rng = np.random.default_rng(1)
    table = pd.DataFrame({"a": rng.normal(size=40), "b": rng.normal(size=40)})
    return automl.fit(
        table.assign(y=table["a"] > 0.1 * table["b"]),
        "y",
        n_trials=2,
        time_budget=None,
        engine="inprocess",
        algorithms="linear",
        roles={"a": "numeric", "b": "numeric"},
        keep=["a", "b"],
        out=tmp_path_factory.mktemp("run"),
        verbose=0,
    )


@pytest.mark.parametrize("method", ["predict", "predict_proba", "score"])
def test_rows_that_lack_columns(run: automl.Run, method: str) -> None:
    """All absent columns are named, in whatever way the rows are used."""
    sentence = (
        "The rows lack 1 of the columns that the model was trained on: 'b'. Add them (empty where nothing is known)."
    )
    rows = pd.DataFrame({"a": [0.5, 1.0], "y": [True, False]})
    with pytest.raises(DataError, match=re.escape(sentence)):
        getattr(run, method)(rows)
    with pytest.raises(DataError, match=re.escape(sentence)):
        run.refit(rows)


def test_columns_too_many_are_ignored_with_one_warning(run: automl.Run) -> None:
    """One sentence names them all, and points at the line of the caller."""
    rows = pd.DataFrame({"c": [1, 2], "b": [0.0, 0.0], "a": [0.5, 1.0], "d": ["x", "y"]})
    told = "Columns that the model was not trained on are ignored: 'c', 'd'."
    for predict in (run.predict, run.predict_proba, run.best_pipeline.predict, run.best_pipeline.predict_proba):
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            with_more = predict(rows)
        assert [(str(each.message), each.filename) for each in warned] == [(told, __file__)]
        assert np.array_equal(with_more, predict(rows[["a", "b"]]))


def test_no_rows_to_predict(run: automl.Run) -> None:
    """A table without rows is refused as it is in training."""
    with pytest.raises(DataError, match="The table has no rows; give at least one"):
        run.predict(pd.DataFrame({"a": [], "b": []}))


def test_a_label_that_was_never_trained_on(run: automl.Run) -> None:
    """Scoring names the label; columns with values that mean nothing there are no reason to stop."""
    with pytest.raises(DataError, match="holds the label 'maybe', which was not among those it was trained on"):
        run.score(pd.DataFrame({"a": [0.5], "b": [1.0], "y": ["maybe"]}))
    rows = pd.DataFrame({"a": ["much", "x", "-1"], "b": ["little", "y", "0"], "y": [True, False, False]})
    assert 0 <= run.score(rows) <= 1


DISK: list[tuple[int, str]] = [
    (errno.ENOSPC, "the disk is full. Free some space, or give a folder on another disk."),
    (errno.EROFS, "the folder is read-only or belongs to someone else. Give a folder that you may write to."),
]


def fail_to_write(patch: pytest.MonkeyPatch, name: str, code: int) -> None:
    """Have every write of a file of this name fail from now on."""

    def failing(real: Callable[..., Any]) -> Callable[..., Any]:
        def write(source: Any, *rest: Any) -> Any:
            if any(Path(each).name.startswith(name) for each in (source, *rest) if isinstance(each, str | Path)):
                raise OSError(code, os.strerror(code))
            return real(source, *rest)

        return write

    patch.setattr(os, "replace", failing(os.replace))
    patch.setattr(Path, "write_bytes", failing(Path.write_bytes))


@pytest.mark.parametrize(
    ("name", "code", "advice"),
    [
        *((name, *DISK[0]) for name in ("study.json", "plan.json", "table.skops", "1-0.", "leaderboard.csv")),
        *((name, *DISK[1]) for name in ("plan.json", "fold-1.", "ensemble.json")),
    ],
)
def test_a_disk_that_fails(
    name: str,
    code: int,
    advice: str,
    people: pd.DataFrame,
    fast: Options,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One sentence names the file; with the disk mended the same call goes on, and no finished trial is lost."""
    out = tmp_path / "run"
    with monkeypatch.context() as patch:
        fail_to_write(patch, name, code)
        with pytest.raises(StorageError, match=f"{re.escape(name)}.* can't be written: {re.escape(advice)}$") as told:
            automl.fit(people, "income", out=out, **fast)
        assert isinstance(told.value, OSError)
        assert told.value.errno == code
    assert [path.name for path in out.rglob("*") if ".part" in path.name or path.name == ".scratch"] == []
    assert out.exists() == (name not in ("study.json", "plan.json"))
    written = {path: path.stat().st_mtime_ns for path in out.rglob("fold-*.skops")}
    run = automl.fit(people, "income", out=out, **fast)
    assert {each.state for each in run.evaluations} <= {"complete", "stopped"}
    assert len(run.evaluations) == 3
    if name in ("ensemble.json", "leaderboard.csv"):
        assert written
        assert {path: path.stat().st_mtime_ns for path in out.rglob("fold-*.skops")} == written


@pytest.mark.parametrize("where", ["mkdir", "open"])
def test_a_read_only_folder(
    where: str, people: pd.DataFrame, fast: Options, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder that can't be made, or not be written to, is told before anything is read; nothing is left."""
    real = getattr(Path, where)

    def refuse(path: Path, *args: Any, **kwargs: Any) -> Any:
        if "run" in (path.name, path.parent.name):
            raise OSError(errno.EROFS, os.strerror(errno.EROFS))
        return real(path, *args, **kwargs)

    monkeypatch.setattr(Path, where, refuse)
    with pytest.raises(StorageError, match="the folder is read-only or belongs to someone else") as told:
        automl.fit(people, "income", out=tmp_path / "run", **fast)
    assert told.value.errno == errno.EROFS
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_a_file(people: pd.DataFrame, fast: Options, tmp_path: Path) -> None:
    """A path that leads through a file is told."""
    (tmp_path / "run").write_text("mine")
    with pytest.raises(StorageError, match="can't be made into a run folder: a part of the path is a file"):
        automl.fit(people, "income", out=tmp_path / "run", **fast)
    assert (tmp_path / "run").read_text() == "mine"


def test_a_full_disk_while_saving(run: automl.Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The model file that was there before is still whole."""
    path = run.save(tmp_path / "model")
    before = path.read_bytes()
    fail_to_write(monkeypatch, "model", errno.ENOSPC)
    with pytest.raises(StorageError, match="model can't be written: the disk is full"):
        run.save(path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


class Broken:
    """A classifier without luck."""

    def fit(self, X: Any, y: Any) -> Broken:
        raise RuntimeError("no luck today")


class Undecided:
    """A classifier that says nothing."""

    def fit(self, X: Any, y: Any) -> Undecided:
        return self

    def predict_proba(self, X: Any) -> Any:
        return np.full((len(X), 2), np.nan)


def own(name: str, model: type) -> automl.Algorithm:
    """Return an algorithm of a model with a hyperparameter that does nothing."""
    return automl.Algorithm(
        name,
        space=lambda shape: automl.SearchSpace(automl.Int("k", 1, 9)),
        build=lambda config, context: model(),
        tasks=("binary",),
    )


def test_every_candidate_fails(people: pd.DataFrame, fast: Options, tmp_path: Path) -> None:
    """The causes are grouped and counted; that the dummy can be fitted is no comfort. The trials stay in the folder."""
    hopeless = {**fast, "algorithms": [own("broken", Broken), own("undecided", Undecided)], "n_trials": 6, "cv": 4}
    with pytest.raises(SearchError) as failed:
        automl.fit(people, "income", out=tmp_path, **hopeless)
    message = str(failed.value)
    assert message.startswith("None of the 5 candidates could be fitted: ")
    assert message.endswith(" Mend the cause, or name other algorithms in algorithms=.")
    counts = dict(
        re.findall(
            r"(crashed: RuntimeError: no luck today|bad_prediction: \d+ of \d+ predictions are not finite) \((\d)×\)",
            message,
        )
    )
    assert sorted(counts.values()) == ["2", "3"]
    assert isinstance(failed.value, RuntimeError)
    assert (tmp_path / "study.db").exists()


def test_a_candidate_that_fails_is_a_row(people: pd.DataFrame, fast: Options, tmp_path: Path) -> None:
    """Failures stand at the end with their reason, and asking for their pipeline tells it again."""
    mixed = {**fast, "algorithms": [own("broken", Broken), own("undecided", Undecided), "linear"], "n_trials": 5}
    run = automl.fit(people, "income", out=tmp_path, **mixed)
    failed = run.leaderboard[run.leaderboard["state"] == "failed"].set_index("algorithm")
    assert failed.loc["broken", "reason"] == "crashed: RuntimeError: no luck today"
    assert re.fullmatch(r"bad_prediction: \d+ of \d+ predictions are not finite", failed.loc["undecided", "reason"])
    assert run.leaderboard["algorithm"].iloc[-1] in ("broken", "undecided")
    with pytest.raises(SearchError, match=r"broken-\d has no fitted pipeline: crashed: RuntimeError: no luck today"):
        run.pipeline(failed.loc["broken", "id"])
    assert "failed" in repr(run)
