"""AutoGluon, as ``TabularPredictor`` fits by default or with a preset."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from adapting import Adapter, probabilities, run

METRICS = {"auc": "roc_auc", "log_loss": "log_loss", "rmse": "root_mean_squared_error"}


class AutoGluon(Adapter):
    """``TabularPredictor.fit``; the options of the system are those of ``fit``."""

    libraries = (
        "autogluon.tabular",
        "scikit-learn",
        "lightgbm",
        "xgboost-cpu",
        "xgboost",
        "catboost",
        "torch",
        "fastai",
        "ray",
        "pandas",
        "numpy",
    )

    def start(self, job: dict[str, Any]) -> None:
        """Import the predictor."""
        from autogluon.tabular import TabularPredictor

        self.kind = TabularPredictor

    def fit(self, X: Any, y: Any, job: dict[str, Any]) -> None:
        """Fit within the time limit."""
        self.classifies = job["task"] != "regression"
        self.persisted = False
        self.predictor = self.kind(
            label=job["target"],
            problem_type=job["task"],
            eval_metric=METRICS[job["metric"]],
            path=str(Path(job["work"]) / "models"),
        )
        train = X.assign(**{job["target"]: y})
        self.predictor.fit(train, time_limit=job["budget"], num_cpus=job["cores"], **job["options"])

    def predict(self, X: Any) -> Any:
        """Ask the best model, held in memory as its documentation advises for many small requests."""
        if not self.persisted:
            self.predictor.persist()
            self.persisted = True
        if not self.classifies:
            return self.predictor.predict(X)
        found = self.predictor.predict_proba(X, as_multiclass=True)
        return probabilities(found, found.columns)

    def save(self, folder: Path) -> None:
        """Keep what the best model needs."""
        self.predictor.clone_for_deployment(str(folder / "predictor"))

    def told(self) -> dict[str, Any]:
        """Return the number of models and the best."""
        return {"models": len(self.predictor.model_names()), "best": str(self.predictor.model_best)}


if __name__ == "__main__":
    run(AutoGluon)
