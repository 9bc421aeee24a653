"""What happened: the plan, the leaderboard, the fitted pipelines and the study of one run.

A :class:`Run` reads everything from its folder, so the one that :func:`automl.fit` returns and the one that
:func:`automl.load` reopens years later are the same thing. Pipelines are put together when they are first asked for.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

from automl.checks.label_noise import find_label_noise
from automl.dashboard.view import SearchView
from automl.dashboard.wording import number
from automl.data.dataset import Dataset, make_dataset
from automl.data.reading import read_new
from automl.data.unlabeled import read_unlabeled
from automl.errors import ArtifactError, PlanError, SearchError, StorageError, suggest
from automl.evaluation.costs import CostScore, cost_metric, decided_by, on_table
from automl.evaluation.leaderboard import EnsembleRow, TableSpeed, pipeline_id
from automl.evaluation.metrics import get_metric
from automl.evaluation.statistics import Statistics
from automl.pipeline.blend import Member
from automl.pipeline.pipeline import make_pipeline
from automl.pipeline.serial import foreign_types, from_bytes
from automl.storage.archive import open_study, stored_evaluations
from automl.storage.artifact import load_fold, load_model, save_model
from automl.storage.folder import RunFolder
from automl.storage.kept_rows import kept_rows
from automl.storage.predictions import OutOfFold, kept_truth, out_of_fold
from automl.values.algorithm import Algorithm, IntArray
from automl.values.budget import format_duration
from automl.values.evaluation import Evaluation, seconds_of
from automl.values.finding import as_table, by_severity
from automl.values.finish import PLAIN, Finish, Finished
from automl.values.honest import UNKNOWN, HonestLosses
from automl.values.metric import Metric
from automl.values.plan import Plan
from automl.values.refitted import Refitted, bag_of
from automl.values.task import Task

if TYPE_CHECKING:
    import optuna

    from automl.assess.assessment import Assessment
    from automl.assess.calibrating import CalibrationChoice
    from automl.assess.conformal import Conformal
    from automl.assess.honest_scores import HonestScores
    from automl.assess.learning import LearningCurve
    from automl.assess.overfitting import Overfitting
    from automl.assess.thresholds import Threshold
    from automl.dashboard.process import Dashboard
    from automl.explain.effect import Effect
    from automl.explain.fairness import Fairness
    from automl.explain.importance import Importance
    from automl.explain.overview import RowContributions
    from automl.explain.row import RowExplanation
    from automl.explain.subject import Subject
    from automl.explain.surrogate import Surrogate
    from automl.report.course.course import SearchCourse


class Run:
    """The result of a search.

    Attributes
    ----------
    folder : Path
        Where everything lies.
    plan : Plan
        What was decided before the search, with reasons.
    leaderboard : pandas.DataFrame
        One row a trial and one for the ensemble, the best first; scores in the metric's own direction.
    evaluations : tuple of Evaluation
        Every trial, fold by fold.
    seconds : float
        Wall time from call to return.
    why_stopped : str
        What ended the search.
    self_training : str
        What came of the unlabelled rows; empty where there were none.

    Examples
    --------
    >>> run = demo_run
    >>> run.task.kind, run.metric.name
    ('multiclass', 'log_loss')
    >>> run.best_pipeline.predict(demo_frame.head(1)).shape
    (1,)
    """

    def __init__(
        self,
        folder: RunFolder,
        plan: Plan,
        metric: Metric | None,
        evaluations: Sequence[Evaluation],
        outcome: Mapping[str, Any],
        *,
        algorithms: Mapping[str, Algorithm] | None = None,
        trusted: Sequence[str | type[Any]] = (),
        trusts_folder: bool = False,
    ) -> None:
        self._folder = folder
        self._algorithms = algorithms
        self._trusted = tuple(trusted)
        self._trusts_folder = trusts_folder  # what this program has just written may hold the caller's own classes
        self._metric = metric
        self._outcome = outcome
        self._pipelines: dict[str, Pipeline] = {}
        self._dashboard: Dashboard | None = None
        self.folder: Path = folder.path
        self.plan = plan
        self.evaluations = tuple(evaluations)
        self.seconds: float = outcome["seconds"]
        self.why_stopped: str = outcome["why_stopped"]
        self.self_training: str = outcome.get("self_training", "")
        self._table_speed = TableSpeed(**outcome["table"])
        self._honest = HonestLosses.from_json(outcome["honest"]) if "honest" in outcome else UNKNOWN
        self._finished = {name: Finished.from_json(each) for name, each in outcome.get("finished", {}).items()}
        self._refitted = [Refitted.from_json(each) for each in outcome.get("refitted", [])]
        self.leaderboard = self.view.leaderboard

    @property
    def task(self) -> Task:
        """The problem that was solved."""
        return self.plan.task

    @property
    def metric(self) -> Metric:
        """The metric that was optimised.

        A run that is reopened knows named metrics; a function of the caller's is only a name then, and scoring with it
        raises :class:`PlanError`.
        """
        if self._metric is None:
            self._metric = _known_metric(self.plan)
        return self._metric

    @cached_property
    def study(self) -> optuna.Study:
        """The Optuna study, as optuna-dashboard shows it."""
        return open_study(self._outcome["storage"], self._outcome["study_name"], self.folder)

    def dashboard(self, port: int | None = None, browser: bool = True) -> Dashboard:
        """Show the study in optuna-dashboard, on this machine only, and return at once.

        A process of its own serves it until the dashboard is closed or the program ends; a study in memory is served
        by a thread. Calling it again returns the dashboard that is open.

        Parameters
        ----------
        port
            By default 8080 if it is free, otherwise any.
        browser
            Whether to open it in this machine's browser, if there is one.

        Returns
        -------
        Dashboard
            Has ``url`` and ``close()``; it is a context manager, and a link in a notebook.

        Raises
        ------
        PlanError
            If the port is in use.
        StorageError
            If the study can't be reached.

        Examples
        --------
        >>> with demo_run.dashboard(browser=False) as dashboard:
        ...     dashboard.url.endswith("/dashboard/studies/1")
        True
        """
        from automl.dashboard.process import show

        shown = self._dashboard
        if shown is None or not shown.is_alive or port not in (None, shown.port):
            shown = self._dashboard = show(self.study, self._folder.artifacts, port=port).wait()
        if browser:
            shown.open()
        return shown

    @property
    def view(self) -> SearchView:
        """What notes and figures are made from."""
        return SearchView.of(
            self.plan,
            self.metric,
            self.evaluations,
            self._table_speed,
            self._ensemble_row(),
            max(self.seconds, seconds_of(self.evaluations)),
            self.why_stopped,
            self._honest,
            self._finished,
            self._refitted,
        )

    def finish(self, which: int | str = 1) -> Finish:
        """Return what a row's pipeline does to probabilities at the very end, and how it decides labels.

        Raises
        ------
        PlanError
            If there is no such row.
        """
        return self._finish(str(self._row(which)["id"]))

    def _finish(self, name: str) -> Finish:
        return self._finished[bag_of(name)].finish if bag_of(name) in self._finished else PLAIN

    def decision_losses(self, which: int | str = 1) -> list[list[float]] | None:
        """Return ``losses[true][given]`` by which a row decides labels; ``None``: the most probable one is given.

        They are what mistakes cost, where the caller said so, or else stand for the threshold that was learned.

        Raises
        ------
        PlanError
            If there is no such row.
        """
        return self.finish(which).losses if self.plan.costs is None else self.plan.costs.losses

    @property
    def best_pipeline(self) -> Pipeline:
        """The fitted pipeline of the leaderboard's first row: raw rows in, predictions out."""
        return self.pipeline(1)

    def pipeline(self, which: int | str = 1) -> Pipeline:
        """Return the fitted pipeline of a row, named by its rank (from 1) or its id.

        Raises
        ------
        PlanError
            If there is no such row.
        SearchError
            If that row's candidate failed and there is nothing fitted.
        ArtifactError
            If its models were dropped to keep the folder small; :meth:`refit` makes them again.
        """
        row = self._row(which)
        name = str(row["id"])
        if name not in self._pipelines:
            self._pipelines[name] = self._assemble(name)
        return self._pipelines[name]

    def out_of_fold(self, which: int | str = 1) -> OutOfFold:
        """Return what a row's pipeline predicts for training rows by models that had not seen them, and the truth.

        Raises
        ------
        PlanError
            If there is no such row.
        SearchError
            If that row's candidate failed.
        StorageError
            If the run keeps no such predictions.
        """
        row = self._row(which)
        members = self._members(str(row["id"]))
        if not all(each.losses for each, _ in members):
            raise SearchError(f"{row['id']} has no predictions: {row['reason']}.")
        found = out_of_fold(self._folder, members)
        return replace(found, prediction=self.finish(which).tempered(found.prediction))

    @cached_property
    def findings(self) -> pd.DataFrame:
        """What was noticed about the table before the search, and labels that its models contradict.

        A row each, the gravest first, as ``plan.findings``; ``docs/guides/checks.md`` lists the codes.
        """
        noticed = [*self.plan.noticed]
        if self.task.is_classification and "label-noise" not in self.plan.ignored:
            known = self.out_of_fold()
            noise = find_label_noise(known.prediction, known.y, known.rows, self.task.classes, self.task.target)
            noticed += [] if noise is None else [noise]
        return as_table(by_severity(noticed))

    @property
    def statistics(self) -> Statistics:
        """What the search cost: trials, folds, processor time, and what sharing prepared folds saved.

        Examples
        --------
        >>> demo_run.statistics.folds >= demo_run.statistics.trials
        True
        """
        seconds = max(self.seconds, seconds_of(self.evaluations))
        own = self._outcome.get("coordinator_seconds")
        cores = self.plan.workers * self.plan.threads
        return Statistics.of(self.evaluations, seconds, cores, math.nan if own is None else own)

    def kept_rows(self) -> tuple[IntArray, pd.DataFrame]:
        """Return the training rows that the run keeps (at most 20,000): their positions in the table, and the rows.

        Positions count the rows that have a target, as :attr:`OutOfFold.rows` does.

        Raises
        ------
        StorageError
            If the run keeps none.
        """
        return kept_rows(self._folder)

    def predict(self, data: Any) -> pd.Series:
        """Return predictions of the best pipeline, with the index of ``data``."""
        frame = self._columns(data)
        return pd.Series(self.best_pipeline.predict(frame), index=frame.index, name=self.task.target)

    def predict_proba(self, data: Any) -> pd.DataFrame:
        """Return class probabilities of the best pipeline, a column per label, with the index of ``data``.

        Raises
        ------
        PlanError
            If the task is a regression.
        """
        if not self.task.is_classification:
            raise PlanError("A regression has no probabilities. Use predict.")
        frame = self._columns(data)
        return pd.DataFrame(
            self.best_pipeline.predict_proba(frame), index=frame.index, columns=pd.Index(self.task.classes)
        )

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

    def labelled(self, data: Any, target: Any = None, *, times: bool = False) -> Dataset:
        """Return rows with known targets as this run understands them: labels encoded as in training.

        Parameters
        ----------
        times
            Whether the column that told the time in training is read.

        Raises
        ------
        DataError
            If there is no row, or a label is none of the training table's.
        PlanError
            If the target is neither a column nor given.
        """
        frame = read_new(data, self.plan.joins)
        return make_dataset(
            frame,
            self._target_in(frame) if target is None else target,
            groups=self._role_in(frame, "groups"),
            time_column=self._role_in(frame, "time_column") if times else None,
            sample_weight=self._role_in(frame, "sample_weight"),
            known=self.task,
            schema=self.plan.schema,
        )

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
        ('lightgbm-1',)
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

    def truth(self) -> tuple[np.ndarray, np.ndarray | None, list[tuple[IntArray, IntArray]]]:
        """Return the encoded target of all training rows, their weights, and the rows of each fold.

        Raises
        ------
        StorageError
            If an earlier version made the run, which kept none.
        """
        return kept_truth(self._folder)

    def fold_pipelines(self, which: int | str = 1) -> dict[int, Pipeline]:
        """Return the pipeline of each fold alone, by fold: of an ensemble its members of that fold, weighted.

        Raises
        ------
        PlanError, SearchError, ArtifactError
            As :meth:`pipeline`.
        """
        loaded = self._loaded(bag_of(str(self._row(which)["id"])))
        table = from_bytes(self._folder.read_bytes(self._folder.table))
        return {
            fold: make_pipeline(
                table,
                [member for each, member in loaded if each == fold],
                self.task,
                self.plan.costs,
                self.finish(which),
            )
            for fold in sorted({fold for fold, _ in loaded})
        }

    def refit(self, data: Any, target: Any = None, which: int | str = 1, *, unlabeled: Any = None) -> Pipeline:
        """Return the chosen configuration fitted on all rows of a new table, without searching.

        Boosters train as many rounds as they kept on average in the folds.

        Parameters
        ----------
        data
            A table with the columns of the training table.
        target
            Values of the target, where ``data`` does not hold its column.
        which
            Rank or id of the row whose configuration is fitted; an ensemble is fitted member by member.
        unlabeled
            Rows without a target, for a configuration that was trained with some. Those candidates that taught it (the
            best of each of up to three families) are fitted first, and predict for these rows.

        Raises
        ------
        DataError
            If the table lacks columns, or its target can't be used.
        PlanError
            If an algorithm of the row is not known here (declare it and give it to ``fit`` again), the target is
            neither a column nor given, or unlabelled rows are given to a row that was not trained with any.
        """
        from automl.refit import refit_members

        members = self._members(str(self._row(which)["id"]))
        frame = read_new(data, self.plan.joins)
        dataset = make_dataset(
            frame,
            self._target_in(frame) if target is None else target,
            task=self.task.kind,
            groups=self._role_in(frame, "groups"),
            sample_weight=self.plan.roles.get("sample_weight"),
            schema=self.plan.schema,
        )
        finish = self.finish(which)
        if unlabeled is None:
            return refit_members(dataset, members, self.plan, self._algorithms, finish)
        rows = read_unlabeled(
            read_new(unlabeled, self.plan.joins),
            self.plan.schema,
            len(dataset.y),
            self.plan.seed,
            tuple(self.plan.roles.values()),
        )
        return refit_members(dataset, members, self.plan, self._algorithms, finish, rows, self.evaluations)

    def recipe(self, which: int | str = 1) -> dict[str, Any]:
        """Return all that is needed to fit a row's pipeline again, as plain data for :func:`automl.rebuild`.

        Raises
        ------
        PlanError
            If there is no such row, or folds that were given row by row are too many to be written down.
        SearchError
            If that row's candidate failed.
        StorageError
            If an earlier version made the run, which did not keep its folds.
        """
        from automl.recipe import make_recipe

        row = self._row(which)
        members = self._members(str(row["id"]))
        if not all(each.losses for each, _ in members):
            raise SearchError(f"{row['id']} has no fitted pipeline: {row['reason']}.")
        name, finish = str(row["id"]), self.finish(which)
        return make_recipe(self.plan, members, name, self.truth(), finish, of_all_rows=name != bag_of(name))

    def script(self, which: int | str = 1) -> str:
        """Return a Python script that fits a row's pipeline again from the training table and predicts the same.

        Raises
        ------
        PlanError, SearchError, StorageError
            As :meth:`recipe`.

        Examples
        --------
        >>> "automl.rebuild(train, RECIPE)" in demo_run.script()
        True
        """
        from automl.report.script import make_script

        return make_script(self.recipe(which), self.versions)

    def row(self, which: int | str = 1) -> dict[str, Any]:
        """Return a row of the leaderboard, named by its rank (from 1) or its id.

        Raises
        ------
        PlanError
            If there is no such row.
        """
        return dict(self._row(which))

    def members(self, which: int | str = 1) -> list[tuple[Evaluation, float]]:
        """Return the evaluations that a row stands for, each with its weight: several of an ensemble.

        Raises
        ------
        PlanError
            If there is no such row.
        """
        return self._members(str(self._row(which)["id"]))

    @property
    def ended(self) -> str:
        """When the search ended, as ISO 8601 in UTC; empty for a run of old."""
        return str(self._outcome.get("ended", ""))

    def course(self) -> SearchCourse:
        """Tell how the search went.

        Returns
        -------
        SearchCourse
            Its parts have ``frame()`` and ``plot()``: ``progress`` (score over time), ``families`` (time by algorithm),
            ``influence`` (what made a difference), ``untried`` (what was never tried, and why), ``ranges`` (which of
            them should grow) and ``outlook`` (whether more time is worth it).

        Examples
        --------
        >>> demo_run.course().families.frame()["algorithm"].tolist()
        ['lightgbm']
        """
        from automl.report.course.course import tell_course

        return tell_course(self.view)

    def report(
        self,
        path: str | Path | None = None,
        *,
        audience: Literal["technical", "executive", "audit"] = "technical",
        which: int | str = 1,
        data: Any = None,
        interactive: bool = False,
        fairness: str | Sequence[str] = (),
    ) -> Path:
        """Write one HTML page about a row of the leaderboard, and return its path.

        It begins with a summary in plain words: what, how good, how sure, what it depends on, what to beware of. It
        needs nothing but itself, is under 2 MB, and can be read on a phone and on paper.

        Parameters
        ----------
        path
            The file. By default ``report.html`` in the run's folder, which is put into the study as well.
        audience
            ``"technical"``; ``"executive"``: the summary and three pictures; ``"audit"``: data, validation, fairness
            and limits first, with everything that is needed to check it.
        which
            Rank or id of the pipeline.
        data
            Rows with known targets that the search has not seen. Without them, out-of-fold predictions are judged.
        interactive
            Whether charts of plotly take the place of pictures; the page is then some 5 MB large.
        fairness
            Columns whose groups are compared.

        Raises
        ------
        DataError
            If ``data`` can't be read as the training table was.
        PlanError
            If there are no such readers or row, or ``data`` lacks the target.
        StorageError
            If the file can't be written.
        """
        from automl.report.writing import write_report

        return write_report(self, path, audience, which, data, is_interactive=interactive, fairness=fairness)

    def model_card(
        self,
        path: str | Path | None = None,
        *,
        which: int | str = 1,
        data: Any = None,
        fairness: str | Sequence[str] = (),
    ) -> str:
        """Return a model card as Markdown, and write it where a path is given.

        Its parts: intended use, data, training, evaluation with intervals, limits, fairness, how to load it.

        Parameters
        ----------
        which, data, fairness
            As for :meth:`report`.

        Raises
        ------
        DataError, PlanError, StorageError
            As :meth:`report`.

        Examples
        --------
        >>> "## Intended use" in demo_run.model_card()
        True
        """
        from automl.report.model_card import write_card

        return write_card(self, path, which, data, fairness)

    @property
    def versions(self) -> dict[str, str]:
        """Versions of Python, this package and the libraries that the run was made with; empty for a run of old."""
        return dict(self._outcome.get("versions", {}))

    def importance(
        self,
        data: Any = None,
        *,
        which: int | str = 1,
        n_repeats: int = 5,
        seconds: float | str | None = None,
        random_state: int = 0,
    ) -> Importance:
        """Return how much each column is worth to a row's pipeline: permutation importance with intervals.

        Parameters
        ----------
        data
            A table with known targets. By default the training rows that the run keeps, each predicted by models that
            had not seen it. Of more than 2,000 rows a sample is used.
        n_repeats
            How often each column is shuffled.
        seconds
            Wall time after which nothing more is begun; the result tells what was left out.

        Raises
        ------
        PlanError
            If there is no such row, or the table lacks the target.
        StorageError
            If an earlier version made the run, which kept no rows, and no table is given.
        """
        from automl.explain.importance import measure_importance

        subject = self._subject(which)
        return measure_importance(subject, data, n_repeats=n_repeats, seconds=seconds, random_state=random_state)

    def explain(
        self, row: Any, *, which: int | str = 1, label: Any = None, background: Any = None, random_state: int = 0
    ) -> RowExplanation:
        """Return why a single row is predicted as it is: what each column adds to the prediction.

        Parameters
        ----------
        row
            A dict, a Series, or a frame of one row.
        label
            The label whose probability is explained; by default the predicted one.
        background
            Rows to compare with, by default training rows that the run keeps. Boosters need none.

        Raises
        ------
        DataError
            If there are several rows, or columns are absent.
        PlanError
            If there is no such label.
        """
        from automl.explain.row import explain_row

        return explain_row(self._subject(which), row, label=label, background=background, random_state=random_state)

    def contributions(
        self,
        data: Any = None,
        *,
        which: int | str = 1,
        label: Any = None,
        most: int | None = None,
        random_state: int = 0,
    ) -> RowContributions:
        """Return what each column adds to the predictions of many rows.

        Parameters
        ----------
        data
            Rows; by default training rows that the run keeps.
        label
            The label whose probability is explained; by default the second of two, the most frequently predicted of
            several.
        most
            Rows beyond which a sample is used; by default 200, or 30 where contributions must be estimated.
        """
        from automl.explain.overview import explain_rows

        return explain_rows(self._subject(which), data, label=label, most=most, random_state=random_state)

    def effect(
        self,
        column: str,
        *,
        kind: Literal["auto", "pdp", "ale"] = "auto",
        which: int | str = 1,
        data: Any = None,
        random_state: int = 0,
    ) -> Effect:
        """Return how predictions change with a column.

        Parameters
        ----------
        kind
            ``"pdp"``: partial dependence, the mean prediction with the column set to each value; ``"ale"``:
            accumulated local effects, for numbers and dates that go together with other columns; ``"auto"`` chooses.
        data
            Rows to average over; by default training rows that the run keeps.

        Raises
        ------
        PlanError
            If no model sees the column, or the kind does not go with it.
        """
        from automl.explain.effect import measure_effect

        return measure_effect(self._subject(which), column, kind=kind, data=data, random_state=random_state)

    def surrogate(
        self, max_depth: int = 3, *, which: int | str = 1, data: Any = None, random_state: int = 0
    ) -> Surrogate:
        """Return a small tree that imitates the predictions, with how well it does so on rows kept from it.

        Parameters
        ----------
        max_depth
            Questions on the way to an answer, from 1 to 6.
        data
            Rows to imitate on; by default training rows that the run keeps.
        """
        from automl.explain.surrogate import fit_surrogate

        return fit_surrogate(self._subject(which), max_depth, data=data, random_state=random_state)

    def fairness(
        self,
        by: str | Sequence[str],
        *,
        data: Any = None,
        which: int | str = 1,
        label: Any = None,
        threshold: float | None = None,
        random_state: int = 0,
    ) -> Fairness:
        """Return how predictions and errors differ between groups of rows.

        Parameters
        ----------
        by
            The column that tells the groups, or several that tell them together. Models need not see it.
        data
            A table with known targets; by default out-of-fold predictions of the training rows that the run keeps.
        label
            The label that counts as selected; by default the second of two.
        threshold
            Probability from which a row counts as selected; by default the most probable label decides.

        Raises
        ------
        PlanError
            If there is no such column or label, or a threshold is given for a regression.
        DataError
            If there is one group only.
        """
        from automl.explain.fairness import judge_fairness

        return judge_fairness(
            self._subject(which), by, data=data, label=label, threshold=threshold, random_state=random_state
        )

    def _subject(self, which: int | str) -> Subject:
        """Return what explanations are made from."""
        from automl.explain.subject import Subject

        name = bag_of(str(self._row(which)["id"]))  # only a bag has models that had not seen a row
        bag = [
            (place, fold.fold)
            for place, (evaluation, _) in enumerate(self._members(name))
            for fold in evaluation.folds
            if fold.is_ok
        ]
        return Subject(
            name=name,
            pipeline=self.pipeline(name),
            bag=tuple(bag),
            plan=self.plan,
            metric=self.metric,
            kept_rows=self.kept_rows,
            out_of_fold=lambda: self.out_of_fold(name),
            truth=lambda: kept_truth(self._folder),
            losses=self.decision_losses(name),
        )

    def save(self, path: str | Path) -> Path:
        """Write the best pipeline and its manifest into one file and return its path.

        Raises
        ------
        StorageError
            If it can't be written.
        """
        path = Path(path)
        save_model(path, self.best_pipeline, self.manifest())
        return path

    def manifest(self) -> dict[str, Any]:
        """Return what a model file says of itself."""
        best = self.leaderboard.iloc[0]
        return {
            "task": self.plan.to_json()["task"],
            "metric": {"name": self.plan.metric, "greater_is_better": self.plan.greater_is_better},
            "score": float(best["score"]),
            "pipeline": {"id": str(best["id"]), "params": best["params"]},
            "schema": self.plan.schema.to_json(),
            "joins": [each.to_json() for each in self.plan.joins],
            "data_fingerprint": self.plan.fingerprints.get("data", ""),
            "n_rows": self.plan.n_rows,
        }

    def __repr__(self) -> str:
        """Summarise the run."""
        best = self.leaderboard.iloc[0]
        spread = "" if math.isnan(best["std"]) else f" ± {number(best['std'], 2)} over folds"
        honest, low, high = (number(best[f"honest_{each}"]) for each in ("score", "low", "high"))
        honest = "" if math.isnan(best["honest_low"]) else f"; honest: {honest} ({low} to {high})"
        states = Counter(each.state for each in self.evaluations)
        told = ", ".join(f"{count} {state}" for state, count in states.most_common())
        unlabelled = f"{self.self_training}\n" if self.self_training else ""
        columns = ["rank", "id", "score", "std", "fit_seconds", "one_row_ms"]
        top = self.leaderboard.head(5)[columns].to_string(index=False, float_format=lambda value: f"{value:.5g}")
        return (
            f"{self.task.kind} of {self.task.target!r}, {self.plan.n_rows:,} rows, {self.plan.folds.name}\n"
            f"best: {best['id']} with {self.plan.metric} {number(best['score'], 5)}{spread}{honest}\n"
            f"{len(self.evaluations)} trials ({told}) in {format_duration(self.seconds)}; stopped because "
            f"{self.why_stopped}\n{unlabelled}{top}\nfolder: {self.folder}"
        )

    def _repr_html_(self) -> str:
        """Show the summary, a picture of the best rows and the leaderboard in a notebook."""
        from automl.report.notebook import show

        return show(self)

    def _row(self, which: int | str) -> Mapping[str, Any]:
        column = "rank" if isinstance(which, int | np.integer) and not isinstance(which, bool) else "id"
        found = self.leaderboard[self.leaderboard[column] == which]
        if found.empty:
            known = [str(each) for each in self.leaderboard["id"]]
            hint = f"Ranks go from 1 to {len(known)}." if column == "rank" else suggest(which, known)
            raise PlanError(f"The leaderboard has no row {which!r}. {hint}")
        return dict(found.iloc[0])

    def _columns(self, data: Any) -> pd.DataFrame:
        """Return ``data`` as a frame without what was the target, weights or groups in training."""
        frame = read_new(data, self.plan.joins)
        named = [name for role, name in self.plan.roles.items() if role != "time_column" and name in frame.columns]
        return frame.drop(columns=[name for name in named if name not in self.plan.schema])

    def _role_in(self, frame: pd.DataFrame, role: str) -> str | None:
        """Return the column that had this role in training, if ``frame`` has it."""
        name = self.plan.roles.get(role)
        return name if name in frame.columns else None

    def _target_in(self, frame: pd.DataFrame) -> str:
        name = self.plan.roles.get("target", self.task.target)
        if name not in frame.columns:
            raise PlanError(f"The table has no column {name!r}, which is the target. Give its values with target=.")
        return name

    def _evaluation(self, name: str) -> Evaluation:
        return next(each for each in self.evaluations if pipeline_id(each) == name)

    def _ensemble_row(self) -> EnsembleRow | None:
        said = self._outcome["ensemble"]
        if said is None:
            return None
        return EnsembleRow(
            members=tuple(self._evaluation(name) for name in said["weights"]),
            weights=tuple(said["weights"].values()),
            loss=said["loss"],
            std=math.nan if said["std"] is None else said["std"],
            further=said["further"],
            gaps=said.get("gaps", {}),
        )

    def _members(self, name: str) -> list[tuple[Evaluation, float]]:
        """Return the evaluations that a row stands for, with their weights."""
        if name != "ensemble":
            return [(self._evaluation(bag_of(name)), 1.0)]
        return [(self._evaluation(each), weight) for each, weight in self._outcome["ensemble"]["weights"].items()]

    def _assemble(self, name: str) -> Pipeline:
        table = from_bytes(self._folder.read_bytes(self._folder.table))
        members = [self._whole(name)] if name != bag_of(name) else [member for _, member in self._loaded(name)]
        return make_pipeline(table, members, self.task, self.plan.costs, self._finish(name))

    def _whole(self, name: str) -> Member:
        """Return the one fitted member of a row that was fitted on all rows."""
        return self._member(self._folder.whole_model(self._evaluation(bag_of(name)).number), name, name, 1.0)

    def _member(self, path: Path, own: str, asked: str, weight: float) -> Member:
        """Return the model in a file of the row ``own``, which is wanted for the row ``asked``."""
        if not path.exists():
            raise ArtifactError(
                f"The models of {own} are not in {self.folder} any more. Fit its configuration again with "
                f"run.refit(data, which={asked!r})."
            )
        foreign = foreign_types(self._folder.read_bytes(path)) if self._trusts_folder else ()
        return Member(*load_fold(path, trusted=(*self._trusted, *foreign)), weight)

    def _loaded(self, name: str) -> list[tuple[int, Member]]:
        """Return the fitted members that a row stands for, each with its fold."""
        members: list[tuple[int, Member]] = []
        for evaluation, weight in self._members(name):
            folds = [fold.fold for fold in evaluation.folds if fold.is_ok]
            if not folds:
                raise SearchError(f"{name} has no fitted pipeline: {evaluation.reason or 'no fold was finished'}.")
            for fold in folds:
                path = self._folder.fold_model(evaluation.number, fold)
                members.append((fold, self._member(path, pipeline_id(evaluation), name, weight / len(folds))))
        return members


