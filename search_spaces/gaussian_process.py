"""Gaussian processes: a distribution over smooth functions, conditioned on the training rows.

On a few hundred rows with smooth numeric relations nothing interpolates better; its time grows with the cube of the
rows, so it is left out beyond :data:`MAX_ROWS`. Kernel families and the range of the noise follow auto-sklearn (Feurer
et al. 2022, ``components/regression/gaussian_process``) and Rasmussen & Williams (2006, chapter 4). Length scale and
noise start where the config says and are fitted by the marginal likelihood, for at most :data:`MAX_STEPS` steps.
"""

from __future__ import annotations

from functools import partial
from typing import Any, cast

import numpy as np

from automl.values.algorithm import Algorithm, BuildContext, DataShape, Estimator, Fitted, Needs, Rows, Scaling
from automl.values.space import Categorical, Config, Float, SearchSpace
from search_spaces._boosting import Deadline
from search_spaces._fitting import expected_warnings

MAX_ROWS = 1_500
MAX_STEPS = 20


def space(shape: DataShape) -> SearchSpace:
    """Return the space; noise only for quantities, since a label's noise is in its probability."""
    noise = (Float("noise", 0.001, 1.0, log=True, default=0.1),) if not shape.n_classes else ()
    return SearchSpace(
        Categorical("kernel", ("matern", "rbf", "rational_quadratic")),
        Categorical("nu", (1.5, 0.5, 2.5), when={"kernel": "matern"}),
        Float("length_scale", 0.1, 10.0, log=True, default=1.0),
        *noise,
        Categorical("scaling", ("standard", "quantile", "robust")),
    )


def needs(config: Config) -> Needs:
    """Return what it needs: numbers of one size, categories as switches."""
    return Needs(categories="onehot", scaling=cast(Scaling, config["scaling"]))


def build(config: Config, context: BuildContext) -> Estimator:
    """Return an unfitted ``GaussianProcessClassifier`` or ``GaussianProcessRegressor``."""
    from sklearn.gaussian_process import GaussianProcessClassifier, GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import RBF, ConstantKernel, Matern, RationalQuadratic, WhiteKernel

    # Distances grow with the root of the number of columns; in that unit one range suits every table.
    scale = cast(float, config["length_scale"]) * max(1, context.n_features) ** 0.5
    bounds = {"length_scale_bounds": (1e-3 * scale, 1e3 * scale)}
    kernels = {
        "matern": lambda: Matern(scale, nu=config["nu"], **bounds),
        "rbf": lambda: RBF(scale, **bounds),
        "rational_quadratic": lambda: RationalQuadratic(scale, alpha_bounds=(1e-3, 1e3), **bounds),
    }
    kernel = ConstantKernel(1.0, (1e-3, 1e3)) * kernels[cast(str, config["kernel"])]()
    if context.is_classification:
        # One column of multi-class probabilities for each class against the rest.
        return GaussianProcessClassifier(kernel, random_state=context.seed, n_jobs=None)
    kernel = kernel + WhiteKernel(config["noise"], (1e-5, 1e2))
    return GaussianProcessRegressor(kernel, normalize_y=True, random_state=context.seed)


def _maximise(objective: Any, initial: Any, bounds: Any, deadline: Deadline, share: float) -> tuple[Any, float]:
    """Climb the marginal likelihood for a few steps, or until the share of the time is used."""
    from scipy.optimize import minimize

    until = deadline.elapsed + share * deadline.left

    def stop_in_time(intermediate_result: Any) -> None:
        del intermediate_result
        if deadline.elapsed > until:
            raise StopIteration

    found = minimize(
        objective,
        initial,
        method="L-BFGS-B",
        jac=True,
        bounds=bounds,
        callback=stop_in_time,
        options={"maxiter": MAX_STEPS, "maxfun": 2 * MAX_STEPS},
    )
    return found.x, float(found.fun)


def fit(model: Estimator, train: Rows, valid: Rows | None, seconds: float | None) -> Fitted:
    """Fit kernel and process; a regressor keeps its weights but not the matrix they were solved from."""
    from sklearn.base import is_classifier

    del valid
    n_fits = len(np.unique(train.y)) if is_classifier(model) else 1
    n_fits = 1 if n_fits == 2 else n_fits
    model.set_params(optimizer=partial(_maximise, deadline=Deadline(seconds), share=0.5 / n_fits))
    with expected_warnings():
        model.fit(train.X, train.y)
    if not is_classifier(model):
        model.L_ = None
    for each in (model, *_processes(model)):
        each.optimizer = None  # a saved model refers to nothing of the search
    return Fitted(model)


def _processes(model: Estimator) -> list[Any]:
    inner = getattr(model, "base_estimator_", None)
    if inner is None:
        return []
    # One process, or for several classes one for each against the rest, made from a template.
    return [inner, *getattr(inner, "estimators_", []), *filter(None, [getattr(inner, "estimator", None)])]


def seconds(shape: DataShape) -> float:
    """Return rough seconds of a default fit on one core."""
    one = 0.05 + 2.5e-9 * shape.n_rows**3
    return one if shape.n_classes == 0 else 3 * one * max(1, shape.n_classes - 1)


ALGORITHM = Algorithm(
    name="gaussian_process",
    space=space,
    build=build,
    needs=needs,
    fit=fit,
    requires=("sklearn",),
    max_rows=MAX_ROWS,
    max_columns=500,
    seconds=seconds,
    weights=False,
)
