"""What runs in the engine's environment: fit within the task's constraint, predict, answer.

Answers are arrays of plain numbers and of fixed-width text, which NumPy of any version reads.
"""

import logging
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from frameworks.shared.callee import call_run, measure_inference_times, output_subdir, result

import automl

log = logging.getLogger(__name__)

METRICS = {  # AMLB's names and the engine's
    "acc": "accuracy",
    "auc": "roc_auc",
    "auc_ovo": "roc_auc_ovo",
    "auc_ovr": "roc_auc_ovr",
    "balacc": "balanced_accuracy",
    "f1": "f1",
    "logloss": "log_loss",
    "mae": "mae",
    "mse": "mse",
    "pr_auc": "average_precision",
    "r2": "r2",
    "rmse": "rmse",
    "rmsle": "rmsle",
}
ONE_ROW_TIMES = 100


def as_frame(X):
    """Return rows as a table whose columns have names."""
    return X if isinstance(X, pd.DataFrame) else pd.DataFrame(X).rename(columns="x{}".format)


def as_values(y, is_classification):
    """Return a target as one column of values: labels as text, quantities as numbers."""
    values = y.squeeze(axis=1) if isinstance(y, pd.DataFrame) else pd.Series(np.asarray(y, dtype=object).ravel())
    return values.astype(object).map(str).astype("str") if is_classification else values.astype(float)


def fit(X, y, task, config, place):
    """Return the run of a search within the task's time, cores and memory."""
    metric = METRICS.get(config.metric, "auto")
    if metric == "auto":
        log.warning("%s is no metric of the engine's; it takes the one that suits the task.", config.metric)
    return automl.fit(
        X,
        y,
        **{
            "task": task,
            "metric": metric,
            "time_budget": config.max_runtime_seconds,
            "n_jobs": config.cores,
            "memory_limit": f"{int(config.max_mem_size_mb)}MB",
            "random_state": int(config.seed) if config.seed is not None else 0,
            "out": place,
            "verbose": 0,
            **{name: value for name, value in config.framework_params.items() if not name.startswith("_")},
        },
    )


def predict(run, X, is_classification):
    """Return labels and their probabilities, or quantities and nothing."""
    if not is_classification:
        return np.asarray(run.predict(X), dtype=float), None
    labels = np.asarray([str(label) for label in run.predict(X)], dtype=str)
    return labels, np.asarray(run.predict_proba(X), dtype=float)


def run(dataset, config):
    """Fit on the training rows and predict the test rows."""
    is_classification = config.type == "classification"
    X, y = as_frame(dataset.train.X), as_values(dataset.train.y, is_classification)
    X_test, truth = as_frame(dataset.test.X), as_values(dataset.test.y, is_classification)
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        found = fit(X, y, dataset.problem_type, config, Path(folder) / "run")
        trained = time.monotonic() - began
        log.info("%s", found)
        found.leaderboard.to_csv(Path(output_subdir("leaderboard", config)) / "leaderboard.csv", index=False)
        began = time.monotonic()
        predictions, probabilities = predict(found, X_test, is_classification)
        predicted = time.monotonic() - began
        latencies = inference(found, X_test, dataset, config, is_classification)
    return result(
        output_file=config.output_predictions_file,
        predictions=predictions,
        truth=np.asarray(truth, dtype=str if is_classification else float),
        probabilities=probabilities,
        probabilities_labels=[str(label) for label in found.task.classes] if is_classification else None,
        models_count=len(found.evaluations),
        training_duration=trained,
        predict_duration=predicted,
        inference_times=latencies,
    )


def inference(found, X_test, dataset, config, is_classification):
    """Return how long predicting takes, from files and for single rows, where AMLB asks for it."""
    if not config.measure_inference_time:
        return {}

    def answer(rows):
        rows = pd.read_parquet(rows) if isinstance(rows, str) else rows
        return found.predict_proba(rows) if is_classification else found.predict(rows)

    single = [(1, X_test.sample(1, random_state=number)) for number in range(ONE_ROW_TIMES)]
    told = {"df": measure_inference_times(answer, single)}
    if dataset["inference_subsample_files"]:
        told["file"] = measure_inference_times(answer, dataset["inference_subsample_files"])
    return told


if __name__ == "__main__":
    call_run(run)
    subprocess.Popen([sys.executable, str(Path(__file__).with_name("outlast.py")), str(os.getpid())])
