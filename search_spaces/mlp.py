"""A multi-layer perceptron: smooth, and different enough from trees to lift an ensemble.

scikit-learn's network, trained an epoch at a time so that the best epoch on the validation rows is kept and the wall
time is respected. The learning rate falls to nothing along half a cosine (Loshchilov and Hutter 2017, "SGDR"), which
gets in 32 epochs where a constant one that is lowered on plateaus takes 60 to 140 (``benchmarks/revisions.py``). A
network that learns the training rows by heart before the rate has fallen goes back to its best epoch and on from there
with a lower rate. Depth, width, activation, penalty and learning rate follow auto-sklearn (Feurer et al. 2022,
``components/classification/mlp``: 1 to 3 layers of 16 to 264 units, alpha in [1e-7, .1], learning rate in [1e-4, .5])
with epochs, batch sizes and noise added; numbers are brought to a normal distribution as TabM does (Gorishniy et al.
2025), or scaled by their quartiles and squashed as RealMLP does (Holzmüller et al. 2024), and may come with slopes that
change at quantiles (piecewise linear encoding, Gorishniy et al. 2022).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from automl.values.algorithm import Algorithm, BuildContext, DataShape, Estimator, Fitted, Needs, Rows, Scaling
from automl.values.space import Categorical, Config, Float, Int, SearchSpace
from search_spaces._balancing import balance_needs, balancing
from search_spaces._boosting import Deadline, with_every_label
from search_spaces._numbers import numbers_of, slopes

PLATEAU, LOWERED, PATIENCE = 3, 0.4, 9
"""Epochs without improvement after which the rate is lowered, to which share of it, and after how many to stop."""


def space(shape: DataShape) -> SearchSpace:
    """Return the space; large batches only where there are many rows."""
    largest = 512 if shape.n_rows > 5_000 else 128
    return SearchSpace(
        Int("n_layers", 1, 3, default=2),
        Int("width", 16, 256, log=True, default=96),
        Categorical("activation", ("tanh", "relu")),
        Float("alpha", 1e-7, 0.1, log=True, default=1e-3),
        Float("learning_rate", 5e-4, 0.05, log=True, default=1e-2),
        Int("epochs", 10, 120, log=True, default=32),
        Int("batch_size", 16, largest, log=True, default=256 if shape.n_rows > 5_000 else 64),
        Categorical("scaling", ("quantile", "robust")),
        Categorical("noise", (0.0, 0.05, 0.2)),
        *slopes(shape),
        *balancing(shape),
    )


def needs(config: Config) -> Needs:
    """Return what it needs: numbers of one size, categories as switches."""
    found = Needs(categories="onehot", scaling=cast(Scaling, config["scaling"]), numbers=numbers_of(config))
    return balance_needs(found, config)


def build(config: Config, context: BuildContext) -> Estimator:
    """Return an unfitted ``MLPClassifier`` or ``MLPRegressor``."""
    from sklearn.neural_network import MLPClassifier, MLPRegressor

    family = MLPClassifier if context.is_classification else MLPRegressor
    network = family(
        hidden_layer_sizes=(config["width"],) * cast(int, config["n_layers"]),
        activation=config["activation"],
        alpha=config["alpha"],
        learning_rate_init=config["learning_rate"],
        batch_size=min(cast(int, config["batch_size"]), context.n_rows),
        max_iter=context.rounds or cast(int, config["epochs"]),
        random_state=context.seed,
    )
    network.fall = max(cast(int, config["epochs"]), network.max_iter)  # epochs in which the rate falls to nothing
    network.augmentation = Augmentation(cast(float, config.get("noise", 0.0)), cast(float, config.get("mixup", 0.0)))
    return network


@dataclass(frozen=True, slots=True)
class Augmentation:
    """What is done to the training rows before each epoch, so that no two epochs see the same ones.

    Attributes
    ----------
    noise
        Deviation of Gaussian noise that is added to every column (Bishop 1995, "Training with noise is equivalent to
        Tikhonov regularization"); numbers have a deviation of about 1.
    mixup
        Both parameters of the beta distribution from which the share of a row in its mixture with another one is
        drawn (Zhang et al. 2018, "mixup: beyond empirical risk minimization"); 0 mixes nothing. Quantities are mixed
        alike. scikit-learn's network takes no soft labels, so the label is drawn with the shares as probabilities,
        which in the mean over epochs is the same loss. It lost on more folds than it won (``benchmarks/enlarging.py``)
        and is not in the space; a space of your own may have ``mixup``.
    """

    noise: float = 0.0
    mixup: float = 0.0

    def of(self, rows: Rows, rng: np.random.Generator) -> Rows:
        """Return the rows of an epoch."""
        X, y, weight = rows.X, rows.y, rows.weight
        if self.mixup:
            share = rng.beta(self.mixup, self.mixup, len(y)).astype(X.dtype)
            other = rng.permutation(len(y))
            X = share[:, None] * X + (1 - share[:, None]) * X[other]
            if y.dtype.kind == "f":
                y = share * y + (1 - share) * y[other]
            else:
                y = np.where(rng.random(len(y)) < share, y, y[other])
            weight = None if weight is None else share * weight + (1 - share) * weight[other]
        if self.noise:
            X = X + rng.normal(0.0, self.noise, X.shape).astype(X.dtype)
        return Rows(X, y, weight)


def fit(model: Estimator, train: Rows, valid: Rows | None, seconds: float | None) -> Fitted:
    """Train epoch by epoch with a falling learning rate; keep the weights of the best epoch on the validation rows."""
    from sklearn.base import is_classifier

    deadline = Deadline(seconds)
    has_labels = is_classifier(model)
    train = with_every_label(train, valid) if has_labels else train
    # A quantity is learned in units of its own spread; the last layer is turned back into its unit at the end.
    centre, spread = (0.0, 1.0) if has_labels else (float(np.mean(train.y)), float(np.std(train.y)) or 1.0)
    y = train.y if has_labels else ((train.y - centre) / spread).astype(np.float32)
    X = np.asarray(train.X, dtype=np.float32)
    first: dict[str, Any] = {"classes": np.unique(train.y)} if has_labels else {}

    best_loss, best_epoch = float("inf"), 0
    best_weights: list[npt.NDArray[np.float32]] | None = None
    plain, rng = Rows(X, y, train.weight), np.random.default_rng(model.random_state)
    highest = model.learning_rate_init
    for epoch in range(model.max_iter):
        if epoch:
            model._optimizer.learning_rate_init = highest * (1 + math.cos(math.pi * epoch / model.fall)) / 2
        rows = model.augmentation.of(plain, rng)
        model.partial_fit(rows.X, rows.y, sample_weight=rows.weight, **(first if epoch == 0 else {}))
        if valid is not None:
            loss = _loss(model, valid, has_labels, centre, spread)
            if loss < best_loss or best_weights is None:
                best_loss, best_epoch, best_weights = loss, epoch, _weights_of(model)
            elif epoch - best_epoch >= PATIENCE:
                break
            elif (epoch - best_epoch) % PLATEAU == 0:
                highest *= LOWERED
                _give_weights(model, best_weights)
        if deadline.is_over():
            break
    if best_weights is None:
        best_epoch = epoch
    else:
        _give_weights(model, best_weights)
    if not has_labels:
        model.coefs_[-1] = model.coefs_[-1] * np.float32(spread)
        model.intercepts_[-1] = model.intercepts_[-1] * np.float32(spread) + np.float32(centre)
    _forget_training(model)
    return Fitted(model, best_epoch + 1)


def _weights_of(model: Estimator) -> list[npt.NDArray[np.float32]]:
    return [each.copy() for each in (*model.coefs_, *model.intercepts_)]


def _give_weights(model: Estimator, weights: list[npt.NDArray[np.float32]]) -> None:
    """Set the weights of all layers, copied, because training changes them where they are."""
    n_layers = len(model.coefs_)
    model.coefs_ = [each.copy() for each in weights[:n_layers]]
    model.intercepts_ = [each.copy() for each in weights[n_layers:]]


def _loss(model: Estimator, valid: Rows, has_labels: bool, centre: float, spread: float) -> float:
    X = np.asarray(valid.X, dtype=np.float32)
    each: npt.NDArray[Any]
    if has_labels:
        places = np.searchsorted(model.classes_, valid.y)
        each = -np.log(np.clip(model.predict_proba(X)[np.arange(len(places)), places], 1e-7, 1.0))
    else:
        each = (model.predict(X) - (valid.y - centre) / spread) ** 2
    loss = float(np.average(each, weights=valid.weight))
    return loss if np.isfinite(loss) else float("inf")


def _forget_training(model: Estimator) -> None:
    """Drop the optimiser's moments, twice the size of the weights, and the curves."""
    del model._optimizer, model.augmentation, model.fall
    model.loss_curve_ = []
    model._random_state = None


def effort(config: Config) -> float:
    """Return how long it takes beside others: by its epochs, steps and units.

    Fitted to the processor seconds of the portfolio's networks on public tables of 1,500 rows and more
    (``benchmarks/records/portfolio/fits.jsonl``): it tells them within a factor of 1.5, their mean alone within 2.6.
    """
    epochs, batch_size = cast(int, config["epochs"]), cast(int, config["batch_size"])
    units = cast(int, config["width"]) * cast(int, config["n_layers"])
    slopes = 1.5 if config.get("numbers") == "slopes" else 1.0
    return float(epochs**0.85 * (1 + 120 / batch_size) * (1 + 0.02 * units) * slopes)


def seconds(shape: DataShape) -> float:
    """Return rough seconds of a default fit on one core."""
    width = shape.n_columns + 10 * shape.n_categorical
    epochs = 30.0
    return 0.3 + epochs * shape.n_rows * (8e-6 + 6e-8 * width)


ALGORITHM = Algorithm(
    name="mlp",
    space=space,
    build=build,
    needs=needs,
    fit=fit,
    effort=effort,
    is_anytime=True,
    requires=("sklearn",),
    max_columns=5_000,
    seconds=seconds,
)
