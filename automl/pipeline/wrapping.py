"""What classifiers and regressors share that put something behind a fitted model."""

from __future__ import annotations

from typing import Any

from sklearn.base import BaseEstimator

from automl.values.algorithm import Estimator


class Wrapping(BaseEstimator):
    """An estimator around ``model``, whose fitted form is ``model_``.

    Made from a fitted model, both are one object; a file then holds it once.
    """

    model: Estimator
    model_: Estimator

    def __getstate__(self) -> dict[str, Any]:
        state: dict[str, Any] = super().__getstate__()
        is_one = "model_" in state and state["model_"] is state["model"]
        return {**state, "model_": None} if is_one else state

    def __setstate__(self, state: dict[str, Any]) -> None:
        is_one = "model_" in state and state["model_"] is None
        super().__setstate__({**state, "model_": state["model"]} if is_one else state)
