"""The artefact that predicts: a scikit-learn pipeline of a table encoder and a blend.

Raw rows go in, labels or quantities come out. It is scikit-learn's own ``Pipeline``, so that ``clone``,
``cross_val_score`` and everything else that knows pipelines works on it: fitted again, it learns everything again,
from the levels of a category to the last model.
"""

from __future__ import annotations

from collections.abc import Sequence

from sklearn.pipeline import Pipeline

from automl.pipeline.blend import BlendedClassifier, BlendedRegressor, Member
from automl.pipeline.table import TableEncoder
from automl.values.task import Task


def make_pipeline(table: TableEncoder, members: Sequence[Member], task: Task) -> Pipeline:
    """Return a fitted pipeline from its fitted parts.

    Parameters
    ----------
    table
        The encoder that made the rows which the members were fitted on.
    members
        Fitted preparations and models with their weights.
    task
        The problem; its labels are what ``predict`` returns.

    Returns
    -------
    Pipeline
        With the steps ``table`` and ``model``. Fitted again, its encoder keeps the layout of its output, because
        models are built for certain columns.
    """
    kept: TableEncoder = table.with_fixed_layout()
    kind = BlendedClassifier if task.is_classification else BlendedRegressor
    return Pipeline([("table", kept), ("model", kind.from_fitted(members, task))])
