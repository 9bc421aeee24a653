"""What an algorithm declares, so that everything else can be derived from it.

An algorithm is one file with three parts: ``space(shape)``, which hyperparameters there are for a table of this
shape; ``build(config, context)``, the one place where a hyperparameter becomes a library's argument; and
``ALGORITHM``, which ties them together with what the model needs from the preparation. Adding one needs no other
file to change. ``automl.testing.algorithms.check_algorithm`` tells whether a declaration keeps its word.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from automl.errors import PlanError
from automl.values.space import Config, SearchSpace
from automl.values.task import TASK_KINDS, TaskKind

FloatArray = npt.NDArray[np.floating[Any]]
IntArray = npt.NDArray[np.integer[Any]]
Estimator = Any  # anything with scikit-learn's fit and predict; scikit-learn has no types to name it by

Categories = Literal["native", "ordinal", "onehot", "target"]
Scaling = Literal["none", "standard", "robust", "quantile", "clipped", "power"]
Numbers = Literal["plain", "bins", "slopes"]
Balance = Literal["none", "weights", "oversample"]
Generated = Literal["arithmetic", "groups", "counts", "places", "crosses"]


@dataclass(frozen=True, slots=True)
class Needs:
    """What a model needs from the preparation in front of it.

    Attributes
    ----------
    categories
        ``"native"``: integer codes, their columns named in ``BuildContext.categorical``, missing and unseen ones NaN;
        ``"ordinal"``: the same codes as plain numbers; ``"onehot"``: 0/1 columns for frequent levels, cross-fitted
        target means for columns of many levels; ``"target"``: cross-fitted target means for every category.
    missing
        Whether the model takes NaN. If not, numbers are imputed and a column says where.
    scaling
        ``"none"``, ``"standard"`` (mean 0, deviation 1), ``"robust"`` (median and quartiles, outliers squashed
        smoothly), ``"quantile"`` (to a normal distribution), ``"clipped"`` (standard, after the farthest hundredth of
        the values was brought to the nearest of the others), ``"power"`` (standard, after the power that makes a column
        most like a normal distribution).
    numbers
        ``"plain"``: as they are; ``"bins"``: as 0/1 columns of their bins instead; ``"slopes"``: beside them, for each
        bin, how far through it they are.
    native_levels
        With ``categories="native"``: a column of more levels than this is given as cross-fitted target means.
    balance
        What is done about rare labels in the rows to train on: ``"none"``; ``"weights"``: rows are weighted so that
        every label counts the same; ``"oversample"``: rare labels get synthetic rows, for which numbers must not be
        missing.
    generated
        Columns made from columns, chosen on the fold's training rows: ``"arithmetic"`` of two numbers, numbers beside
        others of their category (``"groups"``), ``"counts"`` of levels, coordinates turned and distances between them
        (``"places"``), two categories as one (``"crosses"``).
    selected
        Whether columns are left out that a quick booster uses no more than shuffled ones.
    respelled
        Whether levels that look misspelt are read as the level that seems to be meant.
    """

    categories: Categories = "onehot"
    missing: bool = False
    scaling: Scaling = "none"
    native_levels: int = 100
    balance: Balance = "none"
    generated: tuple[Generated, ...] = ()
    selected: bool = False
    numbers: Numbers = "plain"
    respelled: bool = False

    def __post_init__(self) -> None:
        """Refuse rows to be made between rows of which numbers are missing."""
        if self.balance == "oversample" and self.missing:
            raise PlanError("Needs(balance='oversample', missing=True): rows are made from known numbers only.")


@dataclass(frozen=True, slots=True)
class DataShape:
    """Counts about a training table, all that a search space may depend on.

    Attributes
    ----------
    imbalance
        Rows of the most frequent label for each row of the rarest; 1 where quantities are predicted.
    judges_labels
        Whether the metric looks at decided labels, not at probabilities.
    n_misspelt
        Levels of categories that look like another, misspelt.
    """

    kind: TaskKind
    n_rows: int
    n_columns: int
    n_categorical: int = 0
    n_classes: int = 0
    imbalance: float = 1.0
    judges_labels: bool = False
    n_misspelt: int = 0


@dataclass(frozen=True, slots=True)
class BuildContext:
    """Everything beside the config that a model's constructor may depend on.

    Attributes
    ----------
    kind, n_classes
        The task; ``n_classes`` is 0 for regression.
    seed, threads
        Random seed of this fit, and how many threads it may use.
    n_rows, n_features
        Shape of the prepared training matrix.
    categorical
        Indices of prepared columns that hold category codes (only with ``Needs.categories == "native"``).
    rounds
        Number of boosting rounds (or epochs, or trees) not to be trained beyond, as for a refit; without validation
        rows it is used as it is. ``None`` leaves it to the config and to early stopping.
    metric
        Name of the metric that the run optimises, for early stopping.
    monotone
        For each prepared column 1 (the prediction must not fall with it), -1 (not rise) or 0; empty: nothing is asked.
    """

    kind: TaskKind
    n_classes: int
    seed: int
    threads: int
    n_rows: int
    n_features: int
    categorical: tuple[int, ...] = ()
    rounds: int | None = None
    metric: str = ""
    monotone: tuple[int, ...] = ()

    @property
    def is_classification(self) -> bool:
        """Whether labels, not quantities, are predicted."""
        return self.kind != "regression"


@dataclass(frozen=True, slots=True)
class Rows:
    """Prepared rows: a matrix, the encoded target (labels 0..K-1, or floats) and weights or ``None``."""

    X: FloatArray
    y: npt.NDArray[Any]
    weight: FloatArray | None = None


@dataclass(frozen=True, slots=True)
class Fitted:
    """A fitted model and, for one that is trained in rounds, how many rounds it kept.

    ``complexity`` is the number of splits of a library's own trees, which can't be counted from outside.
    """

    model: Estimator
    rounds: int | None = None
    complexity: float | None = None


Space = Callable[[DataShape], SearchSpace]
Build = Callable[[Config, BuildContext], Estimator]
Fit = Callable[[Estimator, Rows, Rows | None, float | None], Fitted]
Seconds = Callable[[DataShape], float]
Effort = Callable[[Config], float]


def fit_plainly(model: Estimator, train: Rows, valid: Rows | None, seconds: float | None) -> Fitted:
    """Fit with ``model.fit(X, y)``, passing weights where the model takes them; ``valid`` is not looked at."""
    del valid, seconds
    if train.weight is None or not takes_weights(model):
        return Fitted(model.fit(train.X, train.y))
    return Fitted(model.fit(train.X, train.y, sample_weight=train.weight))


def takes_weights(model: Estimator) -> bool:
    """Tell whether the model's ``fit`` has the parameter ``sample_weight``, or takes any."""
    parameters = inspect.signature(model.fit).parameters.values()
    return any(each.name == "sample_weight" or each.kind is inspect.Parameter.VAR_KEYWORD for each in parameters)


