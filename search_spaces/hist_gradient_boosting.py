"""HistGradientBoosting: scikit-learn's own boosting on binned features; always there.

Close to LightGBM in kind, without row sampling. Categories of up to 255 levels and missing values go in as they are.
The space joins auto-sklearn's (Feurer et al. 2022, ``components/classification/gradient_boosting``) with the learning
rates and feature fractions that TabArena uses for LightGBM.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from automl.values.algorithm import Algorithm, BuildContext, DataShape, Estimator, Fitted, Needs, Rows
from automl.values.space import Categorical, Config, Float, Int, SearchSpace
from search_spaces._balancing import balance_needs, balancing, without_balance
from search_spaces._boosting import (
    MAX_ROUNDS,
    Watch,
    effort,
    keeps_monotone,
    loss_for,
    quantile_for,
    rounds_without_validation,
    with_every_label,
)
from search_spaces._features import with_generated_features
from search_spaces._spellings import with_mended_spellings
from search_spaces._targets import with_bent_targets

_LOSSES = {
    "squared": "squared_error",
    "absolute": "absolute_error",
    "quantile": "quantile",
    "poisson": "poisson",
    "gamma": "gamma",
}


def space(shape: DataShape) -> SearchSpace:
    """Return the space; leaves of a small table stay small enough to split it."""
    return SearchSpace(
        Float("learning_rate", 0.01, 0.3, log=True, default=0.1 if shape.n_classes > 10 else 0.06),
        Int("max_leaf_nodes", 3, 255, log=True, default=31),
        Int("min_samples_leaf", 1, 200, log=True, default=min(20, max(1, shape.n_rows // 50))),
        Float("l2_regularization", 1e-6, 10.0, log=True, default=0.1),
        Float("max_features", 0.4, 1.0, default=0.8),
        Categorical("max_bins", (255, 127, 63)),
        *balancing(shape),
    )


def needs(config: Config) -> Needs:
    """Return what it needs: categories as codes, missing values as they are unless rows are made."""
    return balance_needs(Needs(categories="native", missing=True, native_levels=254), config)


def build(config: Config, context: BuildContext) -> Estimator:
    """Return an unfitted ``HistGradientBoostingClassifier`` or ``HistGradientBoostingRegressor``."""
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    settings: dict[str, Any] = {
        **without_balance(config),
        "max_iter": context.rounds or MAX_ROUNDS,
        "categorical_features": list(context.categorical) or None,
        "early_stopping": False,
        "random_state": context.seed,
    }
    if context.categorical:
        settings["max_bins"] = 255  # a category needs a bin for each of its levels
    if context.monotone:
        settings["monotonic_cst"] = list(context.monotone)
    if context.is_classification:
        return HistGradientBoostingClassifier(loss="log_loss", **settings)
    loss, quantile = _LOSSES[loss_for(context.metric)], quantile_for(context.metric)
    return HistGradientBoostingRegressor(loss=loss, quantile=quantile, **settings)


def fit(model: Estimator, train: Rows, valid: Rows | None, seconds: float | None) -> Fitted:
    """Boost until the validation loss stops falling or the time is up, and keep the best rounds only."""
    from sklearn.base import is_classifier

    train = with_every_label(train, valid) if is_classifier(model) else train
    watch = Watch(len(train.y), seconds, model.learning_rate)
    options: dict[str, Any] = {"sample_weight": train.weight}
    if valid is not None:
        options |= {"X_val": valid.X, "y_val": valid.y, "sample_weight_val": valid.weight}
    else:
        model.set_params(validation_fraction=None)
        if model.max_iter == MAX_ROUNDS:
            model.set_params(max_iter=rounds_without_validation(model.learning_rate))
    _fit_watched(model, train, options, watch, has_validation=valid is not None)
    rounds = max(1, watch.best_round)  # its round 0 is the constant before the first tree
    del model._predictors[rounds:]
    model.validation_score_ = model.train_score_ = np.empty(0)
    return Fitted(model, rounds)


def _fit_watched(model: Estimator, train: Rows, options: dict[str, Any], watch: Watch, has_validation: bool) -> None:
    """Fit with the watch in the place where the model decides, after each round, whether to stop.

    Its own early stopping knows no wall time, and fitting in chunks bins all rows again for each chunk.
    """
    decide = model._check_early_stopping_loss

    def follow(**scores: Any) -> bool:
        decide(**scores)
        loss = -model.validation_score_[-1] if has_validation else None
        return watch.should_stop(len(model.train_score_) - 1, loss)

    model.set_params(early_stopping=True, scoring="loss")
    model._check_early_stopping_loss = follow
    model.fit(train.X, train.y, **options)
    del model._check_early_stopping_loss


def seconds(shape: DataShape) -> float:
    """Return rough seconds of a default fit on one core."""
    return float(0.3 + 2.5e-5 * shape.n_rows * (2 + shape.n_columns**0.7) * max(1, shape.n_classes - 1) ** 0.9)


ALGORITHM = with_bent_targets(
    with_generated_features(
        with_mended_spellings(
            Algorithm(
                name="hist_gradient_boosting",
                space=space,
                build=build,
                needs=needs,
                fit=fit,
                effort=effort,
                is_anytime=True,
                monotone=keeps_monotone,
                requires=("sklearn",),
                seconds=seconds,
            )
        )
    ),
    "log",
    "yeo_johnson",
    "quantile",
)
