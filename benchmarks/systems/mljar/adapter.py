"""mljar-supervised in its mode for competitions."""

from __future__ import annotations

import math
import shutil
from pathlib import Path
from typing import Any

from adapting import Adapter, probabilities, run

TASKS = {
    "binary": "binary_classification",
    "multiclass": "multiclass_classification",
    "regression": "regression",
}
METRICS = {"auc": "auc", "log_loss": "logloss", "rmse": "rmse"}


class Mljar(Adapter):
    """``AutoML(mode="Compete")`` with a limit on its time and its other defaults."""

    libraries = ("mljar-supervised", "scikit-learn", "lightgbm", "xgboost", "catboost", "pandas", "numpy")

    def start(self, job: dict[str, Any]) -> None:
        """Import the class."""
        from supervised import AutoML

        self.kind = AutoML

    def fit(self, X: Any, y: Any, job: dict[str, Any]) -> None:
        """Search for the budget."""
        self.classifies = job["task"] != "regression"
        self.folder = Path(job["work"]) / "results"
        self.automl = self.kind(
            results_path=str(self.folder),
            mode="Compete",
            ml_task=TASKS[job["task"]],
            eval_metric=METRICS[job["metric"]],
            total_time_limit=math.ceil(job["budget"]),
            n_jobs=job["cores"],
            random_state=job["seed"],
            **job["options"],
        )
        self.automl.fit(X, y)

    def predict(self, X: Any) -> Any:
        """Ask the best model."""
        if not self.classifies:
            return self.automl.predict(X)
        found = self.automl.predict_all(X).drop(columns="label")
        return probabilities(found, [str(name).removeprefix("prediction_") for name in found.columns])

    def save(self, folder: Path) -> None:
        """Copy its results folder, which is what it loads from."""
        shutil.copytree(self.folder, folder / "results")

    def told(self) -> dict[str, Any]:
        """Return the number of models and the best."""
        return {"models": len(self.automl._models), "best": str(self.automl._best_model.get_name())}


if __name__ == "__main__":
    run(Mljar)