def _linear_cost(shape: DataShape) -> float:
    return 1e-6 * shape.n_rows * max(shape.n_columns, 1) * max(shape.n_classes, 1)


def _same_for_all(config: Config) -> float:
    del config
    return 1.0


@dataclass(frozen=True, slots=True)
class Algorithm:
    """The declaration of a model family.

    Attributes
    ----------
    name
        Lower-case, as it stands on the leaderboard and before the colon of a study's parameters.
    space
        Hyperparameters for a table of this shape.
    build
        Config and context to an unfitted model.
    needs
        What it needs from preparation, or a function of the config that says so.
    fit
        How to fit: ``fit(model, train, valid, seconds)``. ``valid`` is for early stopping (``None`` at a refit);
        ``seconds`` is the wall time it should keep to (``None``: no limit); a model trained in rounds stops there
        and keeps what it has.
    tasks
        Kinds of task it can do.
    requires
        Modules that must be importable, such as ``("lightgbm",)``, with the extra that brings them.
    extra
        Name of the extra of this distribution that installs what it requires, or ``""``.
    max_rows, max_columns
        Beyond these counts it is left out; ``None`` means no limit.
    seconds
        Rough seconds that one fit of the default config takes on one core, for planning before anything is timed.
    effort
        How many times as long a config trains as another, on a scale of the family's own: a booster of half the
        learning rate needs about twice the rounds.
    is_anytime
        Whether ``fit`` stops at its ``seconds`` with what it has, so that it can be begun whatever its predicted cost.
    weights
        Whether ``fit`` takes sample weights.
    interpretable
        Whether a person can read a fitted model: a sum of one term for each column.
    monotone
        Whether it keeps to ``BuildContext.monotone`` for a kind of task and a metric; ``None``: never.
    is_shipped
        Set by the registry for the declarations of this distribution.

    Examples
    --------
    >>> from automl.values.space import Float
    >>> ridge = Algorithm(
    ...     name="my_ridge",
    ...     space=lambda shape: SearchSpace(Float("alpha", 1e-3, 1e3, log=True)),
    ...     build=lambda config, context: __import__("sklearn.linear_model").linear_model.Ridge(**config),
    ...     needs=Needs(scaling="standard"),
    ...     tasks=("regression",),
    ... )
    >>> ridge.space(DataShape("regression", 100, 5)).default()
    {'alpha': 1.0}
    """

    name: str
    space: Space
    build: Build
    needs: Needs | Callable[[Config], Needs] = field(default_factory=Needs)
    fit: Fit = fit_plainly
    tasks: tuple[TaskKind, ...] = TASK_KINDS
    requires: tuple[str, ...] = ()
    extra: str = ""
    max_rows: int | None = None
    max_columns: int | None = None
    seconds: Seconds = _linear_cost
    effort: Effort = _same_for_all
    is_anytime: bool = False
    weights: bool = True
    interpretable: bool = False
    monotone: Callable[[TaskKind, str], bool] | None = None
    is_shipped: bool = False

    def __post_init__(self) -> None:
        """Refuse a name that a study can't hold or that hides a parameter's prefix."""
        if not self.name or ":" in self.name or self.name != self.name.strip().lower():
            raise PlanError(f"An algorithm is called {self.name!r}; use lower-case letters without ':' or blanks.")

    def needs_for(self, config: Config) -> Needs:
        """Return what this config needs from preparation."""
        return self.needs(config) if callable(self.needs) else self.needs

    def why_not(self, shape: DataShape) -> str | None:
        """Return why it can't be used for a table of this shape, or ``None`` if it can."""
        if shape.kind not in self.tasks:
            return f"does not do {shape.kind}"
        if self.max_rows is not None and shape.n_rows > self.max_rows:
            return f"takes at most {self.max_rows:,} rows, the table has {shape.n_rows:,}"
        if self.max_columns is not None and shape.n_columns > self.max_columns:
            return f"takes at most {self.max_columns:,} columns, the table has {shape.n_columns:,}"
        return None
