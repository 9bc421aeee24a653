"""Metrics are scikit-learn's, and their intervals keep what intervals promise."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn import metrics
from sklearn.calibration import calibration_curve

from automl.assess.assessment import Assessment
from automl.assess.bootstrap import intervals
from automl.assess.calibration_error import bin_of, calibration_error, error_by_chance
from automl.assess.judged import Judged
from automl.assess.scores import NAMES, names_of, score
from automl.assess.sums import score_many, sums_of
from automl.values.metric import Metric
from automl.values.task import Task

BINARY = Task("binary", "y", ("no", "yes"))
THREE = Task("multiclass", "y", ("a", "b", "c"))
REGRESSION = Task("regression", "y")
TASKS = {"binary": BINARY, "multiclass": THREE, "regression": REGRESSION}


def judged(kind: str, n: int = 200, seed: int = 0, weighted: bool = False, signal: float = 1.5) -> Judged:
    """Return made-up predictions that know something."""
    rng = np.random.default_rng(seed)
    task = TASKS[kind]
    weight = rng.uniform(0.5, 2, n) if weighted else None
    if kind == "regression":
        y = rng.normal(10, 2, n)
        return Judged(task, y, (y + rng.normal(size=n))[:, None], weight)
    y = rng.integers(0, task.n_classes, n)
    logits = rng.normal(size=(n, task.n_classes))
    logits[np.arange(n), y] += signal
    p = np.exp(logits)
    return Judged(task, y, p / p.sum(axis=1, keepdims=True), weight)


def by_sklearn(rows: Judged) -> dict[str, float]:
    """Return what scikit-learn says of the same predictions."""
    y, p, w = rows.y, rows.prediction, rows.weight
    if rows.task.kind == "regression":
        q = p[:, 0]
        return {
            "rmse": metrics.root_mean_squared_error(y, q, sample_weight=w),
            "mae": metrics.mean_absolute_error(y, q, sample_weight=w),
            "medae": metrics.median_absolute_error(y, q, sample_weight=w),
            "r2": metrics.r2_score(y, q, sample_weight=w),
            "mape": metrics.mean_absolute_percentage_error(y, q, sample_weight=w),
        }
    given_labels = p.argmax(axis=1)
    told = {
        "accuracy": metrics.accuracy_score(y, given_labels, sample_weight=w),
        "balanced_accuracy": metrics.balanced_accuracy_score(y, given_labels, sample_weight=w),
        "mcc": metrics.matthews_corrcoef(y, given_labels, sample_weight=w),
        "log_loss": metrics.log_loss(y, p, sample_weight=w),
    }
    scores = {"precision": metrics.precision_score, "recall": metrics.recall_score, "f1": metrics.f1_score}
    if rows.task.kind == "binary":
        told |= {name: function(y, given_labels, sample_weight=w) for name, function in scores.items()}
        return told | {
            "roc_auc": metrics.roc_auc_score(y, p[:, 1], sample_weight=w),
            "average_precision": metrics.average_precision_score(y, p[:, 1], sample_weight=w),
            "brier": metrics.brier_score_loss(y, p[:, 1], sample_weight=w),
        }
    for how in ("macro", "weighted"):
        told |= {f"{n}_{how}": f(y, given_labels, sample_weight=w, average=how) for n, f in scores.items()}
    return told | {
        "roc_auc": metrics.roc_auc_score(y, p, multi_class="ovr", sample_weight=w),
        "average_precision": metrics.average_precision_score(np.eye(3)[y], p, sample_weight=w),
        "brier": metrics.brier_score_loss(y, p, sample_weight=w, scale_by_half=False),
    }


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("kind", TASKS)
def test_metrics_are_those_of_scikit_learn(kind: str, weighted: bool) -> None:
    """Whatever scikit-learn has is the same to nine digits, with weights and without."""
    rows = judged(kind, weighted=weighted)
    found = Assessment.of(rows).values
    told = by_sklearn(rows)
    assert set(told) <= set(found)
    own = {name for name in found if name.startswith("residual_")} | {"mean_residual", "calibration_error"}
    assert set(found) - set(told) <= own
    for name, value in told.items():
        assert found[name] == pytest.approx(value, rel=1e-9, abs=1e-9), name


def test_quantiles_of_residuals_are_numpys() -> None:
    """The 95 % quantile of truth minus prediction is what NumPy says it is."""
    rows = judged("regression")
    residual = rows.y - rows.prediction[:, 0]
    assert score(rows, "residual_q95") == pytest.approx(np.quantile(residual, 0.95))
    assert score(rows, "mean_residual") == pytest.approx(residual.mean())


@pytest.mark.parametrize(("n", "weighted"), [(100, False), (100, True), (1_000, False)])
def test_right_probabilities_rarely_look_worse_than_chance(n: int, weighted: bool) -> None:
    """The error that is called beyond chance is exceeded by right probabilities a few times in a hundred, not never."""
    rng = np.random.default_rng(0)
    above = []
    for _ in range(300):
        said = rng.beta(2, 3, n)
        y, p = (rng.uniform(size=n) < said).astype(int), np.column_stack([1 - said, said])
        weight = rng.uniform(0.5, 2, n) if weighted else None
        above.append(calibration_error(y, p, weight) > error_by_chance(y, p, weight))
    assert 0 < np.mean(above) <= 0.06


def test_calibration_error_follows_from_the_curve() -> None:
    """It is the mean gap of scikit-learn's calibration curve over bins of equally many rows."""
    rows = judged("binary", n=500)
    said = rows.prediction[:, 1]
    observed, predicted = calibration_curve(rows.y, said, n_bins=10, strategy="quantile")
    share = np.bincount(bin_of(said), minlength=10) / len(said)
    assert calibration_error(rows.y, rows.prediction) == pytest.approx(np.abs(observed - predicted) @ share)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("kind", TASKS)
