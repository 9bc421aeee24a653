"""The result of a search, from the folder that it was written to."""

from automl.run.opening import open_path
from automl.run.run import Run

__all__ = ["Run", "open_path"]
