"""Differences between groups."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import accuracy_score, confusion_matrix, mean_absolute_error, precision_score, recall_score

import automl
from automl.errors import DataError, PlanError
from automl.evaluation.rates import measures_of_selection
from automl.explain.gaps import group_errors
from automl.explain.grouping import make_groups
from automl.values.schema import Schema


def _table(share: dict[str, float], n: int = 400) -> pd.DataFrame:
    """Return rows of which so many of each sex have a large x."""
    rng = np.random.default_rng(0)
    sex = np.repeat(list(share), n)
    x = np.concatenate([np.where(rng.random(n) < each, 1.0, -1.0) for each in share.values()])
    frame = pd.DataFrame({"x": x + rng.normal(size=len(x)) * 0.1, "sex": sex})
    return frame.assign(y=np.where((frame["x"] > 0) ^ (rng.random(len(frame)) < 0.15), "yes", "no"))


class _Threshold:
    """Selects rows of a large first column."""

    classes_ = np.array([0, 1])

    def fit(self, X: Any, y: Any) -> Any:
        return self

    def predict_proba(self, X: Any) -> Any:
        p = np.where(X[:, 0] > 0, 0.85, 0.15)
        return np.column_stack([1 - p, p])


def _judge(subject_of: Any, frame: pd.DataFrame, by: Any = "sex", **options: Any) -> Any:
    from automl.explain.fairness import judge_fairness

    return judge_fairness(subject_of(frame, "y", (_Threshold(), "onehot", 1.0)), by, data=frame, **options)


def test_the_numbers_are_those_of_scikit_learn(bought_run: automl.Run, bought: pd.DataFrame) -> None:
    """Rates, precision and accuracy of each group, from out-of-fold predictions."""
    found = bought_run.fairness("city").frame().set_index("group")
    held = bought_run.out_of_fold()
    y, said = held.y, held.prediction.argmax(axis=1)
    for city, row in found.iterrows():
        mine = (bought["city"] == city).to_numpy()[held.rows]
        (tn, fp), (_, _) = confusion_matrix(y[mine], said[mine])
        assert row["rows"] == mine.sum()
        assert row["base_rate"] == pytest.approx(y[mine].mean())
        assert row["selection_rate"] == pytest.approx(said[mine].mean())
        assert row["true_positive_rate"] == pytest.approx(recall_score(y[mine], said[mine]))
        assert row["false_positive_rate"] == pytest.approx(fp / (fp + tn))
        assert row["precision"] == pytest.approx(precision_score(y[mine], said[mine]))
        assert row["accuracy"] == pytest.approx(accuracy_score(y[mine], said[mine]))
        score = held.prediction[mine, 1]
        assert row["calibration_gap"] == pytest.approx(score.mean() - y[mine].mean(), abs=1e-6)


def test_a_threshold_and_a_label_say_who_is_selected(bought_run: automl.Run) -> None:
    """At 0 everybody is selected; the rates of the other label are the complements."""
    everybody = bought_run.fairness("sex", threshold=0).frame()
    assert everybody["selection_rate"].tolist() == [1, 1]
    yes, no = bought_run.fairness("sex").frame(), bought_run.fairness("sex", label="no").frame()
    np.testing.assert_allclose(yes["selection_rate"], 1 - no["selection_rate"])
    np.testing.assert_allclose(yes["true_positive_rate"], 1 - no["false_positive_rate"])
    assert "the probability of 'yes' is at least 0.3" in str(bought_run.fairness("sex", threshold=0.3))


def test_opposite_findings_are_told_by_opposite_sentences(subject_of: Any) -> None:
    """Whoever is selected more often is said to be; where nobody is, no difference is claimed."""
    more = str(_judge(subject_of, _table({"f": 0.7, "m": 0.3})))
    less = str(_judge(subject_of, _table({"f": 0.3, "m": 0.7})))
    same = str(_judge(subject_of, _table({"f": 0.5, "m": 0.5})))
    assert "By sex, the selection rate is higher for f (0." in more
    assert "By sex, the selection rate is higher for m (0." in less
    assert same.startswith("No clear difference between the groups of sex in the selection rate (at most ")
    assert " is higher for " not in same


def test_gaps_are_of_the_groups_farthest_apart(subject_of: Any) -> None:
    """Their interval holds the true gap, their ratio is that of the rates; equal groups have none."""
    found = _judge(subject_of, _table({"a": 0.2, "b": 0.5, "c": 0.8}))
    gap = next(each for each in found.gaps if each.measure == "selection_rate")
    assert (gap.higher, gap.lower, gap.is_clear) == ("c", "a", True)
    assert gap.low < 0.6 < gap.high
    assert gap.ratio == pytest.approx(gap.low_value / gap.high_value)
    assert found.gap_frame()["measure"].tolist() == [each.measure for each in found.gaps]
    table = found.intervals()
    assert ((table["low"] <= table["value"]) & (table["value"] <= table["high"])).all()


def test_bootstrap_errors_are_those_of_the_formula() -> None:
    """The standard error of a share is the root of p(1-p)/n; of a share of all or none it is not 0."""
    rng = np.random.default_rng(0)
    has = rng.random(1000) < 0.3
    measures = measures_of_selection(has, np.ones(1000, dtype=bool), np.full(1000, 0.3), np.ones(1000))
    errors = group_errors(measures, np.zeros(1000, dtype=int), 1, seed=7)[0]
    p = has.mean()
    assert errors[measures.names.index("base_rate")] == pytest.approx(np.sqrt(p * (1 - p) / 1000), rel=0.1)
    assert 0 < errors[measures.names.index("selection_rate")] < 0.005


def test_small_groups_are_not_judged(subject_of: Any) -> None:
    """A group of a few rows is told, not compared."""
    frame = _table({"f": 0.5, "m": 0.5}).assign(sex=lambda each: each["sex"].where(each.index > 8, "x"))
    found = _judge(subject_of, frame)
    assert "The group of fewer than 30 rows can't be judged: x (9)." in str(found)
    assert not found.comparable[found.groups.index("x")].any()
    assert all("x" not in (gap.higher, gap.lower) for gap in found.gaps)
    assert found.plot()._repr_png_()


def test_columns_of_numbers_and_several_columns_make_groups(subject_of: Any) -> None:
    """Numbers are cut into four parts; two columns tell groups together; missing is a group."""
    frame = _table({"f": 0.5, "m": 0.5})
    assert len(_judge(subject_of, frame, "x").groups) == 4
    frame = frame.assign(place=np.where(frame.index % 3 == 0, None, "here"))
    found = _judge(subject_of, frame, ["sex", "place"])
    assert set(found.groups) == {"f × here", "f × missing", "m × here", "m × missing"}
    many = pd.DataFrame({"g": [f"level {i % 40}" for i in range(400)]})
    assert make_groups(many, "g", Schema(()))[1][-1] == "29 others"


def test_quantities_have_errors(price_run: automl.Run) -> None:
    """Of a regression the mean error and its size are compared."""
    found = price_run.fairness("side").frame().set_index("group")
    held = price_run.out_of_fold()
    side = price_run.kept_rows()[1]["side"].to_numpy()[held.rows]
    for name in ("a", "b"):
        mine = side == name
        error = held.prediction[mine, 0] - held.y[mine]
        assert found.loc[name, "mean_error"] == pytest.approx(error.mean(), abs=1e-6)
        expected = mean_absolute_error(held.y[mine], held.prediction[mine, 0])
        assert found.loc[name, "mean_absolute_error"] == pytest.approx(expected, abs=1e-6)


def test_several_labels_have_accuracy(demo_run: automl.Run) -> None:
    """Without a label of interest, accuracy and calibration are compared; with one, its rates."""
    assert "accuracy" in demo_run.fairness("sepal width (cm)").measures
    label = demo_run.task.classes[0]
    assert "true_positive_rate" in demo_run.fairness("sepal width (cm)", label=label).measures


def test_bad_input_is_told(bought_run: automl.Run, price_run: automl.Run, bought: pd.DataFrame) -> None:
    """Columns that are absent or have one value, labels and thresholds that don't fit: one sentence each."""
    with pytest.raises(PlanError, match=r"There is no column 'sx' to group by. Did you mean 'sex'\?"):
        bought_run.fairness("sx")
    with pytest.raises(DataError, match=r"sex is 'f' in all 240 rows, so there are no groups to compare"):
        bought_run.fairness("sex", data=bought.assign(sex="f"))
    with pytest.raises(PlanError, match=r"threshold=0.5: 'price' is a quantity, and nothing is selected"):
        price_run.fairness("side", threshold=0.5)
    with pytest.raises(PlanError, match=r"threshold=5 is no probability; give one from 0 to 1"):
        bought_run.fairness("sex", threshold=5)
    with pytest.raises(PlanError, match=r"There is no label 'maybe'. Known: no, yes"):
        bought_run.fairness("sex", label="maybe")
    with pytest.raises(PlanError, match=r"label='yes' was given, but 'price' is a quantity"):
        price_run.fairness("side", label="yes")
    with pytest.raises(PlanError, match="by is empty"):
        bought_run.fairness([])