def test_sums_score_as_the_metrics_do(kind: str, weighted: bool) -> None:
    """What resamples are scored with says of the rows themselves what the metric says."""
    rows = judged(kind, weighted=weighted)
    weight = np.ones(len(rows)) if rows.weight is None else rows.weight
    known = {name: sums for name in NAMES[rows.task.kind] if (sums := sums_of(rows, name)) is not None}
    assert len(known) >= len(NAMES[rows.task.kind]) - 6
    found = score_many(list(known.values()), [weight[:, None]], len(rows))
    for name, scores in zip(known, found, strict=True):
        assert scores[0] == pytest.approx(score(rows, name), rel=1e-9, abs=1e-9), name


@pytest.mark.parametrize("kind", TASKS)
def test_row_order_does_not_matter(kind: str) -> None:
    """Shuffled rows give the same scores and the same intervals."""
    rows = judged(kind, weighted=True)
    shuffled = rows.take(np.random.default_rng(1).permutation(len(rows)))
    one, other = Assessment.of(rows), Assessment.of(shuffled)
    for name in one.values:
        assert other.values[name] == pytest.approx(one.values[name], rel=1e-9)
        assert other.bounds[name] == pytest.approx(one.bounds[name], rel=1e-9)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(kind=st.sampled_from(sorted(TASKS)), n=st.integers(4, 60), seed=st.integers(0, 10_000), signal=st.floats(0, 5))
def test_an_interval_holds_its_score(kind: str, n: int, seed: int, signal: float) -> None:
    """Every defined metric lies inside of its interval, and the interval inside of what the metric can be."""
    assessment = Assessment.of(judged(kind, n, seed, signal=signal))
    for row in assessment.frame().itertuples():
        if row.note:
            assert np.isnan([row.value, row.low, row.high]).all()
            continue
        assert row.low - 1e-9 <= row.value <= row.high + 1e-9, row.metric
        if row.metric in ("accuracy", "roc_auc", "brier", "calibration_error", "f1"):
            assert row.low >= -1e-9
            assert row.high <= (2 if row.metric == "brier" else 1) + 1e-9


@pytest.mark.parametrize(("kind", "name"), [("binary", "accuracy"), ("binary", "roc_auc"), ("regression", "rmse")])
def test_intervals_cover_the_truth(kind: str, name: str) -> None:
    """Of many samples nineteen in twenty have an interval that holds what a sample a hundred times larger says."""
    truth = score(judged(kind, 40_000, seed=999), name)
    rows = [judged(kind, 150, seed) for seed in range(60)]
    found = [intervals(each, {name: score(each, name)})[0][name] for each in rows]
    assert np.mean([low <= truth <= high for low, high in found]) >= 0.88


def test_an_interval_of_many_rows_is_as_narrow_as_they_make_it() -> None:
    """Resampling some rows gives the width of all rows, known here from theory, rare labels at their share."""
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1], [57_000, 3_000])
    is_right = rng.uniform(size=60_000) < np.where(y == 1, 0.5, 0.99)
    p = np.where(is_right == (y == 1), 0.8, 0.2)
    rows = Judged(BINARY, y, np.column_stack([1 - p, p]))
    accuracy = score(rows, "accuracy")
    found, done = intervals(rows, {"accuracy": accuracy})
    assert done.rows <= 10_001
    shares = [(57 / 60, 57_000, 0.99), (3 / 60, 3_000, 0.5)]
    expected = 2 * 1.96 * np.sqrt(sum(share**2 * right * (1 - right) / n for share, n, right in shares))
    low, high = found["accuracy"]
    assert high - low == pytest.approx(expected, rel=0.15)
    assert "of the 60,000 rows" in Assessment.of(rows).notes[0]


def test_all_right_is_not_sure() -> None:
    """Thirty rows without an error don't prove that there are none."""
    y = np.arange(30) % 2
    assessment = Assessment.of(Judged(BINARY, y, np.eye(2)[y] * 0.98 + 0.01))
    low, high = assessment.bounds["accuracy"]
    assert (assessment.values["accuracy"], high) == (1, 1)
    assert low == pytest.approx(0.025 ** (1 / 30))
    assert assessment.bounds["roc_auc"][0] < 1


def test_a_metric_of_the_callers_comes_first_and_has_an_interval() -> None:
    """What the run optimised is judged even if only the caller knows what it is."""
    bias = Metric("bias", lambda y, p, w: float(abs((p[:, 0] - y).mean())), False, ("regression",))
    rows = judged("regression")
    assert names_of(rows, bias)[0] == "bias"
    assessment = Assessment.of(rows, bias)
    low, high = assessment.bounds["bias"]
    assert low < assessment.values["bias"] < high
