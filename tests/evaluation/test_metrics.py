"""Metrics: the values of scikit-learn, a score for folds that lack a class, and the sentences for what doesn't fit."""

from __future__ import annotations

import functools
import pickle
import re
from collections.abc import Callable
from typing import Any

import cloudpickle
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk

from automl.errors import AutoMLWarning, PlanError
from automl.evaluation.decisions import decide, label_array
from automl.evaluation.metrics import (
    METRICS,
    check_target,
    default_metric,
    default_metric_reason,
    further_metrics,
    get_metric,
    is_defined,
)
from automl.values.metric import Metric
from automl.values.task import TASK_KINDS, Task

BINARY = Task("binary", "bought", ("no", "yes"))
MULTICLASS = Task("multiclass", "colour", ("blue", "green", "red", "white"))
REGRESSION = Task("regression", "price")
TASKS = {"binary": BINARY, "multiclass": MULTICLASS, "regression": REGRESSION}

Sample = tuple[np.ndarray, np.ndarray, np.ndarray | None]


@st.composite
def judged(draw: st.DrawFn, width: int) -> Sample:
    """Draw encoded targets in which all classes occur, predictions with ties, and maybe weights."""
    n_rows = draw(st.integers(12, 60))
    rng = np.random.default_rng(draw(st.integers(0, 2**31)))
    weight = rng.integers(0, 4, n_rows).astype(float) if draw(st.booleans()) else None
    if weight is not None:
        weight[: 2 * max(width, 1)] = 1
    if width == 1:
        y = rng.gamma(1.0, size=n_rows).round(2) + 0.01
        return y, np.maximum(y * rng.lognormal(size=n_rows), 0.01).round(2)[:, None], weight
    y = rng.integers(0, width, n_rows)
    y[: 2 * width] = np.arange(2 * width) % width
    prediction = rng.random((n_rows, width)).round(draw(st.sampled_from([1, 6]))) + 0.05
    return y, prediction / prediction.sum(axis=1, keepdims=True), weight


def of_labels(function: Callable[..., float], **options: Any) -> Callable[..., float]:
    """Let scikit-learn judge the decided labels."""
    return lambda y, p, w: function(y, decide(p), sample_weight=w, **options)


def of_positive(function: Callable[..., float], **options: Any) -> Callable[..., float]:
    """Let scikit-learn judge the probability of the second label."""
    return lambda y, p, w: function(y, p[:, 1], sample_weight=w, **options)


def of_all(function: Callable[..., float], **options: Any) -> Callable[..., float]:
    """Let scikit-learn judge all probabilities."""
    return lambda y, p, w: function(y, p, sample_weight=w, **options)


def of_values(function: Callable[..., float], **options: Any) -> Callable[..., float]:
    """Let scikit-learn judge predicted values."""
    return lambda y, p, w: function(y, p[:, 0], sample_weight=w, **options)


BOTH = {
    "accuracy": of_labels(sk.accuracy_score),
    "balanced_accuracy": of_labels(sk.balanced_accuracy_score),
    "log_loss": of_all(sk.log_loss),
    "mcc": of_labels(sk.matthews_corrcoef),
    "cohen_kappa": lambda y, p, w: sk.cohen_kappa_score(y, decide(p), sample_weight=w),
    **{
        f"{name}_{average}": of_labels(function, average=average, zero_division=0)
        for name, function in (("precision", sk.precision_score), ("recall", sk.recall_score), ("f1", sk.f1_score))
        for average in ("macro", "micro", "weighted")
    },
}
OF_BINARY = {
    **BOTH,
    "precision": of_labels(sk.precision_score, zero_division=0),
    "recall": of_labels(sk.recall_score, zero_division=0),
    "f1": of_labels(sk.f1_score, zero_division=0),
    "roc_auc": of_positive(sk.roc_auc_score),
    "average_precision": of_positive(sk.average_precision_score),
    "brier": of_positive(sk.brier_score_loss),
}
OF_MULTICLASS = {
    **BOTH,
    "roc_auc": of_all(sk.roc_auc_score, multi_class="ovr"),
    "roc_auc_ovr": of_all(sk.roc_auc_score, multi_class="ovr"),
    "average_precision": of_all(sk.average_precision_score),
    "brier": of_all(sk.brier_score_loss),
}
OF_VALUES = {
    "rmse": of_values(sk.root_mean_squared_error),
    "mse": of_values(sk.mean_squared_error),
    "mae": of_values(sk.mean_absolute_error),
    "medae": of_values(sk.median_absolute_error),
    "r2": of_values(sk.r2_score),
    "mape": of_values(sk.mean_absolute_percentage_error),
    "rmsle": of_values(sk.root_mean_squared_log_error),
    "poisson_deviance": of_values(sk.mean_poisson_deviance),
    "gamma_deviance": of_values(sk.mean_gamma_deviance),
    "pinball": of_values(sk.mean_pinball_loss),
    "pinball_0.9": of_values(sk.mean_pinball_loss, alpha=0.9),
    "d2": of_values(sk.d2_absolute_error_score),
    "d2_pinball_0.1": of_values(sk.d2_pinball_score, alpha=0.1),
    "d2_poisson": of_values(sk.d2_tweedie_score, power=1),
    "d2_gamma": of_values(sk.d2_tweedie_score, power=2),
}


