"""FLAML."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from adapting import Adapter, probabilities, run

METRICS = {"auc": "roc_auc", "log_loss": "log_loss", "rmse": "rmse"}


class Flaml(Adapter):
    """``AutoML.fit`` with a time budget and its other defaults."""

    libraries = ("flaml", "scikit-learn", "lightgbm", "xgboost", "catboost", "pandas", "numpy")

    def start(self, job: dict[str, Any]) -> None:
        """Import the class."""
        from flaml import AutoML

        self.automl = AutoML()

    def fit(self, X: Any, y: Any, job: dict[str, Any]) -> None:
        """Search for the budget."""
        self.classifies = job["task"] != "regression"
        self.automl.fit(
            X_train=X,
            y_train=y,
            task="classification" if self.classifies else "regression",
            metric=METRICS[job["metric"]],
            time_budget=job["budget"],
            n_jobs=job["cores"],
            seed=job["seed"],
            **job["options"],
        )

    def predict(self, X: Any) -> Any:
        """Ask the best model."""
        if not self.classifies:
            return self.automl.predict(X)
        return probabilities(self.automl.predict_proba(X), self.automl.classes_)

    def save(self, folder: Path) -> None:
        """Pickle the fitted object."""
        self.automl.pickle(str(folder / "automl.pkl"))

    def told(self) -> dict[str, Any]:
        """Return the number of configurations and the best estimator."""
        return {"trials": len(self.automl.config_history), "best": str(self.automl.best_estimator)}


if __name__ == "__main__":
    run(Flaml)
