"""How good it is: scores with intervals, honest ones, overfitting, calibration, thresholds, intervals and sets.

Each method asks :mod:`automl.assess`; what is needed of a run for that is in :mod:`automl.run.opened`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.pipeline import Pipeline

from automl.evaluation.costs import on_table

if TYPE_CHECKING:
    from automl.assess.assessment import Assessment
    from automl.assess.calibrating import CalibrationChoice
    from automl.assess.conformal import Conformal
    from automl.assess.honest_scores import HonestScores
    from automl.assess.learning import LearningCurve
    from automl.assess.overfitting import Overfitting
    from automl.assess.thresholds import Threshold

from automl.run.opened import OpenedRun


class JudgedRun(OpenedRun):
    """A run that can be judged."""

    def score(self, data: Any, target: Any = None, which: int | str = 1) -> float:
        """Return the run's metric on rows with known targets.

        Parameters
        ----------
        data
            Rows as in training; with the target column, unless ``target`` holds its values. Where a column held the
            weights in training and is there, rows are weighted by it.
        which
            Rank or id of the pipeline.

        Raises
        ------
        DataError
            If the rows lack columns, or a label is none of the training table's.
        PlanError
            If the target is neither a column nor given.
        """
        dataset = self.labelled(data, target)
        pipeline = self.pipeline(which)
        prediction = (
            pipeline.predict_proba(dataset.X)
            if self.task.is_classification
            else np.asarray(pipeline.predict(dataset.X), dtype=float)[:, None]
        )
        metric = on_table(self.metric, dataset.X)
        if metric.needs_labels:
            prediction = self.finish(which).tilted(prediction)
        return metric.score(dataset.y, prediction, dataset.weight)

    def evaluate(
        self,
        test: Any = None,
        target: Any = None,
        *,
        which: int | str = 1,
        by: str | Sequence[str] | None = None,
        level: float = 0.95,
        random_state: int = 0,
    ) -> Assessment:
        """Judge a row of the leaderboard: every metric of the task with an interval, by class, by slice, as curves.

        Parameters
        ----------
        test
            Rows with known targets that the search has not seen; without them, out-of-fold predictions are judged.
        target
            Values of the target, where ``test`` does not hold its column.
        which
            Rank or id of the pipeline.
        by
            Columns that ``slices()`` cuts the rows by.
        level
            The share of what resampling gives that an interval holds.
        random_state
            Of the resampling.

        Raises
        ------
        DataError
            If the rows lack columns, there are none, or a label is none of the training table's.
        PlanError
            If the target is neither a column nor given, or another argument can't be used.
        StorageError
            If there are no out-of-fold predictions.

        Examples
        --------
        >>> demo_run.evaluate().values["accuracy"] > 0.9
        True
        """
        from automl.assess.of_run import evaluate

        return evaluate(self, test, target, which, by, level, random_state)

    def honest(
        self, *, resamples: int | None = None, level: float = 0.95, random_state: int | None = None
    ) -> HonestScores:
        """Return scores without the luck of having been chosen, with intervals, and which rows are tied with the best.

        ``fit`` computes them within its budget, and the leaderboard shows them. Where no time was left, or anything
        else is asked here, they are computed now, from what folds predicted, and the leaderboard shows these.

        Parameters
        ----------
        resamples
            How often rows are drawn and the choice is repeated; by default what ``fit`` had time for, 60 at most.
        level
            The share of intervals that hold the truth.
        random_state
            Of the drawing; by default the run's.

        Returns
        -------
        HonestScores
            With ``score``, ``interval``, ``optimism`` and ``tied`` of the leaderboard's first row, ``frame()`` and
            ``plot()``.

        Raises
        ------
        PlanError
            If an argument can't be used, or the metric was a function of the caller's, which is not kept with a run.
        StorageError
            If an earlier version made the run, which kept no truth.

        Examples
        --------
        >>> demo_run.honest().tied
        ('discriminant_analysis-1',)
        """
        from automl.assess.honest_scores import HonestScores
        from automl.assess.of_run import honest

        is_asked = resamples is not None or random_state is not None or level != self._honest.level
        if is_asked or not self._honest.rows:
            self._honest = honest(self, self._folder, self._table_speed, resamples, level, random_state)
            self.leaderboard = self.view.leaderboard
        return HonestScores(self.leaderboard, self._honest, self.metric, self.plan.constraints)

    def simplest(self) -> Pipeline:
        """Return the fastest fitted pipeline among those that are statistically tied with the best.

        Where constraints are given, one that keeps to them, if there is one. Which it is, ``run.honest().simplest``
        tells; :meth:`honest` tells what tied means.

        Raises
        ------
        PlanError, StorageError
            As :meth:`honest`.
        ArtifactError
            As :meth:`pipeline`.
        """
        return self.pipeline(self.honest().simplest)

    def overfitting(self, which: int | str = 1) -> Overfitting:
        """Compare the scores of each fold's model on rows that it trained on and on rows that it did not.

        Of the training rows, those that the run keeps are looked at.

        Raises
        ------
        StorageError
            If the run keeps no rows.
        """
        from automl.assess.of_run import overfitting

        return overfitting(self, which)

    def learning_curve(
        self,
        data: Any = None,
        target: Any = None,
        *,
        sizes: Sequence[float] = (0.1, 0.25, 0.5, 1.0),
        which: int | str = 1,
        random_state: int = 0,
    ) -> LearningCurve:
        """Fit the chosen configuration on growing samples and score it on the same rows, in three folds.

        Parameters
        ----------
        data, target
            The training table, or another like it; without it, the rows that the run keeps are used.
        sizes
            Shares of the rows of a training part, or numbers of rows.
        which
            Rank or id of the row whose configuration is fitted.

        Raises
        ------
        PlanError
            If a size can't be used, or the table's groups or times are needed and not known.
        StorageError
            If no table is given and the run keeps no rows.
        """
        from automl.assess.of_run import learned
        from automl.refit import refit_members

        members = self._members(str(self._row(which)["id"]))
        return learned(
            self,
            None if data is None else self.labelled(data, target, times=True),
            lambda rows: refit_members(rows, members, self.plan, self._algorithms, self.finish(which)),
            sizes,
            random_state,
        )

    def calibration(self, method: str = "auto", which: int | str = 1, *, random_state: int = 0) -> CalibrationChoice:
        """Compare calibrations of the probabilities on out-of-fold predictions, and choose one.

        Parameters
        ----------
        method
            ``"temperature"``, ``"platt"``, ``"isotonic"``, ``"none"``, or ``"auto"``: the best by cross-validated log
            loss, isotonic only from 1,000 rows up.

        Returns
        -------
        CalibrationChoice
            With ``frame()``, ``plot()`` (the reliability picture) and ``pipeline()``.

        Raises
        ------
        PlanError
            If there is no such method, or the task is a regression.
        """
        from automl.assess.of_run import calibration

        return calibration(self, method, which, random_state)

    def calibrated(self, method: str = "auto", which: int | str = 1, *, random_state: int = 0) -> Pipeline:
        """Return the pipeline of a row with calibrated probabilities (:meth:`calibration`)."""
        return self.calibration(method, which, random_state=random_state).pipeline()

    def threshold(
        self,
        metric: str | None = None,
        *,
        costs: Sequence[Sequence[float]] | None = None,
        min_precision: float | None = None,
        min_recall: float | None = None,
        which: int | str = 1,
        random_state: int = 0,
    ) -> Threshold:
        """Choose, on out-of-fold predictions, from which probability on the second of two labels is given.

        Parameters
        ----------
        metric
            The score that is to be best, such as ``"f1"``, ``"mcc"`` or ``"balanced_accuracy"``; by default the run's
            own, if it judges labels, else F1.
        costs
            Instead: ``costs[true][given]`` for each pair of labels, in the order of ``run.task.classes``. Works for any
            number of labels.
        min_precision, min_recall
            Instead: what is to be kept, while the other is to be as good as can be.

        Returns
        -------
        Threshold
            With ``value``, ``honest`` (its scores on rows that took no part in the choice), ``frame()``, ``plot()``
            and ``pipeline()``.

        Raises
        ------
        PlanError
            If the task is a regression, the arguments contradict each other, or no threshold reaches what is asked.
        """
        from automl.assess.of_run import threshold

        asked = {"costs": costs, "min_precision": min_precision, "min_recall": min_recall}
        return threshold(self, metric, asked, which, random_state)

    def conformal(
        self, coverage: float = 0.9, *, method: str = "auto", which: int | str = 1, random_state: int = 0
    ) -> Conformal:
        """Return predictions with intervals (regression) or sets of labels (classification) of a known coverage.

        Parameters
        ----------
        coverage
            The share of new rows whose interval or set is to hold the truth.
        method
            ``"constant"`` or ``"normalised"`` widths of intervals; ``"lac"`` or ``"aps"`` sets; ``"auto"`` chooses.

        Returns
        -------
        Conformal
            With ``predict(X)``, ``measured`` (its coverage out of fold), ``coverage_on(test)``, ``frame()``, ``plot()``
            and ``save(path)``.

        Raises
        ------
        DataError
            If there are too few rows for such a coverage.
        PlanError
            If an argument can't be used.
        """
        from automl.assess.of_run import conformal

        return conformal(self, coverage, method, which, random_state)