@settings(deadline=None, max_examples=60)
@given(judged(2))
def test_binary_scores_are_those_of_scikit_learn(sample: Sample) -> None:
    """Every binary metric agrees with scikit-learn to 1e-9, weighted or not."""
    for name, wanted in OF_BINARY.items():
        assert get_metric(name, BINARY).score(*sample) == pytest.approx(wanted(*sample), abs=1e-9), name


@settings(deadline=None, max_examples=60)
@given(judged(4))
def test_multiclass_scores_are_those_of_scikit_learn(sample: Sample) -> None:
    """Every multiclass metric agrees with scikit-learn to 1e-9, weighted or not."""
    for name, wanted in OF_MULTICLASS.items():
        assert get_metric(name, MULTICLASS).score(*sample) == pytest.approx(wanted(*sample), abs=1e-9), name
    y, prediction, _ = sample
    wanted_ovo = sk.roc_auc_score(y, prediction, multi_class="ovo")
    assert METRICS["roc_auc_ovo"].score(y, prediction) == pytest.approx(wanted_ovo, abs=1e-9)


@settings(deadline=None, max_examples=60)
@given(judged(1))
def test_value_scores_are_those_of_scikit_learn(sample: Sample) -> None:
    """Every regression metric agrees with scikit-learn to 1e-9 (relative where large), weighted or not."""
    for name, wanted in OF_VALUES.items():
        score = get_metric(name, REGRESSION).score(*sample)
        assert score == pytest.approx(wanted(*sample), abs=1e-9, rel=1e-9), name


def test_every_metric_is_compared() -> None:
    """No metric of the catalogue is left out of the comparisons but those scikit-learn doesn't have."""
    compared = {*OF_BINARY, *OF_MULTICLASS, *OF_VALUES, "roc_auc_ovo"}
    assert set(METRICS) - compared == {"smape", "d2_pinball"}  # d2_pinball is compared under a quantile


def test_smape_is_relative_to_the_mean_of_both() -> None:
    """SMAPE runs from 0 to 2, and 0 predicted as 0 is right."""
    y, prediction = np.array([0.0, 0.0, 2.0]), np.array([[0.0], [1.0], [1.0]])
    assert METRICS["smape"].score(y, prediction) == pytest.approx((0 + 2 + 2 / 3) / 3)


@settings(deadline=None, max_examples=40)
@given(judged(4), judged(2), judged(1))
def test_the_truth_is_never_beaten(four: Sample, two: Sample, one: Sample) -> None:
    """In every metric's direction nothing scores better than the true answer: directions are right."""
    for task, (y, prediction, weight) in zip((MULTICLASS, BINARY, REGRESSION), (four, two, one), strict=True):
        truth = np.eye(task.width)[y] if task.is_classification else y[:, None]
        for metric in METRICS.values():
            if task.kind in metric.tasks:
                assert metric.loss(y, truth, weight) <= metric.loss(y, prediction, weight) + 1e-12, metric.name


