"""What a run gives back, seen from outside: predictions, labels, rows of the leaderboard, files."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import GroupKFold, KFold, RepeatedStratifiedKFold, TimeSeriesSplit
from sklearn.pipeline import Pipeline

import automl
from automl import ArtifactError, AutoMLWarning, PlanError, StorageError
from automl.values.plan import Plan

pytestmark = pytest.mark.end_to_end

Options = dict[str, Any]


def make_visits() -> pd.DataFrame:
    """Return 120 visits of 30 people over 120 days, shuffled."""
    rng = np.random.default_rng(5)
    table = pd.DataFrame(
        {
            "age": rng.normal(40, 10, 120).round(1),
            "city": rng.choice(["Oslo", "Rome", "Bern", None], 120, p=[0.3, 0.3, 0.3, 0.1]),
            "member": rng.random(120) < 0.5,
            "day": pd.date_range("2024-01-01", periods=120),
            "stay": pd.to_timedelta(rng.integers(1, 500, 120), unit="min"),
            "person": np.repeat(np.arange(30), 4),
            "weight": rng.random(120) + 0.1,
        },
        index=pd.Index(np.arange(1000, 1120), name="visit"),
    )
    bought = table["age"] + 8 * (table["city"] == "Rome") + 6 * table["member"] + rng.normal(0, 4, 120) > 45
    return table.assign(bought=np.where(bought, "yes", "no")).sample(frac=1, random_state=0)


@pytest.fixture(scope="module")
def visits() -> pd.DataFrame:
    return make_visits()


@pytest.fixture(scope="module")
def run(visits: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> automl.Run:
    """Return a run with weights by name, three families and an ensemble."""
    return automl.fit(
        visits,
        "bought",
        sample_weight="weight",
        engine="inprocess",
        algorithms=["dummy", "linear", "naive_bayes"],
        n_trials=5,
        time_budget=None,
        cv=3,
        out=tmp_path_factory.mktemp("visits") / "run",
        verbose=0,
    )


def test_predictions_keep_the_index_and_the_name(run: automl.Run, visits: pd.DataFrame) -> None:
    """A Series named like the target, and a column per label, both with the rows' own index."""
    rows = visits.drop(columns=["bought", "weight"]).sample(frac=0.5, random_state=1)
    predicted, probable = run.predict(rows), run.predict_proba(rows)
    assert predicted.name == "bought"
    assert predicted.index.equals(rows.index)
    assert probable.index.equals(rows.index)
    assert probable.columns.tolist() == ["no", "yes"] == run.best_pipeline.classes_.tolist()
    assert np.allclose(probable.sum(axis=1), 1)
    assert (probable.idxmax(axis=1) == predicted).all()


def test_the_target_and_the_weights_may_be_among_the_rows(run: automl.Run, visits: pd.DataFrame) -> None:
    """What was target and weights in training is passed over without a word."""
    assert run.predict(visits).equals(run.predict(visits.drop(columns=["bought", "weight"])))


def test_columns_are_found_by_name_whatever_their_order_and_dtype(run: automl.Run, visits: pd.DataFrame) -> None:
    """Other orders, objects, texts, categories and nullable dtypes mean the same cells."""
    rows = visits.drop(columns=["bought", "weight"])
    expected = run.predict_proba(rows)
    texts = rows.assign(
        age=rows["age"].astype(str), day=rows["day"].astype(str), person=rows["person"].astype(str), stay=rows["stay"]
    )
    for changed in (
        rows[rows.columns[::-1]],
        rows.astype(object),
        rows.assign(city=rows["city"].astype("category")),
        rows.astype({"age": "Float32", "member": "boolean", "person": "Int64"}),
        rows.convert_dtypes(dtype_backend="pyarrow"),
        rows.assign(member=rows["member"].astype(int)),
        texts,
    ):
        assert np.allclose(run.predict_proba(changed), expected, atol=1e-4)


def test_what_was_never_seen_does_not_crash(run: automl.Run, visits: pd.DataFrame) -> None:
    """Unseen categories, new gaps, nonsense and empty columns are read as unknown."""
    rows = visits.drop(columns=["bought", "weight"]).head(6)
    for column in rows:
        for cells in (["?"] * 6, [None] * 6, [np.inf] * 6, ["Paris", 3, None, True, 2.5, pd.NaT]):
            assert run.predict(rows.assign(**{column: pd.Series(cells, index=rows.index, dtype=object)})).notna().all()
    assert run.predict(pd.DataFrame(index=[0, 1], columns=rows.columns)).isin(["no", "yes"]).all()


