"""Misspelt levels as a choice of a family: its space says ``spelling``, "as_is" or "mended".

There is such a choice only where the table has levels that look misspelt, so most tables have none. What looks
misspelt may be a level of its own after all, which nobody but the target can tell.
"""

from __future__ import annotations

from dataclasses import replace

from automl.values.algorithm import Algorithm, BuildContext, DataShape, Estimator, Needs
from automl.values.space import Categorical, Config, SearchSpace
from search_spaces._features import without


def with_mended_spellings(algorithm: Algorithm) -> Algorithm:
    """Return the declaration with a hyperparameter ``spelling`` where some levels look misspelt."""

    def space(shape: DataShape) -> SearchSpace:
        plain = algorithm.space(shape)
        return SearchSpace(*plain, Categorical("spelling", ("as_is", "mended"))) if shape.n_misspelt else plain

    def build(config: Config, context: BuildContext) -> Estimator:
        return algorithm.build(without(config, "spelling"), context)

    def needs(config: Config) -> Needs:
        found = algorithm.needs_for(without(config, "spelling"))
        return replace(found, respelled=True) if config.get("spelling") == "mended" else found

    return replace(algorithm, space=space, build=build, needs=needs)
