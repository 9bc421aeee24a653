"""A bent target as a choice of a family: its space says ``target``, "plain" or how it is bent, for quantities only.

Scores are always in the target's own unit, so a bend is kept where it lowers the metric that was asked for, and
nowhere else. A metric that asks for the loss of counts or amounts (Poisson, gamma) bends the expectation itself; a
model of a bent target is then trained with squared loss.
"""

from __future__ import annotations

from dataclasses import replace

from automl.values.algorithm import Algorithm, BuildContext, DataShape, Estimator, Fitted, Rows
from automl.values.space import Categorical, Config, SearchSpace, Value
from search_spaces._boosting import loss_for
from search_spaces._features import without


def with_bent_targets(algorithm: Algorithm, *bends: Value) -> Algorithm:
    """Return the declaration with a hyperparameter ``target``: "plain", the default, and these bends."""

    def space(shape: DataShape) -> SearchSpace:
        plain = algorithm.space(shape)
        return plain if shape.kind != "regression" else SearchSpace(*plain, Categorical("target", ("plain", *bends)))

    def build(config: Config, context: BuildContext) -> Estimator:
        bend, inner = config.get("target", "plain"), without(config, "target")
        if bend == "plain":
            return algorithm.build(inner, context)
        from automl.estimators.target import BentTarget, TargetBend

        if loss_for(context.metric) in ("poisson", "gamma"):
            context = replace(context, metric="rmse")
        return BentTarget(algorithm.build(inner, context), TargetBend(bend))  # type: ignore[arg-type]  # a choice is one

    def fit(model: Estimator, train: Rows, valid: Rows | None, seconds: float | None) -> Fitted:
        if type(model).__name__ != "BentTarget":
            return algorithm.fit(model, train, valid, seconds)
        model.bend.fit(train.y)
        bent = [None if rows is None else replace(rows, y=model.bend.bend(rows.y)) for rows in (train, valid)]
        assert bent[0] is not None
        fitted = algorithm.fit(model.regressor, bent[0], bent[1], seconds)
        model.regressor = fitted.model
        return replace(fitted, model=model)

    def needs(config: Config):  # type: ignore[no-untyped-def]
        return algorithm.needs_for(without(config, "target"))

    return replace(algorithm, space=space, build=build, fit=fit, needs=needs)
