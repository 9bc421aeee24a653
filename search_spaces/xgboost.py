"""XGBoost: gradient boosting of depth-wise or loss-guided trees on histograms.

A second boosting library whose errors differ enough from LightGBM's to be worth a place in an ensemble. Categories go
in as codes with XGBoost's own partitions, missing values as they are. The space is that of TabArena (Erickson et al.
2025, repository autogluon/tabarena, ``models/xgboost``); depth 6 and a learning rate of .05 are the default, the
first the library's, the second half of AutoGluon's, because rounds are cheap with early stopping.
"""

from __future__ import annotations

from typing import Any

from automl.values.algorithm import Algorithm, BuildContext, DataShape, Estimator, Fitted, Needs, Rows
from automl.values.space import Categorical, Config, Float, Int, SearchSpace
from search_spaces._balancing import balance_needs, balancing, without_balance
from search_spaces._boosting import (
    MAX_ROUNDS,
    Watch,
    bins,
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

_OBJECTIVES = {
    "squared": ("reg:squarederror", "rmse"),
    "absolute": ("reg:absoluteerror", "mae"),
    "quantile": ("reg:quantileerror", "quantile"),
    "poisson": ("count:poisson", "poisson-nloglik"),
    "gamma": ("reg:gamma", "gamma-nloglik"),
}


def space(shape: DataShape) -> SearchSpace:
    """Return TabArena's space; the limit for one-hot splits only where there are categories."""
    categorical = (Int("max_cat_to_onehot", 8, 100, log=True, default=8),) if shape.n_categorical else ()
    return SearchSpace(
        Float("learning_rate", 0.005, 0.1, log=True, default=0.1 if shape.n_classes > 10 else 0.05),
        Int("max_depth", 4, 10, log=True, default=6),
        Float("min_child_weight", 0.001, 5.0, log=True, default=1.0),
        Float("subsample", 0.6, 1.0, default=0.9),
        Float("colsample_bylevel", 0.6, 1.0, default=0.9),
        Float("colsample_bynode", 0.6, 1.0, default=0.9),
        Float("reg_alpha", 1e-4, 5.0, default=0.1),
        Float("reg_lambda", 1e-4, 5.0, default=1.0),
        Categorical("grow_policy", ("depthwise", "lossguide")),
        Int("max_leaves", 8, 1024, log=True, default=64, when={"grow_policy": "lossguide"}),
        *categorical,
        *balancing(shape),
    )


def needs(config: Config) -> Needs:
    """Return what it needs: categories as codes, missing values as they are unless rows are made."""
    return balance_needs(Needs(categories="native", missing=True, native_levels=100), config)


def build(config: Config, context: BuildContext) -> Estimator:
    """Return an unfitted ``XGBClassifier`` or ``XGBRegressor``."""
    from xgboost import XGBClassifier, XGBRegressor

    coded = set(context.categorical)
    settings: dict[str, Any] = {
        **without_balance(config),
        "n_estimators": context.rounds or MAX_ROUNDS,
        "tree_method": "hist",
        "max_bin": bins(context.n_rows, most=256),
        "enable_categorical": True,
        "feature_types": ["c" if i in coded else "q" for i in range(context.n_features)],
        "random_state": context.seed,
        "n_jobs": context.threads,
        "verbosity": 0,
    }
    if context.monotone:
        settings["monotone_constraints"] = tuple(context.monotone)
    if context.is_classification:
        return XGBClassifier(eval_metric="logloss" if context.kind == "binary" else "mlogloss", **settings)
    objective, metric = _OBJECTIVES[loss_for(context.metric)]
    if (quantile := quantile_for(context.metric)) is not None:
        settings["quantile_alpha"] = quantile
    return XGBRegressor(objective=objective, eval_metric=metric, **settings)


def fit(model: Estimator, train: Rows, valid: Rows | None, seconds: float | None) -> Fitted:
    """Boost until the validation loss stops falling or the time is up, and keep the best rounds only."""
    import xgboost

    is_classifier = isinstance(model, xgboost.XGBClassifier)
    train = with_every_label(train, valid) if is_classifier else train
    watch = Watch(len(train.y), seconds, model.learning_rate)

    class Follow(xgboost.callback.TrainingCallback):
        def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
            losses = [metrics for data in evals_log.values() for metrics in data.values()]
            return watch.should_stop(epoch, losses[0][-1] if losses else None)

        def after_training(self, model: Any) -> Any:
            return model[: watch.best_round + 1]

    if valid is None and model.n_estimators == MAX_ROUNDS:
        model.set_params(n_estimators=rounds_without_validation(model.learning_rate))
    watched: dict[str, Any] = {"verbose": False}
    if valid is not None:
        watched["eval_set"] = [(valid.X, valid.y)]
        watched["sample_weight_eval_set"] = None if valid.weight is None else [valid.weight]
    model.set_params(callbacks=[Follow()])
    model.fit(train.X, train.y, sample_weight=train.weight, **watched)
    model.set_params(callbacks=None)  # a saved model refers to nothing of the search
    model.evals_result_ = {}
    splits = model.get_booster().get_score(importance_type="weight")  # of each column that has any
    return Fitted(model, watch.best_round + 1, complexity=float(sum(splits.values())))


def seconds(shape: DataShape) -> float:
    """Return rough seconds of a default fit on one core."""
    return float(0.3 + 2.5e-5 * shape.n_rows * (2 + shape.n_columns**0.7) * max(1, shape.n_classes - 1) ** 0.9)


ALGORITHM = with_bent_targets(
    with_generated_features(
        with_mended_spellings(
            Algorithm(
                name="xgboost",
                space=space,
                build=build,
                needs=needs,
                fit=fit,
                effort=effort,
                is_anytime=True,
                monotone=keeps_monotone,
                requires=("xgboost",),
                seconds=seconds,
            )
        )
    ),
    "log",
    "yeo_johnson",
)
