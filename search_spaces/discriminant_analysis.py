"""Discriminant analysis: classes as normal clouds with one covariance (linear) or one each (quadratic).

Linear discriminant analysis with a shrunken covariance is hard to beat on a few hundred correlated numeric columns.
Shrinkage is Ledoit and Wolf's or a number between 0 and 1, as in auto-sklearn (Feurer et al. 2022,
``components/classification/lda`` and ``qda``). There is no regression counterpart: the method compares classes.
"""

from __future__ import annotations

from typing import cast

from automl.values.algorithm import Algorithm, BuildContext, Categories, DataShape, Estimator, Needs, Scaling
from automl.values.space import Categorical, Config, Float, SearchSpace
from search_spaces._fitting import fit_quietly


def space(shape: DataShape) -> SearchSpace:
    """Return the space; the quadratic form only where each class has rows enough for a covariance of its own."""
    is_roomy = shape.n_rows > 20 * max(1, shape.n_classes) and shape.n_columns <= 500
    return SearchSpace(
        Categorical("boundary", ("linear", "quadratic") if is_roomy else ("linear",)),
        Categorical("shrinkage", ("auto", "fixed")),
        Float("amount", 0.001, 1.0, default=0.1, when={"shrinkage": "fixed"}),
        Categorical("scaling", ("robust", "quantile", "power")),
        *((Categorical("categories", ("onehot", "target")),) if shape.n_categorical else ()),
    )


def needs(config: Config) -> Needs:
    """Return what it needs: numbers of one size; categories as switches or target means."""
    categories = cast(Categories, config.get("categories", "onehot"))
    return Needs(categories=categories, scaling=cast(Scaling, config["scaling"]))


def build(config: Config, context: BuildContext) -> Estimator:
    """Return an unfitted ``LinearDiscriminantAnalysis`` or ``QuadraticDiscriminantAnalysis``."""
    del context
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis, QuadraticDiscriminantAnalysis

    shrinkage = "auto" if config["shrinkage"] == "auto" else config["amount"]
    if config["boundary"] == "quadratic":
        return QuadraticDiscriminantAnalysis(solver="eigen", shrinkage=shrinkage)
    return LinearDiscriminantAnalysis(solver="lsqr", shrinkage=shrinkage)


def seconds(shape: DataShape) -> float:
    """Return rough seconds of a default fit on one core."""
    width = shape.n_columns + 10 * shape.n_categorical
    return 0.05 + 2e-9 * shape.n_rows * width**2


ALGORITHM = Algorithm(
    name="discriminant_analysis",
    space=space,
    build=build,
    needs=needs,
    fit=fit_quietly,
    tasks=("binary", "multiclass"),
    requires=("sklearn",),
    max_columns=1000,
    seconds=seconds,
    weights=False,
)
