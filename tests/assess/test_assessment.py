"""A judgement is read as a table, by class, by slice and as curves; what can't be judged is said in one sentence."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics
from sklearn.calibration import calibration_curve

import automl
from automl import DataError, PlanError
from automl.assess.assessment import Assessment
from automl.assess.curves import threshold_counts
from automl.assess.judged import Judged
from automl.assess.scores import QUANTILES
from automl.assess.slices import cut
from automl.plotting import to_png
from automl.values.schema import Column, Schema
from automl.values.task import Task

BINARY = Task("binary", "y", ("no", "yes"))


def made_up(n: int = 300, seed: int = 0, weighted: bool = False) -> Judged:
    """Return predictions of two labels that know something; some are equal."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, n)
    p = np.clip(rng.normal(0.35 + 0.3 * y, 0.2), 0.01, 0.99).round(2)
    return Judged(BINARY, y, np.column_stack([1 - p, p]), rng.uniform(0.5, 2, n) if weighted else None)


@pytest.mark.parametrize("weighted", [False, True])
def test_curves_are_those_of_scikit_learn(weighted: bool) -> None:
    """ROC and precision-recall are scikit-learn's, and their areas are the metrics."""
    rows = made_up(weighted=weighted)
    assessment = Assessment.of(rows)
    roc = assessment.curve("roc").frame()
    wrong, right, cuts = metrics.roc_curve(rows.y, rows.prediction[:, 1], sample_weight=rows.weight)
    assert np.allclose(roc[["false_positive_rate", "true_positive_rate"]], np.column_stack([wrong, right]), atol=1e-12)
    assert np.array_equal(roc["threshold"], cuts)
    assert metrics.auc(wrong, right) == pytest.approx(assessment.values["roc_auc"], abs=1e-9)
    pr = assessment.curve("pr").frame()
    told = metrics.precision_recall_curve(rows.y, rows.prediction[:, 1], sample_weight=rows.weight)
    assert np.allclose(pr[["precision", "recall"]], np.column_stack(told[:2]), atol=1e-12)


@pytest.mark.parametrize("weighted", [False, True])
def test_counts_at_thresholds_are_scikit_learns(weighted: bool) -> None:
    """At every threshold the four counts are those of the confusion matrix of the decided labels."""
    rows = made_up(weighted=weighted)
    for row in threshold_counts(rows).itertuples():
        decided = (rows.prediction[:, 1] >= row.threshold).astype(int)
        table = metrics.confusion_matrix(rows.y, decided, labels=[0, 1], sample_weight=rows.weight)
        assert table.ravel() == pytest.approx([row.tn, row.fp, row.fn, row.tp], abs=1e-9)


def test_gain_starts_at_nothing_and_ends_at_everything() -> None:
    """All rows hold all of a label and no lift; the first rows of a good model hold more than their share."""
    gain = Assessment.of(made_up()).curve("gain").frame()
    assert (gain["gain"].iloc[0], gain["gain"].iloc[-1]) == (0, pytest.approx(1))
    assert gain["gain"].is_monotonic_increasing
    assert gain["lift"].iloc[-1] == pytest.approx(1)
    assert gain["lift"].iloc[10] > 1.5


@pytest.mark.parametrize("name", ["roc", "pr", "calibration", "gain", "lift", "threshold", "confusion"])
def test_every_curve_of_labels_has_a_picture(binary_run: automl.Run, name: str) -> None:
    """Numbers and a picture, made without pyplot."""
    curve = binary_run.evaluate().curve(name)
    assert len(curve.frame())
    assert to_png(curve.plot(3, 2)).startswith(b"\x89PNG")


@pytest.mark.parametrize("name", ["truth", "residuals"])
def test_every_curve_of_quantities_has_a_picture(regression_run: automl.Run, name: str) -> None:
    """Numbers and a picture."""
    curve = regression_run.evaluate().curve(name)
    assert curve.frame().eval("truth - prediction - residual").abs().max() < 1e-9
    assert to_png(curve.plot(3, 2)).startswith(b"\x89PNG")


def test_overviews_have_pictures(binary_run: automl.Run, regression_run: automl.Run, demo_run: automl.Run) -> None:
    """Each kind of task has its own overview."""
    for run in (binary_run, regression_run, demo_run):
        assert to_png(run.evaluate().plot()).startswith(b"\x89PNG")


def test_multiclass_curves_have_a_line_for_each_label(demo_run: automl.Run) -> None:
    """Each label is told from the rest, and the mean of their areas is the metric."""
    assessment = demo_run.evaluate()
    roc = assessment.curve("roc").frame()
    areas = [metrics.auc(part["false_positive_rate"], part["true_positive_rate"]) for _, part in roc.groupby("label")]
    assert len(areas) == 3
    assert np.mean(areas) == pytest.approx(assessment.values["roc_auc"], abs=1e-9)
    assert assessment.per_class()["roc_auc"].tolist() == pytest.approx(areas, abs=1e-9)


