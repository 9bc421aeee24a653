"""What is tried first: an ordered list of complete configurations across families.

A dummy opens every search, so that there is a floor to compare with and something to return. Then comes the default
of every family, the cheap and strong ones first, so that an ensemble has members of different kinds early; then
configurations that did well elsewhere. What comes after the portfolio is the sampler's.

The further configurations are figures from public portfolios (TabRepo and AutoGluon's 2025-12-18 CPU portfolio,
Apache-2.0), given here as values of our own spaces; a value outside of a user's narrowed space drops the entry.
"""

from __future__ import annotations

from collections.abc import Mapping

from automl.errors import PlanError
from automl.values.candidate import Candidate
from automl.values.space import SearchSpace, Value

ENTRIES: tuple[tuple[str, Mapping[str, Value]], ...] = (
    ("dummy", {}),
    ("lightgbm", {}),
    ("linear", {}),
    ("catboost", {}),
    ("extra_trees", {}),
    ("xgboost", {}),
    ("lightgbm", {"extra_trees": True, "feature_fraction": 0.46, "learning_rate": 0.018, "num_leaves": 39}),
    ("mlp", {}),
    ("additive", {}),
    ("svm", {}),
    ("nearest_neighbors", {}),
    ("gaussian_process", {}),
    ("xgboost", {"max_depth": 10, "learning_rate": 0.0181, "colsample_bynode": 0.69}),
    ("random_forest", {}),
    ("hist_gradient_boosting", {}),
    ("catboost", {"depth": 8, "learning_rate": 0.031, "l2_leaf_reg": 2.8}),
    ("lightgbm", {"learning_rate": 0.0114, "num_leaves": 84, "feature_fraction": 0.53}),
    ("discriminant_analysis", {}),
    ("naive_bayes", {}),
    ("extra_trees", {"max_features": 0.75}),
    ("lightgbm", {"learning_rate": 0.018, "num_leaves": 180, "feature_fraction": 0.404, "extra_trees": True}),
    ("xgboost", {"max_depth": 5, "learning_rate": 0.088}),
    ("catboost", {"depth": 4, "learning_rate": 0.049, "l2_leaf_reg": 4.6}),
    ("lightgbm", {"learning_rate": 0.0079, "num_leaves": 8, "feature_fraction": 0.94}),
    ("lightgbm", {"features": "generated"}),
    ("linear", {"features": "generated"}),
    ("linear", {"numbers": "slopes"}),
    ("catboost", {"features": "generated"}),
    ("lightgbm", {"features": "generated", "target": "log"}),
    ("linear", {"target": "quantile"}),
)


def portfolio(spaces: Mapping[str, SearchSpace]) -> list[Candidate]:
    """Return the candidates to try first, in order, each complete and inside its space.

    Examples
    --------
    >>> from automl.values.space import Float
    >>> [each.algorithm for each in portfolio({"linear": SearchSpace(Float("C", 0.1, 10)), "dummy": SearchSpace()})]
    ['dummy', 'linear']
    """
    shipped = {name for name, _ in ENTRIES}
    own: list[tuple[str, Mapping[str, Value]]] = [
        (name, {}) for name in sorted(spaces) if name not in shipped
    ]  # a caller's own algorithm comes right away
    entries = [*ENTRIES[:2], *own, *ENTRIES[2:]]
    chosen: dict[Candidate, None] = {}
    for name, config in entries:
        if name not in spaces:
            continue
        try:
            complete = spaces[name].complete(config)
        except PlanError:  # the caller's space excludes this entry
            continue
        chosen[Candidate.of(name, complete)] = None
    return list(chosen)
