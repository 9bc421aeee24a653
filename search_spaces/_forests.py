"""What random forest and extra trees share: growing trees until there are enough or the time is up.

Averages of trees only gain from more trees, so their number is no hyperparameter: :data:`N_TREES` a fold, which a bag
of five folds makes five hundred. A fit that runs out of time keeps the trees it has.

Of several labels that can be told apart well, an average of trees is far too cautious: where every tree errs on its own
few rows, all of them together hardly do. So with three labels or more a forest's probabilities may be raised to a power
and made to sum to 1 again, ``sharpness``, which is one over the temperature of Guo et al. (2017).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import numpy as np

from automl.values.algorithm import BuildContext, Categories, DataShape, Estimator, Fitted, Needs, Rows
from automl.values.space import Config, Float
from search_spaces._balancing import balance_needs, without_balance
from search_spaces._boosting import Deadline

N_TREES = 100
SHARPEST = 4.0


def needs(config: Config) -> Needs:
    """Return what a forest needs: missing values as they are unless rows are made, categories as the config says."""
    needs = Needs(categories=cast(Categories, config.get("categories", "ordinal")), missing=True)
    return balance_needs(needs, config)


def settings(config: Config, context: BuildContext) -> dict[str, Any]:
    """Return the constructor's arguments that both forests take."""
    prepared = ("categories", "sharpness")
    given: Mapping[str, Any] = {name: value for name, value in without_balance(config).items() if name not in prepared}
    if not context.is_classification:
        given = {name: value for name, value in given.items() if name != "criterion"}
    return {**given, "n_estimators": context.rounds or N_TREES, "random_state": context.seed, "n_jobs": context.threads}


def sharpness(shape: DataShape) -> tuple[Float, ...]:
    """Return the hyperparameter, where there are three labels or more."""
    return (Float("sharpness", 1.0, SHARPEST, log=True, default=1.0),) if shape.n_classes > 2 else ()


def sharpened(forest: Estimator, config: Config) -> Estimator:
    """Return an unfitted forest, as sharp as the config says."""
    from automl.estimators.sharp import SharpClassifier

    power = config.get("sharpness", 1.0)
    return forest if power == 1.0 else SharpClassifier(forest, cast(float, power))


def fit(model: Estimator, train: Rows, valid: Rows | None, seconds: float | None) -> Fitted:
    """Grow the trees a few at a time, until there are enough or the time is up."""
    del valid
    from automl.estimators.sharp import SharpClassifier

    forest = model.model if isinstance(model, SharpClassifier) else model
    return Fitted(model, _grow(forest, train, seconds))


def _grow(model: Estimator, train: Rows, seconds: float | None) -> int:
    deadline = Deadline(seconds)
    wanted = model.n_estimators
    step = wanted if seconds is None else max(2, model.n_jobs or 1)
    X = np.require(train.X, requirements="W")  # its check for missing values refuses read-only rows
    model.set_params(warm_start=True, n_estimators=min(step, wanted))
    model.fit(X, train.y, sample_weight=train.weight)
    while len(model.estimators_) < wanted and not deadline.is_over():
        # As many as fit into a tenth of the time, so that the clock is looked at often enough.
        rate = len(model.estimators_) / max(deadline.elapsed, 1e-6)
        step = max(step, min(int(0.1 * (seconds or 0.0) * rate), wanted))
        model.set_params(n_estimators=min(wanted, len(model.estimators_) + step))
        model.fit(X, train.y, sample_weight=train.weight)
    model.set_params(warm_start=False)
    return len(model.estimators_)


def seconds_for(shape: DataShape, per_cell: float, share: float) -> float:
    """Return rough seconds of a default fit on one core that looks at this share of the columns for each cut."""
    return 0.1 + per_cell * shape.n_rows * max(share * shape.n_columns, 1.0) * (1.0 + 0.05 * shape.n_classes)
