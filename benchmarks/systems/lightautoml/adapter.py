"""LightAutoML's preset for tables."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from adapting import Adapter, probabilities, run

TASKS = {"binary": ("binary", "auc"), "multiclass": ("multiclass", "crossentropy"), "regression": ("reg", "mse")}


class LightAutoML(Adapter):
    """``TabularAutoML`` with a timeout and its other defaults; the mean squared error ranks as its root does."""

    libraries = ("lightautoml", "scikit-learn", "lightgbm", "catboost", "torch", "pandas", "numpy")

    def start(self, job: dict[str, Any]) -> None:
        """Import the preset."""
        from lightautoml.automl.presets.tabular_presets import TabularAutoML
        from lightautoml.tasks import Task

        self.preset, self.task = TabularAutoML, Task

    def fit(self, X: Any, y: Any, job: dict[str, Any]) -> None:
        """Fit within the timeout."""
        self.kind = job["task"]
        name, metric = TASKS[self.kind]
        self.automl = self.preset(
            task=self.task(name, metric=metric),
            timeout=job["budget"],
            cpu_limit=job["cores"],
            reader_params={"n_jobs": job["cores"], "random_state": job["seed"]},
            **job["options"],
        )
        self.automl.fit_predict(X.assign(**{job["target"]: y}), roles={"target": job["target"]}, verbose=1)
        self.labels = sorted(y.unique()) if self.kind != "regression" else None

    def predict(self, X: Any) -> Any:
        """Ask the blend; labels stand in the order of the reader's mapping where it made one."""
        values = self.automl.predict(X).data
        if self.kind == "regression":
            return values[:, 0]
        mapping = self.automl.reader.class_mapping
        labels = self.labels if mapping is None else sorted(mapping, key=mapping.get)
        return probabilities(values, labels)

    def save(self, folder: Path) -> None:
        """Pickle the fitted object, as its documentation does."""
        import joblib

        joblib.dump(self.automl, folder / "automl.joblib")

    def told(self) -> dict[str, Any]:
        """Return how the blend is made up."""
        return {"best": " ".join(self.automl.create_model_str_desc().split())[:200]}


if __name__ == "__main__":
    run(LightAutoML)
