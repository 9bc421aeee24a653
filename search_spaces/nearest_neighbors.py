"""k nearest neighbours: the labels or values of the most similar training rows.

No training, but every prediction searches all rows, so it is left out of large tables. The space follows TabArena
(Erickson et al. 2025, repository autogluon/tabarena, ``models/knn``): 1 to 500 neighbours, weighted by distance or
not, Manhattan or Euclidean distance, and the scaling searched; Minkowski's p of 1.5 is left out, being fifty times
slower than either.
"""

from __future__ import annotations

from typing import cast

from automl.values.algorithm import Algorithm, BuildContext, Categories, DataShape, Estimator, Needs, Scaling
from automl.values.space import Categorical, Config, Int, SearchSpace


def space(shape: DataShape) -> SearchSpace:
    """Return the space; at most half of the rows are neighbours."""
    most = min(500, max(1, shape.n_rows // 2))
    return SearchSpace(
        Int("n_neighbors", 1, most, log=True, default=min(40, most)),
        Categorical("weights", ("distance", "uniform")),
        Categorical("p", (2, 1)),
        Categorical("scaling", ("quantile", "standard", "clipped")),
        *((Categorical("categories", ("onehot", "target")),) if shape.n_categorical else ()),
    )


def needs(config: Config) -> Needs:
    """Return what it needs: numbers of one size; categories as target means or switches."""
    categories = cast(Categories, config.get("categories", "onehot"))
    return Needs(categories=categories, scaling=cast(Scaling, config["scaling"]))


def build(config: Config, context: BuildContext) -> Estimator:
    """Return an unfitted ``KNeighborsClassifier`` or ``KNeighborsRegressor``."""
    from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor

    family = KNeighborsClassifier if context.is_classification else KNeighborsRegressor
    wanted = cast(int, config["n_neighbors"])
    return family(
        n_neighbors=max(1, min(wanted, context.n_rows)),
        weights=config["weights"],
        p=config["p"],
        n_jobs=context.threads,
    )


def seconds(shape: DataShape) -> float:
    """Return rough seconds of a fit and of predicting a fifth as many rows, on one core."""
    return 0.05 + 2e-10 * shape.n_rows**2 * (5 + shape.n_columns)


ALGORITHM = Algorithm(
    name="nearest_neighbors",
    space=space,
    build=build,
    needs=needs,
    requires=("sklearn",),
    max_rows=50_000,
    max_columns=500,
    seconds=seconds,
    weights=False,
)
