"""``automl.compare``: verdicts follow from intervals, and what can't be compared is refused in one sentence."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.metrics import log_loss, roc_auc_score

import automl
from automl.comparison.result import outcome_of
from automl.errors import AutoMLWarning, DataError, PlanError

RNG = np.random.default_rng(0)
N = 600
Y = RNG.integers(0, 2, N)
LABELS = np.where(Y == 1, "yes", "no")
WORSE = np.clip(0.5 + 0.15 * (2 * Y - 1) + RNG.normal(0, 0.25, N), 0.01, 0.99)
BETTER = np.clip(0.5 + 0.25 * (2 * Y - 1) + RNG.normal(0, 0.2, N), 0.01, 0.99)


def test_verdict_names_the_better_one() -> None:
    """The sentence says which, by how much, the interval, and what chance alone would do."""
    found = automl.compare(WORSE, BETTER, target=LABELS, names=("old", "new"))
    assert found.outcome == "b"
    assert found.gain == pytest.approx(roc_auc_score(Y, BETTER) - roc_auc_score(Y, WORSE), abs=1e-12)
    assert re.fullmatch(
        r"new is better than old by 0\.\d+ roc_auc \(95 % interval 0\.\d+ to 0\.\d+\); if they were equally good, "
        r"chance alone would make a difference this large in less than 0\.01 % of such comparisons\.",
        found.verdict,
    )


def test_opposite_findings_are_opposite_sentences() -> None:
    """Exchanging the two turns the gain round and leaves the sentence as true."""
    one = automl.compare(WORSE, BETTER, target=LABELS, names=("old", "new"))
    other = automl.compare(BETTER, WORSE, target=LABELS, names=("new", "old"))
    changed = automl.compare(BETTER, WORSE, target=LABELS, names=("old", "new"))
    assert (one.outcome, other.outcome) == ("b", "a")
    assert other.gain == -one.gain
    assert one.verdict == other.verdict
    assert changed.verdict.startswith("old is better than new by")


def test_a_loss_gains_by_falling() -> None:
    """Gains are positive where B is better, whatever the metric's direction."""
    found = automl.compare(WORSE, BETTER, target=LABELS, metric="log_loss")
    assert found.gain == pytest.approx(log_loss(Y, WORSE) - log_loss(Y, BETTER))
    assert found.outcome == "b"
    assert found.score_b < found.score_a
    assert found.test.name == "paired bootstrap"


def test_no_verdict_says_how_many_rows_would_tell() -> None:
    """An interval that includes 0 gives no winner."""
    noise = np.clip(0.5 + 0.15 * (2 * Y - 1) + np.random.default_rng(1).normal(0, 0.25, N), 0.01, 0.99)
    found = automl.compare(WORSE, noise, target=LABELS)
    assert found.outcome == "undecided"
    needed = found.rows_needed()
    assert needed is not None
    assert found.verdict.startswith("Undecided between a and b: ")
    assert (
        f"includes 0. If the difference is real, about {needed:,} rows would show it; there are 600." in found.verdict
    )
    asked = automl.compare(WORSE, noise, target=LABELS, rope=1e-5)
    assert asked.verdict.endswith(
        f"About {asked.rows_needed():,} rows would show a difference of 1e-05; there are 600."
    )


def test_practically_the_same_needs_to_be_asked_for() -> None:
    """Only where it was said what does not matter can two be the same."""
    nearly = WORSE + 1e-4 * np.random.default_rng(1).random(N)
    assert automl.compare(WORSE, nearly, target=LABELS).outcome in ("a", "b", "undecided")
    found = automl.compare(WORSE, nearly, target=LABELS, rope=0.01)
    assert found.outcome == "same"
    assert found.verdict.startswith("a and b are practically the same: the 95 % interval of the difference in roc_auc")


def test_better_but_perhaps_not_by_what_matters() -> None:
    """A finding whose interval reaches into the region says so."""
    found = automl.compare(WORSE, BETTER, target=LABELS, rope=automl.compare(WORSE, BETTER, target=LABELS).gain)
    assert found.outcome == "b"
    assert "Whether by more than the" in found.verdict


def test_identical_predictions() -> None:
    """There is nothing to test."""
    assert automl.compare(WORSE, WORSE.copy(), target=LABELS).verdict == "a and b predict the same in all 600 rows."


def test_rows_that_can_not_tell() -> None:
    """Two perfect answers without any variance are no proof that both are the same."""
    found = automl.compare(Y * 0.9, Y * 0.8, target=LABELS, rope=0.01)
    assert found.outcome == "undecided"
    assert found.verdict == "Undecided between a and b: by roc_auc, these rows can't tell them apart."


def test_few_rows_are_named() -> None:
    """Below 30 rows a note warns."""
    assert "Intervals from so few rows are rough." in automl.compare(WORSE[:20], BETTER[:20], target=LABELS[:20]).notes