@settings(deadline=None, max_examples=60)
@given(judged(4), st.integers(0, 3))
def test_folds_without_a_class_have_a_score(sample: Sample, absent: int) -> None:
    """With one of four classes absent every metric is finite and raises no warning; for AUC the others count."""
    y, prediction, weight = sample
    kept = y != absent
    rows = (y[kept], prediction[kept], None if weight is None else weight[kept])
    for metric in METRICS.values():
        if "multiclass" in metric.tasks:
            assert np.isfinite(metric.score(*rows)), metric.name
    others = [k for k in range(4) if k != absent]
    by_class = [sk.roc_auc_score(rows[0] == k, rows[1][:, k], sample_weight=rows[2]) for k in others]
    assert METRICS["roc_auc"].score(*rows) == pytest.approx(np.mean(by_class), abs=1e-9)


def test_one_class_alone_leaves_areas_undefined() -> None:
    """On rows of one class areas under a curve are NaN, quietly; the other metrics are finite."""
    y, prediction = np.zeros(5, dtype=int), np.full((5, 2), 0.5)
    undefined = {name for name in further_names("binary") if np.isnan(METRICS[name].score(y, prediction))}
    assert undefined == {"roc_auc", "average_precision"}
    assert not is_defined(METRICS["roc_auc"], y, BINARY)
    assert is_defined(METRICS["log_loss"], y, BINARY)
    assert is_defined(METRICS["roc_auc"], np.array([0, 1]), BINARY)


def further_names(kind: Any) -> list[str]:
    """Name the leaderboard's metrics."""
    return [metric.name for metric in further_metrics(kind)]


def test_rows_without_weight_do_not_count() -> None:
    """A weight of 0 is as good as absence; no weight at all leaves a score undefined, quietly."""
    rng = np.random.default_rng(0)
    y, prediction = rng.integers(0, 2, 40), rng.random((40, 2))
    weight = (np.arange(40) < 30).astype(float)
    for name in ("roc_auc", "average_precision", "log_loss", "accuracy", "f1"):
        some, all_of_them = METRICS[name].score(y[:30], prediction[:30]), METRICS[name].score(y, prediction, weight)
        assert some == pytest.approx(all_of_them)
    for name in ("roc_auc", "log_loss", "accuracy"):
        assert np.isnan(METRICS[name].score(y, prediction, np.zeros(40)))
    for name in ("rmse", "medae", "d2", "r2"):
        assert np.isnan(METRICS[name].score(y, prediction[:, :1], np.zeros(40)))


def test_a_sure_mistake_costs_at_most_36() -> None:
    """A probability of 0 for the right label costs 36.04 in log loss, also where it is held in 32 bits."""
    for dtype in (np.float64, np.float32):
        assert METRICS["log_loss"].score(np.array([0]), np.array([[0, 1]], dtype=dtype)) == pytest.approx(
            36.0437, abs=1e-4
        )


@pytest.mark.parametrize("name", ["rmsle", "poisson_deviance", "gamma_deviance", "d2_poisson", "d2_gamma"])
def test_predictions_outside_count_as_the_nearest_inside(name: str) -> None:
    """A prediction that a score isn't defined for costs more than any inside, and stays finite."""
    y = np.array([1.0, 2.0, 3.0])
    metric = METRICS[name]
    outside = metric.loss(y, np.array([[-5.0], [2.0], [3.0]]))
    assert np.isfinite(outside)
    assert outside > metric.loss(y, np.array([[1e-6], [2.0], [3.0]]))


@pytest.mark.parametrize(
    ("name", "y", "sentence"),
    [
        (
            "poisson_deviance",
            [1.0, -2.0],
            "needs targets of at least 0, but not all are (1 of 2 rows, such as -2); choose",
        ),
        ("gamma_deviance", [0.0, 0.0], "needs targets above 0, but not all are (2 of 2 rows, such as 0); choose"),
        ("rmsle", [-1.0], "needs targets above -1, but not all are (1 of 1 rows, such as -1); choose"),
    ],
)
def test_targets_outside_are_refused(name: str, y: list[float], sentence: str) -> None:
    """A target that a metric isn't defined for is refused before the search, with a value."""
    with pytest.raises(PlanError, match=re.escape(f"Metric {name!r} {sentence}")):
        check_target(METRICS[name], np.array(y))
    assert np.isnan(METRICS[name].score(np.array(y), np.ones((len(y), 1))))
    check_target(METRICS[name], np.array([1.0]))
    check_target(METRICS["rmse"], np.array(y))


