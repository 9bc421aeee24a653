"""H2O AutoML, with a server of its own that ends with the run."""

from __future__ import annotations

import math
import shutil
import socket
from pathlib import Path
from typing import Any

from adapting import Adapter, probabilities, run

METRICS = {"auc": "AUC", "log_loss": "logloss", "rmse": "RMSE"}


class H2O(Adapter):
    """``H2OAutoML`` with a limit on its seconds and its other defaults; moving the rows to the server is part of it."""

    libraries = ("h2o", "pandas", "numpy")

    def start(self, job: dict[str, Any]) -> None:
        """Import the client and start a server."""
        if shutil.which("java") is None:
            raise RuntimeError("H2O needs a Java runtime, and no 'java' is on the path.")
        import h2o
        from h2o.automl import H2OAutoML

        self.h2o, self.kind = h2o, H2OAutoML
        h2o.init(
            port=_free_port(),
            nthreads=job["cores"],
            ice_root=job["work"],
            log_dir=job["work"],
            bind_to_localhost=True,
            strict_version_check=False,
        )
        h2o.no_progress()

    def fit(self, X: Any, y: Any, job: dict[str, Any]) -> None:
        """Send the rows and search for the budget."""
        target = job["target"]
        self.classifies = job["task"] != "regression"
        kind = "enum" if self.classifies else "numeric"
        frame = self.h2o.H2OFrame(X.assign(**{target: y}), column_types={target: kind})
        self.types = {name: frame.types[name] for name in X.columns}  # what it guessed holds for rows to come
        self.labels = sorted(y.unique()) if self.classifies else None
        self.automl = self.kind(
            max_runtime_secs=math.ceil(job["budget"]),
            seed=job["seed"],
            sort_metric=METRICS[job["metric"]],
            **job["options"],
        )
        self.automl.train(x=list(X.columns), y=target, training_frame=frame)
        if self.automl.leader is None:
            raise RuntimeError("no model was trained within the budget")

    def predict(self, X: Any) -> Any:
        """Send the rows and ask the leader."""
        frame = self.h2o.H2OFrame(X, column_types=self.types)
        found = self.automl.leader.predict(frame).as_data_frame(use_multi_thread=False)
        self.h2o.remove(frame)
        if not self.classifies:
            return found["predict"].to_numpy()
        values = found.drop(columns="predict")
        return probabilities(values, self._labels(values.columns))

    def _labels(self, columns: Any) -> list[str]:
        """Return the label of each column; H2O puts a 'p' before labels that are numbers."""
        known = set(self.labels)
        return [name if name in known else name[1:] for name in map(str, columns)]

    def save(self, folder: Path) -> None:
        """Save the leader."""
        self.h2o.save_model(self.automl.leader, path=str(folder), force=True)

    def told(self) -> dict[str, Any]:
        """Return the number of models and the leader."""
        return {"models": self.automl.leaderboard.nrows, "best": str(self.automl.leader.model_id)}

    def close(self) -> None:
        """End the server."""
        if hasattr(self, "h2o") and self.h2o.connection() is not None:
            self.h2o.cluster().shutdown()


def _free_port() -> int:
    """Return a port that is free together with the next, which the nodes talk on."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port = int(first.getsockname()[1])
            try:
                second.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            return port


if __name__ == "__main__":
    run(H2O)