def test_one_row_is_predicted_as_in_company(run: automl.Run, visits: pd.DataFrame) -> None:
    """A row alone, or as a record, has the same probabilities as in a table."""
    rows = visits.drop(columns=["bought", "weight"])
    expected = run.predict_proba(rows).to_numpy()[0]
    assert np.allclose(run.predict_proba(rows.head(1)).to_numpy()[0], expected)
    assert np.allclose(run.best_pipeline.predict_proba(rows.iloc[0].to_dict())[0], expected)


def test_every_row_of_the_leaderboard_has_its_pipeline(run: automl.Run, visits: pd.DataFrame) -> None:
    """By rank and by id, fitted, the ensemble too; what isn't there is told."""
    rows = visits.drop(columns=["bought", "weight"])
    board = run.leaderboard
    assert board["rank"].tolist() == list(range(1, len(board) + 1))
    assert {"ensemble", "linear-1"} <= set(board["id"]) or len(board) == 5
    for _, row in board.iterrows():
        pipeline = run.pipeline(row["rank"])
        assert isinstance(pipeline, Pipeline)
        assert pipeline is run.pipeline(row["id"])
        assert set(pipeline.predict(rows)) <= {"no", "yes"}
    assert run.best_pipeline is run.pipeline(1)
    with pytest.raises(PlanError, match=rf"The leaderboard has no row 0\. Ranks go from 1 to {len(board)}\."):
        run.pipeline(0)
    with pytest.raises(PlanError, match=r"The leaderboard has no row 'linear-77'\. Did you mean 'linear-\d'\?"):
        run.pipeline("linear-77")


def test_the_dummy_knows_the_shares_and_nothing_more(run: automl.Run, visits: pd.DataFrame) -> None:
    """Its pipeline gives every row the same, and half of the area under the curve."""
    dummy = run.leaderboard.set_index("algorithm").loc["dummy"]
    assert dummy["score"] == pytest.approx(0.5)
    assert len(np.unique(run.pipeline(dummy["id"]).predict_proba(visits.drop(columns=["bought", "weight"]))[:, 0])) == 1


def test_score_is_the_metric_of_the_run_weighted_as_in_training(run: automl.Run, visits: pd.DataFrame) -> None:
    """The target may be a column or given; a weight column counts where the rows have it."""
    from sklearn.metrics import roc_auc_score

    truth, sure = visits["bought"] == "yes", run.predict_proba(visits)["yes"]
    assert run.score(visits) == pytest.approx(roc_auc_score(truth, sure, sample_weight=visits["weight"]))
    plain = visits.drop(columns="weight")
    assert run.score(plain) == pytest.approx(roc_auc_score(truth, sure))
    assert run.score(plain.drop(columns="bought"), plain["bought"]) == run.score(plain)
    assert run.score(plain, which="linear-1") == pytest.approx(
        roc_auc_score(truth, run.pipeline("linear-1").predict_proba(plain.drop(columns="bought"))[:, 1])
    )
    with pytest.raises(PlanError, match="The table has no column 'bought', which is the target"):
        run.score(plain.drop(columns="bought"))


def test_refit_takes_new_rows_and_the_columns_of_the_run(run: automl.Run, visits: pd.DataFrame) -> None:
    """The same configuration on other rows: no search, no new column, a category of its own."""
    more = visits.assign(city=visits["city"].where(visits["age"] < 40, "Paris"), bought="no")
    more["bought"] = np.where(more["city"] == "Paris", "yes", "no")
    again = run.refit(more, which="linear-1")
    rows = more.drop(columns=["bought", "weight"])
    assert again.feature_names_in_.tolist() == run.best_pipeline.feature_names_in_.tolist()
    assert (again.predict(rows) == more["bought"]).mean() > 0.95
    assert run.refit(visits, which="ensemble" if "ensemble" in set(run.leaderboard["id"]) else 1).predict(rows).shape
    values = run.refit(more.drop(columns="bought"), more["bought"], which="linear-1")
    assert np.allclose(values.predict_proba(rows), again.predict_proba(rows))
    with pytest.warns(AutoMLWarning, match="were not trained on|was not trained on"):
        wider = run.refit(more.assign(news=1.5), which="linear-1")
    assert "news" not in wider.feature_names_in_
    with pytest.raises(PlanError, match="There is no column 'weight' for sample_weight"):
        run.refit(more.drop(columns="weight"))


