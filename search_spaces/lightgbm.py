"""LightGBM: gradient boosting of leaf-wise grown trees on binned features.

The first choice on most tables, and quick. Categories and missing values go in as they are. The space is that of
TabArena (Erickson et al. 2025, repository autogluon/tabarena, ``models/lightgbm``); the default keeps LightGBM's own
31 leaves and takes AutoGluon's learning rate of .05 with some regularisation and row sampling, since the library's
plain default is among the weakest settings of that study (Elo 1183, tuned 1368).
"""

from __future__ import annotations

from typing import Any

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

_OBJECTIVES = {
    "squared": "regression",
    "absolute": "regression_l1",
    "quantile": "quantile",
    "poisson": "poisson",
    "gamma": "gamma",
}


def space(shape: DataShape) -> SearchSpace:
    """Return TabArena's space; the categorical settings only where there are categories."""
    categorical = (
        Int("min_data_per_group", 2, 100, log=True, default=min(100, max(2, shape.n_rows // 50))),
        Float("cat_l2", 0.005, 2.0, log=True, default=1.0),
        Float("cat_smooth", 0.001, 100.0, log=True, default=10.0),
        Int("max_cat_to_onehot", 8, 100, log=True, default=8),
    )
    return SearchSpace(
        Float("learning_rate", 0.005, 0.1, log=True, default=0.1 if shape.n_classes > 10 else 0.05),
        Int("num_leaves", 2, 200, log=True, default=31),
        Float("feature_fraction", 0.4, 1.0, default=0.7),
        Float("bagging_fraction", 0.7, 1.0, default=0.9),
        Int("min_data_in_leaf", 1, 64, log=True, default=min(20, max(1, shape.n_rows // 50))),
        Categorical("extra_trees", (False, True)),
        Float("lambda_l1", 1e-4, 1.0, default=0.1),
        Float("lambda_l2", 1e-4, 2.0, default=0.5),
        *(categorical if shape.n_categorical else ()),
        *balancing(shape),
    )


def needs(config: Config) -> Needs:
    """Return what it needs: categories as codes, missing values as they are unless rows are made."""
    return balance_needs(Needs(categories="native", missing=True, native_levels=1000), config)


def build(config: Config, context: BuildContext) -> Estimator:
    """Return an unfitted ``LGBMClassifier`` or ``LGBMRegressor``."""
    from lightgbm import LGBMClassifier, LGBMRegressor

    settings: dict[str, Any] = {
        **{_SKLEARN_NAMES.get(name, name): value for name, value in without_balance(config).items()},
        "n_estimators": context.rounds or MAX_ROUNDS,
        "subsample_freq": 1,
        "random_state": context.seed,
        "n_jobs": context.threads,
        "verbosity": -1,
        # The same sums in the same order every time; without it LightGBM times two layouts and takes the faster.
        "deterministic": True,
        "force_row_wise": context.n_features <= 100,
        "force_col_wise": context.n_features > 100,
    }
    if context.monotone:
        settings["monotone_constraints"] = list(context.monotone)
    if context.categorical:
        settings["categorical_column"] = list(context.categorical)
    if context.is_classification:
        return LGBMClassifier(objective="binary" if context.kind == "binary" else "multiclass", **settings)
    if (quantile := quantile_for(context.metric)) is not None:
        settings["alpha"] = quantile
    return LGBMRegressor(objective=_OBJECTIVES[loss_for(context.metric)], **settings)


_SKLEARN_NAMES = {
    "feature_fraction": "colsample_bytree",
    "bagging_fraction": "subsample",
    "min_data_in_leaf": "min_child_samples",
    "lambda_l1": "reg_alpha",
    "lambda_l2": "reg_lambda",
}
"""The names of scikit-learn's interface, under which LightGBM would otherwise warn of a value given twice."""


def fit(model: Estimator, train: Rows, valid: Rows | None, seconds: float | None) -> Fitted:
    """Boost until the validation loss stops falling or the time is up, and keep the best rounds only."""
    import lightgbm

    is_classifier = isinstance(model, lightgbm.LGBMClassifier)
    train = with_every_label(train, valid) if is_classifier else train
    watch = Watch(len(train.y), seconds, model.learning_rate)
    n_trees = 0  # of each label, up to the best round: a round in which nothing can be split adds none

    def follow(env: Any) -> None:
        nonlocal n_trees
        losses = env.evaluation_result_list or []
        is_last = env.iteration + 1 == env.end_iteration
        should_stop = watch.should_stop(env.iteration, losses[0][2] if losses else None)
        if watch.best_round == env.iteration:
            n_trees = env.model.current_iteration()
        if should_stop or is_last:
            raise lightgbm.callback.EarlyStopException(watch.best_round, losses)

    if valid is None and model.n_estimators == MAX_ROUNDS:
        model.set_params(n_estimators=rounds_without_validation(model.learning_rate))
    watched = {} if valid is None else {"eval_X": valid.X, "eval_y": valid.y, "eval_sample_weight": [valid.weight]}
    model.fit(train.X, train.y, sample_weight=train.weight, callbacks=[follow], **watched)
    # A booster read back from its text has neither the later rounds nor any state of the training.
    model._Booster = lightgbm.Booster(model_str=model.booster_.model_to_string(num_iteration=n_trees))
    model._evals_result = {}
    return Fitted(model, watch.best_round + 1, complexity=float(model.booster_.feature_importance("split").sum()))


def seconds(shape: DataShape) -> float:
    """Return rough seconds of a default fit on one core."""
    return float(0.2 + 1.4e-5 * shape.n_rows * (2 + shape.n_columns**0.7) * max(1, shape.n_classes - 1) ** 0.8)


ALGORITHM = with_bent_targets(
    with_generated_features(
        with_mended_spellings(
            Algorithm(
                name="lightgbm",
                space=space,
                build=build,
                needs=needs,
                fit=fit,
                effort=effort,
                is_anytime=True,
                monotone=keeps_monotone,
                requires=("lightgbm",),
                seconds=seconds,
            )
        )
    ),
    "log",
    "yeo_johnson",
    "quantile",
)
