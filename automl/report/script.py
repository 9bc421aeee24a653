"""The Python script that a report prints: it fits a row of the leaderboard again, the same.

It holds a recipe (:mod:`automl.recipe`) as a Python literal, so that a person reads hyperparameters, shares and seeds
in it, and nothing but this package and the training table is needed to run it.
"""

from __future__ import annotations

import pprint
from collections.abc import Mapping
from typing import Any

from automl.registry import algorithms as known_algorithms

_TEMPLATE = '''"""Fit {pipeline} again, without searching: {what}.

    python pipeline.py TRAIN [ROWS PREDICTIONS]

TRAIN is the table that it was fitted on. Rows of another table, ROWS, are predicted into the CSV file PREDICTIONS.
On the same table and with the same versions the predictions are those of the run:
{versions}.
"""

import sys

import pandas as pd

import automl
{note}
RECIPE = {recipe}


def main(train, rows=None, predictions=None):
    pipeline = automl.rebuild(train, RECIPE{declared})
    print(f"Fitted {{RECIPE['pipeline']}} on {{train}}.")
    if rows is not None:
        seen = [column["name"] for column in RECIPE["schema"]]
        table = automl.read(rows).drop(columns=set(RECIPE["columns"].values()) - set(seen), errors="ignore")
        found = pd.DataFrame({{"prediction": pipeline.predict(table)}})
        if hasattr(pipeline, "predict_proba"):
            labels = [f"probability_{{label}}" for label in pipeline.classes_]
            found = found.join(pd.DataFrame(pipeline.predict_proba(table), columns=labels))
        found.to_csv(predictions, index=False)
    return pipeline


if __name__ == "__main__":
    if len(sys.argv) not in (2, 4):
        sys.exit("Usage: python pipeline.py TRAIN [ROWS PREDICTIONS]")
    main(*sys.argv[1:])
'''


def make_script(recipe: Mapping[str, Any], versions: Mapping[str, str]) -> str:
    """Return the script that follows a recipe.

    Parameters
    ----------
    versions
        Of the libraries that the run was made with, by name.
    """
    own = sorted({each["algorithm"] for each in recipe["models"]} - known_algorithms().keys())
    told = ", ".join(f"{name} {number}" for name, number in versions.items())
    return _TEMPLATE.format(
        pipeline=_in_docstring(recipe["pipeline"]),
        what=_in_docstring(_what(recipe)),
        versions=_in_docstring(told) or "they are not known",
        note=_note(own),
        recipe=pprint.pformat(dict(recipe), width=110, sort_dicts=False, compact=True),
        declared=f", algorithms=[{', '.join(own)}]" if own else "",
    )


def _what(recipe: Mapping[str, Any]) -> str:
    n_models = sum(len(each["folds"]) for each in recipe["models"])
    return f"{n_models} {'model' if n_models == 1 else 'models'} that predict {recipe['task']['target']!r}"


def _note(own: list[str]) -> str:
    if not own:
        return ""
    return (
        f"\n# Import or write here what the run was given as {', '.join(own)}: an automl.Algorithm under that name.\n"
    )


def _in_docstring(text: str) -> str:
    """Return text that neither ends a docstring nor escapes anything in it."""
    return " ".join(text.replace("\\", "/").replace('"', "'").split())
