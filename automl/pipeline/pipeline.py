"""The artefact that predicts: a scikit-learn pipeline of a table encoder and a blend.

Raw rows go in, labels or quantities come out. It is scikit-learn's own ``Pipeline``, so that ``clone``,
``cross_val_score`` and everything else that knows pipelines works on it: fitted again, it learns everything again,
from the levels of a category to the last model.
"""

from __future__ import annotations

from collections.abc import Sequence

from sklearn.pipeline import Pipeline

from automl.pipeline.blend import BlendedClassifier, BlendedRegressor, Member
from automl.pipeline.calibration import CalibratedClassifier, Calibration
from automl.pipeline.deciding import CostClassifier
from automl.pipeline.table import TableEncoder
from automl.values.algorithm import Estimator
from automl.values.costs import Costs
from automl.values.finish import PLAIN, Finish
from automl.values.task import Task


def make_pipeline(
    table: TableEncoder, members: Sequence[Member], task: Task, costs: Costs | None = None, finish: Finish = PLAIN
) -> Pipeline:
    """Return a fitted pipeline from its fitted parts.

    Parameters
    ----------
    table
        The encoder that made the rows which the members were fitted on.
    members
        Fitted preparations and models with their weights.
    task
        The problem; its labels are what ``predict`` returns.
    costs
        What decisions cost; without, the most probable label is given.
    finish
        What is done to probabilities before they are given, and by which weights labels are decided.

    Returns
    -------
    Pipeline
        With the steps ``table`` and ``model``. Fitted again, its encoder keeps the layout of its output, because
        models are built for certain columns.
    """
    kept: TableEncoder = table.with_fixed_layout()
    kind = BlendedClassifier if task.is_classification else BlendedRegressor
    model: Estimator = kind.from_fitted(members, task)
    if finish.temperature is not None:
        model = CalibratedClassifier.from_fitted(model, Calibration.of_temperature(finish.temperature))
    if finish.losses is not None:
        model = CostClassifier.from_fitted(model, finish.losses)
    return Pipeline([("table", kept), ("model", model if costs is None else _deciding(model, costs, table))])


def _deciding(model: Estimator, costs: Costs, table: TableEncoder) -> CostClassifier:
    """Return the model with labels decided by costs; amounts are read from the encoded rows."""
    ends = dict(zip((column.name for column in table.schema.used), table.ends_, strict=True))
    starts = dict(zip(ends, [0, *ends.values()], strict=False))
    sign = -1.0 if costs.is_gain else 1.0
    amounts = [
        [float(each.true), float(each.given), float(starts[each.column]), sign]
        for each in costs.amounts
        if each.is_known and each.column in starts
    ]
    return CostClassifier.from_fitted(model, costs.losses, amounts or None)
