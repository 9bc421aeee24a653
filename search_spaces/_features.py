"""Made columns as a choice of a family: its space says ``features``, "plain" or "generated".

The same for every family that has the choice, so that a fold's made columns are computed once and shared by all
candidates whose preparation is otherwise the same.
"""

from __future__ import annotations

from dataclasses import replace

from automl.values.algorithm import Algorithm, BuildContext, DataShape, Estimator, Generated, Needs
from automl.values.space import Categorical, Config, SearchSpace

KINDS: tuple[Generated, ...] = ("arithmetic", "groups", "places")
FEWEST_ROWS = 200
MOST_COLUMNS = 500


def with_generated_features(algorithm: Algorithm) -> Algorithm:
    """Return the declaration with a hyperparameter ``features`` in front of its preparation.

    Tables of few rows, of one column or of hundreds have no such choice: there is nothing to learn it from, nothing to
    combine, or too much.
    """

    def space(shape: DataShape) -> SearchSpace:
        plain = algorithm.space(shape)
        if shape.n_rows < FEWEST_ROWS or not 2 <= shape.n_columns <= MOST_COLUMNS:
            return plain
        return SearchSpace(*plain, Categorical("features", ("plain", "generated")))

    def build(config: Config, context: BuildContext) -> Estimator:
        return algorithm.build(without(config, "features"), context)

    def needs(config: Config) -> Needs:
        found = algorithm.needs_for(without(config, "features"))
        return replace(found, generated=KINDS) if config.get("features") == "generated" else found

    return replace(algorithm, space=space, build=build, needs=needs)


def without(config: Config, name: str) -> Config:
    """Return the config without one of its hyperparameters."""
    return {key: value for key, value in config.items() if key != name}