def test_a_group_column_is_never_a_feature(visits: pd.DataFrame, fast: Options, tmp_path: Path) -> None:
    """Neither in the search nor in a refit; the time column is one."""
    run = automl.fit(visits, "bought", groups="person", time_column="day", out=tmp_path, **fast)
    assert run.plan.roles == {"target": "bought", "groups": "person", "time_column": "day"}
    for pipeline in (run.best_pipeline, run.refit(visits)):
        assert "person" not in pipeline.feature_names_in_
        assert "day" in pipeline.feature_names_in_
    assert run.predict(visits).equals(run.predict(visits.drop(columns=["person", "bought"])))
    assert 0 <= run.score(visits) <= 1


def test_saved_and_loaded_it_predicts_the_same(run: automl.Run, visits: pd.DataFrame, tmp_path: Path) -> None:
    """A model file gives the pipeline back, a run folder the whole run."""
    rows = visits.drop(columns=["bought", "weight"])
    path = run.save(tmp_path / "deep" / "model.automl")
    loaded = automl.load(path)
    assert isinstance(loaded, Pipeline)
    assert np.array_equal(loaded.predict_proba(rows), run.best_pipeline.predict_proba(rows))
    reopened = automl.load(run.folder)
    assert isinstance(reopened, automl.Run)
    pd.testing.assert_frame_equal(reopened.leaderboard, run.leaderboard)
    assert reopened.predict_proba(rows).equals(run.predict_proba(rows))
    assert reopened.score(visits) == run.score(visits)
    assert len(reopened.study.trials) == len(run.evaluations) == 5
    assert reopened.plan == run.plan
    assert str(reopened) == str(run)
    assert (
        reopened.refit(visits, which="linear-1").predict(rows) == run.refit(visits, which="linear-1").predict(rows)
    ).all()


def test_a_file_that_was_changed_is_refused(run: automl.Run, tmp_path: Path) -> None:
    """Whichever byte was changed, cut off or replaced: one sentence, and nothing is loaded."""
    whole = bytearray(run.save(tmp_path / "model").read_bytes())
    path = tmp_path / "changed"
    for place in np.linspace(500, len(whole) - 500, 25).astype(int):  # before and after stand dates and the like
        changed = bytearray(whole)
        changed[place] ^= 0xFF
        path.write_bytes(changed)
        with pytest.raises(ArtifactError) as refused:
            automl.load(path)
        assert str(refused.value).startswith(str(path))
    for content, told in (
        (whole[:999], "is damaged or was not copied to its end"),
        (b"hello", "is not a model file"),
        (b"\x80\x04K\x01.", "is a pickle, which would run code when it is read"),
    ):
        path.write_bytes(content)
        with pytest.raises(ArtifactError, match=told):
            automl.load(path)
    with pytest.raises(StorageError, match="can't be read: it does not exist"):
        automl.load(tmp_path / "nowhere")
    with pytest.raises(StorageError, match="is not the folder of a run"):
        automl.load(tmp_path)


def test_what_is_printed(run: automl.Run) -> None:
    """A run tells its task, its best row, how many trials there were and where it lies; in a notebook as HTML."""
    lines = repr(run).splitlines()
    assert lines[0].startswith("binary of 'bought', 120 rows, 3-fold stratified")
    assert lines[1].startswith(f"best: {run.leaderboard['id'].iloc[0]} with roc_auc 0.")
    counts = [int(count) for count in re.findall(r"(\d+) (?:complete|stopped|failed|partial)", lines[2])]
    assert sum(counts) == 5
    assert lines[2].startswith("5 trials (")
    assert lines[2].endswith("stopped because 5 trials are finished")
    assert lines[-1] == f"folder: {run.folder}"
    shown = run._repr_html_()
    assert "binary of &#x27;bought&#x27;" in shown
    assert "<table" in shown
    assert "0.5000" in shown or "0.5" in shown