def test_a_curve_of_one_label(demo_run: automl.Run) -> None:
    """A label may be looked at alone; its calibration is scikit-learn's."""
    assessment = demo_run.evaluate()
    assert assessment.curve("roc", label=2).frame()["label"].unique().tolist() == [2]
    found = assessment.curve("calibration", label=1).frame()
    said = assessment.judged.prediction[:, 1]
    observed, predicted = calibration_curve(assessment.judged.y == 1, said, n_bins=10, strategy="quantile")
    assert found["observed"].tolist() == pytest.approx(observed.tolist(), abs=1e-9)
    assert found["predicted"].tolist() == pytest.approx(predicted.tolist(), abs=1e-9)
    with pytest.raises(PlanError, match=r"There is no label 'setosa'\. Known: 0, 1, 2\."):
        assessment.curve("roc", label="setosa")


def test_a_metric_says_what_it_means(binary_run: automl.Run, regression_run: automl.Run) -> None:
    """Every metric has a meaning in words; all but residuals have a better side."""
    for run in (binary_run, regression_run):
        table = run.evaluate().frame().set_index("metric")
        assert (table["meaning"] != "").all()
        assert set(table[table["better"] == ""].index) <= {"mean_residual", *QUANTILES}
        assert table.loc[run.metric.name, "better"] == ("higher" if run.metric.greater_is_better else "lower")


def test_classes_are_judged_as_scikit_learn_does(binary_run: automl.Run) -> None:
    """Precision, recall and F1 of each label are those of its report."""
    assessment = binary_run.evaluate()
    found = assessment.per_class()
    decided = assessment.judged.prediction.argmax(axis=1)
    told = metrics.precision_recall_fscore_support(assessment.judged.y, decided)
    assert found["label"].tolist() == ["high", "low"]
    for name, values in zip(("precision", "recall", "f1", "rows"), told, strict=True):
        assert found[name].tolist() == pytest.approx(values.tolist(), abs=1e-12)
    assert (found["recall_low"] < found["recall"]).all()
    assert (found["recall"] < found["recall_high"]).all()


def test_a_test_table_is_judged_as_the_run_scores_it(binary_run: automl.Run, people_test: pd.DataFrame) -> None:
    """The run's metric on a test table is what ``score`` says, with the target inside or beside."""
    found = binary_run.evaluate(people_test).values[binary_run.metric.name]
    assert found == pytest.approx(binary_run.score(people_test), abs=1e-12)
    beside = binary_run.evaluate(people_test.drop(columns="income"), people_test["income"])
    assert beside.values[binary_run.metric.name] == pytest.approx(found, abs=1e-12)


def test_words_hold_the_numbers(binary_run: automl.Run) -> None:
    """The text names what was judged, and each metric with its interval."""
    assessment = binary_run.evaluate(level=0.9)
    told = str(assessment).splitlines()
    assert told[0] == "'income' judged by out-of-fold predictions, 400 rows; 90% intervals"
    assert any(line.startswith("roc_auc") and f"{assessment.values['roc_auc']:.4g}" in line for line in told)


def test_the_worst_slice_is_found_by_itself(binary_run: automl.Run, people_test: pd.DataFrame) -> None:
    """Where incomes are chance the model is worse, and nothing else is named."""
    for assessment in (binary_run.evaluate(), binary_run.evaluate(people_test)):
        worst = assessment.slices()
        assert worst[["column", "slice"]].to_numpy().tolist() == [["city", "Rome"]]
        assert worst["high"].iloc[0] < worst["rest"].iloc[0]
        assert worst["p_value"].iloc[0] < 0.05


def test_slices_of_a_column_hold_all_rows(binary_run: automl.Run) -> None:
    """By a category every level is a slice, by a quantity every fifth; several columns follow each other."""
    table = binary_run.evaluate(by=["city", "age"]).slices()
    assert table["column"].tolist() == ["city"] * 3 + ["age"] * 5
    assert table.groupby("column")["rows"].sum().tolist() == [400, 400]
    assert set(table[table["column"] == "city"]["slice"]) == {"Oslo", "Rome", "Bern"}


def test_noise_has_no_worst_slice() -> None:
    """Where no column says anything about errors, few tables of many have a slice that stands out."""
    named = []
    for seed in range(20):
        rng = np.random.default_rng([1, seed])
        columns = pd.DataFrame({f"c{k}": rng.normal(size=400) for k in range(10)})
        columns = columns.assign(**{f"d{k}": rng.choice(list("abcdef"), 400) for k in range(10)})
        rows = made_up(400, seed)
        schema = Schema(tuple(Column(n, "numeric" if n[0] == "c" else "category", "") for n in columns))
        judged = Judged(BINARY, rows.y, rows.prediction, columns=columns, schema=schema)
        named.append(not Assessment.of(judged, seed=seed).slices().empty)
    assert sum(named) <= 4