@settings(max_examples=200)
@given(st.floats(-1, 1), st.floats(0, 1), st.floats(0, 0.5))
def test_outcome_follows_from_the_interval_alone(low: float, width: float, rope: float) -> None:
    """Mirrored intervals have mirrored outcomes, and no winner has 0 inside."""
    mirror = {"a": "b", "b": "a"}
    found, other = outcome_of((low, low + width), rope), outcome_of((-low - width, -low), rope)
    assert other == mirror.get(found, found)
    if found in ("a", "b"):
        assert low > 0 or low + width < 0


def test_forms_of_predictions_mean_the_same() -> None:
    """Probabilities of the second label, of both, a frame by label in any order, a column, a Series."""
    both = np.column_stack([1 - BETTER, BETTER])
    frame = pd.DataFrame({"yes": BETTER, "no": 1 - BETTER})
    data = pd.DataFrame({"y": LABELS, "new": BETTER})
    gain = automl.compare(WORSE, BETTER, target=LABELS).gain
    for form in (both, frame, pd.Series(BETTER, index=range(5, N + 5)), BETTER.tolist()):
        assert automl.compare(WORSE, form, target=LABELS).gain == pytest.approx(gain)
    found = automl.compare(WORSE, "new", data, target="y")
    assert (found.gain, found.b) == (pytest.approx(gain), "new")


def test_labels_alone_are_compared_by_accuracy() -> None:
    """Where one gives labels, the usual metric is the accuracy."""
    found = automl.compare(np.where(WORSE > 0.5, "yes", "no"), BETTER, target=LABELS)
    assert (found.metric, found.test.name) == ("accuracy", "McNemar's test")
    with pytest.raises(PlanError, match=r"roc_auc needs probabilities, but a holds labels only\. Give its prob"):
        automl.compare(np.where(WORSE > 0.5, "yes", "no"), BETTER, target=LABELS, metric="roc_auc")


def test_pipelines_are_asked() -> None:
    """Fitted models predict the rows without the target's column."""
    data = pd.DataFrame({"x": WORSE, "z": np.random.default_rng(1).random(N), "y": LABELS})
    good = LogisticRegression().fit(data[["x", "z"]], data["y"])
    poor = LogisticRegression().fit(data[["z"]], data["y"])
    found = automl.compare(poor, good, data, target="y")
    assert found.outcome == "b"
    assert found.score_b == pytest.approx(roc_auc_score(Y, WORSE), abs=0.01)
    with pytest.raises(PlanError, match=r"b predicts quantities, but 'y' is a binary target\."):
        automl.compare(good, LinearRegression().fit(data[["z"]], Y), data, target="y")
    other = LogisticRegression().fit(data[["z"]], np.where(Y == 1, "good", "bad"))
    with pytest.raises(PlanError, match=r"b knows the labels bad, good, but the target 'y' has 'no', 'yes'; only"):
        automl.compare(good, other, data, target="y")
    with pytest.raises(PlanError, match=r"a has to predict rows\. Give them with data=\."):
        automl.compare(good, BETTER, target=LABELS)


def test_several_labels_and_quantities() -> None:
    """Every kind of task has its usual metric."""
    y = np.random.default_rng(1).integers(0, 3, 300)
    a, b = np.full((300, 3), 1 / 3), 0.2 + 0.4 * np.eye(3)[y]
    assert automl.compare(a, b, target=y).metric == "log_loss"
    truth = np.random.default_rng(1).normal(0, 1, 300)
    found = automl.compare(truth + 1, truth + np.random.default_rng(1).normal(0, 0.5, 300), target=truth)
    assert (found.metric, found.outcome) == ("rmse", "b")


def test_counts_are_quantities_for_a_metric_of_quantities() -> None:
    """A target that could be labels is what the metric says."""
    y = np.random.default_rng(1).integers(0, 4, 300)
    assert automl.compare(y + 0.5, y + 0.1, target=y, metric="mae").gain == pytest.approx(0.4)


def test_rows_without_a_target_are_left_out() -> None:
    """And a note says how many."""
    labels = LABELS.astype(object).copy()
    labels[:50] = None
    found = automl.compare(WORSE, BETTER, target=labels)
    assert found.n_rows == 550
    assert "50 rows without a target are left out." in found.notes


