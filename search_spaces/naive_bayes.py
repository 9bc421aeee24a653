"""Naive Bayes: each column tells about the label on its own.

Nearly free, rarely best, and wrong in its own way. Columns are taken as normal within a class, after the scaling that
makes them so, or as above or below their middle (Bernoulli), which suits word counts. Smoothing follows auto-sklearn
(Feurer et al. 2022, ``components/classification/gaussian_nb`` and ``bernoulli_nb``: alpha in [.01, 100]). There is no
regression counterpart: the method is a model of the columns given the label.
"""

from __future__ import annotations

from typing import cast

from automl.values.algorithm import Algorithm, BuildContext, Categories, DataShape, Estimator, Needs
from automl.values.space import Categorical, Config, Float, SearchSpace


def space(shape: DataShape) -> SearchSpace:
    """Return the space; how categories are encoded only where there are some."""
    return SearchSpace(
        Categorical("distribution", ("gaussian", "bernoulli")),
        Float("var_smoothing", 1e-9, 10.0, log=True, default=0.3, when={"distribution": "gaussian"}),
        Float("alpha", 0.01, 100.0, log=True, default=1.0, when={"distribution": "bernoulli"}),
        *((Categorical("categories", ("target", "onehot")),) if shape.n_categorical else ()),
    )


def needs(config: Config) -> Needs:
    """Return what it needs: columns that look normal, or lie around 0."""
    categories = cast(Categories, config.get("categories", "onehot"))
    return Needs(categories=categories, scaling="quantile")


def build(config: Config, context: BuildContext) -> Estimator:
    """Return an unfitted ``GaussianNB`` or ``BernoulliNB``."""
    del context
    from sklearn.naive_bayes import BernoulliNB, GaussianNB

    if config["distribution"] == "gaussian":
        return GaussianNB(var_smoothing=config["var_smoothing"])
    return BernoulliNB(alpha=config["alpha"], binarize=0.0)


def seconds(shape: DataShape) -> float:
    """Return rough seconds of a fit on one core."""
    return 0.02 + 2e-8 * shape.n_rows * (shape.n_columns + 10 * shape.n_categorical)


ALGORITHM = Algorithm(
    name="naive_bayes",
    space=space,
    build=build,
    needs=needs,
    tasks=("binary", "multiclass"),
    requires=("sklearn",),
    interpretable=True,
    seconds=seconds,
)