def test_cuts_name_missing_rare_and_dates() -> None:
    """Missing cells are a slice; rare levels are one; dates are cut as dates."""
    cells = pd.Series([f"l{k % 40}" for k in range(400)] + [None])
    names = cut(cells, Column("c", "high_cardinality", "")).names
    assert (len(names), names[-2:]) == (21, ("other", "missing"))
    dates = pd.Series(pd.date_range("2020-01-01", periods=100))
    assert cut(dates, Column("d", "datetime", "")).names[0] == "2020-01-01 to 2020-01-21"


def test_a_target_that_is_not_there(binary_run: automl.Run, people_test: pd.DataFrame) -> None:
    """A test table without the target gets one sentence."""
    with pytest.raises(PlanError, match=r"no column 'income', which is the target\. Give its values with target="):
        binary_run.evaluate(people_test.drop(columns="income"))


def test_other_columns(binary_run: automl.Run, people_test: pd.DataFrame) -> None:
    """A test table that lacks columns is told which."""
    with pytest.raises(DataError, match=r"lack 2 of the columns that the model was trained on: 'age', 'city'"):
        binary_run.evaluate(people_test.drop(columns=["age", "city"]))


def test_unseen_labels(binary_run: automl.Run, people_test: pd.DataFrame) -> None:
    """A label that training did not have is named."""
    with pytest.raises(DataError, match="holds the label 'middle', which was not among those it was trained on"):
        binary_run.evaluate(people_test.assign(income="middle"))


def test_an_empty_table(binary_run: automl.Run, people_test: pd.DataFrame) -> None:
    """No row, no judgement."""
    with pytest.raises(DataError, match=r"The table has no rows; give at least one\."):
        binary_run.evaluate(people_test.head(0))


def test_one_label_alone(binary_run: automl.Run, people_test: pd.DataFrame) -> None:
    """With one label the area under the ROC curve is not a number, and why is said; the rest is judged."""
    assessment = binary_run.evaluate(people_test[people_test["income"] == "high"])
    row = assessment.frame().set_index("metric").loc["roc_auc"]
    assert np.isnan(row["value"])
    assert row["note"] == "only one label, 'high', occurs"
    assert "roc_auc is undefined: only one label, 'high', occurs." in str(assessment)
    assert 0 < assessment.values["accuracy"] < 1
    with pytest.raises(PlanError, match="The curve 'roc' needs two labels, but in the test table all rows have 'high'"):
        assessment.curve("roc")
    assert to_png(assessment.plot()).startswith(b"\x89PNG")


def test_a_target_of_zero_has_no_relative_error() -> None:
    """MAPE is defined where no target is 0; else the note counts them."""
    y = np.array([0.0, 1.0, 2.0, 0.0])
    frame = Assessment.of(Judged(Task("regression", "y"), y, y[:, None] + 0.1)).frame().set_index("metric")
    assert np.isnan(frame.loc["mape", "value"])
    assert frame.loc["mape", "note"] == "2 of 4 targets are 0"


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda run: run.evaluate().curve("rok"), "Unknown curve 'rok'. Did you mean 'roc'?"),
        (lambda run: run.evaluate().curve("truth"), "A binary task has no curve 'truth'; it has roc, pr, calibration"),
        (lambda run: run.evaluate(by="town"), "There is no column 'town' to cut the rows by. Known: age, city, size."),
        (lambda run: run.evaluate(level=95), "level=95 is no share of the resamples; give a number between 0 and 1."),
        (lambda run: run.evaluate(level="wide"), "level='wide' is no share of the resamples"),
        (lambda run: run.evaluate(which=99), "The leaderboard has no row 99."),
    ],
)
def test_what_can_not_be_asked(binary_run: automl.Run, call: object, told: str) -> None:
    """Each wrong question has its sentence."""
    with pytest.raises(PlanError, match=re.escape(told)):
        call(binary_run)  # type: ignore[operator]


def test_a_regression_has_no_classes(regression_run: automl.Run) -> None:
    """Nor curves of labels."""
    with pytest.raises(PlanError, match="A regression has no classes"):
        regression_run.evaluate().per_class()
    with pytest.raises(PlanError, match="A regression task has no curve 'roc'; it has truth, residuals"):
        regression_run.evaluate().curve("roc")


def test_a_reopened_run_judges_the_same(binary_run: automl.Run) -> None:
    """Everything that a judgement needs lies in the folder."""
    again = automl.load(binary_run.folder).evaluate()
    assert again.frame().equals(binary_run.evaluate().frame())
    assert again.slices().equals(binary_run.evaluate().slices())