def test_r2_of_a_constant_target_is_zero_or_one() -> None:
    """A constant target, even one that rounding moves, explains nothing: 1 where all is right, else 0."""
    y = np.full(7, 0.1)
    assert METRICS["r2"].score(y, y[:, None]) == 1
    assert METRICS["r2"].score(y, y[:, None] + 1) == 0
    assert np.isnan(METRICS["r2"].score(y[:1], y[:1, None]))


def test_defaults_and_columns_fit_their_task() -> None:
    """The default metric and the leaderboard's metrics are defined for their kind, and the choice has a reason."""
    assert [default_metric(kind) for kind in TASK_KINDS] == ["roc_auc", "log_loss", "rmse"]
    for kind in TASK_KINDS:
        assert default_metric_reason(kind)
        assert default_metric(kind) in further_names(kind)
        assert all(kind in metric.tasks for metric in further_metrics(kind))
        assert get_metric("auto", TASKS[kind]).name == default_metric(kind)


@pytest.mark.parametrize(
    ("name", "task", "wanted"),
    [
        ("neg_log_loss", BINARY, "log_loss"),
        ("neg_root_mean_squared_error", REGRESSION, "rmse"),
        ("mean_absolute_error", REGRESSION, "mae"),
        ("neg_brier_score", BINARY, "brier"),
        ("matthews_corrcoef", MULTICLASS, "mcc"),
        ("neg_max_error", REGRESSION, "max_error"),
        ("max_error", REGRESSION, "max_error"),
        ("jaccard_macro", MULTICLASS, "jaccard_macro"),
    ],
)
def test_names_of_scikit_learn_are_taken(name: str, task: Task, wanted: str) -> None:
    """scikit-learn's scorer names mean the same metric, in its own direction; its name leads to it again."""
    metric = get_metric(name, task)
    assert metric.name == wanted
    assert (
        get_metric(metric.name, task).greater_is_better
        == metric.greater_is_better
        == (not name.startswith("neg_") and not name.endswith("error"))
    )


@pytest.mark.parametrize(
    ("metric", "task", "sentence"),
    [
        ("roc-auc", BINARY, "Unknown metric 'roc-auc'. Did you mean 'roc_auc'?"),
        ("auc", BINARY, "Unknown metric 'auc'. Did you mean 'roc_auc'?"),
        ("neg_accuracy", BINARY, "Unknown metric 'neg_accuracy'. Did you mean 'accuracy'?"),
        (3, BINARY, "metric=3 is neither a name nor a function; give one, such as 'roc_auc'."),
        (
            "f1",
            MULTICLASS,
            "Metric 'f1' does not fit a multiclass task; say how labels are averaged: f1_macro, f1_micro, f1_weighted.",
        ),
        ("pinball_1.5", REGRESSION, "Metric 'pinball_1.5' names the quantile 1.5; a quantile lies between 0 and 1."),
        (
            "max_error",
            BINARY,
            "Metric 'max_error' does not fit a binary task; for binary: accuracy, balanced_accuracy, precision, "
            "precision_macro, precision_micro, precision_weighted, recall, recall_macro, recall_micro, "
            "recall_weighted, f1, f1_macro, f1_micro, f1_weighted, roc_auc, roc_auc_ovr, roc_auc_ovo, "
            "average_precision, log_loss, brier, mcc, cohen_kappa.",
        ),
        (
            "roc_auc",
            REGRESSION,
            "Metric 'roc_auc' does not fit a regression task; for regression: rmse, mse, mae, medae, r2, mape, smape, "
            "rmsle, poisson_deviance, gamma_deviance, pinball, d2, d2_pinball, d2_poisson, d2_gamma.",
        ),
        (
            "jaccard",
            MULTICLASS,
            "The metric 'jaccard' can't score a multiclass task; on a trial it raised: Target is multiclass but "
            "average='binary'. Please choose another average setting, one of [None, 'micro', 'macro', 'weighted'].",
        ),
    ],
)
def test_a_metric_that_does_not_fit_gets_one_sentence(metric: Any, task: Task, sentence: str) -> None:
    """An unknown name offers the closest, one that doesn't fit lists what does."""
    with pytest.raises(PlanError, match=f"^{re.escape(sentence)}$"):
        get_metric(metric, task)