def test_the_plan_is_printed_and_written_without_fitting(
    visits: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``plan`` says what ``fit`` would do, makes no file, and survives JSON."""
    monkeypatch.chdir(tmp_path)
    plan = automl.plan(visits, "bought", sample_weight="weight", algorithms=["linear", "dummy"], time_budget="90s")
    assert list(tmp_path.iterdir()) == []
    told = str(plan)
    for part in (
        "Predict 'bought' from a DataFrame: 120 rows, 6 columns (2 numeric, 1 category, 1 boolean, 1 datetime, "
        "1 duration).",
        "Task: binary (2 labels: 'no', 'yes').",
        "Metric: roc_auc, higher is better (",
        "Validation: ",
        "Algorithms: linear, dummy.",
        "Budget: 1m30s; ",
    ):
        assert part in told
    again = Plan.from_json(json.loads(json.dumps(plan.to_json())))
    assert again == plan
    assert str(again) == told
    assert automl.plan(visits, "bought", sample_weight="weight", algorithms=["linear", "dummy"], time_budget=90) == plan


def test_a_run_carries_out_its_plan(run: automl.Run, visits: pd.DataFrame) -> None:
    """The same call of ``plan`` tells the same decisions."""
    plan = automl.plan(
        visits,
        "bought",
        sample_weight="weight",
        algorithms=["dummy", "linear", "naive_bayes"],
        n_trials=5,
        time_budget=None,
        cv=3,
    )
    assert plan == run.plan


LABELS: dict[str, tuple[Any, Any, list[Any]]] = {
    "texts": ("object", {True: "high", False: "low"}, ["high", "low"]),
    "texts of pandas": ("str", {True: "high", False: "low"}, ["high", "low"]),
    "texts of digits": ("str", {True: "1", False: "2"}, ["1", "2"]),
    "booleans": ("bool", {True: True, False: False}, [False, True]),
    "booleans with gaps": ("boolean", {True: True, False: False}, [False, True]),
    "integers": ("int64", {True: 7, False: 2}, [2, 7]),
    "integers with gaps": ("Int64", {True: 1, False: 0}, [0, 1]),
    "small integers": ("uint8", {True: 1, False: 0}, [0, 1]),
    "whole floats": ("float64", {True: 1.0, False: -1.0}, [-1.0, 1.0]),
    "categories": ("category", {True: "b", False: "a"}, ["a", "b"]),
    "categories of numbers": ("category", {True: 3, False: 5}, [3, 5]),
    "mixed": ("object", {True: 1, False: "a"}, [1, "a"]),
    "Arrow texts": ("string[pyarrow]", {True: "x", False: "y"}, ["x", "y"]),
}


@pytest.mark.parametrize("case", LABELS)
def test_labels_of_every_dtype_come_back(case: str, people: pd.DataFrame, fast: Options, tmp_path: Path) -> None:
    """Labels are predicted as they were, with their own type, also by a loaded file; rows without one are left out."""
    dtype, labels, classes = LABELS[case]
    is_high = people.pop("income") == "high"
    target = pd.Series([labels[each] for each in is_high], index=people.index, dtype=dtype, name="y")
    has_gaps = case in ("texts", "booleans with gaps", "integers with gaps", "categories")
    fast = {**fast, "metric": "log_loss"}  # the best by the area may say one label of every row
    if has_gaps:
        target.iloc[[2, 4]] = None
        with pytest.warns(AutoMLWarning, match="2 of 80 rows have no target and are left out"):
            run = automl.fit(people.assign(y=target), "y", out=tmp_path, **fast)
    else:
        run = automl.fit(people.assign(y=target), "y", out=tmp_path, **fast)
    assert run.task.kind == "binary"
    loaded = automl.load(run.save(tmp_path / "model"))
    for found in (list(run.task.classes), run.best_pipeline.classes_.tolist(), loaded.classes_.tolist()):
        assert found == classes
        assert [type(each) for each in found] == [type(each) for each in classes]
    predicted = run.predict(people)
    assert set(predicted.tolist()) == set(classes)
    assert loaded.predict(people).tolist() == predicted.tolist()
    assert run.predict_proba(people).columns.tolist() == classes
    assert (predicted.astype(object) == target.astype(object))[target.notna()].mean() > 0.75
    scored = people.assign(y=target)[target.notna()]
    assert run.score(scored) < 0.6
    assert automl.load(tmp_path).predict(people).equals(predicted)


@pytest.mark.parametrize("as_what", ["array", "list", "Series", "named Series", "frame"])
def test_the_target_beside_the_table(as_what: str, people: pd.DataFrame, fast: Options, tmp_path: Path) -> None:
    """An array, list, Series or one-column frame of values is as good as a column."""
    y = people.pop("income")
    given = {
        "array": y.to_numpy(),
        "list": y.tolist(),
        "Series": y.rename(None).reset_index(drop=True),
        "named Series": y,
        "frame": y.to_frame(),
    }[as_what]
    run = automl.fit(people, given, out=tmp_path, **fast)
    assert run.predict(people).name == ("income" if as_what == "named Series" else "target")
    assert run.score(people, y) > 0.8
    assert run.refit(people, y).predict(people).shape == (80,)
    if as_what == "named Series":
        assert run.score(people.assign(income=y)) == run.score(people, y)
    else:
        with pytest.raises(PlanError, match="The table has no column 'target', which is the target"):
            run.score(people)


def test_arrays(fast: Options, tmp_path: Path) -> None:
    """Columns of an array are called by their number, the target may be one of them."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 2))
    y = (X[:, 0] > 0).astype(int)
    beside = automl.fit(X, y, out=tmp_path / "a", **fast)
    inside = automl.fit(np.column_stack([X, y]), 2, out=tmp_path / "b", **fast)
    assert beside.plan.schema.to_json() == inside.plan.schema.to_json()
    assert (beside.predict(X) == y).mean() > 0.9
    assert (inside.predict(X) == y).mean() > 0.9
    assert (beside.best_pipeline.predict(X) == beside.predict(X)).all()


def test_a_file_without_header(fast: Options, tmp_path: Path) -> None:
    """Columns are numbered from 0; the target is told by its number, as a text or not."""
    rng = np.random.default_rng(0)
    numbers = rng.normal(size=(70, 3)).round(2)
    table = pd.DataFrame(numbers).assign(word=rng.choice(["a", "b"], 70))
    table["y"] = np.where(table[0] + (table["word"] == "a") > 0.5, "yes", "no")
    path = tmp_path / "bare.csv"
    table.to_csv(path, header=False, index=False)
    run = automl.fit(path, "4", out=tmp_path / "run", **fast)
    assert run.task.target == "4"
    assert run.plan.n_rows == 70
    assert (run.predict(path) == table["y"].to_numpy()).mean() > 0.8
    assert automl.plan(path, 4).task == run.task


def test_groups_time_and_weights_by_name_and_by_array(visits: pd.DataFrame, fast: Options, tmp_path: Path) -> None:
    """Folds follow time and keep groups apart; values given beside the table mean the same as columns of it."""
    bare = visits.drop(columns=["person", "weight"])
    by_name = automl.fit(
        visits, "bought", groups="person", time_column="day", sample_weight="weight", out=tmp_path / "a", **fast
    )
    assert "along time" in by_name.plan.folds.reason
    assert "rows of a validated group leave training" in by_name.plan.folds.reason
    by_value = automl.fit(
        bare,
        "bought",
        groups=visits["person"].to_numpy(),
        time_column=visits["day"].tolist(),
        sample_weight=visits["weight"],
        out=tmp_path / "b",
        **fast,
    )
    timings = ["fit_seconds", "one_row_ms", "rows_per_second", "size_mb"]
    pd.testing.assert_frame_equal(by_value.leaderboard.drop(columns=timings), by_name.leaderboard.drop(columns=timings))
    plain = automl.fit(bare, "bought", groups=visits["person"], time_column="day", out=tmp_path / "c", **fast)
    assert plain.plan.fingerprints["folds"] == by_name.plan.fingerprints["folds"]
    assert plain.leaderboard["score"].tolist() != by_name.leaderboard["score"].tolist()


def test_rows_without_a_group_are_one_group_and_told(visits: pd.DataFrame) -> None:
    """A gap in the groups is not passed over in silence."""
    groups = visits["person"].astype(object).where(visits["person"] > 1, None)
    with pytest.warns(AutoMLWarning, match="8 rows have no group; together they are treated as one group"):
        automl.plan(visits, "bought", groups=groups)


@pytest.mark.parametrize(
    ("cv", "name", "n_folds"),
    [
        (KFold(4, shuffle=True, random_state=0), "4-fold KFold", 4),
        (TimeSeriesSplit(3), "3-fold TimeSeriesSplit", 3),
        (RepeatedStratifiedKFold(n_splits=2, n_repeats=2, random_state=0), "4-fold RepeatedStratifiedKFold", 4),
        ([(range(40), range(40, 80)), (range(40, 80), range(40))], "2-fold given pairs", 2),
        (((train, valid) for train, valid in KFold(2).split(np.zeros(80))), "2-fold given pairs", 2),
        ([(np.arange(80) < 50, np.arange(80) >= 50)], "1-fold given pairs", 1),
        (0.25, "hold-out", 1),
        ("holdout", "hold-out", 1),
    ],
)
def test_any_way_to_split(
    cv: Any, name: str, n_folds: int, people: pd.DataFrame, fast: Options, tmp_path: Path
) -> None:
    """Splitters of scikit-learn, pairs of row numbers or masks, and shares give a run each."""
    run = automl.fit(people, "income", out=tmp_path, **{**fast, "cv": cv})
    assert (run.plan.folds.name, run.plan.folds.n_folds) == (name, n_folds)
    assert run.score(people) > 0.8
    assert all(len(each.folds) <= n_folds for each in run.evaluations)


def test_a_splitter_gets_the_groups(visits: pd.DataFrame) -> None:
    """Groups named by the caller reach the caller's own splitter."""
    assert automl.plan(visits, "bought", cv=GroupKFold(3), groups="person").folds.n_folds == 3


@pytest.mark.parametrize("n_rare", [1, 2])
def test_rare_labels_lose_no_row(n_rare: int, people: pd.DataFrame, fast: Options, tmp_path: Path) -> None:
    """A label of one or two rows is kept, can be predicted, and where it can't be validated that is told."""
    people.iloc[:n_rare, people.columns.get_loc("income")] = "rare"
    people.iloc[:n_rare, people.columns.get_loc("age")] = 500.0
    if n_rare == 1:
        with pytest.warns(AutoMLWarning, match="single row are always trained on and never validated: 'rare'"):
            run = automl.fit(people, "income", out=tmp_path, **{**fast, "cv": 3})
        assert "but the only row of a label" in run.plan.folds.reason
    else:
        run = automl.fit(people, "income", out=tmp_path, **{**fast, "cv": 3})
        assert "labels with fewer rows than folds (1) are missing from some validations" in run.plan.folds.reason
    assert run.plan.n_rows == 80
    assert run.task.classes == ("high", "low", "rare")
    assert run.predict_proba(people).columns.tolist() == ["high", "low", "rare"]
    again = run.refit(people, which="linear-1").predict_proba(people.drop(columns="income"))
    assert again[:, 2].argmax() in range(n_rare)


def leaky(people: pd.DataFrame) -> pd.DataFrame:
    return people.assign(
        zip=np.arange(80) % 3 * 1000 + 1000,
        reason=people["income"].map({"high": "late", "low": None}),
        copy=(people["income"] == "high").astype(int),
        id=[f"x{row:05d}" for row in range(80)],
    )


def test_columns_that_give_the_target_away(people: pd.DataFrame, fast: Options, tmp_path: Path) -> None:
    """They are set aside with a warning that names them, and stay with ``keep`` or with a role of the caller's."""
    table = leaky(people)
    with pytest.warns(AutoMLWarning, match="gives the target away") as warned:
        run = automl.fit(table, "income", out=tmp_path, **fast)
    assert [str(each.message) for each in warned] == [
        "Column 'reason' is set aside because it gives the target away: present exactly when income is 'high'. "
        "keep=['reason'] retains it.",
        "Column 'copy' is set aside because it gives the target away: alone it explains all of income. "
        "keep=['copy'] retains it.",
    ]
    assert {each.filename for each in warned} == {__file__}
    assert {each.name: each.role for each in run.plan.schema.set_aside} == {
        "reason": "leak",
        "copy": "leak",
        "id": "identifier",
    }
    assert f"Warning: {warned[0].message} [target-leak]" in str(run.plan)
    assert "Set aside:" not in str(run.plan)
    assert run.leaderboard["score"].iloc[0] < 0.99
    assert run.predict(table.assign(reason="late", copy=1)).equals(run.predict(table))
    kept = automl.fit(table, "income", keep=["reason", "copy"], out=tmp_path / "kept", **fast)
    assert kept.leaderboard["score"].iloc[0] > 0.99
    assert kept.plan.schema["reason"].role == "category"
    named = automl.plan(table, "income", roles={"reason": "category", "copy": "boolean", "zip": "category"})
    assert [each.name for each in named.schema.set_aside] == ["id"]


def test_roles_of_the_callers(people: pd.DataFrame, fast: Options, tmp_path: Path) -> None:
    """A role that was found wrong is set right, and a column can be set aside or brought back."""
    table = leaky(people).drop(columns=["reason", "copy"])
    assert automl.plan(table, "income").schema["zip"].role == "numeric"
    run = automl.fit(
        table, "income", roles={"zip": "category", "size": "ignored", "id": "high_cardinality"}, out=tmp_path, **fast
    )
    told = {each.name: (each.role, each.reason) for each in run.plan.schema}
    assert told["zip"] == ("category", "named by the caller")
    assert told["size"] == ("ignored", "named by the caller")
    assert told["id"] == ("high_cardinality", "named by the caller")
    assert run.predict(table.assign(size=1e9)).equals(run.predict(table))


def test_keep_says_what_it_can_not_keep(people: pd.DataFrame) -> None:
    """An identifier is not brought back by ``keep``; that is told, with what does."""
    told = "Column 'id' is set aside although keep names it, because it is identifier"
    with pytest.warns(AutoMLWarning, match=told):
        plan = automl.plan(leaky(people).drop(columns=["reason", "copy"]), "income", keep=["id"])
    assert any(note.startswith(told) for note in plan.notes)


def test_a_leak_that_is_all_there_is(people: pd.DataFrame) -> None:
    """It is kept, because nothing else could be predicted from, and the warning says so."""
    with pytest.warns(AutoMLWarning, match="gives the target away: .* It is kept, as no other is left"):
        automl.plan(leaky(people)[["reason", "income"]], "income")


def test_without_an_ensemble(people: pd.DataFrame, fast: Options, tmp_path: Path) -> None:
    """``ensemble=False`` leaves the rows of the trials alone."""
    several = {**fast, "algorithms": ["linear", "naive_bayes", "nearest_neighbors"], "n_trials": 4}
    with_one = automl.fit(people, "income", out=tmp_path / "a", **several)
    without = automl.fit(people, "income", out=tmp_path / "b", ensemble=False, **several)
    assert (with_one.plan.ensemble, without.plan.ensemble) == (True, False)
    assert len(without.leaderboard) == 4
    assert "ensemble" not in set(without.leaderboard["id"])
    trials = with_one.leaderboard[with_one.leaderboard["id"] != "ensemble"]
    assert trials["id"].tolist() == without.leaderboard["id"].tolist()
    assert trials["score"].tolist() == without.leaderboard["score"].tolist()


def test_the_callers_table_is_never_changed(visits: pd.DataFrame, fast: Options, tmp_path: Path) -> None:
    """Neither values nor dtypes nor index nor column names, whatever is done with it."""
    table = make_visits()
    table.columns = pd.Index([*table.columns[:-2], 7, "bought"])  # a number among the names
    table.loc[table.index[:3], "bought"] = None
    table.loc[table.index[5], "age"] = np.inf
    before = table.copy(deep=True)
    with pytest.warns(AutoMLWarning):
        run = automl.fit(table, "bought", sample_weight=7, groups="person", out=tmp_path, **fast)
    with pytest.warns(AutoMLWarning):
        run.score(table)
    with pytest.warns(AutoMLWarning):
        run.refit(table)
    run.predict(table)
    pd.testing.assert_frame_equal(table, before)
    assert [type(each) for each in table.columns] == [type(each) for each in before.columns]


def test_a_resumed_run_goes_on(people: pd.DataFrame, fast: Options, tmp_path: Path) -> None:
    """The same call adds nothing, a larger one only what is missing."""
    first = automl.fit(people, "income", out=tmp_path, **fast)
    same = automl.fit(people, "income", out=tmp_path, **fast)
    more = automl.fit(people, "income", out=tmp_path, **{**fast, "n_trials": 5})
    assert same.leaderboard["score"].tolist() == first.leaderboard["score"].tolist()
    assert [len(each.evaluations) for each in (first, same, more)] == [3, 3, 5]
    assert [each.number for each in more.evaluations] == [0, 1, 2, 3, 4]
    assert [each.candidate for each in more.evaluations[:3]] == [each.candidate for each in first.evaluations]
