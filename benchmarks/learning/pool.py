"""The configurations that a portfolio is chosen from.

Each family gives its default, configurations that did well in public portfolios (figures of TabRepo and of AutoGluon's
2025-12-18 CPU portfolio, Apache-2.0), draws from its own space, and some their default on made columns. A configuration
names only what differs from the family's default, which depends on the table's shape. The draws are made once and then
stand in a file, because a sampler's next version may draw otherwise.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import automl

Config = Mapping[str, Any]

PUBLISHED: tuple[tuple[str, Config], ...] = (
    ("lightgbm", {"extra_trees": True, "feature_fraction": 0.46, "learning_rate": 0.018, "num_leaves": 39}),
    ("lightgbm", {"learning_rate": 0.0114, "num_leaves": 84, "feature_fraction": 0.53}),
    ("lightgbm", {"learning_rate": 0.018, "num_leaves": 180, "feature_fraction": 0.404, "extra_trees": True}),
    ("lightgbm", {"learning_rate": 0.0079, "num_leaves": 8, "feature_fraction": 0.94}),
    ("xgboost", {"max_depth": 10, "learning_rate": 0.0181, "colsample_bynode": 0.69}),
    ("xgboost", {"max_depth": 5, "learning_rate": 0.088}),
    ("catboost", {"depth": 8, "learning_rate": 0.031, "l2_leaf_reg": 2.8}),
    ("catboost", {"depth": 4, "learning_rate": 0.049, "l2_leaf_reg": 4.6}),
    ("extra_trees", {"max_features": 0.75}),
)
PREPARED: tuple[tuple[str, Config], ...] = (
    ("lightgbm", {"features": "generated"}),
    ("xgboost", {"features": "generated"}),
    ("catboost", {"features": "generated"}),
    ("linear", {"features": "generated"}),
    ("lightgbm", {"features": "generated", "learning_rate": 0.018, "num_leaves": 39, "feature_fraction": 0.46}),
    ("linear", {"target": "quantile"}),
    ("lightgbm", {"target": "log"}),
    ("catboost", {"target": "log"}),
    ("linear", {"numbers": "slopes"}),
    ("mlp", {"numbers": "slopes"}),
    ("mlp", {"numbers": "slopes", "scaling": "robust"}),
    ("mlp", {"numbers": "slopes", "n_layers": 3, "width": 48, "batch_size": 64, "epochs": 24}),
    ("mlp", {"width": 192, "batch_size": 128}),
    ("mlp", {"numbers": "slopes", "width": 192, "batch_size": 64, "epochs": 20}),
    ("mlp", {"epochs": 12}),
    ("svm", {"scaling": "power"}),
    ("svm", {"numbers": "slopes"}),
    ("svm", {"numbers": "slopes", "n_components": 102, "C": 5.7, "gamma": 0.307, "scaling": "quantile"}),
    ("extra_trees", {"sharpness": 1.6}),
    ("extra_trees", {"sharpness": 2.5, "max_features": 0.75}),
    ("random_forest", {"sharpness": 2.5}),
)
"""Defaults with a preparation of their own, and of bent targets; they came later, so they stand at the file's end."""
DRAWS = {
    "lightgbm": 8,
    "xgboost": 5,
    "catboost": 4,
    "hist_gradient_boosting": 2,
    "extra_trees": 3,
    "random_forest": 2,
    "mlp": 5,
    "linear": 4,
    "additive": 2,
    "svm": 3,
    "nearest_neighbors": 3,
    "gaussian_process": 1,
    "discriminant_analysis": 2,
    "naive_bayes": 1,
}
BOOSTERS = ("lightgbm", "xgboost", "catboost", "hist_gradient_boosting")
SLOWEST = 0.015  # learning rate of a drawn booster: slower ones are never worth their time in a portfolio


def within(space: automl.SearchSpace, config: Config) -> dict[str, Any]:
    """Return the part of a configuration that a space can have; what it can't keeps its default."""
    known = {each.name: each for each in space}
    return {name: value for name, value in config.items() if name in known and known[name].contains(value)}


@dataclass(frozen=True)
class Fixed:
    """A space of one point: a family's default with some values of its own; a class, so that it can be pickled."""

    family: str
    config: tuple[tuple[str, Any], ...]

    def __call__(self, shape: automl.DataShape) -> automl.SearchSpace:
        """Return the family's space for this shape, every hyperparameter fixed."""
        space = automl.algorithm(self.family).space(shape)
        return space.replace(**space.complete(within(space, dict(self.config))))


@dataclass(frozen=True)
class Entry:
    """A configuration under a name of its own.

    Attributes
    ----------
    name
        The family and a number, such as ``lightgbm-3``.
    """

    name: str
    family: str
    config: Config

    def is_for(self, kind: str) -> bool:
        """Tell whether the configuration means anything: only quantities can be bent, three labels be sharper."""
        kinds = {"target": "regression", "sharpness": "multiclass"}
        return all(kinds.get(name, kind) == kind for name in self.config)

    def config_for(self, kind: automl.TaskKind) -> dict[str, Any]:
        """Return what a task of this kind can have of it: a criterion for labels is none for quantities."""
        shape = automl.DataShape(kind, 5_000, 20, 4, {"binary": 2, "multiclass": 5}.get(kind, 0))
        return within(automl.algorithm(self.family).space(shape), self.config)

    def algorithm(self) -> automl.Algorithm:
        """Return the family fixed at this configuration, as an algorithm of this entry's name."""
        return replace(
            automl.algorithm(self.family), space=Fixed(self.family, tuple(self.config.items())), name=self.name
        )


def make_pool(seed: int = 0) -> list[Entry]:
    """Return the pool: defaults, published ones, draws, prepared ones."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    shape = automl.DataShape("binary", 5_000, 20, 0, 2)
    chosen: list[tuple[str, Config]] = [(family, {}) for family in DRAWS]
    chosen += PUBLISHED
    for place, (family, n_draws) in enumerate(DRAWS.items()):
        space = automl.algorithm(family).space(shape)
        study = optuna.create_study(
            sampler=optuna.samplers.RandomSampler(seed + place), pruner=optuna.pruners.NopPruner()
        )
        for _ in range(n_draws if len(space) else 0):
            config = space.suggest(study.ask())
            if family in BOOSTERS:
                config["learning_rate"] = max(SLOWEST, config["learning_rate"])
            chosen.append((family, {name: _rounded(value) for name, value in config.items()}))
    chosen += PREPARED
    numbers: dict[str, int] = {}
    pool = []
    for family, config in chosen:
        numbers[family] = numbers.get(family, -1) + 1
        pool.append(Entry(f"{family}-{numbers[family]}", family, config))
    return pool


def _rounded(value: Any) -> Any:
    return float(f"{value:.3g}") if isinstance(value, float) else value


def write_pool(pool: list[Entry], path: Path) -> None:
    """Write a pool, one entry a line."""
    lines = (json.dumps({"name": each.name, "family": each.family, "config": dict(each.config)}) for each in pool)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def read_pool(path: Path) -> list[Entry]:
    """Read what :func:`write_pool` wrote."""
    return [Entry(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]