def test_weights_and_groups_by_column() -> None:
    """Both reach the test."""
    data = pd.DataFrame(
        {"y": LABELS, "w": np.random.default_rng(1).random(N), "patient": np.arange(N) // 4, "a": WORSE, "b": BETTER}
    )
    assert "with their weights" in automl.compare("a", "b", data, target="y", sample_weight="w").test.reason
    assert "drawn together" in automl.compare("a", "b", data, target="y", groups="patient").test.reason


@pytest.mark.parametrize(
    ("words", "error", "message"),
    [
        ({}, PlanError, "Predictions are compared with what is true. Name the target's column, or give its values."),
        ({"target": "y"}, PlanError, "target='y' is a column of data=, which is not given."),
        ({"data": {"x": Y}, "target": "y"}, PlanError, "There is no column 'y' for the target. Known: x."),
        ({"target": LABELS[:-1]}, DataError, "a has 600 predictions, but there are 599 rows; they must match."),
        ({"target": np.repeat("yes", N)}, DataError, "The target 'target' has one value only, 'yes': a single class,"),
        ({"target": [None] * N}, DataError, "The target 'target' is missing in every row; there is nothing to compare"),
        ({"target": LABELS, "level": 95}, PlanError, "level=95 is no confidence level; give a number between 0 and 1"),
        ({"target": LABELS, "rope": -1}, PlanError, "rope=-1 is no difference; give the largest that does not matter"),
        ({"target": LABELS, "metric": "rmse"}, PlanError, "Metric 'rmse' does not fit a binary task; for binary: "),
        ({"target": LABELS, "names": ("x", "x")}, PlanError, "names=('x', 'x') must be 2 different names."),
        ({"target": LABELS, "sample_weight": [1.0]}, DataError, "sample_weight has 1 values, but there are 600 rows;"),
        (
            {"target": LABELS, "sample_weight": -Y},
            DataError,
            "sample_weight 'sample_weight' holds values that are no w",
        ),
    ],
)
def test_bad_words(words: dict[str, Any], error: type[Exception], message: str) -> None:
    """One clear sentence each."""
    data = words.pop("data", None)
    with pytest.raises(error, match=re.escape(message)):
        automl.compare(WORSE, BETTER, None if data is None else pd.DataFrame(data), **words)


@pytest.mark.parametrize(
    ("prediction", "error", "message"),
    [
        (np.where(Y == 1, np.nan, 0.5), DataError, "b has no prediction in"),
        (BETTER + 1, DataError, "which is neither a label of 'target' ('no', 'yes') nor a probability from 0 to 1."),
        (np.full((N, 3), 0.3), DataError, "b has the shape (600, 3); give labels, or a probability for each of 'no'"),
        (np.where(Y == 1, "yes", "perhaps"), DataError, "b holds 'yes', which is no prediction here; give labels of"),
        (np.full(N, np.inf), DataError, "b holds infinite predictions; give finite ones."),
        (pd.DataFrame({"no": BETTER, "maybe": BETTER}), DataError, "b has no column for the label 'yes'; give one for"),
        (0.5, PlanError, "b is 0.5; give a run, a fitted pipeline, a column's name or predictions."),
        ("new", PlanError, "'new' is a column of data=, which is not given."),
    ],
)
def test_bad_predictions(prediction: Any, error: type[Exception], message: str) -> None:
    """One clear sentence each."""
    with pytest.raises(error, match=re.escape(message)):
        automl.compare(WORSE, prediction, target=LABELS)


def test_one_class_in_the_table() -> None:
    """A table of one label can't tell areas apart; the sentence says what can be done."""
    data = pd.DataFrame({"x": WORSE, "y": LABELS})
    model = LogisticRegression().fit(data[["x"]], data["y"])
    with pytest.raises(DataError, match=r"All \d+ rows have the label 'yes', so roc_auc is not defined on them\. Give"):
        automl.compare(model, model, data[data.y == "yes"], target="y")


def test_frame_and_json_tell_the_same() -> None:
    """The frame has a row a test; JSON has no number that JSON does not know."""
    import json

    found = automl.compare(WORSE, BETTER, target=LABELS)
    row = found.frame().iloc[0]
    assert (row["low"], row["high"]) == found.interval
    told = json.loads(json.dumps(found.to_json(), allow_nan=False))
    assert (told["outcome"], told["gain"]) == ("b", found.gain)
    assert told["tests"][0]["same"] is None


def test_pictures_have_the_look_of_the_package() -> None:
    """A figure comes out, and names stand in it as they are."""
    figure = automl.compare(WORSE, BETTER, target=LABELS, names=("$old$", "new")).plot()
    assert "$old$" in figure.axes[0].get_title(loc="left")
    assert figure._repr_png_()[:4] == b"\x89PNG"


def test_it_is_a_table_in_a_notebook() -> None:
    """What a name brings is escaped."""
    html = automl.compare(WORSE, BETTER, target=LABELS, names=("<b>", "new"))._repr_html_()
    assert "&lt;b&gt;" in html
    assert "<b>" not in html


def test_reordered_columns_do_not_warn(recwarn: pytest.WarningsRecorder) -> None:
    """Comparing is quiet."""
    automl.compare(WORSE, BETTER, target=LABELS)
    assert not [each for each in recwarn if issubclass(each.category, AutoMLWarning)]
