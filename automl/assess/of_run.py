"""What a run asks of this package: it brings predictions, rows and models, and gets judgements."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.pipeline import Pipeline

from automl.assess.assessment import Assessment
from automl.assess.averaging import averaging_gain
from automl.assess.calibrating import CalibrationChoice, choose_calibration
from automl.assess.conformal import Conformal, check_coverage, conformal_intervals, conformal_sets, with_last
from automl.assess.honest import BLOCK, RESAMPLES, judge_honestly
from automl.assess.judged import Judged
from automl.assess.learning import LearningCurve, learning_curve
from automl.assess.overfitting import Overfitting, compare_with_training
from automl.assess.scores import is_share
from automl.assess.thresholds import Aim, Threshold, choose_threshold
from automl.data.dataset import Dataset
from automl.data.splitting import make_folds
from automl.errors import PlanError, StorageError
from automl.evaluation.leaderboard import TableSpeed, keeps_to
from automl.evaluation.metrics import METRICS
from automl.storage.folder import RunFolder
from automl.values.algorithm import FloatArray, IntArray
from automl.values.honest import HonestLosses
from automl.values.refitted import bag_of

if TYPE_CHECKING:
    from automl.run.opened import OpenedRun

_LEARNING_FOLDS = 3


def judged_out_of_fold(run: OpenedRun, which: int | str, columns: bool = True) -> Judged:
    """Return the out-of-fold predictions of a row of the leaderboard, with the columns of the rows that are kept."""
    found = run.out_of_fold(which)
    judged = Judged(
        run.task,
        found.y,
        found.prediction,
        found.weight,
        "out-of-fold predictions",
        found.fold,
        schema=run.plan.schema,
        losses=run.decision_losses(which),
    )
    if not columns:
        return judged
    try:
        positions, rows = run.kept_rows()
    except StorageError:  # an earlier version made the run; all but slices can be told without them
        return judged
    place = np.searchsorted(found.rows, positions)
    is_there = (place < len(found.rows)) & (found.rows[np.minimum(place, len(found.rows) - 1)] == positions)
    return replace(judged, columns=rows[is_there].reset_index(drop=True), places=place[is_there])


def judged_on(run: OpenedRun, test: Any, target: Any, which: int | str) -> Judged:
    """Return predictions of rows with known targets."""
    dataset = run.labelled(test, target)
    prediction = predicted(run.pipeline(which), dataset)
    return Judged(
        run.task,
        dataset.y,
        prediction,
        dataset.weight,
        "the test table",
        columns=dataset.X.reset_index(drop=True),
        schema=run.plan.schema,
        losses=run.decision_losses(which),
    )


def predicted(pipeline: Pipeline, dataset: Dataset) -> FloatArray:
    """Return the prediction matrix of rows."""
    if dataset.task.is_classification:
        return np.asarray(pipeline.predict_proba(dataset.X), dtype=float)
    return np.asarray(pipeline.predict(dataset.X), dtype=float)[:, None]


def evaluate(
    run: OpenedRun,
    test: Any,
    target: Any,
    which: int | str,
    by: str | Sequence[str] | None,
    level: float,
    random_state: int,
) -> Assessment:
    """Judge a row of the leaderboard, by out-of-fold predictions or on a test table."""
    judged = judged_out_of_fold(run, which) if test is None else judged_on(run, test, target, which)
    return Assessment.of(judged, run.metric, by=by, level=level, seed=random_state)


def overfitting(run: OpenedRun, which: int | str) -> Overfitting:
    """Compare each fold's score on its training rows with that on others."""
    positions, rows = run.kept_rows()
    y, weight, splits = run.truth()
    folds = run.fold_pipelines(which)
    encoded = next(iter(folds.values()))[:-1].transform(rows)
    predictions: dict[int, FloatArray] = {}
    for fold, pipeline in folds.items():
        model = pipeline[-1]
        predictions[fold] = (
            model.predict_proba(encoded) if run.task.is_classification else model.predict(encoded)[:, None]
        )
    mine = Judged(run.task, y[positions], predictions[next(iter(folds))], None if weight is None else weight[positions])
    return compare_with_training(mine, run.metric, positions, splits, predictions)


def learned(
    run: OpenedRun,
    dataset: Dataset | None,
    refit: Callable[[Dataset], Pipeline],
    sizes: Sequence[float],
    random_state: int,
) -> LearningCurve:
    """Fit the chosen configuration on growing samples of a table, or of the rows that the run keeps."""
    rows = _kept_dataset(run) if dataset is None else dataset
    folds = make_folds(
        _LEARNING_FOLDS,
        task=rows.task,
        y=rows.y,
        groups=rows.groups,
        times=rows.times,
        weight=rows.weight,
        X=rows.X,
        seed=random_state,
    )

    def fit(train: IntArray) -> Callable[[IntArray], FloatArray]:
        pipeline = refit(_some(rows, train))
        return lambda part: predicted(pipeline, _some(rows, part))

    return learning_curve(fit, rows.task, run.metric, rows.y, rows.weight, folds.splits, sizes, random_state)


