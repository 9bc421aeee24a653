"""The engine of this checkout."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from adapting import Adapter, run

METRICS = {"auc": "roc_auc", "log_loss": "log_loss", "rmse": "rmse"}


class Automl(Adapter):
    """``automl.fit`` with its defaults; a setting's options go to ``fit``."""

    libraries = ("tabular-search", "optuna", "scikit-learn", "lightgbm", "xgboost", "catboost", "pandas", "numpy")

    def start(self, job: dict[str, Any]) -> None:
        """Import the package; it loads its libraries inside fit."""
        import automl

        self.automl = automl

    def fit(self, X: Any, y: Any, job: dict[str, Any]) -> None:
        """Search for the budget."""
        options = dict(job["options"])
        if "strategy" in options:
            options["strategy"] = self.automl.Strategy(**options["strategy"])
        self.classifies = job["task"] != "regression"
        self.run = self.automl.fit(
            X.assign(**{job["target"]: y}),
            job["target"],
            task=job["task"],
            metric=METRICS[job["metric"]],
            time_budget=options.pop("time_budget", job["budget"]),
            n_jobs=job["cores"],
            random_state=job["seed"],
            out=Path(job["work"]) / "run",
            verbose=0,
            **options,
        )

    def predict(self, X: Any) -> Any:
        """Ask the best row of the leaderboard."""
        return self.run.predict_proba(X) if self.classifies else self.run.predict(X)

    def save(self, folder: Path) -> None:
        """Save the best pipeline as one file."""
        self.run.save(folder / "model.automl")

    def told(self) -> dict[str, Any]:
        """Return the trials, the best row and its score in validation."""
        best = self.run.leaderboard.iloc[0]
        return {
            "trials": len(self.run.evaluations),
            "best": str(best["id"]),
            "validation": float(best["score"]),
            "folds": self.run.plan.folds.n_folds,
        }


if __name__ == "__main__":
    run(Automl)
