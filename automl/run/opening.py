"""Opening what was saved: a model file, or the folder of a run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sklearn.pipeline import Pipeline

from automl.errors import StorageError
from automl.run.run import Run
from automl.storage.archive import stored_evaluations
from automl.storage.artifact import load_model
from automl.storage.folder import RunFolder
from automl.values.plan import Plan


def open_path(path: Path, trusted: Sequence[str | type[Any]], storage: Any = None) -> Pipeline | Run:
    """Return the pipeline in a model file, or the run in a folder, whose study is in ``storage`` if that is given.

    Raises
    ------
    StorageError
        If there is nothing at ``path``, or a folder that holds no finished run, or one in another form.
    ArtifactError
        If the file can't be loaded.
    """
    if not path.is_dir():
        pipeline, _ = load_model(path, trusted=trusted)
        return pipeline
    folder = RunFolder.open(path)
    plan = Plan.from_json(folder.read_plan())
    if not folder.ensemble.exists():
        raise StorageError(f"The run in {path} did not end yet or was killed. The same call of fit goes on with it.")
    outcome = folder.read_json(folder.ensemble)
    if storage is not None:
        outcome["storage"] = storage
    evaluations = stored_evaluations(outcome["storage"], outcome["study_name"], folder.path)
    return Run(folder, plan, None, evaluations, outcome, trusted=trusted)
