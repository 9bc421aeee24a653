"""The scikit-learn face: a search that is an estimator.

``AutoMLClassifier`` and ``AutoMLRegressor`` call :func:`automl.fit` and keep what prediction needs, so that they can be
cloned, pickled, cross-validated and put into pipelines like any other estimator. Without ``out`` nothing stays on
disk. They have every parameter of ``fit`` but those that they say otherwise: ``X`` is the data (already read, so there
is no ``query``), ``y`` the target, the class the task, and ``groups`` and ``sample_weight`` are given to their ``fit``.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import (
    _check_feature_names,
    _check_n_features,
    _check_sample_weight,
    check_array,
    check_is_fitted,
    column_or_1d,
    validate_data,
)

from automl.api import fit as automl_fit
from automl.data.joining import join_again, with_rows
from automl.values.strategy import EVERYTHING

FEATURES_MISSING = "X has 0 feature(s) (shape={shape}) while a minimum of 1 is required."


class _AutoMLEstimator(BaseEstimator):
    """What both faces share: parameters, fitting, and reading of ``X``."""

    def __init__(
        self,
        *,
        metric: Any = "auto",
        time_budget: float | str | None = "10m",
        n_trials: int | None = None,
        algorithms: Any = "auto",
        cv: Any = "auto",
        time_column: Any = None,
        roles: Any = None,
        join: Any = None,
        keep: Any = (),
        test: Any = None,
        strict: bool = False,
        ignore: Any = (),
        ensemble: bool = True,
        constraints: Any = None,
        costs: Any = None,
        gains: Any = None,
        available_at: Any = None,
        warm_start: Any = None,
        storage: Any = None,
        study_name: str | None = None,
        resume: bool = True,
        engine: Any = "local",
        n_jobs: int = -1,
        memory_limit: float | str | None = None,
        patience: int | None = None,
        target_score: float | None = None,
        random_state: int = 0,
        strategy: Any = None,
        callbacks: Any = (),
        out: str | Path | None = None,
        dashboard: bool = False,
        unlabeled: Any = None,
        verbose: int = 0,
    ) -> None:
        self.metric = metric
        self.time_budget = time_budget
        self.n_trials = n_trials
        self.algorithms = algorithms
        self.cv = cv
        self.time_column = time_column
        self.roles = roles
        self.join = join
        self.keep = keep
        self.test = test
        self.strict = strict
        self.ignore = ignore
        self.ensemble = ensemble
        self.constraints = constraints
        self.costs = costs
        self.gains = gains
        self.available_at = available_at
        self.warm_start = warm_start
        self.storage = storage
        self.study_name = study_name
        self.resume = resume
        self.engine = engine
        self.n_jobs = n_jobs
        self.memory_limit = memory_limit
        self.patience = patience
        self.target_score = target_score
        self.random_state = random_state
        self.strategy = strategy
        self.callbacks = callbacks
        self.out = out
        self.dashboard = dashboard
        self.unlabeled = unlabeled
        self.verbose = verbose

    def __sklearn_tags__(self) -> Any:
        """Missing values and categories are welcome."""
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.categorical = True
        tags.input_tags.string = True
        tags.non_deterministic = self.time_budget is not None
        return tags

    def _search(self, X: Any, y: Any, task: str, sample_weight: Any, groups: Any) -> None:
        """Run the search and keep the pipeline, the leaderboard and the folder."""
        place = tempfile.mkdtemp(prefix="automl-") if self.out is None else None
        try:
            run = automl_fit(
                X,
                y,
                task=task,  # type: ignore[arg-type]  # one of the literal's values
                sample_weight=sample_weight,
                groups=groups,
                storage="memory" if self.storage is None and place is not None else self.storage,
                out=place or self.out,
                warm_start=self.warm_start or None,  # scikit-learn writes False where nothing is gone on with
                strategy=EVERYTHING if self.strategy is None else self.strategy,
                **{
                    name: value
                    for name, value in self.get_params(deep=False).items()
                    if name not in ("out", "storage", "warm_start", "strategy")
                },
            )
            self.joins_ = with_rows(run.plan.joins, self.join or ())
            self.pipeline_ = run.best_pipeline
            self.leaderboard_: pd.DataFrame = run.leaderboard
            self.folder_ = None if place is not None else str(run.folder)
        finally:
            if place is not None:
                shutil.rmtree(place, ignore_errors=True)

    def _checked(
        self, X: Any, y: Any, sample_weight: Any, *, is_classification: bool
    ) -> tuple[pd.DataFrame, npt.NDArray[Any], Any]:
        """Return the training table, the target and the weights after scikit-learn's own checks."""
        table = self._training_table(X)
        target = _checked_target(self, y, len(table), is_classification=is_classification)
        if sample_weight is not None:
            sample_weight = _check_sample_weight(sample_weight, table.to_numpy(), ensure_non_negative=True)
        return table, target, sample_weight

    def _training_table(self, X: Any) -> pd.DataFrame:
        if isinstance(X, pd.DataFrame):
            _check_feature_names(self, X, reset=True)
            _check_n_features(self, X, reset=True)
            if not X.shape[1]:
                raise ValueError(FEATURES_MISSING.format(shape=X.shape))
            return X
        checked = validate_data(self, X, dtype=None, ensure_all_finite="allow-nan", ensure_min_samples=2)
        return pd.DataFrame(checked, columns=[str(number) for number in range(checked.shape[1])])

    def _rows(self, X: Any) -> pd.DataFrame:
        if isinstance(X, pd.DataFrame) and hasattr(self, "feature_names_in_"):
            return join_again(X, self.joins_)  # the pipeline finds its columns by name and tells what is missing
        checked = validate_data(self, X, dtype=None, ensure_all_finite="allow-nan", reset=False)
        frame = pd.DataFrame(checked, columns=[str(number) for number in range(checked.shape[1])])
        return join_again(frame, self.joins_)

    def predict(self, X: Any) -> npt.NDArray[Any]:
        """Return predictions of the best pipeline, ``(n_rows,)``."""
        check_is_fitted(self, "pipeline_")
        return np.asarray(self.pipeline_.predict(self._rows(X)))


