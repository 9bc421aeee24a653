"""The answer without looking at a row: class frequencies, or the mean.

Every search starts with it. It fits in no time, and a model that isn't better than it has learned nothing.
"""

from __future__ import annotations

from automl.values.algorithm import Algorithm, BuildContext, DataShape, Estimator, Needs
from automl.values.space import Config, SearchSpace
from search_spaces._boosting import loss_for, quantile_for


def space(shape: DataShape) -> SearchSpace:
    """Return the empty space."""
    del shape
    return SearchSpace()


def build(config: Config, context: BuildContext) -> Estimator:
    """Return a ``DummyClassifier`` of class frequencies or a ``DummyRegressor`` of the mean, median or quantile."""
    del config
    from sklearn.dummy import DummyClassifier, DummyRegressor

    if context.is_classification:
        return DummyClassifier(strategy="prior")
    quantile = 0.5 if loss_for(context.metric) == "absolute" else quantile_for(context.metric)
    return DummyRegressor(strategy="mean" if quantile is None else "quantile", quantile=quantile)


def seconds(shape: DataShape) -> float:
    """Return rough seconds of a fit."""
    del shape
    return 0.01


ALGORITHM = Algorithm(
    name="dummy",
    space=space,
    build=build,
    needs=Needs(categories="ordinal", missing=True),
    requires=("sklearn",),
    interpretable=True,
    monotone=lambda kind, metric: True,
    seconds=seconds,
)