def yes_called_yes(y_true: np.ndarray, y_pred: np.ndarray, sample_weight: np.ndarray | None = None) -> float:
    """Return the weighted share of rows in which both are 'yes'."""
    return float(np.average((y_true == "yes") & (y_pred == "yes"), weights=sample_weight))


def test_a_function_sees_original_labels() -> None:
    """The caller's function gets original labels and decided ones, and weights if it takes them."""
    metric = get_metric(yes_called_yes, BINARY)
    y, prediction = np.array([1, 1, 0]), np.array([[0.1, 0.9], [0.9, 0.1], [0.4, 0.6]])
    assert metric.name == "yes_called_yes"
    assert metric.greater_is_better
    assert metric.needs_labels
    assert metric.score(y, prediction) == pytest.approx(1 / 3)
    assert metric.score(y, prediction, np.array([2.0, 1.0, 1.0])) == 0.5


def test_a_function_of_values_may_be_a_loss() -> None:
    """``greater_is_better = False`` on the function sets its direction; weights are left out if it takes none."""

    def worst(y_true: np.ndarray, y_pred: np.ndarray) -> float:
        return float(abs(y_true - y_pred).max())

    worst.greater_is_better = False  # type: ignore[attr-defined]
    metric = get_metric(worst, REGRESSION)
    assert metric.loss(np.array([1.0, 2.0]), np.array([[1.0], [5.0]]), np.ones(2)) == 3
    assert not metric.needs_labels


def test_a_function_that_sounds_like_a_loss_is_told() -> None:
    """A function called …_error without a direction is maximised, with a warning."""

    def my_error(y_true: np.ndarray, y_pred: np.ndarray) -> float:
        return float(abs(y_true - y_pred).max())

    with pytest.warns(AutoMLWarning, match=r"'my_error' is maximised; set my_error.greater_is_better = False"):
        assert get_metric(my_error, REGRESSION).greater_is_better


def test_a_function_takes_no_name_of_the_catalogue() -> None:
    """A caller's function called ``rmse`` is not mistaken for ours."""

    def rmse(y_true: np.ndarray, y_pred: np.ndarray) -> float:
        return 1.0

    assert get_metric(rmse, REGRESSION).name == "own_rmse"


def test_functions_of_scikit_learn_have_their_direction() -> None:
    """scikit-learn's own functions mean the catalogue's metric, or its scorer, or are minimised by their name."""
    assert get_metric(sk.mean_squared_error, REGRESSION).name == "mse"
    assert get_metric(sk.roc_auc_score, BINARY).name == "roc_auc"
    assert get_metric(sk.log_loss, BINARY).name == "log_loss"
    assert get_metric(sk.max_error, REGRESSION).greater_is_better is False
    assert get_metric(sk.hamming_loss, BINARY).greater_is_better is False
    assert get_metric(functools.partial(sk.fbeta_score, beta=2, pos_label="yes"), BINARY).name == "partial"


def test_a_function_that_fails_is_refused_at_once() -> None:
    """A function that can't judge made-up rows, or gives no number, is refused before the search."""

    def broken(y_true: np.ndarray, y_pred: np.ndarray) -> float:
        raise ValueError("no idea")

    with pytest.raises(PlanError, match="The metric 'broken' can't score a binary task; on a trial it raised: no idea"):
        get_metric(broken, BINARY)
    with pytest.raises(PlanError, match="The metric 'nothing' can't score a binary task"):
        get_metric(lambda_named("nothing"), BINARY)


