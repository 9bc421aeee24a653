"""An additive model: the sum of one smooth curve for each column, on the logit scale for labels.

What a person can plot and read, and more than a straight line. Each numeric column becomes a handful of B-splines
(Eilers & Marx 1996) and a penalised linear model weighs them, as generalised additive models do (Hastie & Tibshirani
1990); columns of few values, such as switches, stay as they are. Number of knots and penalty are searched over the
usual range of that literature; the penalty's range is the linear family's (TabArena, ``models/lr``).
"""

from __future__ import annotations

from typing import Any, cast

import numpy as np

from automl.values.algorithm import Algorithm, BuildContext, DataShape, Estimator, Fitted, Needs, Rows, Scaling
from automl.values.space import Categorical, Config, Float, Int, SearchSpace
from search_spaces._fitting import fit_quietly


def space(shape: DataShape) -> SearchSpace:
    """Return the space."""
    most = 16 if shape.n_rows >= 1_000 else 8
    return SearchSpace(
        Int("n_knots", 3, most, log=True, default=6),
        Int("degree", 1, 3, default=3),
        Float("C", 0.001, 1000.0, log=True, default=3.0),
        Categorical("scaling", ("quantile", "robust")),
    )


def needs(config: Config) -> Needs:
    """Return what it needs: bounded numbers, over which knots can be spread evenly; categories as switches."""
    return Needs(categories="onehot", scaling=cast(Scaling, config["scaling"]))


def build(config: Config, context: BuildContext) -> Estimator:
    """Return an unfitted pipeline of splines and ``LogisticRegression`` or ``Ridge``."""
    from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
    from sklearn.linear_model import LogisticRegression, Ridge
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import SplineTransformer, StandardScaler

    curves = SplineTransformer(
        n_knots=config["n_knots"], degree=config["degree"], extrapolation="constant", include_bias=False
    )
    splines = ColumnTransformer([("curves", curves, [])], remainder="passthrough", sparse_threshold=0.0)
    strength = cast(float, config["C"])
    if context.is_classification:
        return Pipeline([("splines", splines), ("linear", LogisticRegression(C=strength, max_iter=200, tol=1e-3))])
    chain = Pipeline([("splines", splines), ("linear", Ridge(alpha=1.0 / strength, random_state=context.seed))])
    return TransformedTargetRegressor(regressor=chain, transformer=StandardScaler())


def fit(model: Estimator, train: Rows, valid: Rows | None, seconds: float | None) -> Fitted:
    """Decide which columns get a curve, and solve."""
    chain: Any = getattr(model, "regressor", model)
    (_, curves, _), *_ = chain.named_steps["splines"].transformers
    sample = train.X[:: max(1, len(train.X) // 5_000)]
    curved = [i for i in range(train.X.shape[1]) if len(np.unique(sample[:, i])) > max(4, curves.n_knots)]
    chain.set_params(splines__transformers=[("curves", curves, curved)])
    return fit_quietly(model, train, valid, seconds)


def seconds(shape: DataShape) -> float:
    """Return rough seconds of a default fit on one core."""
    width = 8 * shape.n_columns + 10 * shape.n_categorical
    return 0.1 + 5e-8 * shape.n_rows * width * max(1, shape.n_classes)


ALGORITHM = Algorithm(
    name="additive",
    space=space,
    build=build,
    needs=needs,
    fit=fit,
    requires=("sklearn",),
    max_rows=100_000,
    max_columns=100,
    seconds=seconds,
)