def open_path(path: Path, trusted: Sequence[str | type[Any]], storage: Any = None) -> Pipeline | Run:
    """Return the pipeline in a model file, or the run in a folder, whose study is in ``storage`` if that is given.

    Raises
    ------
    StorageError
        If there is nothing at ``path``, or a folder that holds no finished run.
    ArtifactError
        If the file can't be loaded.
    """
    if not path.is_dir():
        pipeline, _ = load_model(path, trusted=trusted)
        return pipeline
    folder = RunFolder.open(path)
    plan = Plan.from_json(folder.read_json(folder.plan))
    if not folder.ensemble.exists():
        raise StorageError(f"The run in {path} did not end yet or was killed. The same call of fit goes on with it.")
    outcome = folder.read_json(folder.ensemble)
    if storage is not None:
        outcome["storage"] = storage
    evaluations = stored_evaluations(outcome["storage"], outcome["study_name"], folder.path)
    return Run(folder, plan, None, evaluations, outcome, trusted=trusted)


def _known_metric(plan: Plan) -> Metric:
    rule = None if plan.costs is None else CostScore(plan.costs)
    if rule is not None and plan.metric == rule.costs.name:
        return cost_metric(rule)
    try:
        return decided_by(get_metric(plan.metric, plan.task), rule)
    except PlanError:

        def unknown(y: Any, prediction: Any, weight: Any) -> float:
            raise PlanError(
                f"The metric {plan.metric!r} was a function of the caller's and is not kept with the run. "
                "Score with it yourself."
            )

        return Metric(plan.metric, unknown, plan.greater_is_better, (plan.task.kind,))