def lambda_named(name: str) -> Callable[..., Any]:
    """Make a function that gives no number."""

    def function(y_true: np.ndarray, y_pred: np.ndarray) -> None:
        return None

    function.__name__ = name
    return function


def test_scorers_are_turned_into_their_own_direction() -> None:
    """A scorer gets labels or probabilities as it asks, and its sign is undone."""
    y, prediction = np.array([1, 1, 0]), np.array([[0.1, 0.9], [0.9, 0.1], [0.4, 0.6]])
    loss = get_metric(sk.make_scorer(sk.log_loss, greater_is_better=False, response_method="predict_proba"), BINARY)
    assert loss is METRICS["log_loss"]  # scikit-learn has this very scorer
    labelled = sk.make_scorer(
        sk.log_loss, greater_is_better=False, response_method="predict_proba", labels=["no", "yes"]
    )
    loss = get_metric(labelled, BINARY)
    assert loss.name == "own_log_loss"
    assert not loss.greater_is_better
    assert loss.score(y, prediction) == pytest.approx(METRICS["log_loss"].score(y, prediction))
    either = ("decision_function", "predict_proba")
    area = get_metric(sk.make_scorer(sk.roc_auc_score, response_method=either), BINARY)
    assert area.score(y, prediction) == pytest.approx(METRICS["roc_auc"].score(y, prediction))
    f2 = get_metric(sk.make_scorer(sk.fbeta_score, beta=2, pos_label="yes"), BINARY)
    assert f2.name == "fbeta_score"
    assert f2.score(y, prediction, np.array([1.0, 2.0, 1.0])) == pytest.approx(
        sk.fbeta_score(y, decide(prediction), beta=2, sample_weight=[1, 2, 1])
    )
    worst = get_metric(sk.get_scorer("neg_max_error"), REGRESSION)
    assert worst.score(np.array([1.0, 2.0]), np.array([[1.0], [5.0]])) == 3
    assert worst.direction == "minimize"


def test_a_scorer_may_be_a_plain_function() -> None:
    """A function ``scorer(estimator, X, y)`` is called with an estimator that knows the predictions."""

    def scorer(estimator: Any, X: np.ndarray, y: np.ndarray) -> float:
        return float((estimator.predict(X) == y).mean())

    assert get_metric(scorer, BINARY).score(np.array([1, 0]), np.array([[0.1, 0.9], [0.9, 0.1]])) == 1


def test_a_scorer_that_needs_more_is_refused() -> None:
    """A scorer that needs a decision function can't judge probabilities."""
    scorer = sk.make_scorer(sk.hinge_loss, greater_is_better=False, response_method="decision_function")
    with pytest.raises(PlanError, match="The metric 'hinge_loss' can't score a binary task"):
        get_metric(scorer, BINARY)


def test_metrics_travel_to_workers() -> None:
    """The catalogue can be pickled; functions of the caller travel by value with cloudpickle."""
    assert {name: pickle.loads(pickle.dumps(metric)).name for name, metric in METRICS.items()}.keys() == METRICS.keys()
    local = cloudpickle.loads(cloudpickle.dumps(get_metric(lambda y_true, y_pred: 0.25, BINARY)))
    assert local.score(np.array([0, 1]), np.eye(2)) == 0.25
    scorer = cloudpickle.loads(cloudpickle.dumps(get_metric("max_error", REGRESSION)))
    assert scorer.score(np.array([1.0]), np.array([[3.0]])) == 2


def test_a_metric_is_taken_as_it_is() -> None:
    """A :class:`Metric` goes through, if it fits."""
    metric = Metric("own", lambda y, p, w: 0.0, tasks=("regression",))
    assert get_metric(metric, REGRESSION) is metric
    with pytest.raises(PlanError, match="Metric 'own' does not fit a binary task"):
        get_metric(metric, BINARY)


def test_labels_of_mixed_types_stay_what_they_are() -> None:
    """Labels are decoded without changing their type."""
    assert label_array(("a", "bb")).tolist() == ["a", "bb"]
    assert label_array((False, True)).dtype == bool
    assert label_array((1, "1")).tolist() == [1, "1"]
    assert label_array(((1, 2), (3, 4))).tolist() == [(1, 2), (3, 4)]