def _kept_dataset(run: OpenedRun) -> Dataset:
    if _belong_together(run):
        raise PlanError("The rows have groups or times, which the run does not keep. Give the training table.")
    positions, rows = run.kept_rows()
    y, weight, _ = run.truth()
    return Dataset(
        X=rows,
        y=y[positions],
        task=run.task,
        schema=run.plan.schema,
        weight=None if weight is None else np.asarray(weight[positions], dtype=np.float64),
        groups=None,
        times=None,
        findings=(),
        notes=(),
        roles={},
        present=np.ones(len(rows), dtype=bool),
    )


def _belong_together(run: OpenedRun) -> bool:
    return "groups" in run.plan.roles or "time_column" in run.plan.roles


def _some(dataset: Dataset, rows: IntArray) -> Dataset:
    return replace(
        dataset,
        X=dataset.X.iloc[rows],
        y=dataset.y[rows],
        weight=None if dataset.weight is None else dataset.weight[rows],
        groups=None,
        times=None,
        present=np.ones(len(rows), dtype=bool),
    )


def calibration(run: OpenedRun, method: str, which: int | str, random_state: int) -> CalibrationChoice:
    """Choose how probabilities are calibrated."""
    judged = judged_out_of_fold(run, which, columns=False)
    return choose_calibration(judged, lambda: run.pipeline(which), method, random_state)


def threshold(
    run: OpenedRun, metric: str | None, asked: Mapping[str, Any], which: int | str, random_state: int
) -> Threshold:
    """Choose where the line between labels is drawn."""
    judged = judged_out_of_fold(run, which, columns=False)
    is_asked = metric is not None or any(each is not None for each in asked.values())
    if not is_asked and run.metric.needs_labels and run.metric.name in METRICS:
        metric = run.metric.name
    told = None if run.plan.costs is None else run.plan.costs.losses
    costs = asked["costs"] if is_asked else told
    metric = None if costs is not None and not is_asked else metric
    aim = Aim.of(judged, metric, costs, asked["min_precision"], asked["min_recall"])
    return choose_threshold(judged, aim, lambda: run.pipeline(which), random_state)


def conformal(run: OpenedRun, coverage: float, method: str, which: int | str, random_state: int) -> Conformal:
    """Put intervals or sets behind a row's pipeline."""
    judged = judged_out_of_fold(run, which)
    is_regression = not run.task.is_classification
    check_coverage(coverage, len(judged), is_regression)
    pipeline = run.pipeline(which)

    def judge(test: Any, target: Any) -> Any:
        dataset = run.labelled(test, target)
        return dataset.X, dataset.y, dataset.weight

    wrap: Callable[[Any], Any]
    if is_regression:
        Z = None if judged.columns is None else np.asarray(pipeline[:-1].transform(judged.columns))
        wrap, chosen, measured, bands = conformal_intervals(
            judged,
            coverage,
            method,
            Z,
            random_state,
            keep_folds=_belong_together(run),
            gain=_gain_of_averaging(run, which, judged),
        )
    else:
        wrap, chosen, measured, bands = conformal_sets(judged, coverage, method, random_state)
    return Conformal(
        coverage=coverage,
        method=chosen,
        measured=measured,
        pipeline=with_last(pipeline, wrap),
        by_band=bands,
        features=run._columns,
        judge=judge,
        labels=run.task.classes,
        manifest=run.manifest(),
    )


def _gain_of_averaging(run: OpenedRun, which: int | str, judged: Judged) -> float:
    """Return how much smaller the errors of a row's bag are than those of its folds' models."""
    name = str(run.row(which)["id"])
    if judged.columns is None or judged.places is None or bag_of(name) != name:  # one model fitted on all rows
        return 1.0
    rows = judged.take(judged.places)
    return averaging_gain(
        rows, {fold: np.asarray(each.predict(judged.columns)) for fold, each in run.fold_pipelines(which).items()}
    )


def honest(
    run: OpenedRun,
    folder: RunFolder,
    table_speed: TableSpeed,
    resamples: int | None,
    level: float,
    random_state: int | None,
) -> HonestLosses:
    """Return the honest losses of a run's leaderboard."""
    if resamples is not None and (not isinstance(resamples, int | np.integer) or resamples < BLOCK):
        raise PlanError(f"resamples={resamples!r}; give a whole number of at least {BLOCK}.")
    if not is_share(level):
        raise PlanError(f"level={level!r}; give a share between 0 and 1, such as 0.95.")
    return judge_honestly(
        folder,
        run.evaluations,
        run.metric,
        run.task,
        best=bag_of(str(run.leaderboard["id"].iloc[0])),
        ensemble=run.view.ensemble,
        keeps_to=lambda members: keeps_to(members, run.plan.constraints, table_speed),
        finished=run.view.finished,
        resamples=RESAMPLES if resamples is None else int(resamples),
        level=level,
        seed=run.plan.seed if random_state is None else random_state,
    )
