"""CatBoost: boosting of symmetric trees with ordered target statistics for categories.

Strong without tuning and the best of the boosters on tables of many-levelled categories, whose combinations it
encodes itself: on the amazon_employee table it reached an AUC of .902 that way, against .868 with categories given
as target means. That costs time (twelve seconds against five on adult, for the same AUC), so combinations are on by
default only where nearly all columns are categories. The space is that of TabArena (Erickson et al. 2025, repository
autogluon/tabarena, ``models/catboost``) with plain boosting and random strength added, as in Shwartz-Ziv & Armon
(2021, "Tabular data: deep learning is not all you need").
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

_LOSSES = {
    "squared": "RMSE",
    "absolute": "MAE",
    "quantile": "Quantile:alpha={}",
    "poisson": "Poisson",
    "gamma": "Tweedie:variance_power=1.9",
}


def space(shape: DataShape) -> SearchSpace:
    """Return TabArena's space; settings of category encoding only where there are categories."""
    is_mostly_categorical = shape.n_categorical > 0.8 * shape.n_columns
    categorical = (
        Int("one_hot_max_size", 8, 100, log=True, default=16),
        Int("max_ctr_complexity", 1, 5, default=2 if is_mostly_categorical else 1),
        Float("model_size_reg", 0.1, 1.5, log=True, default=0.5),
    )
    return SearchSpace(
        Float("learning_rate", 0.005, 0.1, log=True, default=0.08),
        Int("depth", 4, 8, default=6),
        Categorical("grow_policy", ("SymmetricTree", "Depthwise")),
        Float("l2_leaf_reg", 1e-4, 5.0, log=True, default=3.0),
        Float("random_strength", 0.1, 20.0, log=True, default=1.0),
        Float("subsample", 0.7, 1.0, default=0.9),
        Float("colsample_bylevel", 0.85, 1.0, default=1.0),
        Int("leaf_estimation_iterations", 1, 20, log=True, default=1),
        *(categorical if shape.n_categorical else ()),
        *balancing(shape),
    )


def needs(config: Config) -> Needs:
    """Return what it needs: categories as codes, missing values as they are unless rows are made."""
    return balance_needs(Needs(categories="native", missing=True, native_levels=1_000_000), config)


def build(config: Config, context: BuildContext) -> Estimator:
    """Return an unfitted ``CatBoostClassifier`` or ``CatBoostRegressor`` behind a matrix of codes."""
    from catboost import CatBoostClassifier, CatBoostRegressor

    from automl.estimators.coded import IntegerCategories

    settings: dict[str, Any] = {
        **without_balance(config),
        "iterations": context.rounds or MAX_ROUNDS,
        "boosting_type": "Plain",
        "bootstrap_type": "Bernoulli",
        "border_count": bins(context.n_rows, most=254),
        "cat_features": list(context.categorical),
        "random_seed": context.seed,
        "thread_count": context.threads,
        "allow_writing_files": False,
        "verbose": False,
    }
    if context.monotone:
        settings |= {"monotone_constraints": list(context.monotone), "grow_policy": "SymmetricTree"}
    if context.is_classification:
        loss = "Logloss" if context.kind == "binary" else "MultiClass"
        return IntegerCategories(CatBoostClassifier(loss_function=loss, **settings), context.categorical)
    loss = _LOSSES[loss_for(context.metric)].format(quantile_for(context.metric))
    model = CatBoostRegressor(loss_function=loss, **settings)
    return IntegerCategories(model, context.categorical)


class _Follow:
    """CatBoost's callback: whether another round may follow."""

    def __init__(self, watch: Watch) -> None:
        self.watch = watch

    def after_iteration(self, info: Any) -> bool:
        losses = [values for values in info.metrics.get("validation", {}).values() if values]
        return not self.watch.should_stop(info.iteration - 1, losses[0][-1] if losses else None)


def fit(model: Estimator, train: Rows, valid: Rows | None, seconds: float | None) -> Fitted:
    """Boost until the validation loss stops falling or the time is up, and keep the best rounds only."""
    import catboost

    booster = model.model
    is_classifier = isinstance(booster, catboost.CatBoostClassifier)
    train = with_every_label(train, valid) if is_classifier else train
    settings = booster.get_params()

    def pool(rows: Rows) -> Any:
        return catboost.Pool(
            model.table(rows.X), rows.y, cat_features=settings["cat_features"] or None, weight=rows.weight
        )

    options: dict[str, Any] = {"callbacks": [_Follow(Watch(len(train.y), seconds, settings.get("learning_rate")))]}
    if valid is not None:
        options |= {"eval_set": pool(valid), "use_best_model": True}
    elif settings["iterations"] == MAX_ROUNDS:
        booster.set_params(iterations=rounds_without_validation(settings["learning_rate"]))
    booster.fit(pool(train), **options)
    made = booster.get_metadata()
    made["model_guid"] = made["train_finish_time"] = ""  # the same model twice is the same bytes
    splits = booster.get_tree_leaf_counts().sum() - booster.tree_count_  # of an oblivious tree's nodes, one by one
    return Fitted(model, booster.tree_count_, complexity=float(splits))


def seconds(shape: DataShape) -> float:
    """Return rough seconds of a default fit on one core."""
    per_column = 2 * shape.n_columns + 4 * shape.n_categorical
    return 1.0 + 1.2e-5 * shape.n_rows * per_column * max(1, shape.n_classes - 1)


ALGORITHM = with_bent_targets(
    with_generated_features(
        with_mended_spellings(
            Algorithm(
                name="catboost",
                space=space,
                build=build,
                needs=needs,
                fit=fit,
                effort=effort,
                is_anytime=True,
                monotone=keeps_monotone,
                requires=("catboost",),
                extra="catboost",
                seconds=seconds,
            )
        )
    ),
    "log",
    "yeo_johnson",
)