class AutoMLClassifier(ClassifierMixin, _AutoMLEstimator):
    """A classifier found by :func:`automl.fit`, whose parameters it shares.

    Attributes
    ----------
    classes_
        Labels in sorted order.
    pipeline_
        The fitted scikit-learn pipeline.
    leaderboard_
        The run's leaderboard.
    folder_
        The run's folder, ``None`` where ``out`` was not given.
    joins_
        The tables that ``join`` named, which are joined to the rows to predict as well.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> X, y = load_iris(return_X_y=True)
    >>> model = AutoMLClassifier(n_trials=2, time_budget=None, engine="inprocess", algorithms=["linear"])
    >>> bool(model.fit(X, y).score(X, y) > 0.9)
    True
    """

    def fit(self, X: Any, y: Any, sample_weight: Any = None, groups: Any = None) -> Self:
        """Search for the best classifier.

        Parameters
        ----------
        X
            Rows: a DataFrame of any column types, or an array ``(n_rows, n_columns)``.
        y
            Labels ``(n_rows,)``.
        sample_weight, groups
            One value per row.

        Raises
        ------
        ValueError
            If ``X`` or ``y`` can't be used (:class:`automl.DataError` is one).
        """
        table, labels, sample_weight = self._checked(X, y, sample_weight, is_classification=True)
        self.classes_ = np.unique(labels)
        if len(self.classes_) < 2:
            raise ValueError(f"Classifier can't train when only one class is present: {self.classes_.tolist()[0]!r}.")
        if sample_weight is not None:
            weighty = np.unique(labels[sample_weight > 0])
            if len(weighty) < 2:
                raise ValueError(f"Only the class {weighty.tolist()} has rows of a weight above 0; two are needed.")
        self._search(table, labels, "binary" if len(self.classes_) == 2 else "multiclass", sample_weight, groups)
        return self

    def predict_proba(self, X: Any) -> npt.NDArray[np.float64]:
        """Return class probabilities ``(n_rows, n_classes)``, columns in the order of ``classes_``."""
        check_is_fitted(self, "pipeline_")
        return np.asarray(self.pipeline_.predict_proba(self._rows(X)))


class AutoMLRegressor(RegressorMixin, _AutoMLEstimator):
    """A regressor found by :func:`automl.fit`, whose parameters it shares.

    Attributes
    ----------
    pipeline_, leaderboard_, folder_, joins_
        As in :class:`AutoMLClassifier`.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> X, y = load_diabetes(return_X_y=True)
    >>> model = AutoMLRegressor(n_trials=2, time_budget=None, engine="inprocess", algorithms=["linear"])
    >>> bool(model.fit(X, y).score(X, y) > 0.4)
    True
    """

    def fit(self, X: Any, y: Any, sample_weight: Any = None, groups: Any = None) -> Self:
        """Search for the best regressor.

        Parameters
        ----------
        X
            Rows: a DataFrame of any column types, or an array ``(n_rows, n_columns)``.
        y
            Quantities ``(n_rows,)``.
        sample_weight, groups
            One value per row.

        Raises
        ------
        ValueError
            If ``X`` or ``y`` can't be used (:class:`automl.DataError` is one).
        """
        table, target, sample_weight = self._checked(X, y, sample_weight, is_classification=False)
        self._search(table, target, "regression", sample_weight, groups)
        return self


def _checked_target(estimator: Any, y: Any, n_rows: int, *, is_classification: bool) -> npt.NDArray[Any]:
    if y is None:
        raise ValueError(
            f"This {type(estimator).__name__} estimator requires y to be passed, but the target y is None."
        )
    y = column_or_1d(y, warn=True)
    if is_classification:
        check_classification_targets(y)
    else:
        y = check_array(y, ensure_2d=False, dtype="numeric")
    if len(y) != n_rows:
        raise ValueError(f"Found input variables with inconsistent numbers of samples: {[n_rows, len(y)]}")
    return np.asarray(y)
