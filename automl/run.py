"""What happened: the plan, the leaderboard, the fitted pipelines and the study of one run.

A :class:`Run` reads everything from its folder, so the one that :func:`automl.fit` returns and the one that
:func:`automl.load` reopens years later are the same thing. Pipelines are put together when they are first asked for.
"""

from __future__ import annotations

import html
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

from automl.data.dataset import make_dataset
from automl.data.reading import read
from automl.errors import ArtifactError, PlanError, SearchError, StorageError, suggest
from automl.evaluation.leaderboard import EnsembleRow, TableSpeed, make_leaderboard, pipeline_id
from automl.evaluation.metrics import get_metric
from automl.pipeline.blend import Member
from automl.pipeline.pipeline import make_pipeline
from automl.pipeline.serial import foreign_types, from_bytes
from automl.storage.archive import open_study, stored_evaluations
from automl.storage.artifact import load_fold, load_model, save_model
from automl.storage.folder import RunFolder
from automl.values.algorithm import Algorithm
from automl.values.budget import format_duration
from automl.values.evaluation import Evaluation
from automl.values.metric import Metric
from automl.values.plan import Plan
from automl.values.task import Task

if TYPE_CHECKING:
    import optuna


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
        self.folder: Path = folder.path
        self.plan = plan
        self.evaluations = tuple(evaluations)
        self.seconds: float = outcome["seconds"]
        self.why_stopped: str = outcome["why_stopped"]
        self.leaderboard = make_leaderboard(
            self.evaluations, self.metric, self._ensemble_row(), TableSpeed(**outcome["table"])
        )

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
        frame = read(data)
        dataset = make_dataset(
            frame,
            self._target_in(frame) if target is None else target,
            groups=self._role_in(frame, "groups"),
            sample_weight=self._role_in(frame, "sample_weight"),
            known=self.task,
            schema=self.plan.schema,
        )
        pipeline = self.pipeline(which)
        prediction = (
            pipeline.predict_proba(dataset.X)
            if self.task.is_classification
            else np.asarray(pipeline.predict(dataset.X), dtype=float)[:, None]
        )
        return self.metric.score(dataset.y, prediction, dataset.weight)

    def refit(self, data: Any, target: Any = None, which: int | str = 1) -> Pipeline:
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

        Raises
        ------
        DataError
            If the table lacks columns, or its target can't be used.
        PlanError
            If an algorithm of the row is not known here (declare it and give it to ``fit`` again), or the target is
            neither a column nor given.
        """
        from automl.refit import refit_members

        members = self._members(str(self._row(which)["id"]))
        frame = read(data)
        dataset = make_dataset(
            frame,
            self._target_in(frame) if target is None else target,
            task=self.task.kind,
            groups=self._role_in(frame, "groups"),
            sample_weight=self.plan.roles.get("sample_weight"),
            schema=self.plan.schema,
        )
        return refit_members(dataset, members, self.plan, self._algorithms)

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
            "data_fingerprint": self.plan.fingerprints.get("data", ""),
            "n_rows": self.plan.n_rows,
        }

    def __repr__(self) -> str:
        """Summarise the run."""
        best = self.leaderboard.iloc[0]
        spread = "" if math.isnan(best["std"]) else f" ± {best['std']:.2g} over folds"
        states = Counter(each.state for each in self.evaluations)
        told = ", ".join(f"{count} {state}" for state, count in states.most_common())
        columns = ["rank", "id", "score", "std", "fit_seconds", "one_row_ms"]
        top = self.leaderboard.head(5)[columns].to_string(index=False, float_format=lambda value: f"{value:.5g}")
        return (
            f"{self.task.kind} of {self.task.target!r}, {self.plan.n_rows:,} rows, {self.plan.folds.name}\n"
            f"best: {best['id']} with {self.plan.metric} {best['score']:.5g}{spread}\n"
            f"{len(self.evaluations)} trials ({told}) in {format_duration(self.seconds)}; stopped because "
            f"{self.why_stopped}\n{top}\nfolder: {self.folder}"
        )

    def _repr_html_(self) -> str:
        """Show the summary and the leaderboard in a notebook."""
        summary = html.escape(repr(self).split("\n  ")[0].rsplit("\n", 1)[0])
        top = self.leaderboard.drop(columns=["params", "reason"]).head(10)
        return f"<pre>{summary}</pre>{top.to_html(index=False, float_format='{:.4g}'.format)}"

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
        frame = read(data)
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
        )

    def _members(self, name: str) -> list[tuple[Evaluation, float]]:
        """Return the evaluations that a row stands for, with their weights."""
        if name != "ensemble":
            return [(self._evaluation(name), 1.0)]
        return [(self._evaluation(each), weight) for each, weight in self._outcome["ensemble"]["weights"].items()]

    def _assemble(self, name: str) -> Pipeline:
        members: list[Member] = []
        for evaluation, weight in self._members(name):
            folds = [fold.fold for fold in evaluation.folds if fold.is_ok]
            if not folds:
                raise SearchError(f"{name} has no fitted pipeline: {evaluation.reason or 'no fold was finished'}.")
            for fold in folds:
                path = self._folder.fold_model(evaluation.number, fold)
                if not path.exists():
                    raise ArtifactError(
                        f"The models of {pipeline_id(evaluation)} are not in {self.folder} any more. Fit its "
                        f"configuration again with run.refit(data, which={name!r})."
                    )
                own = foreign_types(self._folder.read_bytes(path)) if self._trusts_folder else ()
                preparation, model = load_fold(path, trusted=(*self._trusted, *own))
                members.append(Member(preparation, model, weight / len(folds)))
        table = from_bytes(self._folder.read_bytes(self._folder.table))
        return make_pipeline(table, members, self.task)


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
    try:
        return get_metric(plan.metric, plan.task)
    except PlanError:

        def unknown(y: Any, prediction: Any, weight: Any) -> float:
            raise PlanError(
                f"The metric {plan.metric!r} was a function of the caller's and is not kept with the run. "
                "Score with it yourself."
            )

        return Metric(plan.metric, unknown, plan.greater_is_better, (plan.task.kind,))
