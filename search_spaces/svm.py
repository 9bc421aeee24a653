"""Support vector machines with a Gaussian kernel: exact on few rows, approximated on many.

Up to :data:`EXACT_ROWS` rows this is the support vector machine itself, its decision turned into probabilities by a
sigmoid that is fitted across folds (Platt 1999). Beyond, its time would grow with the square of the rows, so the
kernel is approximated by Nyström's method (Williams & Seeger 2001) and a logistic or ridge regression is fitted on the
few hundred columns that it gives. ``C`` has FLAML's and auto-sklearn's range (Wang et al. 2021; Feurer et al. 2022,
``libsvm_svc``), cut at 1,000 because numbers are scaled; ``gamma`` is counted in units of one over the columns.
"""

from __future__ import annotations

from typing import Any, cast

import numpy as np

from automl.values.algorithm import Algorithm, BuildContext, DataShape, Estimator, Fitted, Needs, Rows, Scaling
from automl.values.space import Categorical, Config, Float, Int, SearchSpace
from search_spaces._fitting import expected_warnings, fit_quietly, weights_for
from search_spaces._numbers import numbers_of, slopes

EXACT_ROWS = 2_000
_FOLDS = 3


def space(shape: DataShape) -> SearchSpace:
    """Return the space: of the exact machine, or of the approximation with its number of columns."""
    components = (
        Int("n_components", 100, 1000, log=True, default=300),
        Float("C", 0.03125, 1000.0, log=True, default=10.0),
    )
    exact = (Float("C", 0.03125, 1000.0, log=True, default=5.0 if shape.n_classes else 2.0),)
    epsilon = (Float("epsilon", 0.001, 0.5, log=True, default=0.05),) if not shape.n_classes else ()
    return SearchSpace(
        *((*exact, *epsilon) if shape.n_rows <= EXACT_ROWS else components),
        Float("gamma", 0.01, 10.0, log=True, default=0.5),
        Categorical("scaling", ("robust", "standard", "quantile", "power")),
        *slopes(shape),
    )


def needs(config: Config) -> Needs:
    """Return what it needs: numbers of one size, categories as switches."""
    return Needs(categories="onehot", scaling=cast(Scaling, config["scaling"]), numbers=numbers_of(config))


def build(config: Config, context: BuildContext) -> Estimator:
    """Return the exact machine if the config is one of its space, else the approximation."""
    gamma = cast(float, config["gamma"]) / max(1, context.n_features)
    is_exact = "n_components" not in config
    return _exact(config, context, gamma) if is_exact else _approximate(config, context, gamma)


def _exact(config: Config, context: BuildContext, gamma: float) -> Estimator:
    from sklearn.calibration import CalibratedClassifierCV
    from sklearn.compose import TransformedTargetRegressor
    from sklearn.model_selection import StratifiedKFold
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC, SVR

    options: dict[str, Any] = {"C": config["C"], "gamma": gamma, "cache_size": 100, "max_iter": 1_000_000}
    if context.is_classification:
        folds = StratifiedKFold(_FOLDS, shuffle=True, random_state=context.seed)
        return CalibratedClassifierCV(SVC(**options), cv=folds, ensemble=False)
    return TransformedTargetRegressor(regressor=SVR(epsilon=config["epsilon"], **options), transformer=StandardScaler())


def _approximate(config: Config, context: BuildContext, gamma: float) -> Estimator:
    from sklearn.compose import TransformedTargetRegressor
    from sklearn.kernel_approximation import Nystroem
    from sklearn.linear_model import LogisticRegression, Ridge
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import StandardScaler

    strength = cast(float, config["C"])
    width = min(cast(int, config["n_components"]), context.n_rows)
    kernel = Nystroem(gamma=gamma, n_components=width, random_state=context.seed)
    if context.is_classification:
        return Pipeline([("kernel", kernel), ("linear", LogisticRegression(C=strength, max_iter=150, tol=1e-3))])
    chain = Pipeline([("kernel", kernel), ("linear", Ridge(alpha=1.0 / strength, random_state=context.seed))])
    return TransformedTargetRegressor(regressor=chain, transformer=StandardScaler())


def fit(model: Estimator, train: Rows, valid: Rows | None, seconds: float | None) -> Fitted:
    """Solve; before the sigmoid is fitted across folds, rows of classes too rare for that are repeated."""
    if not hasattr(model, "cv"):
        return fit_quietly(model, train, valid, seconds)
    counts = np.bincount(train.y)
    copies = np.where(counts > 0, np.ceil(_FOLDS / np.maximum(counts, 1)), 0).astype(int)[train.y]
    chosen = np.repeat(np.arange(len(train.y)), copies)
    weight = None
    if train.weight is not None or copies.max() > 1:
        weight = ((np.ones(len(train.y)) if train.weight is None else train.weight) / copies)[chosen]
    rows = Rows(train.X[chosen], train.y[chosen], weight)
    with expected_warnings():
        model.fit(rows.X, rows.y, **weights_for(model, rows))
    model.cv = None  # how it was calibrated is of no use to the fitted model
    return Fitted(model)


def seconds(shape: DataShape) -> float:
    """Return rough seconds of a default fit on one core."""
    width = shape.n_columns + 10 * shape.n_categorical
    if shape.n_rows <= EXACT_ROWS:
        return 0.05 + 3e-9 * shape.n_rows**2 * (30 + 0.2 * width)
    return 0.3 + 3e-5 * shape.n_rows * max(1, shape.n_classes)


ALGORITHM = Algorithm(
    name="svm",
    space=space,
    build=build,
    needs=needs,
    fit=fit,
    requires=("sklearn",),
    max_rows=50_000,
    max_columns=2_000,
    seconds=seconds,
)
