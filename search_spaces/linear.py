"""Linear models: logistic regression for labels, ridge regression and the elastic net for quantities.

The quickest model there is, the best one on some wide tables, and a member that no tree replaces. Strength and kind of
penalty follow TabArena (Erickson et al. 2025, repository autogluon/tabarena, ``models/lr``: C in [.1, 1000], L1 or L2)
with the weaker end of FLAML's range (Wang et al. 2021, ``lrl1``/``lrl2``) for wide tables; how numbers are scaled is
searched as well, and whether the line may bend at the quantiles of each. A target of any unit is standardised, so that
a penalty means the same everywhere.
"""

from __future__ import annotations

from typing import cast

from automl.values.algorithm import Algorithm, BuildContext, DataShape, Estimator, Fitted, Needs, Rows, Scaling
from automl.values.space import Categorical, Config, Float, SearchSpace
from search_spaces._balancing import balance_needs, balancing
from search_spaces._boosting import Deadline
from search_spaces._features import with_generated_features
from search_spaces._fitting import fit_quietly
from search_spaces._numbers import numbers_of, slopes
from search_spaces._spellings import with_mended_spellings
from search_spaces._targets import with_bent_targets

_STEPS = 40
"""Iterations of the solver between two looks at the clock."""
_MAX_STEPS = 15


def space(shape: DataShape) -> SearchSpace:
    """Return the space of the classifier or of the regressor."""
    further = (Categorical("scaling", ("robust", "standard", "quantile", "clipped")), *slopes(shape))
    if shape.n_classes:
        return SearchSpace(
            Float("C", 0.001, 1000.0, log=True, default=1.0),
            Categorical("penalty", ("l2", "l1")),
            *further,
            *balancing(shape),
        )
    return SearchSpace(
        Categorical("penalty", ("l2", "elasticnet")),
        Float("alpha", 1e-3, 1e4, log=True, default=10.0, when={"penalty": "l2"}),
        Float("strength", 1e-5, 1.0, log=True, default=1e-3, when={"penalty": "elasticnet"}),
        Float("l1_ratio", 0.05, 1.0, default=0.5, when={"penalty": "elasticnet"}),
        *further,
    )


def needs(config: Config) -> Needs:
    """Return what it needs: numbers of one size, categories as switches."""
    found = Needs(categories="onehot", scaling=cast(Scaling, config["scaling"]), numbers=numbers_of(config))
    return balance_needs(found, config)


def build(config: Config, context: BuildContext) -> Estimator:
    """Return an unfitted ``LogisticRegression``, or ``Ridge`` or ``ElasticNet`` on a standardised target."""
    from sklearn.compose import TransformedTargetRegressor
    from sklearn.linear_model import ElasticNet, LogisticRegression, Ridge
    from sklearn.preprocessing import StandardScaler

    if context.is_classification:
        is_l1 = config["penalty"] == "l1"
        # The second-order solver needs a few steps, each cubic in the number of coefficients.
        is_small = context.n_features * max(1, context.n_classes - 1) <= 300
        solver = "saga" if is_l1 else "newton-cholesky" if is_small else "lbfgs"
        return LogisticRegression(
            C=config["C"],
            l1_ratio=1.0 if is_l1 else 0.0,
            solver=solver,
            tol=1e-3 if is_l1 else 1e-4,
            max_iter=_STEPS,
            warm_start=True,
            random_state=context.seed,
        )
    regressor = (
        Ridge(alpha=config["alpha"], random_state=context.seed)
        if config["penalty"] == "l2"
        else ElasticNet(alpha=config["strength"], l1_ratio=config["l1_ratio"], max_iter=300, tol=1e-3)
    )
    return TransformedTargetRegressor(regressor=regressor, transformer=StandardScaler())


def fit(model: Estimator, train: Rows, valid: Rows | None, seconds: float | None) -> Fitted:
    """Solve; a logistic regression in steps, until it has converged or the time is up."""
    if not hasattr(model, "warm_start"):
        return fit_quietly(model, train, valid, seconds)
    deadline = Deadline(seconds)
    for _ in range(_MAX_STEPS):
        fit_quietly(model, train, valid, seconds)
        if max(model.n_iter_) < _STEPS or deadline.is_over():
            break
    return Fitted(model.set_params(warm_start=False))


def effort(config: Config) -> float:
    """Return how many times as long it takes as with plain numbers: slopes are eight columns for each of them."""
    return 4.0 if config.get("numbers") == "slopes" else 1.0


def seconds(shape: DataShape) -> float:
    """Return rough seconds of a default fit on one core."""
    width = shape.n_columns + 10 * shape.n_categorical
    per_row = 1e-7 * width * (10 if shape.n_classes > 2 else 1) * max(1, shape.n_classes)
    return 0.05 + per_row * shape.n_rows


ALGORITHM = with_bent_targets(
    with_generated_features(
        with_mended_spellings(
            Algorithm(
                name="linear",
                space=space,
                build=build,
                needs=needs,
                fit=fit,
                effort=effort,
                is_anytime=True,
                requires=("sklearn",),
                interpretable=True,
                seconds=seconds,
            )
        )
    ),
    "quantile",
)
