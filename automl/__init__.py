"""A table in, a leaderboard and the best fitted pipeline out.

>>> import automl
>>> run = automl.fit("train.csv", target="income", time_budget="5m")  # doctest: +SKIP
>>> run.leaderboard  # doctest: +SKIP
>>> run.predict(new_rows)  # doctest: +SKIP

Public names are resolved when they are first used, so that ``import automl`` alone loads no model library.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from automl._version import __version__

_HOME = {
    "ABTest": "automl.comparison.live.abtest",
    "Algorithm": "automl.values.algorithm",
    "ArtifactError": "automl.errors",
    "AutoMLClassifier": "automl.estimator",
    "AutoMLError": "automl.errors",
    "AutoMLRegressor": "automl.estimator",
    "AutoMLWarning": "automl.errors",
    "BuildContext": "automl.values.algorithm",
    "Categorical": "automl.values.space",
    "Comparison": "automl.comparison.result",
    "DataError": "automl.errors",
    "DataShape": "automl.values.algorithm",
    "Fitted": "automl.values.algorithm",
    "Float": "automl.values.space",
    "Guardrail": "automl.comparison.live.settings",
    "Int": "automl.values.space",
    "Join": "automl.values.join",
    "Metric": "automl.values.metric",
    "MissingDependency": "automl.errors",
    "Needs": "automl.values.algorithm",
    "PlanError": "automl.errors",
    "Rows": "automl.values.algorithm",
    "Run": "automl.run",
    "SearchError": "automl.errors",
    "SearchSpace": "automl.values.space",
    "StorageError": "automl.errors",
    "Strategy": "automl.values.strategy",
    "algorithm": "automl.registry",
    "algorithms": "automl.registry",
    "compare": "automl.comparison.pair",
    "compare_all": "automl.comparison.several",
    "fit": "automl.api",
    "load": "automl.api",
    "plan": "automl.api",
    "profile": "automl.profiling.profile",
    "read": "automl.data.reading",
    "rebuild": "automl.recipe",
}

__all__ = ["__version__", *sorted(_HOME)]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'automl' has no attribute {name!r}")
    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
