"""What a run is made of: plan, leaderboard, evaluations and fitted pipelines, read from its folder.

The run that :func:`automl.fit` returns and the one that :func:`automl.load` reopens years later are the same thing.
Pipelines are put together when they are first asked for.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

from automl.checks.label_noise import find_label_noise
from automl.dashboard.view import SearchView
from automl.data.dataset import Dataset, make_dataset
from automl.data.reading import read_new
from automl.errors import ArtifactError, PlanError, SearchError, suggest
from automl.evaluation.costs import CostScore, cost_metric, decided_by
from automl.evaluation.leaderboard import EnsembleRow, TableSpeed, pipeline_id
from automl.evaluation.metrics import get_metric
from automl.evaluation.statistics import Statistics
from automl.pipeline.blend import Member
from automl.pipeline.pipeline import make_pipeline
from automl.pipeline.serial import foreign_types, from_bytes
from automl.storage.archive import open_study
from automl.storage.artifact import load_fold, save_model
from automl.storage.folder import RunFolder
from automl.storage.kept_rows import kept_rows
from automl.storage.predictions import OutOfFold, kept_truth, out_of_fold
from automl.values.algorithm import Algorithm, IntArray
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

    from automl.dashboard.process import Dashboard


class OpenedRun:
    """A run's folder, read; its attributes are told by :class:`automl.run.Run`."""

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

    @property
    def versions(self) -> dict[str, str]:
        """Versions of Python, this package and the libraries that the run was made with; empty for a run of old."""
        return dict(self._outcome.get("versions", {}))

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
