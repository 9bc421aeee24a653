"""Random forest: averaged trees, each grown on its own sample of the rows.

Robust without tuning, a useful member of an ensemble. The space is that of TabArena (Erickson et al. 2025, repository
autogluon/tabarena, ``models/random_forest``) with the leaf sizes of AutoGluon's 2023 portfolio (Salinas & Erickson
2024, TabRepo), since larger leaves give better probabilities and models a tenth of the size.
"""

from __future__ import annotations

from automl.values.algorithm import Algorithm, BuildContext, DataShape, Estimator
from automl.values.space import Categorical, Config, Float, Int, SearchSpace
from search_spaces._balancing import balancing
from search_spaces._forests import fit, needs, seconds_for, settings, sharpened, sharpness


def space(shape: DataShape) -> SearchSpace:
    """Return the space; how categories are encoded only where there are some."""
    return SearchSpace(
        Categorical("max_features", ("sqrt", 0.25, 0.5, 0.75, 1.0), default=0.5 if shape.n_classes == 0 else 0.25),
        Int("min_samples_leaf", 1, 40, log=True, default=_leaf(shape)),
        Int("min_samples_split", 2, 8, log=True, default=2),
        Categorical("bootstrap", (True, False)),
        Float("max_samples", 0.5, 1.0, default=1.0, when={"bootstrap": True}),
        Float("min_impurity_decrease", 1e-8, 1e-3, log=True, default=1e-8),
        *((Categorical("criterion", ("entropy", "gini")),) if shape.n_classes else ()),
        *((Categorical("categories", ("target", "ordinal")),) if shape.n_categorical else ()),
        *sharpness(shape),
        *balancing(shape),
    )


def _leaf(shape: DataShape) -> int:
    """Binary labels are noisy and larger leaves smooth their shares; many classes on few rows need small ones."""
    return {"binary": 4, "multiclass": 2, "regression": 2}[shape.kind] if shape.n_rows > 1_000 else 1


def build(config: Config, context: BuildContext) -> Estimator:
    """Return an unfitted ``RandomForestClassifier`` or ``RandomForestRegressor``."""
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

    forest = RandomForestClassifier if context.is_classification else RandomForestRegressor
    return sharpened(forest(**settings(config, context)), config)


def seconds(shape: DataShape) -> float:
    """Return rough seconds of a default fit on one core."""
    return seconds_for(shape, 4e-5, 0.25 if shape.n_classes else 0.5)


ALGORITHM = Algorithm(
    name="random_forest",
    space=space,
    build=build,
    needs=needs,
    fit=fit,
    is_anytime=True,
    requires=("sklearn",),
    seconds=seconds,
)
